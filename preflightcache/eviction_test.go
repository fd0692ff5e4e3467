package preflightcache_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// window is how many keys, or partitions, are compared for the least recently
// used.
const window = 16

// A model is the eviction policy written down naively.
type model struct {
	limit      int
	now        int
	keys       []*item[preflightcache.Key] // the one that got its place last is last
	partitions []*item[string]             // likewise
}

// An item is a key or a partition.
type item[T comparable] struct {
	id           T
	used, placed int // when
}

// place puts id, as used at the given time, in the last place of l.
func place[T comparable](l []*item[T], id T, now int) []*item[T] {
	return append(drop(l, id), &item[T]{id, now, now})
}

func drop[T comparable](l []*item[T], id T) []*item[T] {
	return slices.DeleteFunc(l, func(e *item[T]) bool { return e.id == id })
}

// leastRecent returns the least recently used of the first 16 in l that eligible
// has, and l with the others of these in new places if they were used since they
// got theirs.
func leastRecent[T comparable](l []*item[T], eligible func(T) bool) (T, []*item[T]) {
	var first []*item[T]
	for _, e := range l {
		if eligible(e.id) && len(first) < window {
			first = append(first, e)
		}
	}
	slices.SortStableFunc(first, func(a, b *item[T]) int { return a.used - b.used })
	for _, e := range first[1:] {
		if e.used > e.placed {
			l = append(drop(l, e.id), e)
			e.placed = e.used
		}
	}
	return first[0].id, l
}

func (m *model) find(k preflightcache.Key) *item[preflightcache.Key] {
	for _, e := range m.keys {
		if e.id == k {
			return e
		}
	}
	return nil
}

// covers notes a use, without changing anything's place.
func (m *model) covers(k preflightcache.Key) bool {
	m.now++
	e := m.find(k)
	if e == nil {
		return false
	}
	e.used = m.now
	for _, p := range m.partitions {
		if p.id == k.Partition {
			p.used = m.now
		}
	}
	return true
}

func (m *model) clear(k preflightcache.Key) {
	m.now++
	if m.find(k) != nil {
		m.keys = drop(m.keys, k)
		m.partitions = place(m.partitions, k.Partition, m.now)
	}
}

func (m *model) clearPartition(name string) {
	m.keys = slices.DeleteFunc(m.keys, func(e *item[preflightcache.Key]) bool { return e.id.Partition == name })
}

func (m *model) store(k preflightcache.Key) {
	m.now++
	if m.find(k) == nil && len(m.keys) == m.limit {
		count := make(map[string]int)
		most := 0
		for _, e := range m.keys {
			count[e.id.Partition]++
			most = max(most, count[e.id.Partition])
		}
		partition := k.Partition
		if count[partition] < most {
			partition, m.partitions = leastRecent(m.partitions, func(p string) bool { return count[p] == most })
		}
		var victim preflightcache.Key
		victim, m.keys = leastRecent(m.keys, func(k preflightcache.Key) bool { return k.Partition == partition })
		m.keys = drop(m.keys, victim)
		m.partitions = place(m.partitions, partition, m.now)
	}
	m.keys = place(m.keys, k, m.now)
	m.partitions = place(m.partitions, k.Partition, m.now)
}

// exact is the policy of small caches, which is simply LRU: like model, but
// whatever is used gets a new place at once.
type exact struct{ model }

func (m *exact) covers(k preflightcache.Key) bool {
	ok := m.model.covers(k)
	if ok {
		m.keys = place(m.keys, k, m.now)
		m.partitions = place(m.partitions, k.Partition, m.now)
	}
	return ok
}

func TestEviction(t *testing.T) {
	type policy interface {
		covers(preflightcache.Key) bool
		clear(preflightcache.Key)
		clearPartition(string)
		store(preflightcache.Key)
	}
	run := func(t *testing.T, now func() time.Time, limit, partitions, urls, steps int, want policy, keys func() []preflightcache.Key) {
		r := rand.New(rand.NewPCG(1, uint64(limit)))
		m := preflightcache.New(&preflightcache.Options{MaxKeys: limit, Now: now})
		g := grant("PUT", "", time.Hour)
		full := false
		for step := range steps {
			k := keyOf(string(rune('a'+min(r.IntN(partitions), r.IntN(partitions)))), r.IntN(urls))
			switch op := r.IntN(40); {
			case op == 0 && r.IntN(limit*limit) < 100: // else a large one would never be full
				m.ClearPartition(k.Partition)
				want.clearPartition(k.Partition)
			case op < 4:
				m.Clear(ctx, k)
				want.clear(k)
			case op < 16:
				if got, want := covers(t, m, k, true, "PUT", ""), want.covers(k); got != want {
					t.Fatalf("limit %d, step %d: Covers = %t; want %t", limit, step, got, want)
				}
			default:
				store(t, m, k, true, g)
				want.store(k)
			}
			if step%8 != 0 && step < steps-1 {
				continue // Covers finds a difference too
			}
			check(t, m)
			got := slices.SortedFunc(slices.Values(m.KeyList()), compareKeys)
			full = full || len(got) == limit
			if w := slices.SortedFunc(slices.Values(keys()), compareKeys); !slices.Equal(got, w) {
				t.Fatalf("limit %d, step %d: keys\n%q; want\n%q", limit, step, got, w)
			}
		}
		if s := m.Stats(); !full || s.Evictions < uint64(steps/20) {
			t.Errorf("limit %d: full %t, %d evictions", limit, full, s.Evictions)
		}
	}
	list := func(m *model) func() []preflightcache.Key {
		return func() (keys []preflightcache.Key) {
			for _, e := range m.keys {
				keys = append(keys, e.id)
			}
			return keys
		}
	}
	t.Run("exact", func(t *testing.T) {
		for limit := 1; limit <= window; limit++ {
			m := &exact{model{limit: limit}}
			run(t, nil, limit, 6, 5, 3000, m, list(&m.model))
		}
	})
	t.Run("time that stands still", func(t *testing.T) {
		for limit := 1; limit <= window; limit++ {
			m := &exact{model{limit: limit}}
			run(t, newClock().now, limit, 6, 5, 1000, m, list(&m.model))
		}
	})
	t.Run("window of keys", func(t *testing.T) {
		for _, limit := range []int{17, 40, 100} {
			m := &model{limit: limit}
			run(t, newClock().now, limit, 2, limit, 2000, m, list(m))
		}
	})
	t.Run("window of partitions", func(t *testing.T) {
		for _, limit := range []int{17, 40, 100} {
			m := &model{limit: limit}
			run(t, newClock().now, limit, 2*limit, 2, 2000, m, list(m))
		}
	})
}

// TestUsesByTime checks that uses are noted where their order is that of the clock,
// in a cache that is too large to count them.
func TestUsesByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keys = 200
		m := preflightcache.New(&preflightcache.Options{MaxKeys: keys})
		g := grant("PUT", "", time.Hour)
		key := func(i int) preflightcache.Key { return keyOf("p"+strconv.Itoa(i%2), i) }
		for i := range keys {
			store(t, m, key(i), true, g)
			time.Sleep(time.Millisecond)
		}
		used := func(i int) bool { return i%10 < 2 }
		for i := range keys {
			if used(i) && !covers(t, m, key(i), true, "PUT", "") {
				t.Fatalf("key %d is not there", i)
			}
			time.Sleep(time.Millisecond)
		}
		for i := range keys / 2 {
			store(t, m, key(keys+i), true, g)
			check(t, m)
		}
		for i := range keys {
			// Of each partition, the first 50 unused ones of its keys go.
			if got, want := covers(t, m, key(i), true, "PUT", ""), used(i) || i > 125; got != want {
				t.Errorf("key %d there: %t; want %t", i, got, want)
			}
		}
	})
}

func compareKeys(a, b preflightcache.Key) int {
	return strings.Compare(a.Partition+" "+a.URL, b.Partition+" "+b.URL)
}
