package fetch_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// navDo sends a navigation through an http.Client around the engine, and reads
// the body to its end.
func navDo(t testing.TB, c *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp, readAll(t, resp.Body)
}

// A navStep is one URL of a chain of redirects, and what its server answers; the
// Location is that of the next step.
type navStep struct {
	url    string
	status int
	lines  []string
}

// navChain makes the servers of a chain.
func navChain(w *web, steps []navStep) {
	for i, s := range steps {
		lines := slices.Clone(s.lines)
		if i < len(steps)-1 {
			lines = append(lines, "Location: "+steps[i+1].url)
		}
		a := answer{status: s.status, lines: lines}
		u := mustURL(w.t, s.url)
		u.User, u.Fragment, u.RawQuery = nil, "", ""
		w.handle(u.String(), a)
	}
}

// What servers get of a navigation does not depend on who follows the redirects:
// the engine, or an http.Client around it that comes back with each hop.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch and
// https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header; that the
// two logs agree is what is tested, and that they are right is in wants.
func TestNavigationThroughHTTPClientSendsTheSame(t *testing.T) {
	const a, sub, b = "https://a.example", "https://sub.a.example", "https://b.example"
	home := &fetch.Environment{Origin: fetch.MustParseOrigin(a), URL: mustURL(t, a+"/page?q#f")}
	within := func(policy fetch.ReferrerPolicy) *fetch.Environment {
		return &fetch.Environment{Origin: home.Origin, URL: home.URL, ReferrerPolicy: policy, Languages: []string{"de", "en"}}
	}
	document := fetch.Params{Mode: fetch.ModeNavigate, Destination: "document", UserActivation: true}
	tests := []struct {
		name   string
		env    *fetch.Environment
		params fetch.Params // Mode and Destination are filled in
		method string
		body   any
		lines  []string
		steps  []navStep
		wants  map[string][]string // header lines of each hop, joined, "" for none
	}{
		{
			name: "within the origin", env: home, method: "GET",
			steps: []navStep{{a + "/1", 302, nil}, {a + "/2", 301, nil}, {a + "/3", 200, nil}},
			wants: map[string][]string{
				"Sec-Fetch-Site": {"same-origin", "same-origin", "same-origin"},
				"Referer":        {a + "/page?q", a + "/page?q", a + "/page?q"},
				"Origin":         {"", "", ""},
			},
		},
		{
			name: "away and back", env: home, method: "GET",
			steps: []navStep{{a + "/1", 302, nil}, {b + "/2", 302, nil}, {a + "/3", 200, nil}},
			wants: map[string][]string{
				"Sec-Fetch-Site": {"same-origin", "cross-site", "cross-site"},
				"Referer":        {a + "/page?q", a + "/", a + "/"},
			},
		},
		{
			name: "through a subdomain", env: home, method: "GET",
			steps: []navStep{{a + "/1", 302, nil}, {sub + "/2", 302, nil}, {a + "/3", 200, nil}},
			wants: map[string][]string{"Sec-Fetch-Site": {"same-origin", "same-site", "same-site"}},
		},
		{
			name: "typed", method: "GET",
			steps: []navStep{{a + "/1", 302, nil}, {b + "/2", 302, nil}, {a + "/3", 200, nil}},
			wants: map[string][]string{"Sec-Fetch-Site": {"none", "none", "none"}, "Referer": {"", "", ""}},
		},
		{
			name: "to an insecure URL and back", env: home, method: "GET",
			steps: []navStep{{a + "/1", 302, nil}, {"http://a.example/2", 302, nil}, {a + "/3", 200, nil}},
			wants: map[string][]string{"Referer": {a + "/page?q", "", ""}, "Sec-Fetch-Site": {"same-origin", "", "cross-site"}},
		},
		{
			name: "Referrer-Policy of redirects", env: within("unsafe-url"), method: "GET",
			steps: []navStep{{a + "/1", 302, []string{"Referrer-Policy: origin"}}, {a + "/2", 302, []string{"Referrer-Policy: no-referrer"}},
				{a + "/3", 302, []string{"Referrer-Policy: unsafe-url"}}, {a + "/4", 200, nil}},
			wants: map[string][]string{"Referer": {a + "/page?q", a + "/", "", ""}},
		},
		{
			name: "Referrer-Policy, several and unknown", env: within("no-referrer-when-downgrade"), method: "GET",
			steps: []navStep{{a + "/1", 302, []string{"Referrer-Policy: bogus"}}, {b + "/2", 302, []string{"Referrer-Policy: origin", "Referrer-Policy: same-origin, bogus"}},
				{b + "/3", 200, nil}},
			wants: map[string][]string{"Referer": {a + "/page?q", a + "/page?q", ""}},
		},
		{
			name: "Authorization", env: home, method: "GET", lines: []string{"Authorization: Bearer t", "X-A: a"},
			steps: []navStep{{a + "/1", 302, nil}, {a + "/2", 302, nil}, {sub + "/3", 302, nil}, {a + "/4", 200, nil}},
			wants: map[string][]string{"Authorization": {"Bearer t", "Bearer t", "", ""}, "X-A": {"a", "a", "a", "a"}},
		},
		{
			name: "Authorization and another port", env: home, method: "GET", lines: []string{"Authorization: Bearer t"},
			steps: []navStep{{a + "/1", 302, nil}, {a + ":8443/2", 302, nil}, {a + "/3", 200, nil}},
			wants: map[string][]string{"Authorization": {"Bearer t", "", ""}},
		},
		{
			name: "Authorization and another scheme", env: home, method: "GET", lines: []string{"Authorization: Bearer t"},
			steps: []navStep{{"http://a.example/1", 302, nil}, {a + "/2", 200, nil}},
			wants: map[string][]string{"Authorization": {"Bearer t", ""}},
		},
		{
			name: "userinfo", env: home, method: "GET",
			steps: []navStep{{"https://u:p@a.example/1", 302, nil}, {"https://u:p@b.example/2", 302, nil}, {b + "/3", 200, nil}},
			wants: map[string][]string{"Authorization": {"", "", ""}},
		},
		{
			name: "userinfo with challenges", env: home, method: "GET",
			steps: []navStep{{"https://u:p@a.example/1", 302, nil}, {"https://v:q@b.example/2", 401, []string{"WWW-Authenticate: Basic"}}},
			wants: map[string][]string{"Authorization": {"", "", authBasic("v:q")}},
		},
		{
			name: "form that becomes GET", env: home, method: "POST", body: "body", lines: []string{"Content-Type: text/plain", "Content-Language: de"},
			steps: []navStep{{a + "/1", 307, nil}, {b + "/2", 302, nil}, {b + "/3", 200, nil}},
			wants: map[string][]string{
				"Origin":           {a, a, ""},
				"Content-Type":     {"text/plain", "text/plain", ""},
				"Content-Language": {"de", "de", ""},
				"Content-Length":   {"4", "4", ""},
			},
		},
		{
			name: "form that becomes GET by 303", env: home, method: "POST", body: "body", lines: []string{"Content-Type: text/plain"},
			steps: []navStep{{b + "/1", 303, nil}, {b + "/2", 200, nil}},
			wants: map[string][]string{"Origin": {a, ""}, "Content-Type": {"text/plain", ""}},
		},
		{
			name: "form that leads home again", env: home, method: "POST", body: "body",
			steps: []navStep{{a + "/1", 308, nil}, {b + "/2", 307, nil}, {a + "/3", 200, nil}},
			wants: map[string][]string{"Origin": {a, a, "null"}},
		},
		{
			name: "HEAD", env: home, method: "HEAD",
			steps: []navStep{{a + "/1", 303, nil}, {b + "/2", 200, nil}},
			wants: map[string][]string{"Sec-Fetch-Site": {"same-origin", "cross-site"}},
		},
		{
			name: "cookies", env: home, method: "GET",
			steps: []navStep{{a + "/1", 302, []string{"Set-Cookie: one=1"}}, {b + "/2", 302, []string{"Set-Cookie: two=2"}},
				{a + "/3", 302, []string{"Set-Cookie: one=; Max-Age=0"}}, {a + "/4", 200, nil}},
			wants: map[string][]string{"Cookie": {"old=0", "", "old=0; one=1", "old=0"}},
		},
		{
			name: "without credentials", env: home, params: fetch.Params{Credentials: fetch.CredentialsOmit}, method: "GET",
			steps: []navStep{{a + "/1", 302, []string{"Set-Cookie: one=1"}}, {a + "/2", 200, nil}},
			wants: map[string][]string{"Cookie": {"", ""}},
		},
		{
			name: "prefetch past the caches", env: within(""), params: fetch.Params{Prefetch: true, Cache: fetch.CacheReload}, method: "GET",
			steps: []navStep{{a + "/1", 302, nil}, {b + "/2", 200, nil}},
			wants: map[string][]string{"Sec-Purpose": {"prefetch", "prefetch"}, "Cache-Control": {"no-cache", "no-cache"}},
		},
		{
			name: "headers that only the engine writes", env: home, method: "GET",
			lines: []string{"Referer: https://forged.example/", "Origin: https://forged.example", "Sec-Fetch-Site: none", "Cookie: forged=1"},
			steps: []navStep{{b + "/1", 302, nil}, {b + "/2", 200, nil}},
			wants: map[string][]string{"Referer": {a + "/", a + "/"}, "Origin": {"", ""}, "Sec-Fetch-Site": {"cross-site", "cross-site"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := document
			p.Environment, p.Credentials, p.Cache, p.Prefetch = tt.env, tt.params.Credentials, tt.params.Cache, tt.params.Prefetch
			logs := make(map[string][]*received)
			for _, via := range []string{"Fetch", "http.Client"} {
				w := newWeb(t, nil)
				navChain(w, tt.steps)
				w.client.UserAgent = "test/1"
				w.client.Jar = newJar(t, a, "old=0; Secure")
				req := newRequest(t, tt.method, tt.steps[0].url, tt.body, tt.lines...)
				if via == "Fetch" {
					readAll(t, w.fetch(req, &p).Body)
				} else {
					navDo(t, &http.Client{Transport: w.client.Transport(&p)}, req)
				}
				logs[via] = w.received()
			}
			if diff := cmp.Diff(logs["Fetch"], logs["http.Client"]); diff != "" {
				t.Errorf("requests (-Fetch +http.Client):\n%s", diff)
			}
			for name, want := range tt.wants {
				var got []string
				for _, r := range logs["http.Client"] {
					got = append(got, strings.Join(r.Header[http.CanonicalHeaderKey(name)], "|"))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s of the hops is %q; want %q", name, got, want)
				}
			}
		})
	}
}

// CheckRedirect sees each hop as it is about to be made, with the response that
// asks for it unfiltered, and its errors end the navigation.
func TestNavigationCheckRedirect(t *testing.T) {
	steps := []navStep{{"https://a.example/1", 302, []string{"X-Secret: 1", "Set-Cookie: c=1"}}, {"https://b.example/2", 301, nil}, {"https://a.example/3", 200, nil}}
	w := newWeb(t, nil)
	navChain(w, steps)
	p := &fetch.Params{Environment: page("https://c.example"), Mode: fetch.ModeNavigate, Destination: "document"}
	var seen []string
	boom := errors.New("boom")
	stop := false
	c := &http.Client{Transport: w.client.Transport(p), CheckRedirect: func(r *http.Request, via []*http.Request) error {
		seen = append(seen, fmt.Sprintf("%s after %d with status %d", r.URL, len(via), r.Response.StatusCode))
		if len(via) == 1 {
			wantHeader(t, r.Response.Header, "X-Secret", "1")
			wantHeader(t, r.Response.Header, "Set-Cookie", "c=1")
		}
		if stop && r.URL.Host == "b.example" {
			return boom
		}
		return nil
	}}
	resp, _ := navDo(t, c, newRequest(t, "GET", steps[0].url, nil))
	if want := []string{"https://b.example/2 after 1 with status 302", "https://a.example/3 after 2 with status 301"}; !slices.Equal(seen, want) {
		t.Errorf("CheckRedirect saw %q; want %q", seen, want)
	}
	if got := resp.Request.URL.String(); got != steps[2].url {
		t.Errorf("the final URL is %s", got)
	}
	w.forget()

	stop = true
	resp, err := c.Do(newRequest(t, "GET", steps[0].url, nil))
	if !errors.Is(err, boom) {
		t.Errorf("error %v; want boom", err)
	}
	if resp != nil {
		resp.Body.Close()
	}
	w.wantReceived("GET " + steps[0].url)
}

// A jar in the http.Client is the one that counts if the engine has none, and
// Client.Jar is if there are both.
func TestNavigationJars(t *testing.T) {
	steps := []navStep{{"https://a.example/1", 302, []string{"Set-Cookie: new=1"}}, {"https://a.example/2", 200, []string{"Set-Cookie: end=1"}}}
	tests := []struct {
		name         string
		above, below bool
		want         []string // Cookie of the two requests
	}{
		{"http.Client", true, false, []string{"above=0", "above=0; new=1"}},
		{"engine", false, true, []string{"below=0", "below=0; new=1"}},
		{"both", true, true, []string{"below=0", "below=0; new=1"}},
		{"none", false, false, []string{"", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, nil)
			navChain(w, steps)
			above, below := newJar(t, steps[0].url, "above=0"), newJar(t, steps[0].url, "below=0")
			c := &http.Client{Transport: w.client.Transport(&fetch.Params{Mode: fetch.ModeNavigate})}
			if tt.above {
				c.Jar = above
			}
			if tt.below {
				w.client.Jar = below
			}
			navDo(t, c, newRequest(t, "GET", steps[0].url, nil))
			for i, r := range w.received() {
				if got := strings.Join(r.Header["Cookie"], "|"); got != tt.want[i] {
					t.Errorf("request %d has the cookies %q; want %q", i, got, tt.want[i])
				}
			}
			for _, j := range []struct {
				name string
				jar  *cookiejar.Jar
				used bool
			}{{"above", above, tt.above}, {"below", below, tt.below}} {
				want := j.name + "=0"
				if j.used {
					want += "; new=1; end=1"
				}
				if got := cookiesIn(t, j.jar, steps[0].url); got != want {
					t.Errorf("the jar %s has %q; want %q", j.name, got, want)
				}
			}
		})
	}
}

// Without credentials no jar gets, or gives, anything: not that of the engine, and
// not that of the http.Client, which only sees what Transport returns.
func TestNavigationWithoutCredentials(t *testing.T) {
	steps := []navStep{{"https://a.example/1", 302, []string{"Set-Cookie: new=1", "X-A: a"}}, {"https://a.example/2", 200, []string{"Set-Cookie: end=1", "X-A: a"}}}
	for _, below := range []bool{false, true} {
		w := newWeb(t, nil)
		navChain(w, steps)
		jar := newJar(t, steps[0].url, "old=0")
		if below {
			w.client.Jar = jar
		}
		c := &http.Client{Jar: jar, Transport: w.client.Transport(&fetch.Params{Mode: fetch.ModeNavigate, Credentials: fetch.CredentialsOmit})}
		resp, _ := navDo(t, c, newRequest(t, "GET", steps[0].url, nil))
		wantHeader(t, resp.Header, "Set-Cookie")
		wantHeader(t, resp.Header, "X-A", "a")
		for _, r := range w.received() {
			wantHeader(t, r.Header, "Cookie")
		}
		if got := cookiesIn(t, jar, steps[0].url); got != "old=0" {
			t.Errorf("the jar has %q; want what it had", got)
		}
		r, ok := fetch.FromHTTP(resp)
		if !ok || r.Internal().Header["Set-Cookie"] == nil {
			t.Error("the embedder does not get to see Set-Cookie")
		}
	}
}

// Whether to follow is the http.Client's decision, unless the mode is error.
func TestNavigationRedirectModes(t *testing.T) {
	steps := []navStep{{"https://a.example/1", 302, nil}, {"https://a.example/2", 200, nil}}
	for _, mode := range []fetch.Redirect{fetch.RedirectFollow, fetch.RedirectManual} {
		w := newWeb(t, nil)
		navChain(w, steps)
		c := &http.Client{Transport: w.client.Transport(&fetch.Params{Mode: fetch.ModeNavigate, Redirect: mode})}
		if resp, _ := navDo(t, c, newRequest(t, "GET", steps[0].url, nil)); resp.StatusCode != 200 {
			t.Errorf("%v: status %d; want 200", mode, resp.StatusCode)
		}
		w.wantReceived("GET "+steps[0].url, "GET "+steps[1].url)
	}
	w := newWeb(t, nil)
	navChain(w, steps)
	c := &http.Client{
		Transport: w.client.Transport(&fetch.Params{Mode: fetch.ModeNavigate, Redirect: fetch.RedirectError}),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			t.Error("CheckRedirect is called")
			return nil
		},
	}
	_, err := c.Do(newRequest(t, "GET", steps[0].url, nil))
	if e := wantReason(t, err, fetch.ReasonRedirectMode); e.Status != 302 || e.Hop != 0 {
		t.Errorf("status %d, hop %d", e.Status, e.Hop)
	}
	w.wantReceived("GET " + steps[0].url)
}

// The limit of 20 redirects holds even if CheckRedirect allows more, and is the
// same as without an http.Client.
func TestNavigationRedirectLimit(t *testing.T) {
	for _, redirects := range []int{20, 21} {
		for _, via := range []string{"Fetch", "http.Client"} {
			t.Run(fmt.Sprintf("%d %s", redirects, via), func(t *testing.T) {
				var steps []navStep
				for i := range redirects {
					steps = append(steps, navStep{"https://a.example/" + strconv.Itoa(i), 302, nil})
				}
				steps = append(steps, navStep{"https://a.example/end", 200, nil})
				w := newWeb(t, nil)
				navChain(w, steps)
				p := &fetch.Params{Environment: app, Mode: fetch.ModeNavigate}
				req := newRequest(t, "GET", steps[0].url, nil)
				var err error
				if via == "Fetch" {
					var resp *fetch.Response
					if resp, err = w.client.Fetch(req, p); err == nil {
						resp.Body.Close()
					}
				} else {
					c := &http.Client{Transport: w.client.Transport(p), CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
					var resp *http.Response
					if resp, err = c.Do(req); err == nil {
						resp.Body.Close()
					}
				}
				if redirects == 20 && err != nil {
					t.Fatal(err)
				}
				if redirects > 20 {
					wantReason(t, err, fetch.ReasonRedirectCount)
				}
				if got := len(w.received()); got != 21 {
					t.Errorf("%d requests; want 21", got)
				}
			})
		}
	}
}

// A request that claims to come from its own response has no history that ends.
func TestNavigationHistoryThatEndsNowhere(t *testing.T) {
	w := newWeb(t, nil)
	tr := w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNavigate})
	self := newRequest(t, "POST", "https://a.example/", nil)
	self.Response = &http.Response{StatusCode: 302, Request: self}
	body := newBody("b")
	self.Body = body
	_, err := tr.RoundTrip(self)
	wantReason(t, err, fetch.ReasonRedirectCount)
	if body.closed.Load() != 1 {
		t.Error("the body is not closed")
	}

	first, second := newRequest(t, "GET", "https://a.example/", nil), newRequest(t, "GET", "https://b.example/", nil)
	first.Response, second.Response = &http.Response{Request: second}, &http.Response{Request: first}
	_, err = tr.RoundTrip(first)
	wantReason(t, err, fetch.ReasonRedirectCount)

	// A history that is no history is refused, or ends where it makes no sense.
	broken := newRequest(t, "GET", "https://a.example/", nil)
	broken.Response = &http.Response{Request: &http.Request{}}
	_, err = tr.RoundTrip(broken)
	wantReason(t, err, fetch.ReasonInvalidRequest)
	w.wantReceived()
	broken.Response = &http.Response{}
	resp, err := tr.RoundTrip(broken)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()

	// The history counts for navigations only.
	self.Body = nil
	self.Method = "GET"
	resp, err = w.client.Transport(&fetch.Params{Environment: page("https://a.example")}).RoundTrip(self)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// A crawler such as colly sets User-Agent and Accept on each request, refuses what
// it has visited in CheckRedirect, reads the final URL from the response, and
// decodes bodies that the transport has not.
func TestNavigationOfACrawler(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://a.example/old":  answer{status: 301, lines: []string{"Location: /new"}},
		"https://a.example/new":  answer{lines: []string{"Content-Type: text/html", "Access-Control-Allow-Origin: https://else.example"}, body: "<p>new"},
		"https://a.example/loop": answer{status: 302, lines: []string{"Location: /new"}},
		"https://a.example/gzip": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(rw)
			io.WriteString(z, "<p>packed")
			z.Close()
		}),
	})
	visited := make(map[string]bool)
	errVisited := errors.New("already visited")
	c := &http.Client{
		Transport: w.client.Transport(&fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}),
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if visited[r.URL.String()] {
				return errVisited
			}
			visited[r.URL.String()] = true
			return nil
		},
	}
	visit := func(url string) (*http.Response, string, error) {
		visited[url] = true
		resp, err := c.Do(newRequest(t, "GET", url, nil, "User-Agent: crawler/1", "Accept: text/html"))
		if err != nil {
			if resp != nil {
				resp.Body.Close()
			}
			return nil, "", err
		}
		defer resp.Body.Close()
		body := io.Reader(resp.Body)
		if !resp.Uncompressed && resp.Header.Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(resp.Body); err != nil {
				return nil, "", err
			}
		}
		return resp, readAll(t, body), nil
	}
	resp, body, err := visit("https://a.example/old")
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || body != "<p>new" || resp.Request.URL.String() != "https://a.example/new" {
		t.Errorf("status %d with %q from %s", resp.StatusCode, body, resp.Request.URL)
	}
	wantHeader(t, resp.Header, "Content-Type", "text/html")
	for _, r := range w.received() {
		for name, want := range map[string]string{
			"User-Agent": "crawler/1", "Accept": "text/html", "Sec-Fetch-Mode": "navigate",
			"Sec-Fetch-Dest": "document", "Upgrade-Insecure-Requests": "1",
		} {
			wantHeader(t, r.Header, name, want)
		}
	}
	w.wantReceived("GET https://a.example/old", "GET https://a.example/new") // no preflights
	if _, _, err := visit("https://a.example/loop"); !errors.Is(err, errVisited) {
		t.Errorf("error %v; want that of CheckRedirect", err)
	}
	if _, body, err := visit("https://a.example/gzip"); err != nil || body != "<p>packed" {
		t.Errorf("body %q, error %v", body, err)
	}
}
