package preflightcache

import (
	"math/bits"
	"sync/atomic"
)

// A table is a hash table of records by their hash. Any number of goroutines may
// look records up without a lock, while one at a time, with Memory.mu held,
// modifies the table.
//
// It grows by linear hashing: one bucket at a time is split in two, so that no
// operation takes longer because the table is large. Buckets are allocated in
// segments, of 1, 1, 2, 4 and so on up to segmentLen buckets, and are never
// moved. The zero table is not valid; see init.
type table struct {
	dir atomic.Pointer[[][]bucket] // the segments
	n   atomic.Uint64              // buckets in use: dir has at least as many
}

// segmentLen is the number of buckets in all but the first segments: 128 KiB, so
// that it takes microseconds to clear them, and few segments to have many.
const segmentLen = 1 << 11

// bucketSlots is the number of records in a bucket, and fill how many there are
// on average before the table grows: few enough that most buckets do not need
// another, although half of the buckets are as yet unsplit and have twice as
// many records as the others.
const (
	bucketSlots = 6
	fill        = 3.5
)

// A bucket is a line of the processor's cache. Each byte of tags is a part of
// the hash of the record in the slot of that number, or zero if it has none.
type bucket struct {
	tags  atomic.Uint64
	slots [bucketSlots]atomic.Pointer[record]
	next  atomic.Pointer[bucket] // more of the same, where there was no room
}

// lowBits has the lowest bit of every slot's tag set.
const lowBits = 0x01_01_01_01_01_01

func (t *table) init() {
	dir := [][]bucket{make([]bucket, 1)}
	t.dir.Store(&dir)
	t.n.Store(1)
}

// place returns the number of the bucket, of n, for records with the hash h.
func place(h, n uint64) uint64 {
	mask := uint64(1)<<bits.Len64(n-1) - 1
	if i := h & mask; i < n {
		return i
	}
	return h & (mask >> 1) // that one is yet to be split
}

// tag returns the tag of records with the hash h. It is made of other bits than
// those that place uses.
func tag(h uint64) uint64 { return max(h>>56, 1) }

// bucket returns the bucket of the given number.
func (t *table) bucket(i uint64) *bucket {
	segment, offset := segmentOf(i)
	return &(*t.dir.Load())[segment][offset]
}

func segmentOf(i uint64) (segment int, offset uint64) {
	if i < segmentLen {
		n := bits.Len64(i)
		return n, i - 1<<n>>1
	}
	return bits.Len64(segmentLen-1) + int(i/segmentLen), i % segmentLen
}

// matches returns a word that has the highest bit of those bytes set that are
// the tags in tags that equal tag, and maybe of others.
func matches(tags, tag uint64) uint64 {
	x := tags ^ tag*lowBits
	return (x - lowBits) &^ x & (lowBits << 7)
}

// slotOf returns the number of the first slot that the result of matches has.
func slotOf(m uint64) int { return bits.TrailingZeros64(m) / 8 }

// find returns the record of k, which has the hash h, or nil.
func (t *table) find(h uint64, k *Key) *record { return t.findSince(t.n.Load(), h, k) }

// findSince is find by one who has read that there are n buckets. Meanwhile there
// may be more.
func (t *table) findSince(n, h uint64, k *Key) *record {
	for {
		i := place(h, n)
		for b := t.bucket(i); b != nil; b = b.next.Load() {
			for m := matches(b.tags.Load(), tag(h)); m != 0; m &= m - 1 {
				// The slot may have been emptied, or filled again, meanwhile.
				if r := b.slots[slotOf(m)].Load(); r != nil && r.is(k) {
					return r
				}
			}
		}
		// If the bucket was split, the record may have left it before it was
		// looked for, but then it was in the new one before.
		last := n
		if n = t.n.Load(); n == last || place(h, n) == i {
			return nil
		}
	}
}

// slot returns where r is, or a nil bucket if it is not in t.
func (t *table) slot(r *record) (b *bucket, slot int) {
	for b = t.bucket(place(r.hash, t.n.Load())); b != nil; b = b.next.Load() {
		for m := matches(b.tags.Load(), tag(r.hash)); m != 0; m &= m - 1 {
			if i := slotOf(m); b.slots[i].Load() == r {
				return b, i
			}
		}
	}
	return nil, 0
}

// insert adds r as the n-th record. There must be none of the same key.
func (t *table) insert(r *record, n int) {
	t.bucket(place(r.hash, t.n.Load())).insert(r)
	if float64(n) > fill*float64(t.n.Load()) {
		t.split()
	}
}

// replace puts r in the place of old, which has the same hash.
func (t *table) replace(old, r *record) {
	b, i := t.slot(old)
	b.slots[i].Store(r)
}

// remove removes r.
func (t *table) remove(r *record) {
	t.bucket(place(r.hash, t.n.Load())).remove(r)
}

// split splits the next bucket.
func (t *table) split() {
	n := t.n.Load()
	dir := *t.dir.Load()
	if segment, _ := segmentOf(n); segment == len(dir) {
		// Readers of the old slice do not see the element that is added.
		dir = append(dir, make([]bucket, min(n, segmentLen)))
		t.dir.Store(&dir)
	}
	half := uint64(1) << (bits.Len64(n) - 1) // what n was when this round began
	from, to := t.bucket(n-half), t.bucket(n)
	moved := func(r *record) bool { return r.hash&half != 0 }
	for r := range from.records {
		if moved(r) {
			to.insert(r)
		}
	}
	t.n.Store(n + 1)
	for r := range from.records {
		if moved(r) {
			from.remove(r)
		}
	}
}

// records calls yield with the records of b and of its continuations. yield may
// remove the record.
func (b *bucket) records(yield func(*record) bool) {
	for ; b != nil; b = b.next.Load() {
		for i := range b.slots {
			if r := b.slots[i].Load(); r != nil && !yield(r) {
				return
			}
		}
	}
}

// insert adds r to b or to a continuation of it.
func (b *bucket) insert(r *record) {
	for {
		tags := b.tags.Load()
		if m := matches(tags, 0); m != 0 {
			i := slotOf(m)
			b.slots[i].Store(r)
			b.tags.Store(tags | tag(r.hash)<<(8*i))
			return
		}
		if b.next.Load() == nil {
			next := new(bucket)
			next.insert(r)
			b.next.Store(next)
			return
		}
		b = b.next.Load()
	}
}

// remove removes r from b or from a continuation of it, and the continuation if
// nothing is left of it.
func (b *bucket) remove(r *record) {
	for prev := (*bucket)(nil); b != nil; prev, b = b, b.next.Load() {
		for i := range b.slots {
			if b.slots[i].Load() != r {
				continue
			}
			b.tags.Store(b.tags.Load() &^ (0xFF << (8 * i)))
			b.slots[i].Store(nil)
			if prev != nil && b.tags.Load() == 0 {
				prev.next.Store(b.next.Load())
			}
			return
		}
	}
}
