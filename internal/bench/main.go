// Command bench measures what the engine costs: in the same process over a Base in
// memory, and over loopback beside bare net/http, Node's fetch and headless Chromium.
//
//	cd internal/bench && go run .
//
// writes docs/results.md and docs/throughput.svg. Nothing leaves loopback, and it ends by
// itself, in a few minutes. The README of this folder says how it measures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	if child := os.Getenv(childVar); child != "" {
		os.Exit(runChild(child, os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	only    string        // "aims", "http" or ""
	foreign []string      // "node", "chromium"
	rounds  int           // per case; a third of them with foreign clients
	slice   time.Duration // that each client runs for in each round
	out     string        // folder for the results; "" for none
	readme  string        // file whose table is replaced; "" for none
	profile string        // folder for profiles, which are then all there is; "" for none
	timeout time.Duration // for everything
}

func parseFlags(args []string, stderr io.Writer) (*options, error) {
	o := new(options)
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.only, "only", "", "measure the `part` \"aims\" (in the same process) or \"http\" (over loopback), and write no files")
	foreign := fs.String("foreign", "node,chromium", "`clients` of others to measure where they are installed; \"\" for none")
	fs.IntVar(&o.rounds, "rounds", 60, "how often each case is measured")
	fs.DurationVar(&o.slice, "slice", 100*time.Millisecond, "how long each client runs in each round")
	fs.StringVar(&o.out, "o", "docs", "`folder` that results.md and throughput.svg are written to; \"\" for none")
	fs.StringVar(&o.readme, "readme", "", "`file` in which the text between the two markers is replaced by the results")
	fs.StringVar(&o.profile, "profile", "", "write profiles of the engine for each case to this `folder`, and do nothing else")
	fs.DurationVar(&o.timeout, "timeout", 20*time.Minute, "give up after this time")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if *foreign != "" {
		o.foreign = strings.Split(*foreign, ",")
	}
	for _, name := range o.foreign {
		if !slices.Contains([]string{"node", "chromium"}, name) {
			return nil, fmt.Errorf("-foreign: unknown client %q", name)
		}
	}
	switch {
	case o.only != "" && o.only != "aims" && o.only != "http":
		return nil, fmt.Errorf("-only: unknown part %q", o.only)
	case o.only != "" && o.readme != "":
		return nil, errors.New("-readme: all parts have to be measured, so not with -only")
	case o.rounds < 1 || o.rounds > 10_000:
		return nil, fmt.Errorf("-rounds: %d is not from 1 to 10000", o.rounds)
	case o.slice < time.Millisecond || o.slice > 10*time.Second:
		return nil, fmt.Errorf("-slice: %v is not from 1ms to 10s", o.slice)
	case o.timeout <= 0:
		return nil, fmt.Errorf("-timeout: %v is not positive", o.timeout)
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("not done after %v", o.timeout))
	defer cancel()
	if o.profile != "" {
		return writeProfiles(ctx, o.profile, 3*time.Second, stdout)
	}
	if o.readme != "" { // not only after minutes
		if err := replaceFile(o.readme, nil); err != nil {
			return err
		}
	}
	r := &results{machine: describeMachine(), command: "cd internal/bench && go run ."}
	if len(args) > 0 {
		r.command = "cd internal/bench && go run . " + quoteArgs(args)
	}
	if o.only != "http" {
		if r.aims, err = measureAims(ctx, o, stderr); err != nil {
			return err
		}
	}
	if o.only != "aims" {
		if err := r.measureHTTP(ctx, o, stderr); err != nil {
			return err
		}
	}
	if err := r.writeMarkdown(stdout); err != nil {
		return err
	}
	if o.only != "" {
		return nil
	}
	return r.writeFiles(o)
}

// writeFiles writes what run has measured to where the options say.
func (r *results) writeFiles(o *options) error {
	if o.out != "" {
		if err := os.MkdirAll(o.out, 0o777); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(o.out, "results.md"), r.writePage); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(o.out, "throughput.svg"), r.writePlot); err != nil {
			return err
		}
	}
	if o.readme != "" {
		return replaceFile(o.readme, r.writeReadme)
	}
	return nil
}
