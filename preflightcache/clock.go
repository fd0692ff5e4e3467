package preflightcache

import "time"

// maxDrift is how far the wall clock may move against the monotonic one from
// one reading to the next before it counts as a jump.
const maxDrift = time.Second

// A clock turns readings of a time source into a time that only moves forward,
// by at least as much as either the monotonic or the wall clock says: a wall
// clock that was set back must not prolong a grant, and a monotonic clock that
// stood still while the machine slept must not either.
type clock struct {
	started bool
	base    time.Time     // the first reading
	now     time.Duration // the cache's time at the last reading
	skew    time.Duration // by how much the wall clock had moved more, then
	lead    time.Duration // sum of the wall clock's jumps forward
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
	last := c.now
	c.now = mono + c.lead
	return c.now >= last
}
