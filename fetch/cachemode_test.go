package fetch_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// What each mode tells the caches on the way.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch;
// web-platform-tests fetch/api/request/request-cache-*.any.js and
// fetch/api/request/request-cache.js for the directives.
func TestCacheModeHeaders(t *testing.T) {
	tests := []struct {
		name    string
		mode    fetch.Cache
		lines   []string
		control []string
		pragma  []string
	}{
		{name: "default", mode: fetch.CacheDefault},
		{name: "no-store", mode: fetch.CacheNoStore, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "reload", mode: fetch.CacheReload, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "no-cache", mode: fetch.CacheNoCache, control: []string{"max-age=0"}},
		{name: "force-cache", mode: fetch.CacheForceCache},
		{name: "only-if-cached", mode: fetch.CacheOnlyIfCached, control: []string{"only-if-cached"}},

		{name: "default with the author's", mode: fetch.CacheDefault, lines: []string{"Cache-Control: x", "Pragma: y"}, control: []string{"x"}, pragma: []string{"y"}},
		{name: "no-store with the author's", mode: fetch.CacheNoStore, lines: []string{"Cache-Control: x", "Pragma: y"}, control: []string{"x"}, pragma: []string{"y"}},
		{name: "no-store with the author's Cache-Control", mode: fetch.CacheNoStore, lines: []string{"Cache-Control: x"}, control: []string{"x"}, pragma: []string{"no-cache"}},
		{name: "reload with the author's Pragma", mode: fetch.CacheReload, lines: []string{"Pragma: y"}, control: []string{"no-cache"}, pragma: []string{"y"}},
		{name: "reload with several lines", mode: fetch.CacheReload, lines: []string{"Cache-Control: a", "Cache-Control: b"}, control: []string{"a", "b"}, pragma: []string{"no-cache"}},
		{name: "reload with the author's, empty", mode: fetch.CacheReload, lines: []string{"Cache-Control:"}, control: []string{""}, pragma: []string{"no-cache"}},
		{name: "no-cache with the author's", mode: fetch.CacheNoCache, lines: []string{"cache-control: x"}, control: []string{"x"}},
		{name: "no-cache with the author's Pragma", mode: fetch.CacheNoCache, lines: []string{"Pragma: y"}, control: []string{"max-age=0"}, pragma: []string{"y"}},
		{name: "force-cache with the author's", mode: fetch.CacheForceCache, lines: []string{"Cache-Control: x"}, control: []string{"x"}},
		// The cache in Base has to learn of the mode.
		{name: "only-if-cached with the author's", mode: fetch.CacheOnlyIfCached, lines: []string{"Cache-Control: x"}, control: []string{"only-if-cached"}},

		{name: "If-None-Match", lines: []string{`If-None-Match: "a"`}, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "If-Modified-Since", lines: []string{"if-modified-since: x"}, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "If-Unmodified-Since", lines: []string{"If-Unmodified-Since: x"}, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "If-Match", lines: []string{"If-Match: *"}, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "If-Range", lines: []string{`If-Range: "a"`}, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "If-None-Match, empty", lines: []string{"If-None-Match:"}, control: []string{"no-cache"}, pragma: []string{"no-cache"}},
		{name: "If-Something-Else", lines: []string{"If-Something-Else: x"}},
		{name: "conditional with the author's", lines: []string{`If-None-Match: "a"`, "Cache-Control: x"}, control: []string{"x"}, pragma: []string{"no-cache"}},
		{name: "conditional with no-cache", mode: fetch.CacheNoCache, lines: []string{`If-None-Match: "a"`}, control: []string{"max-age=0"}},
		{name: "conditional with force-cache", mode: fetch.CacheForceCache, lines: []string{`If-None-Match: "a"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{}})
			p := &fetch.Params{Environment: app, Mode: fetch.ModeSameOrigin, Cache: tt.mode}
			w.fetch(newRequest(t, "GET", "https://app.example/", nil, tt.lines...), p)
			wantHeader(t, w.last().Header, "Cache-Control", tt.control...)
			wantHeader(t, w.last().Header, "Pragma", tt.pragma...)
		})
	}
}

// The headers of the mode are the engine's: no preflight asks for them, and none
// carries them. The author's are not safelisted.
func TestCacheModeAndPreflights(t *testing.T) {
	const url = "https://api.example/"
	for _, mode := range []fetch.Cache{fetch.CacheNoStore, fetch.CacheReload, fetch.CacheNoCache} {
		w := newWeb(t, map[string]http.Handler{url: share()})
		p := &fetch.Params{Environment: app, Cache: mode}
		w.fetch(newRequest(t, "GET", url, nil), p)
		w.wantReceived("GET " + url)
		w.fetch(newRequest(t, "PUT", url, nil), p)
		preflight := w.received()[0]
		if preflight.Method != "OPTIONS" {
			t.Fatalf("first request is %s; want a preflight", preflight)
		}
		for _, name := range []string{"Cache-Control", "Pragma", "Access-Control-Request-Headers"} {
			wantHeader(t, preflight.Header, name)
		}
		if w.last().Header["Cache-Control"] == nil {
			t.Errorf("%v: the request has no Cache-Control", mode)
		}

		w = newWeb(t, map[string]http.Handler{url: share()})
		w.fetch(newRequest(t, "GET", url, nil, "Cache-Control: x", "If-None-Match: y"), p)
		wantHeader(t, w.received()[0].Header, "Access-Control-Request-Headers", "cache-control,if-none-match")
	}
}

// Redirects keep the mode.
func TestCacheModeAndRedirects(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/1": answer{status: 302, lines: []string{"Location: /2"}},
		"https://app.example/2": answer{},
	})
	w.fetch(newRequest(t, "GET", "https://app.example/1", nil), &fetch.Params{Environment: app, Cache: fetch.CacheReload})
	for _, r := range w.received() {
		wantHeader(t, r.Header, "Cache-Control", "no-cache")
	}
}

// Only-if-cached tells whether the user has been somewhere before: it is for a
// page's own origin only.
//
// Source: https://fetch.spec.whatwg.org/#dom-request;
// web-platform-tests fetch/api/request/request-cache-only-if-cached.any.js.
func TestCacheModeOnlyIfCached(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate, fetch.ModeWebSocket} {
		w := newWeb(t, nil)
		w.refuse(newRequest(t, "GET", "https://app.example/", nil),
			&fetch.Params{Environment: app, Mode: mode, Cache: fetch.CacheOnlyIfCached}, fetch.ReasonInvalidRequest)
		w.wantReceived()
	}

	const url = "https://app.example/"
	p := &fetch.Params{Environment: app, Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached}
	w := newWeb(t, map[string]http.Handler{url: answer{status: 504, body: "not stored"}})
	if e := w.refuse(newRequest(t, "GET", url, nil), p, fetch.ReasonNotCached); e.Status != 504 || e.Temporary() {
		t.Errorf("status %d, temporary %t", e.Status, e.Temporary())
	}
	// In the other modes it is the server's.
	for _, mode := range []fetch.Cache{fetch.CacheDefault, fetch.CacheForceCache} {
		if resp := w.fetch(newRequest(t, "GET", url, nil), &fetch.Params{Environment: app, Cache: mode}); resp.Status != 504 {
			t.Errorf("%v: status %d; want 504", mode, resp.Status)
		}
	}
	w.handle(url, answer{status: 503})
	if resp := w.fetch(newRequest(t, "GET", url, nil), p); resp.Status != 503 {
		t.Errorf("status %d; want 503", resp.Status)
	}

	// A stored redirect to another origin is no way out.
	w.handle(url, answer{status: 302, lines: []string{"Location: https://api.example/"}})
	w.refuse(newRequest(t, "GET", url, nil), p, fetch.ReasonSameOriginMode)
}

// A cachemodeCache is a small HTTP cache as users put into Base: partitioned by
// the top-level page, aware of Vary, and of the cache mode. Everything that is
// stored is fresh.
type cachemodeCache struct {
	next http.RoundTripper

	mu      sync.Mutex
	entries map[string][]cachemodeEntry // by partition and URL
}

type cachemodeEntry struct {
	request  http.Header
	response http.Response
	body     []byte
}

func (c *cachemodeCache) RoundTrip(r *http.Request) (*http.Response, error) {
	p := fetch.FromContext(r.Context())
	top := p.Environment.TopLevel
	if top == (fetch.Origin{}) {
		top = p.Environment.Origin
	}
	key := top.String() + " " + r.URL.String()
	if r.Method != "GET" {
		return c.next.RoundTrip(r)
	}
	control := strings.Join(r.Header["Cache-Control"], ", ")
	if control != "no-cache" && control != "max-age=0" {
		if resp := c.find(key, r); resp != nil {
			return resp, nil
		}
		if control == "only-if-cached" {
			return &http.Response{StatusCode: 504, Request: r}, nil
		}
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil || p.Cache == fetch.CacheNoStore {
		return resp, err
	}
	return c.store(key, r, resp)
}

func (c *cachemodeCache) find(key string, r *http.Request) *http.Response {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range slices.Backward(c.entries[key]) {
		matches := true
		for _, name := range e.response.Header["Vary"] {
			name = http.CanonicalHeaderKey(name)
			matches = matches && slices.Equal(e.request[name], r.Header[name])
		}
		if matches {
			resp := e.response
			resp.Header = resp.Header.Clone()
			resp.Body, resp.Request = io.NopCloser(bytes.NewReader(e.body)), r
			return &resp
		}
	}
	return nil
}

func (c *cachemodeCache) store(key string, r *http.Request, resp *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	e := cachemodeEntry{r.Header.Clone(), *resp, body}
	e.response.Header = resp.Header.Clone()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[string][]cachemodeEntry)
	}
	c.entries[key] = append(c.entries[key], e)
	return resp, nil
}

// newCachemodeWeb returns a web with a cache in Base, and a counter behind a URL
// of each origin: with Vary: Origin at /vary, and without at /plain.
func newCachemodeWeb(t *testing.T) (w *web, c *cachemodeCache) {
	var mu sync.Mutex
	n := 0
	counter := func(lines ...string) http.Handler {
		return split(share(), http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			n++
			addLines(rw.Header(), lines)
			if origin := r.Header["Origin"]; origin != nil {
				rw.Header()["Access-Control-Allow-Origin"] = origin
			}
			io.WriteString(rw, strconv.Itoa(n))
		}))
	}
	handlers := make(map[string]http.Handler)
	for _, origin := range []string{"https://app.example", "https://api.example"} {
		maps.Copy(handlers, map[string]http.Handler{
			origin + "/vary":  counter("Vary: Origin"),
			origin + "/plain": counter(),
		})
	}
	w = newWeb(t, handlers)
	c = &cachemodeCache{next: w.base}
	w.client.Base = c
	return w, c
}

// Each mode with a cache, as a sequence: what is answered is the count of requests
// that the server has seen.
func TestCacheModeWithCache(t *testing.T) {
	const url = "https://app.example/plain"
	w, _ := newCachemodeWeb(t)
	steps := []struct {
		mode fetch.Cache
		want string // "" for not cached
	}{
		{fetch.CacheOnlyIfCached, ""},
		{fetch.CacheNoStore, "1"},
		{fetch.CacheOnlyIfCached, ""},
		{fetch.CacheDefault, "2"},
		{fetch.CacheDefault, "2"},
		{fetch.CacheForceCache, "2"},
		{fetch.CacheOnlyIfCached, "2"},
		{fetch.CacheReload, "3"},
		{fetch.CacheDefault, "3"},
		{fetch.CacheNoCache, "4"},
		{fetch.CacheNoStore, "5"},
		{fetch.CacheOnlyIfCached, "4"},
	}
	for i, s := range steps {
		p := &fetch.Params{Environment: app, Mode: fetch.ModeSameOrigin, Cache: s.mode}
		if s.want == "" {
			w.refuse(newRequest(t, "GET", url, nil), p, fetch.ReasonNotCached)
			continue
		}
		if got := readAll(t, w.fetch(newRequest(t, "GET", url, nil), p).Body); got != s.want {
			t.Errorf("step %d, %v: got %s; want %s", i, s.mode, got, s.want)
		}
	}
}

// A cache that honours Vary serves several origins, and one that is not told of it
// serves a response that the CORS check then refuses.
func TestCacheModeVary(t *testing.T) {
	top := fetch.MustParseOrigin("https://top.example")
	frame := func(origin string) *fetch.Params {
		return &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(origin), TopLevel: top}}
	}
	get := func(w *web, url string, p *fetch.Params) string {
		t.Helper()
		return readAll(t, w.fetch(newRequest(t, "GET", url, nil), p).Body)
	}
	w, _ := newCachemodeWeb(t)
	const vary, plain = "https://api.example/vary", "https://api.example/plain"
	a, b := frame("https://a.example"), frame("https://b.example")
	for range 2 {
		if got := get(w, vary, a) + get(w, vary, b); got != "12" {
			t.Errorf("got %s; want 12", got)
		}
	}
	if got := get(w, plain, a) + get(w, plain, a); got != "33" {
		t.Errorf("got %s; want 33", got)
	}
	w.refuse(newRequest(t, "GET", plain, nil), b, fetch.ReasonOriginMismatch)
	// A response to a request without Origin has no answer to one with it.
	w, _ = newCachemodeWeb(t)
	opaque := *a
	opaque.Mode = fetch.ModeNoCORS
	w.fetch(newRequest(t, "GET", plain, nil), &opaque)
	w.refuse(newRequest(t, "GET", plain, nil), a, fetch.ReasonMissingAllowOrigin)
}

// A cache that is partitioned by the Params in the context keeps the pages of one
// site from learning what those of another have fetched.
//
// Source: https://fetch.spec.whatwg.org/#determine-the-http-cache-partition.
func TestCacheModePartition(t *testing.T) {
	w, c := newCachemodeWeb(t)
	const url = "https://app.example/plain"
	frame := func(top string) *fetch.Params {
		return &fetch.Params{Mode: fetch.ModeSameOrigin, Environment: &fetch.Environment{Origin: app.Origin, TopLevel: fetch.MustParseOrigin(top)}}
	}
	for range 2 {
		got := ""
		for _, p := range []*fetch.Params{frame("https://x.example"), frame("https://y.example"), {Environment: app}} {
			got += readAll(t, w.fetch(newRequest(t, "GET", url, nil), p).Body)
		}
		if got != "123" {
			t.Errorf("got %s; want 123", got)
		}
	}
	if len(c.entries) != 3 {
		t.Errorf("%d partitions; want 3", len(c.entries))
	}
	// Preflights go past the cache, for which their method is unsafe.
	w.forget()
	for range 2 {
		w.fetch(newRequest(t, "GET", "https://api.example/plain", nil, "X-A: a"), &fetch.Params{Environment: app})
	}
	w.wantReceived("OPTIONS https://api.example/plain", "GET https://api.example/plain")
}
