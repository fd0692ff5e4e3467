package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// The URLs that a page of https://app.example meets: of its own origin, of its
// site, of another site.
const (
	blockOwn   = "https://app.example/x"
	blockSite  = "https://cdn.app.example/x"
	blockCross = "https://api.example/x"
)

// blockPolicies are the columns of the tables of Cross-Origin-Resource-Policy.
var blockPolicies = []struct {
	embedder    string
	credentials fetch.Credentials
	cookie      bool // whether a no-cors request to another origin has cookies
}{
	{"unsafe-none", fetch.CredentialsInclude, true},
	{"unsafe-none", fetch.CredentialsOmit, false},
	{"credentialless", fetch.CredentialsInclude, false},
	{"credentialless", fetch.CredentialsOmit, false},
	{"require-corp", fetch.CredentialsInclude, true},
	{"require-corp", fetch.CredentialsOmit, false},
}

func blockPage(origin, embedder string) *fetch.Environment {
	env := page(origin)
	env.EmbedderPolicy = embedder
	return env
}

// Under embedder policy credentialless, what is requested from elsewhere in mode
// no-cors carries no credentials, and so needs no consent.
//
// See https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check.
func TestBlockCORP(t *testing.T) {
	tests := []struct {
		name   string
		source string
		lines  []string

		// For each of blockPolicies, whether the response is allowed (+) or
		// blocked (-), to a page of the same site and to one of another site.
		// The own origin is always allowed.
		site, cross string
	}{
		{"none", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", nil, "++++--", "++++--"},
		{"same-origin", "WPT fetch/cross-origin-resource-policy/fetch.https.any.js", []string{"same-origin"}, "------", "------"},
		{"same-site", "WPT fetch/cross-origin-resource-policy/fetch.https.any.js", []string{"same-site"}, "++++++", "------"},
		{"cross-origin", "WPT html/cross-origin-embedder-policy/require-corp.https.html", []string{"cross-origin"}, "++++++", "++++++"},
		{"two lines", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", []string{"same-origin", "same-origin"}, "++++--", "++++--"},
		{"two lines that differ", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", []string{"cross-origin", "same-site"}, "++++--", "++++--"},
		{"a list", "WPT fetch/cross-origin-resource-policy/syntax.any.js", []string{"same-site, cross-origin"}, "++++--", "++++--"},
		{"upper case", "WPT fetch/cross-origin-resource-policy/syntax.any.js", []string{"SAME-ORIGIN"}, "++++--", "++++--"},
		{"empty", "WPT fetch/cross-origin-resource-policy/syntax.any.js", []string{""}, "++++--", "++++--"},
	}
	w := newWeb(t, nil)
	for _, tt := range tests {
		a := answer{body: "content"}
		for _, value := range tt.lines {
			a.lines = append(a.lines, "Cross-Origin-Resource-Policy: "+value)
		}
		for _, to := range []struct{ name, url, want string }{
			{"own origin", blockOwn, "++++++"}, {"same site", blockSite, tt.site}, {"cross-site", blockCross, tt.cross},
		} {
			w.handle(to.url, a)
			for i, policy := range blockPolicies {
				t.Run(fmt.Sprintf("%s/%s/%s/%s", tt.name, to.name, policy.embedder, policy.credentials), func(t *testing.T) {
					w.t = t
					w.client.Jar = newJar(t, to.url, "a=b")
					p := &fetch.Params{
						Environment: blockPage("https://app.example", policy.embedder),
						Mode:        fetch.ModeNoCORS,
						Credentials: policy.credentials,
						Destination: "image",
					}
					req := newRequest(t, "GET", to.url, nil)
					if to.want[i] == '-' {
						e := w.refuse(req, p, fetch.ReasonCORP)
						if e.Status != 200 || e.URL != to.url {
							t.Errorf("the error is about status %d of %s", e.Status, e.URL)
						}
					} else {
						resp := w.fetch(req, p)
						want := fetch.TypeOpaque
						if to.url == blockOwn {
							want = fetch.TypeBasic
						}
						if resp.Type != want {
							t.Errorf("type %s; want %s", resp.Type, want)
						}
						if got := readAll(t, resp.Internal().Body); got != "content" {
							t.Errorf("the internal body is %q", got)
						}
					}
					if policy.cookie || to.url == blockOwn && policy.credentials == fetch.CredentialsInclude {
						wantHeader(t, w.last().Header, "Cookie", "a=b")
					} else {
						wantHeader(t, w.last().Header, "Cookie")
					}
				})
			}
		}
	}
}

// A same-site response is not for a page that did not come over TLS itself.
func TestBlockCORPSchemes(t *testing.T) {
	tests := []struct {
		page, url, value string
		blocked          bool
	}{
		{"https://app.example", "http://app.example/x", "same-site", false},
		{"https://app.example", "http://cdn.app.example/x", "same-site", false},
		{"https://app.example", "http://app.example/x", "same-origin", true},
		{"http://app.example", "https://app.example/x", "same-site", true},
		{"http://app.example", "https://cdn.app.example/x", "same-site", true},
		{"http://app.example", "http://cdn.app.example/x", "same-site", false},
		{"http://app.example", "http://app.example:8080/x", "same-site", false},
		{"http://app.example", "http://app.example:8080/x", "same-origin", true},
		{"http://127.0.0.1:8000", "http://127.0.0.1:8080/x", "same-site", false},
		{"http://127.0.0.1:8000", "http://127.0.0.2:8000/x", "same-site", true},
	}
	w := newWeb(t, nil)
	for _, tt := range tests {
		w.handle(tt.url, lines("Cross-Origin-Resource-Policy: "+tt.value))
		p := &fetch.Params{Environment: page(tt.page), Mode: fetch.ModeNoCORS}
		if req := newRequest(t, "GET", tt.url, nil); tt.blocked {
			w.refuse(req, p, fetch.ReasonCORP)
		} else {
			w.fetch(req, p)
		}
	}
}

// The check is made for what a page cannot read, in mode no-cors only.
func TestBlockCORPOtherModes(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{blockCross: allowing("Cross-Origin-Resource-Policy: same-origin")})
	env := blockPage("https://app.example", "require-corp")
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
		w.fetch(newRequest(t, "GET", blockCross, nil), &fetch.Params{Environment: env, Mode: mode})
	}
	w.refuse(newRequest(t, "GET", blockCross, nil), &fetch.Params{Environment: env, Mode: fetch.ModeNoCORS}, fetch.ReasonCORP)
}

// A blockHop is a response: a redirect to the next hop, or the last one.
type blockHop struct {
	url   string
	lines []string
}

// blockServe makes the hops a chain of redirects that everybody may read.
func blockServe(w *web, hops []blockHop) {
	for i, hop := range hops {
		a := answer{lines: append([]string{"Access-Control-Allow-Origin: *"}, hop.lines...)}
		if i < len(hops)-1 {
			a.status = 302
			a.lines = append(a.lines, "Location: "+hops[i+1].url)
		}
		w.handle(hop.url, a)
	}
}

// Redirects are responses that are checked, too; what counts is each response's own
// origin.
//
// See https://fetch.spec.whatwg.org/#concept-http-fetch.
func TestBlockCORPRedirects(t *testing.T) {
	const home = "https://app.example/home"
	sameOrigin := []string{"Cross-Origin-Resource-Policy: same-origin"}
	sameSite := []string{"Cross-Origin-Resource-Policy: same-site"}
	crossOrigin := []string{"Cross-Origin-Resource-Policy: cross-origin"}
	tests := []struct {
		name     string
		source   string
		embedder string
		hops     []blockHop
		blocked  int // number of the hop, from 1; 0 for none
	}{
		{"own redirect to elsewhere", "https://fetch.spec.whatwg.org/#concept-http-fetch", "", []blockHop{{blockOwn, sameOrigin}, {blockCross, nil}}, 0},
		{"own redirect to what is blocked", "WPT fetch/cross-origin-resource-policy/fetch.any.js", "", []blockHop{{blockOwn, nil}, {blockCross, sameOrigin}}, 2},
		{"blocked redirect to the own origin", "WPT fetch/cross-origin-resource-policy/fetch.any.js", "", []blockHop{{blockCross, sameOrigin}, {home, nil}}, 1},
		{"back home", "WPT fetch/cross-origin-resource-policy/fetch.any.js", "", []blockHop{{blockCross, nil}, {home, sameOrigin}}, 0},
		{"back home, same-site", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "", []blockHop{{blockCross, nil}, {home, sameSite}}, 0},
		{"redirect within the site", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "", []blockHop{{blockSite, sameSite}, {home, nil}}, 0},
		{"redirect within the other site", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "", []blockHop{{blockCross, nil}, {"https://api.example/y", sameSite}}, 2},

		{"require-corp, redirect without consent", "WPT html/cross-origin-embedder-policy/require-corp.https.html", "require-corp", []blockHop{{blockCross, nil}, {"https://api.example/y", crossOrigin}}, 1},
		{"require-corp, consent of both", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "require-corp", []blockHop{{blockCross, crossOrigin}, {"https://api.example/y", crossOrigin}}, 0},
		{"require-corp, consent of the first", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "require-corp", []blockHop{{blockCross, crossOrigin}, {"https://api.example/y", nil}}, 2},
		{"require-corp, back home", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "require-corp", []blockHop{{blockCross, crossOrigin}, {home, nil}}, 0},
		{"require-corp, from home", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "require-corp", []blockHop{{home, nil}, {blockSite, nil}}, 2},
		{"credentialless, from home", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "credentialless", []blockHop{{home, nil}, {blockCross, nil}}, 0},
		{"credentialless, same-origin", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check", "credentialless", []blockHop{{home, nil}, {blockCross, sameOrigin}}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, nil)
			blockServe(w, tt.hops)
			p := &fetch.Params{Environment: blockPage("https://app.example", tt.embedder), Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}
			req := newRequest(t, "GET", tt.hops[0].url, nil)
			want := len(tt.hops)
			if tt.blocked > 0 {
				want = tt.blocked
				if e := w.refuse(req, p, fetch.ReasonCORP); e.Hop != tt.blocked-1 || e.URL != tt.hops[tt.blocked-1].url {
					t.Errorf("hop %d (%s) is blocked; want %d", e.Hop+1, e.URL, tt.blocked)
				}
			} else if resp := w.fetch(req, p); resp.Type != fetch.TypeOpaque {
				t.Errorf("type %s; want opaque", resp.Type)
			}
			if got := len(w.received()); got != want {
				t.Errorf("%d requests; want %d", got, want)
			}
		})
	}
}

// Embedder policy credentialless takes cookies, in both directions, from requests
// in mode no-cors to other origins, and from those that have been there.
//
// See https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials.
func TestBlockCredentialless(t *testing.T) {
	const home, home2 = "https://app.example/home", "https://app.example/home2"
	tests := []struct {
		name     string
		source   string
		embedder string
		params   fetch.Params
		urls     []string
		want     string // for each URL, whether there are cookies
	}{
		{"own origin", "WPT html/cross-origin-embedder-policy/credentialless/cors-or-credentialless/fetch.tentative.https.html", "credentialless", fetch.Params{Mode: fetch.ModeNoCORS}, []string{home}, "+"},
		{"same site", "WPT html/cross-origin-embedder-policy/credentialless/cors-or-credentialless/image.tentative.https.html", "credentialless", fetch.Params{Mode: fetch.ModeNoCORS}, []string{blockSite}, "-"},
		{"cross-site", "WPT html/cross-origin-embedder-policy/credentialless/cors-or-credentialless/fetch.tentative.https.html", "credentialless", fetch.Params{Mode: fetch.ModeNoCORS}, []string{blockCross}, "-"},
		{"cors", "WPT html/cross-origin-embedder-policy/credentialless/cors-or-credentialless/fetch.tentative.https.html", "credentialless", fetch.Params{}, []string{blockCross}, "+"},
		{"navigate", "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials", "credentialless", fetch.Params{Mode: fetch.ModeNavigate}, []string{blockCross}, "+"},
		{"own origin redirects", "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials", "credentialless", fetch.Params{Mode: fetch.ModeNoCORS}, []string{home, home2}, "++"},
		{"own origin redirects away", "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials", "credentialless", fetch.Params{Mode: fetch.ModeNoCORS}, []string{home, blockCross}, "+-"},
		{"back home", "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials", "credentialless", fetch.Params{Mode: fetch.ModeNoCORS}, []string{blockCross, home}, "--"},
		{"away and back home", "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials", "credentialless", fetch.Params{Mode: fetch.ModeNoCORS}, []string{home, blockSite, home2}, "+--"},
		{"unsafe-none", "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials", "unsafe-none", fetch.Params{Mode: fetch.ModeNoCORS}, []string{home, blockCross, home2}, "+++"},
		{"require-corp", "https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials", "require-corp", fetch.Params{Mode: fetch.ModeNoCORS}, []string{home, blockCross, home2}, "+++"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, nil)
			jar := newJar(t, "https://nowhere.example/")
			var hops []blockHop
			for _, u := range tt.urls {
				jar.SetCookies(mustURL(t, u), []*http.Cookie{{Name: "old", Value: "1", Path: "/"}})
				hops = append(hops, blockHop{u, []string{"Set-Cookie: new=1; Path=/", "Cross-Origin-Resource-Policy: cross-origin"}})
			}
			blockServe(w, hops)
			if tt.params.Mode == fetch.ModeCORS {
				w.handle(tt.urls[0], shareWith("https://app.example", "GET", "", "Set-Cookie: new=1; Path=/"))
			}
			w.client.Jar = jar
			p := tt.params
			p.Credentials = fetch.CredentialsInclude
			p.Environment = blockPage("https://app.example", tt.embedder)
			w.fetch(newRequest(t, "GET", tt.urls[0], nil), &p)
			for i, r := range w.received() {
				sent, stored := len(r.Header["Cookie"]) > 0, strings.Contains(cookiesIn(t, jar, r.URL), "new=1")
				if want := tt.want[i] == '+'; sent != want {
					t.Errorf("%s: cookies sent %t; want %t", r, sent, want)
				}
				// A later visit to the same origin may store them.
				if want := tt.want[i] == '+'; want && !stored || !want && stored && !blockVisited(tt.urls, tt.want, i) {
					t.Errorf("%s: cookies stored %t; want %t", r, stored, want)
				}
			}
		})
	}
}

// blockVisited reports whether another URL of the same host as the ith is visited
// with cookies.
func blockVisited(urls []string, cookies string, i int) bool {
	host := func(i int) string { u, _ := url.Parse(urls[i]); return u.Host }
	for j := range urls {
		if cookies[j] == '+' && host(j) == host(i) {
			return true
		}
	}
	return false
}

// blockScriptLike are the destinations that can run what they get, and other
// destinations.
//
// See https://fetch.spec.whatwg.org/#request-destination-script-like.
var (
	blockScriptLike = []fetch.Destination{"audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker"}
	blockOther      = []fetch.Destination{"", "audio", "document", "embed", "font", "frame", "iframe", "image", "json", "manifest", "object", "report", "text", "track", "video"}
)

// What a script or a style sheet may be, with and without nosniff.
//
// See https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff? and
// https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?.
func TestBlockType(t *testing.T) {
	const allowed, nosniff, mimeType = "", string(fetch.ReasonNosniff), string(fetch.ReasonMIMEType)
	tests := []struct {
		name  string
		lines []string

		// The reasons that block it.
		script, style, other string
	}{
		{"JavaScript", []string{"Content-Type: text/javascript"}, allowed, allowed, allowed},
		{"JavaScript, nosniff", []string{"Content-Type: text/javascript; charset=utf-8", "X-Content-Type-Options: nosniff"}, allowed, nosniff, allowed},
		{"old JavaScript, nosniff", []string{"Content-Type: application/x-ECMAScript", "X-Content-Type-Options: nosniff"}, allowed, nosniff, allowed},
		{"CSS, nosniff", []string{"Content-Type: text/css;charset=x", "X-Content-Type-Options: nosniff"}, nosniff, allowed, allowed},
		{"text", []string{"Content-Type: text/plain"}, allowed, allowed, allowed},
		{"text, nosniff", []string{"Content-Type: text/plain", "X-Content-Type-Options: nosniff"}, nosniff, nosniff, allowed},
		{"JSON, nosniff", []string{"Content-Type: application/json", "X-Content-Type-Options: nosniff"}, nosniff, nosniff, allowed},
		{"HTML, NOSNIFF", []string{"Content-Type: text/html", "X-Content-Type-Options: NOSNIFF"}, nosniff, nosniff, allowed},
		{"no type", nil, allowed, allowed, allowed},
		{"no type, nosniff", []string{"X-Content-Type-Options: nosniff"}, nosniff, nosniff, allowed},
		{"empty type, nosniff", []string{"Content-Type: ", "X-Content-Type-Options: nosniff"}, nosniff, nosniff, allowed},
		{"malformed type, nosniff", []string{"Content-Type: text/javascript/", "X-Content-Type-Options: nosniff"}, nosniff, nosniff, allowed},
		{"nosniff second", []string{"Content-Type: text/plain", "X-Content-Type-Options: x", "X-Content-Type-Options: nosniff"}, allowed, allowed, allowed},
		{"nosniff first", []string{"Content-Type: text/plain", "X-Content-Type-Options: nosniff,x"}, nosniff, nosniff, allowed},
		{"quoted nosniff", []string{"Content-Type: text/plain", `X-Content-Type-Options: "nosniff"`}, allowed, allowed, allowed},
		{"two types, the last one counts", []string{"Content-Type: text/css", "Content-Type: text/javascript", "X-Content-Type-Options: nosniff"}, allowed, nosniff, allowed},
		{"image", []string{"Content-Type: image/png"}, mimeType, allowed, allowed},
		{"SVG", []string{"Content-Type: Image/SVG+xml; charset=utf-8"}, mimeType, allowed, allowed},
		{"audio", []string{"Content-Type: audio/mpeg"}, mimeType, allowed, allowed},
		{"video", []string{"Content-Type: video/mp4"}, mimeType, allowed, allowed},
		{"CSV", []string{"Content-Type: text/csv;header=present"}, mimeType, allowed, allowed},
		{"CSV, nosniff", []string{"Content-Type: text/csv", "X-Content-Type-Options: nosniff"}, mimeType, nosniff, allowed},
		{"not CSV", []string{"Content-Type: text/csv-schema"}, allowed, allowed, allowed},
		{"not image", []string{"Content-Type: imagex/png"}, allowed, allowed, allowed},
	}
	w := newWeb(t, nil)
	for _, tt := range tests {
		h := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header()["Content-Type"] = nil // the server must not make one up
			allowing(tt.lines...).ServeHTTP(rw, r)
		})
		w.handle(blockCross, h)
		w.handle(blockOwn, h)
		for _, group := range []struct {
			destinations []fetch.Destination
			want         string
		}{{blockScriptLike, tt.script}, {[]fetch.Destination{"style"}, tt.style}, {blockOther, tt.other}} {
			for _, destination := range group.destinations {
				for _, to := range []struct {
					url  string
					mode fetch.Mode
				}{{blockCross, fetch.ModeNoCORS}, {blockCross, fetch.ModeCORS}, {blockOwn, fetch.ModeSameOrigin}} {
					p := &fetch.Params{Environment: app, Mode: to.mode, Destination: destination}
					resp, err := w.client.Fetch(newRequest(t, "GET", to.url, nil), p)
					if err == nil {
						resp.Body.Close()
					}
					got := allowed
					if err != nil {
						got = string(err.(*fetch.NetworkError).Reason)
					}
					if got != group.want {
						t.Errorf("%s as %q, %s: %q; want %q", tt.name, destination, to.mode, got, group.want)
					}
				}
			}
		}
	}
}

// The type of a redirect does not matter.
func TestBlockTypeRedirect(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		apiURL:                  redirectTo(302, "/y", "Content-Type: text/csv", "X-Content-Type-Options: nosniff"),
		"https://api.example/y": share("Content-Type: text/javascript", "X-Content-Type-Options: nosniff"),
	})
	w.fetch(newRequest(t, "GET", apiURL, nil), &fetch.Params{Environment: app, Destination: "script"})
}

// blockRanged is a Base with an HTTP cache that takes a part of a resource for the
// whole: it asks its server for the part.
func blockRanged(w *web) {
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header["Range"] = []string{"bytes=0-1"}
		return w.base.RoundTrip(r)
	})
}

// An opaque response that is a part of a resource is only for those who have asked
// for one.
//
// See https://fetch.spec.whatwg.org/#concept-main-fetch.
func TestBlockRange(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		url     string
		mode    fetch.Mode
		author  []string
		cache   bool // the request to the server has a Range
		blocked bool
	}{
		{"part", 206, blockCross, fetch.ModeNoCORS, nil, true, true},
		{"not satisfiable", 416, blockCross, fetch.ModeNoCORS, nil, true, true},
		// WPT fetch/range/general.any.js: Range is nothing that a page may set in
		// mode no-cors.
		{"part that the page must not ask for", 206, blockCross, fetch.ModeNoCORS, []string{"Range: bytes=0-"}, true, true},
		{"part to read that the page asked for", 206, blockCross, fetch.ModeCORS, []string{"Range: bytes=0-"}, true, false},
		{"part that nobody asked for", 206, blockCross, fetch.ModeNoCORS, nil, false, false},
		{"whole", 200, blockCross, fetch.ModeNoCORS, nil, true, false},
		{"part to read", 206, blockCross, fetch.ModeCORS, nil, true, false},
		{"part of the own", 206, blockOwn, fetch.ModeNoCORS, nil, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{tt.url: answer{status: tt.status, lines: []string{"Access-Control-Allow-Origin: *"}, body: "x"}})
			if tt.cache {
				blockRanged(w)
			}
			req := newRequest(t, "GET", tt.url, nil, tt.author...)
			p := &fetch.Params{Environment: app, Mode: tt.mode}
			if !tt.blocked {
				w.fetch(req, p)
			} else if e := w.refuse(req, p, fetch.ReasonRangeNotRequested); e.Status != tt.status {
				t.Errorf("status %d; want %d", e.Status, tt.status)
			}
		})
	}
}

// Some responses have no body, whatever the server sends.
//
// See https://fetch.spec.whatwg.org/#null-body-status.
func TestBlockNullBody(t *testing.T) {
	const head = "Connection: close\nAccess-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: *\nContent-Type: text/plain\n"
	tests := []struct {
		name   string
		method string
		text   string
		status int
		body   string
		header []string // some of the response
	}{
		{"204", "GET", "HTTP/1.1 204 No Content\n" + head + "\nhello", 204, "", nil},
		{"204 with length", "GET", "HTTP/1.1 204 No Content\n" + head + "Content-Length: 5\n\nhello", 204, "", nil},
		{"205", "GET", "HTTP/1.1 205 Reset Content\n" + head + "Content-Length: 5\n\nhello", 205, "", []string{"Content-Length: 5"}},
		{"205 in chunks", "POST", "HTTP/1.1 205 Reset Content\n" + head + "Transfer-Encoding: chunked\n\n5\nhello\n0\n\n", 205, "", nil},
		{"205 to the end", "GET", "HTTP/1.1 205 Reset Content\n" + head + "\nhello", 205, "", nil},
		{"205 coded", "GET", "HTTP/1.1 205 Reset Content\n" + head + "Content-Encoding: gzip\nContent-Length: 5\n\nhello", 205, "", []string{"Content-Encoding: gzip"}},
		{"304", "GET", "HTTP/1.1 304 Not Modified\n" + head + "ETag: \"a\"\n\nhello", 304, "", []string{`Etag: "a"`}},
		{"304 with length", "GET", "HTTP/1.1 304 Not Modified\n" + head + "Content-Length: 5\n\nhello", 304, "", nil},
		{"103 in front", "GET", "HTTP/1.1 103 Early Hints\nLink: </x>\n\nHTTP/1.1 200 OK\n" + head + "Content-Length: 5\n\nhello", 200, "hello", []string{"Content-Length: 5"}},
		{"103 in front of 204", "GET", "HTTP/1.1 103 Early Hints\n\nHTTP/1.1 103 Early Hints\n\nHTTP/1.1 204 No Content\n" + head + "\nhello", 204, "", nil},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\n" + head + "Content-Length: 5\n\n", 200, "", []string{"Content-Length: 5"}},
		{"HEAD with a body", "HEAD", "HTTP/1.1 200 OK\n" + head + "Content-Length: 5\n\nhello", 200, "", []string{"Content-Length: 5"}},
		{"HEAD, coded", "HEAD", "HTTP/1.1 200 OK\n" + head + "Content-Encoding: gzip\nContent-Length: 5\n\n", 200, "", []string{"Content-Encoding: gzip", "Content-Length: 5"}},
		{"200", "GET", "HTTP/1.1 200 OK\n" + head + "Content-Length: 5\n\nhello", 200, "hello", nil},
		{"206", "GET", "HTTP/1.1 206 Partial Content\n" + head + "Content-Length: 5\n\nhello", 206, "hello", nil},
		{"404", "GET", "HTTP/1.1 404 Not Found\n" + head + "Content-Length: 5\n\nhello", 404, "hello", nil},
	}
	for _, tt := range tests {
		for _, via := range schemeClients {
			for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
				t.Run(strings.Join([]string{tt.name, via.name, mode.String()}, "/"), func(t *testing.T) {
					w := newWeb(t, map[string]http.Handler{apiURL: rawText(tt.text)})
					resp, err := via.do(w.client, newRequest(t, tt.method, apiURL, nil), &fetch.Params{Environment: app, Mode: mode})
					if err != nil {
						t.Fatal(err)
					}
					defer resp.Body.Close()
					body := resp.Body
					if mode == fetch.ModeNoCORS {
						if resp.Status != 0 {
							t.Errorf("status %d; want 0", resp.Status)
						}
						body = resp.Internal().Body
					} else {
						if resp.Status != tt.status {
							t.Errorf("status %d; want %d", resp.Status, tt.status)
						}
						for _, line := range tt.header {
							name, value, _ := strings.Cut(line, ": ")
							wantHeader(t, resp.Header, name, value)
						}
						wantHeader(t, resp.Header, "Link")
					}
					if got := readAll(t, body); got != tt.body {
						t.Errorf("body %q; want %q", got, tt.body)
					}
				})
			}
		}
	}
}

// A response without a body has no integrity.
//
// See https://fetch.spec.whatwg.org/#concept-main-fetch.
func TestBlockNullBodyIntegrity(t *testing.T) {
	// printf "" | openssl dgst -sha256 -binary | base64
	const empty = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	w := newWeb(t, map[string]http.Handler{
		apiURL:                    answer{status: 204, lines: []string{"Access-Control-Allow-Origin: *"}},
		"https://api.example/200": allowing(),
	})
	p := &fetch.Params{Environment: app, Integrity: empty}
	w.refuse(newRequest(t, "GET", apiURL, nil), p, fetch.ReasonIntegrity)
	w.refuse(newRequest(t, "HEAD", "https://api.example/200", nil), p, fetch.ReasonIntegrity)
	w.fetch(newRequest(t, "GET", "https://api.example/200", nil), p)
}

// Who may see the timing of a chain of responses.
//
// See https://fetch.spec.whatwg.org/#concept-tao-check.
func TestBlockTiming(t *testing.T) {
	const (
		home, away   = "https://app.example/h", "https://api.example/a"
		site, remote = "https://cdn.app.example/s", "https://remote.example/r"
	)
	allow := func(values ...string) (lines []string) {
		for _, v := range values {
			lines = append(lines, "Timing-Allow-Origin: "+v)
		}
		return lines
	}
	origin := allow("https://app.example")
	tests := []struct {
		name   string
		source string
		hops   []blockHop
		want   bool
	}{
		{"own", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{home, nil}}, true},
		{"own, for others only", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{home, allow("https://api.example")}}, true},
		{"away", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, nil}}, false},
		{"same site", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{site, nil}}, false},
		{"*", "WPT resource-timing/TAO-match.html", []blockHop{{away, allow("*")}}, true},
		{"origin", "WPT resource-timing/TAO-match.html", []blockHop{{away, origin}}, true},
		{"origin in a list", "WPT resource-timing/TAO-match.html", []blockHop{{away, allow("https://x.example, https://app.example")}}, true},
		{"origin in a second line", "WPT resource-timing/TAO-match.html", []blockHop{{away, allow("https://x.example", "https://app.example")}}, true},
		{"* in a list", "WPT resource-timing/TAO-match.html", []blockHop{{away, allow("https://x.example,*")}}, true},
		{"origin in upper case", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("HTTPS://APP.EXAMPLE")}}, false},
		{"origin with slash", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("https://app.example/")}}, false},
		{"other origin", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("https://api.example")}}, false},
		{"null for a tuple", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("null")}}, false},
		{"empty", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("")}}, false},
		{"spaces", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("https://x.example https://app.example")}}, false},

		{"own redirect", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{home, nil}, {"https://app.example/2", nil}}, true},
		{"own redirect away", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{home, nil}, {away, nil}}, false},
		{"own redirect to the origin", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{home, nil}, {away, origin}}, true},
		{"both allow", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("*")}, {"https://api.example/2", origin}}, true},
		{"only the last allows", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, nil}, {"https://api.example/2", allow("*")}}, false},
		{"only the first allows", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, allow("*")}, {"https://api.example/2", nil}}, false},
		{"only the one between does not", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{home, nil}, {away, nil}, {"https://app.example/2", allow("*")}}, false},

		// From an origin that is not the request's to a third, or back, the
		// request's origin becomes null.
		{"origin after the taint", "https://fetch.spec.whatwg.org/#serializing-a-request-origin", []blockHop{{away, origin}, {remote, origin}}, false},
		{"null after the taint", "https://fetch.spec.whatwg.org/#serializing-a-request-origin", []blockHop{{away, origin}, {remote, allow("null")}}, true},
		{"null within the site", "https://fetch.spec.whatwg.org/#serializing-a-request-origin", []blockHop{{site, origin}, {"https://cdn2.app.example/s", allow("null")}}, true},
		{"back home", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, origin}, {home, nil}}, false},
		{"back home with the origin", "https://fetch.spec.whatwg.org/#serializing-a-request-origin", []blockHop{{away, origin}, {home, origin}}, false},
		{"back home with null", "https://fetch.spec.whatwg.org/#serializing-a-request-origin", []blockHop{{away, origin}, {home, allow("null")}}, true},
		{"back home with *", "https://fetch.spec.whatwg.org/#concept-tao-check", []blockHop{{away, origin}, {home, allow("*")}}, true},
	}
	for _, tt := range tests {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
			for _, via := range schemeClients {
				t.Run(strings.Join([]string{tt.name, mode.String(), via.name}, "/"), func(t *testing.T) {
					w := newWeb(t, nil)
					blockServe(w, tt.hops)
					resp, err := via.do(w.client, newRequest(t, "GET", tt.hops[0].url, nil), &fetch.Params{Environment: app, Mode: mode})
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					if resp.TimingAllowed != tt.want {
						t.Errorf("TimingAllowed is %t; want %t", resp.TimingAllowed, tt.want)
					}
				})
			}
		}
	}
}

// The response tainting of a navigation is always basic, which is not enough for
// those who navigate a frame to elsewhere.
//
// See https://fetch.spec.whatwg.org/#concept-tao-check.
func TestBlockTimingNavigation(t *testing.T) {
	const home, away = "https://app.example/h", "https://api.example/a"
	star, null := []string{"Timing-Allow-Origin: *"}, []string{"Timing-Allow-Origin: null"}
	opaque := &fetch.Environment{Origin: fetch.OpaqueOrigin()}
	tests := []struct {
		name string
		page *fetch.Environment
		hops []blockHop
		want bool
	}{
		{"own", app, []blockHop{{home, nil}}, true},
		{"away", app, []blockHop{{away, nil}}, false},
		{"away with *", app, []blockHop{{away, star}}, true},
		{"own redirect away", app, []blockHop{{home, nil}, {away, nil}}, false},
		{"back home", app, []blockHop{{away, star}, {home, nil}}, true},
		{"back home without consent", app, []blockHop{{away, nil}, {home, nil}}, false},
		{"address bar", nil, []blockHop{{away, nil}}, false},
		{"address bar with *", nil, []blockHop{{away, star}}, true},
		{"opaque page", opaque, []blockHop{{away, nil}}, false},
		{"opaque page with null", opaque, []blockHop{{away, null}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, nil)
			blockServe(w, tt.hops)
			p := &fetch.Params{Environment: tt.page, Mode: fetch.ModeNavigate, Destination: "iframe"}
			if got := w.fetch(newRequest(t, "GET", tt.hops[0].url, nil), p).TimingAllowed; got != tt.want {
				t.Errorf("TimingAllowed is %t; want %t", got, tt.want)
			}
		})
	}
}

// blockBadPorts is the table of https://fetch.spec.whatwg.org/#bad-port.
var blockBadPorts = []int{
	0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79,
	87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137,
	139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540,
	548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
	3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
	6697, 10080,
}

// See https://fetch.spec.whatwg.org/#block-bad-port.
func TestBlockBadPort(t *testing.T) {
	if got := len(blockBadPorts); got != 83 {
		t.Fatalf("%d bad ports; the standard has 83", got)
	}
	c := &fetch.Client{Base: unreachable(t)}
	for _, port := range blockBadPorts {
		for _, format := range []string{
			"http://api.example:%d/", "https://app.example:%d/x", "https://api.example:%05d/",
			"http://[::1]:%d/", "http://127.0.0.1:%d/", "http://0x7f.1:%d/",
		} {
			for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
				rawURL := fmt.Sprintf(format, port)
				_, err := c.Fetch(schemeRequest(t, "GET", rawURL, nil), &fetch.Params{Environment: app, Mode: mode})
				if err == nil {
					t.Fatalf("%s was fetched in mode %s", rawURL, mode)
				}
				wantReason(t, err, fetch.ReasonBadPort)
			}
		}
		// The page's own origin is no exception.
		own := fmt.Sprintf("http://app.example:%d", port)
		_, err := c.Fetch(newRequest(t, "GET", own+"/", nil), &fetch.Params{Environment: page(own), Mode: fetch.ModeSameOrigin})
		wantReason(t, err, fetch.ReasonBadPort)
		_, err = c.Fetch(schemeRequest(t, "GET", fmt.Sprintf("wss://api.example:%d/", port), nil), &fetch.Params{Environment: app, Mode: fetch.ModeWebSocket})
		wantReason(t, err, fetch.ReasonBadPort)
	}
}

// The ports next to the bad ones are good.
func TestBlockGoodPorts(t *testing.T) {
	bad := make(map[int]bool)
	for _, port := range blockBadPorts {
		bad[port] = true
	}
	c := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204, Header: http.Header{"Access-Control-Allow-Origin": {"*"}}, Body: http.NoBody}, nil
	})}
	good := []int{80, 443, 3000, 5000, 8000, 8080, 8443, 8888, 49152, 65535}
	for port := range bad {
		good = append(good, port+1, port+65535-10080)
		if port > 0 {
			good = append(good, port-1)
		}
	}
	for _, port := range good {
		if bad[port] {
			continue
		}
		resp, err := c.Fetch(newRequest(t, "GET", fmt.Sprintf("http://api.example:%d/", port), nil), &fetch.Params{Environment: app})
		if err != nil {
			t.Errorf("port %d: %v", port, err)
			continue
		}
		resp.Body.Close()
	}
}

func TestBlockBadPortByRedirect(t *testing.T) {
	w := newWeb(t, nil)
	for _, port := range blockBadPorts {
		for _, format := range []string{"http://api.example:%d/", "//api.example:%d/", "https://[::1]:%d/"} {
			w.handle(apiURL, redirectTo(302, fmt.Sprintf(format, port)))
			for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
				for _, via := range schemeClients {
					w.forget()
					_, err := via.do(w.client, newRequest(t, "GET", apiURL, nil), &fetch.Params{Environment: app, Mode: mode})
					if err == nil {
						t.Fatalf("port %d was fetched by a redirect in mode %s", port, mode)
					}
					if e := wantReason(t, err, fetch.ReasonBadPort); e.Hop != 1 {
						t.Errorf("port %d: hop %d; want 1", port, e.Hop)
					}
					w.wantReceived("GET " + apiURL)
				}
			}
		}
	}
}

// A page with an embedder policy shows in its frames what consents to that, at
// every hop, and its own documents.
//
// Source: https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching
// and https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check.
func TestBlockFrames(t *testing.T) {
	const allow = "Cross-Origin-Resource-Policy: cross-origin"
	tests := []struct {
		policy      string
		destination fetch.Destination
		url         string
		hop, page   []string // header lines of a redirect, if any, and of the page
		blocked     bool
	}{
		{"", "iframe", "https://other.test/", nil, nil, false},
		{"", "iframe", "https://other.test/", nil, []string{"Cross-Origin-Resource-Policy: same-origin"}, false},
		{"unsafe-none", "object", "https://other.test/", nil, []string{"Cross-Origin-Resource-Policy: same-site"}, false},
		{"require-corp", "iframe", "https://other.test/", nil, nil, true},
		{"require-corp", "frame", "https://other.test/", nil, nil, true},
		{"require-corp", "embed", "https://other.test/", nil, nil, true},
		{"require-corp", "object", "https://other.test/", nil, nil, true},
		{"require-corp", "document", "https://other.test/", nil, nil, false},
		{"require-corp", "iframe", "https://app.example/", nil, nil, false},
		{"require-corp", "iframe", "https://sub.app.example/", nil, nil, true},
		{"require-corp", "iframe", "https://sub.app.example/", nil, []string{"Cross-Origin-Resource-Policy: same-site"}, false},
		{"require-corp", "iframe", "https://other.test/", nil, []string{"Cross-Origin-Resource-Policy: same-site"}, true},
		{"require-corp", "iframe", "https://other.test/", nil, []string{allow}, false},
		{"require-corp", "iframe", "https://other.test/", []string{allow}, []string{allow}, false},
		{"require-corp", "iframe", "https://other.test/", []string{}, []string{allow}, true},
		{"credentialless", "iframe", "https://other.test/", nil, nil, true},
		{"credentialless", "iframe", "https://other.test/", nil, []string{allow}, false},
	}
	for _, tt := range tests {
		w := newWeb(t, map[string]http.Handler{tt.url: answer{lines: tt.page}})
		url := tt.url
		if tt.hop != nil {
			url = "https://hop.test/"
			w.handle(url, answer{status: 302, lines: append([]string{"Location: " + tt.url}, tt.hop...)})
		}
		env := &fetch.Environment{Origin: app.Origin, EmbedderPolicy: tt.policy}
		p := &fetch.Params{Environment: env, Mode: fetch.ModeNavigate, Destination: tt.destination}
		resp, direct := w.client.Fetch(newRequest(t, "GET", url, nil), p)
		if direct == nil {
			resp.Body.Close()
		}
		through, err := (&http.Client{Transport: w.client.Transport(p)}).Get(url)
		if err == nil {
			through.Body.Close()
		}
		for _, err := range []error{direct, err} {
			if !tt.blocked && err != nil {
				t.Errorf("%+v: %v", tt, err)
			}
			if tt.blocked && !errors.Is(err, fetch.ReasonCORP) {
				t.Errorf("%+v: %v; want it blocked", tt, err)
			}
		}
	}
}
