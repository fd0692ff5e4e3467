// Package report tells people what a comparison has found.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/internal/differential/compare"
	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/suite"
)

// A Summary is the outcome of a comparison.
type Summary struct {
	Versions    []string // of the browsers
	Seed        uint64
	Took        time.Duration
	Scenarios   int
	Fetches     int
	Refused     int // fetches that the engine fails
	Requests    int // that the engine sent
	Agreeing    int // scenarios without any difference
	Unstable    int // scenarios with a difference that was gone when they were run again
	Fields      []Field
	Known       []Deviation
	Gone        []Gone
	Unexplained []*suite.Result // with errors, too
}

// A Field is how often the runners had a kind of field, and how often they
// differed, as consequences apart.
type Field struct {
	Name      string
	Compared  int
	Differing int
}

// A Deviation is a known one, with the scenarios that show it.
type Deviation struct {
	*compare.Deviation
	Scenarios int
	Example   *suite.Result // that of the catalogue, if it ran, or else the first
}

// A Gone is a known deviation whose scenario has run and did not show it.
type Gone struct {
	*compare.Deviation
	Browser string
}

// Summarize counts.
func Summarize(results []suite.Result, versions []string, seed uint64, took time.Duration) *Summary {
	s := &Summary{Versions: versions, Seed: seed, Took: took, Scenarios: len(results)}
	fields := make(map[string]*Field)
	known := make(map[*compare.Deviation]*Deviation)
	ran := make(map[string]*suite.Result)
	shown := make(map[string]bool) // browser and ID
	for i := range results {
		r := &results[i]
		if r.Err != nil || len(r.Unexplained()) > 0 {
			s.Unexplained = append(s.Unexplained, r)
		}
		if r.Unstable {
			s.Unstable++
		}
		if r.Err != nil {
			continue
		}
		ran[r.Scenario.Name] = r
		if len(r.Differences) == 0 {
			s.Agreeing++
		}
		s.count(r, fields)
		of := make(map[*compare.Deviation]bool)
		for _, d := range r.Differences {
			if d.By == nil || d.Consequence {
				continue
			}
			of[d.By] = true
			shown[d.Browser+" "+d.By.ID] = true
		}
		for d := range of {
			if known[d] == nil {
				known[d] = &Deviation{Deviation: d, Example: r}
			}
			known[d].Scenarios++
			if r.Scenario.Name == d.Example {
				known[d].Example = r
			}
		}
	}
	s.Fields = sorted(fields)
	for _, d := range compare.Known {
		if k := known[d]; k != nil {
			s.Known = append(s.Known, *k)
		}
		example := ran[d.Example]
		for _, browser := range d.Browsers {
			if example == nil || example.Observations[browser] == nil || shown[browser+" "+d.ID] {
				continue
			}
			s.Gone = append(s.Gone, Gone{d, browser})
		}
	}
	return s
}

func (s *Summary) count(r *suite.Result, fields map[string]*Field) {
	engine := r.Observations[run.EngineName]
	for i := range engine.Exchanges {
		x := &engine.Exchanges[i]
		s.Fetches++
		s.Requests += len(x.Requests)
		if x.Seen.Failed != "" {
			s.Refused++
		}
		for _, name := range compare.FieldNames(x) {
			at(fields, kind(name)).Compared++
		}
	}
	for _, d := range r.Differences {
		if !d.Consequence {
			at(fields, kind(d.Field)).Differing++
		}
	}
}

func at(fields map[string]*Field, name string) *Field {
	f := fields[name]
	if f == nil {
		f = &Field{Name: name}
		fields[name] = f
	}
	return f
}

// kind leaves out which of the requests a field is of.
func kind(field string) string {
	rest, ok := strings.CutPrefix(field, "request ")
	if !ok {
		return field
	}
	_, name, _ := strings.Cut(rest, " ")
	return "request " + name
}

func sorted(fields map[string]*Field) []Field {
	var out []Field
	for f := range maps.Values(fields) {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Field) int {
		return cmp.Or(cmp.Compare(b.Compared, a.Compared), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// OK reports whether nothing is unexplained, and no known deviation gone.
func (s *Summary) OK() bool { return len(s.Unexplained) == 0 && len(s.Gone) == 0 }

// WriteText writes what fits on a terminal.
func (s *Summary) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s, seed %d\n", strings.Join(s.Versions, ", "), s.Seed)
	fmt.Fprintf(w, "%d scenarios with %d fetches, of which the engine refused %d, and %d requests, in %.0f s\n",
		s.Scenarios, s.Fetches, s.Refused, s.Requests, s.Took.Seconds())
	fmt.Fprintf(w, "%d without any difference, %d with unexplained ones, %d unstable\n", s.Agreeing, len(s.Unexplained), s.Unstable)
	for _, d := range s.Known {
		fmt.Fprintf(w, "%5d  %s (%s; right: %s)\n", d.Scenarios, d.ID, strings.Join(d.Browsers, ", "), d.Right)
	}
	for _, d := range s.Gone {
		fmt.Fprintf(w, "no longer occurs in %s: %s, see scenario %q\n", d.Browser, d.ID, d.Example)
	}
}

// WriteJSON writes the names of the scenarios with unexplained differences.
func (s *Summary) WriteJSON(w io.Writer) error {
	names := []string{}
	for _, r := range s.Unexplained {
		names = append(names, r.Scenario.Name)
	}
	return json.NewEncoder(w).Encode(struct{ Unexplained []string }{names})
}
