package preflightcache

import (
	"sync/atomic"
	"unsafe"
)

// numStripes is how many counters take turns.
const numStripes = 32

// A counter counts how often Covers reports true and false. It is split, lest
// the processors pass one line of memory around with every call.
type counter struct {
	stripes [numStripes]stripe
}

type stripe struct {
	hits, misses atomic.Uint64
	_            [48]byte
}

// count counts a call that reports ok.
func (c *counter) count(ok bool) {
	// What runs at the same time are goroutines, and each has its own stack: the
	// address of something on it chooses the stripe. Which one it is affects
	// nothing but speed.
	var here byte
	const multiplier = 0x9E37_79B9 // 2^32 divided by the golden ratio
	h := uint32(uintptr(unsafe.Pointer(&here))>>8) * multiplier
	s := &c.stripes[h>>27]
	if ok {
		s.hits.Add(1)
	} else {
		s.misses.Add(1)
	}
}

// sum returns the counts.
func (c *counter) sum() (hits, misses uint64) {
	for i := range c.stripes {
		hits += c.stripes[i].hits.Load()
		misses += c.stripes[i].misses.Load()
	}
	return hits, misses
}
