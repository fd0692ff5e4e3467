package fetch_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// benchBase is an in-memory server. It allocates what any would: a response, a
// header and its values.
type benchBase struct{}

func (benchBase) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return &http.Response{
		Status: "200 OK", StatusCode: 200,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Access-Control-Allow-Headers":  {"content-type"},
			"Access-Control-Allow-Methods":  {"PUT"},
			"Access-Control-Allow-Origin":   {"https://app.example"},
			"Access-Control-Expose-Headers": {"ETag"},
			"Access-Control-Max-Age":        {"7200"},
			"Content-Length":                {"0"},
			"Content-Type":                  {"application/json"},
			"Date":                          {"Thu, 02 Jul 2026 18:05:05 GMT"},
			"Etag":                          {`"x"`},
			"Vary":                          {"Origin"},
		},
		Body:    http.NoBody,
		Request: req,
	}, nil
}

// A benchCase is a request from https://app.example.
type benchCase struct {
	name, method, url, body string
	header                  http.Header
}

// benchCases are those for which there are aims.
var benchCases = []benchCase{
	{"same-origin/method=GET", "GET", "https://app.example/items?page=2", "", nil},
	{"cross-origin/method=GET", "GET", "https://api.example/items?page=2", "", nil},
	{"cross-origin/method=PUT/cache=warm", "PUT", "https://api.example/items/7", `{"a":1}`,
		http.Header{"Content-Type": {"application/json"}}},
}

// newRequest returns the request, which can be sent any number of times as long as
// nobody reads its body.
func (c *benchCase) newRequest(b *testing.B) *http.Request {
	b.Helper()
	req, err := http.NewRequest(c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		b.Fatal(err)
	}
	if c.header != nil {
		req.Header = c.header
	}
	return req
}

// benchBare gives req to base again and again.
func benchBare(b *testing.B, base http.RoundTripper, req *http.Request) {
	b.ReportAllocs()
	for b.Loop() {
		resp, err := base.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

// benchFetch fetches req again and again.
func benchFetch(b *testing.B, client *fetch.Client, req *http.Request, p *fetch.Params) {
	b.ReportAllocs()
	for b.Loop() {
		resp, err := client.Fetch(req, p)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

// BenchmarkFetch compares a fetch through the engine (via=engine) with the same
// request given to the same Base directly (via=bare).
func BenchmarkFetch(b *testing.B) {
	for _, c := range benchCases {
		b.Run("to="+c.name+"/via=bare", func(b *testing.B) {
			benchBare(b, benchBase{}, c.newRequest(b))
		})
		b.Run("to="+c.name+"/via=engine", func(b *testing.B) {
			benchFetch(b, &fetch.Client{Base: benchBase{}}, c.newRequest(b), &fetch.Params{Environment: app})
		})
	}
}

// BenchmarkFetchParallel is the same with goroutines that share a client and its
// preflight cache.
func BenchmarkFetchParallel(b *testing.B) {
	for _, c := range benchCases {
		b.Run("to="+c.name+"/via=bare", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				req := c.newRequest(b)
				for pb.Next() {
					resp, err := benchBase{}.RoundTrip(req)
					if err != nil {
						b.Error(err)
						return
					}
					resp.Body.Close()
				}
			})
		})
		b.Run("to="+c.name+"/via=engine", func(b *testing.B) {
			client := &fetch.Client{Base: benchBase{}}
			params := &fetch.Params{Environment: app}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				req := c.newRequest(b)
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
