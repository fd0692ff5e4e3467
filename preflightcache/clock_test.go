package preflightcache

import (
	"math"
	"testing"
	"time"
	"unsafe"
)

func TestClock(t *testing.T) {
	type reading struct {
		mono, wall time.Duration // since the first reading
		want       time.Duration
		back       bool
	}
	const s = time.Second
	tests := []struct {
		name     string
		readings []reading
	}{
		{"both advance", []reading{{0, 0, 0, false}, {s, s, s, false}, {s, s, s, false}, {9 * s, 9 * s, 9 * s, false}}},
		{"wall clock set back", []reading{{5 * s, 5 * s, 5 * s, false}, {6 * s, -3600 * s, 6 * s, false}, {60 * s, -3546 * s, 60 * s, false}}},
		{"wall clock set forward", []reading{{5 * s, 5 * s, 5 * s, false}, {6 * s, 3606 * s, 3606 * s, false}, {7 * s, 3607 * s, 3607 * s, false}}},
		{"sleep that the monotonic clock missed", []reading{{5 * s, 5 * s, 5 * s, false}, {5 * s, 8*3600*s + 5*s, 8*3600*s + 5*s, false}}},
		{"two sleeps", []reading{{0, 0, 0, false}, {s, 101 * s, 101 * s, false}, {2 * s, 202 * s, 202 * s, false}}},
		{"sleep after the wall clock was set back", []reading{{s, -3600 * s, s, false}, {2 * s, -3599 * s, 2 * s, false}, {3 * s, -3498 * s, 103 * s, false}}},
		{"drift does not add up", []reading{
			{1 * s, 1*s + 5e8, 1 * s, false},
			{2 * s, 2*s + 1e9, 2 * s, false},
			{3 * s, 3*s + 1e9 + 5e8, 3 * s, false},
			{4 * s, 4 * s, 4 * s, false},
			{5 * s, 5*s + 5e8, 5 * s, false},
		}},
		{"time source without monotonic clock set back", []reading{{9 * s, 9 * s, 9 * s, false}, {8 * s, 8 * s, 8 * s, true}, {9 * s, 9 * s, 9 * s, false}}},
		{"before the first reading", []reading{{-s, -s, -s, true}, {0, 0, 0, false}}},
		{"sum of jumps overflows", []reading{
			{0, math.MaxInt64, math.MaxInt64, false},
			{0, 0, math.MaxInt64, false},
			{0, math.MaxInt64, -2, true},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c clock
			for i, r := range tt.readings {
				if ok := c.step(r.mono, r.wall); c.now != r.want || ok == r.back {
					t.Errorf("reading %d: now = %v, back %t; want %v, %t", i, c.now, !ok, r.want, r.back)
				}
			}
		})
	}
}

// TestClockReadings checks what advance makes of a time.Time.
func TestClockReadings(t *testing.T) {
	for _, base := range []time.Time{time.Now(), time.Now().Round(0), {}} {
		var c clock
		for _, d := range []time.Duration{0, time.Second, time.Hour} {
			if !c.advance(base.Add(d)) || c.now != d {
				t.Errorf("base %v: after %v, now = %v", base, d, c.now)
			}
		}
		if c.advance(base.Add(time.Minute)) {
			t.Errorf("base %v: going back is not noticed", base)
		}
	}
	// A machine that slept for an hour while its monotonic clock stood still.
	slept := time.Now()
	c := clock{started: true, base: slept}
	(*[2]int64)(unsafe.Pointer(&slept))[1] -= int64(time.Hour)
	slept = slept.Add(time.Hour)
	if slept.Sub(c.base) != 0 || slept.Round(0).Sub(c.base.Round(0)) != time.Hour {
		t.Fatal("the layout of time.Time has changed")
	}
	if !c.advance(slept) || c.now != time.Hour {
		t.Errorf("after a sleep: now = %v; want 1h", c.now)
	}

	// A reading without monotonic clock after one with.
	now := time.Now()
	c = clock{started: true, base: now}
	if !c.advance(now.Add(time.Second).Round(0)) || c.now != time.Second {
		t.Errorf("after losing the monotonic reading: now = %v; want 1s", c.now)
	}
}

// at returns a reading of two clocks that have gone on by mono and wall since
// base.
func at(base time.Time, mono, wall time.Duration) time.Time {
	(*[2]int64)(unsafe.Pointer(&base))[1] += int64(mono - wall)
	return base.Add(wall)
}

// TestSharedClock takes readings without a lock.
func TestSharedClock(t *testing.T) {
	type reading struct{ mono, wall, want time.Duration }
	const s = time.Second
	tests := []struct {
		name     string
		readings []reading
	}{
		{"both advance", []reading{{0, 0, 0}, {s, s, s}, {s, s, s}, {9 * s, 9 * s, 9 * s}}},
		{"wall clock set back", []reading{{5 * s, 5 * s, 5 * s}, {6 * s, -3600 * s, 6 * s}, {60 * s, -3546 * s, 60 * s}}},
		{"wall clock set forward", []reading{{5 * s, 5 * s, 5 * s}, {6 * s, 3606 * s, 3606 * s}, {7 * s, 3607 * s, 3607 * s}}},
		{"sleep that the monotonic clock missed", []reading{{5 * s, 5 * s, 5 * s}, {5 * s, 3605 * s, 3605 * s}, {5*s + 1, 3605*s + 1, 3605*s + 1}}},
		{"two sleeps", []reading{{0, 0, 0}, {s, 101 * s, 101 * s}, {2 * s, 202 * s, 202 * s}}},
		{"sleep after the wall clock was set back", []reading{{s, -3600 * s, s}, {2 * s, -3599 * s, 2 * s}, {3 * s, -3498 * s, 103 * s}}},
		{"drift does not add up", []reading{
			{1 * s, 1*s + 5e8, 1 * s}, {2 * s, 2*s + 1e9, 2 * s}, {3 * s, 3*s + 15e8, 3 * s}, {4 * s, 4 * s, 4 * s},
		}},
		{"sleep after drift too small to be noted", []reading{
			{1 * s, 1*s + 1e6, 1 * s}, {2 * s, 2*s + 1e6, 2 * s}, {3 * s, 103*s + 1e6, 103*s + 1e6},
		}},
		// Two goroutines read the clocks, one before the machine slept or the
		// clock was set, and the cache gets their readings in the other order.
		{"late from before a sleep", []reading{{s, s, s}, {3 * s, 103 * s, 103 * s}, {2 * s, 2 * s, 102 * s}, {4 * s, 104 * s, 104 * s}}},
		{"late from before setting back", []reading{{s, s, s}, {3 * s, -97 * s, 3 * s}, {2 * s, 2 * s, 2 * s}, {4 * s, -96 * s, 4 * s}, {5 * s, 5 * s, 105 * s}}},
		{"late, nothing else", []reading{{s, s, s}, {3 * s, 3 * s, 3 * s}, {2 * s, 2 * s, 2 * s}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c clock
			base := time.Now()
			if now, ok := c.shared(base); now != 0 || !ok {
				t.Fatalf("at first, now = %v, %t", now, ok)
			}
			for i, r := range tt.readings {
				if now, ok := c.shared(at(base, r.mono, r.wall)); now != r.want || !ok {
					t.Errorf("reading %d: now = %v, %t; want %v, true", i, now, ok, r.want)
				}
			}
		})
	}
}

// TestSharedClockOverflow jumps so far forward that the sum overflows, which has
// to be reported wherever it is found.
func TestSharedClockOverflow(t *testing.T) {
	base := time.Now()
	var c clock
	c.shared(base)
	c.lead = math.MaxInt64 - 5*time.Second // as after 290 years of jumps
	c.advance(base)
	c.view.Store(&clockView{c.base, c.base.UnixNano(), c.now, c.skew, c.lead})
	if now, ok := c.shared(base.Add(time.Second)); now != math.MaxInt64-4*time.Second || !ok {
		t.Errorf("now = %v, %t", now, ok)
	}
	now, ok := c.shared(base.Add(6 * time.Second))
	if ok || now > 0 {
		t.Errorf("after the overflow: now = %v, %t; want false", now, ok)
	}
	if next, ok := c.shared(base.Add(7 * time.Second)); !ok || next != now+time.Second {
		t.Errorf("then: now = %v, %t; want %v, true", next, ok, now+time.Second)
	}
}
