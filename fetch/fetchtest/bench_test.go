package fetchtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// BenchmarkPageFetch measures fetches of a page from a host in the same process,
// with all that goes with them: parsing the URL, the CORS check, the record of the
// exchange, reading the body. Run it with -cpu 1 for the rate of one core.
func BenchmarkPageFetch(b *testing.B) {
	for _, c := range []struct {
		name string
		url  string
		init *fetchtest.Init
		body string
	}{
		{"to=same-origin/method=GET/body=5", app + "/items", nil, "hello"},
		{"to=cross-origin/method=GET/body=5", api + "/items", nil, "hello"},
		{"to=cross-origin/method=GET/body=65536", api + "/items", nil, strings.Repeat("x", 65536)},
		{"to=cross-origin/method=PUT/body=5/cache=warm", api + "/items", &fetchtest.Init{Method: "PUT", Body: []byte("x")}, "hello"},
	} {
		b.Run(c.name, func(b *testing.B) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", app)
				if r.Method == http.MethodOptions {
					w.Header().Set("Access-Control-Allow-Methods", "PUT")
					w.Header().Set("Access-Control-Max-Age", "7200")
					return
				}
				io.WriteString(w, c.body)
			})
			page := fetchtest.NewBrowser(b, fetchtest.Hosts{app: h, api: h}).Open(app + "/")
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				resp, err := page.Fetch(ctx, c.url, c.init)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fetches/s")
		})
	}
}

// BenchmarkPageFetchParallel measures fetches of one page by many goroutines.
func BenchmarkPageFetchParallel(b *testing.B) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", app)
		io.WriteString(w, "hello")
	})
	page := fetchtest.NewBrowser(b, fetchtest.Hosts{app: h, api: h}).Open(app + "/")
	for _, c := range []struct{ name, url string }{
		{"to=same-origin/method=GET/body=5", app + "/items"},
		{"to=cross-origin/method=GET/body=5", api + "/items"},
	} {
		b.Run(c.name, func(b *testing.B) {
			ctx := b.Context()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					resp, err := page.Fetch(ctx, c.url, nil)
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		})
	}
}

// BenchmarkCheck measures the check of a server against a policy.
func BenchmarkCheck(b *testing.B) {
	b.Run("server=correct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if found, err := policy().Check(b.Context(), cors{}); err != nil || len(found) > 0 {
				b.Fatal(found, err)
			}
		}
	})
	b.Run("server=without-CORS", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := policy().Check(b.Context(), http.HandlerFunc(serve)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
