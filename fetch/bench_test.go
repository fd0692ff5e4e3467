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

// BenchmarkFetch compares a fetch through the engine (via=engine) with the same
// request given to the same Base directly (via=bare).
func BenchmarkFetch(b *testing.B) {
	type fetchCase struct {
		name, method, url, body string
		header                  http.Header
	}
	cases := []fetchCase{
		{"same-origin/method=GET", "GET", "https://app.example/items?page=2", "", nil},
		{"cross-origin/method=GET", "GET", "https://api.example/items?page=2", "", nil},
		{"cross-origin/method=PUT/cache=warm", "PUT", "https://api.example/items/7", `{"a":1}`,
			http.Header{"Content-Type": {"application/json"}}},
	}
	for _, c := range cases {
		newRequest := func(b *testing.B) *http.Request {
			req, err := http.NewRequest(c.method, c.url, strings.NewReader(c.body))
			if err != nil {
				b.Fatal(err)
			}
			if c.header != nil {
				req.Header = c.header
			}
			return req
		}
		b.Run("to="+c.name+"/via=bare", func(b *testing.B) {
			req := newRequest(b)
			b.ReportAllocs()
			for b.Loop() {
				resp, err := benchBase{}.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
		})
		b.Run("to="+c.name+"/via=engine", func(b *testing.B) {
			req := newRequest(b)
			client := &fetch.Client{Base: benchBase{}}
			params := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}}
			b.ReportAllocs()
			for b.Loop() {
				resp, err := client.Fetch(req, params)
				if err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
		})
	}
}
