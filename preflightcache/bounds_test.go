package preflightcache_test

import (
	"math"
	"math/rand/v2"
	"runtime"
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
