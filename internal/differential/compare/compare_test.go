package compare

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/world"
)

func observed(seen run.Seen, requests ...world.Request) *run.Observation {
	return &run.Observation{Exchanges: []run.Exchange{{Requests: requests, Seen: seen}}}
}

func TestDifferences(t *testing.T) {
	get := world.Request{Method: "GET", URL: "{far:}a", Header: map[string]string{"origin": "{app}"}}
	noOrigin := world.Request{Method: "GET", URL: "{far:}a", Header: map[string]string{}}
	put := world.Request{Method: "PUT", URL: "{far:}a", Header: map[string]string{}}
	cors := run.Seen{Type: "cors", Status: 200, Body: "x"}
	other := run.Seen{Type: "cors", Status: 201, Body: "x", Header: map[string]string{"x-a": "1"}}
	failed := run.Seen{Failed: "TypeError"}
	tests := []struct {
		name   string
		source string
		all    Observations
		want   []string
	}{
		{
			name: "all agree", source: "own reasoning",
			all: Observations{"engine": observed(cors, get), "chromium": observed(cors, get)},
		}, {
			name: "a header is absent in one of three", source: "own reasoning: an empty value would be another one",
			all: Observations{
				"engine": observed(cors, get), "chromium": observed(cors, noOrigin), "firefox": observed(cors, get),
			},
			want: []string{`fetch 1, request 1 origin: engine "{app}", chromium absent (chromium alone)`},
		}, {
			name: "the engine alone", source: "own reasoning",
			all: Observations{
				"engine": observed(failed, get), "chromium": observed(cors, get), "firefox": observed(cors, get),
			},
			want: []string{
				`fetch 1, outcome: engine "TypeError", chromium "cors" (engine alone)`,
				`fetch 1, outcome: engine "TypeError", firefox "cors" (engine alone)`,
			},
		}, {
			name: "other requests have other headers", source: "own reasoning",
			all:  Observations{"engine": observed(cors, get), "chromium": observed(cors, put)},
			want: []string{`fetch 1, requests: engine "GET {far:}a", chromium "PUT {far:}a"`},
		}, {
			name: "the response differs in several fields", source: "own reasoning",
			all: Observations{"engine": observed(cors, get), "chromium": observed(other, get)},
			want: []string{
				`fetch 1, status: engine "200", chromium "201"`,
				`fetch 1, response x-a: engine absent, chromium "1"`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("no source")
			}
			var got []string
			for _, d := range Differences(tt.all) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("want, got:\n%s", diff)
			}
		})
	}
}

// What follows from a difference in an outcome is explained with it, for the same
// browser; what came before is not.
func TestExplainConsequences(t *testing.T) {
	known := []*Deviation{{
		ID: "outcome", Browsers: []string{"chromium"},
		match: func(c *Case) bool { return c.Field == FieldOutcome },
	}}
	req := func(origin string) world.Request {
		return world.Request{Method: "GET", Header: map[string]string{"origin": origin}}
	}
	observation := func(outcome, origin string) *run.Observation {
		return &run.Observation{Exchanges: []run.Exchange{
			{Requests: []world.Request{req(origin)}, Seen: run.Seen{Failed: outcome}},
			{Requests: []world.Request{req(origin)}, Seen: run.Seen{Failed: "TypeError"}},
		}}
	}
	all := Observations{
		"engine": observation("TypeError", "a"), "chromium": observation("SyntaxError", "b"), "firefox": observation("TypeError", "b"),
	}
	type explained struct {
		Browser, Field string
		Fetch          int
		By             bool
		Consequence    bool
	}
	var got []explained
	for _, e := range explain(known, &scenario.Scenario{Fetches: make([]scenario.Fetch, 2)}, all) {
		got = append(got, explained{e.Browser, e.Field, e.Fetch, e.By != nil, e.Consequence})
	}
	want := []explained{
		{"chromium", "request 1 origin", 0, false, false},
		{"chromium", "outcome", 0, true, false},
		{"chromium", "request 1 origin", 1, true, true},
		{"firefox", "request 1 origin", 0, false, false},
		{"firefox", "request 1 origin", 1, false, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
}

// Each deviation says what a reader needs, and its example exists.
func TestKnown(t *testing.T) {
	catalogue := make(map[string]bool)
	for _, s := range scenario.Catalogue() {
		catalogue[s.Name] = true
	}
	ids := make(map[string]bool)
	for _, d := range Known {
		switch {
		case d.ID == "" || ids[d.ID]:
			t.Errorf("the ID %q is empty or there twice", d.ID)
		case len(d.Browsers) == 0 || d.Reason == "" || d.Source == "" || d.match == nil:
			t.Errorf("%s: not complete", d.ID)
		case d.Right != EngineRight && d.Right != BrowserRight && d.Right != Unspecified:
			t.Errorf("%s: who is right?", d.ID)
		case !catalogue[d.Example]:
			t.Errorf("%s: no scenario %q in the catalogue", d.ID, d.Example)
		}
		ids[d.ID] = true
	}
}
