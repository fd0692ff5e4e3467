package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/internal/differential/browser"
	"github.com/corsengine/corsengine/internal/differential/report"
	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/suite"
	"github.com/corsengine/corsengine/internal/differential/world"
)

// TestBrowsers compares the engine with each browser that is installed, on the
// catalogue and some generated scenarios. The command runs more of them.
func TestBrowsers(t *testing.T) {
	for _, tt := range []struct {
		browser   string
		generated int
	}{
		{"chromium", 400},
		{"firefox", 100},
	} {
		t.Run(tt.browser, func(t *testing.T) {
			var o strings.Builder
			var progress bytes.Buffer
			options := options{n: tt.generated, seed: 1, catalogue: true, browsers: tt.browser, shrink: 2}
			ok, err := options.run(t.Context(), &o, &progress)
			if errors.Is(err, browser.ErrNotInstalled) {
				t.Skipf("\n\n*** %s IS NOT INSTALLED: THE ENGINE IS NOT COMPARED WITH IT ***\n\n", strings.ToUpper(tt.browser))
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Log("\n" + o.String())
			if !ok {
				t.Error("the engine and the browser differ in ways that are not known")
			}
		})
	}
}

// startEngine returns an engine in a world of its own, for as long as the test
// lasts.
func startEngine(t *testing.T) *run.Engine {
	t.Helper()
	w, err := world.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	engine := run.NewEngine(w)
	t.Cleanup(engine.Close)
	return engine
}

// observe runs scenarios on an engine.
func observe(t *testing.T, scenarios []scenario.Scenario) []*run.Observation {
	t.Helper()
	engine := startEngine(t)
	var all []*run.Observation
	for i := range scenarios {
		o, err := engine.Run(t.Context(), &scenarios[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

// An engine in another world, where the ports are others, observes the same.
func TestEngineAgreesWithItself(t *testing.T) {
	scenarios := scenario.Catalogue()
	for i := range uint64(100) {
		scenarios = append(scenarios, scenario.Generate(2, i))
	}
	first, second := observe(t, scenarios), observe(t, scenarios)
	for i := range scenarios {
		if diff := cmp.Diff(first[i], second[i]); diff != "" {
			t.Errorf("%s: first, second:\n%s", scenarios[i].Name, diff)
		}
	}
}

// A recording is read as it was written, bytes beyond ASCII in headers included,
// and compares like the browser itself.
func TestRecording(t *testing.T) {
	scenarios := scenario.Catalogue()
	recorded := &run.Recorded{Browser: "chromium", Version: "v", Observations: make(map[string]*run.Observation)}
	for i, o := range observe(t, scenarios) {
		recorded.Observations[scenarios[i].Name] = o
	}
	var b bytes.Buffer
	if err := run.WriteRecorded(&b, []*run.Recorded{recorded}); err != nil {
		t.Fatal(err)
	}
	got, err := run.ReadRecorded(&b)
	if err != nil {
		t.Fatal(err)
	}
	s := &suite.Suite{Runners: []run.Runner{startEngine(t), got[0]}}
	for _, r := range s.Run(t.Context(), scenarios) {
		if r.Err != nil || len(r.Differences) > 0 {
			t.Errorf("%s: %v %v", r.Scenario.Name, r.Err, r.Differences)
		}
	}
}

// What the engine itself has recorded, but for one header, is reported, and in a
// page that a browser can show.
func TestReport(t *testing.T) {
	sc := scenario.Generate(1, 0)
	sc.Fetches = sc.Fetches[:1]
	lie := observe(t, []scenario.Scenario{sc})[0]
	lie.Exchanges[0].Seen.Failed = "a lie"
	liar := &run.Recorded{Browser: "chromium", Observations: map[string]*run.Observation{sc.Name: lie}}
	s := &suite.Suite{Runners: []run.Runner{startEngine(t), liar}}
	results := s.Run(t.Context(), []scenario.Scenario{sc})
	summary := report.Summarize(results, []string{"liar 1"}, 1, 0)
	if summary.OK() || len(summary.Unexplained) != 1 {
		t.Fatalf("%d unexplained; want 1", len(summary.Unexplained))
	}
	var html, text strings.Builder
	if err := summary.WriteHTML(&html); err != nil {
		t.Fatal(err)
	}
	summary.WriteText(&text)
	printSmallest(t.Context(), &text, s, &results[0])
	for _, want := range []string{"a lie", sc.Name} {
		if !strings.Contains(html.String(), want) || !strings.Contains(text.String(), want) {
			t.Errorf("page or text without %q:\n%s", want, &text)
		}
	}
}

// A context that ends stops a run, with the rest not run.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := options{n: 10, replay: "testdata/missing"}
	if _, err := o.run(ctx, new(strings.Builder), new(strings.Builder)); err == nil {
		t.Error("no error for a recording that is not there")
	}
	s := &suite.Suite{Runners: []run.Runner{startEngine(t)}}
	for _, r := range s.Run(ctx, []scenario.Scenario{scenario.Generate(1, 1)}) {
		if !errors.Is(r.Err, context.Canceled) {
			t.Errorf("%v; want %v", r.Err, context.Canceled)
		}
	}
}
