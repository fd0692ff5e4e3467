package fetch_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// Code in Base may have a Transport of its own, and pass on the context that it was
// given. What the fetch around it may do is not for that one.
func TestCompositionTransportInBaseInheritsNoParams(t *testing.T) {
	const url = "https://api.example/"
	outer := &fetch.Params{Environment: app, Mode: fetch.ModeNavigate}
	for _, via := range []string{"Fetch", "Transport", "NewContext"} {
		for _, own := range []bool{false, true} {
			w := newWeb(t, map[string]http.Handler{url: answer{body: "secret"}})
			var inner *fetch.Params
			if own {
				inner = &fetch.Params{Environment: page("https://inner.example")}
			}
			innerBase := roundTripper(func(r *http.Request) (*http.Response, error) {
				if got := fetch.FromContext(r.Context()); got != inner {
					t.Errorf("%s: Base of the inner client finds %p; want %p", via, got, inner)
				}
				return w.base.RoundTrip(r)
			})
			innerTransport := (&fetch.Client{Base: innerBase}).Transport(inner)
			client := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
				if got := fetch.FromContext(r.Context()); got != outer {
					t.Errorf("%s: Base finds %p; want %p", via, got, outer)
				}
				return innerTransport.RoundTrip(newRequest(t, "GET", url, nil).WithContext(r.Context()))
			})}
			req := newRequest(t, "GET", url, nil)
			var err error
			switch via {
			case "Fetch":
				_, err = client.Fetch(req, outer)
			case "Transport":
				_, err = client.Transport(outer).RoundTrip(req)
			case "NewContext":
				_, err = client.Transport(nil).RoundTrip(req.WithContext(fetch.NewContext(req.Context(), outer)))
			}
			e := wantReason(t, err, fetch.ReasonTransport)
			if own {
				wantReason(t, e.Err, fetch.ReasonMissingAllowOrigin)
				wantHeader(t, w.last().Header, "Origin", "https://inner.example")
				continue
			}
			wantReason(t, e.Err, fetch.ReasonNoEnvironment)
			w.wantReceived()
		}
	}
}

// A Base that follows redirects answers for another URL than the one that was
// judged.
func TestCompositionBaseThatFollowsRedirects(t *testing.T) {
	const start, end = "https://app.example/start", "https://api.example/end"
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate} {
		w := newWeb(t, map[string]http.Handler{
			start: answer{status: 302, lines: []string{"Location: " + end}},
			end:   answer{body: "secret"},
		})
		disguised := &http.Client{Transport: w.base}
		w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			return disguised.Do(r)
		})
		p := &fetch.Params{Environment: app, Mode: mode}
		if e := w.refuse(newRequest(t, "GET", start, nil), p, fetch.ReasonTransport); !strings.Contains(e.Error(), "followed a redirect") {
			t.Errorf("%v: error %v", mode, e)
		}
		// Without a redirect nobody can tell.
		w.handle("https://app.example/", answer{})
		w.fetch(newRequest(t, "GET", "https://app.example/", nil), p)
	}
}

// Some RoundTrippers rewrite the URL of the request that they are given, against
// their contract. That is theirs to send, and changes no decision.
func TestCompositionBaseThatRewritesURLs(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"http://gateway.example/app.example/start": answer{status: 302, lines: []string{"Location: next", "Set-Cookie: start=1"}},
		"http://gateway.example/app.example/next":  answer{status: 307, lines: []string{"Location: https://api.example/end"}},
		"http://gateway.example/api.example/end":   share("Set-Cookie: end=1"),
	})
	w.client.Jar = newJar(t, "https://app.example/", "old=0")
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		r.URL.Path = "/" + r.URL.Host + r.URL.Path
		r.URL.Scheme, r.URL.Host = "http", "gateway.example"
		r.Host = "gateway.example"
		return w.base.RoundTrip(r)
	})
	req := newRequest(t, "GET", "https://app.example/start", nil, "X-A: a")
	before := stateOf(req)
	resp := w.fetch(req, &fetch.Params{Environment: app})
	wantUntouched(t, req, before)
	if got := resp.URL.String(); got != "https://api.example/end" || resp.Type != fetch.TypeCORS {
		t.Errorf("a %s response from %s", resp.Type, got)
	}
	log := w.received()
	wantHeader(t, log[0].Header, "Cookie", "old=0")
	wantHeader(t, log[1].Header, "Cookie", "old=0; start=1")
	w.wantReceived(
		"GET http://gateway.example/app.example/start",
		"GET http://gateway.example/app.example/next",
		"OPTIONS http://gateway.example/api.example/end",
		"GET http://gateway.example/api.example/end")
	for url, want := range map[string]string{
		"https://app.example/": "old=0; start=1", "https://api.example/": "", "http://gateway.example/": "",
	} {
		if got := cookiesIn(t, w.client.Jar, url); got != want {
			t.Errorf("the jar has %q for %s; want %q", got, url, want)
		}
	}
}

// A compListener answers every request with 200, and notes the request lines.
type compListener struct {
	net.Listener
	mu    sync.Mutex
	lines []string
	done  sync.WaitGroup
}

func newCompListener(t *testing.T) *compListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &compListener{Listener: l}
	c.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.done.Go(func() { c.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		c.done.Wait()
	})
	return c
}

func (c *compListener) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	line, host := "", ""
	for {
		s, err := r.ReadString('\n')
		if err != nil {
			return
		}
		s = strings.TrimRight(s, "\r\n")
		switch {
		case line == "":
			line = s
		case strings.HasPrefix(s, "Host: "):
			host = s
		case s == "":
			c.mu.Lock()
			c.lines = append(c.lines, line+" "+host)
			c.mu.Unlock()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
			return
		}
	}
}

// last returns the last request line with its Host.
func (c *compListener) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lines) == 0 {
		return ""
	}
	return c.lines[len(c.lines)-1]
}

// Paths that net/url cannot express are sent as a browser sends them: in
// origin-form to a server, and in absolute-form to a proxy.
//
// Source: https://url.spec.whatwg.org/#path-percent-encode-set;
// https://www.rfc-editor.org/rfc/rfc9112#section-3.2.
func TestCompositionRequestLine(t *testing.T) {
	tests := []struct{ url, path string }{
		{"http://h.example/a|b", "/a|b"},
		{"http://h.example/a%", "/a%"},
		{"http://h.example/%zz|?q=%", "/%zz|?q=%"},
		{"http://h.example:8080/100%/|#f", "/100%/|"},
		{"http://h.example//x|", "//x|"},
		{"http://h.example/[|]", "/[|]"},
		{"http://h.example/plain%2Fpath", "/plain%2Fpath"},
		{"http://h.example/ä|", "/%C3%A4|"},
	}
	server := newCompListener(t)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Addr().String())
	}
	proxy := http.ProxyURL(&url.URL{Scheme: "http", Host: server.Addr().String()})
	none := func(*http.Request) (*url.URL, error) { return nil, nil }
	bases := []struct {
		name     string
		base     http.RoundTripper
		absolute bool
	}{
		{"http.Transport", &http.Transport{DialContext: dial}, false},
		{"http.Transport with no proxy for this one", &http.Transport{DialContext: dial, Proxy: none}, false},
		{"http.Transport with proxy", &http.Transport{Proxy: proxy}, true},
		{"http.Transport with proxy for the context", &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) {
			if fetch.FromContext(r.Context()) == nil {
				return nil, nil
			}
			return proxy(r)
		}}, true},
	}
	for _, b := range bases {
		for _, tt := range tests {
			t.Run(b.name+" "+tt.url, func(t *testing.T) {
				u, err := fetch.ParseURL(nil, tt.url)
				if err != nil {
					t.Fatal(err)
				}
				req := newRequest(t, "GET", "http://h.example/", nil)
				req.URL = u
				client := &fetch.Client{Base: b.base}
				resp, err := client.Fetch(req, &fetch.Params{Environment: app})
				if err != nil {
					t.Fatal(err)
				}
				readAll(t, resp.Body)
				resp.Body.Close()
				want := "GET " + tt.path + " HTTP/1.1 Host: " + u.Host
				if b.absolute || strings.HasPrefix(tt.path, "//") { // for which net/url has no other form
					want = "GET http://" + u.Host + tt.path + " HTTP/1.1 Host: " + u.Host
				}
				if got := server.last(); got != want {
					t.Errorf("request line\n\t%s\nwant\n\t%s", got, want)
				}
			})
		}
	}
}

// Whatever the path, the URL that Base gets names its host: caches whose keys are
// URLs in text must not mix up two hosts.
func TestCompositionURLStringsNameTheHost(t *testing.T) {
	server := newCompListener(t)
	next := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Addr().String())
	}}
	var keys []string
	client := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
		keys = append(keys, r.URL.String())
		return next.RoundTrip(r)
	})}
	urls := []string{"http://a.example/x|", "http://b.example/x|", "http://a.example/%", "http://b.example/%", "http://a.example:81/x|", "http://a.example/x"}
	for _, s := range urls {
		u, err := fetch.ParseURL(nil, s)
		if err != nil {
			t.Fatal(err)
		}
		req := newRequest(t, "GET", "http://a.example/", nil)
		req.URL = u
		resp, err := client.Fetch(req, &fetch.Params{Environment: app})
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, resp.Body)
		resp.Body.Close()
		if got := server.last(); !strings.HasSuffix(got, "Host: "+u.Host) {
			t.Errorf("%s: %s", s, got)
		}
	}
	if !slices.Equal(keys, urls) {
		t.Errorf("Base got %q; want %q", keys, urls)
	}
}

// A context that has been in a response belongs to that one.
func TestCompositionFromHTTPWithContextOfAnother(t *testing.T) {
	const url = "https://app.example/"
	w := newWeb(t, map[string]http.Handler{url: answer{}})
	tr := w.client.Transport(&fetch.Params{Environment: app})
	first, err := tr.RoundTrip(newRequest(t, "GET", url, nil))
	if err != nil {
		t.Fatal(err)
	}
	first.Body.Close()
	again := newRequest(t, "GET", url, nil).WithContext(first.Request.Context())
	plain, err := w.base.RoundTrip(again)
	if err != nil {
		t.Fatal(err)
	}
	plain.Body.Close()
	if _, ok := fetch.FromHTTP(plain); ok {
		t.Error("FromHTTP takes a response from elsewhere for a fetch's")
	}
	second, err := tr.RoundTrip(again)
	if err != nil {
		t.Fatal(err)
	}
	second.Body.Close()
	one, ok1 := fetch.FromHTTP(first)
	two, ok2 := fetch.FromHTTP(second)
	if !ok1 || !ok2 || one == two {
		t.Errorf("FromHTTP finds %p (%t) and %p (%t); want two responses", one, ok1, two, ok2)
	}
}

// An http.Client makes Authorization of any userinfo, and be it empty. A browser
// waits to be asked.
func TestCompositionUserinfo(t *testing.T) {
	for _, url := range []string{"https://@h.example/", "https://:@h.example/", "https://u@h.example/", "https://u:p@h.example/", "https://:p%20@h.example/"} {
		for _, mode := range []fetch.Mode{fetch.ModeNavigate, fetch.ModeCORS} {
			w := newWeb(t, map[string]http.Handler{"https://h.example/": share()})
			c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: mode})}
			resp, err := c.Do(newRequest(t, "GET", url, nil))
			empty := url == "https://@h.example/" || url == "https://:@h.example/"
			if mode == fetch.ModeCORS && !empty {
				wantReason(t, err, fetch.ReasonInvalidRequest)
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", url, err)
			}
			resp.Body.Close()
			w.wantNoHeader("Authorization")
			w.wantReceived("GET https://h.example/")
		}
	}
}

// wantNoHeader checks that no server has got a header.
func (w *web) wantNoHeader(name string) {
	w.t.Helper()
	for _, r := range w.received() {
		wantHeader(w.t, r.Header, name)
	}
}

// What an HTTP client above sets as User-Agent is the environment's in every mode,
// although it is not safelisted; what the author of a fetch sets is not.
func TestCompositionUserAgent(t *testing.T) {
	const url = "https://api.example/"
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
		w := newWeb(t, map[string]http.Handler{url: share()})
		w.client.UserAgent = "default/1"
		p := &fetch.Params{Environment: app, Mode: mode}
		resp, err := w.client.Transport(p).RoundTrip(newRequest(t, "GET", url, nil, "User-Agent: own/1", "user-agent: second/1"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		wantHeader(t, w.last().Header, "User-Agent", "own/1")
		w.wantReceived("GET " + url)
	}
	w := newWeb(t, map[string]http.Handler{url: share()})
	w.client.UserAgent = "default/1"
	w.fetch(newRequest(t, "GET", url, nil, "User-Agent: own/1"), &fetch.Params{Environment: app, Mode: fetch.ModeNoCORS})
	wantHeader(t, w.last().Header, "User-Agent", "default/1")
}

// Trailers of a basic response are filtered as its headers are, whenever they
// arrive: with the end of the body, before it has been decoded to its end, or
// before it turns out to be broken.
func TestCompositionTrailers(t *testing.T) {
	const url = "https://app.example/"
	trailers := func(coding string, write func(io.Writer)) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if coding != "" {
				rw.Header().Set("Content-Encoding", coding)
			}
			rw.Header().Set("Trailer", "X-T, Set-Cookie, set-cookie2")
			write(rw)
			rw.Header().Set("X-T", "t")
			rw.Header().Set("Set-Cookie", "secret=1")
			rw.Header().Set("Set-Cookie2", "secret=2")
		})
	}
	zip := func(w io.Writer) {
		z := gzip.NewWriter(w)
		io.WriteString(z, "body")
		z.Close()
	}
	tests := []struct {
		name   string
		server http.Handler
		broken bool
	}{
		{"plain", trailers("", func(w io.Writer) { io.WriteString(w, "body") }), false},
		{"gzip", trailers("gzip", zip), false},
		{"gzip and more", trailers("gzip", func(w io.Writer) { zip(w); io.WriteString(w, "garbage") }), true},
		{"gzip cut short", trailers("gzip", func(w io.Writer) { io.WriteString(w, "\x1f\x8b\x08\x00") }), true},
	}
	for _, tt := range tests {
		for _, http2 := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{url: tt.server})
				if http2 {
					w.useHTTP2()
				}
				resp, err := w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(newRequest(t, "GET", url, nil))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				buf := make([]byte, 4)
				for err == nil {
					for _, name := range []string{"Set-Cookie", "Set-Cookie2"} {
						wantHeader(t, resp.Trailer, name)
					}
					_, err = resp.Body.Read(buf)
				}
				if err != io.EOF && !tt.broken {
					t.Fatal(err)
				}
				for _, name := range []string{"Set-Cookie", "Set-Cookie2"} {
					wantHeader(t, resp.Trailer, name)
				}
				if !tt.broken {
					wantHeader(t, resp.Trailer, "X-T", "t")
				}
			})
		}
	}
}

// A compIdle is a RoundTripper that counts how often its idle connections are
// closed.
type compIdle struct {
	http.RoundTripper
	closed int
}

func (c *compIdle) CloseIdleConnections() { c.closed++ }

func TestCompositionCloseIdleConnections(t *testing.T) {
	base, anonymous := &compIdle{RoundTripper: unreachable(t)}, &compIdle{RoundTripper: unreachable(t)}
	client := &fetch.Client{Base: base, Anonymous: anonymous}
	(&http.Client{Transport: client.Transport(nil)}).CloseIdleConnections()
	if base.closed != 1 || anonymous.closed != 1 {
		t.Errorf("Base was closed %d times and Anonymous %d times; want once each", base.closed, anonymous.closed)
	}
	// Not every RoundTripper can, and not every Transport has a client.
	(&http.Client{Transport: (&fetch.Client{Base: unreachable(t)}).Transport(nil)}).CloseIdleConnections()
	(&http.Client{Transport: new(fetch.Transport)}).CloseIdleConnections()
}

// A WebSocket handshake is a GET without body.
//
// Source: https://websockets.spec.whatwg.org/#concept-websocket-establish.
func TestCompositionWebSocketRequests(t *testing.T) {
	p := &fetch.Params{Environment: app, Mode: fetch.ModeWebSocket}
	w := newWeb(t, map[string]http.Handler{"http://b.example/": answer{status: 403}})
	for _, method := range []string{"POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "Get2", "patch"} {
		w.refuse(newRequest(t, method, "ws://b.example/", nil, webSocketLines...), p, fetch.ReasonInvalidRequest)
	}
	for _, method := range []string{"GET", "POST"} {
		body := newBody("b")
		w.refuse(newRequest(t, method, "ws://b.example/", io.Reader(body), webSocketLines...), p, fetch.ReasonInvalidRequest)
		if body.read.Load() || body.closed.Load() != 1 {
			t.Errorf("%s: the body is read %t, closed %d times", method, body.read.Load(), body.closed.Load())
		}
	}
	w.wantReceived()
	for _, method := range []string{"", "GET", "get"} {
		req := newRequest(t, "GET", "ws://b.example/", nil, webSocketLines...)
		req.Method, req.Body = method, http.NoBody
		w.fetch(req, p)
		w.wantReceived("GET http://b.example/")
	}
}
