package preflightcache

import (
	"cmp"
	"fmt"
)

// Check returns an error if m's data structures contradict each other or exceed
// m's bounds.
func (m *Memory) Check() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := &m.index
	if x.records == nil {
		return nil
	}
	if limit := max(cmp.Or(m.opts.MaxKeys, 4096), 0); len(x.records) > limit {
		return fmt.Errorf("%d keys; limit %d", len(x.records), limit)
	}
	records, partitions, lower := 0, 0, 0
	for ll := x.levels.next; ll != &x.levels; ll = ll.next {
		lv := ll.owner
		if lv.n <= lower || lv.partitions.empty() || ll.next.prev != ll {
			return fmt.Errorf("level %d, empty %t, follows level %d", lv.n, lv.partitions.empty(), lower)
		}
		lower = lv.n
		for pl := lv.partitions.next; pl != &lv.partitions; pl = pl.next {
			p, n := pl.owner, 0
			if p.level != lv || x.partitions[p.name] != p || pl.next.prev != pl {
				return fmt.Errorf("partition %q is misplaced in level %d", p.name, lv.n)
			}
			for rl := p.records.next; rl != &p.records; rl = rl.next {
				r := rl.owner
				if r.part != p || x.records[r.key] != r || r.key.Partition != p.name || rl.next.prev != rl {
					return fmt.Errorf("record %q is misplaced in partition %q", r.key, p.name)
				}
				if err := m.check(r); err != nil {
					return fmt.Errorf("record %q: %w", r.key, err)
				}
				n++
			}
			if n != lv.n {
				return fmt.Errorf("partition %q with %d records is in level %d", p.name, n, lv.n)
			}
			records += n
			partitions++
		}
	}
	if records != len(x.records) || partitions != len(x.partitions) {
		return fmt.Errorf("%d of %d records and %d of %d partitions are in rings",
			records, len(x.records), partitions, len(x.partitions))
	}
	return nil
}

func (m *Memory) check(r *record) error {
	if limit := cmp.Or(m.opts.MaxNames, 64); len(r.entries) == 0 || len(r.entries) > limit || cap(r.entries) > 2*limit+8 {
		return fmt.Errorf("%d entries, capacity %d; limit %d", len(r.entries), cap(r.entries), limit)
	}
	if tooLong(r.key) {
		return fmt.Errorf("the key is too long")
	}
	seen := make(map[entry]bool)
	for _, e := range r.entries {
		if len(e.name) > maxNameLen || e.name == "" {
			return fmt.Errorf("name %q", e.name)
		}
		if e.expires = 0; seen[e] {
			return fmt.Errorf("two entries %+v", e)
		}
		seen[e] = true
	}
	return nil
}

// KeyList returns the keys that m holds.
func (m *Memory) KeyList() []Key {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []Key
	for k := range m.index.records {
		keys = append(keys, k)
	}
	return keys
}

// Strings returns the strings that m keeps.
func (m *Memory) Strings() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var s []string
	for k, r := range m.index.records {
		s = append(s, k.Partition, k.Origin, k.URL, r.key.Partition, r.key.Origin, r.key.URL, r.part.name)
		for _, e := range r.entries {
			s = append(s, e.name)
		}
	}
	for name := range m.index.partitions {
		s = append(s, name)
	}
	return s
}
