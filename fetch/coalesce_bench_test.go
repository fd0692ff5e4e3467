package fetch_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// BenchmarkCoalesce has 32 fetches in flight that need the same preflight, to a Base
// that takes its time for it. An operation is all of them; preflights/op is how many
// were sent.
func BenchmarkCoalesce(b *testing.B) {
	const inFlight = 32
	for _, coalesce := range []string{"off", "on"} {
		b.Run(fmt.Sprintf("latency=1ms/inflight=%d/coalesce=%s", inFlight, coalesce), func(b *testing.B) {
			var preflights atomic.Int64
			client := &fetch.Client{
				CoalescePreflights: coalesce == "on",
				Preflights:         preflightcache.Disabled, // always cold
				Base: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method == "OPTIONS" {
						preflights.Add(1)
						time.Sleep(time.Millisecond)
					}
					return benchBase{}.RoundTrip(r)
				}),
			}
			req := newRequest(b, "PUT", "https://api.example/items/7", nil)
			params := &fetch.Params{Environment: app}
			b.ReportAllocs()
			for b.Loop() {
				var wg sync.WaitGroup
				for range inFlight {
					wg.Go(func() {
						resp, err := client.Fetch(req, params)
						if err != nil {
							b.Error(err)
							return
						}
						resp.Body.Close()
					})
				}
				wg.Wait()
			}
			b.ReportMetric(float64(preflights.Load())/float64(b.N), "preflights/op")
		})
	}
}

// BenchmarkCoalesceAlone is what coalescing costs a fetch that shares nothing: its
// grant is cached, or it sends a preflight of its own.
func BenchmarkCoalesceAlone(b *testing.B) {
	for _, cache := range []string{"warm", "disabled"} {
		for _, coalesce := range []string{"off", "on"} {
			b.Run("cache="+cache+"/coalesce="+coalesce, func(b *testing.B) {
				client := &fetch.Client{CoalescePreflights: coalesce == "on", Base: benchBase{}}
				if cache == "disabled" {
					client.Preflights = preflightcache.Disabled
				}
				req := newRequest(b, "PUT", "https://api.example/items/7", nil)
				params := &fetch.Params{Environment: app}
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						resp, err := client.Fetch(req, params)
						if err != nil {
							b.Error(err)
							return
						}
						resp.Body.Close()
					}
				})
			})
		}
	}
}
