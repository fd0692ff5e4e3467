package preflightcache_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// fill returns a Memory that holds n keys in as many as 100 partitions, and the
// keys.
func fill(b *testing.B, n int) (*preflightcache.Memory, []preflightcache.Key) {
	b.Helper()
	m := preflightcache.New(&preflightcache.Options{MaxKeys: n})
	g := grant("GET PUT DELETE", "authorization content-type x-requested-with", time.Hour)
	keys := make([]preflightcache.Key, n)
	for i := range keys {
		keys[i] = keyOf(fmt.Sprintf("https://top%d.example", i%100), i)
		store(b, m, keys[i], true, g)
	}
	return m, keys
}

var benchHeaders = []string{"authorization", "content-type"}

func BenchmarkCovers(b *testing.B) {
	for _, n := range []int{1, 4096, 1_000_000} {
		m, keys := fill(b, n)
		for _, bb := range []struct {
			result, method string
			partition      string
			want           bool
		}{
			{"hit", "PUT", "", true},
			{"othermethod", "PATCH", "", false},
			{"miss", "PUT", "https://none.example", false},
		} {
			b.Run(fmt.Sprintf("keys=%d/result=%s", n, bb.result), func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					k := keys[i%n]
					if i += 7919; bb.partition != "" {
						k.Partition = bb.partition
					}
					if ok, _ := m.Covers(ctx, k, true, bb.method, benchHeaders); ok != bb.want {
						b.Fatalf("Covers = %t", ok)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("keys=%d/result=hit/parallel=true", n), func(b *testing.B) {
			b.ReportAllocs()
			var start atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for i := int(start.Add(104729)); pb.Next(); i += 7919 {
					m.Covers(ctx, keys[i%n], true, "PUT", benchHeaders)
				}
			})
		})
	}
}

func BenchmarkStore(b *testing.B) {
	g := grant("GET PUT DELETE", "authorization content-type x-requested-with", time.Hour)
	for _, n := range []int{1, 4096, 1_000_000} {
		m, keys := fill(b, n)
		b.Run(fmt.Sprintf("keys=%d/entry=renewed", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				m.Store(ctx, keys[i%n], true, g)
				i += 7919
			}
		})
		b.Run(fmt.Sprintf("keys=%d/entry=new", n), func(b *testing.B) {
			b.ReportAllocs()
			i := n
			for b.Loop() {
				m.Store(ctx, keyOf("https://flood.example", i), true, g)
				i++
			}
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
	b.Run("call=store/names=64", func(b *testing.B) {
		b.ReportAllocs()
		m := preflightcache.New(nil)
		for b.Loop() {
			m.Store(ctx, page, true, full)
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
		for b.Loop() {
			m.Covers(ctx, long, true, "PUT", nil)
		}
	})
}
