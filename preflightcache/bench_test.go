package preflightcache_test

import (
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/corsengine/corsengine/preflightcache"
)

// usual is a grant as servers give it.
var usual = grant("GET PUT DELETE", "authorization content-type x-requested-with", time.Hour)

// benchHeaders are the header names that are asked for.
var benchHeaders = []string{"authorization", "content-type"}

// fill returns a Memory that holds n keys in as many as 100 partitions, and the
// keys.
func fill(b *testing.B, n int) (*preflightcache.Memory, []preflightcache.Key) {
	b.Helper()
	m := preflightcache.New(&preflightcache.Options{MaxKeys: max(n, 4096)})
	keys := make([]preflightcache.Key, n)
	for i := range keys {
		keys[i] = keyOf(fmt.Sprintf("https://top%d.example", i%100), i)
		store(b, m, keys[i], true, usual)
	}
	return m, keys
}

// A keyMaker makes the keys that fill stores, in the same place each time. So the
// strings are in the processor's cache, as are those of a fetch, which has just
// made them when it asks; a million keys that were made beforehand are not.
type keyMaker struct {
	partitions [100]string
	origin     string
	url        []byte
	prefix     int // the length of what all URLs begin with
}

func newKeyMaker() *keyMaker {
	k := keyOf("", 0)
	m := &keyMaker{origin: k.Origin, url: []byte(k.URL), prefix: len(k.URL) - len("0")}
	for i := range m.partitions {
		m.partitions[i] = fmt.Sprintf("https://top%d.example", i)
	}
	return m
}

// key returns the i-th key. It is valid until the next call.
func (m *keyMaker) key(i uint32) preflightcache.Key {
	m.url = strconv.AppendUint(m.url[:m.prefix], uint64(i), 10)
	return preflightcache.Key{
		Partition: m.partitions[i%uint32(len(m.partitions))],
		Origin:    m.origin,
		URL:       unsafe.String(unsafe.SliceData(m.url), len(m.url)),
	}
}

// An access chooses the keys to ask for.
type access struct {
	name string
	// order returns the numbers of the keys, of n, in the order of asking.
	order func(n int) []uint32
}

// orderLen is the least length of an order. It goes round.
const orderLen = 1 << 16

var accesses = []access{
	{"uniform", func(n int) []uint32 {
		r := rand.New(rand.NewPCG(1, 1))
		order := make([]uint32, max(orderLen, n))
		for i := range order {
			order[i] = r.Uint32N(uint32(n))
		}
		return order
	}},
	{"zipf", func(n int) []uint32 { return zipf(n, max(orderLen, n)) }},
}

// zipf returns numbers below n, of which the k-th most frequent one is k times as
// rare as the most frequent: the popularity of web pages follows such a law.
// Which numbers are the frequent ones is random.
func zipf(n, count int) []uint32 {
	r := rand.New(rand.NewPCG(1, 2))
	names := r.Perm(n)
	z := rand.NewZipf(r, 1.0001, 1, uint64(n-1))
	order := make([]uint32, count)
	for i := range order {
		order[i] = uint32(names[z.Uint64()])
	}
	return order
}

var sizes = []int{1, 4096, 1_000_000}

func BenchmarkCovers(b *testing.B) {
	for _, n := range sizes {
		m, keys := fill(b, n)
		for _, a := range accesses {
			order := a.order(n)
			for _, bb := range []struct {
				result, method string
				partition      string
				want           bool
			}{
				{"hit", "PUT", "", true},
				{"othermethod", "PATCH", "", false},
				{"miss", "PUT", "https://none.example", false},
			} {
				b.Run(fmt.Sprintf("keys=%d/access=%s/result=%s", n, a.name, bb.result), func(b *testing.B) {
					b.ReportAllocs()
					i := 0
					for b.Loop() {
						k := keys[order[i]]
						if i++; i == len(order) {
							i = 0
						}
						if bb.partition != "" {
							k.Partition = bb.partition
						}
						if ok, _ := m.Covers(ctx, k, true, bb.method, benchHeaders); ok != bb.want {
							b.Fatalf("Covers = %t", ok)
						}
					}
				})
			}
			b.Run(fmt.Sprintf("keys=%d/access=%s/key=made/result=hit", n, a.name), func(b *testing.B) {
				b.ReportAllocs()
				made := newKeyMaker()
				i := 0
				for b.Loop() {
					k := made.key(order[i])
					if i++; i == len(order) {
						i = 0
					}
					if ok, _ := m.Covers(ctx, k, true, "PUT", benchHeaders); !ok {
						b.Fatalf("Covers = %t", ok)
					}
				}
			})
			b.Run(fmt.Sprintf("keys=%d/access=%s/result=hit/parallel=true", n, a.name), func(b *testing.B) {
				b.ReportAllocs()
				var start atomic.Int64
				b.RunParallel(func(pb *testing.PB) {
					for i := int(start.Add(104729)); pb.Next(); i++ {
						m.Covers(ctx, keys[order[i%len(order)]], true, "PUT", benchHeaders)
					}
				})
			})
		}
	}
}

// BenchmarkFloor does what none of the lookups of BenchmarkCovers can do without,
// whatever the cache: it reads the strings of the same keys, or makes them, hashes
// them and reads the clocks.
func BenchmarkFloor(b *testing.B) {
	seed := maphash.MakeSeed()
	var sum uint64
	var now time.Time
	b.Run("part=clock", func(b *testing.B) {
		for b.Loop() {
			now = time.Now()
		}
	})
	for _, n := range sizes {
		keys := make([]preflightcache.Key, n)
		for i := range keys {
			keys[i] = keyOf(fmt.Sprintf("https://top%d.example", i%100), i)
		}
		for _, a := range accesses {
			order := a.order(n)
			b.Run(fmt.Sprintf("part=key/keys=%d/access=%s", n, a.name), func(b *testing.B) {
				i := 0
				for b.Loop() {
					k := keys[order[i]]
					if i++; i == len(order) {
						i = 0
					}
					sum += maphash.Comparable(seed, k)
				}
			})
			b.Run(fmt.Sprintf("part=made/keys=%d/access=%s", n, a.name), func(b *testing.B) {
				made := newKeyMaker()
				i := 0
				for b.Loop() {
					k := made.key(order[i])
					if i++; i == len(order) {
						i = 0
					}
					sum += maphash.Comparable(seed, k)
				}
			})
			// A map of the same keys finds, but neither checks nor notes, anything.
			index := make(map[preflightcache.Key]uint32, n)
			for i, k := range keys {
				k.URL = strings.Clone(k.URL)
				index[k] = uint32(i)
			}
			b.Run(fmt.Sprintf("part=map/keys=%d/access=%s", n, a.name), func(b *testing.B) {
				i := 0
				for b.Loop() {
					k := keys[order[i]]
					if i++; i == len(order) {
						i = 0
					}
					sum += uint64(index[k])
				}
			})
		}
	}
	runtime.KeepAlive(sum)
	runtime.KeepAlive(now)
}

// BenchmarkMixed is a crawl in which one request in a hundred has a preflight,
// for a key that is new, while the others find their keys.
func BenchmarkMixed(b *testing.B) {
	for _, n := range sizes[1:] {
		m, keys := fill(b, n)
		order := zipf(n, orderLen)
		b.Run(fmt.Sprintf("keys=%d/parallel=true", n), func(b *testing.B) {
			b.ReportAllocs()
			var start, fresh atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for i := int(start.Add(104729)); pb.Next(); i++ {
					if i%100 == 0 {
						j := int(fresh.Add(1))
						m.Store(ctx, keyOf(keys[j%n].Partition, n+j), true, usual)
						continue
					}
					m.Covers(ctx, keys[order[i%len(order)]], true, "PUT", benchHeaders)
				}
			})
		})
	}
}

func BenchmarkStore(b *testing.B) {
	for _, n := range sizes {
		m, keys := fill(b, n)
		b.Run(fmt.Sprintf("keys=%d/entry=renewed", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				m.Store(ctx, keys[i%n], true, usual)
				i += 7919
			}
		})
		b.Run(fmt.Sprintf("keys=%d/entry=new", n), func(b *testing.B) {
			b.ReportAllocs()
			i := n
			for b.Loop() {
				m.Store(ctx, keyOf("https://flood.example", i), true, usual)
				i++
			}
		})
	}
}

// BenchmarkGrowth stores keys in a Memory that has room for them all, and reports
// the longest that one Store took.
func BenchmarkGrowth(b *testing.B) {
	const n = 1_000_000
	var longest time.Duration
	for b.Loop() {
		m := preflightcache.New(&preflightcache.Options{MaxKeys: n})
		for i := range n {
			k := keyOf("https://top.example", i)
			start := time.Now()
			m.Store(ctx, k, true, usual)
			longest = max(longest, time.Since(start))
		}
	}
	b.ReportMetric(float64(longest.Microseconds()), "max-µs/store")
}

// BenchmarkFlood stores 10 million keys of one partition beside 100 partitions of
// 100 keys each that are asked for every now and then, and reports how many of
// the answers were hits.
func BenchmarkFlood(b *testing.B) {
	const n, partitions, each = 10_000_000, 100, 100
	asked, hits := 0, 0
	for b.Loop() {
		m := preflightcache.New(&preflightcache.Options{MaxKeys: 20_000})
		var quiet []preflightcache.Key
		for i := range partitions * each {
			k := keyOf(fmt.Sprintf("https://quiet%d.example", i%partitions), i)
			quiet = append(quiet, k)
			store(b, m, k, true, usual)
		}
		for i := range n {
			m.Store(ctx, keyOf("https://flood.example", i), true, usual)
			if i%1000 == 0 {
				asked++
				if covers(b, m, quiet[i/1000%len(quiet)], true, "PUT", "content-type") {
					hits++
				}
			}
		}
		if s := m.Stats(); s.Keys > 20_000 {
			b.Fatalf("%d keys", s.Keys)
		}
	}
	b.ReportMetric(float64(hits)/float64(asked), "hits/ask")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/store")
}

// BenchmarkMemory reports what a key takes beyond its own strings, by the growth
// of the heap and by Stats.
func BenchmarkMemory(b *testing.B) {
	const n = 1_000_000
	for _, bb := range []struct {
		name       string
		partitions int
		headers    string
	}{
		{"usual", 100, "authorization content-type x-requested-with"},
		{"rare", 100, "authorization content-type x-example-client-version"},
		{"usual", n, "authorization content-type x-requested-with"},
	} {
		b.Run(fmt.Sprintf("keys=%d/names=%s/partitions=%d", n, bb.name, bb.partitions), func(b *testing.B) {
			g := grant("GET PUT DELETE", bb.headers, time.Hour)
			var grown, counted, own int64
			for b.Loop() {
				before := heap()
				m := preflightcache.New(&preflightcache.Options{MaxKeys: n, MaxBytes: math.MaxInt64})
				own = 0
				for i := range n {
					k := keyOf(fmt.Sprintf("https://top%d.example", i%bb.partitions), i)
					own += int64(len(k.Origin) + len(k.URL))
					if i < bb.partitions {
						own += int64(len(k.Partition)) // kept once
					}
					m.Store(ctx, k, true, g)
				}
				grown = heap() - before
				counted = int64(m.Stats().Bytes)
				runtime.KeepAlive(m)
			}
			b.ReportMetric(float64(grown-own)/n, "heap-B/key")
			b.ReportMetric(float64(counted-own)/n, "counted-B/key")
		})
	}
}

// BenchmarkAdversary measures what a hostile page or server can make a single
// call cost.
func BenchmarkAdversary(b *testing.B) {
	many := strings.Fields(strings.Repeat("a ", 1<<19))
	full := grant("", "", time.Hour)
	for i := range 64 {
		full.Headers = append(full.Headers, fmt.Sprintf("x-%02d", i))
	}
	long := page
	long.URL += strings.Repeat("a", 1<<20)
	b.Run("call=store/names=524288", func(b *testing.B) {
		b.ReportAllocs()
		m, g := preflightcache.New(nil), full
		g.Methods = many
		for b.Loop() {
			m.Store(ctx, page, true, g)
		}
	})
	b.Run("call=store/names=64/entry=renewed", func(b *testing.B) {
		b.ReportAllocs()
		m := preflightcache.New(nil)
		for b.Loop() {
			m.Store(ctx, page, true, full)
		}
	})
	b.Run("call=store/names=64/entry=changed", func(b *testing.B) {
		b.ReportAllocs()
		m := preflightcache.New(nil)
		other := full
		other.Headers = append([]string(nil), full.Headers...)
		for i, j := 0, len(other.Headers)-1; i < j; i, j = i+1, j-1 {
			other.Headers[i], other.Headers[j] = other.Headers[j], other.Headers[i]
		}
		for i := 0; b.Loop(); i++ {
			if i%2 == 0 {
				m.Store(ctx, page, true, full)
			} else {
				m.Store(ctx, page, true, other)
			}
		}
	})
	b.Run("call=covers/names=64", func(b *testing.B) {
		b.ReportAllocs()
		m := preflightcache.New(nil)
		store(b, m, page, true, full)
		for b.Loop() {
			m.Covers(ctx, page, true, "", full.Headers)
		}
	})
	b.Run("call=covers/url=1MiB", func(b *testing.B) {
		b.ReportAllocs()
		m := preflightcache.New(nil)
		store(b, m, page, true, full)
		for b.Loop() {
			m.Covers(ctx, long, true, "PUT", nil)
		}
	})
	b.Run("call=clearpartition/keys=100000", func(b *testing.B) {
		m := preflightcache.New(&preflightcache.Options{MaxKeys: 100_000})
		for b.Loop() {
			b.StopTimer()
			for i := range 100_000 {
				store(b, m, keyOf(page.Partition, i), true, usual)
			}
			b.StartTimer()
			m.ClearPartition(page.Partition)
		}
	})
}
