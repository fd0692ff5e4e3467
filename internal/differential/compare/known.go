package compare

import (
	"slices"

	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// A Deviation is a difference between the engine and browsers that has been
// looked into.
type Deviation struct {
	ID       string   // short, stable
	Browsers []string // that deviate in the same way
	Right    Side     // by the standard
	Source   string   // the standard's anchor, or the number of a bug
	Reason   string   // what happens, and why it is left so
	Example  string   // the name of a scenario of the catalogue that shows it

	match func(c *Case) bool
}

// A Side of a comparison.
type Side string

// The sides.
const (
	EngineRight  Side = "engine"
	BrowserRight Side = "browser"
	Unspecified  Side = "unspecified" // the standard leaves it open
)

// A Case is a difference and where it was found.
type Case struct {
	*Difference
	Scenario *scenario.Scenario
	All      Observations
}

// Fetched returns the fetch of the difference.
func (c *Case) Fetched() *scenario.Fetch { return &c.Scenario.Fetches[c.Fetch] }

// An Explained is a difference with the deviation that explains it, or nil.
type Explained struct {
	Difference
	By *Deviation
	// Consequence says that the deviation explains an earlier difference in the
	// same scenario and browser, in which requests were made or what came of them.
	// Nothing that follows can be compared.
	Consequence bool
}

// Explain looks up the differences of a scenario in Known.
func Explain(s *scenario.Scenario, all Observations) []Explained {
	return explain(Known, s, all)
}

func explain(known []*Deviation, s *scenario.Scenario, all Observations) []Explained {
	var out []Explained
	decisive := make(map[string]*Deviation) // by browser
	for _, d := range Differences(all) {
		e := Explained{Difference: d}
		c := &Case{Difference: &d, Scenario: s, All: all}
		if by := decisive[d.Browser]; by != nil {
			e.By, e.Consequence = by, true
		} else {
			e.By = find(known, c)
		}
		if e.By != nil && (d.Field == FieldRequests || d.Field == FieldOutcome) {
			decisive[d.Browser] = e.By
		}
		out = append(out, e)
	}
	return out
}

func find(known []*Deviation, c *Case) *Deviation {
	for _, d := range known {
		if slices.Contains(d.Browsers, c.Browser) && d.match(c) {
			return d
		}
	}
	return nil
}
