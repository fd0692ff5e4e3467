package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/compare"
	"github.com/corsengine/corsengine/internal/differential/suite"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"join":    strings.Join,
	"percent": percent,
	"of":      differencesOf,
	"ordinal": func(i int) int { return i + 1 },
	"isLink":  func(s string) bool { return strings.HasPrefix(s, "https://") },
	"row":     func(r *suite.Result) string { return r.Scenario.Go() },
}).Parse(page))

// percent returns the share of the compared that agrees. It says 100 % only if
// all do.
func percent(f Field) string {
	if f.Differing == 0 {
		return "100 %"
	}
	share := 100 * float64(f.Compared-f.Differing) / float64(max(f.Compared, 1))
	return fmt.Sprintf("%.2f %%", max(0, min(share, 99.99)))
}

// differencesOf returns the differences of a scenario that a deviation explains.
func differencesOf(d Deviation) []compare.Explained {
	var out []compare.Explained
	for _, e := range d.Example.Differences {
		if e.By == d.Deviation && !e.Consequence {
			out = append(out, e)
		}
	}
	return out
}

// WriteFile writes a page for a browser to a new file.
func (s *Summary) WriteFile(name string) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	return s.WriteHTML(f)
}

// WriteHTML writes the page.
func (s *Summary) WriteHTML(w io.Writer) error {
	if err := pageTemplate.Execute(w, s); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
