package fetch_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// Many fetches that need the same preflight send it once, and store the grant once,
// whatever the cache makes of it. Each gets to know what came of it. No goroutine
// is started.
//
// Source: Client.CoalescePreflights.
func TestCoalesce(t *testing.T) {
	const n = 32
	for _, tt := range []struct {
		name, age string
		cache     preflightcache.Cache
		err       error // of the cache
		after     int   // preflights for another fetch, later
	}{
		{"cached", "60", new(preflightcache.Memory), nil, 0},
		{"valid for no time", "0", new(preflightcache.Memory), nil, 1},
		{"without a cache", "60", preflightcache.Disabled, nil, 1},
		{"broken cache", "60", new(preflightcache.Memory), errRefused, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.cache.Cache, l.cache.err = tt.cache, tt.err
				var mu sync.Mutex
				asked := make(map[*labFetch]int)
				l.client.CheckRequest = func(r *http.Request, p *fetch.Params) error {
					if p.Environment != app || r.URL.String() != labURL {
						t.Errorf("CheckRequest is asked about %s with %v", r.URL, p)
					}
					if r.Method == "OPTIONS" {
						mu.Lock()
						defer mu.Unlock()
						asked[r.Context().Value(userKey{}).(*labFetch)]++
					}
					return nil
				}
				goroutines := runtime.NumGoroutine()
				all := l.startAll(n, labRequest{lines: []string{"X-A: a"}, body: "body"})
				if got := runtime.NumGoroutine() - goroutines; got > n { // or less, if others end
					t.Errorf("%d fetches have %d goroutines", n, got)
				}
				l.wantWaiting(all...)
				l.wantSent(1, 1)
				l.reply(0, allow("Access-Control-Max-Age: "+tt.age))
				l.wantOK(all...)
				l.wantSent(1, 0)
				if l.requests != n || l.cache.stores != 1 {
					t.Errorf("%d requests, and %d grants stored; want %d and 1", l.requests, l.cache.stores, n)
				}
				for i, f := range all {
					if len(f.preflights) != 1 || len(f.checks) != 2 || asked[f] != 1 {
						t.Fatalf("fetch %d has %d preflights, %d CORS checks and asked %d times about the preflight; want 1, 2, 1",
							i, len(f.preflights), len(f.checks), asked[f])
					}
					info := f.preflights[0]
					if info.Cached || info.Shared != (i > 0) || info.Status != 200 || info.Err != nil ||
						info.Method != "PUT" || !slices.Equal(info.Unsafe, []string{"x-a"}) ||
						!slices.Equal(info.Grant.Methods, []string{"*"}) || info.Key.URL != labURL {
						t.Errorf("fetch %d has the preflight %+v", i, info)
					}
					if c := f.checks[0]; !c.Preflight || c.Outcome != corscheck.Allowed || c.AllowOrigin != "*" {
						t.Errorf("fetch %d has the CORS check %+v", i, c)
					}
					own := 1
					if i == 0 {
						own = 2 // and its preflight
					}
					if len(f.requests) != own || len(f.responses) != own {
						t.Errorf("fetch %d traces %d requests and %d responses; want %d", i, len(f.requests), len(f.responses), own)
					}
				}

				after := l.start(labRequest{lines: []string{"X-A: a"}})
				l.wantSent(1+tt.after, tt.after)
				if tt.after > 0 {
					l.reply(0, allow())
				}
				l.wantOK(after)
				if got := after.preflights[0]; got.Cached != (tt.after == 0) || got.Shared {
					t.Errorf("a later fetch has the preflight %+v", got)
				}
			})
		})
	}
}

// A Client that is not told to does not coalesce.
func TestCoalesceOff(t *testing.T) {
	inLab(t, func(l *lab) {
		l.client.CoalescePreflights = false
		all := l.startAll(3, labRequest{})
		l.wantSent(3, 3)
		for range all {
			l.reply(0, allow())
		}
		l.wantOK(all...)
		if n := shared(all); n != 0 || l.cache.stores != 3 {
			t.Errorf("%d preflights are shared, %d grants stored; want 0 and 3", n, l.cache.stores)
		}
	})
}

// The grants that fetches are shown are theirs: what one does to its own changes
// nobody else's.
func TestCoalesceOwnGrants(t *testing.T) {
	inLab(t, func(l *lab) {
		vandal := &fetch.Trace{Preflight: func(i fetch.PreflightInfo) {
			i.Grant.Methods[0], i.Unsafe[0] = "BREW", "x-vandal"
		}}
		all := l.startAll(3, labRequest{lines: []string{"X-A: a"}, trace: vandal})
		others := l.startAll(3, labRequest{lines: []string{"X-A: a"}})
		l.wantSent(1, 1)
		l.reply(0, allow())
		l.wantOK(all...)
		l.wantOK(others...)
		for _, f := range others {
			if i := f.preflights[0]; i.Grant.Methods[0] != "*" || i.Unsafe[0] != "x-a" {
				t.Errorf("a fetch is shown %+v", i)
			}
		}
	})
}

// Two preflights are one if a server could not tell them apart and the engine would
// not judge the answer differently, and only then.
func TestCoalesceEqual(t *testing.T) {
	const (
		doc      = "Client.CoalescePreflights"
		key      = "https://fetch.spec.whatwg.org/#concept-cache-create-entry"
		send     = "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0"
		metadata = "https://w3c.github.io/webappsec-fetch-metadata/#fetch-integration"
		referrer = "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer"
	)
	env := func(change func(*fetch.Environment)) *fetch.Params {
		e := &fetch.Environment{Origin: app.Origin, URL: mustURL(t, "https://app.example/dir/page?q")}
		if change != nil {
			change(e)
		}
		return &fetch.Params{Environment: e}
	}
	with := func(change func(*fetch.Params)) *fetch.Params {
		p := env(nil)
		change(p)
		return p
	}
	opaque, other := fetch.OpaqueOrigin(), fetch.OpaqueOrigin()
	for _, tt := range []struct {
		name, source string
		a, b         labRequest
		equal        bool
	}{
		{"the same", doc, labRequest{}, labRequest{}, true},
		{"the same for another Environment", key + ": has no environment", labRequest{params: env(nil)}, labRequest{params: env(nil)}, true},
		{"another method", send + ": Access-Control-Request-Method", labRequest{}, labRequest{method: "DELETE"}, false},
		{"a method in another case", send + ": methods are compared with their case", labRequest{method: "PATCH"}, labRequest{method: "patch"}, false},
		{"a method that is normalized", "https://fetch.spec.whatwg.org/#concept-method-normalize", labRequest{}, labRequest{method: "put"}, true},
		{"another unsafe header", send + ": Access-Control-Request-Headers", labRequest{}, labRequest{lines: []string{"X-A: a"}}, false},
		{"one more unsafe header", send, labRequest{lines: []string{"X-A: a"}}, labRequest{lines: []string{"X-A: a", "X-B: b"}}, false},
		{"unsafe headers in another order and case", send + ": sorted and lowercase", labRequest{lines: []string{"X-A: a", "x-b: b"}}, labRequest{lines: []string{"X-B: b", "X-a: a"}}, true},
		{"another value of an unsafe header", send + ": names only", labRequest{lines: []string{"X-A: a"}}, labRequest{lines: []string{"X-A: b"}}, true},
		{"a value makes the header unsafe", "https://fetch.spec.whatwg.org/#cors-safelisted-request-header", labRequest{lines: []string{"Content-Type: text/plain"}}, labRequest{lines: []string{"Content-Type: application/json"}}, false},
		{"another Accept", send + ": Accept is */*", labRequest{lines: []string{"Accept: text/plain"}}, labRequest{lines: []string{"Accept: text/css"}}, true},
		{"another Accept-Language", send + ": no such header", labRequest{params: env(func(e *fetch.Environment) { e.Languages = []string{"de"} })}, labRequest{params: env(nil)}, true},
		{"another body", send + ": no body", labRequest{body: "a"}, labRequest{body: "other"}, true},
		{"another path", key, labRequest{}, labRequest{url: labURL + "/y"}, false},
		{"another query", key, labRequest{url: labURL + "?a"}, labRequest{url: labURL + "?b"}, false},
		{"another port", key, labRequest{}, labRequest{url: "https://api.example:8443/x"}, false},
		{"the default port", "https://url.spec.whatwg.org/#port-state", labRequest{}, labRequest{url: "https://API.example:443/x"}, true},
		{"another scheme", key, labRequest{}, labRequest{url: "http://api.example/x"}, false},
		{"another fragment", "no request has one", labRequest{url: labURL + "#a"}, labRequest{url: labURL + "#b"}, true},
		{"another origin", send + ": Origin", labRequest{}, labRequest{params: &fetch.Params{Environment: page("https://www.example")}}, false},
		{"another partition", "https://fetch.spec.whatwg.org/#determine-the-network-partition-key", labRequest{params: env(nil)},
			labRequest{params: env(func(e *fetch.Environment) { e.TopLevel = fetch.MustParseOrigin("https://top.example") })}, false},
		{"another top level of the same site", "https://fetch.spec.whatwg.org/#determine-the-network-partition-key",
			labRequest{params: env(func(e *fetch.Environment) { e.TopLevel = fetch.MustParseOrigin("https://a.top.example") })},
			labRequest{params: env(func(e *fetch.Environment) { e.TopLevel = fetch.MustParseOrigin("https://b.top.example") })}, true},
		{"one opaque origin", key, labRequest{params: env(func(e *fetch.Environment) { e.Origin = opaque })},
			labRequest{params: env(func(e *fetch.Environment) { e.Origin = opaque })}, true},
		{"two opaque origins at the top", "https://fetch.spec.whatwg.org/#determine-the-network-partition-key",
			labRequest{params: env(func(e *fetch.Environment) { e.Origin = opaque })},
			labRequest{params: env(func(e *fetch.Environment) { e.Origin = other })}, false},
		{"two opaque origins below the same page", key + ": both serialize as null",
			labRequest{params: env(func(e *fetch.Environment) { e.Origin, e.TopLevel = opaque, app.Origin })},
			labRequest{params: env(func(e *fetch.Environment) { e.Origin, e.TopLevel = other, app.Origin })}, true},
		{"credentials mode include", "https://fetch.spec.whatwg.org/#concept-cors-check: depends on it", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Credentials = fetch.CredentialsInclude })}, false},
		{"credentials mode omit", "https://fetch.spec.whatwg.org/#concept-cors-check: only include matters", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Credentials = fetch.CredentialsOmit })}, true},
		{"use-CORS-preflight flag", send + ": methods are null and the flag set", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.ForcePreflight = true })}, false},
		{"another referrer", referrer, labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Referrer = fetch.NoReferrer })}, false},
		{"another referrer of which the same is left", referrer + ": strict-origin-when-cross-origin", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Referrer = "https://app.example/elsewhere" })}, true},
		{"a policy that shows more of the referrer", referrer, labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.ReferrerPolicy = "unsafe-url" })}, false},
		{"a policy that shows as much of the referrer", referrer, labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.ReferrerPolicy = "origin" })}, true},
		{"another destination", metadata + ": Sec-Fetch-Dest", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Destination = "image" })}, false},
		{"another destination to where there is no metadata", metadata + ": potentially trustworthy URLs only", labRequest{url: "http://api.example/x", params: env(nil)},
			labRequest{url: "http://api.example/x", params: with(func(p *fetch.Params) { p.Destination = "image" })}, true},
		{"a prefetch", "https://fetch.spec.whatwg.org/#sec-purpose-header", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Prefetch = true })}, false},
		{"another cache mode", send + ": no such header", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Cache = fetch.CacheNoStore })}, true},
		{"another redirect mode", "no preflight is redirected", labRequest{params: env(nil)},
			labRequest{params: with(func(p *fetch.Params) { p.Redirect = fetch.RedirectError })}, true},
		{"a Transport", "Transport", labRequest{}, labRequest{transport: true}, true},
		{"another User-Agent in a Transport", "Transport: it is the environment's", labRequest{transport: true}, labRequest{transport: true, lines: []string{"User-Agent: b/1"}}, false},
		{"an empty User-Agent in a Transport", "Transport: it is the environment's", labRequest{transport: true}, labRequest{transport: true, lines: []string{"User-Agent:"}}, false},
		{"two values of User-Agent in a Transport", "Transport: it is the environment's", labRequest{transport: true, lines: []string{"User-Agent: a", "User-Agent: b"}}, labRequest{transport: true, lines: []string{"User-Agent: a, b"}}, false},
		{"another value of an author's User-Agent", send + ": names only", labRequest{lines: []string{"User-Agent: a/1"}}, labRequest{lines: []string{"User-Agent: b/1"}}, true},
		{"an author's User-Agent", send + ": Access-Control-Request-Headers", labRequest{}, labRequest{lines: []string{"User-Agent: b/1"}}, false},
		{"a connection that is not kept", "http.Request.Close: Connection", labRequest{}, labRequest{close: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("no source")
			}
			for _, turn := range []struct {
				name        string
				first, then labRequest
			}{{"a before b", tt.a, tt.b}, {"b before a", tt.b, tt.a}} {
				t.Run(turn.name, func(t *testing.T) {
					inLab(t, func(l *lab) {
						first, then := l.start(turn.first), l.start(turn.then)
						if tt.equal {
							l.wantSent(1, 1)
						} else {
							l.wantSent(2, 2)
						}
						// Whatever is asked of a server that reads the preflight, it
						// says the same.
						for range len(l.inAir) {
							h := l.inAir[0].req.Header
							l.reply(0, says(204, "Access-Control-Allow-Origin: "+h["Origin"][0], "Access-Control-Allow-Credentials: true",
								"Access-Control-Allow-Methods: "+h["Access-Control-Request-Method"][0],
								"Access-Control-Allow-Headers: "+strings.Join(h["Access-Control-Request-Headers"], ", ")))
						}
						for _, f := range []*labFetch{first, then} {
							if len(f.preflights) != 1 || f.preflights[0].Err != nil {
								t.Errorf("preflights %+v", f.preflights)
							}
						}
						if got := shared([]*labFetch{then}) > 0; got != tt.equal {
							t.Errorf("shared: %t; want %t", got, tt.equal)
						}
					})
				})
			}
		})
	}
}

// A preflight that is shared is on the wire what it would be without sharing.
//
// Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func TestCoalesceWire(t *testing.T) {
	wire := func(coalesce bool) (r *http.Request) {
		inLab(t, func(l *lab) {
			l.client.CoalescePreflights, l.client.UserAgent = coalesce, "client/1"
			p := &fetch.Params{Environment: &fetch.Environment{Origin: app.Origin, URL: mustURL(t, "https://app.example/page")}, Destination: "image"}
			f := l.start(labRequest{lines: []string{"X-A: a"}, params: p})
			r = l.inAir[0].req
			if got := fetch.FromContext(r.Context()); got != p {
				t.Errorf("the context has the Params %v; want those of the fetch", got)
			}
			l.reply(0, allow())
			l.wantOK(f)
		})
		return r
	}
	off, on := wire(false), wire(true)
	if diff := cmp.Diff(stateOf(off), stateOf(on)); diff != "" {
		t.Errorf("the preflight is another one (-off +on):\n%s", diff)
	}
	if len(on.Header) < 8 {
		t.Errorf("the preflight has the header %v", on.Header)
	}
}

// TraceLogger says of a preflight that it is that of another fetch.
func TestCoalesceTraceLogger(t *testing.T) {
	var b bytes.Buffer
	sharePreflight(t, fetch.WithTrace(t.Context(), fetch.TraceLogger(tracelogLogger(&b, slog.LevelDebug))))
	want := fmt.Sprintf("msg=preflight url=%s method=PUT headers=\"\" cached=false shared=true status=200 ", labURL)
	if !strings.Contains(b.String(), want) {
		t.Errorf("the log is\n%s; want a record with %s", b.String(), want)
	}
}
