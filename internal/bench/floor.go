package main

import (
	"context"
	"maps"
	"net/http"
	"net/url"
)

// floor returns a function that does n times what any engine on top of net/http has to
// do for the aim's fetch, besides what its Base does and whatever it decides: make a
// request with a URL and a context, and a header of its own, serialize the URL, look at
// every response header, which could be a Set-Cookie in any spelling, and for a CORS
// response make a header of what is exposed. What an aim leaves above that is for the
// engine; one below it cannot be reached.
func (a *aim) floor() func(n int) error {
	ctx := context.WithValue(context.Background(), new(int), 1)
	one := []string{"x"}
	own := http.Header{"Accept": one, "Accept-Encoding": one, "Origin": one,
		"Sec-Fetch-Dest": one, "Sec-Fetch-Mode": one, "Sec-Fetch-Site": one}
	resp, _ := memoryBase{}.RoundTrip(&http.Request{})
	return func(n int) error {
		for range n {
			u := &url.URL{Scheme: "https", Host: "api.example", Path: "/items", RawQuery: "page=2"}
			kept.url = u.Scheme + "://" + u.Host + u.Path + "?" + u.RawQuery
			header := maps.Clone(own)
			if a.body != "" {
				header["Content-Type"] = []string{"application/json"}
			}
			kept.request = (&http.Request{Method: a.method, URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header: header, Host: u.Host}).WithContext(ctx)
			for name := range resp.Header {
				kept.seen += len(name)
			}
			if a.cors {
				kept.exposed = make(http.Header)
				kept.exposed["Content-Length"], kept.exposed["Content-Type"], kept.exposed["Etag"] = one, one, one
			}
		}
		return nil
	}
}

// kept holds what floor makes, lest the compiler leave it out.
var kept struct {
	request *http.Request
	exposed http.Header
	url     string
	seen    int
}
