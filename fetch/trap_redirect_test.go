package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// An http.Client would follow redirects by its own rules, which are not the
// standard's. It must not see any.
//
// Source: https://fetch.spec.whatwg.org/#http-redirect-fetch; net/http.Client.
func TestTrap8RedirectsAreNotLeftToHTTPClient(t *testing.T) {
	tests := []struct {
		name                   string
		method, body           string
		status                 int
		location               string
		wantMethod, wantBody   string
		wantType, wantAuth, xA []string
	}{
		// net/http makes a GET of a PUT.
		{"PUT 301", "PUT", "b", 301, "/end", "PUT", "b", []string{"text/x"}, []string{"t"}, []string{"a"}},
		{"PUT 302", "PUT", "b", 302, "/end", "PUT", "b", []string{"text/x"}, []string{"t"}, []string{"a"}},
		// net/http keeps Content-Type.
		{"POST 301", "POST", "b", 301, "/end", "GET", "", nil, []string{"t"}, []string{"a"}},
		{"POST 302", "POST", "b", 302, "/end", "GET", "", nil, []string{"t"}, []string{"a"}},
		{"POST 303", "POST", "b", 303, "/end", "GET", "", nil, []string{"t"}, []string{"a"}},
		{"PUT 303", "PUT", "b", 303, "/end", "GET", "", nil, []string{"t"}, []string{"a"}},
		{"POST 307", "POST", "b", 307, "/end", "POST", "b", []string{"text/x"}, []string{"t"}, []string{"a"}},
		{"POST 308", "POST", "b", 308, "/end", "POST", "b", []string{"text/x"}, []string{"t"}, []string{"a"}},
		{"HEAD 303", "HEAD", "", 303, "/end", "HEAD", "", nil, []string{"t"}, []string{"a"}},
		// net/http keeps Authorization for subdomains and for other ports.
		{"subdomain", "POST", "b", 307, "https://sub.app.example/end", "POST", "b", []string{"text/x"}, nil, []string{"a"}},
		{"other port", "POST", "b", 307, "https://app.example:8443/end", "POST", "b", []string{"text/x"}, nil, []string{"a"}},
		{"other scheme", "POST", "b", 307, "http://app.example/end", "POST", "b", []string{"text/x"}, nil, []string{"a"}},
		{"default port spelled out", "POST", "b", 307, "https://app.example:443/end", "POST", "b", []string{"text/x"}, []string{"t"}, []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/start":    answer{status: tt.status, lines: []string{"Location: " + tt.location}},
				"https://app.example/end":      share(),
				"https://sub.app.example/end":  share(),
				"https://app.example:8443/end": share(),
				"http://app.example/end":       share(),
			})
			c := &http.Client{
				Transport: w.client.Transport(&fetch.Params{Environment: app}),
				CheckRedirect: func(*http.Request, []*http.Request) error {
					t.Error("CheckRedirect is called")
					return nil
				},
			}
			var body any
			lines := []string{"Authorization: t", "X-A: a"}
			if tt.body != "" {
				body = tt.body
				lines = append(lines, "Content-Type: text/x")
			}
			req := newRequest(t, tt.method, "https://app.example/start", body, lines...)
			before := stateOf(req)
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			got := w.last()
			if got.Method != tt.wantMethod || got.Body != tt.wantBody {
				t.Errorf("the end got %s %q; want %s %q", got.Method, got.Body, tt.wantMethod, tt.wantBody)
			}
			wantHeader(t, got.Header, "Content-Type", tt.wantType...)
			wantHeader(t, got.Header, "Authorization", tt.wantAuth...)
			wantHeader(t, got.Header, "X-A", tt.xA...)
			if !strings.HasSuffix(resp.Request.URL.String(), "/end") {
				t.Errorf("resp.Request.URL is %s; want the final one", resp.Request.URL)
			}
			wantUntouched(t, req, before)
		})
	}
}

// All four request-body-headers go when a redirect drops the body.
//
// Source: https://fetch.spec.whatwg.org/#request-body-header-name.
func TestTrap8BodyHeadersGoWithTheBody(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start": redirectTo(303, "/end"),
		"https://app.example/end":   answer{},
	})
	w.fetch(newRequest(t, "POST", "https://app.example/start", "b",
		"Content-Type: text/x", "Content-Language: de", "Content-Encoding: x", "Content-Location: /y", "Content-Other: z"),
		&fetch.Params{Environment: app})
	got := w.last().Header
	for _, name := range []string{"Content-Type", "Content-Language", "Content-Encoding", "Content-Location", "Content-Length"} {
		wantHeader(t, got, name)
	}
	wantHeader(t, got, "Content-Other", "z")
}

// In mode navigate an http.Client drives the hops, and the engine finds the
// previous ones through Request.Response. Only with them can it tell that a
// redirect by another site has led back home.
//
// Source: https://fetch.spec.whatwg.org/#concept-request-tainted-origin.
func TestTrap9NavigationKnowsItsHops(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start":   answer{status: 307, lines: []string{"Location: https://other.example/hop"}},
		"https://other.example/hop":   answer{status: 307, lines: []string{"Location: https://app.example/end"}},
		"https://app.example/end":     answer{},
		"https://app.example/onehop":  answer{status: 307, lines: []string{"Location: https://app.example/end"}},
		"https://app.example/stopped": answer{status: 307, lines: []string{"Location: https://other.example/nowhere"}},
	})
	c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNavigate})}
	post := func(url string) {
		t.Helper()
		resp, err := c.Do(newRequest(t, "POST", url, "b"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	post("https://app.example/start")
	var origins []string
	for _, r := range w.received() {
		origins = append(origins, strings.Join(r.Header["Origin"], "|"))
	}
	if want := []string{"https://app.example", "https://app.example", "null"}; !slices.Equal(origins, want) {
		t.Errorf("Origin of the hops: %q; want %q", origins, want)
	}

	post("https://app.example/onehop")
	wantHeader(t, w.last().Header, "Origin", "https://app.example")

	// A new request is a new navigation.
	post("https://app.example/end")
	wantHeader(t, w.last().Header, "Origin", "https://app.example")

	// The error of a later hop knows which it was.
	_, err := c.Do(newRequest(t, "POST", "https://app.example/start", "b").WithContext(
		fetch.NewContext(t.Context(), &fetch.Params{Environment: app, Mode: fetch.ModeNavigate, Redirect: 9})))
	wantReason(t, err, fetch.ReasonInvalidRequest)
	w.client.CheckRequest = func(r *http.Request, p *fetch.Params) error {
		if r.URL.Path == "/end" {
			return errors.New("no")
		}
		return nil
	}
	_, err = c.Do(newRequest(t, "POST", "https://app.example/start", "b"))
	e := wantReason(t, err, fetch.ReasonCheckRequest)
	if e.Hop != 2 || e.Origin != "null" {
		t.Errorf("error of hop %d with origin %s; want 2 and null", e.Hop, e.Origin)
	}
}

// A fetch that another origin redirects somewhere else has the origin null from
// then on: in Origin, in the CORS check and in the key of the preflight cache.
// Going home does not end it: "compare with the first URL" misses A, B, A.
//
// Source: https://fetch.spec.whatwg.org/#concept-request-tainted-origin,
// https://fetch.spec.whatwg.org/#serializing-a-request-origin.
func TestTrap10RedirectTaintMakesOriginNull(t *testing.T) {
	const a, b, b2, c = "https://app.example", "https://b.example", "https://sub.b.example", "https://c.example"
	tests := []struct {
		name string
		hops []string // origins of the URLs
		want []string // Origin of each request, "" for none
	}{
		{"A", []string{a}, []string{""}},
		{"A A", []string{a, a}, []string{"", ""}},
		{"A B", []string{a, b}, []string{"", a}},
		{"A B B", []string{a, b, b}, []string{"", a, a}},
		{"A B A", []string{a, b, a}, []string{"", a, "null"}},
		{"A B A A", []string{a, b, a, a}, []string{"", a, "null", "null"}},
		{"B", []string{b}, []string{a}},
		{"B B", []string{b, b}, []string{a, a}},
		{"B A", []string{b, a}, []string{a, "null"}},
		{"B C", []string{b, c}, []string{a, "null"}},
		{"B C B", []string{b, c, b}, []string{a, "null", "null"}},
		{"same site", []string{b, b2}, []string{a, "null"}},
		{"other port", []string{b, b + ":8443"}, []string{a, "null"}},
		{"other scheme", []string{b, "http://b.example"}, []string{a, "null"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, nil)
			urls := make([]string, len(tt.hops))
			for i, hop := range tt.hops {
				urls[i] = hop + "/" + string(rune('0'+i))
			}
			for i, u := range urls {
				if i+1 < len(urls) {
					w.handle(u, redirectTo(302, urls[i+1]))
				} else {
					w.handle(u, share())
				}
			}
			p := &fetch.Params{Environment: app}

			w.fetch(newRequest(t, "GET", urls[0], nil), p)
			var got []string
			for _, r := range w.received() {
				got = append(got, strings.Join(r.Header["Origin"], "|"))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Origin of the requests: %q; want %q", got, tt.want)
			}

			// The same with preflights: their Origin and their key.
			w.forget()
			var keys, origins []string
			ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Preflight: func(i fetch.PreflightInfo) {
				keys = append(keys, i.Key.Origin+" "+i.Key.URL)
			}})
			w.fetch(newRequest(t, "GET", urls[0], nil, "X-A: a").WithContext(ctx), p)
			for _, r := range w.received() {
				if r.Method == "OPTIONS" {
					origins = append(origins, strings.Join(r.Header["Origin"], "|"))
				}
			}
			var wantKeys, wantOrigins []string
			for i, o := range tt.want {
				if o != "" {
					wantKeys = append(wantKeys, o+" "+urls[i])
					wantOrigins = append(wantOrigins, o)
				}
			}
			if !slices.Equal(keys, wantKeys) {
				t.Errorf("preflight cache keys: %q; want %q", keys, wantKeys)
			}
			if !slices.Equal(origins, wantOrigins) {
				t.Errorf("Origin of the preflights: %q; want %q", origins, wantOrigins)
			}
		})
	}
}

// The CORS check of a tainted hop compares with null, and what a server allows
// to the page's origin does not help.
//
// Source: https://fetch.spec.whatwg.org/#concept-cors-check.
func TestTrap10CORSCheckComparesWithNull(t *testing.T) {
	for _, tt := range []struct {
		allow string
		want  fetch.Reason // "" for success
	}{
		{"https://app.example", fetch.ReasonOriginMismatch},
		{"null", ""},
		{"*", ""},
	} {
		t.Run(tt.allow, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/start": redirectTo(302, "https://b.example/hop"),
				"https://b.example/hop":     redirectTo(302, "https://app.example/end"),
				"https://app.example/end":   answer{lines: []string{"Access-Control-Allow-Origin: " + tt.allow, "X-Secret: s"}, body: "home"},
			})
			req := newRequest(t, "GET", "https://app.example/start", nil)
			if tt.want != "" {
				e := w.refuse(req, &fetch.Params{Environment: app}, tt.want)
				if e.Origin != "null" || e.Hop != 2 {
					t.Errorf("error of hop %d with origin %s; want 2 and null", e.Hop, e.Origin)
				}
				return
			}
			resp := w.fetch(req, &fetch.Params{Environment: app})
			// The tainting is sticky: the response of the page's own origin is
			// filtered.
			if resp.Type != fetch.TypeCORS {
				t.Errorf("type %s; want cors", resp.Type)
			}
			wantHeader(t, resp.Header, "X-Secret")
			wantHeader(t, resp.Internal().Header, "X-Secret", "s")
		})
	}
}

// A fetch that has left the page's origin sends no cookies to it either, unless
// the mode is include.
//
// Source: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch (the
// response tainting is not "basic").
func TestTrap10WayBackHasNoSameOriginCredentials(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start": redirectTo(302, "https://b.example/hop"),
		"https://b.example/hop":     redirectTo(302, "https://app.example/end"),
		"https://app.example/end":   share(),
	})
	w.client.Jar = newJar(t, "https://app.example/", "s=1")
	w.fetch(newRequest(t, "GET", "https://app.example/start", nil), &fetch.Params{Environment: app})
	log := w.received()
	wantHeader(t, log[0].Header, "Cookie", "s=1")
	wantHeader(t, log[2].Header, "Cookie")
}

// Authorization goes with any change of origin and does not come back. Custom
// headers stay and are preflighted again.
//
// Source: https://fetch.spec.whatwg.org/#http-redirect-fetch (CORS non-wildcard
// request-header name).
func TestTrap11AuthorizationStaysBehind(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://b.example/1": redirectTo(307, "/2"),
		"https://b.example/2": redirectTo(307, "https://c.example/3"),
		"https://c.example/3": redirectTo(307, "https://b.example/4"),
		"https://b.example/4": share(),
	})
	var removed [][]string
	ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Redirect: func(i fetch.RedirectInfo) {
		removed = append(removed, i.HeadersRemoved)
	}})
	req := newRequest(t, "GET", "https://b.example/1", nil, "Authorization: t", "X-A: a").WithContext(ctx)
	w.fetch(req, &fetch.Params{Environment: app})
	want := []struct{ request, authorization, custom, asked string }{
		{"OPTIONS https://b.example/1", "", "", "authorization,x-a"},
		{"GET https://b.example/1", "t", "a", ""},
		{"OPTIONS https://b.example/2", "", "", "authorization,x-a"},
		{"GET https://b.example/2", "t", "a", ""},
		{"OPTIONS https://c.example/3", "", "", "x-a"},
		{"GET https://c.example/3", "", "a", ""},
		{"OPTIONS https://b.example/4", "", "", "x-a"},
		{"GET https://b.example/4", "", "a", ""},
	}
	log := w.received()
	if len(log) != len(want) {
		t.Fatalf("the servers got %d requests; want %d", len(log), len(want))
	}
	for i, r := range log {
		got := []string{r.String(), strings.Join(r.Header["Authorization"], "|"), strings.Join(r.Header["X-A"], "|"),
			strings.Join(r.Header["Access-Control-Request-Headers"], "|")}
		if want := []string{want[i].request, want[i].authorization, want[i].custom, want[i].asked}; !slices.Equal(got, want) {
			t.Errorf("request %d is %q; want %q", i, got, want)
		}
	}
	if len(removed) != 3 || len(removed[0]) != 0 || !slices.Equal(removed[1], []string{"authorization"}) || len(removed[2]) != 0 {
		t.Errorf("headers removed by the redirects: %q", removed)
	}
	if got := req.Header["Authorization"]; !slices.Equal(got, []string{"t"}) {
		t.Errorf("the caller's Authorization is %q", got)
	}
}

// Location is parsed by the URL Standard, and the host that is compared is the
// host that is dialled.
//
// Source: https://url.spec.whatwg.org/#concept-basic-url-parser,
// https://fetch.spec.whatwg.org/#concept-response-location-url.
func TestTrap12LocationIsParsedByTheURLStandard(t *testing.T) {
	tests := []struct {
		location string
		want     string // URL that is requested, "" for an error
		dial     string
	}{
		{`\\evil.example\p`, "https://evil.example/p", "evil.example:443"},
		{`/\evil.example/p`, "https://evil.example/p", "evil.example:443"},
		{`//evil.example`, "https://evil.example/", "evil.example:443"},
		{`https:relative`, "https://app.example/dir/relative", "app.example:443"},
		{`https:///evil.example/p`, "https://evil.example/p", "evil.example:443"},
		{`http:///evil.example`, "http://evil.example/", "evil.example:80"},
		{`http:evil.example`, "http://evil.example/", "evil.example:80"},
		{`HTTPS://B.Example/P`, "https://b.example/P", "b.example:443"},
		{`https://b.example:443/p`, "https://b.example/p", "b.example:443"},
		{`https://b.example:0443/p`, "https://b.example/p", "b.example:443"},
		{`https://b.example:/p`, "https://b.example/p", "b.example:443"},
		{`http://0x7f.1/p`, "http://127.0.0.1/p", "127.0.0.1:80"},
		{`http://2130706433/p`, "http://127.0.0.1/p", "127.0.0.1:80"},
		{`http://[0:0::1]/p`, "http://[::1]/p", "[::1]:80"},
		{"https://b\u00fccher.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example:443"},
		{"https://%62.example/", "https://b.example/", "b.example:443"},
		{"https://b.ex\tample/p\tq", "https://b.example/pq", "b.example:443"},
		{"/a b", "https://app.example/a%20b", "app.example:443"},
		{"/a|b", "https://app.example/a|b", "app.example:443"},
		{"/a/../b/./c", "https://app.example/b/c", "app.example:443"},
		{"/%2e%2E/b", "https://app.example/b", "app.example:443"},
		{"?q", "https://app.example/dir/start?q", "app.example:443"},
		{"/?a'b", "https://app.example/?a%27b", "app.example:443"},
		// Bytes beyond ASCII: WPT fetch/api/redirect/redirect-location-escape.tentative.any.js.
		{"/\u00f6?\u00f6", "https://app.example/%C3%B6?%C3%B6", "app.example:443"},
		{"/\xf6", "https://app.example/%F6", "app.example:443"},
		{`https://b.example:99999/`, "", ""},
		{`https://b.example:8o/`, "", ""},
		{`https://`, "", ""},
		{`https://a b/`, "", ""},
		{`https://b%00.example/`, "", ""},
		{`https://[::1/`, "", ""},
		{`http://1.2.3.256/`, "", ""},
		{`http://a.1/`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.location, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/dir/start": answer{status: 302, lines: []string{"Location: " + tt.location}},
			})
			if tt.want != "" {
				path, _, _ := strings.Cut(tt.want, "?")
				w.handle(path, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.RawQuery == "" || tt.location != "?q" {
						share().ServeHTTP(rw, r)
						return
					}
					io.WriteString(rw, "home")
				}))
				if tt.location == "?q" {
					w.handle(path, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
						if r.URL.RawQuery == "" {
							answer{status: 302, lines: []string{"Location: ?q"}}.ServeHTTP(rw, r)
						}
					}))
				}
			}
			req := newRequest(t, "GET", "https://app.example/dir/start", nil)
			if tt.want == "" {
				e := w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonRedirectLocation)
				if e.Err == nil || e.Status != 302 {
					t.Errorf("error without cause or status: %#v", e)
				}
				w.wantReceived("GET https://app.example/dir/start")
				return
			}
			resp := w.fetch(req, &fetch.Params{Environment: app})
			if !resp.OK() {
				t.Errorf("status %d", resp.Status)
			}
			if got := resp.URL.String(); got != tt.want {
				t.Errorf("Response.URL is %s; want %s", got, tt.want)
			}
			dials := w.dials()
			if got := dials[len(dials)-1]; got != tt.dial {
				t.Errorf("dialled %s; want %s", got, tt.dial)
			}
			w.wantReceived("GET https://app.example/dir/start", "GET "+tt.want)
		})
	}
}

// ResolveURL plugs in another parser; what it returns is checked all the same.
func TestTrap12ResolveURL(t *testing.T) {
	tests := []struct {
		name    string
		resolve func(base, ref string) (string, error)
		want    string // "" for an error
	}{
		{"result is used", func(base, ref string) (string, error) { return "https://app.example/end", nil }, "https://app.example/end"},
		{"result is canonicalized", func(base, ref string) (string, error) { return "HTTPS://APP.example:443/end", nil }, "https://app.example/end"},
		{"error", func(base, ref string) (string, error) { return "", errors.New("no such thing") }, ""},
		{"no URL to the standard", func(base, ref string) (string, error) { return "https://a..b%00/", nil }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/start": answer{status: 302, lines: []string{"Location: x\u00f6"}},
				"https://app.example/end":   answer{},
			})
			w.client.ResolveURL = resolver(func(base, ref string) (string, error) {
				if base != "https://app.example/start" || ref != "x%C3%B6" {
					t.Errorf("ResolveURL(%s, %s)", base, ref)
				}
				return tt.resolve(base, ref)
			})
			req := newRequest(t, "GET", "https://app.example/start", nil)
			if tt.want == "" {
				w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonRedirectLocation)
				return
			}
			if got := w.fetch(req, &fetch.Params{Environment: app}).URL.String(); got != tt.want {
				t.Errorf("Response.URL is %s; want %s", got, tt.want)
			}
		})
	}
}

// Location is a single value: two lines are a failure even if they are equal,
// none makes the redirect the final response.
//
// Source: https://fetch.spec.whatwg.org/#concept-response-location-url; WPT
// fetch/api/redirect/redirect-location.any.js, redirect-empty-location.any.js.
func TestTrap13LocationIsOneValue(t *testing.T) {
	tests := []struct {
		name     string
		location []string
		want     fetch.Reason // "" for success
	}{
		{"two", []string{"Location: /a", "Location: /b"}, fetch.ReasonRedirectLocation},
		{"two equal ones", []string{"Location: /a", "Location: /a"}, fetch.ReasonRedirectLocation},
		{"none", nil, ""},
		{"empty, which is the URL itself", []string{"Location:"}, fetch.ReasonRedirectCount},
	}
	for _, tt := range tests {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(tt.name, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{
					"https://app.example/": answer{status: status, lines: tt.location, body: "moved"},
				})
				req := newRequest(t, "GET", "https://app.example/", nil)
				if tt.want != "" {
					w.refuse(req, &fetch.Params{Environment: app}, tt.want)
					return
				}
				resp := w.fetch(req, &fetch.Params{Environment: app})
				if resp.Status != status || resp.Type != fetch.TypeBasic || resp.Redirected || readAll(t, resp.Body) != "moved" {
					t.Errorf("got %s %d; want the redirect itself", resp.Type, resp.Status)
				}
			})
		}
	}
}

// A comma does not make two values of one line: it is a relative URL.
func TestTrap13CommaInLocation(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/":     redirectTo(302, "/a, /b"),
		"https://app.example/a,/b": answer{},
	})
	resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
	if got := resp.URL.String(); got != "https://app.example/a,%20/b" {
		t.Errorf("Response.URL is %s", got)
	}
}

// A redirect that asks for a body which is gone is an error, never a partial or
// empty resend, and never the redirect itself.
//
// Source: https://fetch.spec.whatwg.org/#http-redirect-fetch.
func TestTrap14ConsumedBodyIsNotResent(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, origin := range []string{"https://app.example", "https://b.example"} {
			t.Run(http.StatusText(status)+" "+origin, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{
					origin + "/start": redirectTo(status, "/end"),
					origin + "/end":   share(),
				})
				body := newBody("once")
				req := newRequest(t, "POST", origin+"/start", nil)
				req.Body = body
				req.ContentLength = 4
				p := &fetch.Params{Environment: app}
				if status == 303 {
					w.fetch(req, p)
					if got := w.last(); got.Method != "GET" || got.Body != "" || !strings.HasSuffix(got.URL, "/end") {
						t.Errorf("the end got %s with body %q", got, got.Body)
					}
				} else {
					e := w.refuse(req, p, fetch.ReasonRedirectBody)
					if e.Status != status || e.Hop != 0 || !strings.Contains(e.Error(), "GetBody") {
						t.Errorf("the error lacks status or advice: %v", e)
					}
					if got := w.last(); got.Body != "once" || !strings.HasSuffix(got.URL, "/start") {
						t.Errorf("the last request is %s with body %q", got, got.Body)
					}
				}
				if n := body.closed.Load(); n == 0 {
					t.Error("the body was not closed")
				}
			})
		}
	}
}

// A GetBody that fails is an error as well, and its cause is kept.
func TestTrap14GetBodyFails(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/start": redirectTo(307, "/end")})
	req := newRequest(t, "POST", "https://app.example/start", "b")
	req.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrNoProgress }
	e := w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonRedirectBody)
	if !errors.Is(e, io.ErrNoProgress) {
		t.Errorf("%v does not wrap the error of GetBody", e)
	}
	w.wantReceived("POST https://app.example/start")
}

// An opaque-redirect response shows neither status nor Location, a navigation
// that the caller drives shows both.
//
// Source: https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect.
func TestTrap15OpaqueRedirectHidesLocation(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := newWeb(t, map[string]http.Handler{
			"https://app.example/": redirectTo(status, "https://secret.example/", "Set-Cookie: a=b", "X-A: a"),
			"https://b.example/":   redirectTo(status, "https://secret.example/"),
		})
		for _, target := range []string{"https://app.example/", "https://b.example/"} {
			resp := w.fetch(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app, Redirect: fetch.RedirectManual})
			if resp.Type != fetch.TypeOpaqueRedirect || resp.Status != 0 || resp.StatusText != "" || resp.Redirected || len(resp.Header) != 0 || readAll(t, resp.Body) != "" {
				t.Errorf("%d: visible response is %+v", status, resp)
			}
			if got := resp.URL.String(); got != target {
				t.Errorf("%d: URL is %s; want %s", status, got, target)
			}
			wantHeader(t, resp.Internal().Header, "Location", "https://secret.example/")
			w.wantReceived("GET " + target)
		}

		c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Redirect: fetch.RedirectManual})}
		resp, err := c.Do(newRequest(t, "GET", "https://app.example/", nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 0 || resp.Status != "" || len(resp.Header) != 0 {
			t.Errorf("%d: http.Client shows %d %v", status, resp.StatusCode, resp.Header)
		}
		w.wantReceived("GET https://app.example/")

		nav := w.fetch(newRequest(t, "GET", "https://app.example/", nil),
			&fetch.Params{Environment: app, Mode: fetch.ModeNavigate, Redirect: fetch.RedirectManual})
		if nav.Type != fetch.TypeBasic || nav.Status != status {
			t.Errorf("navigation: %s %d; want basic %d", nav.Type, nav.Status, status)
		}
		wantHeader(t, nav.Header, "Location", "https://secret.example/")
		wantHeader(t, nav.Header, "Set-Cookie")
	}
}

// A manual redirect of another origin is subject to the CORS check first.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-fetch.
func TestTrap15OpaqueRedirectNeedsCORSCheck(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://b.example/": answer{status: 302, lines: []string{"Location: /end"}},
	})
	w.refuse(newRequest(t, "GET", "https://b.example/", nil),
		&fetch.Params{Environment: app, Redirect: fetch.RedirectManual}, fetch.ReasonMissingAllowOrigin)
}
