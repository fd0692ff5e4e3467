package valkeycache

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxFailures is how many failures in a row open a breaker.
const maxFailures = 3

// A breaker keeps operations from being tried while they are bound to fail. It
// is closed at first. Failures in a row open it: nothing is let through for the
// time of cooldown, and then one probe at a time, each followed by another
// cooldown, until one succeeds. So does any other success, of an operation that
// was under way. It is safe for concurrent use.
type breaker struct {
	now      func() time.Time
	cooldown time.Duration

	open atomic.Bool // written with mu held

	mu      sync.Mutex // guards the fields below
	fails   int        // in a row, while closed
	retry   time.Time  // when the next probe may start
	probing bool
}

// allow reports whether an operation may be tried, and whether it is a probe.
// If so, done has to be called after it.
func (b *breaker) allow() (ok, probe bool) {
	if !b.open.Load() {
		return true, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.open.Load():
		return true, false
	case b.probing || b.now().Before(b.retry):
		return false, false
	}
	b.probing = true
	return true, true
}

// An outcome is what an operation says about the server.
type outcome uint8

const (
	neutral outcome = iota // nothing: the caller gave up first
	success
	failure
)

// done records the outcome of an operation that was allowed. It reports whether
// that opened the breaker, or kept it open.
func (b *breaker) done(o outcome, probe bool) (opened bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
	}
	switch {
	case o == success:
		b.fails = 0
		b.open.Store(false)
	case o == failure && (probe || !b.open.Load()):
		if b.fails++; probe || b.fails >= maxFailures {
			b.retry = b.now().Add(b.cooldown)
			b.open.Store(true)
			return true
		}
	}
	return false
}
