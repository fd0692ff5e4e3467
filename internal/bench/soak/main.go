// Soak runs very many fetches of every kind through the engine and checks that it
// ends as it began: with the heap, the goroutines and the file descriptors it had
// once it was warm.
//
//	go run ./soak -n 10000000
//
// Fetches are answered in the same process, a share of them over loopback sockets.
// Each outcome is compared with the one that the standard asks for, each body that
// was opened has to be closed. Pages, partitions and URLs are new nearly every time,
// so that whatever the client keeps without bound shows. Samples are taken while no
// fetch is running, after garbage collections. The exit status is 1 if anything is
// not as it should be; see judge.go for what that is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	cfg := config{}
	flag.Uint64Var(&cfg.fetches, "n", 10_000_000, "number of `fetches`")
	flag.IntVar(&cfg.workers, "workers", runtime.GOMAXPROCS(0), "fetches in flight")
	flag.IntVar(&cfg.samples, "samples", 50, "number of samples")
	flag.IntVar(&cfg.oneIn, "sockets", defaultOneIn, "one of this many fetches goes over loopback sockets; 0 for none")
	flag.Uint64Var(&cfg.seed, "seed", defaultSeed, "seed of the mix of fetches")
	flag.StringVar(&cfg.only, "only", "", "only fetches whose kind contains this `text`")
	svg := flag.String("o", "", "write a plot of heap and goroutines to `file.svg`")
	flag.StringVar(&cfg.profile, "memprofile", "", "write heap profiles to `prefix`-begin and prefix-end, for go tool pprof -base; it slows down")
	md := flag.String("md", "", "write the report to `file.md` as well")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, cfg, os.Stdout, *md, *svg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run soaks, reports to out and to the named files, and says whether all is well.
func run(ctx context.Context, cfg config, out io.Writer, md, svg string) (bool, error) {
	if err := cfg.check(); err != nil {
		return false, err
	}
	r, err := soak(ctx, cfg, func(s sample) {
		fmt.Fprintf(os.Stderr, "%11d fetches  %8.0f/s  heap %7.3f MiB  %4d goroutines  %3d descriptors\n",
			s.fetches, s.rate, mib(s.heap), s.goroutines, s.descriptors)
	})
	if err != nil {
		return false, err
	}
	text := r.markdown()
	if _, err := io.WriteString(out, text); err != nil {
		return false, err
	}
	if md != "" {
		err = errors.Join(err, os.WriteFile(md, []byte(text), 0o644))
	}
	if svg != "" {
		err = errors.Join(err, r.plot(svg))
	}
	return r.ok(), err
}
