package preflightcache

import (
	"cmp"
	"slices"
	"sync/atomic"
	"unsafe"
)

// window is how many records, or partitions, are compared to find the one that
// was least recently used. Up to that many are in exact order.
const window = 16

// A partition holds the records of one network partition key.
type partition struct {
	name    string
	cleared atomic.Bool  // its records do not count any more
	used    atomic.Int64 // stamp of the last use of a record that was noted

	// The fields below are guarded by Memory.mu.
	keys           int
	bytes          int64
	oldest, newest *record // the ends of the list of records, by record.placed
	places         [numRankings]rankingPlace
	doomed         link[partition] // in index.doomed if cleared
}

// partitionSize is what a partition takes without its name, the entry of the map
// that it is found by included.
const partitionSize = int64(unsafe.Sizeof(partition{})) + 56

// size returns how much memory p takes, without its records.
func (p *partition) size() int64 { return partitionSize + int64(len(p.name)) }

// push makes r, which is in no list, the newest record of p.
func (p *partition) push(r *record, stamp int64) {
	r.placed = stamp
	r.older, r.newer = p.newest, nil
	if p.newest == nil {
		p.oldest = r
	} else {
		p.newest.newer = r
	}
	p.newest = r
}

// unlink takes r out of p's list.
func (p *partition) unlink(r *record) {
	if r.older == nil {
		p.oldest = r.newer
	} else {
		r.older.newer = r.newer
	}
	if r.newer == nil {
		p.newest = r.older
	} else {
		r.newer.older = r.older
	}
	r.older, r.newer = nil, nil
}

// leastRecent returns the least recently used of the window's records that have
// been in their places for longest. The others of these that were used since are
// moved to new places.
func (p *partition) leastRecent() *record {
	var buf [window]candidate[record]
	l := buf[:0]
	for r := p.oldest; r != nil && len(l) < window; r = r.newer {
		l = append(l, candidate[record]{r, r.used.Load()})
	}
	sortCandidates(l)
	for _, c := range l[1:] {
		if c.used > c.item.placed {
			p.unlink(c.item)
			p.push(c.item, c.used)
		}
	}
	return l[0].item
}

// A candidate is a record or partition that may be the least recently used one.
type candidate[T any] struct {
	item *T
	used int64
}

// sortCandidates sorts the least recently used first. Of equally old ones, that
// remains first which was.
func sortCandidates[T any](l []candidate[T]) {
	slices.SortStableFunc(l, func(a, b candidate[T]) int { return cmp.Compare(a.used, b.used) })
}
