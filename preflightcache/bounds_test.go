package preflightcache_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
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

// TestByteFlood lets one partition store keys that are as large as can be, while
// others hold more keys than it does.
func TestByteFlood(t *testing.T) {
	const quiet, each = 4, 300
	g := grant("PUT", "", time.Hour)
	for i := range 64 {
		g.Headers = append(g.Headers, "x-"+strings.Repeat("n", 120)+strconv.Itoa(i))
	}
	m := preflightcache.New(&preflightcache.Options{MaxBytes: 2 << 20})
	for i := range each {
		for p := range quiet {
			store(t, m, keyOf("https://quiet"+strconv.Itoa(p)+".example", i), true, grant("PUT", "x-a", time.Hour))
		}
	}
	large := func(i int) preflightcache.Key {
		k := keyOf("https://flood.example", i)
		k.URL += "?" + strings.Repeat("q", 1900)
		return k
	}
	const n = 1000
	for i := range n {
		store(t, m, large(i), true, g)
		if i%100 == 0 {
			check(t, m)
		}
	}
	check(t, m)
	for i := range each {
		for p := range quiet {
			if !covers(t, m, keyOf("https://quiet"+strconv.Itoa(p)+".example", i), true, "PUT", "x-a") {
				t.Fatalf("key %d of quiet partition %d is gone", i, p)
			}
		}
	}
	s := m.Stats()
	flood := s.Keys - quiet*each
	if s.Bytes > 2<<20 || s.Bytes < 2<<20-12<<10 || flood >= each || s.Evictions != n-flood {
		t.Errorf("Stats() = %+v; want almost 2 MiB, and but the flood's own keys to be evicted", s)
	}
	for i := n - int(flood); i < n; i++ {
		if !covers(t, m, large(i), true, "PUT", "") {
			t.Errorf("key %d of the flood is gone", i)
		}
	}
}

// TestMaxBytes stores keys and grants of all sizes in little room.
func TestMaxBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	m := preflightcache.New(&preflightcache.Options{MaxBytes: 20_000})
	for range 3000 {
		k := keyOf(strings.Repeat("p", 1+r.IntN(20)), r.IntN(5))
		k.URL += strings.Repeat("u", r.IntN(40)*r.IntN(40))
		g := grant("PUT", "", time.Hour)
		for range r.IntN(64) {
			g.Headers = append(g.Headers, "x-"+strings.Repeat("n", r.IntN(126)))
		}
		store(t, m, k, true, grant("PUT", "", time.Hour))
		store(t, m, k, true, g) // grows
		check(t, m)
		if !covers(t, m, k, true, "PUT", "") {
			t.Fatalf("a grant of %d names for a key of %d bytes is not kept", len(g.Headers), len(k.URL))
		}
	}
	if s := m.Stats(); s.Bytes < 8000 || s.Bytes > 20_000 || s.Evictions == 0 {
		t.Errorf("Stats() = %+v; want the room to be used", s)
	}
}

// TestTooLarge stores what takes more memory than there may be.
func TestTooLarge(t *testing.T) {
	m := preflightcache.New(&preflightcache.Options{MaxBytes: 3000})
	g := grant("PUT", "", time.Hour)
	large := page
	large.URL += strings.Repeat("a", 1900)
	store(t, m, page, true, g)
	for i := range 20 {
		g.Headers = append(g.Headers, "x-"+strings.Repeat("n", 100)+strconv.Itoa(i))
	}
	store(t, m, large, true, g)
	check(t, m)
	if covers(t, m, large, true, "PUT", "") || !covers(t, m, page, true, "PUT", "") {
		t.Error("what is too large is kept, or displaces something")
	}
	for range 2 {
		store(t, m, large, true, grant("PUT", "", time.Hour))
	}
	store(t, m, large, true, g)
	check(t, m)
	if covers(t, m, large, true, "PUT", "") {
		t.Error("a key that has grown too large is kept")
	}
}

// TestMaxBytesDefault checks the default by what fits.
func TestMaxBytesDefault(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options preflightcache.Options
		most    uint64 // bytes
	}{
		{"few keys", preflightcache.Options{MaxKeys: 20}, 64 << 10},
		{"many keys", preflightcache.Options{MaxKeys: 100}, 100 << 10},
		{"given", preflightcache.Options{MaxKeys: 100, MaxBytes: 10 << 10}, 10 << 10},
		{"all there are", preflightcache.Options{MaxKeys: math.MaxInt}, math.MaxInt64},
	} {
		m := preflightcache.New(&tt.options)
		g := grant("", "", time.Hour)
		for i := range 60 {
			g.Headers = append(g.Headers, "x-"+strings.Repeat("n", 120)+strconv.Itoa(i))
		}
		for i := range 30 {
			store(t, m, keyOf("p", i), true, g)
		}
		check(t, m)
		const size = 8 << 10 // of one, about
		if got, want := m.Stats().Bytes, min(tt.most, 20*size); got > tt.most || got+2*size < want && tt.options.MaxKeys <= 100 {
			t.Errorf("%s: %d bytes; want about %d", tt.name, got, want)
		}
	}
}

// TestBytes compares what is counted with what the heap grows by.
func TestBytes(t *testing.T) {
	n := 100_000
	if testing.Short() || raceEnabled {
		n = 10_000
	}
	for _, tt := range []struct {
		name       string
		partitions int
		headers    string
	}{
		{"common names", 100, "authorization content-type x-requested-with"},
		{"a rare name", 100, "authorization content-type x-example-client-version"},
		{"many partitions", n, "authorization content-type x-requested-with"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := grant("GET PUT DELETE", tt.headers, time.Hour)
			own := 0
			before := heap()
			m := preflightcache.New(&preflightcache.Options{MaxKeys: n})
			for i := range n {
				k := keyOf("https://top"+strconv.Itoa(i%tt.partitions)+".example", i)
				own += len(k.Origin) + len(k.URL)
				m.Store(ctx, k, true, g)
			}
			grown := heap() - before
			s := m.Stats()
			if s.Keys != uint64(n) {
				t.Errorf("%d keys are kept", s.Keys)
			}
			measured := !raceEnabled && strconv.IntSize == 64 // the sizes are those of 64-bit systems
			if counted := int64(s.Bytes); measured && (grown > counted*6/5 || counted > grown*6/5) {
				t.Errorf("%d bytes are counted, but the heap has grown by %d", counted, grown)
			}
			if perKey := (grown - int64(own)) / int64(n); measured && tt.partitions < n && perKey > 250 {
				t.Errorf("a key takes %d bytes besides its own strings; want 250 at most", perKey)
			}
			runtime.KeepAlive(m)
		})
	}
}
