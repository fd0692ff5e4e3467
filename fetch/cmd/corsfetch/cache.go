package main

import (
	"net/http"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// An emptyCache stands between a page that asks for stored responses only and a
// server that must not be asked. There is nothing in it.
type emptyCache struct{}

// RoundTrip implements [http.RoundTripper].
//
// See https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.7.
func (emptyCache) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return &http.Response{
		Status:     "504 " + http.StatusText(http.StatusGatewayTimeout),
		StatusCode: http.StatusGatewayTimeout,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     make(http.Header),
		Body:       http.NoBody,
		Request:    req,
	}, nil
}

// conditional returns the name of the header with which the page that sends h asks
// about a response that it has stored itself, or "".
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func conditional(h http.Header) string {
	for _, name := range [...]string{"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"} {
		if _, ok := header.Get(h, name); ok {
			return name
		}
	}
	return ""
}

// cacheInEffect returns the cache mode of a request with the headers h.
func (o *options) cacheInEffect(h http.Header) fetch.Cache {
	if o.cache == fetch.CacheDefault && conditional(h) != "" {
		return fetch.CacheNoStore
	}
	return o.cache
}

// cacheEffect says what a cache mode other than the default means for a browser
// whose cache is empty.
func cacheEffect(c fetch.Cache) string {
	switch c {
	case fetch.CacheNoStore:
		return "the browser's cache is not used, and caches on the way are asked for a new answer"
	case fetch.CacheReload:
		return "the browser's cache is not asked but keeps the answer, and caches on the way are asked for a new one"
	case fetch.CacheNoCache:
		return "caches ask the server whether what they have is still good"
	case fetch.CacheForceCache:
		return "whatever the browser's cache has will do; here it is empty, so the server is asked"
	}
	return "the browser's cache answers or nobody does; here it is empty, so nothing is sent"
}
