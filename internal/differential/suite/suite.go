// Package suite runs scenarios on the engine and on browsers, and collects what
// came of it.
package suite

import (
	"context"
	"fmt"
	"sync"

	"github.com/corsengine/corsengine/internal/differential/compare"
	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// workers is how many scenarios run at once. Browsers open six connections to a
// host.
const workers = 6

// repeats is how often a scenario with an unexplained difference is run again, to
// tell a difference from an accident.
const repeats = 2

// A Suite runs scenarios.
type Suite struct {
	Runners []run.Runner // the engine and at least one browser
	// Progress, if not nil, is called after each scenario, by one goroutine at a
	// time.
	Progress func(Result)
}

// A Result is what came of a scenario.
type Result struct {
	Scenario     *scenario.Scenario
	Observations compare.Observations
	Differences  []compare.Explained
	Unstable     bool // there was an unexplained difference that was gone when the scenario was run again
	Err          error
}

// Unexplained returns the differences that are not known.
func (r *Result) Unexplained() []compare.Explained {
	var out []compare.Explained
	for _, d := range r.Differences {
		if d.By == nil {
			out = append(out, d)
		}
	}
	return out
}

// Run runs the scenarios and returns their results in the same order. It returns
// early if the context ends.
func (s *Suite) Run(ctx context.Context, scenarios []scenario.Scenario) []Result {
	results := make([]Result, len(scenarios))
	var wg sync.WaitGroup
	var progress sync.Mutex
	next := make(chan int)
	for range workers {
		wg.Go(func() {
			for i := range next {
				results[i] = s.One(ctx, &scenarios[i])
				if s.Progress != nil {
					progress.Lock()
					s.Progress(results[i])
					progress.Unlock()
				}
			}
		})
	}
	for i := range scenarios {
		if ctx.Err() != nil {
			results[i] = Result{Scenario: &scenarios[i], Err: ctx.Err()}
			continue
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

// One runs a single scenario.
func (s *Suite) One(ctx context.Context, sc *scenario.Scenario) Result {
	r := s.once(ctx, sc)
	for range repeats {
		if r.Err == nil && len(r.Unexplained()) == 0 || ctx.Err() != nil {
			break
		}
		again := s.once(ctx, sc)
		again.Unstable = again.Err == nil && len(again.Unexplained()) == 0
		r = again
	}
	return r
}

func (s *Suite) once(ctx context.Context, sc *scenario.Scenario) Result {
	r := Result{Scenario: sc, Observations: make(compare.Observations)}
	if r.Err = sc.Check(); r.Err != nil {
		return r
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, runner := range s.Runners {
		wg.Go(func() {
			o, err := runner.Run(ctx, sc)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && r.Err == nil {
				r.Err = fmt.Errorf("suite: %w", err)
			}
			r.Observations[runner.Name()] = o
		})
	}
	wg.Wait()
	if r.Err == nil {
		r.Differences = compare.Explain(sc, r.Observations)
	}
	return r
}
