package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/fetch"
)

// memoryBase is a server in memory, the same as in the benchmarks of package fetch. It
// allocates what any would: a response, a header and its values.
type memoryBase struct{}

func (memoryBase) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return &http.Response{
		Status: "200 OK", StatusCode: 200,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Access-Control-Allow-Headers":  {"content-type"},
			"Access-Control-Allow-Methods":  {"PUT"},
			"Access-Control-Allow-Origin":   {"https://app.example"},
			"Access-Control-Expose-Headers": {"ETag"},
			"Access-Control-Max-Age":        {"7200"},
			"Content-Length":                {"0"},
			"Content-Type":                  {"application/json"},
			"Date":                          {"Thu, 02 Jul 2026 18:05:05 GMT"},
			"Etag":                          {`"x"`},
			"Vary":                          {"Origin"},
		},
		Body:    http.NoBody,
		Request: req,
	}, nil
}

// An aim is a case for which it has been decided what the engine may cost more than its
// Base alone.
type aim struct {
	name, method, url, body string
	header                  http.Header
	cors                    bool // the response is filtered
	maxNanoseconds          float64
	maxAllocs               float64
}

var aims = []aim{
	{"same-origin GET", "GET", "https://app.example/items?page=2", "", nil, false, 700, 8},
	{"cross-origin GET", "GET", "https://api.example/items?page=2", "", nil, true, 1200, 14},
	{"cross-origin PUT, warm preflight cache", "PUT", "https://api.example/items/7", `{"a":1}`,
		http.Header{"Content-Type": {"application/json"}}, true, 1800, 18},
}

// A cost is what one fetch costs.
type cost struct {
	wall   float64 // nanoseconds until it is done
	cpu    float64 // nanoseconds on a processor, which others on the machine have no part in
	allocs float64
}

// An aimResult is what the engine cost more than its Base alone, over the rounds.
type aimResult struct {
	*aim
	wall, cpu, allocs summary
	least             float64 // wall time in the fastest round of each
	floor             summary // wall time of what net/http's types cost alone, see floor
	leastFloor        float64 // in the fastest round
}

func (r *aimResult) reachedTime() bool   { return r.wall.median <= r.maxNanoseconds }
func (r *aimResult) reachedAllocs() bool { return r.allocs.median <= r.maxAllocs }

// newRequest returns the aim's request. Its body is never read, so that it can be sent
// any number of times.
func (a *aim) newRequest() (*http.Request, error) {
	req, err := http.NewRequest(a.method, a.url, strings.NewReader(a.body))
	if err != nil {
		return nil, err
	}
	if a.header != nil {
		req.Header = a.header
	}
	return req, nil
}

// bare returns a function that makes n requests of the Base directly.
func (a *aim) bare() (func(n int) error, error) {
	req, err := a.newRequest()
	if err != nil {
		return nil, err
	}
	return func(n int) error {
		for range n {
			resp, err := memoryBase{}.RoundTrip(req)
			if err != nil {
				return err
			}
			resp.Body.Close()
		}
		return nil
	}, nil
}

// engine returns a function that makes n fetches through the engine, with a preflight
// before the first.
func (a *aim) engine() (func(n int) error, error) {
	req, err := a.newRequest()
	if err != nil {
		return nil, err
	}
	client := &fetch.Client{Base: memoryBase{}}
	params := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}}
	return func(n int) error {
		for range n {
			resp, err := client.Fetch(req, params)
			if err != nil {
				return err
			}
			resp.Body.Close()
		}
		return nil
	}, nil
}

// measureAims measures all aims. Each round goes through all of them, so that a time in
// which the machine is slow is one for all.
func measureAims(ctx context.Context, o *options, progress io.Writer) ([]*aimResult, error) {
	all := make([]*aimSamples, len(aims))
	for i := range aims {
		s, err := aims[i].samples(ctx, o.slice/2)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", aims[i].name, err)
		}
		all[i] = s
	}
	runtime.LockOSThread() // for its processor time
	defer runtime.UnlockOSThread()
	for round := range o.rounds {
		for _, s := range all {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err := s.measure(round); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	var results []*aimResult
	for _, s := range all {
		r := s.result()
		fmt.Fprintf(progress, "%s: %.0f ns (%.0f on the processor) and %.1f allocations more than the Base alone\n",
			r.name, r.wall.median, r.cpu.median, r.allocs.median)
		results = append(results, r)
	}
	return results, nil
}

// aimSamples are what has been measured of an aim, by what ran and by round.
type aimSamples struct {
	*aim
	n                 int // operations for each measurement
	runs              [3]func(n int) error
	wall, cpu, allocs [3][]float64
}

// What runs for an aim.
const (
	runBare = iota
	runEngine
	runFloor
)

// samples returns what measures a, for about slice each time.
func (a *aim) samples(ctx context.Context, slice time.Duration) (*aimSamples, error) {
	bare, err := a.bare()
	if err != nil {
		return nil, err
	}
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	n, err := calibrate(ctx, engine, slice)
	if err != nil {
		return nil, err
	}
	return &aimSamples{aim: a, n: n, runs: [...]func(int) error{runBare: bare, runEngine: engine, runFloor: a.floor()}}, nil
}

// measure adds a sample of each.
func (s *aimSamples) measure(round int) error {
	for i := range s.runs {
		which := (i + round) % len(s.runs) // who goes first alternates
		c, err := costs(s.runs[which], s.n)
		if err != nil {
			return err
		}
		s.wall[which] = append(s.wall[which], c.wall)
		s.cpu[which] = append(s.cpu[which], c.cpu)
		s.allocs[which] = append(s.allocs[which], c.allocs)
	}
	return nil
}

func (s *aimSamples) result() *aimResult {
	return &aimResult{
		aim:    s.aim,
		wall:   summarize(differences(s.wall[runEngine], s.wall[runBare])),
		cpu:    summarize(differences(s.cpu[runEngine], s.cpu[runBare])),
		allocs: summarize(differences(s.allocs[runEngine], s.allocs[runBare])),
		least:  slices.Min(s.wall[runEngine]) - slices.Min(s.wall[runBare]),

		floor:      summarize(s.wall[runFloor]),
		leastFloor: slices.Min(s.wall[runFloor]),
	}
}

// calibrate returns how many operations take about slice.
func calibrate(ctx context.Context, run func(n int) error, slice time.Duration) (int, error) {
	n := 1
	for {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		start := time.Now()
		if err := run(n); err != nil {
			return 0, err
		}
		took := time.Since(start)
		next := scaleCount(n, took.Seconds(), slice.Seconds())
		if took >= slice/4 || next <= n {
			return next, nil
		}
		n = next
	}
}

// costs returns what one of n operations costs. Each measurement begins with the same
// heap.
func costs(run func(n int) error, n int) (cost, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cpu, err := threadTime()
	if err != nil {
		return cost{}, err
	}
	start := time.Now()
	if err := run(n); err != nil {
		return cost{}, err
	}
	wall := time.Since(start)
	cpuAfter, err := threadTime()
	if err != nil {
		return cost{}, err
	}
	runtime.ReadMemStats(&after)
	return cost{
		wall:   float64(wall.Nanoseconds()) / float64(n),
		cpu:    float64((cpuAfter - cpu).Nanoseconds()) / float64(n),
		allocs: float64(after.Mallocs-before.Mallocs) / float64(n),
	}, nil
}
