package scenario_test

import (
	"go/parser"
	"reflect"
	"testing"

	"github.com/corsengine/corsengine/internal/differential/scenario"
)

func TestGenerate(t *testing.T) {
	for i := range uint64(2000) {
		s := scenario.Generate(3, i)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s, scenario.Generate(3, i)) {
			t.Fatalf("%s is another one the second time", s.Name)
		}
	}
	if reflect.DeepEqual(scenario.Generate(3, 0).Fetches, scenario.Generate(4, 0).Fetches) {
		t.Error("the seed makes no difference")
	}
}

// A scenario can be printed as Go source.
func TestGo(t *testing.T) {
	for i := range uint64(50) {
		s := scenario.Generate(5, i)
		if _, err := parser.ParseExpr("[]Scenario{" + s.Go() + "}"); err != nil {
			t.Fatalf("%v\n%s", err, s.Go())
		}
	}
}

func TestNames(t *testing.T) {
	n := scenario.Names{
		Origins: map[scenario.Place]string{scenario.App: "https://app.site.test:1", scenario.Far: "https://far.test:1"},
		Run:     "/r/7",
	}
	tests := []struct{ name, source, template, want, symbolic string }{
		{"origin", "doc of Names", "{far}", "https://far.test:1", "{far}"},
		{"resource", "doc of Names", "{app:a}?q#f", "https://app.site.test:1/r/7/a?q#f", "{app:}a?q#f"},
		{"host", "doc of Names", "//{far.host}{run}/a", "//far.test:1/r/7/a", "//{far.host}{run}/a"},
		{"other braces", "doc of Names", "{} {x} {far {app} }", "{} {x} {far https://app.site.test:1 }", "{} {x} {far {app} }"},
		{"none", "doc of Names", "plain", "plain", "plain"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("no source")
			}
			got := n.Expand(tt.template)
			if got != tt.want {
				t.Errorf("%q; want %q", got, tt.want)
			}
			if s := n.Symbolic(got); s != tt.symbolic {
				t.Errorf("symbolic %q; want %q", s, tt.symbolic)
			}
		})
	}
}
