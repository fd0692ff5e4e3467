package preflightcache

import (
	"fmt"
	"unsafe"
)

// Check returns an error if m's data structures contradict each other or exceed
// m's bounds. Everything that is kept twice is computed again from the records.
func (m *Memory) Check() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.scratch[:cap(m.scratch)] {
		if e != (entry{}) {
			return fmt.Errorf("Store leaves %+v behind", e)
		}
	}
	x := m.index.Load()
	if x == nil {
		return nil
	}
	if x.keys > m.opts.maxKeys() || x.bytes > m.opts.maxBytes() {
		return fmt.Errorf("%d keys, %d bytes; limits %d, %d", x.keys, x.bytes, m.opts.maxKeys(), m.opts.maxBytes())
	}
	listed := make(map[*record]bool)
	partitions := make(map[*partition]bool)
	bytes := int64(0)
	add := func(p *partition, cleared bool) error {
		bytes += p.bytes
		partitions[p] = true
		if p.cleared.Load() != cleared || p.keys == 0 {
			return fmt.Errorf("partition %q: cleared %t, %d keys", p.name, !cleared, p.keys)
		}
		return m.checkPartition(p, listed)
	}
	for name, p := range x.partitions {
		if p.name != name {
			return fmt.Errorf("partition %q is found as %q", p.name, name)
		}
		if err := add(p, false); err != nil {
			return err
		}
	}
	for by := range x.ranks {
		if err := x.checkRanking(by, partitions); err != nil {
			return err
		}
	}
	for l := x.doomed.next; l != &x.doomed; l = l.next {
		if err := add(l.owner, true); err != nil {
			return err
		}
	}
	if bytes != x.bytes || len(listed) != x.keys {
		return fmt.Errorf("%d bytes, %d keys; counted as %d, %d", bytes, len(listed), x.bytes, x.keys)
	}
	return x.checkTable(listed)
}

func (m *Memory) checkPartition(p *partition, listed map[*record]bool) error {
	keys, bytes := 0, partitionSize+int64(len(p.name))
	var older *record
	for r := p.oldest; r != nil; older, r = r, r.newer {
		if r.part != p || r.older != older || listed[r] {
			return fmt.Errorf("record %q is misplaced in partition %q", r.key(), p.name)
		}
		listed[r] = true
		n, err := m.checkRecord(r)
		if err != nil {
			return fmt.Errorf("record %q: %w", r.key(), err)
		}
		keys++
		bytes += n
	}
	if p.newest != older || keys != p.keys || bytes != p.bytes {
		return fmt.Errorf("partition %q has %d keys, %d bytes, counted as %d, %d", p.name, keys, bytes, p.keys, p.bytes)
	}
	return nil
}

// checkRecord returns the size of r.
func (m *Memory) checkRecord(r *record) (int64, error) {
	k := r.key()
	if tooLong(&k) {
		return 0, fmt.Errorf("the key is too long")
	}
	size := recordSize + int64(textRoom(len(k.Origin)+len(k.URL)))
	n := 0
	seen := make(map[entry]bool)
	numbers := make(map[uint64]bool)
	for e := &r.first; e != nil; e = e.next {
		if e != &r.first {
			size += int64(unsafe.Sizeof(*e))
		}
		if e.stored == 0 || numbers[e.stored] {
			return 0, fmt.Errorf("two batches of number %d", e.stored)
		}
		numbers[e.stored] = true
		l := e.common.appendTo(nil, entry{credentials: e.credentials})
		rare := e.rare.appendTo(nil, entry{credentials: e.credentials})
		for _, e := range rare {
			if e.common() != 0 || e.header && hasUpper(e.name) {
				return 0, fmt.Errorf("%q is kept as a rare name", e.name)
			}
			size += 1 + int64(len(e.name))
		}
		if l = append(l, rare...); len(l) == 0 {
			return 0, fmt.Errorf("an empty batch")
		}
		for _, e := range l {
			if e.name == "" || len(e.name) > maxNameLen || seen[e] {
				return 0, fmt.Errorf("entry %+v is kept, twice: %t", e, seen[e])
			}
			seen[e] = true
			n++
		}
	}
	if n > m.opts.maxNames() {
		return 0, fmt.Errorf("%d names; limit %d", n, m.opts.maxNames())
	}
	return size, nil
}

func (x *index) checkRanking(by int, partitions map[*partition]bool) error {
	n, lower := 0, -1
	for tl := x.ranks[by].tiers.next; tl != &x.ranks[by].tiers; tl = tl.next {
		t := tl.owner
		if t.amount <= lower || t.partitions.empty() || tl.next.prev != tl {
			return fmt.Errorf("ranking %d: tier %d, empty %t, follows tier %d", by, t.amount, t.partitions.empty(), lower)
		}
		lower = t.amount
		for l := t.partitions.next; l != &t.partitions; l = l.next {
			p := l.owner
			amount := p.keys
			if by == byBytes {
				amount = share(p.bytes)
			}
			if &p.places[by].link != l || p.places[by].tier != t || !partitions[p] || amount != t.amount || l.next.prev != l {
				return fmt.Errorf("ranking %d: partition %q of %d keys is misplaced in tier %d", by, p.name, p.keys, t.amount)
			}
			n++
		}
	}
	if n != len(partitions) {
		return fmt.Errorf("ranking %d: %d of %d partitions", by, n, len(partitions))
	}
	return nil
}

func (x *index) checkTable(listed map[*record]bool) error {
	n := x.table.n.Load()
	found := make(map[Key]bool)
	for i := range n {
		for b := x.table.bucket(i); b != nil; b = b.next.Load() {
			tags := b.tags.Load()
			for s := range b.slots {
				r, have := b.slots[s].Load(), tags>>(8*s)&0xFF
				if r == nil && have == 0 {
					continue
				}
				if r == nil || have != tag(r.hash) || place(r.hash, n) != i || !listed[r] {
					return fmt.Errorf("slot %d of bucket %d has the tag %d and %+v", s, i, have, r)
				}
				k := r.key()
				if r.hash != x.hash(&k) || found[k] {
					return fmt.Errorf("record %q has the hash %x; there twice: %t", k, r.hash, found[k])
				}
				found[k] = true
			}
			if next := b.next.Load(); tags>>(8*bucketSlots) != 0 || next != nil && next.tags.Load() == 0 {
				return fmt.Errorf("bucket %d, tags %x, has a continuation without records", i, tags)
			}
		}
	}
	if len(found) != len(listed) {
		return fmt.Errorf("the table has %d of %d records", len(found), len(listed))
	}
	return nil
}

// records calls f with each record that m holds.
func (m *Memory) records(f func(*record)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := m.index.Load()
	if x == nil {
		return
	}
	for i := range x.table.n.Load() {
		for r := range x.table.bucket(i).records {
			f(r)
		}
	}
}

// KeyList returns the keys that m holds.
func (m *Memory) KeyList() []Key {
	var keys []Key
	m.records(func(r *record) { keys = append(keys, r.key()) })
	return keys
}

// Strings returns the strings that m keeps.
func (m *Memory) Strings() []string {
	var s []string
	m.records(func(r *record) {
		s = append(s, r.key().Origin, r.key().URL, r.part.name)
		for e := &r.first; e != nil; e = e.next {
			s = append(s, string(e.rare))
			for _, e := range e.rare.appendTo(nil, entry{}) {
				s = append(s, e.name)
			}
		}
	})
	for _, e := range m.scratch[:cap(m.scratch)] {
		s = append(s, e.name)
	}
	if x := m.index.Load(); x != nil {
		for name := range x.partitions {
			s = append(s, name)
		}
	}
	return s
}
