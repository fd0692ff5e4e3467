package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/browser"
	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/suite"
	"github.com/corsengine/corsengine/internal/differential/world"
)

// start starts the chosen browsers, or reads a recording of them. The caller has
// to call closeAll if there is no error.
func (o *options) start(ctx context.Context, w *world.World) (runners []run.Runner, versions []string, closeAll func() error, err error) {
	if o.replay != "" {
		runners, versions, err = readRecording(o.replay)
		return runners, versions, func() error { return nil }, err
	}
	var browsers []browser.Browser
	closeAll = func() error {
		var errs []error
		for _, b := range browsers {
			errs = append(errs, b.Close())
		}
		return errors.Join(errs...)
	}
	for name := range strings.SplitSeq(o.browsers, ",") {
		b, err := startBrowser(ctx, name)
		if err != nil {
			return nil, nil, nil, errors.Join(err, closeAll())
		}
		browsers = append(browsers, b)
		runners = append(runners, run.NewBrowser(w, b))
		versions = append(versions, b.Name()+" "+b.Version())
	}
	return runners, versions, closeAll, nil
}

func startBrowser(ctx context.Context, name string) (browser.Browser, error) {
	o := &browser.Options{Hosts: world.Hosts}
	switch name {
	case "chromium":
		return browser.Chromium(ctx, o)
	case "firefox":
		return browser.Firefox(ctx, o)
	}
	return nil, fmt.Errorf("no browser %q", name)
}

func readRecording(name string) (runners []run.Runner, versions []string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	recorded, err := run.ReadRecorded(f)
	for _, r := range recorded {
		runners = append(runners, r)
		versions = append(versions, r.Version+" (recorded)")
	}
	return runners, versions, err
}

func writeRecording(name string, runners []run.Runner, versions []string, results []suite.Result) (err error) {
	var recorded []*run.Recorded
	for i, runner := range runners {
		r := &run.Recorded{Browser: runner.Name(), Version: versions[i], Observations: make(map[string]*run.Observation)}
		for _, result := range results {
			if o := result.Observations[r.Browser]; o != nil {
				r.Observations[result.Scenario.Name] = o
			}
		}
		recorded = append(recorded, r)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return run.WriteRecorded(f, recorded)
}
