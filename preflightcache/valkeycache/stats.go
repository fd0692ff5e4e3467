package valkeycache

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Stats are counters since creation.
type Stats struct {
	Hits        uint64 // calls of Covers that reported true
	Misses      uint64 // calls of Covers that reported false, with an error or without
	LocalHits   uint64 // those of Hits that were answered from a local copy
	LocalMisses uint64 // those of Misses that were answered from a local copy
	Stores      uint64 // calls of Store
	Clears      uint64 // calls of Clear
	Errors      uint64 // calls that returned an error, those in Rejected included
	Rejected    uint64 // calls that failed at once since the server had failed lately

	Invalidations uint64 // notices from the server, those of lost connections included
	Connections   uint64 // sessions established, the first one included

	Latency Latency // of the operations that were not local
}

// numBuckets is how many buckets a Latency has.
const numBuckets = 24

// Latency is how long operations took that were not local, failed ones included
// but not those in Rejected. A session that has to be established first counts.
type Latency struct {
	Count uint64
	Total time.Duration // of all
	Max   time.Duration

	// Buckets[i] counts operations that took less than 2^i microseconds, and
	// not less than half of that unless i is 0. The last one has all longer
	// ones, too.
	Buckets [numBuckets]uint64
}

// Stats returns a snapshot. Operations that run at the same time may be counted
// in one field and not yet in another.
func (c *Cache) Stats() Stats {
	hits, misses := c.local.stats()
	return Stats{
		Hits:        c.hits.Load() + hits,
		Misses:      c.misses.Load() + misses,
		LocalHits:   hits,
		LocalMisses: misses,
		Stores:      c.stores.Load(),
		Clears:      c.clears.Load(),
		Errors:      c.errors.Load(),
		Rejected:    c.rejected.Load(),

		Invalidations: c.invalidations.Load(),
		Connections:   c.connections.Load(),
		Latency:       c.latency.load(),
	}
}

// A histogram is a Latency that can be added to concurrently.
type histogram struct {
	total, max atomic.Int64
	buckets    [numBuckets]atomic.Uint64
}

func (h *histogram) add(d time.Duration) {
	h.total.Add(int64(d))
	for {
		m := h.max.Load()
		if int64(d) <= m || h.max.CompareAndSwap(m, int64(d)) {
			break
		}
	}
	h.buckets[min(bits.Len64(uint64(d.Microseconds())), numBuckets-1)].Add(1)
}

func (h *histogram) load() Latency {
	l := Latency{Total: time.Duration(h.total.Load()), Max: time.Duration(h.max.Load())}
	for i := range h.buckets {
		l.Buckets[i] = h.buckets[i].Load()
		l.Count += l.Buckets[i]
	}
	return l
}
