package valkeycache

import (
	"sync"
	"time"
)

const (
	// maxPending is how many keys are remembered that have to be cleared.
	maxPending = 4096

	// maxRiders is how many of them are cleared along with another command.
	maxRiders = 32
)

// A pending is a queue of records of keys that are denied, so that they can be
// cleared once the server answers again. It is safe for concurrent use. Its lock
// may be taken while that of a shard is held, but not the other way round.
type pending struct {
	mu    sync.Mutex
	queue []*record
	total int // records in the queue and those taken from it that are not done
}

// push adds a record. It reports false if there are too many.
func (p *pending) push(r *record) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total >= maxPending {
		return false
	}
	p.total++
	p.queue = append(p.queue, r)
	return true
}

// take removes up to n records.
func (p *pending) take(n int) []*record {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = min(n, len(p.queue))
	if n == 0 {
		return nil
	}
	taken := append([]*record(nil), p.queue[:n]...)
	if p.queue = p.queue[n:]; len(p.queue) == 0 {
		p.queue = nil
	}
	return taken
}

// back returns a record to the queue.
func (p *pending) back(r *record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, r)
}

func (p *pending) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total--
}

// riders returns commands to clear keys that are denied, some of those that can be
// cleared by now but not own. Each has to be ended by endRider.
func (l *local) riders(own *record) []*command {
	taken := l.pending.take(maxRiders)
	if len(taken) == 0 {
		return nil
	}
	now := l.now()
	riders := make([]*command, 0, len(taken))
	for _, r := range taken {
		if c := l.rider(r, own, now); c != nil {
			riders = append(riders, c)
		}
	}
	return riders
}

// rider begins the Clear of r, if there is any use in it, and otherwise returns r
// to the queue or leaves it out.
func (l *local) rider(r, own *record, now time.Time) *command {
	s := r.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.clock.advance(now)
	switch {
	case !r.denied:
		r.queued = false
		l.pending.done()
		l.release(r)
		return nil
	case r == own || t < r.notBefore:
		l.pending.back(r)
		return nil
	}
	r.users++
	return &command{
		r: r, write: true, gen: r.gen, sent: t, denied: true, denials: r.denials,
	}
}

// endRider ends the Clear of a key that was denied.
func (l *local) endRider(c *command, carriedOut bool) {
	s := c.r.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	if carriedOut {
		l.allow(c)
		s.change(c.r)
	}
	if c.r.denied {
		l.pending.back(c.r)
	} else {
		c.r.queued = false
		l.pending.done()
	}
	l.end(c)
}
