package fetch_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// valid returns a request that is refused for nothing.
func valid(t testing.TB) *http.Request { return newRequest(t, "GET", "https://api.example/", nil) }

// What a browser would not accept from a script is refused before anything is
// sent, the body is closed once, and the caller's request is left alone.
//
// Source: https://fetch.spec.whatwg.org/#dom-request,
// https://fetch.spec.whatwg.org/#headers-validate; rows 1 to 4 of the project's
// attack list.
func TestBadInput(t *testing.T) {
	header := func(name string, values ...string) func(*http.Request, *fetch.Params) {
		return func(r *http.Request, _ *fetch.Params) { r.Header[name] = values }
	}
	method := func(m string) func(*http.Request, *fetch.Params) {
		return func(r *http.Request, _ *fetch.Params) { r.Method = m }
	}
	target := func(u *url.URL) func(*http.Request, *fetch.Params) {
		return func(r *http.Request, _ *fetch.Params) { r.URL = u }
	}
	params := func(f func(*fetch.Params)) func(*http.Request, *fetch.Params) {
		return func(_ *http.Request, p *fetch.Params) { f(p) }
	}
	tests := []struct {
		name string
		bad  func(*http.Request, *fetch.Params)
		want fetch.Reason
		at   string // NetworkError.Name
	}{
		{"nil URL", target(nil), fetch.ReasonInvalidRequest, ""},
		{"empty URL", target(&url.URL{}), fetch.ReasonInvalidRequest, ""},
		{"relative URL", target(&url.URL{Path: "/x"}), fetch.ReasonInvalidRequest, ""},
		{"URL without host", target(&url.URL{Scheme: "https", Path: "/x"}), fetch.ReasonInvalidRequest, ""},
		{"host with space", target(&url.URL{Scheme: "https", Host: "a b"}), fetch.ReasonInvalidRequest, ""},
		{"host with CRLF", target(&url.URL{Scheme: "https", Host: "a\r\nX: y"}), fetch.ReasonInvalidRequest, ""},
		{"host with slash", target(&url.URL{Scheme: "https", Host: "a.example/b"}), fetch.ReasonInvalidRequest, ""},
		{"host with userinfo", target(&url.URL{Scheme: "https", Host: "u:p@a.example"}), fetch.ReasonInvalidRequest, ""},
		{"host with NUL", target(&url.URL{Scheme: "https", Host: "a\x00.example"}), fetch.ReasonInvalidRequest, ""},
		{"port out of range", target(&url.URL{Scheme: "https", Host: "a.example:99999"}), fetch.ReasonInvalidRequest, ""},
		{"port that is none", target(&url.URL{Scheme: "https", Host: "a.example:x"}), fetch.ReasonInvalidRequest, ""},
		{"open IPv6", target(&url.URL{Scheme: "https", Host: "[::1"}), fetch.ReasonInvalidRequest, ""},
		{"IPv4 out of range", target(&url.URL{Scheme: "https", Host: "1.2.3.256"}), fetch.ReasonInvalidRequest, ""},
		{"opaque for another host", target(&url.URL{Scheme: "https", Host: "a.example", Opaque: "//b.example/"}), fetch.ReasonInvalidRequest, ""},
		{"opaque without host", target(&url.URL{Scheme: "https", Opaque: "a.example"}), fetch.ReasonInvalidRequest, ""},
		{"scheme with space", target(&url.URL{Scheme: "ht tp", Host: "a.example"}), fetch.ReasonInvalidRequest, ""},
		{"username", target(&url.URL{Scheme: "https", Host: "a.example", User: url.User("u")}), fetch.ReasonInvalidRequest, ""},
		{"password", target(&url.URL{Scheme: "https", Host: "a.example", User: url.UserPassword("", "p")}), fetch.ReasonInvalidRequest, ""},

		{"method connect", method("connect"), fetch.ReasonInvalidRequest, "connect"},
		{"method CONNECT", method("CONNECT"), fetch.ReasonInvalidRequest, "CONNECT"},
		{"method TRACE", method("TRACE"), fetch.ReasonInvalidRequest, "TRACE"},
		{"method tRaCk", method("tRaCk"), fetch.ReasonInvalidRequest, "tRaCk"},
		{"method with CRLF", method("GET\r\nX: y"), fetch.ReasonInvalidRequest, "GET\r\nX: y"},
		{"method with space", method("GE T"), fetch.ReasonInvalidRequest, "GE T"},
		{"method with space at the end", method("GET "), fetch.ReasonInvalidRequest, "GET "},
		{"method with colon", method("GE:T"), fetch.ReasonInvalidRequest, "GE:T"},
		{"method beyond ASCII", method("G\u00cbT"), fetch.ReasonInvalidRequest, "G\u00cbT"},
		{"method with NUL", method("GET\x00"), fetch.ReasonInvalidRequest, "GET\x00"},

		{"header name empty", header("", "v"), fetch.ReasonInvalidRequest, ""},
		{"header name with CR", header("X\rA", "v"), fetch.ReasonInvalidRequest, "X\rA"},
		{"header name with LF", header("X\nA", "v"), fetch.ReasonInvalidRequest, "X\nA"},
		{"header name with CRLF", header("X: a\r\nHost", "v"), fetch.ReasonInvalidRequest, "X: a\r\nHost"},
		{"header name with NUL", header("X\x00A", "v"), fetch.ReasonInvalidRequest, "X\x00A"},
		{"header name with space", header("X A", "v"), fetch.ReasonInvalidRequest, "X A"},
		{"header name with space at the end", header("Origin ", "v"), fetch.ReasonInvalidRequest, "Origin "},
		{"header name with tab", header("\tX", "v"), fetch.ReasonInvalidRequest, "\tX"},
		{"header name with colon", header("X:A", "v"), fetch.ReasonInvalidRequest, "X:A"},
		{"header name with comma", header("x-a,x-b", "v"), fetch.ReasonInvalidRequest, "x-a,x-b"},
		{"header name with DEL", header("X\x7f", "v"), fetch.ReasonInvalidRequest, "X\x7f"},
		{"header name beyond ASCII", header("X-\u00e4", "v"), fetch.ReasonInvalidRequest, "X-\u00e4"},
		{"header name with Kelvin sign", header("Coo\u212aie", "v"), fetch.ReasonInvalidRequest, "Coo\u212aie"},
		{"header name without values", header("X A"), fetch.ReasonInvalidRequest, "X A"},
		{"pseudo-header", header(":authority", "v"), fetch.ReasonInvalidRequest, ":authority"},
		{"header value with CR", header("X-A", "a\rb"), fetch.ReasonInvalidRequest, "X-A"},
		{"header value with LF", header("X-A", "a\nb"), fetch.ReasonInvalidRequest, "X-A"},
		{"header value with CRLF", header("X-A", "a\r\nHost: b"), fetch.ReasonInvalidRequest, "X-A"},
		{"header value with NUL", header("X-A", "a\x00"), fetch.ReasonInvalidRequest, "X-A"},
		{"second header value with NUL", header("X-A", "a", "\x00"), fetch.ReasonInvalidRequest, "X-A"},
		{"forbidden header with bad value", header("Cookie", "a\nb"), fetch.ReasonInvalidRequest, "Cookie"},

		{"mode", params(func(p *fetch.Params) { p.Mode = 5 }), fetch.ReasonInvalidRequest, ""},
		{"mode 255", params(func(p *fetch.Params) { p.Mode = 255 }), fetch.ReasonInvalidRequest, ""},
		{"credentials mode", params(func(p *fetch.Params) { p.Credentials = 3 }), fetch.ReasonInvalidRequest, ""},
		{"redirect mode", params(func(p *fetch.Params) { p.Redirect = 3 }), fetch.ReasonInvalidRequest, ""},
		{"referrer", params(func(p *fetch.Params) { p.Referrer = "relative" }), fetch.ReasonInvalidRequest, ""},
		{"referrer with bad host", params(func(p *fetch.Params) { p.Referrer = "https://a b/" }), fetch.ReasonInvalidRequest, ""},
		{"URL of the Environment", params(func(p *fetch.Params) {
			p.Environment = &fetch.Environment{Origin: app.Origin, URL: &url.URL{Scheme: "https", Host: "a b"}}
		}), fetch.ReasonInvalidRequest, ""},
		{"no Environment", params(func(p *fetch.Params) { p.Environment = nil }), fetch.ReasonNoEnvironment, ""},
		{"no Environment for websocket", params(func(p *fetch.Params) { p.Environment = nil; p.Mode = fetch.ModeWebSocket }), fetch.ReasonNoEnvironment, ""},
		{"zero Environment", params(func(p *fetch.Params) { p.Environment = new(fetch.Environment) }), fetch.ReasonNoEnvironment, ""},
		{"zero Environment for navigate", params(func(p *fetch.Params) { p.Environment = new(fetch.Environment); p.Mode = fetch.ModeNavigate }), fetch.ReasonNoEnvironment, ""},

		{"no-cors PUT", func(r *http.Request, p *fetch.Params) { r.Method = "put"; p.Mode = fetch.ModeNoCORS }, fetch.ReasonInvalidRequest, "PUT"},
		{"no-cors OPTIONS", func(r *http.Request, p *fetch.Params) { r.Method = "OPTIONS"; p.Mode = fetch.ModeNoCORS }, fetch.ReasonInvalidRequest, "OPTIONS"},
		{"no-cors made up", func(r *http.Request, p *fetch.Params) { r.Method = "X"; p.Mode = fetch.ModeNoCORS }, fetch.ReasonInvalidRequest, "X"},
	}
	for _, tt := range tests {
		for _, via := range []string{"Fetch", "Transport"} {
			t.Run(tt.name+"/"+via, func(t *testing.T) {
				req, p := valid(t), fetch.Params{Environment: app}
				body := newBody("body")
				req.Body, req.Method = body, "POST"
				req.GetBody = func() (io.ReadCloser, error) { return newBody("body"), nil }
				req.ContentLength = 4
				tt.bad(req, &p)
				before := stateOf(req)
				client := &fetch.Client{Base: unreachable(t), Jar: unreachableJar{t}}
				client.CheckRequest = func(*http.Request, *fetch.Params) error {
					t.Error("CheckRequest is called")
					return nil
				}
				var err error
				if via == "Fetch" {
					_, err = client.Fetch(req, &p)
				} else {
					_, err = client.Transport(&p).RoundTrip(req)
				}
				e := wantReason(t, err, tt.want)
				if strings.ContainsAny(e.Error(), "\r\n") {
					t.Errorf("the text has several lines: %q", e)
				}
				if e.Name != tt.at {
					t.Errorf("NetworkError.Name is %q; want %q", e.Name, tt.at)
				}
				if e.Preflight || e.Hop != 0 || e.Status != 0 || e.Temporary() || e.Timeout() {
					t.Errorf("unexpected fields: %+v", e)
				}
				if n := body.closed.Load(); n != 1 {
					t.Errorf("body closed %d times; want once", n)
				}
				if body.read.Load() {
					t.Error("the body was read")
				}
				wantUntouched(t, req, before)
			})
		}
	}
}

// unreachableJar is a jar that must not be asked.
type unreachableJar struct{ t testing.TB }

func (j unreachableJar) Cookies(*url.URL) []*http.Cookie {
	j.t.Error("the jar is asked for cookies")
	return nil
}
func (j unreachableJar) SetCookies(*url.URL, []*http.Cookie) { j.t.Error("cookies are stored") }

// GET and HEAD have no body.
//
// Source: https://fetch.spec.whatwg.org/#dom-request.
func TestBadInputBodyWithGET(t *testing.T) {
	for _, method := range []string{"", "GET", "get", "HEAD", "head"} {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate, fetch.ModeWebSocket} {
			client := &fetch.Client{Base: unreachable(t)}
			req := valid(t)
			body := newBody("body")
			req.Method, req.Body = method, body
			_, err := client.Fetch(req, &fetch.Params{Environment: app, Mode: mode})
			wantReason(t, err, fetch.ReasonInvalidRequest)
			if n := body.closed.Load(); n != 1 {
				t.Errorf("%q %s: body closed %d times; want once", method, mode, n)
			}
		}
	}
}

// What is missing altogether is an error, and never a panic.
func TestBadInputNil(t *testing.T) {
	client := &fetch.Client{Base: unreachable(t)}
	_, err := client.Fetch(nil, &fetch.Params{Environment: app})
	e := wantReason(t, err, fetch.ReasonInvalidRequest)
	if e.URL != "" || e.Method != "" || e.Error() == "" {
		t.Errorf("unexpected fields: %+v", e)
	}
	_, err = client.Fetch(nil, nil)
	wantReason(t, err, fetch.ReasonInvalidRequest)
	_, err = client.Fetch(valid(t), nil)
	wantReason(t, err, fetch.ReasonNoEnvironment)
	_, err = client.Transport(nil).RoundTrip(valid(t))
	wantReason(t, err, fetch.ReasonNoEnvironment)
	_, err = client.Fetch(new(http.Request), new(fetch.Params))
	wantReason(t, err, fetch.ReasonInvalidRequest)

	body := newBody("body")
	req := valid(t)
	req.Body = body
	_, err = new(fetch.Transport).RoundTrip(req)
	wantReason(t, err, fetch.ReasonInvalidRequest)
	if n := body.closed.Load(); n != 1 {
		t.Errorf("body closed %d times; want once", n)
	}
	_, err = new(fetch.Transport).RoundTrip(valid(t))
	wantReason(t, err, fetch.ReasonInvalidRequest)
}

// A request without a context, or with a nil header, is a request.
func TestBadInputZeroFields(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	req := &http.Request{URL: mustURL(t, "https://api.example/")}
	w.fetch(req, &fetch.Params{Environment: app})
	w.wantReceived("GET https://api.example/")
}

// Values are normalized before they are judged.
//
// Source: https://fetch.spec.whatwg.org/#concept-header-value-normalize.
func TestBadInputValuesAreNormalizedFirst(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{}})
	req := newRequest(t, "GET", "https://app.example/", nil)
	req.Header["X-A"] = []string{"\r\n\t a \r\n", "\n", "a\tb\x01\xff"}
	e := w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonTransport)
	if !strings.Contains(e.Error(), "invalid header field value") {
		t.Errorf("net/http no longer refuses control characters: %v", e)
	}
	req.Header["X-A"] = []string{"\r\n\t a \r\n", "\n", "a\tb\xff"}
	before := stateOf(req)
	w.fetch(req, &fetch.Params{Environment: app})
	wantHeader(t, w.last().Header, "X-A", "a", "", "a\tb\xff")
	wantUntouched(t, req, before)
}

// The URL Standard allows hosts that net/http would send an empty Host for.
//
// Source: https://url.spec.whatwg.org/#forbidden-domain-code-point.
func TestBadInputHostThatCannotBeWritten(t *testing.T) {
	client := &fetch.Client{Base: unreachable(t)}
	for _, host := range []string{"a{b.example", `a"b.example`, "a`b.example"} {
		req := valid(t)
		req.URL = &url.URL{Scheme: "https", Host: host, Path: "/"}
		body := newBody("body")
		req.Method, req.Body = "POST", body
		_, err := client.Fetch(req, &fetch.Params{Environment: app})
		wantReason(t, err, fetch.ReasonTransport)
		if n := body.closed.Load(); n != 1 {
			t.Errorf("%s: body closed %d times; want once", host, n)
		}
	}
}

// Many headers, and long names, are asked for in full or not at all.
//
// Source: row 7 of the project's attack list.
func TestBadInputManyUnsafeHeaders(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	w.plain.Config.MaxHeaderBytes = 4 << 20
	w.secure.Config.MaxHeaderBytes = 4 << 20
	req := valid(t)
	for i := range 10_000 {
		req.Header[fmt.Sprintf("X-%05d", i)] = []string{"v"}
	}
	req.Header["X-"+strings.Repeat("L", 64<<10)] = []string{"v"}
	w.fetch(req, &fetch.Params{Environment: app})
	log := w.received()
	if len(log) != 2 {
		t.Fatalf("%d requests; want 2", len(log))
	}
	names := strings.Split(strings.Join(log[0].Header["Access-Control-Request-Headers"], "|"), ",")
	if len(names) != 10_001 || names[0] != "x-00000" || names[9_999] != "x-09999" || len(names[10_000]) != 2+64<<10 {
		t.Errorf("the preflight asks for %d names; want 10001", len(names))
	}
}

// Headers in a page's hands have to stay under 1024 bytes to be safelisted.
//
// Source: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names.
func TestBadInputSafelistedSizes(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	for n, preflighted := range map[int]bool{8: false, 9: true} {
		req := valid(t)
		for range n {
			req.Header.Add("Accept", strings.Repeat("a", 128))
		}
		w.forget()
		w.fetch(req, &fetch.Params{Environment: app})
		if got := len(w.received()) == 2; got != preflighted {
			t.Errorf("%d times 128 bytes: preflighted %t; want %t", n, got, preflighted)
		}
	}
}

// A preflight's body is irrelevant, whatever it is: it is read only where that is
// near and declared.
//
// Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0; row 28 of the
// project's attack list.
func TestBadServerPreflightBodies(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: PUT\r\n"
	tests := []struct {
		name      string
		preflight http.Handler
		maxRead   int64
	}{
		{"garbage", answer{lines: share().lines, body: "\x00\xff<html>"}, 8},
		{"endless", raw(func(conn net.Conn) {
			fmt.Fprint(conn, head+"\r\n")
			io.Copy(conn, endless{})
		}), 0},
		{"endless chunks", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			share().ServeHTTP(w, r)
			io.Copy(w, endless{})
		}), 0},
		{"huge", raw(func(conn net.Conn) {
			fmt.Fprint(conn, head+"Content-Length: 99999999999\r\n\r\n")
			io.Copy(conn, endless{})
		}), 0},
		{"never sent", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			share().ServeHTTP(w, r)
			w.(http.Flusher).Flush()
			silent.ServeHTTP(w, r)
		}), 0},
		{"huge and never sent", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			share("Content-Length: 99999999").ServeHTTP(w, r)
			w.(http.Flusher).Flush()
			silent.ServeHTTP(w, r)
		}), 0},
		{"shorter than declared", raw(func(conn net.Conn) {
			fmt.Fprint(conn, head+"Content-Length: 4000\r\n\r\nshort")
		}), 5},
		{"malformed chunks", raw(func(conn net.Conn) {
			fmt.Fprint(conn, head+"Transfer-Encoding: chunked\r\n\r\nnonsense")
		}), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": split(tt.preflight, share())})
			resp := w.fetch(newRequest(t, "PUT", "https://api.example/", "body"), &fetch.Params{Environment: app})
			resp.Body.Close()
			if got := w.base.read.Load(); got > tt.maxRead {
				t.Errorf("%d bytes read; want at most %d", got, tt.maxRead)
			}
			w.wantReceived("OPTIONS https://api.example/", "PUT https://api.example/")
		})
	}
}

// A short body that is declared and never sent is not waited for.
func TestBadServerTricklingBody(t *testing.T) {
	trickle := func(a answer) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			a.lines = append(a.lines, "Content-Length: 10")
			a.body = "t"
			a.ServeHTTP(rw, r)
			rw.(http.Flusher).Flush()
			silent.ServeHTTP(rw, r)
		})
	}
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/preflight": split(trickle(share()), share()),
		"https://api.example/redirect":  trickle(answer{status: 303, lines: []string{"Location: /fine", "Access-Control-Allow-Origin: *"}}),
		"https://api.example/fine":      share(),
		"https://api.example/refused":   trickle(answer{}),
	})
	p := &fetch.Params{Environment: app}
	w.fetch(newRequest(t, "PUT", "https://api.example/preflight", "body"), p)
	w.fetch(newRequest(t, "GET", "https://api.example/redirect", nil), p)
	w.refuse(newRequest(t, "GET", "https://api.example/refused", nil), p, fetch.ReasonMissingAllowOrigin)
}

// Ten thousand header lines neither confuse the filter nor let anything through.
//
// Source: https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func TestBadServerManyHeaderLines(t *testing.T) {
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: x-7\nContent-Length: 0\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "X-%d: v\n", i)
	}
	b.WriteString("\n")
	w := newWeb(t, map[string]http.Handler{"https://api.example/": rawText(b.String())})
	resp := w.fetch(valid(t), &fetch.Params{Environment: app})
	if len(resp.Header) != 2 {
		t.Errorf("%d headers are visible: %v", len(resp.Header), resp.Header)
	}
	wantHeader(t, resp.Header, "X-7", "v")
	wantHeader(t, resp.Header, "Content-Length", "0")

	// As many Access-Control lines are as many values.
	var acao strings.Builder
	acao.WriteString("HTTP/1.1 200 OK\nContent-Length: 0\n")
	for range 10_000 {
		acao.WriteString("Access-Control-Allow-Origin: https://app.example\n")
	}
	acao.WriteString("\n")
	w.handle("https://api.example/", rawText(acao.String()))
	w.refuse(valid(t), &fetch.Params{Environment: app}, fetch.ReasonMultipleAllowOrigin)
}

// A megabyte of commas is a list of nothing, in each list header.
//
// Source: https://fetch.spec.whatwg.org/#extract-header-list-values (empty
// elements), https://httpwg.org/specs/rfc9110.html#abnf.extension.recipient.
func TestBadServerMegabyteOfCommas(t *testing.T) {
	commas := strings.Repeat(",", 1<<20)
	garbage := commas + "x y" + commas
	tests := []struct {
		name      string
		preflight []string
		response  []string
		lines     []string // of the request
		method    string
		want      fetch.Reason
	}{
		{"methods", []string{"Access-Control-Allow-Methods: " + commas}, nil, nil, "PUT", fetch.ReasonMethodNotAllowed},
		{"methods, then the method", []string{"Access-Control-Allow-Methods: " + commas + "PUT"}, nil, nil, "PUT", ""},
		{"methods, malformed", []string{"Access-Control-Allow-Methods: PUT" + garbage}, nil, nil, "PUT", fetch.ReasonPreflightMalformed},
		{"headers", []string{"Access-Control-Allow-Headers: " + commas}, nil, []string{"X-A: a"}, "GET", fetch.ReasonHeaderNotAllowed},
		{"headers, then the header", []string{"Access-Control-Allow-Headers: " + commas + "x-a"}, nil, []string{"X-A: a"}, "GET", ""},
		{"headers, malformed", []string{"Access-Control-Allow-Headers: x-a" + garbage}, nil, []string{"X-A: a"}, "GET", fetch.ReasonPreflightMalformed},
		{"exposed", nil, []string{"Access-Control-Expose-Headers: " + commas}, nil, "GET", ""},
		{"exposed, malformed", nil, []string{"Access-Control-Expose-Headers: x-secret" + garbage}, nil, "GET", ""},
		{"origin", nil, []string{"Access-Control-Allow-Origin: " + commas}, nil, "GET", fetch.ReasonMultipleAllowOrigin},
		{"max-age", []string{"Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: " + commas}, nil, nil, "PUT", ""},
		{"preflight headers on a response", nil, []string{"Access-Control-Allow-Methods: " + garbage, "Access-Control-Allow-Headers: " + garbage}, nil, "GET", ""},
		{"expose headers on a preflight", []string{"Access-Control-Allow-Methods: PUT", "Access-Control-Expose-Headers: " + garbage}, nil, nil, "PUT", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": split(
				rawHeader(append(tt.preflight, "Access-Control-Allow-Origin: *")),
				rawHeader(append(tt.response, "Access-Control-Allow-Origin: *", "X-Secret: s")))})
			w.transport.MaxResponseHeaderBytes = 16 << 20
			req := newRequest(t, tt.method, "https://api.example/", nil, tt.lines...)
			if tt.want != "" {
				e := w.refuse(req, &fetch.Params{Environment: app}, tt.want)
				if n := len(e.Error()) + len(e.Value); n > 1500 {
					t.Errorf("text and value have %d bytes", n)
				}
				return
			}
			resp := w.fetch(req, &fetch.Params{Environment: app})
			wantHeader(t, resp.Header, "X-Secret")
		})
	}
}

// rawHeader answers 200 with the given lines and no body.
func rawHeader(lines []string) http.Handler {
	return rawText("HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close\n" + strings.Join(lines, "\n") + "\n\n")
}

// What the transport refuses to read is no answer.
func TestBadServerHeaderBeyondTheLimit(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": rawHeader([]string{
		"Access-Control-Allow-Origin: *", "X-A: " + strings.Repeat("a", 1<<20)})})
	w.transport.MaxResponseHeaderBytes = 64 << 10
	w.refuse(valid(t), &fetch.Params{Environment: app}, fetch.ReasonTransport)
}

// A Max-Age of a hundred digits is a long time, and not a panic nor a negative
// one.
//
// Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0; rows 21 to 23
// of the project's attack list.
func TestBadServerMaxAge(t *testing.T) {
	tests := []struct {
		age    string
		cached bool
	}{
		{strings.Repeat("9", 100), true},
		{"9223372036854775807", true},
		{"9223372036854775808", true},
		{"18446744073709551616", true},
		{"4294967296", true},
		{"1", true},
		{"0", false},
		{strings.Repeat("0", 100), false},
		// Malformed values count as absent, which means five seconds.
		{"-1", true}, {"1e9", true}, {"5, 5", true}, {"", true}, {`"5"`, true},
	}
	for _, tt := range tests {
		t.Run(tt.age, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": share("Access-Control-Max-Age: " + tt.age)})
			for range 2 {
				w.fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: app})
			}
			if cached := len(w.received()) == 3; cached != tt.cached {
				t.Errorf("cached: %t; want %t", cached, tt.cached)
			}
		})
	}
}

// A megabyte of Location is a long URL, or none.
func TestBadServerLongLocation(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	fragment := "#" + long[:1<<16] // which is transferred twenty times
	for _, tt := range []struct {
		location string
		want     fetch.Reason
	}{
		{"/" + long, ""},
		{"?" + long, ""},
		{fragment, fetch.ReasonRedirectCount}, // the same URL again
		{strings.Repeat("../", 1<<18) + "end", ""},
		{"https://" + long + "/", fetch.ReasonTransport}, // a host that no name server knows
		{"https://" + strings.Repeat("a.", 1<<19), fetch.ReasonTransport},
		{"https://[" + strings.Repeat(":", 1<<20) + "]/", fetch.ReasonRedirectLocation},
		{"https://" + strings.Repeat("@", 1<<20) + "b.example/", fetch.ReasonRedirectCredentials},
		{"https://b.example:" + strings.Repeat("0", 1<<20) + "25/", fetch.ReasonBadPort},
		{"https://b.example:" + strings.Repeat("9", 1<<20) + "/", fetch.ReasonRedirectLocation},
		{long + ":x", fetch.ReasonNotHTTP},
	} {
		t.Run(tt.location[:20], func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": rawText(
				"HTTP/1.1 302 Found\nContent-Length: 0\nAccess-Control-Allow-Origin: *\nLocation: " + tt.location + "\n\n")})
			w.transport.MaxResponseHeaderBytes = 16 << 20
			w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
				if len(r.URL.Host) > 1000 {
					return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
				}
				if r.URL.Path != "/" || r.URL.RawQuery != "" {
					return &http.Response{StatusCode: 200, Header: http.Header{"Access-Control-Allow-Origin": {"*"}}}, nil
				}
				return w.base.RoundTrip(r)
			})
			if tt.want == "" {
				w.fetch(valid(t), &fetch.Params{Environment: app})
				return
			}
			e := w.refuse(valid(t), &fetch.Params{Environment: app}, tt.want)
			if n := len(e.Error()) + len(e.Value); n > 1500 {
				t.Errorf("text and value have %d bytes", n)
			}
		})
	}
}

// Twenty redirects are followed, and the next one is not.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func TestBadServerRedirectLimit(t *testing.T) {
	for _, n := range []int{19, 20, 21, 1000} {
		w := newWeb(t, map[string]http.Handler{"https://api.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			var i int
			fmt.Sscan(r.URL.RawQuery, &i)
			if i == n {
				share().ServeHTTP(rw, r)
				return
			}
			redirectTo(302, fmt.Sprint("?", i+1)).ServeHTTP(rw, r)
		})})
		req := newRequest(t, "GET", "https://api.example/?0", nil)
		if n <= 20 {
			w.fetch(req, &fetch.Params{Environment: app})
			continue
		}
		e := w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonRedirectCount)
		if e.Hop != 20 {
			t.Errorf("failed at hop %d; want 20", e.Hop)
		}
		if got := len(w.received()); got != 21 {
			t.Errorf("%d requests; want 21", got)
		}
	}
}

// A server that stops in the middle of a header has not answered.
func TestBadServerClosesMidHeader(t *testing.T) {
	for _, text := range []string{
		"", "H", "HTTP/1.1 200", "HTTP/1.1 200 OK\n", "HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\n",
		"HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *", "HTTP/1.1 200 OK\nno colon\n\n",
		"HTTP/1.1 20 OK\n\n", "HTTP/1.1 1000 OK\n\n", "HTTP/1.1 -12 OK\n\n",
	} {
		for _, method := range []string{"GET", "PUT"} {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": rawText(text)})
			body := newBody("body")
			req := newRequest(t, method, "https://api.example/", nil)
			if method == "PUT" {
				req.Body = body
			}
			e := w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonTransport)
			if e.Preflight != (method == "PUT") {
				t.Errorf("%q: Preflight is %t", text, e.Preflight)
			}
			if n := body.closed.Load(); method == "PUT" && n != 1 {
				t.Errorf("%q: body closed %d times; want once", text, n)
			}
		}
	}
}

// net/http takes a name with a space at its end for one of its own.
func TestBadServerSpaceAfterName(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": rawHeader([]string{"Access-Control-Allow-Origin : *"})})
	w.refuse(valid(t), &fetch.Params{Environment: app}, fetch.ReasonMissingAllowOrigin)
}

// A server that stops in the middle of the body has answered: the error is the
// reader's.
func TestBadServerClosesMidBody(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": rawText(
		"HTTP/1.1 200 OK\nContent-Length: 10\nAccess-Control-Allow-Origin: *\n\nhalf")})
	resp := w.fetch(valid(t), &fetch.Params{Environment: app})
	b, err := io.ReadAll(resp.Body)
	if string(b) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, %v", b, err)
	}
}

// A RoundTripper that breaks its contract is an error and not a panic, and what
// it returns is closed.
func TestBadRoundTripper(t *testing.T) {
	boom := errors.New("boom")
	ok := http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Methods": {"*"}}
	tests := []struct {
		name string
		resp func() *http.Response
		err  error
		want fetch.Reason // "" for success
	}{
		{"nil, nil", func() *http.Response { return nil }, nil, fetch.ReasonTransport},
		{"response and error", func() *http.Response {
			return &http.Response{StatusCode: 200, Header: ok, Body: io.NopCloser(strings.NewReader("x"))}
		}, boom, fetch.ReasonTransport},
		{"response without body and error", func() *http.Response { return &http.Response{StatusCode: 200, Header: ok} }, boom, fetch.ReasonTransport},
		{"nil Body", func() *http.Response { return &http.Response{StatusCode: 200, Header: ok} }, nil, ""},
		{"nil Header", func() *http.Response { return &http.Response{StatusCode: 200} }, nil, fetch.ReasonMissingAllowOrigin},
		{"nil Header and body", func() *http.Response {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("x"))}
		}, nil, fetch.ReasonMissingAllowOrigin},
		{"zero Response", func() *http.Response { return new(http.Response) }, nil, fetch.ReasonMissingAllowOrigin},
	}
	for _, tt := range tests {
		for _, method := range []string{"GET", "PUT"} {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				base := &accountingBase{next: roundTripper(func(*http.Request) (*http.Response, error) { return tt.resp(), tt.err })}
				client := &fetch.Client{Base: base, Jar: newJar(t, "https://api.example/")}
				for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
					req := newRequest(t, method, "https://api.example/", nil)
					resp, err := client.Transport(&fetch.Params{Environment: app, Mode: mode}).RoundTrip(req)
					switch {
					case tt.err != nil && !errors.Is(err, tt.err):
						t.Errorf("error %v; want one that wraps %v", err, tt.err)
					case mode == fetch.ModeCORS && tt.want != "":
						wantReason(t, err, tt.want)
					case mode == fetch.ModeCORS && err != nil:
						t.Error(err)
					}
					if err == nil {
						if resp.Body == nil || resp.Header == nil {
							t.Fatalf("Body %v, Header %v; want neither nil", resp.Body, resp.Header)
						}
						resp.Body.Close()
					}
				}
				base.check(t)
			})
		}
	}
}

// A response without header is an opaque or basic response without header.
func TestBadRoundTripperNilHeader(t *testing.T) {
	client := &fetch.Client{Base: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200}, nil
	})}
	for _, p := range []fetch.Params{
		{Environment: app, Mode: fetch.ModeNoCORS},
		{Environment: page("https://api.example")},
		{Environment: app, Mode: fetch.ModeNavigate},
	} {
		resp, err := client.Fetch(valid(t), &p)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Header == nil || resp.Body == nil || len(resp.Header) != 0 {
			t.Errorf("%s: Header %v, Body %v; want an empty header and a body", p.Mode, resp.Header, resp.Body)
		}
		if got := readAll(t, resp.Body); got != "" {
			t.Errorf("body %q", got)
		}
	}
}
