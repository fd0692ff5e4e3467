package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// A config is what a soak is made of.
type config struct {
	fetches uint64
	workers int
	samples int
	oneIn   int // one of this many fetches goes over sockets; 0 for none
	seed    uint64
	only    string // part of the names of the kinds to fetch; "" for all
	profile string // prefix of the names of heap profiles; "" for none
}

// What the mix of fetches depends on, unless flags say otherwise.
const (
	defaultOneIn = 100
	defaultSeed  = 1
)

func (c *config) check() error {
	switch {
	case c.samples < 10:
		return errors.New("-samples: at least 10 are needed to judge a trend")
	case c.fetches < uint64(c.samples):
		return errors.New("-n: fewer fetches than samples")
	case c.workers < 1:
		return errors.New("-workers: at least 1")
	case c.oneIn < 0:
		return errors.New("-sockets: negative")
	}
	return nil
}

// A tally counts the fetches of one kind.
type tally struct {
	asExpected, not uint64
	example         string // of those that were not
}

func (t *tally) add(o tally) {
	t.asExpected += o.asExpected
	t.not += o.not
	if t.example == "" {
		t.example = o.example
	}
}

// tallies are by kind: in the process, and over sockets.
type tallies [2][]tally

func newTallies() tallies { return tallies{make([]tally, len(kinds)), make([]tally, len(kinds))} }

// soak fetches, sampling every so often, and shows each sample to progress. If ctx
// ends, so does the soak, and the result says so.
func soak(ctx context.Context, cfg config, progress func(sample)) (*result, error) {
	mix, err := newMix(cfg)
	if err != nil {
		return nil, err
	}
	sessions, err := newSessions(cfg.oneIn > 0)
	if err != nil {
		return nil, err
	}
	defer sessions.close()
	r := &result{cfg: cfg, tallies: newTallies(), sessions: sessions, environment: describe()}
	if cfg.profile != "" {
		runtime.MemProfileRate = profileRate
	}
	r.start = time.Now()
	for i := range uint64(cfg.samples) {
		from, to := i*cfg.fetches/uint64(cfg.samples), (i+1)*cfg.fetches/uint64(cfg.samples)
		began := time.Now()
		r.tallies.add(fetchAll(ctx, mix, sessions, cfg.workers, from, to))
		took := time.Since(began)
		if ctx.Err() != nil {
			r.interrupted = true
			break
		}
		s := takeSample(sessions)
		s.fetches, s.rate = to, float64(to-from)/took.Seconds()
		r.samples = append(r.samples, s)
		progress(s)
		if err := r.profile(i); err != nil {
			return nil, err
		}
	}
	r.took = time.Since(r.start)
	r.judge()
	return r, nil
}

// profileRate is of how many allocated bytes one is accounted for in heap profiles.
const profileRate = 1 << 10

// profile writes a heap profile if sample i is the first after warm-up, or the last.
func (r *result) profile(i uint64) error {
	done := r.samples[i].fetches
	name := ""
	switch begin := r.cfg.warmUp(); {
	case r.cfg.profile == "":
		return nil
	case i == uint64(r.cfg.samples)-1:
		name = "-end"
	case done >= begin && (i == 0 || r.samples[i-1].fetches < begin):
		name = "-begin"
	default:
		return nil
	}
	f, err := os.Create(r.cfg.profile + name)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close())
}

func (t tallies) add(o tallies) {
	for i := range t {
		for k := range t[i] {
			t[i][k].add(o[i][k])
		}
	}
}

// batch is how many fetches a worker takes at a time.
const batch = 64

// fetchAll performs the fetches with numbers from and up to to, and returns when
// all of them have.
func fetchAll(ctx context.Context, m *mix, sessions *sessions, workers int, from, to uint64) tallies {
	var next atomic.Uint64
	next.Store(from)
	total := newTallies()
	var mu sync.Mutex // guards total
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			mine := newTallies()
			for ctx.Err() == nil {
				first := next.Add(batch) - batch
				if first >= to {
					break
				}
				for i := first; i < min(first+batch, to); i++ {
					k, socket := m.pick(i)
					s, where := sessions.process, 0
					if socket {
						s, where = sessions.socket, 1
					}
					t := &mine[where][k]
					if err := kinds[k].fetch(s, i); err != nil {
						t.not++
						if t.example == "" {
							t.example = fmt.Sprintf("fetch %d: %v", i, err)
						}
					} else {
						t.asExpected++
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total.add(mine)
		})
	}
	wg.Wait()
	return total
}
