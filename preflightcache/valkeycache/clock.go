package valkeycache

import (
	"sync"
	"time"
)

// maxDrift is how far the wall clock may move against the monotonic one from
// one reading to the next before it counts as a jump.
const maxDrift = time.Second

// A clock turns readings of the local time into a time that only moves forward,
// by at least as much as either the monotonic or the wall clock says: a wall
// clock that was set back must not prolong anything, and a monotonic clock that
// stood still while the machine slept must not either. It is what
// preflightcache.Memory has.
type clock struct {
	base time.Time     // the first reading
	now  time.Duration // the time at the last reading
	skew time.Duration // by how much the wall clock had moved more, then
	lead time.Duration // sum of the wall clock's jumps forward
}

// advance takes a reading and returns the time.
func (c *clock) advance(t time.Time) time.Duration {
	if c.base.IsZero() {
		c.base = t
	}
	return c.step(t.Sub(c.base), t.Round(0).Sub(c.base.Round(0)))
}

// step is advance for the time since the first reading by either clock.
func (c *clock) step(mono, wall time.Duration) time.Duration {
	skew := wall - mono
	if jump := skew - c.skew; jump > maxDrift {
		c.lead += jump
	}
	c.skew = skew
	// Readings are taken outside of locks, so they may come out of order.
	c.now = max(c.now, mono+c.lead)
	return c.now
}

// rate is the reciprocal of how much faster or slower than the server's clock
// the local one may run. Clocks that are adjusted gently are so by 1/2000.
const rate = 1000

// A reading is what a reply has said about the server's clock: that it showed time
// at some moment between the local times sent and recv.
type reading struct {
	time       int64 // milliseconds since the epoch
	sent, recv time.Duration
}

// least returns what the server's clock shows at least at the local time x, and
// most what it shows at most, both in milliseconds, if it has not been set since.
func (r *reading) least(x time.Duration) int64 {
	elapsed := max(x-r.recv, 0)
	return r.time + (elapsed - elapsed/rate).Milliseconds()
}

func (r *reading) most(x time.Duration) int64 {
	elapsed := max(x-r.sent, 0)
	return r.time + (elapsed + elapsed/rate).Milliseconds() + 1
}

// A serverClock is what is known about the server's clock from its replies, in
// relation to the local one. It is safe for concurrent use.
type serverClock struct {
	now    func() time.Time
	memory time.Duration // how long it is remembered that the clock was set back
	late   time.Duration // how long after it failed a Store may be carried out

	mu    sync.Mutex // guards the fields below
	local clock
	known bool    // there is a reading
	last  reading // the latest one
	high  reading // the latest one that was not less than what had to be expected

	floor    int64 // what was stored until then, by the server's clock, is not granted
	setFloor bool  // set the floor at the next reading
}

// read returns the local time.
func (c *serverClock) read() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local.advance(c.now())
}

// observe takes note of the time in a reply to a command that was sent at the local
// time sent. It returns the time by which the reply is to be judged: usually
// the same, but if the server's clock has been set back, what it would have
// shown when the command was sent, had it not been. It also returns the floor:
// nothing may be granted that was stored until then.
func (c *serverClock) observe(t int64, sent time.Duration) (judged, floor int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := reading{t, sent, c.local.advance(c.now())}
	judged = t
	if c.known && r.recv-c.high.recv <= c.memory {
		judged = max(judged, c.high.least(sent))
	}
	if judged == t {
		c.high = r
	}
	if !c.known || r.recv >= c.last.recv {
		c.last = r
	}
	c.known = true
	if c.setFloor {
		c.setFloor = false
		c.floor = max(c.floor, max(c.last.most(r.recv), c.high.most(r.recv))+c.late.Milliseconds())
	}
	return judged, c.floor
}

// maxReading is for how long a reading is good enough for a deadline.
const maxReading = time.Minute

// deadline returns the time that the server's clock shows at most when d has passed
// from now on, or false if the last reading is too old.
func (c *serverClock) deadline(d time.Duration) (t int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.local.advance(c.now())
	if !c.known || now-c.last.recv > maxReading {
		return 0, false
	}
	return c.last.most(now) + d.Milliseconds(), true
}

// distrust has nothing granted that was stored until now or is stored by a command
// that is under way.
func (c *serverClock) distrust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setFloor = true
}
