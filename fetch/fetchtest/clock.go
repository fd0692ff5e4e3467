package fetchtest

import (
	"sync"
	"time"
)

// A Clock is simulated time. It stands still until [Clock.Advance] moves it. The
// zero Clock is ready to use and begins with the time of its first use, by
// time.Now. It is safe for concurrent use and must not be copied after first use.
//
// In a bubble of testing/synctest, time is simulated already: there a [Browser]
// needs no Clock, and time.Sleep is what moves its time.
type Clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

// Now returns the simulated time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

// Advance moves the clock forward by d. It panics if d is negative: cookies and
// grants that have expired do not come back.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic("fetchtest: Clock.Advance by a negative duration")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.read().Add(d)
}

// read returns the time. The mutex must be held.
func (c *Clock) read() time.Time {
	if c.now.IsZero() {
		// Without the monotonic reading: real time that passes is not simulated
		// time that passes.
		c.now = time.Now().Round(0)
	}
	return c.now
}
