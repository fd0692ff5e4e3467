package shrink_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/shrink"
)

// What does not matter goes, wherever it is, and s stays as it was.
func TestShrink(t *testing.T) {
	needed := scenario.Field{Name: "X-Needed", Value: "1"}
	s := scenario.Scenario{
		Name:    "n",
		Source:  "s",
		Page:    scenario.Page{At: scenario.Local, ReferrerPolicy: "origin", Sandboxed: true},
		Cookies: []scenario.Cookie{{At: scenario.App, Name: "c", SameSite: "lax"}},
		Fetches: []scenario.Fetch{
			{URL: "{far:a}", Method: "PUT"},
			{URL: "{far:b}", Method: "POST", Header: []scenario.Field{{Name: "X-Other"}, needed}, Keepalive: true},
		},
		Servers: []scenario.Resource{
			{At: scenario.Far, Path: "a", Answer: []scenario.Answer{{Status: 500}}},
			{At: scenario.Far, Path: "b", Preflight: []scenario.Answer{{}, {}}, Answer: []scenario.Answer{{Status: 204, Header: []scenario.Field{needed}}}},
		},
	}
	keep := func(c *scenario.Scenario) bool {
		for _, f := range c.Fetches {
			for _, h := range f.Header {
				if h == needed && f.Method == "POST" {
					return len(c.Servers) > 0 && c.Servers[0].Answer[0].Status == 204
				}
			}
		}
		return false
	}
	before := s.Go()
	s.Servers[0], s.Servers[1] = s.Servers[1], s.Servers[0]
	got := shrink.Shrink(s, 1000, keep)
	s.Servers[0], s.Servers[1] = s.Servers[1], s.Servers[0]
	want := scenario.Scenario{
		Name:    "n",
		Source:  "s",
		Cookies: []scenario.Cookie{},
		Fetches: []scenario.Fetch{{URL: "{far:b}", Method: "POST", Header: []scenario.Field{needed}}},
		Servers: []scenario.Resource{{
			At: scenario.Far, Path: "b", Preflight: []scenario.Answer{},
			Answer: []scenario.Answer{{Status: 204, Header: []scenario.Field{}}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
	if s.Go() != before {
		t.Error("Shrink has changed its argument")
	}
}

func TestShrinkLimit(t *testing.T) {
	s := scenario.Generate(1, 1)
	calls := 0
	shrink.Shrink(s, 7, func(*scenario.Scenario) bool { calls++; return false })
	if calls > 7 {
		t.Errorf("%d calls; want at most 7", calls)
	}
}
