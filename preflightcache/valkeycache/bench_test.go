package valkeycache

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// keyOf returns one of many keys.
func keyOf(i int) preflightcache.Key {
	return preflightcache.Key{
		Partition: fmt.Sprintf("https://top%d.example", i%100),
		Origin:    "https://page.example",
		URL:       fmt.Sprintf("https://api.example/v1/items/%d?fields=name,price", i),
	}
}

var (
	benchGrant = corscheck.Grant{
		Methods: []string{"GET", "PUT", "DELETE"},
		Headers: []string{"authorization", "content-type", "x-requested-with"},
		MaxAge:  time.Hour,
	}
	benchHeaders = []string{"authorization", "content-type"}
)

// BenchmarkCovers measures what a question costs that is answered from a local
// copy, by the server, and while the server is not asked.
func BenchmarkCovers(b *testing.B) {
	const n = 4096
	ctx := context.Background()
	w := newWorld(b, startServer(b))
	fill := func(c *Cache) {
		for i := range n {
			if err := c.Store(ctx, keyOf(i), true, benchGrant); err != nil {
				b.Fatal(err)
			}
		}
	}
	keys := make([]preflightcache.Key, n)
	for i := range keys {
		keys[i] = keyOf(i)
	}
	run := func(name string, c *Cache, method string, want bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i += 7919 {
				if ok, _ := c.Covers(ctx, keys[i%n], true, method, benchHeaders); ok != want {
					b.Fatalf("Covers = %t", ok)
				}
			}
		})
		b.Run(name+"/parallel=true", func(b *testing.B) {
			b.ReportAllocs()
			var start atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for i := int(start.Add(104729)); pb.Next(); i += 7919 {
					if ok, _ := c.Covers(ctx, keys[i%n], true, method, benchHeaders); ok != want {
						b.Errorf("Covers = %t", ok)
						return
					}
				}
			})
		})
	}
	local := w.cache(b, func(o *Options) { o.LocalTTL = time.Hour })
	local.now, local.local.now = time.Now, time.Now
	fill(local)
	run("answer=local/result=hit", local, "PUT", true)
	run("answer=local/result=miss", local, "PATCH", false)
	remote := w.cache(b, func(o *Options) { o.LocalTTL = -1 })
	run("answer=remote/result=hit", remote, "PUT", true)
	for i := range keys {
		keys[i].Partition = "https://none.example"
	}
	run("answer=remote/result=miss", remote, "PUT", false)
	w.kill()
	dead := w.cache(b, func(o *Options) { o.Cooldown = time.Hour; o.Timeout = 0 })
	for range 10 {
		dead.Covers(ctx, keys[0], true, "PUT", benchHeaders)
	}
	run("answer=rejected", dead, "PUT", false)
}

func BenchmarkStore(b *testing.B) {
	ctx := context.Background()
	c := newWorld(b, startServer(b)).cache(b)
	b.Run("entry=renewed", func(b *testing.B) {
		b.ReportAllocs()
		k := keyOf(0)
		for b.Loop() {
			if err := c.Store(ctx, k, true, benchGrant); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("entry=new", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if err := c.Store(ctx, keyOf(i), true, benchGrant); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkClear(b *testing.B) {
	b.ReportAllocs()
	ctx := context.Background()
	c := newWorld(b, startServer(b)).cache(b)
	for i := 0; b.Loop(); i++ {
		if err := c.Clear(ctx, keyOf(i)); err != nil {
			b.Fatal(err)
		}
	}
}
