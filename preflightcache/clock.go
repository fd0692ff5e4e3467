package preflightcache

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxDrift is how far the wall clock may move against the monotonic one from
// one reading to the next before it counts as a jump.
const maxDrift = time.Second

// maxSlack is how far the wall clock may have moved against the monotonic one
// since a reading was taken into account without the next one being as well. It
// is far less than maxDrift, and more than what lies between reading the one
// clock and the other.
const maxSlack = time.Millisecond

// A clock turns readings of a time source into a time that only moves forward,
// by at least as much as either the monotonic or the wall clock says: a wall
// clock that was set back must not prolong a grant, and a monotonic clock that
// stood still while the machine slept must not either.
//
// Therefore both have to be read every time. If the wall clock were only looked
// at when the monotonic one had advanced far enough, the first questions after a
// sleep would be answered as of before.
type clock struct {
	view atomic.Pointer[clockView] // what read needs of the fields below

	mu      sync.Mutex // guards the fields below
	started bool
	base    time.Time     // the first reading
	mono    time.Duration // the monotonic clock at the last reading, since base
	now     time.Duration // the cache's time at the last reading
	skew    time.Duration // by how much the wall clock had moved more, then
	lead    time.Duration // sum of the wall clock's jumps forward
}

// A clockView is a state of a clock. It is not modified.
type clockView struct {
	base            time.Time
	wall            int64 // base.UnixNano()
	now, skew, lead time.Duration
}

// advance takes a reading. It reports false if all time that has passed since
// the last one is unknown, because t, having no monotonic reading, lies before
// it: whatever was to expire must be taken as expired.
func (c *clock) advance(t time.Time) bool {
	if !c.started {
		c.started, c.base = true, t
	}
	return c.step(t.Sub(c.base), t.Round(0).Sub(c.base.Round(0)))
}

// step is advance for the time since the first reading by either clock.
func (c *clock) step(mono, wall time.Duration) bool {
	skew := wall - mono
	if jump := skew - c.skew; jump > maxDrift {
		c.lead += jump
	}
	c.skew = skew
	c.mono = mono
	last := c.now
	c.now = mono + c.lead
	return c.now >= last
}

// serial returns the time at the reading t, which was taken after those of all
// calls before. It reports what advance does.
func (c *clock) serial(t time.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ok := c.advance(t)
	return c.now, ok
}

// shared is serial for readings with a monotonic part, which are taken without a
// lock and may therefore arrive in another order. It takes none either, unless
// the wall clock has moved against the monotonic one.
func (c *clock) shared(t time.Time) (time.Duration, bool) {
	if v := c.view.Load(); v != nil {
		mono := t.Sub(v.base)
		drift := time.Duration(t.UnixNano()-v.wall) - mono - v.skew
		// Not if the sum has overflowed; advance finds out.
		if now := mono + v.lead; -maxSlack <= drift && drift <= maxSlack && now >= v.now {
			return now, true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if mono := t.Sub(c.base); c.started && mono < c.mono {
		// Late. What the wall clock said then is no news, and would look as if
		// it had been set back meanwhile.
		return mono + c.lead, true
	}
	ok := c.advance(t)
	c.view.Store(&clockView{c.base, c.base.UnixNano(), c.now, c.skew, c.lead})
	return c.now, ok
}
