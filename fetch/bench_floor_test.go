package fetch_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"testing"
)

// BenchmarkFloor measures what any engine on top of net/http has to pay for a
// fetch, besides what Base does, whatever it decides and however fast: a request
// with a URL and a context, a header of its own, the serialized URL, one look at
// every response header, which could be a Set-Cookie in any spelling, and for a
// CORS response a header with what is exposed.
func BenchmarkFloor(b *testing.B) {
	ctx := context.WithValue(context.Background(), new(int), 1)
	one := []string{"x"}
	own := http.Header{"Accept": one, "Accept-Encoding": one, "Origin": one,
		"Sec-Fetch-Dest": one, "Sec-Fetch-Mode": one, "Sec-Fetch-Site": one}
	resp, _ := benchBase{}.RoundTrip(&http.Request{})
	var request *http.Request
	var header, exposed http.Header
	var serialized string
	seen := 0
	for _, c := range []struct {
		name       string
		cors, body bool
	}{
		{"to=same-origin/method=GET", false, false},
		{"to=cross-origin/method=GET", true, false},
		{"to=cross-origin/method=PUT/cache=warm", true, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				u := &url.URL{Scheme: "https", Host: "api.example", Path: "/items", RawQuery: "page=2"}
				serialized = u.Scheme + "://" + u.Host + u.Path + "?" + u.RawQuery
				header = maps.Clone(own)
				if c.body {
					header["Content-Type"] = []string{"application/json"}
				}
				request = (&http.Request{Method: "GET", URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Host: u.Host}).WithContext(ctx)
				for name := range resp.Header {
					seen += len(name)
				}
				if c.cors {
					exposed = make(http.Header)
					exposed["Content-Length"], exposed["Content-Type"], exposed["Etag"] = one, one, one
				}
			}
		})
	}
	_, _, _, _ = request, exposed, serialized, seen
}
