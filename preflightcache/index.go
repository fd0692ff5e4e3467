package preflightcache

import "strings"

// An index finds the records by key and knows which of them is to go when there
// are too many: the least recently used one of the partition that has the most.
// So a partition that floods the cache displaces its own records. Every
// operation but removing a partition takes constant time.
//
// Partitions are kept by their number of records: there is a level for each
// number that occurs, and the levels are in ascending order. As records come
// and go one by one, a partition only ever moves to a neighbouring level.
type index struct {
	records    map[Key]*record
	partitions map[string]*partition
	levels     link[level] // head; the lowest first
}

// A record holds what is known about a key.
type record struct {
	key     Key
	entries entries
	part    *partition
	link    link[record]
}

// A partition holds the records of one network partition key.
type partition struct {
	name    string
	level   *level
	records link[record]    // head; the most recently used first
	link    link[partition] // in level
}

// A level holds the partitions that have n records.
type level struct {
	n          int
	partitions link[partition] // head; the last to use, get or lose a record first
	link       link[level]
}

// reset empties x.
func (x *index) reset() {
	x.records = make(map[Key]*record)
	x.partitions = make(map[string]*partition)
	x.levels.reset()
}

// touch notes that r was used.
func (x *index) touch(r *record) {
	r.link.moveTo(&r.part.records)
	r.part.link.moveTo(&r.part.level.partitions)
}

// victim returns the record that has to make room for a new one in the named
// partition, or nil if there are no records. It belongs to the partition that
// would have the most records with the new one; of several such to the one that
// comes last in its level, but not to the named one. Since a partition that loses
// a record comes first in its new level, they take turns.
func (x *index) victim(name string) *record {
	top := x.levels.prev.owner
	if top == nil {
		return nil
	}
	p := x.partitions[name]
	if p == nil || p.level != top {
		p = top.partitions.prev.owner
	}
	return p.records.prev.owner
}

// add adds a record for k, which must have none, as the most recently used.
func (x *index) add(k Key, l entries) {
	p := x.partitions[k.Partition]
	if p == nil {
		p = &partition{name: strings.Clone(k.Partition)}
		p.records.reset()
		p.link.owner = p
		x.partitions[p.name] = p
	}
	// Copies, lest the record keep alive what k's strings were cut from.
	r := &record{
		key:     Key{p.name, strings.Clone(k.Origin), strings.Clone(k.URL)},
		entries: l,
		part:    p,
	}
	r.link.owner = r
	p.records.insert(&r.link)
	x.records[r.key] = r
	x.resize(p, 1)
}

// remove removes r.
func (x *index) remove(r *record) {
	r.link.unlink()
	delete(x.records, r.key)
	x.resize(r.part, -1)
}

// resize moves p to the level of the number of records it has after one was
// added (by is 1) or removed (-1).
func (x *index) resize(p *partition, by int) {
	old, n, at := p.level, by, &x.levels // at: the level behind which p's belongs
	if old != nil {
		n += old.n
		if at = &old.link; by < 0 {
			at = old.link.prev
		}
		p.link.unlink()
	}
	p.level = nil
	switch next := at.next.owner; {
	case n == 0:
		delete(x.partitions, p.name)
	case at.owner != nil && at.owner.n == n:
		p.level = at.owner
	case next != nil && next.n == n:
		p.level = next
	case old != nil && old.partitions.empty():
		old.n = n // nothing lies between
		p.level = old
	default:
		p.level = &level{n: n}
		p.level.partitions.reset()
		p.level.link.owner = p.level
		at.insert(&p.level.link)
	}
	if p.level != nil {
		p.level.partitions.insert(&p.link)
	}
	if old != nil && old.partitions.empty() {
		old.link.unlink()
	}
}
