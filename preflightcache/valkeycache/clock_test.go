package valkeycache

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	type step struct {
		mono, wall time.Duration // since the first reading
		want       time.Duration
	}
	const s = time.Second
	tests := []struct {
		name  string
		steps []step
	}{
		{"both advance", []step{{0, 0, 0}, {s, s, s}, {s, s, s}, {9 * s, 9 * s, 9 * s}}},
		{"wall clock set back", []step{{5 * s, 5 * s, 5 * s}, {6 * s, -3600 * s, 6 * s}, {60 * s, -3546 * s, 60 * s}}},
		{"wall clock set forward", []step{{5 * s, 5 * s, 5 * s}, {6 * s, 3606 * s, 3606 * s}, {7 * s, 3607 * s, 3607 * s}}},
		{"sleep that the monotonic clock missed", []step{{5 * s, 5 * s, 5 * s}, {5 * s, 28805 * s, 28805 * s}}},
		{"sleep after the wall clock was set back", []step{{s, -3600 * s, s}, {2 * s, -3599 * s, 2 * s}, {3 * s, -3498 * s, 103 * s}}},
		{"drift does not add up", []step{{1 * s, 1*s + 5e8, 1 * s}, {2 * s, 2*s + 1e9, 2 * s}, {3 * s, 3*s + 15e8, 3 * s}, {4 * s, 4 * s, 4 * s}}},
		{"readings out of order", []step{{5 * s, 5 * s, 5 * s}, {4 * s, 4 * s, 5 * s}, {6 * s, 6 * s, 6 * s}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c clock
			for i, st := range tt.steps {
				if got := c.step(st.mono, st.wall); got != st.want {
					t.Errorf("reading %d: %v; want %v", i, got, st.want)
				}
			}
		})
	}
	base := time.Now()
	var c clock
	for _, d := range []time.Duration{0, time.Second, time.Hour} {
		if got := c.advance(base.Add(d)); got != d {
			t.Errorf("after %v: %v", d, got)
		}
	}
}

// A fakeServerClock is a serverClock with a local clock that the test moves.
type fakeServerClock struct {
	serverClock
	time time.Time
}

func newFakeServerClock() *fakeServerClock {
	c := &fakeServerClock{time: time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)}
	c.serverClock = serverClock{now: func() time.Time { return c.time }, memory: time.Hour, late: time.Second}
	c.read()
	return c
}

// exchange has a reply that took d say that the time is t.
func (c *fakeServerClock) exchange(t int64, d time.Duration) (judged, floor int64) {
	sent := c.read()
	c.time = c.time.Add(d)
	return c.observe(t, sent)
}

// TestServerClock checks by which time replies are judged. The server's time is in
// milliseconds, and the wanted values follow from the documentation of
// reading.least: what was shown, plus what has passed since the reply came, less a
// thousandth.
func TestServerClock(t *testing.T) {
	const s = time.Second
	type reply struct {
		pause time.Duration // before the command
		time  int64
		took  time.Duration
		want  int64
	}
	tests := []struct {
		name    string
		replies []reply
	}{
		{"the first one", []reply{{0, 1000, s, 1000}}},
		{"the clocks agree", []reply{{0, 1000, 0, 1000}, {10 * s, 11_000, 0, 11_000}, {10 * s, 21_000, s, 21_000}}},
		{"the server's is slower, a little", []reply{{0, 1000, 0, 1000}, {1000 * s, 1000_500, 0, 1000_500}}},
		{"the server's is faster", []reply{{0, 1000, 0, 1000}, {1000 * s, 1002_000, 0, 1002_000}}},
		{"it was set forward", []reply{{0, 1000, 0, 1000}, {s, 3600_000, 0, 3600_000}, {s, 3601_000, 0, 3601_000}}},
		{"it was set back", []reply{{0, 3600_000, 0, 3600_000}, {10 * s, 10_000, 0, 3609_990}, {10 * s, 20_000, 0, 3619_980}}},
		{"it was set back and forward again", []reply{{0, 3600_000, 0, 3600_000}, {10 * s, 10_000, 0, 3609_990}, {10 * s, 3620_000, 0, 3620_000}, {s, 3621_000, 0, 3621_000}}},
		{"the reply took its time, and perhaps all before the server's reading", []reply{{0, 10_000, 5 * s, 10_000}, {0, 10_000, 0, 10_000}, {s, 11_000, 0, 11_000}}},
		{"it was set back, and that is long ago", []reply{{0, 3600_000, 0, 3600_000}, {time.Hour + s, 10_000, 0, 10_000}, {s, 11_000, 0, 11_000}}},
		{"it was set back, and just not long ago", []reply{{0, 3600_000, 0, 3600_000}, {time.Hour, 10_000, 0, 3600_000 + 3600_000 - 3600}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newFakeServerClock()
			for i, r := range tt.replies {
				c.time = c.time.Add(r.pause)
				if got, _ := c.exchange(r.time, r.took); got != r.want {
					t.Errorf("reply %d: judged by %d; want %d", i, got, r.want)
				}
			}
		})
	}
}

// TestServerClockOrder checks that replies that overtake each other do not look like
// a clock that was set back by more than they took.
func TestServerClockOrder(t *testing.T) {
	c := newFakeServerClock()
	first := c.read()
	c.time = c.time.Add(100 * time.Millisecond)
	second := c.read()
	c.time = c.time.Add(100 * time.Millisecond)
	if got, _ := c.observe(10_150, second); got != 10_150 {
		t.Errorf("the second is judged by %d; want 10150", got)
	}
	if got, _ := c.observe(10_050, first); got != 10_150 {
		t.Errorf("the first is judged by %d; want 10150, which has been shown already", got)
	}
}

// TestDeadline checks that deadlines are what the server's clock shows at most, and
// that there are none without a recent reading.
func TestDeadline(t *testing.T) {
	c := newFakeServerClock()
	if _, ok := c.deadline(time.Second); ok {
		t.Error("there is a deadline without a reading")
	}
	c.exchange(1000, 100*time.Millisecond)
	// At most 1000 + 100 ms for the reply, and a millisecond for rounding.
	if got, ok := c.deadline(time.Second); !ok || got != 2101 {
		t.Errorf("deadline %d, %t; want 2101", got, ok)
	}
	c.time = c.time.Add(10 * time.Second)
	if got, ok := c.deadline(time.Second); !ok || got != 2101+10_010 {
		t.Errorf("after 10s: deadline %d, %t; want %d", got, ok, 2101+10_010)
	}
	c.time = c.time.Add(50*time.Second + 1)
	if _, ok := c.deadline(time.Second); ok {
		t.Error("there is a deadline after a minute")
	}
	// A clock that was set back is the one that deadlines are for.
	c.exchange(500, 0)
	if got, ok := c.deadline(0); !ok || got != 501 {
		t.Errorf("set back: deadline %d, %t; want 501", got, ok)
	}
}

// TestFloor checks that distrust has nothing granted that was stored until the next
// reply came, or shortly after.
func TestFloor(t *testing.T) {
	c := newFakeServerClock()
	if _, floor := c.exchange(1000, 0); floor != 0 {
		t.Errorf("floor %d; want none", floor)
	}
	c.distrust()
	c.time = c.time.Add(time.Second)
	if _, floor := c.exchange(2000, 100*time.Millisecond); floor != 3101 {
		t.Errorf("floor %d; want 2000 and the 100ms of the reply, one for rounding, and a second", floor)
	}
	if _, floor := c.exchange(2200, 0); floor != 3101 {
		t.Errorf("floor %d; want the same", floor)
	}
	c.distrust()
	if _, floor := c.exchange(1, 0); floor < 3201 {
		t.Errorf("floor %d after the clock was set back; want one that no value is above from before", floor)
	}
	fresh := newFakeServerClock()
	fresh.distrust()
	if _, floor := fresh.exchange(1000, 0); floor != 2001 {
		t.Errorf("floor %d; want 2001", floor)
	}
}

// TestReadingBounds checks that the bounds of a reading include the true time,
// whatever the clocks do that they are assumed to do.
func TestReadingBounds(t *testing.T) {
	for _, speed := range []float64{1 - 0.0009, 1, 1 + 0.0009} { // of the server's clock
		for _, when := range []time.Duration{0, 50, 100} { // ms after sending, the server reads it
			r := reading{time: 1_000_000, sent: time.Second, recv: time.Second + 100*time.Millisecond}
			for _, x := range []time.Duration{r.recv, 2 * time.Second, time.Minute, time.Hour} {
				passed := x - (r.sent + when*time.Millisecond)
				shown := 1_000_000 + float64(passed.Milliseconds())*speed
				if least, most := float64(r.least(x)), float64(r.most(x)); shown < least-1 || shown > most+1 {
					t.Errorf("speed %v, read %d ms after sending: at %v, %v is not in [%v, %v]", speed, when, x, shown, least, most)
				}
			}
		}
	}
}
