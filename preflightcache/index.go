package preflightcache

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// An index finds the records by key and knows which of them is to go when there
// are too many: the least recently used one of the partition that has the most.
// So a partition that floods the cache displaces its own records. No operation
// takes longer because there are many records or partitions.
//
// Uses are noted with stamps, of which the later is the greater. Since Covers
// notes them without a lock, the lists of records and of partitions are in the
// order of use as of the stamp with which each got its place; when the least
// recently used one is wanted, those that turn out to have been used since get
// new places.
type index struct {
	seed  maphash.Seed // so that nobody can choose keys of the same hash
	table table
	exact bool // stamps count the uses, else they are times

	_     [64]byte // what Covers reads is not on one line with what Store writes
	uses  atomic.Int64
	_     [64]byte
	last  int64 // the stamp of what goes on with Memory.mu held
	keys  int
	bytes int64
	ranks [numRankings]ranking

	partitions map[string]*partition // but the cleared ones
	doomed     link[partition]       // head; the cleared ones, while they have records
	stored     uint64                // numbers batches
}

// resolution is the least difference between the times of two uses of a record
// of which the second is noted: on a record that many processors use, noting each
// would take longer than the lookup.
const resolution = 10_000 // ns

func newIndex(exact bool) *index {
	x := &index{seed: maphash.MakeSeed(), exact: exact, partitions: make(map[string]*partition)}
	x.table.init()
	for by := range x.ranks {
		x.ranks[by].by = by
		x.ranks[by].tiers.reset()
	}
	x.doomed.reset()
	return x
}

// hash returns the hash of k.
func (x *index) hash(k *Key) uint64 { return maphash.Comparable(x.seed, *k) }

// find returns the record of k, or nil. It needs no lock.
func (x *index) find(k *Key) *record {
	r := x.table.find(x.hash(k), k)
	if r == nil || r.part.cleared.Load() {
		return nil
	}
	return r
}

// note notes that r was used at the time now. It needs no lock.
func (x *index) note(r *record, now int64) {
	apart := int64(resolution)
	if x.exact {
		now, apart = x.uses.Add(1), 0
	}
	if now-r.used.Load() <= apart {
		return // neither is it long since the partition's last use was noted
	}
	r.used.Store(now)
	if now-r.part.used.Load() > apart {
		r.part.used.Store(now)
	}
}

// begin sets the stamp for an operation that begins at the time now.
func (x *index) begin(now int64) {
	if x.exact {
		now = x.uses.Add(1)
	}
	x.last = now
}

// touch notes that r is used by the current operation.
func (x *index) touch(r *record) {
	r.used.Store(x.last)
	r.part.unlink(r)
	r.part.push(r, x.last)
	x.rank(r.part)
}

// rank gives p the places that are due to it by what it holds, as the most
// recently used among its likes.
func (x *index) rank(p *partition) {
	p.used.Store(max(p.used.Load(), x.last))
	x.ranks[byKeys].put(p, p.keys, x.last)
	x.ranks[byBytes].put(p, share(p.bytes), x.last)
}

// victim returns the record that has to make room for one of the named partition,
// by the given ranking, or nil if there are no records. It belongs to the
// partition that ranks highest: to the named one if that is among them, or else to
// the least recently used. As that gets a place as most recently used when it
// loses the record, they take turns.
func (x *index) victim(by int, name string) *record {
	p := x.doomed.next.owner
	if p == nil {
		p = x.ranks[by].most(x.partitions[name])
	}
	if p == nil {
		return nil
	}
	return p.leastRecent()
}

// need returns by how much memory would grow if r became a record of the named
// partition.
func (x *index) need(r *record, name string) int64 {
	n := r.size()
	if x.partitions[name] == nil {
		n += partitionSize + int64(len(name))
	}
	return n
}

// insert adds r, which is in no partition yet, as a record of the named one. If
// old is not nil, r takes the place of that in the table; it is listed no more.
func (x *index) insert(r, old *record, name string) {
	p := x.partitions[name]
	if p == nil {
		p = &partition{name: strings.Clone(name)}
		p.doomed.owner = p
		x.partitions[p.name] = p
		p.bytes = p.size()
		x.bytes += p.bytes
	}
	size := r.size()
	p.keys++
	p.bytes += size
	x.keys++
	x.bytes += size
	r.part = p
	r.used.Store(x.last)
	p.push(r, x.last)
	x.rank(p)
	if old != nil {
		x.table.replace(old, r)
	} else {
		x.table.insert(r, x.keys)
	}
}

// remove removes r.
func (x *index) remove(r *record) {
	x.table.remove(r)
	x.unlist(r)
}

// unlist removes r, but leaves it in the table.
func (x *index) unlist(r *record) {
	p, size := r.part, r.size()
	p.unlink(r)
	p.keys--
	p.bytes -= size
	x.keys--
	x.bytes -= size
	switch {
	case p.keys != 0 && !p.cleared.Load():
		x.rank(p)
		return
	case p.keys != 0:
		return
	case p.cleared.Load():
		p.doomed.unlink()
	default:
		delete(x.partitions, p.name)
		for by := range x.ranks {
			x.ranks[by].remove(p)
		}
	}
	x.bytes -= p.bytes
}

// clear makes the named partition's records count no more, and returns it, or nil
// if it has none. They are to be removed, and are the first to go until then.
func (x *index) clear(name string) *partition {
	p := x.partitions[name]
	if p == nil {
		return nil
	}
	p.cleared.Store(true)
	delete(x.partitions, name)
	for by := range x.ranks {
		x.ranks[by].remove(p)
	}
	x.doomed.insert(&p.doomed)
	return p
}
