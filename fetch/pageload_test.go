package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

const pageloadOrigin = "https://www.shop.example"

// TestPageLoad loads a whole page, and compares every byte of every request, but for
// the order of headers, with testdata/pageload.golden. That file says for each header
// why it is there, and is not to be made from what this test gets.
func TestPageLoad(t *testing.T) {
	shared := func(lines ...string) answer { return allowing(lines...) }
	cart := shareWith(pageloadOrigin, "PUT", "content-type",
		"Access-Control-Max-Age: 600", "Access-Control-Expose-Headers: X-Stock", "X-Stock: 3", "Set-Cookie: cart=c1; Path=/")
	w := newWeb(t, map[string]http.Handler{
		"https://shop.example/shoes": answer{status: 301, lines: []string{
			"Location: https://www.shop.example/shoes?color=red", "Set-Cookie: region=at; Domain=shop.example; Path=/"}},
		"https://www.shop.example/shoes": answer{
			lines: []string{"Content-Type: text/html", "Set-Cookie: session=s1; Path=/; Secure; HttpOnly; SameSite=Lax"},
			body:  "<!doctype html>",
		},
		"https://static.shop.example/site.css": lines("Content-Type: text/css", "X-Content-Type-Options: nosniff", "Cross-Origin-Resource-Policy: same-site"),
		"https://cdn.example/app.mjs":          shared("Content-Type: text/javascript", "X-Content-Type-Options: nosniff"),
		"https://cdn.example/text.woff2":       shared("Content-Type: font/woff2", "Set-Cookie: tracker=1; Path=/"),
		"https://cdn.example/title.woff2":      shareWith(pageloadOrigin, "GET", "", "Content-Type: font/woff2"),
		"https://img.ads.example/banner.png":   lines("Content-Type: image/png", "Set-Cookie: seen=1; Path=/"),
		"https://api.shop.example/cart":        cart,
		"https://metrics.example/beacon":       answer{status: 204},
		"http://legacy.example/old.png":        lines("Content-Type: image/png"),
		"http://localhost:8080/status":         shared(),
	})
	wire := pageloadTap(w)
	jar := newJar(t, "https://cdn.example/", "uid=7")
	for site, cookies := range map[string][]string{
		"https://img.ads.example/": {"ad=1; Secure; SameSite=Strict"},
		"https://metrics.example/": {"m=1"},
		"https://legacy.example/":  {"theme=dark", "token=1; Secure"},
		"http://localhost:8080/":   {"dev=1"},
	} {
		for _, line := range cookies {
			c, err := http.ParseSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			jar.SetCookies(mustURL(t, site), []*http.Cookie{c})
		}
	}
	w.client.Jar = jar
	w.client.UserAgent = "Reference/1.0"
	languages := []string{"de-AT", "de", "en"}

	// The page itself, from a page of search results.
	browser := &http.Client{Transport: w.client.Transport(&fetch.Params{
		Environment: &fetch.Environment{
			Origin:    fetch.MustParseOrigin("https://search.example"),
			URL:       mustURL(t, "https://search.example/results?q=shoes"),
			Languages: languages,
		},
		Mode:           fetch.ModeNavigate,
		Destination:    "document",
		UserActivation: true,
	})}
	resp, err := browser.Do(newRequest(t, "GET", "https://shop.example/shoes?color=red#top", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := readAll(t, resp.Body); resp.StatusCode != 200 || got != "<!doctype html>" {
		t.Fatalf("the page is %d, %q", resp.StatusCode, got)
	}
	if got := resp.Request.URL.String(); got != pageloadOrigin+"/shoes?color=red#top" {
		t.Errorf("the page's URL is %s", got)
	}
	shop := &fetch.Environment{
		Origin:    fetch.OriginOf(resp.Request.URL),
		URL:       resp.Request.URL,
		Languages: languages,
	}

	// And what it needs.
	put := func(body string) *http.Request {
		return newRequest(t, "PUT", "https://api.shop.example/cart", body, "Content-Type: application/json")
	}
	get := func(target string) *http.Request { return newRequest(t, "GET", target, nil) }
	for _, step := range []struct {
		name   string
		req    *http.Request
		params fetch.Params
		typ    fetch.ResponseType
		header string // that the page sees, and no other of the server's
	}{
		{
			"style sheet", get("https://static.shop.example/site.css"),
			fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude, Destination: "style"},
			fetch.TypeOpaque, "",
		},
		{
			"module script", get("https://cdn.example/app.mjs"),
			fetch.Params{Destination: "script"},
			fetch.TypeCORS, "Content-Type",
		},
		{
			"font", get("https://cdn.example/text.woff2"),
			fetch.Params{Destination: "font"},
			fetch.TypeCORS, "Content-Type",
		},
		{
			"font with credentials", get("https://cdn.example/title.woff2"),
			fetch.Params{Credentials: fetch.CredentialsInclude, Destination: "font"},
			fetch.TypeCORS, "Content-Type",
		},
		{
			"image", get("https://img.ads.example/banner.png"),
			fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude, Destination: "image"},
			fetch.TypeOpaque, "",
		},
		{
			"API with preflight", put(`{"item":7}`),
			fetch.Params{Credentials: fetch.CredentialsInclude},
			fetch.TypeCORS, "X-Stock",
		},
		{
			"API again", put(`{"item":12}`),
			fetch.Params{Credentials: fetch.CredentialsInclude},
			fetch.TypeCORS, "X-Stock",
		},
		{
			"beacon", newRequest(t, "POST", "https://metrics.example/beacon", "page=/shoes?", "Content-Type: text/plain;charset=UTF-8"),
			fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude, Keepalive: true},
			fetch.TypeOpaque, "",
		},
		{
			"image without TLS", get("http://legacy.example/old.png"),
			fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude, Destination: "image"},
			fetch.TypeOpaque, "",
		},
		{
			"XMLHttpRequest", get("http://localhost:8080/status"),
			fetch.Params{},
			fetch.TypeCORS, "",
		},
	} {
		step.params.Environment = shop
		resp := w.fetch(step.req, &step.params)
		readAll(t, resp.Body)
		if resp.Type != step.typ || resp.OK() != (step.typ == fetch.TypeCORS) {
			t.Errorf("%s: %s, status %d; want %s", step.name, resp.Type, resp.Status, step.typ)
		}
		for _, name := range []string{"Content-Type", "X-Stock", "Set-Cookie", "Access-Control-Allow-Origin"} {
			if seen := len(resp.Header[name]) > 0; name == step.header && !seen || seen && name != step.header && name != "Content-Type" {
				t.Errorf("%s: the page sees %s: %t", step.name, name, seen)
			}
		}
	}

	if diff := cmp.Diff(pageloadGolden(t), wire.requests()); diff != "" {
		t.Errorf("-testdata/pageload.golden +the servers' logs:\n%s", diff)
	}
	for site, want := range map[string]string{
		"https://www.shop.example/": "region=at; session=s1",
		"https://api.shop.example/": "region=at; cart=c1",
		"https://cdn.example/":      "uid=7",
		"https://img.ads.example/":  "ad=1; seen=1",
	} {
		if got := cookiesIn(t, jar, site); got != want {
			t.Errorf("cookies of %s in the end: %q; want %q", site, got, want)
		}
	}
}

// pageloadGolden returns the requests of testdata/pageload.golden. It fails if a
// request has a header that no comment in front of it explains, or a comment
// explains one that is not there.
func pageloadGolden(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/pageload.golden")
	if err != nil {
		t.Fatal(err)
	}
	var requests []string
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		var explained, absent, names, request []string
		for line := range strings.SplitSeq(block, "\n") {
			rule, comment := strings.CutPrefix(line, "# ")
			switch {
			case strings.HasPrefix(line, "##"), comment && strings.HasPrefix(rule, " "):
			case comment:
				header, _, _ := strings.Cut(rule, ": ")
				if header, no := strings.CutPrefix(header, "no "); no {
					absent = append(absent, strings.Split(header, ", ")...)
				} else {
					explained = append(explained, header)
				}
			default:
				request = append(request, line)
				if name, _, ok := strings.Cut(line, ": "); ok && !strings.HasPrefix(line, "> ") && len(request) > 1 {
					names = append(names, name)
				}
			}
		}
		if len(request) == 0 {
			continue // the introduction
		}
		if !slices.Equal(explained, names) {
			t.Errorf("%s: the comments explain %q; the request has %q", request[0], explained, names)
		}
		for _, name := range absent {
			if slices.Contains(names, name) {
				t.Errorf("%s: a comment says that there is no %s", request[0], name)
			}
		}
		requests = append(requests, strings.Join(request, "\n"))
	}
	return requests
}

// A pageloadWire holds what was written to the connections of a web. There must not
// be two requests at once.
type pageloadWire struct {
	t testing.TB

	mu   sync.Mutex // guards the fields below
	done []string
}

// pageloadTap makes a web remember the requests that its servers get, from now on.
func pageloadTap(w *web) *pageloadWire {
	wire := &pageloadWire{t: w.t}
	type dial = func(ctx context.Context, network, addr string) (net.Conn, error)
	tap := func(scheme string, next dial) dial {
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := next(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &pageloadConn{Conn: conn, scheme: scheme, wire: wire}, nil
		}
	}
	w.transport.DialContext = tap("http", w.transport.DialContext)
	w.transport.DialTLSContext = tap("https", w.transport.DialTLSContext)
	return wire
}

func (w *pageloadWire) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.done)
}

// A pageloadConn cuts what is written to it into requests.
type pageloadConn struct {
	net.Conn
	scheme  string
	wire    *pageloadWire
	pending []byte
}

func (c *pageloadConn) Write(p []byte) (int, error) {
	// In front of writing, because the answer may come at once.
	c.pending = append(c.pending, p...)
	for {
		request, n := pageloadRequest(c.scheme, c.pending)
		if n == 0 {
			return c.Conn.Write(p)
		}
		c.pending = c.pending[n:]
		c.wire.mu.Lock()
		c.wire.done = append(c.wire.done, request)
		c.wire.mu.Unlock()
	}
}

// pageloadRequest returns the first request in b, in the form of pageload.golden, and
// its length, or 0 if its end is not there yet. The length of a body has to be
// declared.
func pageloadRequest(scheme string, b []byte) (string, int) {
	head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return "", 0
	}
	lines := strings.Split(string(head), "\r\n")
	length, host := 0, ""
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Host":
			host = value
		case "Content-Length":
			length, _ = strconv.Atoi(value)
		}
	}
	if len(rest) < length {
		return "", 0
	}
	slices.SortFunc(lines[1:], func(a, b string) int {
		a, _, _ = strings.Cut(a, ":")
		b, _, _ = strings.Cut(b, ":")
		return strings.Compare(a, b)
	})
	lines[0] = strings.Replace(lines[0], " ", fmt.Sprintf(" %s://%s", scheme, host), 1)
	if length > 0 {
		lines = append(lines, "> "+string(rest[:length]))
	}
	return strings.Join(lines, "\n"), len(head) + len("\r\n\r\n") + length
}

// A server with net/http's protection against cross-site request forgery has to come
// to the verdicts that it gives browsers, by Sec-Fetch-Site where that is sent, and
// by Origin elsewhere.
func TestPageLoadCrossOriginProtection(t *testing.T) {
	const allowed, refused = 200, 403
	tests := []struct {
		name   string
		page   string // "" for the address bar
		method string
		url    string
		params fetch.Params
		want   int // status of the internal response
	}{
		{"own POST", pageloadOrigin, "POST", pageloadOrigin + "/x", fetch.Params{}, allowed},
		{"own POST, same-origin", pageloadOrigin, "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeSameOrigin}, allowed},
		{"own POST without referrer", pageloadOrigin, "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeSameOrigin, ReferrerPolicy: "no-referrer"}, allowed},
		{"own PUT", pageloadOrigin, "PUT", pageloadOrigin + "/x", fetch.Params{}, allowed},
		{"own form", pageloadOrigin, "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, allowed},
		{"reloaded form", "", "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, allowed},
		{"same-site POST", "https://api.shop.example", "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNoCORS}, refused},
		{"cross-site POST", "https://evil.example", "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, refused},
		{"cross-site POST, cors", "https://evil.example", "POST", pageloadOrigin + "/x", fetch.Params{}, refused},
		{"cross-site PUT", "https://evil.example", "PUT", pageloadOrigin + "/x", fetch.Params{}, refused},
		{"cross-site form", "https://evil.example", "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNavigate, Destination: "document", UserActivation: true}, refused},
		{"form of an opaque page", "null", "POST", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, refused},
		{"cross-site GET", "https://evil.example", "GET", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNoCORS}, allowed},
		{"cross-site GET, cors", "https://evil.example", "GET", pageloadOrigin + "/x", fetch.Params{}, allowed},
		{"cross-site link", "https://evil.example", "GET", pageloadOrigin + "/x", fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, allowed},
		{"cross-site HEAD", "https://evil.example", "HEAD", pageloadOrigin + "/x", fetch.Params{}, allowed},

		// Without TLS, Origin has to do.
		{"own POST over http", "http://plain.example", "POST", "http://plain.example/x", fetch.Params{}, allowed},
		{"own form over http", "http://plain.example", "POST", "http://plain.example/x", fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, allowed},
		{"own POST over http, without referrer", "http://plain.example", "POST", "http://plain.example/x", fetch.Params{ReferrerPolicy: "no-referrer"}, allowed},
		{"cross-site POST over http", "https://evil.example", "POST", "http://plain.example/x", fetch.Params{Mode: fetch.ModeNoCORS}, refused},
		{"other port over http", "http://plain.example:8080", "POST", "http://plain.example/x", fetch.Params{Mode: fetch.ModeNoCORS}, refused},
		{"cross-site GET over http", "https://evil.example", "GET", "http://plain.example/x", fetch.Params{Mode: fetch.ModeNoCORS}, allowed},
		// A browser, too, hides the origin here, and is refused.
		{"own form over http, without referrer", "http://plain.example", "POST", "http://plain.example/x", fetch.Params{Mode: fetch.ModeNavigate, Destination: "document", ReferrerPolicy: "no-referrer"}, refused},
	}
	protection := http.NewCrossOriginProtection()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			protected := protection.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			// CORS in front of it, or there would be nothing to see.
			w := newWeb(t, map[string]http.Handler{tt.url: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				addLines(rw.Header(), share().lines)
				protected.ServeHTTP(rw, r)
			})})
			p := tt.params
			if tt.page != "" {
				p.Environment = page(tt.page)
			}
			var body any
			if tt.method == "POST" || tt.method == "PUT" {
				body = "a=b"
			}
			resp := w.fetch(newRequest(t, tt.method, tt.url, body, "Content-Type: application/x-www-form-urlencoded"), &p)
			if got := resp.Internal().StatusCode; got != tt.want {
				t.Errorf("status %d; want %d\n%v", got, tt.want, w.last().Header)
			}
		})
	}
}
