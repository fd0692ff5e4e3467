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

// A serverClock is what is known about the server's clock from its replies, in
// relation to the local one. It is safe for concurrent use.
//
// A reply with the server's time t, for a command sent at local time s and
// answered by local time r, says that the clock showed t at some moment between
// s and r. Hence it shows at least t+(x-r) and at most t+(x-s) at a later x, but
// for what the clocks drift apart.
type serverClock struct {
	now    func() time.Time
	memory time.Duration // how long a higher reading is remembered

	mu    sync.Mutex // guards the fields below
	local clock
	known bool
	time  int64         // the reading, in milliseconds since the epoch
	sent  time.Duration // local times before and after it
	recv  time.Duration

	floor    int64 // what was stored until then is not granted
	setFloor bool  // set the floor at the next reading
}

// read returns the local time.
func (c *serverClock) read() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local.advance(c.now())
}

// observe takes note of a reading from a reply to a command that was sent at
// local time sent. It returns the time by which the reply is to be judged:
// usually the reading, but if the server's clock has been set back, what it
// would have shown when the command was sent, had it not been. It also returns
// the floor: nothing that was stored then or before may be granted.
func (c *serverClock) observe(reading int64, sent, late time.Duration) (judged, floor int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.local.advance(c.now())
	judged = reading
	if c.known && now-c.recv <= c.memory {
		elapsed := max(sent-c.recv, 0)
		if least := c.time + (elapsed - elapsed/rate).Milliseconds(); least > reading {
			judged = least
		}
	}
	if judged == reading {
		c.known, c.time, c.sent, c.recv = true, reading, sent, now
	}
	if c.setFloor {
		c.setFloor = false
		c.floor = max(c.floor, c.latest(now)+late.Milliseconds())
	}
	return judged, c.floor
}

// latest returns what the server's clock shows at most at the local time now, in
// milliseconds. Precondition: a reading is known, and c.mu is held.
func (c *serverClock) latest(now time.Duration) int64 {
	elapsed := now - c.sent
	return c.time + (elapsed + elapsed/rate).Milliseconds() + 1
}

// deadline returns what the server's clock shows at most when d has passed from
// now on, and the local time. It returns 0 if it is not known well: if no reply
// has come for a minute.
func (c *serverClock) deadline(d time.Duration) (server int64, local time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.local.advance(c.now())
	if !c.known || now-c.recv > time.Minute {
		return 0, now
	}
	return c.latest(now) + d.Milliseconds(), now
}

// distrust has nothing granted that was stored until now.
func (c *serverClock) distrust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setFloor = true
}
