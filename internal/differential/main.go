// Command differential runs the same scenarios in browsers and in the engine, and
// compares what pages see and what servers receive.
//
// It ends with status 1 if there is a difference that is not known, and prints
// the smallest scenario that shows it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/corsengine/corsengine/internal/differential/report"
	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/shrink"
	"github.com/corsengine/corsengine/internal/differential/suite"
	"github.com/corsengine/corsengine/internal/differential/world"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("differential: ")
	var o options
	flag.IntVar(&o.n, "n", 1000, "`number` of generated scenarios")
	flag.Uint64Var(&o.seed, "seed", 1, "`seed` of the generator")
	flag.BoolVar(&o.catalogue, "catalogue", true, "run the scenarios of the catalogue, too")
	flag.StringVar(&o.only, "only", "", "run only scenarios whose name contains this `text`")
	flag.StringVar(&o.browsers, "browsers", "chromium,firefox", "`list` of browsers")
	flag.StringVar(&o.report, "o", "", "write a report to this `file`")
	flag.IntVar(&o.shrink, "shrink", 5, "reduce up to this `number` of scenarios with unexplained differences")
	flag.StringVar(&o.record, "record", "", "write what the browsers do to this `file`")
	flag.StringVar(&o.replay, "replay", "", "take what browsers do from this `file`, instead of starting them")
	flag.BoolVar(&o.json, "json", false, "print the names of the scenarios with unexplained differences as JSON, and nothing else")
	flag.BoolVar(&o.verbose, "v", false, "print all differences")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := o.run(ctx, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		log.Fatal(err)
	}
	if !ok {
		os.Exit(1)
	}
}

type options struct {
	n         int
	seed      uint64
	catalogue bool
	only      string
	browsers  string
	report    string
	shrink    int
	record    string
	replay    string
	json      bool
	verbose   bool
}

// scenarios returns the chosen ones.
func (o *options) scenarios() []scenario.Scenario {
	var all []scenario.Scenario
	if o.catalogue {
		all = scenario.Catalogue()
	}
	for i := range o.n {
		all = append(all, scenario.Generate(o.seed, uint64(i)))
	}
	if o.only == "" {
		return all
	}
	var some []scenario.Scenario
	for _, s := range all {
		if strings.Contains(s.Name, o.only) {
			some = append(some, s)
		}
	}
	return some
}

// run returns whether there is nothing unexplained.
func (o *options) run(ctx context.Context, out, progress io.Writer) (ok bool, err error) {
	w, err := world.Start()
	if err != nil {
		return false, err
	}
	defer w.Close()
	engine := run.NewEngine(w)
	defer engine.Close()
	runners, versions, closeAll, err := o.start(ctx, w)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	s := &suite.Suite{Runners: append([]run.Runner{engine}, runners...)}

	scenarios := o.scenarios()
	begin := time.Now()
	s.Progress = printer(progress, len(scenarios), begin)
	results := s.Run(ctx, scenarios)
	summary := report.Summarize(results, versions, o.seed, time.Since(begin))
	fmt.Fprintln(progress)
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if o.record != "" {
		if err := writeRecording(o.record, runners, versions, results); err != nil {
			return false, err
		}
	}
	if o.json {
		return summary.OK(), summary.WriteJSON(out)
	}
	if o.verbose {
		printDifferences(out, results)
	}
	summary.WriteText(out)
	for _, r := range summary.Unexplained[:min(o.shrink, len(summary.Unexplained))] {
		printSmallest(ctx, out, s, r)
	}
	if o.report != "" {
		if err := summary.WriteFile(o.report); err != nil {
			return false, err
		}
	}
	return summary.OK(), nil
}

// printer returns a function that writes a line now and then.
func printer(w io.Writer, total int, begin time.Time) func(suite.Result) {
	done, unexplained := 0, 0
	return func(r suite.Result) {
		done++
		if r.Err != nil || len(r.Unexplained()) > 0 {
			unexplained++
		}
		if done%50 == 0 || done == total {
			fmt.Fprintf(w, "\r%d of %d scenarios, %d with unexplained differences, %.0f s", done, total, unexplained, time.Since(begin).Seconds())
		}
	}
}

func printDifferences(w io.Writer, results []suite.Result) {
	for _, r := range results {
		for _, d := range r.Differences {
			by := "UNEXPLAINED"
			if d.By != nil {
				by = d.By.ID
			}
			fmt.Fprintf(w, "%s: %s [%s]\n", r.Scenario.Name, d.Difference, by)
		}
	}
}

// shrinkLimit is how often a scenario is run in order to reduce it.
const shrinkLimit = 300

// printSmallest reduces a scenario to one in which the same browser still differs
// in the same field, unexplained.
func printSmallest(ctx context.Context, w io.Writer, s *suite.Suite, r *suite.Result) {
	fmt.Fprintf(w, "\n%s\n", r.Scenario.Name)
	if r.Err != nil {
		fmt.Fprintf(w, "  %v\n", r.Err)
		return
	}
	for _, d := range r.Unexplained() {
		fmt.Fprintf(w, "  %s\n", d.Difference)
	}
	first := r.Unexplained()[0]
	same := func(c *scenario.Scenario) bool {
		again := s.One(ctx, c)
		for _, d := range again.Unexplained() {
			if d.Browser == first.Browser && d.Field == first.Field && (d.Alone == run.EngineName) == (first.Alone == run.EngineName) {
				return again.Err == nil
			}
		}
		return false
	}
	small := shrink.Shrink(*r.Scenario, shrinkLimit, same)
	final := s.One(ctx, &small)
	fmt.Fprintln(w, "smallest:")
	for _, d := range final.Unexplained() {
		fmt.Fprintf(w, "  %s\n", d.Difference)
	}
	io.WriteString(w, small.Go())
}
