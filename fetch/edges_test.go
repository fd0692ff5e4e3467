package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// The tests in this file are about what an http.Client, a hook or a RoundTripper
// does with what it is given, where that would undo a rule.

// edgeJar honours SameSite in that it refuses cookies that come without a level.
type edgeJar struct {
	*cookiejar.Jar
	unleveled int
}

func (j *edgeJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.unleveled++
	j.Jar.SetCookies(u, cookies)
}

func (j *edgeJar) CookiesFor(u *url.URL, _ fetch.SameSite) []*http.Cookie { return j.Jar.Cookies(u) }

func (j *edgeJar) SetCookiesFor(u *url.URL, cookies []*http.Cookie, level fetch.SameSite) {
	if level == fetch.StrictOrLess {
		j.Jar.SetCookies(u, cookies)
	}
}

// An http.Client with the same jar must not store cookies that the engine has
// kept from it.
//
// Source: https://fetch.spec.whatwg.org/#set-cookie-header.
func TestSharedSameSiteJarIsNotBypassed(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://other.test/": answer{lines: []string{"Set-Cookie: a=1; SameSite=Strict"}}})
	plain, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar := &edgeJar{Jar: plain}
	w.client.Jar = jar
	client := &http.Client{
		Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNavigate, Destination: "iframe"}),
		Jar:       jar,
	}
	resp, err := client.Get("https://other.test/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := cookiesIn(t, plain, "https://other.test/"); got != "" || jar.unleveled != 0 {
		t.Errorf("the jar has %q, after %d calls without a level", got, jar.unleveled)
	}
}

// The TAO check looks at the whole chain, also if an http.Client follows it.
//
// Source: https://fetch.spec.whatwg.org/#concept-tao-check.
func TestTimingOfNavigationsThroughHTTPClient(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://b.test/":      answer{status: 302, lines: []string{"Location: https://app.example/"}},
		"https://app.example/": answer{},
	})
	p := &fetch.Params{Environment: app, Mode: fetch.ModeNavigate, Destination: "document"}
	direct := w.fetch(newRequest(t, "GET", "https://b.test/", nil), p)
	resp, err := (&http.Client{Transport: w.client.Transport(p)}).Get("https://b.test/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	through, ok := fetch.FromHTTP(resp)
	if !ok || direct.TimingAllowed || through.TimingAllowed {
		t.Errorf("TimingAllowed is %t, and %t through an http.Client; want false", direct.TimingAllowed, through.TimingAllowed)
	}
}

// Redirects from further schemes are not followed, not even by an http.Client.
//
// Source: fetch.Client.Schemes.
func TestSchemeRedirectsThroughHTTPClient(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://other.example/": share()})
	w.client.Schemes = map[string]http.RoundTripper{"wails": roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Header["Cookie"] != nil {
			t.Errorf("Cookie %q", r.Header["Cookie"])
		}
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"https://other.example/"}}, Body: http.NoBody, Request: r}, nil
	})}
	wails := page("wails://app")
	for _, p := range []*fetch.Params{
		{Environment: wails},
		{Environment: wails, Redirect: fetch.RedirectError},
		{Environment: wails, Redirect: fetch.RedirectManual},
		{Environment: wails, Mode: fetch.ModeNavigate, Destination: "document"},
	} {
		client := &http.Client{Transport: w.client.Transport(p), Jar: newJar(t, "wails://app/", "a=1")}
		_, err := client.Get("wails://app/x")
		if err == nil {
			t.Errorf("mode %s, redirect mode %s: followed", p.Mode, p.Redirect)
			continue
		}
		wantReason(t, err, fetch.ReasonNotHTTP)
	}
	w.wantReceived()
}

// Two Location lines are no location, also if an http.Client follows the first.
//
// Source: https://fetch.spec.whatwg.org/#concept-response-location-url.
func TestTwoLocationsThroughHTTPClient(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/":  answer{status: 302, lines: []string{"Location: /a", "Location: /b"}},
		"https://app.example/a": answer{},
	})
	client := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNavigate})}
	_, err := client.Get("https://app.example/")
	wantReason(t, err, fetch.ReasonRedirectLocation)
	w.wantReceived("GET https://app.example/")
}

// Trailers of a body that the integrity check has read are filtered, too.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func TestTrailersAfterIntegrity(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Trailer", "Set-Cookie, X-Sum")
		io.WriteString(rw, "hello")
		rw.Header().Set("Set-Cookie", "a=1")
		rw.Header().Set("X-Sum", "1")
	})})
	p := &fetch.Params{Environment: app, Integrity: "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}
	resp, err := (&http.Client{Transport: w.client.Transport(p)}).Get("https://app.example/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 2 {
		wantHeader(t, resp.Trailer, "Set-Cookie")
		wantHeader(t, resp.Trailer, "X-Sum", "1")
		readAll(t, resp.Body)
	}
}

// A hook may modify the request that it is shown, as SetBasicAuth does; the
// transport may still be reading the one that was sent.
func TestAuthenticateMayModifyItsRequest(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			rw.Header().Set("WWW-Authenticate", "Basic")
			rw.WriteHeader(http.StatusUnauthorized)
		}
	})})
	w.client.Authenticate = func(req *http.Request, _ []string) (string, error) {
		req.SetBasicAuth("a", "b")
		return req.Header.Get("Authorization"), nil
	}
	resp := w.fetch(newRequest(t, "POST", "https://app.example/", strings.Repeat("x", 1<<20)), &fetch.Params{Environment: app})
	if resp.Status != 200 {
		t.Errorf("status %d", resp.Status)
	}
}

// Authentication entries can be forgotten.
//
// Source: https://fetch.spec.whatwg.org/#authentication-entry.
func TestClearAuthentication(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": newAuthServer("Basic x")})
	calls := 0
	w.client.Authenticate = func(*http.Request, []string) (string, error) {
		calls++
		return "Basic x", nil
	}
	p := &fetch.Params{Environment: app}
	for _, want := range []int{1, 1, 2} {
		w.fetch(newRequest(t, "GET", "https://app.example/", nil), p)
		if calls != want {
			t.Errorf("the hook was called %d times; want %d", calls, want)
		}
		if calls == want && len(w.received()) > 2 {
			w.client.ClearAuthentication()
		}
	}
}

// The user's languages do not make a request one that needs a preflight.
//
// Source: https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
func TestManyLanguages(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": allowing()})
	env := &fetch.Environment{Origin: app.Origin, Languages: slices.Repeat([]string{"sr-Latn-RS"}, 20)}
	w.fetch(newRequest(t, "GET", "https://api.example/", nil), &fetch.Params{Environment: env})
	w.wantReceived("GET https://api.example/")
}

// A fetch that was aborted before it began is aborted for every scheme.
//
// Source: https://fetch.spec.whatwg.org/#concept-scheme-fetch.
func TestAbortedDataURL(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the page is gone")
	cancel(gone)
	_, err := new(fetch.Client).Fetch(newRequest(t, "GET", "data:,x", nil).WithContext(ctx), &fetch.Params{Environment: app})
	if wantReason(t, err, fetch.ReasonAborted); !errors.Is(err, gone) {
		t.Errorf("%v is not for the cause", err)
	}
}

// Schemes are lowercase, and a page from the network has no business with files.
//
// Source: https://fetch.spec.whatwg.org/#concept-scheme-fetch.
func TestSchemesAndFiles(t *testing.T) {
	client := &fetch.Client{Schemes: map[string]http.RoundTripper{"Wails": unreachable(t)}}
	_, err := client.Fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
	wantReason(t, err, fetch.ReasonInvalidRequest)

	client = &fetch.Client{Schemes: map[string]http.RoundTripper{"file": unreachable(t)}}
	for _, p := range []*fetch.Params{
		{Environment: app},
		{Environment: app, Mode: fetch.ModeNoCORS},
		{Environment: app, Mode: fetch.ModeNavigate, Destination: "document"},
	} {
		_, err := client.Fetch(newRequest(t, "GET", "file:///etc/passwd", nil), p)
		wantReason(t, err, fetch.ReasonNotHTTP)
	}
}

// POST and PUT without body say so; other methods say nothing.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func TestEmptyBodiesHaveALength(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{}})
	for method, want := range map[string][]string{"POST": {"0"}, "PUT": {"0"}, "GET": nil, "HEAD": nil, "DELETE": nil} {
		for _, body := range []any{nil, ""} {
			w.fetch(newRequest(t, method, "https://app.example/", body), &fetch.Params{Environment: app})
			wantHeader(t, w.last().Header, "Content-Length", want...)
		}
	}
}

// Two sandboxed pages share neither cookies by credentials mode nor, unless they
// are frames of one top-level page, what preflights allow.
//
// Source: https://fetch.spec.whatwg.org/#determine-the-network-partition-key.
func TestSandboxedPages(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share("Access-Control-Max-Age: 600")})
	top := fetch.MustParseOrigin("https://www.app.example")
	sandboxed := func(top fetch.Origin) *fetch.Params {
		return &fetch.Params{Environment: &fetch.Environment{Origin: fetch.OpaqueOrigin(), TopLevel: top}}
	}
	alone := sandboxed(fetch.Origin{})
	for _, tt := range []struct {
		name string
		p    *fetch.Params
		sent []string
	}{
		{"a page", alone, []string{"OPTIONS", "PUT"}},
		{"the same", alone, []string{"PUT"}},
		{"another", sandboxed(fetch.Origin{}), []string{"OPTIONS", "PUT"}},
		{"a frame", sandboxed(top), []string{"OPTIONS", "PUT"}},
		{"another frame of the page", sandboxed(top), []string{"PUT"}},
		{"a frame in a page of the site", sandboxed(app.Origin), []string{"PUT"}},
		{"a frame in another site's page", sandboxed(fetch.MustParseOrigin("https://other.test")), []string{"OPTIONS", "PUT"}},
	} {
		w.fetch(newRequest(t, "PUT", "https://api.example/", nil), tt.p)
		var sent []string
		for _, r := range w.received() {
			sent = append(sent, r.Method)
			wantHeader(t, r.Header, "Origin", "null")
		}
		if !slices.Equal(sent, tt.sent) {
			t.Errorf("%s: sent %q; want %q", tt.name, sent, tt.sent)
		}
		w.forget()
	}
}

// Base sees neither userinfo nor fragment: an http.Client in it would make
// credentials of the one, and caches and logs keep the other.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch, which
// sends what a URL includes in answer to a 401 only.
func TestBaseSeesNoUserinfo(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/":  answer{status: 302, lines: []string{"Location: https://admin:secret@victim.test/#token"}},
		"https://victim.test/":  answer{},
		"https://victim.test/x": answer{},
	})
	client := &http.Client{
		Transport:     w.base,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		if u := r.URL.String(); strings.ContainsAny(u, "@#") {
			t.Errorf("Base gets %s", u)
		}
		return client.Do(r)
	})
	p := &fetch.Params{Environment: app, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}
	w.fetch(newRequest(t, "GET", "https://api.example/", nil), p)
	wantHeader(t, w.last().Header, "Authorization")
	nav := w.fetch(newRequest(t, "GET", "https://u:p@victim.test/x#f", nil), &fetch.Params{Mode: fetch.ModeNavigate})
	if got := nav.URL.Fragment; got != "f" {
		t.Errorf("the page's URL has the fragment %q; want f", got)
	}
}

// A WebSocket handshake has no referrer and is not for caches.
//
// Source: https://websockets.spec.whatwg.org/#concept-websocket-establish.
func TestWebSocketHandshakeHeaders(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{}})
	env := &fetch.Environment{Origin: app.Origin, URL: mustURL(t, "https://app.example/dir/page")}
	for _, referrer := range []string{"", "https://app.example/other"} {
		p := &fetch.Params{Environment: env, Mode: fetch.ModeWebSocket, Referrer: referrer, ReferrerPolicy: "unsafe-url"}
		w.fetch(newRequest(t, "GET", "wss://api.example/", nil), p)
		wantHeader(t, w.last().Header, "Referer")
		wantHeader(t, w.last().Header, "Pragma", "no-cache")
		wantHeader(t, w.last().Header, "Cache-Control", "no-cache")
	}
}

// Set-Cookie is stored however Base spells it, as it is withheld.
func TestSetCookieInAnySpelling(t *testing.T) {
	jar := newJar(t, "https://app.example/")
	client := &fetch.Client{Jar: jar, Base: roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: map[string][]string{"set-cookie": {"a=1"}}, Request: r}, nil
	})}
	resp, err := client.Fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := cookiesIn(t, jar, "https://app.example/"); got != "a=1" || len(resp.Header) != 0 {
		t.Errorf("the jar has %q and the page sees %q", got, resp.Header)
	}
}

// What is no policy, and no cache mode, is refused and not guessed.
//
// Source: fetch.Environment.EmbedderPolicy, fetch.Params.Cache.
func TestUnknownPoliciesAreRefused(t *testing.T) {
	client := &fetch.Client{Base: unreachable(t)}
	for _, p := range []*fetch.Params{
		{Environment: app, Cache: fetch.CacheOnlyIfCached + 1},
		{Environment: &fetch.Environment{Origin: app.Origin, EmbedderPolicy: "Require-CORP"}},
	} {
		_, err := client.Fetch(newRequest(t, "GET", "https://app.example/", nil), p)
		if e := wantReason(t, err, fetch.ReasonInvalidRequest); !strings.Contains(e.Error(), "unknown") {
			t.Errorf("%v; want it to say what is unknown", e)
		}
	}
}

// A location's own fragment stays, also if an http.Client follows it.
//
// Source: https://fetch.spec.whatwg.org/#concept-response-location-url.
func TestFragmentsOfNavigations(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/own":  answer{status: 302, lines: []string{"Location: /end#own"}},
		"https://app.example/none": answer{status: 302, lines: []string{"Location: /end"}},
		"https://app.example/end":  answer{},
	})
	client := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNavigate})}
	for path, want := range map[string]string{"own": "own", "none": "first"} {
		resp, err := client.Get("https://app.example/" + path + "#first")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Request.URL.Fragment; got != want {
			t.Errorf("%s: the fragment is %q; want %q", path, got, want)
		}
	}
}
