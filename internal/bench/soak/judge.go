package main

import (
	"fmt"
	"math"
	"time"
)

// What counts as flat. The first tenth of the fetches, and leastWarmUp at least, is
// warm-up: caches fill to their bounds, tables and pools reach their size. From then
// on
//
//   - the straight line through the samples of the live heap, by least squares, must
//     not rise by more than the larger of flatBytes and flatShare of the heap at the
//     end of warm-up. With 10^7 fetches and 256 KiB, less than 0.03 bytes a fetch pass:
//     a leak of one pointer for every three hundred fetches does not;
//   - no sample may be higher than that end by more than four times as much: a sample
//     is not exact, since the keys in a full cache have different lengths;
//   - goroutines and file descriptors must be as many in every sample as at that end.
//
// A heap that shrinks is fine. Of a soak that is too short to be warm, the heap is not
// judged.
const (
	warmUpShare = 0.1
	leastWarmUp = 500_000
	flatBytes   = 256 << 10
	flatShare   = 0.02
	peakTimes   = 4
)

// A result is a soak that is over.
type result struct {
	cfg         config
	start       time.Time
	took        time.Duration
	samples     []sample
	tallies     tallies
	sessions    *sessions
	environment environment
	interrupted bool

	findings []finding
}

// A finding is one thing that was judged.
type finding struct {
	what string
	ok   bool
	text string
}

func (r *result) find(what string, ok bool, format string, args ...any) {
	r.findings = append(r.findings, finding{what, ok, fmt.Sprintf(format, args...)})
}

// ok reports whether everything was as it should be.
func (r *result) ok() bool {
	for _, f := range r.findings {
		if !f.ok {
			return false
		}
	}
	return len(r.findings) > 0
}

// judge fills in the findings.
func (r *result) judge() {
	if r.interrupted {
		r.find("complete", false, "interrupted after %s", r.took.Round(time.Second))
	}
	r.judgeOutcomes()
	r.judgeBodies()
	r.judgePreflights()
	r.judgeSamples()
}

func (r *result) judgeSamples() {
	if warm := after(r.samples, r.cfg.warmUp()); len(warm) >= leastSamples {
		r.judgeHeap(warm)
	} else {
		r.find("heap", true, "not judged: caches are filling for %d fetches, and %d samples after that are too few to see a trend", leastWarmUp, len(warm))
	}
	if warm := after(r.samples, uint64(warmUpShare*float64(r.cfg.fetches))); len(warm) > 0 {
		r.judgeGoroutines(warm)
		r.judgeDescriptors(warm)
	}
}

// warmUp is how many fetches belong to warm-up.
func (c *config) warmUp() uint64 {
	return max(uint64(warmUpShare*float64(c.fetches)), leastWarmUp)
}

// leastSamples is how many samples have a trend.
const leastSamples = 5

// after returns the samples from a number of fetches on.
func after(all []sample, fetches uint64) []sample {
	for i, s := range all {
		if s.fetches >= fetches {
			return all[i:]
		}
	}
	return nil
}

func (r *result) judgeOutcomes() {
	var right, wrong uint64
	for _, where := range r.tallies {
		for _, t := range where {
			right += t.asExpected
			wrong += t.not
		}
	}
	r.find("outcomes", wrong == 0 && right > 0, "%d as expected, %d not", right, wrong)
}

func (r *result) judgeBodies() {
	r.sessions.each(func(name string, s *session) {
		a := s.account
		r.find("bodies, "+name, a.balanced(), "requests: %d opened, %d closed; responses: %d opened, %d closed",
			a.requests.opened.Load(), a.requests.closed.Load(), a.responses.opened.Load(), a.responses.closed.Load())
	})
}

// judgePreflights compares the preflights that arrived with those that had to: one
// or two for each fetch of a kind that has new keys, and for the others only until
// the cache has them.
func (r *result) judgePreflights() {
	where := 0
	r.sessions.each(func(name string, s *session) {
		var must, warm, records uint64
		for k, t := range r.tallies[where] {
			must += kinds[k].preflights * t.asExpected
			if kinds[k].warm {
				warm += t.asExpected
			}
			if kinds[k].logged {
				records += t.asExpected
			}
		}
		where++
		got := s.server.preflights.Load()
		missed := int64(got - must)
		// Each worker may find a new key missing at the same time as the others.
		allowed := max(s.warmKeys*uint64(r.cfg.workers), warm/100)
		r.find("preflights, "+name, missed >= 0 && missed <= int64(allowed),
			"%d had to be sent, %d were; %d of %d fetches with a cached preflight sent one", must, got, missed, warm)
		r.find("log records, "+name, s.log.records.Load() == records, "%d; want %d", s.log.records.Load(), records)
	})
}

func (r *result) judgeHeap(warm []sample) {
	rise := trend(warm) * float64(warm[len(warm)-1].fetches-warm[0].fetches)
	start := float64(warm[0].heap)
	peak := start
	for _, s := range warm {
		peak = max(peak, float64(s.heap))
	}
	allowed := max(flatBytes, flatShare*start)
	r.find("heap, trend", rise <= allowed, "%+.1f KiB over %d fetches by least squares, %+.4f bytes a fetch; up to %.1f KiB are flat",
		rise/1024, warm[len(warm)-1].fetches-warm[0].fetches, trend(warm), allowed/1024)
	r.find("heap, peak", peak-start <= peakTimes*allowed, "%.1f KiB above the end of warm-up, %.3f MiB; up to %.1f KiB are flat",
		(peak-start)/1024, start/(1<<20), peakTimes*allowed/1024)
}

// trend returns the slope of the straight line through the heaps of samples that
// has the least squares, in bytes a fetch.
func trend(samples []sample) float64 {
	var meanX, meanY float64
	n := float64(len(samples))
	for _, s := range samples {
		meanX += float64(s.fetches) / n
		meanY += float64(s.heap) / n
	}
	var xy, xx float64
	for _, s := range samples {
		dx := float64(s.fetches) - meanX
		xy += dx * (float64(s.heap) - meanY)
		xx += dx * dx
	}
	if xx == 0 {
		return math.NaN() // judged as a trend: nothing is flat
	}
	return xy / xx
}

func (r *result) judgeGoroutines(warm []sample) {
	low, high := extent(warm, func(s sample) int { return s.goroutines })
	r.find("goroutines", low == high, "%d to %d", low, high)
}

func (r *result) judgeDescriptors(warm []sample) {
	low, high := extent(warm, func(s sample) int { return s.descriptors })
	if low < 0 {
		r.find("file descriptors", true, "not measured: there is no /proc/self/fd")
		return
	}
	r.find("file descriptors", low == high, "%d to %d", low, high)
}

func extent(samples []sample, of func(sample) int) (low, high int) {
	low, high = math.MaxInt, math.MinInt
	for _, s := range samples {
		low, high = min(low, of(s)), max(high, of(s))
	}
	return low, high
}
