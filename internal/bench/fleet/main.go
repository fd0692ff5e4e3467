// Fleet simulates a fleet of crawlers, to tell whether sharing what preflights have
// granted is worth it: how many preflights the nodes send with a preflight cache each,
// with one store for all, and with local copies of what is in the store; how often they
// find what they look for, and how many bytes that takes.
//
//	go run ./fleet
//
// writes the report, docs/fleet.md, and its plots. Each node's cache and the store are
// real ones, of package preflightcache, in virtual time; copies and traffic follow
// package valkeycache. A seed decides everything, so that the same command gives the
// same report. params.go has the figures that go in and where they are from.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

func main() {
	p := Defaults()
	flag.Uint64Var(&p.Seed, "seed", p.Seed, "`seed` of the web and of the crawl")
	flag.IntVar(&p.Pages, "pages", p.Pages, "number of pages")
	flag.IntVar(&p.Sites, "sites", p.Sites, "number of sites")
	flag.IntVar(&p.Origins, "origins", p.Origins, "number of API origins")
	flag.IntVar(&p.CallsPerPage, "calls", p.CallsPerPage, "calls per page that need a preflight")
	flag.Float64Var(&p.OwnURL, "own", p.OwnURL, "share of calls to a URL that only one page calls")
	flag.DurationVar(&p.Duration, "duration", p.Duration, "of the crawl")
	flag.DurationVar(&p.PreflightRTT, "preflight", p.PreflightRTT, "how long a preflight takes")
	flag.DurationVar(&p.StoreRTT, "store", p.StoreRTT, "how long an operation of the store takes")
	flag.IntVar(&p.LocalKeys, "maxkeys", p.LocalKeys, "keys in each node's own cache; 0 for its default")
	flag.DurationVar(&p.LocalTTL, "localttl", p.LocalTTL, "for how long local copies serve")
	dir := flag.String("o", "docs", "`directory` for fleet.md and the plots")
	flag.Parse()
	if err := run(p, *dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes the report to dir and what it says at the end to out.
func run(p Params, dir string, out io.Writer) error {
	begin := time.Now()
	s, err := newStudy(p, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "fleet.md"), []byte(s.markdown()), 0o644); err != nil {
		return err
	}
	if err := s.plots(dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s%s\n%d simulations in %s\n", s.mainTable(), s.conclusion(), s.runs, time.Since(begin).Round(time.Second))
	return err
}
