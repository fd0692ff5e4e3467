package fetch_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// What is known of a page and an origin from earlier fetches must make no
// difference to later ones. The tests here compare a Client that has fetched before
// with a new one.

// A sent is what a fetch has sent and what has become of it.
type sent struct {
	Requests []string
	Type     fetch.ResponseType
	Status   int
	Header   http.Header
	URL      string
	Timing   bool
	Err      string
}

// echo answers everything so that most checks pass, and redirects to the value of
// the query "to".
func echo(r *http.Request, note func(string)) *http.Response {
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	var b strings.Builder
	r.Header.Write(&b)
	note(r.Method + " " + r.URL.String() + "\n" + b.String())
	h := http.Header{
		"Access-Control-Allow-Origin":      {r.Header.Get("Origin")},
		"Access-Control-Allow-Credentials": {"true"},
		"Access-Control-Allow-Methods":     {"PUT"},
		"Access-Control-Allow-Headers":     {"content-type, x-a, range, user-agent, if-none-match"},
		"Cross-Origin-Resource-Policy":     {"cross-origin"},
		"Content-Type":                     {"text/plain"},
		"X-Secret":                         {"1"},
		"Set-Cookie":                       {"a=b; Secure; SameSite=None"},
	}
	status := 200
	if to := r.URL.Query().Get("to"); to != "" && r.Method != "OPTIONS" {
		status = 307
		h["Location"] = []string{to}
	}
	return &http.Response{StatusCode: status, Header: h, Body: http.NoBody, Request: r}
}

// run performs one fetch with c and tells what came of it.
func run(t *testing.T, c *fetch.Client, requests *[]string, method, target string, header http.Header, p *fetch.Params, transport bool) sent {
	t.Helper()
	*requests = nil
	var body io.Reader
	if method == "PUT" || method == "POST" {
		body = strings.NewReader("x")
	}
	req, err := http.NewRequest(method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	var s sent
	var resp *fetch.Response
	if transport {
		if strings.HasSuffix(target, "?after") { // an http.Client has followed a redirect
			previous, _ := http.NewRequest("GET", "https://api.test/before", nil)
			req.Response = &http.Response{StatusCode: 302, Header: http.Header{"Referrer-Policy": {"origin"}}, Request: previous}
		}
		var r *http.Response
		if r, err = c.Transport(p).RoundTrip(req); err == nil {
			resp, _ = fetch.FromHTTP(r)
		}
	} else {
		resp, err = c.Fetch(req, p)
	}
	s.Requests = *requests
	if err != nil {
		s.Err = err.Error()
		return s
	}
	resp.Body.Close()
	s.Type, s.Status, s.Header, s.Timing = resp.Type, resp.Status, resp.Header, resp.TimingAllowed
	if resp.URL != nil {
		s.URL = resp.URL.String()
	}
	if diff := cmp.Diff(header, req.Header); diff != "" {
		t.Errorf("the caller's header has changed (-before +after):\n%s", diff)
	}
	return s
}

// A fixedJar has the same cookie for every URL, whatever is stored.
type fixedJar struct{}

func (fixedJar) SetCookies(*url.URL, []*http.Cookie) {}

func (fixedJar) Cookies(*url.URL) []*http.Cookie { return []*http.Cookie{{Name: "id", Value: "1"}} }

// TestRoutesChangeNothing makes many random fetches with one Client, and each of
// them with a new one as well.
//
// Source: own reasoning.
func TestRoutesChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	page := func(s string) *url.URL { u, _ := url.Parse(s); return u }
	origins := []fetch.Origin{
		fetch.MustParseOrigin("https://app.example"), fetch.MustParseOrigin("http://app.example"),
		fetch.MustParseOrigin("https://other.app.example"), fetch.OpaqueOrigin(), {},
	}
	pages := []*url.URL{nil, page("https://app.example/page?q#f"), page("http://app.example/"), page("https://other.app.example/x")}
	targets := []string{
		"https://app.example/a?b", "https://app.example/a?after", "https://api.app.example/a", "http://app.example/", "https://api.test/x?to=https://app.example/y",
		"https://api.test:444/", "http://localhost/z", "https://app.example/r?to=https://api.test/s", "https://api.test:25/",
		"data:text/plain,x", "https://u:p@api.test/", "wails://wails/x",
	}
	headers := []http.Header{
		nil, {}, {"X-A": {"1", "2"}}, {"Content-Type": {"application/json"}}, {"Accept": {"text/html"}, "User-Agent": {"mine"}},
		{"Range": {"bytes=0-1"}}, {"If-None-Match": {`"x"`}}, {"Cache-Control": {"no-store"}, "Pragma": {"x"}},
		{"Accept": {strings.Repeat("a", 128)}, "Accept-Language": {strings.Repeat("b", 128)}, "Content-Language": {
			strings.Repeat("c", 128), strings.Repeat("d", 128), strings.Repeat("e", 128), strings.Repeat("f", 128), strings.Repeat("g", 128), strings.Repeat("h", 127)}},
		{"Content-Language": {strings.Repeat("c", 128), strings.Repeat("d", 128), strings.Repeat("e", 128), strings.Repeat("f", 128),
			strings.Repeat("g", 128), strings.Repeat("h", 128), strings.Repeat("i", 128), strings.Repeat("j", 126)}},
		{"Cookie": {"c=d"}, "Authorization": {"Bearer x"}}, {"content-type": {"text/plain"}},
	}
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	for _, config := range []string{"plain", "jar and user agent", "schemes"} {
		t.Run(config, func(t *testing.T) {
			client := func(requests *[]string) *fetch.Client {
				base := roundTripper(func(r *http.Request) (*http.Response, error) {
					return echo(r, func(s string) { *requests = append(*requests, s) }), nil
				})
				c := &fetch.Client{Base: base, Preflights: preflightcache.Disabled}
				switch config {
				case "jar and user agent":
					c.Jar = fixedJar{}
					c.UserAgent = "engine"
				case "schemes":
					c.Schemes = map[string]http.RoundTripper{"wails": base}
				}
				return c
			}
			var used, fresh []string
			old := client(&used)
			var pool []*fetch.Params // few at a time, or no route would ever be used again
			for i := range 20_000 {
				if i%500 == 0 {
					pool = pool[:0]
					for range 6 {
						pool = append(pool, randomParams(r, pick, origins, pages))
					}
				}
				p := pool[r.IntN(len(pool))]
				if r.IntN(2) == 0 { // equal, elsewhere
					p = new(*p)
					if p.Environment != nil {
						p.Environment = new(*p.Environment)
					}
				}
				method, target := pick("GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE"), targets[r.IntN(len(targets))]
				header, transport := headers[r.IntN(len(headers))], r.IntN(3) == 0
				want := run(t, client(&fresh), &fresh, method, target, header, p, transport)
				got := run(t, old, &used, method, target, header, p, transport)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("fetch %d, %s %s with %+v, %+v, %v, through a Transport %t (-new client +old client):\n%s",
						i, method, target, p, p.Environment, header, transport, diff)
				}
			}
		})
	}
}

// randomParams returns Params of which many are refused.
func randomParams(r *rand.Rand, pick func(...string) string, origins []fetch.Origin, pages []*url.URL) *fetch.Params {
	env := &fetch.Environment{
		Origin:         origins[r.IntN(len(origins))],
		URL:            pages[r.IntN(len(pages))],
		ReferrerPolicy: fetch.ReferrerPolicy(pick("", "", "no-referrer", "same-origin", "unsafe-url")),
		EmbedderPolicy: pick("", "", "", "credentialless", "require-corp", "odd"),
	}
	if r.IntN(4) == 0 {
		env.Languages = []string{pick("de", "en"), "fr", "es"}[:1+r.IntN(3)]
	}
	p := &fetch.Params{
		Environment:    env,
		Mode:           fetch.Mode(r.IntN(6)),
		Credentials:    fetch.Credentials(r.IntN(4)),
		Redirect:       fetch.Redirect(max(r.IntN(8)-5, 0)),
		Destination:    fetch.Destination(pick("", "", "image", "document", "iframe")),
		Referrer:       pick("", "", "", fetch.NoReferrer, "https://app.example/mine", "odd"),
		ReferrerPolicy: fetch.ReferrerPolicy(pick("", "", "origin")),
		Cache:          fetch.Cache(max(r.IntN(12)-6, 0)),
		Prefetch:       r.IntN(8) == 0,
		UserActivation: r.IntN(8) == 0,
		ForcePreflight: r.IntN(8) == 0,
	}
	if r.IntN(8) == 0 {
		p.Environment = nil
	}
	return p
}

// TestChangedEnvironment changes what must not be changed once in use. A verdict
// for the page that was must not be one for the page that is.
//
// Source: own reasoning.
func TestChangedEnvironment(t *testing.T) {
	var requests []string
	base := roundTripper(func(r *http.Request) (*http.Response, error) {
		resp := echo(r, func(s string) { requests = append(requests, s) })
		resp.Header["Access-Control-Allow-Origin"] = []string{"https://app.example"}
		return resp, nil
	})
	c := &fetch.Client{Base: base}
	env := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	p := &fetch.Params{Environment: env}
	for range 2 {
		if s := run(t, c, &requests, "GET", "https://app.example/", nil, p, false); s.Type != fetch.TypeBasic {
			t.Fatalf("from the same origin: %+v", s)
		}
		if s := run(t, c, &requests, "GET", "https://api.example/", nil, p, false); s.Type != fetch.TypeCORS {
			t.Fatalf("from an allowed origin: %+v", s)
		}
	}
	env.Origin = fetch.MustParseOrigin("https://evil.example")
	if s := run(t, c, &requests, "GET", "https://app.example/", nil, p, false); s.Err == "" {
		t.Errorf("from another origin: %+v", s)
	}
	if s := run(t, c, &requests, "GET", "https://api.example/", nil, p, false); s.Err == "" {
		t.Errorf("from an origin that is not allowed: %+v", s)
	}
}

// TestBaseWritesToValues has a RoundTripper blot out header values in place, which
// none may. The fetches to come must not do that too.
//
// Source: own reasoning.
func TestBaseWritesToValues(t *testing.T) {
	var requests []string
	blot := true
	c := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
		resp := echo(r, func(s string) { requests = append(requests, s) })
		for _, values := range r.Header {
			for i := range values {
				if blot {
					values[i] = "***"
				}
			}
		}
		return resp, nil
	})}
	p := &fetch.Params{Environment: app}
	first := run(t, c, &requests, "GET", "https://api.example/", nil, p, false)
	blot = false
	for range 2 {
		if diff := cmp.Diff(first, run(t, c, &requests, "GET", "https://api.example/", nil, p, false)); diff != "" {
			t.Errorf("a later fetch (-first +later):\n%s", diff)
		}
	}
}

// TestDefaultsCountAsSafelisted has the author set safelisted values of just less
// than the 1024 bytes that need no preflight. Accept, which the author does not
// set, is in the header list too by the time they are counted.
//
// Source: https://fetch.spec.whatwg.org/#fetching, where Accept is appended, and
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names.
func TestDefaultsCountAsSafelisted(t *testing.T) {
	lines := func(n int) (values []string) {
		for ; n > 0; n -= 128 {
			values = append(values, strings.Repeat("a", min(n, 128)))
		}
		return values
	}
	for _, tt := range []struct {
		name      string
		header    http.Header
		languages []string
		want      int // requests, the preflight included
	}{
		{"with the default Accept, 1024", http.Header{"Content-Language": lines(1021)}, nil, 1},
		{"with the default Accept, 1025", http.Header{"Content-Language": lines(1022)}, nil, 2},
		{"with an Accept of its own, 1024", http.Header{"Content-Language": lines(1023), "Accept": {"x"}}, nil, 1},
		{"with a language, 1024", http.Header{"Content-Language": lines(1019)}, []string{"de"}, 1},
		{"with a language, 1025", http.Header{"Content-Language": lines(1020)}, []string{"de"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var requests []string
			c := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
				resp := echo(r, func(s string) { requests = append(requests, s) })
				resp.Header["Access-Control-Allow-Headers"] = []string{"content-language, accept, accept-language"}
				return resp, nil
			})}
			env := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example"), Languages: tt.languages}
			s := run(t, c, &requests, "GET", "https://api.example/", tt.header, &fetch.Params{Environment: env}, false)
			if s.Err != "" || len(s.Requests) != tt.want {
				t.Errorf("%d requests, %s; want %d:\n%s", len(s.Requests), s.Err, tt.want, s.Requests)
			}
		})
	}
}
