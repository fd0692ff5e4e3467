package fetch_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// metadataPage is a page whose URL has all that a Referer may lose.
func metadataPage(t testing.TB, rawURL string) *fetch.Environment {
	t.Helper()
	u := mustURL(t, rawURL)
	return &fetch.Environment{Origin: fetch.OriginOf(u), URL: u}
}

// metadataOf returns where and for what a server learns that a request was made, in
// short. What is absent is left out.
func metadataOf(h http.Header) string {
	var parts []string
	for _, field := range []struct{ short, name string }{
		{"site", "Sec-Fetch-Site"},
		{"mode", "Sec-Fetch-Mode"},
		{"dest", "Sec-Fetch-Dest"},
		{"user", "Sec-Fetch-User"},
		{"purpose", "Sec-Purpose"},
		{"origin", "Origin"},
		{"referer", "Referer"},
		{"upgrade", "Upgrade-Insecure-Requests"},
	} {
		for _, value := range h[field.name] {
			parts = append(parts, field.short+"="+value)
		}
	}
	return strings.Join(parts, " ")
}

// metadataLog returns the requests that the servers got, each with what they
// learned.
func metadataLog(w *web) []string {
	var log []string
	for _, r := range w.received() {
		log = append(log, strings.TrimSuffix(r.String()+" "+metadataOf(r.Header), " "))
	}
	return log
}

// Sec-Fetch-Site tells of the URL furthest away, Sec-Fetch-User of activation, and
// all of them only what is trustworthy.
//
// See https://w3c.github.io/webappsec-fetch-metadata/#redirects.
func TestMetadataRedirects(t *testing.T) {
	const (
		home  = "https://app.example/page?q#f"
		image = " mode=no-cors dest=image"
		cors  = " mode=cors dest=empty"
		nav   = " mode=navigate dest=document"
		full  = " referer=https://app.example/page?q"
		short = " referer=https://app.example/"
		up    = " upgrade=1"
	)
	noCORS := fetch.Params{Mode: fetch.ModeNoCORS, Destination: "image"}
	document := fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}
	activated := fetch.Params{Mode: fetch.ModeNavigate, Destination: "document", UserActivation: true}
	tests := []struct {
		name   string
		source string
		page   string // "" for the address bar
		params fetch.Params
		urls   []string
		want   []string // for each URL
	}{
		{
			"same-origin", "WPT fetch/metadata/generated/element-img.https.sub.html", home, noCORS,
			[]string{"https://app.example/1"},
			[]string{"site=same-origin" + image + full},
		},
		{
			"same-site", "WPT fetch/metadata/generated/element-img.https.sub.html", home, noCORS,
			[]string{"https://cdn.app.example/1"},
			[]string{"site=same-site" + image + short},
		},
		{
			"other port", "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header", home, noCORS,
			[]string{"https://app.example:8443/1"},
			[]string{"site=same-site" + image + short},
		},
		{
			"cross-site", "WPT fetch/metadata/generated/element-img.https.sub.html", home, noCORS,
			[]string{"https://api.example/1"},
			[]string{"site=cross-site" + image + short},
		},
		{
			"all the way and back home", "https://w3c.github.io/webappsec-fetch-metadata/#redirects", home, noCORS,
			[]string{"https://app.example/1", "https://cdn.app.example/2", "https://api.example/3", "https://app.example/4"},
			[]string{
				"site=same-origin" + image + full,
				"site=same-site" + image + short,
				"site=cross-site" + image + short,
				// What one URL was not shown, those after it are not.
				"site=cross-site" + image + short,
			},
		},
		{
			"all the way and back home, cors", "https://w3c.github.io/webappsec-fetch-metadata/#redirects", home, fetch.Params{},
			[]string{"https://app.example/1", "https://cdn.app.example/2", "https://api.example/3", "https://app.example/4"},
			[]string{
				"site=same-origin" + cors + full,
				"site=same-site" + cors + " origin=https://app.example" + short,
				"site=cross-site" + cors + " origin=null" + short,
				"site=cross-site" + cors + " origin=null" + short,
			},
		},
		{
			"within the site and back home", "WPT fetch/metadata/generated/element-img.https.sub.html", home, noCORS,
			[]string{"https://cdn.app.example/1", "https://app.example/2"},
			[]string{"site=same-site" + image + short, "site=same-site" + image + short},
		},
		{
			"downgrade and up again", "WPT fetch/metadata/generated/element-img.sub.html", home, noCORS,
			[]string{"https://app.example/1", "http://app.example/2", "https://app.example/3"},
			[]string{
				"site=same-origin" + image + full,
				"", // nothing for those who listen in
				// Sites have schemes, and a referrer that is gone stays away.
				"site=cross-site" + image,
			},
		},
		{
			"upgrade", "WPT fetch/metadata/generated/element-img.sub.html", "http://app.example/page?q", noCORS,
			[]string{"http://app.example/1", "https://app.example/2"},
			[]string{
				"referer=http://app.example/page?q",
				"site=cross-site" + image + " referer=http://app.example/",
			},
		},
		{
			"two ports of localhost", "https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy", "http://localhost:8080/page", noCORS,
			[]string{"http://localhost:9090/1", "http://localhost:8080/2"},
			[]string{
				"site=same-site" + image + " referer=http://localhost:8080/",
				"site=same-site" + image + " referer=http://localhost:8080/",
			},
		},
		{
			"two loopback addresses", "https://html.spec.whatwg.org/multipage/browsers.html#same-site", "http://127.0.0.1:8080/page", noCORS,
			[]string{"http://127.0.0.2:8080/1", "http://[::1]:8080/2"},
			[]string{
				"site=cross-site" + image + " referer=http://127.0.0.1:8080/",
				"site=cross-site" + image + " referer=http://127.0.0.1:8080/",
			},
		},
		{
			"opaque page", "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header", "data:text/html,x", fetch.Params{},
			[]string{"https://app.example/1", "https://app.example/2"},
			[]string{"site=cross-site" + cors + " origin=null", "site=cross-site" + cors + " origin=null"},
		},
		{
			"activation is nothing to images", "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-user-header", home,
			fetch.Params{Mode: fetch.ModeNoCORS, Destination: "image", UserActivation: true},
			[]string{"https://api.example/1"},
			[]string{"site=cross-site" + image + short},
		},

		{
			"a link", "WPT fetch/metadata/generated/element-a.https.sub.html", home, activated,
			[]string{"https://app.example/1", "https://api.example/2", "https://app.example/3"},
			[]string{
				"site=same-origin" + nav + " user=?1" + full + up,
				"site=cross-site" + nav + " user=?1" + short + up,
				"site=cross-site" + nav + " user=?1" + short + up,
			},
		},
		{
			"a script's navigation", "WPT fetch/metadata/generated/window-location.https.sub.html", home, document,
			[]string{"https://api.example/1"},
			[]string{"site=cross-site" + nav + short + up},
		},
		{
			"a link in a frame", "https://fetch.spec.whatwg.org/#navigation-request", home,
			fetch.Params{Mode: fetch.ModeNavigate, Destination: "iframe", UserActivation: true},
			[]string{"https://cdn.app.example/1"},
			[]string{"site=same-site mode=navigate dest=iframe user=?1" + short + up},
		},
		{
			"a download", "https://fetch.spec.whatwg.org/#navigation-request", home,
			fetch.Params{Mode: fetch.ModeNavigate, UserActivation: true}, // it has the empty destination
			[]string{"https://app.example/1"},
			[]string{"site=same-origin mode=navigate dest=empty" + full + up},
		},
		{
			"a link, downgrade and up again", "WPT fetch/metadata/generated/element-a.sub.html", home, activated,
			[]string{"https://app.example/1", "http://app.example/2", "https://app.example/3"},
			[]string{
				"site=same-origin" + nav + " user=?1" + full + up,
				"upgrade=1",
				"site=cross-site" + nav + " user=?1" + up,
			},
		},
		{
			"address bar", "https://w3c.github.io/webappsec-fetch-metadata/#redirects", "", activated,
			[]string{"https://sho.rt/1", "http://app.example/2", "https://app.example/3"},
			[]string{
				"site=none" + nav + " user=?1" + up,
				"upgrade=1",
				"site=none" + nav + " user=?1" + up,
			},
		},
	}
	for _, tt := range tests {
		for _, via := range schemeClients {
			t.Run(tt.name+"/"+via.name, func(t *testing.T) {
				w := newWeb(t, nil)
				var hops []blockHop
				var want []string
				for i, u := range tt.urls {
					hops = append(hops, blockHop{url: u})
					want = append(want, strings.TrimSuffix("GET "+u+" "+tt.want[i], " "))
				}
				blockServe(w, hops)
				p := tt.params
				if tt.page != "" {
					p.Environment = metadataPage(t, tt.page)
				}
				resp, err := via.do(w.client, newRequest(t, "GET", tt.urls[0], nil), &p)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if diff := cmp.Diff(want, metadataLog(w)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}

// A preflight is of mode cors and has the destination of the request it is for.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func TestMetadataPreflight(t *testing.T) {
	const agent = "agent/1"
	env := metadataPage(t, "https://app.example/page?q")
	env.Languages = []string{"de"}
	w := newWeb(t, map[string]http.Handler{apiURL: share("Referrer-Policy: no-referrer")})
	w.client.UserAgent = agent
	req := newRequest(t, "PUT", apiURL, "x", "X-A: b", "Range: bytes=0-", "Accept: text/x", "Accept-Language: fr")
	w.fetch(req, &fetch.Params{Environment: env, Destination: "json", Prefetch: true, Cache: fetch.CacheNoStore})
	log := w.received()
	if len(log) != 2 {
		t.Fatalf("%d requests; want a preflight and a request", len(log))
	}
	want := http.Header{
		"Accept":                         {"*/*"},
		"Accept-Encoding":                {"gzip, deflate"},
		"Access-Control-Request-Headers": {"x-a"},
		"Access-Control-Request-Method":  {"PUT"},
		"Origin":                         {"https://app.example"},
		"Referer":                        {"https://app.example/"},
		"Sec-Fetch-Dest":                 {"json"},
		"Sec-Fetch-Mode":                 {"cors"},
		"Sec-Fetch-Site":                 {"cross-site"},
		"Sec-Purpose":                    {"prefetch"},
		"User-Agent":                     {agent},
	}
	if diff := cmp.Diff(want, log[0].Header); diff != "" {
		t.Errorf("preflight (-want +got):\n%s", diff)
	}
	// The policy of a preflight response is nobody's.
	want = http.Header{
		"Accept":          {"text/x"},
		"Accept-Encoding": {"identity"},
		"Accept-Language": {"fr"},
		"Cache-Control":   {"no-cache"},
		"Content-Length":  {"1"},
		"Origin":          {"https://app.example"},
		"Pragma":          {"no-cache"},
		"Range":           {"bytes=0-"},
		"Referer":         {"https://app.example/"},
		"Sec-Fetch-Dest":  {"json"},
		"Sec-Fetch-Mode":  {"cors"},
		"Sec-Fetch-Site":  {"cross-site"},
		"Sec-Purpose":     {"prefetch"},
		"User-Agent":      {agent},
		"X-A":             {"b"},
	}
	if diff := cmp.Diff(want, log[1].Header); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// What each referrer policy shows, as Referer of all requests and as Origin of those
// that neither use CORS nor are a GET or HEAD.
//
// See https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer and
// https://fetch.spec.whatwg.org/#append-a-request-origin-header.
func TestMetadataReferrerPolicy(t *testing.T) {
	const (
		full  = "https://app.example/page?q"
		short = "https://app.example/"
		self  = "https://app.example"
		null  = "null"
		none  = ""
	)
	targets := []string{
		"https://app.example/1",
		"https://api.example/1",
		"http://api.example/1",
		// Trustworthy, which counts for Referer, but not "https", which counts
		// for Origin.
		"http://localhost:8080/1",
	}
	type want [4]string // for each target
	tests := []struct {
		policy, env     string
		referer, origin want
	}{
		{"no-referrer", "", want{none, none, none, none}, want{null, null, null, null}},
		{"no-referrer-when-downgrade", "", want{full, full, none, full}, want{self, self, null, null}},
		{"same-origin", "", want{full, none, none, none}, want{self, null, null, null}},
		{"origin", "", want{short, short, short, short}, want{self, self, self, self}},
		{"strict-origin", "", want{short, short, none, short}, want{self, self, null, null}},
		{"origin-when-cross-origin", "", want{full, short, short, short}, want{self, self, self, self}},
		{"strict-origin-when-cross-origin", "", want{full, short, none, short}, want{self, self, null, null}},
		{"unsafe-url", "", want{full, full, full, full}, want{self, self, self, self}},
		{"", "", want{full, short, none, short}, want{self, self, null, null}},
		{"", "unsafe-url", want{full, full, full, full}, want{self, self, self, self}},
		{"", "nonsense", want{full, short, none, short}, want{self, self, null, null}},
		{"nonsense", "no-referrer", want{none, none, none, none}, want{null, null, null, null}},
		{"origin", "no-referrer", want{short, short, short, short}, want{self, self, self, self}},
	}
	w := newWeb(t, nil)
	for _, target := range targets {
		w.handle(target, share())
	}
	for _, tt := range tests {
		env := metadataPage(t, "https://user:secret@app.example/page?q#f")
		env.ReferrerPolicy = fetch.ReferrerPolicy(tt.env)
		for i, target := range targets {
			for _, method := range []string{"POST", "GET", "HEAD"} {
				for _, mode := range []fetch.Mode{fetch.ModeNoCORS, fetch.ModeNavigate, fetch.ModeSameOrigin, fetch.ModeCORS} {
					own := i == 0
					if mode == fetch.ModeSameOrigin && !own {
						continue
					}
					t.Run(fmt.Sprintf("%s,%s/%s %s/%s", tt.policy, tt.env, method, target, mode), func(t *testing.T) {
						w.t = t
						w.fetch(newRequest(t, method, target, nil), &fetch.Params{
							Environment:    env,
							Mode:           mode,
							ReferrerPolicy: fetch.ReferrerPolicy(tt.policy),
						})
						origin := tt.origin[i]
						switch {
						case mode == fetch.ModeCORS && (method == "POST" || !own):
							origin = self
						case method != "POST":
							origin = none
						}
						got := w.last().Header
						wantHeader(t, got, "Referer", metadataLines(tt.referer[i])...)
						wantHeader(t, got, "Origin", metadataLines(origin)...)
					})
				}
			}
		}
	}
}

// metadataLines returns the lines of a header whose value is "" if it is absent.
func metadataLines(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// Nobody's navigation is of an opaque origin.
func TestMetadataOriginOfAddressBar(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{apiURL: answer{}})
	w.fetch(newRequest(t, "POST", apiURL, "x"), &fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"})
	if got, want := metadataOf(w.last().Header), "site=none mode=navigate dest=document origin=null upgrade=1"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

// A redirect may change the policy for the hops after it, but not give back what has
// been dropped.
//
// See https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect.
func TestMetadataReferrerPolicyRedirects(t *testing.T) {
	const (
		home, home2 = "https://app.example/1", "https://app.example/2"
		away, away2 = "https://api.example/1", "https://api.example/2"
		full        = "https://app.example/page?q"
		short       = "https://app.example/"
		none        = ""
		self        = "https://app.example"
	)
	policy := func(lines ...string) []string {
		for i := range lines {
			lines[i] = "Referrer-Policy: " + lines[i]
		}
		return lines
	}
	tests := []struct {
		name    string
		source  string
		hops    []blockHop
		referer []string // for each hop
		origin  []string // likewise, of a POST request in mode no-cors
	}{
		{
			"no-referrer", "WPT fetch/api/redirect/redirect-referrer.any.js",
			[]blockHop{{home, policy("no-referrer")}, {away, nil}},
			[]string{full, none}, []string{self, "null"},
		},
		{
			"no-referrer stays", "https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect",
			[]blockHop{{home, policy("no-referrer")}, {home2, policy("unsafe-url")}, {away, nil}},
			[]string{full, none, none}, []string{self, "null", self},
		},
		{
			"unsafe-url", "WPT fetch/api/redirect/redirect-referrer.any.js",
			[]blockHop{{home, policy("unsafe-url")}, {away, nil}},
			[]string{full, full}, []string{self, self},
		},
		{
			"unsafe-url too late", "https://fetch.spec.whatwg.org/#concept-main-fetch",
			[]blockHop{{away, policy("unsafe-url")}, {away2, nil}},
			[]string{short, short}, []string{self, self}, // within one origin
		},
		{
			"origin", "WPT fetch/api/redirect/redirect-referrer.any.js",
			[]blockHop{{home, policy("origin")}, {home2, nil}},
			[]string{full, short}, []string{self, self},
		},
		{
			"same-origin and back home", "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer",
			[]blockHop{{home, nil}, {away, policy("same-origin")}, {home2, nil}},
			[]string{full, short, short}, []string{self, self, "null"},
		},
		{
			"the last known one of a list", "https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header",
			[]blockHop{{home, policy("no-referrer, unsafe-url, unknown")}, {away, nil}},
			[]string{full, full}, []string{self, self},
		},
		{
			"the last one of two lines", "https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header",
			[]blockHop{{home, policy("unsafe-url", "no-referrer")}, {away, nil}},
			[]string{full, none}, []string{self, "null"},
		},
		{
			"unknown", "https://w3c.github.io/webappsec-referrer-policy/#unknown-policy-values",
			[]blockHop{{home, policy("never")}, {away, nil}},
			[]string{full, short}, []string{self, self},
		},
		{
			"empty", "WPT fetch/api/redirect/redirect-referrer.any.js",
			[]blockHop{{home, policy("")}, {away, nil}},
			[]string{full, short}, []string{self, self},
		},
		{
			"of the last response", "https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect",
			[]blockHop{{home, nil}, {away, policy("no-referrer")}},
			[]string{full, short}, []string{self, self},
		},
	}
	for _, tt := range tests {
		for _, via := range schemeClients {
			for _, mode := range []fetch.Mode{fetch.ModeNoCORS, fetch.ModeNavigate} {
				t.Run(strings.Join([]string{tt.name, via.name, mode.String()}, "/"), func(t *testing.T) {
					w := newWeb(t, nil)
					for i, hop := range tt.hops {
						if i == len(tt.hops)-1 {
							w.handle(hop.url, answer{lines: hop.lines})
							break
						}
						w.handle(hop.url, answer{status: 307, lines: append([]string{"Location: " + tt.hops[i+1].url}, hop.lines...)})
					}
					p := &fetch.Params{Environment: metadataPage(t, "https://app.example/page?q#f"), Mode: mode}
					resp, err := via.do(w.client, newRequest(t, "POST", tt.hops[0].url, "x"), p)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					log := w.received()
					if len(log) != len(tt.hops) {
						t.Fatalf("%d requests; want %d", len(log), len(tt.hops))
					}
					for i, r := range log {
						wantHeader(t, r.Header, "Referer", metadataLines(tt.referer[i])...)
						wantHeader(t, r.Header, "Origin", metadataLines(tt.origin[i])...)
					}
				})
			}
		}
	}
}

// Which URL is the referrer.
//
// See https://fetch.spec.whatwg.org/#dom-request.
func TestMetadataReferrer(t *testing.T) {
	const home = "https://app.example/page?q#f"
	long := "https://app.example/" + strings.Repeat("x", 4096-len("https://app.example/"))
	tests := []struct {
		name     string
		source   string
		url      string // of the page; "" for none
		referrer string
		want     string
	}{
		{"the page", "https://fetch.spec.whatwg.org/#dom-request", home, "", "https://app.example/page?q"},
		{"about:client", "WPT fetch/api/request/request-init-001.sub.html", home, "about:client", "https://app.example/page?q"},
		{"none", "WPT fetch/api/basic/referrer.any.js", home, fetch.NoReferrer, ""},
		{"another page", "https://fetch.spec.whatwg.org/#dom-request", home, "https://app.example/other?a#b", "https://app.example/other?a"},
		{"userinfo", "https://w3c.github.io/webappsec-referrer-policy/#strip-url", home, "https://user:secret@app.example/other", "https://app.example/other"},
		{"to be normalized", "https://url.spec.whatwg.org/#concept-url-parser", home, "HTTPS://APP.example:443/a/../b c", "https://app.example/b%20c"},
		{"other origin", "WPT fetch/api/basic/referrer.any.js", home, "https://evil.example/x", "https://app.example/page?q"},
		{"other scheme", "https://fetch.spec.whatwg.org/#dom-request", home, "http://app.example/x", "https://app.example/page?q"},
		{"other about: URL", "https://fetch.spec.whatwg.org/#dom-request", home, "about:blank", "https://app.example/page?q"},
		{"page without URL", "fetch.Environment.URL", "", "", ""},
		{"page without URL, referrer with", "https://fetch.spec.whatwg.org/#dom-request", "", "https://app.example/x", "https://app.example/x"},
		{"page without URL, other origin", "https://fetch.spec.whatwg.org/#dom-request", "", "https://evil.example/x", ""},
		{"userinfo of the page", "https://w3c.github.io/webappsec-referrer-policy/#strip-url", "https://user:secret@app.example/x", "", "https://app.example/x"},
		{"4096 bytes", "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer", long, "", long},
		{"4097 bytes", "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer", long + "x", "", "https://app.example/"},
		{"4096 bytes and a fragment", "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer", long + "#x", "", long},
		{"page made of a blob", "https://w3c.github.io/webappsec-referrer-policy/#strip-url", "blob:https://app.example/9115d58c-bcda-ff47-86e5-083e9a215304", "", ""},
		{"page made of nothing", "https://w3c.github.io/webappsec-referrer-policy/#strip-url", "about:blank", "", ""},
	}
	w := newWeb(t, map[string]http.Handler{"https://app.example/1": answer{}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			env := page("https://app.example")
			if tt.url != "" {
				env.URL = mustURL(t, tt.url)
			}
			w.fetch(newRequest(t, "GET", "https://app.example/1", nil, "Referer: https://forged.example/"), &fetch.Params{Environment: env, Referrer: tt.referrer})
			wantHeader(t, w.last().Header, "Referer", metadataLines(tt.want)...)
		})
	}
	for _, referrer := range []string{"/relative", "page", "https://", "http://app.example:99999/"} {
		c := &fetch.Client{Base: unreachable(t)}
		_, err := c.Fetch(newRequest(t, "GET", "https://app.example/1", nil), &fetch.Params{Environment: app, Referrer: referrer})
		wantReason(t, err, fetch.ReasonInvalidRequest)
	}
}

// What is no destination counts as the empty one, in Accept as in Sec-Fetch-Dest.
//
// See https://fetch.spec.whatwg.org/#fetching.
func TestMetadataDestination(t *testing.T) {
	const document = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	tests := map[fetch.Destination]string{
		"":              "*/*",
		"audio":         "*/*",
		"audioworklet":  "*/*",
		"document":      document,
		"embed":         "*/*",
		"font":          "*/*",
		"frame":         document,
		"iframe":        document,
		"image":         "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
		"json":          "application/json,*/*;q=0.5",
		"manifest":      "*/*",
		"object":        "*/*",
		"paintworklet":  "*/*",
		"report":        "*/*",
		"script":        "*/*",
		"serviceworker": "*/*",
		"sharedworker":  "*/*",
		"style":         "text/css,*/*;q=0.1",
		"text":          "text/plain,*/*;q=0.5",
		"track":         "*/*",
		"video":         "*/*",
		"webidentity":   "*/*",
		"worker":        "*/*",
		"xslt":          "*/*",
		"Image":         "*/*",
		"nonsense\r\n":  "*/*",
	}
	w := newWeb(t, map[string]http.Handler{apiURL: share("Content-Type: text/javascript")})
	for destination, accept := range tests {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
			w.fetch(newRequest(t, "GET", apiURL, nil), &fetch.Params{Environment: app, Mode: mode, Destination: destination})
			dest := string(destination)
			switch destination {
			case "", "Image", "nonsense\r\n":
				dest = "empty"
			}
			got := w.last().Header
			wantHeader(t, got, "Accept", accept)
			wantHeader(t, got, "Sec-Fetch-Dest", dest)
			wantHeader(t, got, "Sec-Purpose")

			// For a prefetch, all is a document, unless its author says what it is.
			p := &fetch.Params{Environment: app, Mode: mode, Destination: destination, Prefetch: true}
			w.fetch(newRequest(t, "GET", apiURL, nil), p)
			got = w.last().Header
			wantHeader(t, got, "Accept", document)
			wantHeader(t, got, "Sec-Fetch-Dest", dest)
			wantHeader(t, got, "Sec-Purpose", "prefetch")
			w.fetch(newRequest(t, "GET", apiURL, nil, "Accept: x/y", "Sec-Purpose: forged"), p)
			got = w.last().Header
			wantHeader(t, got, "Accept", "x/y")
			wantHeader(t, got, "Sec-Purpose", "prefetch")
		}
	}
}

// See https://fetch.spec.whatwg.org/#fetching and
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4.
func TestMetadataLanguages(t *testing.T) {
	tests := []struct {
		languages []string
		want      string
	}{
		{nil, ""},
		{[]string{"de"}, "de"},
		{[]string{"de-AT", "de", "en"}, "de-AT,de;q=0.9,en;q=0.8"},
		{
			[]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"},
			"a,b;q=0.9,c;q=0.8,d;q=0.7,e;q=0.6,f;q=0.5,g;q=0.4,h;q=0.3,i;q=0.2,j;q=0.1,k;q=0.1,l;q=0.1",
		},
	}
	w := newWeb(t, map[string]http.Handler{apiURL: share()})
	for _, tt := range tests {
		env := &fetch.Environment{Origin: app.Origin, Languages: tt.languages}
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
			p := &fetch.Params{Environment: env, Mode: mode}
			w.forget()
			w.fetch(newRequest(t, "GET", apiURL, nil), p)
			wantHeader(t, w.last().Header, "Accept-Language", metadataLines(tt.want)...)
			w.fetch(newRequest(t, "GET", apiURL, nil, "Accept-Language: fr"), p)
			wantHeader(t, w.last().Header, "Accept-Language", "fr")
			w.wantReceived("GET "+apiURL, "GET "+apiURL)
		}
	}
	for _, language := range []string{"", "de AT", "de,en", "de;q=1", "*", "dé", "de\r\nX-A: b", "de_AT"} {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
			env := &fetch.Environment{Origin: app.Origin, Languages: []string{"en", language}}
			c := &fetch.Client{Base: unreachable(t)}
			_, err := c.Fetch(newRequest(t, "GET", apiURL, nil), &fetch.Params{Environment: env, Mode: mode})
			wantReason(t, err, fetch.ReasonInvalidRequest)
		}
	}
}

// A part of an encoded response could not be decoded, so who asks for a part asks for
// it as it is.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func TestMetadataAcceptEncoding(t *testing.T) {
	tests := []struct {
		lines []string
		want  string
	}{
		{nil, "gzip, deflate, br, zstd"},
		{[]string{"Accept-Encoding: forged"}, "gzip, deflate, br, zstd"},
		{[]string{"Range: bytes=0-10"}, "identity"},
		{[]string{"Range: bytes=5-"}, "identity"},
		// WPT fetch/range/general.any.js
		{[]string{"Range: foo=0-10"}, "identity"},
		{[]string{"Range: foo"}, "identity"},
		{[]string{"Range: "}, "identity"},
		{[]string{"Range: bytes=0-10", "Accept-Encoding: gzip"}, "identity"},
	}
	w := newWeb(t, map[string]http.Handler{apiURL: share()})
	w.client.Decoders = map[string]func(io.Reader) (io.ReadCloser, error){"zstd": metadataDecoder, "br": metadataDecoder}
	for _, tt := range tests {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
			w.fetch(newRequest(t, "GET", apiURL, nil, tt.lines...), &fetch.Params{Environment: app, Mode: mode})
			wantHeader(t, w.last().Header, "Accept-Encoding", tt.want)
		}
	}
}

func metadataDecoder(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(r), nil }

// Only navigations say that they would like to be upgraded.
//
// See https://w3c.github.io/webappsec-upgrade-insecure-requests/#preference.
func TestMetadataUpgradeInsecureRequests(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{apiURL: share(), "http://api.example/x": share()})
	for _, target := range []string{apiURL, "http://api.example/x"} {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
			w.fetch(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app, Mode: mode, Destination: "document"})
			var want []string
			if mode == fetch.ModeNavigate {
				want = []string{"1"}
			}
			wantHeader(t, w.last().Header, "Upgrade-Insecure-Requests", want...)
		}
	}
}
