package fetch_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// benchAPI answers everybody as an API would.
var benchAPI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	h.Set("Vary", "Origin")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Headers", "content-type")
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Max-Age", "7200")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	io.Copy(io.Discard, r.Body)
	h.Set("Access-Control-Expose-Headers", "ETag")
	h.Set("Content-Type", "application/json")
	h.Set("Etag", `"x"`)
	h.Set("Content-Length", strconv.Itoa(len(benchAnswer)))
	io.WriteString(w, benchAnswer)
})

const benchAnswer = `{"id":7,"name":"an item as an API returns it","tags":["one","two","three"],"stock":42}`

// BenchmarkLoopback compares fetches over real connections with the same requests of
// the same http.Transport without the engine. Requests are made anew, and bodies read to
// the end, for both. With inflight=many there are 16 goroutines for each processor.
func BenchmarkLoopback(b *testing.B) {
	for _, proto := range []string{"1.1", "2"} {
		srv := httptest.NewUnstartedServer(benchAPI)
		if proto == "2" {
			srv.EnableHTTP2 = true
			srv.StartTLS()
		} else {
			srv.Start()
		}
		b.Cleanup(srv.Close)
		transport := srv.Client().Transport.(*http.Transport)
		transport.MaxIdleConnsPerHost = 1024
		for _, c := range []struct {
			name, origin, method, body string
		}{
			{"to=same-origin/method=GET", srv.URL, "GET", ""},
			{"to=cross-origin/method=GET", "https://app.example", "GET", ""},
			{"to=cross-origin/method=PUT/cache=warm", "https://app.example", "PUT", `{"a":1}`},
		} {
			client, params := &fetch.Client{Base: transport}, &fetch.Params{Environment: page(c.origin)}
			bare := func(req *http.Request) (io.ReadCloser, error) {
				resp, err := transport.RoundTrip(req)
				if err != nil {
					return nil, err
				}
				return resp.Body, nil
			}
			engine := func(req *http.Request) (io.ReadCloser, error) {
				resp, err := client.Fetch(req, params)
				if err != nil {
					return nil, err
				}
				return resp.Body, nil
			}
			for _, via := range []struct {
				name string
				send func(*http.Request) (io.ReadCloser, error)
			}{{"bare", bare}, {"engine", engine}} {
				once := func(b *testing.B) error {
					var body io.Reader
					if c.body != "" {
						body = strings.NewReader(c.body)
					}
					req, err := http.NewRequestWithContext(b.Context(), c.method, srv.URL+"/items/7", body)
					if err != nil {
						return err
					}
					if body != nil {
						req.Header.Set("Content-Type", "application/json")
					}
					answer, err := via.send(req)
					if err != nil {
						return err
					}
					_, err = io.Copy(io.Discard, answer)
					answer.Close()
					return err
				}
				name := "proto=" + proto + "/" + c.name
				b.Run(name+"/inflight=1/via="+via.name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if err := once(b); err != nil {
							b.Fatal(err)
						}
					}
				})
				b.Run(name+"/inflight=many/via="+via.name, func(b *testing.B) {
					b.ReportAllocs()
					b.SetParallelism(16)
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							if err := once(b); err != nil {
								b.Error(err)
								return
							}
						}
					})
				})
			}
		}
	}
}
