package preflightcache_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// keyOf returns the i-th key of a partition.
func keyOf(partition string, i int) preflightcache.Key {
	return preflightcache.Key{
		Partition: partition,
		Origin:    "https://page.example",
		URL:       "https://api.example/items/" + strconv.Itoa(i),
	}
}

// TestFlood lets one partition store a million keys.
func TestFlood(t *testing.T) {
	const maxKeys, quiet, each = 4096, 10, 100
	n := 1_000_000
	if testing.Short() || raceEnabled {
		n = 20_000
	}
	m := preflightcache.New(nil)
	g := grant("PUT", "x-a", time.Hour)
	for i := range each {
		for p := range quiet {
			store(t, m, keyOf("https://quiet"+strconv.Itoa(p)+".example", i), true, g)
		}
	}
	for i := range maxKeys {
		store(t, m, keyOf("https://flood.example", -i), true, g)
	}
	before := heap()
	for i := range n {
		store(t, m, keyOf("https://flood.example", i), true, g)
	}
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	check(t, m)
	for i := range each {
		for p := range quiet {
			if !covers(t, m, keyOf("https://quiet"+strconv.Itoa(p)+".example", i), true, "PUT", "x-a") {
				t.Fatalf("key %d of quiet partition %d is gone", i, p)
			}
		}
	}
	// What is left of the room has the latest keys of the flood.
	for i := n - (maxKeys - quiet*each); i < n; i++ {
		if !covers(t, m, keyOf("https://flood.example", i), true, "PUT", "x-a") {
			t.Fatalf("key %d of the flood is gone", i)
		}
	}
	if s := m.Stats(); s.Keys != maxKeys || s.Evictions != uint64(n+quiet*each) {
		t.Errorf("Stats() = %+v; want %d keys and %d evictions", s, maxKeys, n+quiet*each)
	}
}

func heap() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// TestShare lets a partition grow at the expense of one that has taken all, but
// not further than to an equal share.
func TestShare(t *testing.T) {
	m := preflightcache.New(&preflightcache.Options{MaxKeys: 10})
	g := grant("PUT", "", time.Hour)
	count := func(partition string) (n int) {
		for _, k := range m.KeyList() {
			if k.Partition == partition {
				n++
			}
		}
		return n
	}
	for i := range 100 {
		store(t, m, keyOf("a", i), true, g)
	}
	for i := range 100 {
		store(t, m, keyOf("b", i), true, g)
	}
	if count("a") != 5 || count("b") != 5 {
		t.Errorf("a has %d keys, b %d; want 5 each", count("a"), count("b"))
	}
	for i := range 100 {
		store(t, m, keyOf("c", i), true, g)
	}
	if n := count("c"); n < 3 || n > 4 || count("a")+count("b")+n != 10 {
		t.Errorf("a, b, c have %d, %d, %d keys; want a third each", count("a"), count("b"), n)
	}
	check(t, m)
}

// TestManyPartitions checks that with one key per partition it is plain LRU.
func TestManyPartitions(t *testing.T) {
	m := preflightcache.New(&preflightcache.Options{MaxKeys: 3})
	g := grant("PUT", "", time.Hour)
	for _, p := range []string{"a", "b", "c"} {
		store(t, m, keyOf(p, 0), true, g)
	}
	covers(t, m, keyOf("a", 0), true, "PUT", "")
	store(t, m, keyOf("d", 0), true, g)
	store(t, m, keyOf("c", 0), true, g)
	store(t, m, keyOf("e", 0), true, g)
	for p, want := range map[string]bool{"a": false, "b": false, "c": true, "d": true, "e": true} {
		if got := covers(t, m, keyOf(p, 0), true, "PUT", ""); got != want {
			t.Errorf("key of partition %s there: %t; want %t", p, got, want)
		}
	}
	check(t, m)
}

// A model is the eviction policy written down naively.
type model struct {
	limit  int
	keys   []preflightcache.Key // the most recently used last
	recent []string             // partitions, the last to use or lose a key last
}

func (m *model) touch(partition string) {
	m.recent = slices.DeleteFunc(m.recent, func(p string) bool { return p == partition })
	m.recent = append(m.recent, partition)
}

// take removes k and reports whether it was there.
func (m *model) take(k preflightcache.Key) bool {
	i := slices.Index(m.keys, k)
	if i >= 0 {
		m.keys = slices.Delete(m.keys, i, i+1)
		m.touch(k.Partition)
	}
	return i >= 0
}

func (m *model) use(k preflightcache.Key) bool {
	ok := m.take(k)
	if ok {
		m.keys = append(m.keys, k)
	}
	return ok
}

func (m *model) store(k preflightcache.Key) {
	if m.use(k) {
		return
	}
	if len(m.keys) == m.limit {
		count := make(map[string]int)
		most := 0
		for _, k := range m.keys {
			count[k.Partition]++
			most = max(most, count[k.Partition])
		}
		victim := k.Partition
		if count[victim] < most {
			victim = m.recent[slices.IndexFunc(m.recent, func(p string) bool { return count[p] == most })]
		}
		m.take(m.keys[slices.IndexFunc(m.keys, func(k preflightcache.Key) bool { return k.Partition == victim })])
	}
	m.keys = append(m.keys, k)
	m.touch(k.Partition)
}

func TestEviction(t *testing.T) {
	for limit := 1; limit <= 12; limit++ {
		r := rand.New(rand.NewPCG(1, uint64(limit)))
		m := preflightcache.New(&preflightcache.Options{MaxKeys: limit})
		want := model{limit: limit}
		g := grant("PUT", "", time.Hour)
		for step := range 3000 {
			k := keyOf(string(rune('a'+min(r.IntN(6), r.IntN(6)))), r.IntN(5))
			switch op := r.IntN(40); {
			case op == 0:
				m.ClearPartition(k.Partition)
				want.keys = slices.DeleteFunc(want.keys, func(o preflightcache.Key) bool { return o.Partition == k.Partition })
			case op < 4:
				m.Clear(ctx, k)
				want.take(k)
			case op < 16:
				if got, want := covers(t, m, k, true, "PUT", ""), want.use(k); got != want {
					t.Fatalf("limit %d, step %d: Covers = %t; want %t", limit, step, got, want)
				}
			default:
				store(t, m, k, true, g)
				want.store(k)
			}
			check(t, m)
			got := slices.SortedFunc(slices.Values(m.KeyList()), compareKeys)
			if w := slices.SortedFunc(slices.Values(want.keys), compareKeys); !slices.Equal(got, w) {
				t.Fatalf("limit %d, step %d: keys\n%q; want\n%q", limit, step, got, w)
			}
		}
	}
}

func compareKeys(a, b preflightcache.Key) int {
	return strings.Compare(a.Partition+" "+a.URL, b.Partition+" "+b.URL)
}
