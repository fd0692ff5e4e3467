package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Every kind of fetch, in the process and over sockets, has the outcome it is to have,
// and leaves nothing behind but what a soak is too short to judge.
func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	svg, md := filepath.Join(dir, "soak.svg"), filepath.Join(dir, "soak.md")
	var out bytes.Buffer
	ok, err := run(t.Context(), config{fetches: 6000, workers: 4, samples: 10, oneIn: 4, seed: 1}, &out, md, svg)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Errorf("not as it should be:\n%s", out.String())
	}
	for k := range kinds {
		if !strings.Contains(out.String(), "| "+kinds[k].name+" |") {
			t.Errorf("the report lacks the kind %q", kinds[k].name)
		}
	}
	for name, want := range map[string]string{svg: "<svg", md: "Verdict: **flat**"} {
		if text, err := os.ReadFile(name); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not contain %q, %v", name, want, err)
		}
	}
}

// Each kind occurs, whatever the seed, in every ten thousand fetches.
func TestMixHasAllKinds(t *testing.T) {
	for seed := range uint64(5) {
		m, err := newMix(config{seed: seed, oneIn: 100})
		if err != nil {
			t.Fatal(err)
		}
		var seen = make([]int, len(kinds))
		sockets := 0
		for i := range uint64(10_000) {
			k, socket := m.pick(i)
			seen[k]++
			if socket {
				sockets++
				if kinds[k].inProcess {
					t.Errorf("%s goes over sockets", kinds[k].name)
				}
			}
		}
		for k, n := range seen {
			if n == 0 {
				t.Errorf("seed %d: no fetch of kind %s", seed, kinds[k].name)
			}
		}
		if sockets < 50 || sockets > 150 { // 100 on average, standard deviation 10
			t.Errorf("seed %d: %d of 10000 fetches over sockets; want about 100", seed, sockets)
		}
	}
}

func TestOnly(t *testing.T) {
	m, err := newMix(config{only: "421"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(100) {
		if k, _ := m.pick(i); kinds[k].name != "421 sent again" {
			t.Fatalf("fetch %d is of kind %q", i, kinds[k].name)
		}
	}
	if _, err := newMix(config{only: "no such kind"}); err == nil {
		t.Error("no error for what is no kind")
	}
}

// What is wrong is found: outcomes, bodies, preflights, log records.
func TestFindings(t *testing.T) {
	newResult := func(t *testing.T) *result {
		s, err := newSessions(false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.close)
		r := &result{cfg: config{fetches: 100, workers: 1}, tallies: newTallies(), sessions: s}
		for k := range kinds {
			r.tallies[0][k].asExpected = 1
			s.process.server.preflights.Add(kinds[k].preflights)
			if kinds[k].logged {
				s.process.log.records.Add(1)
			}
		}
		return r
	}
	tests := []struct {
		name  string
		spoil func(r *result)
		want  string // "" for nothing
	}{
		{"nothing wrong", func(*result) {}, ""},
		{"cached preflights sent once", func(r *result) { r.sessions.process.server.preflights.Add(1) }, ""},
		{"outcome", func(r *result) { r.tallies[0][3].not++ }, "outcomes"},
		{"no outcomes", func(r *result) { r.tallies = newTallies(); r.sessions.process.server.preflights.Store(0) }, "outcomes"},
		{"response body left open", func(r *result) { r.sessions.process.account.responseBody(nil, nil) }, "bodies, in process"},
		{"request body left open", func(r *result) { r.sessions.process.account.requestBody(nil) }, "bodies, in process"},
		{"preflight missing", func(r *result) { r.sessions.process.server.preflights.Add(^uint64(0)) }, "preflights, in process"},
		{"cached preflights sent", func(r *result) { r.sessions.process.server.preflights.Add(65) }, "preflights, in process"},
		{"log record missing", func(r *result) { r.sessions.process.log.records.Store(0) }, "log records, in process"},
		{"interrupted", func(r *result) { r.interrupted = true }, "complete"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newResult(t)
			tt.spoil(r)
			r.judge()
			var got string
			for _, f := range r.findings {
				if !f.ok {
					got = f.what
					break
				}
			}
			if got != tt.want || r.ok() != (tt.want == "") {
				t.Errorf("found %q, ok %v; want %q", got, r.ok(), tt.want)
			}
		})
	}
}

// A soak's samples are judged. Heaps are in KiB, one sample for each of 20 equal parts
// of 10^7 fetches.
func TestJudgeSamples(t *testing.T) {
	flat := func(int) float64 { return 4096 }
	tests := []struct {
		name       string
		heap       func(i int) float64
		goroutines func(i int) int
		fds        func(i int) int
		want       string
	}{
		{name: "flat", heap: flat},
		{name: "filling during warm-up", heap: func(i int) float64 { return 1024 * float64(1+min(i, 1)) }},
		{name: "noise", heap: func(i int) float64 { return 4096 + 100*float64(i%2) }},
		{name: "shrinking", heap: func(i int) float64 { return 4096 - 100*float64(i) }},
		// 18 parts after warm-up at 20 KiB: 360 KiB, more than 256.
		{name: "leaking", heap: func(i int) float64 { return 4096 + 20*float64(i) }, want: "heap, trend"},
		// The same within 2 % of a heap of 20 MiB, which are 410 KiB.
		{name: "growing less than the noise of a large heap", heap: func(i int) float64 { return 20480 + 20*float64(i) }},
		{name: "one high sample", heap: func(i int) float64 { return map[bool]float64{false: 4096, true: 6000}[i == 11] }, want: "heap, peak"},
		{name: "goroutine leaked", heap: flat, goroutines: func(i int) int { return 10 + i/19 }, want: "goroutines"},
		{name: "goroutines of warm-up", heap: flat, goroutines: func(i int) int { return 10 + min(i, 1) }},
		{name: "descriptor leaked", heap: flat, fds: func(i int) int { return 10 + i/19 }, want: "file descriptors"},
		{name: "descriptors not measured", heap: flat, fds: func(int) int { return -1 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &result{cfg: config{fetches: 10_000_000}}
			for i := range 20 {
				s := sample{fetches: uint64(i+1) * 500_000, heap: uint64(1024 * tt.heap(i)), goroutines: 10, descriptors: 10}
				if tt.goroutines != nil {
					s.goroutines = tt.goroutines(i)
				}
				if tt.fds != nil {
					s.descriptors = tt.fds(i)
				}
				r.samples = append(r.samples, s)
			}
			r.judgeSamples()
			got := ""
			for _, f := range r.findings {
				if !f.ok {
					got = f.what
				}
			}
			if got != tt.want {
				t.Errorf("found %q; want %q\n%v", got, tt.want, r.findings)
			}
		})
	}
}

// A soak that is too short says that the heap was not judged.
func TestTooShortToJudge(t *testing.T) {
	r := &result{cfg: config{fetches: 1000}, samples: []sample{{fetches: 100, heap: 1}, {fetches: 1000, heap: 1 << 30}}}
	r.judgeSamples()
	if f := r.findings[0]; f.what != "heap" || !f.ok || !strings.Contains(f.text, "not judged") {
		t.Errorf("found %v", f)
	}
}

// The slope of a line through points on it is its own, and of others that of least
// squares: through (0,0), (1,3), (2,3), by hand, 3/2.
func TestTrend(t *testing.T) {
	for _, tt := range []struct {
		heaps []uint64
		want  float64
	}{
		{[]uint64{5, 7, 9}, 2},
		{[]uint64{9, 9, 9}, 0},
		{[]uint64{9, 6, 3}, -3},
		{[]uint64{0, 3, 3}, 1.5},
	} {
		var samples []sample
		for i, h := range tt.heaps {
			samples = append(samples, sample{fetches: uint64(i), heap: h})
		}
		if got := trend(samples); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("trend of %v is %v; want %v", tt.heaps, got, tt.want)
		}
	}
	if got := trend([]sample{{fetches: 1, heap: 2}}); !math.IsNaN(got) {
		t.Errorf("one point has the trend %v", got)
	}
}

func TestBadConfig(t *testing.T) {
	good := config{fetches: 100, workers: 1, samples: 10, oneIn: 10}
	for name, spoil := range map[string]func(*config){
		"samples": func(c *config) { c.samples = 9 },
		"fetches": func(c *config) { c.fetches = 9 },
		"workers": func(c *config) { c.workers = 0 },
		"sockets": func(c *config) { c.oneIn = -1 },
		"only":    func(c *config) { c.only = "no such kind" },
	} {
		c := good
		spoil(&c)
		if ok, err := run(t.Context(), c, new(bytes.Buffer), "", ""); err == nil || ok {
			t.Errorf("%s: no error", name)
		}
	}
}

// A soak that is interrupted ends soon and says so, and its goroutines are gone.
func TestInterrupted(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	r, err := soak(ctx, config{fetches: 1 << 40, workers: 2, samples: 10, oneIn: 100}, func(sample) { t.Error("a sample") })
	if err != nil {
		t.Fatal(err)
	}
	if r.ok() || !strings.Contains(r.markdown(), "interrupted") {
		t.Errorf("the report does not say that it was interrupted:\n%s", r.markdown())
	}
	// Those that have said that they are done are still there for a moment.
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines; there were %d before", runtime.NumGoroutine(), before)
		}
	}
}
