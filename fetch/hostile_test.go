package fetch_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// hostileWeb is a web in which https://app.example/hostile does what the test is
// about, and /ok is what a server should be.
func hostileWeb(t testing.TB, hostile http.Handler) *web {
	t.Helper()
	return newWeb(t, map[string]http.Handler{
		"https://app.example/hostile": hostile,
		"https://app.example/ok":      answer{lines: []string{"X-A: a"}, body: "ok"},
	})
}

// hostileRequest returns the request for what the test is about.
func hostileRequest(t testing.TB) *http.Request {
	return newRequest(t, "GET", "https://app.example/hostile", nil)
}

// hostileAfter checks that the client gets a good answer from the same server,
// over a connection of its own since the hostile server has closed the first.
func hostileAfter(t testing.TB, w *web) {
	t.Helper()
	resp := w.fetch(newRequest(t, "GET", "https://app.example/ok", nil), &fetch.Params{Environment: app})
	if got := readAll(t, resp.Body); resp.Status != 200 || got != "ok" || len(resp.Header["X-A"]) != 1 {
		t.Errorf("then status %d, header %v, body %q", resp.Status, resp.Header, got)
	}
	if got := w.dials(); !slices.Equal(got, []string{"app.example:443", "app.example:443"}) {
		t.Errorf("connections to %q; want two", got)
	}
}

// A status is a number of three digits, whether it means anything or not.
//
// Source: wpt: fetch/h1-parsing/status-code.window.js, with leading zeros where a
// status has fewer digits, which net/http requires as RFC 9112 does.
func TestHostileStatus(t *testing.T) {
	for _, tt := range []struct {
		line   string
		status int // -1 for a network error
		text   string
	}{
		{"", -1, ""},
		{"BLAH", -1, ""},
		{"000 OK", 0, "OK"},
		{"001 OK", 1, "OK"},
		{"099 HELLO", 99, "HELLO"},
		{"200", 200, ""},
		{"200 ", 200, ""},
		{"299 \xff\xfe", 299, "\xff\xfe"},
		{"600 Six", 600, "Six"},
		{"999 DOES IT MATTER", 999, "DOES IT MATTER"},
		{"1000 BOO", -1, ""},
		{"65736 NOT 200 OR SOME SUCH", -1, ""},
		{"131072 HI", -1, ""},
		{"-20 OK", -1, ""},
		{"2e2 OK", -1, ""},
		{"200\rOK", -1, ""},
	} {
		t.Run(tt.line, func(t *testing.T) {
			w := hostileWeb(t, rawText("HTTP/1.1 "+tt.line+"\nheader-parsing: is sad\nConnection: close\n\nbody"))
			if tt.status < 0 {
				w.refuse(hostileRequest(t), &fetch.Params{Environment: app}, fetch.ReasonTransport)
				hostileAfter(t, w)
				return
			}
			resp := w.fetch(hostileRequest(t), &fetch.Params{Environment: app})
			if resp.Type != fetch.TypeBasic || resp.Status != tt.status || resp.StatusText != tt.text || resp.OK() != (tt.status/100 == 2) {
				t.Errorf("%s response with status %d %q, OK %t", resp.Type, resp.Status, resp.StatusText, resp.OK())
			}
			wantHeader(t, resp.Header, "Header-Parsing", "is sad")
			if got := readAll(t, resp.Body); got != "body" {
				t.Errorf("the body is %q", got)
			}
			hostileAfter(t, w)
		})
	}
}

// What is not HTTP/1 is not taken for an answer, nor its text for a body.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-fetch;
// wpt: fetch/h1-parsing/lone-cr.window.js, incomplete-response.window.js,
// resources-with-0x00-in-header.window.js.
func TestHostileMessage(t *testing.T) {
	for _, text := range []string{
		"<!doctype html>\r\n<p>HTTP/0.9",
		"\r\n\r\n",
		"\x00\x01\x02\x03",
		"\x16\x03\x01\x00\x05hello",
		"ICY 200 OK\r\n\r\nmusic",
		"HTTP/ 200 OK\r\n\r\n",
		"HTTP/1 200 OK\r\n\r\n",
		"HTTP/1.1200 OK\r\n\r\n",
		"SSH-2.0-OpenSSH\r\n",
		"220 mail.example ESMTP\r\n",
		strings.Repeat("x", 1<<16),

		"HTTP/1.1\r200 OK\n\nBODY",
		"HTTP/1.1 200\rOK\n\nBODY",
		"HTTP/1.1 200 OK\n\rHeader: Value\n\nBODY",
		"HTTP/1.1 200 OK\nHeader\r: Value\n\nBODY",
		"HTTP/1.1 200 OK\nHeader:\r Value\n\nBODY",
		"HTTP/1.1 200 OK\nHeader: Value\r\r\nBODY",
		"HTTP/1.1 200 OK\nHeader: Value\rHeader2: Value2\n\nBODY",

		"HTTP/1.1 200 OKAYISH\nheader: value\t",
		"HTTP/1.1 200 OKAYISH\nheader: value ",
		"HTTP/1.1 200 OKAYISH\nheader: value\f",
		"HTTP/1.1 200 OKAYISH\nheader: value\r",

		"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX\x00: b\r\n\r\n",

		"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
		"HTTP/1.1 200 OK\r\n X: first line continued\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX(: v\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX\xff: v\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX-\u00e4: v\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX\tA: v\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\"X\": v\r\n\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\n",
	} {
		t.Run(fmt.Sprintf("%.50q", text), func(t *testing.T) {
			w := hostileWeb(t, raw(func(conn net.Conn) { io.WriteString(conn, text) }))
			e := w.refuse(hostileRequest(t), &fetch.Params{Environment: app}, fetch.ReasonTransport)
			if e.Err == nil || strings.ContainsAny(e.Error(), "\r\n\x00") || len(e.Error()) > 1500 {
				t.Errorf("cause %v, text %q", e.Err, e.Error())
			}
			hostileAfter(t, w)
		})
	}
}

// A name with a space is no header name, and no way around the filter.
//
// Source: https://fetch.spec.whatwg.org/#header-name,
// https://fetch.spec.whatwg.org/#concept-filtered-response-basic.
func TestHostileHeaderNames(t *testing.T) {
	const text = "HTTP/1.1 200 OK\nSet-Cookie : a=b\nX A: v\nSet-Cookie2: c\nX-A: a\nConnection: close\nAccess-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: *\n\n"
	w := newWeb(t, map[string]http.Handler{"https://app.example/": rawText(text), "https://api.example/": rawText(text)})
	for _, target := range []string{"https://app.example/", "https://api.example/"} {
		resp := w.fetch(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app})
		public, err := w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(newRequest(t, "GET", target, nil))
		if err != nil {
			t.Fatal(err)
		}
		public.Body.Close()
		for _, h := range []http.Header{resp.Header, public.Header} {
			for name := range h {
				if strings.Contains(name, " ") || strings.HasPrefix(name, "Set-") {
					t.Errorf("%s: the page sees %q", target, name)
				}
			}
			wantHeader(t, h, "X-A", "a")
		}
	}

	w.handle("https://app.example/", rawText("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nConnection: close\n\n0\nSet-Cookie : a=b\nX A: v\nX-A: a\n\n"))
	public, err := w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(newRequest(t, "GET", "https://app.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer public.Body.Close()
	readAll(t, public.Body)
	if want := (http.Header{"X-A": {"a"}}); !reflect.DeepEqual(public.Trailer, want) {
		t.Errorf("the page sees the trailers %q; want %q", public.Trailer, want)
	}
}

// A body that ends early is an error of its reader, and one that goes on after
// its end is cut. Neither has an influence on the next request.
//
// Source: https://www.rfc-editor.org/rfc/rfc9112#section-6.3,
// https://www.rfc-editor.org/rfc/rfc9112#section-8.
func TestHostileEndOfBody(t *testing.T) {
	for _, tt := range []struct {
		name, text, body string
		fails            bool
	}{
		{"shorter than declared", "Content-Length: 10\n\nhalf", "half", true},
		{"declared and missing", "Content-Length: 10\n\n", "", true},
		{"huge and missing", "Content-Length: 9223372036854775807\n\nhalf", "half", true},
		{"longer than declared", "Connection: close\nContent-Length: 4\n\nhalf and half", "half", false},
		{"a second response", "Connection: close\nContent-Length: 0\n\nHTTP/1.1 200 OK\nContent-Length: 4\n\nevil", "", false},
		{"no end declared", "Connection: close\n\nall", "all", false},
		{"last chunk missing", "Transfer-Encoding: chunked\n\n4\nhalf\n", "half", true},
		{"chunk cut off", "Transfer-Encoding: chunked\n\n8\nhalf", "half", true},
		{"no chunk", "Transfer-Encoding: chunked\n\n", "", true},
		{"end of the last chunk missing", "Transfer-Encoding: chunked\n\n4\nhalf\n0\n", "half", true},
		{"chunk size malformed", "Transfer-Encoding: chunked\n\n4\nhalf\n-4\nhalf\n0\n\n", "half", true},
		{"chunk size too large", "Transfer-Encoding: chunked\n\n4\nhalf\nfffffffffffffffff\nhalf\n0\n\n", "half", true},
		{"chunk longer than its size", "Transfer-Encoding: chunked\n\n4\nhalf and half\n0\n\n", "half", true},
		{"trailer malformed", "Transfer-Encoding: chunked\n\n4\nhalf\n0\nno colon\n\n", "half", true},
		{"after the last chunk", "Connection: close\nTransfer-Encoding: chunked\n\n4\nhalf\n0\n\nHTTP/1.1 200 OK\n\nevil", "half", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := hostileWeb(t, rawText("HTTP/1.1 200 OK\n"+tt.text))
			resp := w.fetch(hostileRequest(t), &fetch.Params{Environment: app})
			b, err := io.ReadAll(resp.Body)
			if string(b) != tt.body || (err != nil) != tt.fails {
				t.Errorf("read %q, %v; want %q, error %t", b, err, tt.body, tt.fails)
			}
			resp.Body.Close()
			hostileAfter(t, w)
		})
	}
}

// How long a body is, has to be clear.
//
// Source: wpt: fetch/content-length/resources/content-lengths.json. Where that
// reads a malformed length as none, RFC 9112 section 6.3 has an error, which
// net/http returns; the same goes for equal lengths in one line, which it allows
// to refuse.
func TestHostileContentLength(t *testing.T) {
	const rfc = -2 // a network error by RFC 9112
	body := strings.Repeat("x", 42)
	for _, tt := range []struct {
		lines string
		want  int // length, or -1 for a network error
	}{
		{"Content-Length: 42", 42},
		{"Content-Length: 30", 30},
		{"Content-Length: 030", 30},
		{"Content-Length: 42\nContent-Length: 42", 42},
		{"Content-Length: 30\nContent-Length: 30", 30},
		{"Content-Length: 30\nContent-Length:   30  ", 30},

		{"Content-Length: 42,30", -1},
		{"Content-Length: 30,42", -1},
		{"Content-Length: 42\nContent-Length: 30", -1},
		{"Content-Length: 30\nContent-Length: 42", -1},
		{"Content-Length: 30,", -1},
		{"Content-Length: ,30", -1},
		{"Content-Length: 30\nContent-Length: \t", -1},
		{"Content-Length: \nContent-Length: 30", -1},
		{"Content-Length: aaaah\nContent-Length: nah", -1},
		{"Content-Length: aaaah, nah", -1},
		{"Content-Length: 030\nContent-Length: 30", -1},
		{"Content-Length: 030, 30", -1},

		{"Content-Length: 42,42", rfc},
		{"Content-Length: aaaah", rfc},
		{"Content-Length: aaaah\nContent-Length: aaaah", rfc},
		{"Content-Length: 42s", rfc},
		{"Content-Length: -1", rfc},
		{"Content-Length: -42", rfc},
		{"Content-Length: +42", rfc},
		{"Content-Length: 0x20", rfc},
		{"Content-Length: 4.2e1", rfc},
		{"Content-Length: 18446744073709551616", rfc},
		{"Content-Length: " + strings.Repeat("9", 10_000), rfc},
		{"Content-Length: \xd9\xa4\xd9\xa2", rfc},
		{"Transfer-Encoding: gzip, chunked", rfc},
		{"Transfer-Encoding: \xff", rfc},
		{"Transfer-Encoding: chunked\nTransfer-Encoding: chunked", rfc},
	} {
		t.Run(tt.lines[:min(len(tt.lines), 60)], func(t *testing.T) {
			w := hostileWeb(t, rawText("HTTP/1.1 200 OK\nConnection: close\n"+tt.lines+"\n\n"+body))
			if tt.want < 0 {
				w.refuse(hostileRequest(t), &fetch.Params{Environment: app}, fetch.ReasonTransport)
			} else if got := readAll(t, w.fetch(hostileRequest(t), &fetch.Params{Environment: app}).Body); len(got) != tt.want {
				t.Errorf("the body has %d bytes; want %d", len(got), tt.want)
			}
			hostileAfter(t, w)
		})
	}
}

// Informational responses are not the response, however many there are, and are
// not waited for without end.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-fetch.
func TestHostileInformationalResponses(t *testing.T) {
	const hint = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\nAccess-Control-Allow-Origin: *\r\nSet-Cookie: hint=1\r\n\r\n"
	const final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: a\r\n\r\nhi"
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto+"/hundred", func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://app.example/": raw(func(conn net.Conn) {
				io.WriteString(conn, strings.Repeat(hint, 100)+final)
			})})
			w.client.Jar = newJar(t, "https://app.example/")
			if proto == "HTTP/2.0" {
				w.useHTTP2()
				w.handle("https://app.example/", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					rw.Header().Set("Link", "</x>; rel=preload")
					for range 100 {
						rw.WriteHeader(103)
					}
					rw.Header().Del("Link")
					answer{lines: []string{"X-A: a"}, body: "hi"}.ServeHTTP(rw, r)
				}))
			}
			resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
			if got := readAll(t, resp.Body); resp.Status != 200 || got != "hi" {
				t.Errorf("status %d with body %q", resp.Status, got)
			}
			wantHeader(t, resp.Header, "X-A", "a")
			wantHeader(t, resp.Header, "Link")
			if got := cookiesIn(t, w.client.Jar, "https://app.example/"); got != "" {
				t.Errorf("the jar has %q", got)
			}
		})
		t.Run(proto+"/endless", func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": raw(func(conn net.Conn) {
				for {
					if _, err := io.WriteString(conn, hint); err != nil {
						return
					}
				}
			})})
			if proto == "HTTP/2.0" {
				w.useHTTP2()
				w.handle("https://api.example/", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					rw.Header().Set("Link", "</x>; rel=preload")
					for r.Context().Err() == nil {
						rw.WriteHeader(103)
					}
				}))
			}
			w.transport.MaxResponseHeaderBytes = 64 << 10
			for _, method := range []string{"GET", "PUT"} {
				e := w.refuse(newRequest(t, method, "https://api.example/", nil), &fetch.Params{Environment: app}, fetch.ReasonTransport)
				if e.Preflight != (method == "PUT") {
					t.Errorf("%s: Preflight is %t", method, e.Preflight)
				}
			}
		})
	}
	t.Run("in place of the response", func(t *testing.T) {
		// The hints allow everybody, and what follows does not.
		w := newWeb(t, map[string]http.Handler{"https://api.example/": raw(func(conn net.Conn) {
			io.WriteString(conn, hint+final)
		})})
		w.refuse(valid(t), &fetch.Params{Environment: app}, fetch.ReasonMissingAllowOrigin)
	})
}

// hostileBytes are neither ASCII nor UTF-8.
const hostileBytes = "\xff\xfe\x80\xc0"

// hostileLine returns lines with another value for name.
func hostileLine(lines []string, name string) []string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.HasPrefix(line, name+":") })
	return append(lines, name+": "+hostileBytes)
}

// Bytes beyond ASCII in a header are bytes: what is compared with something does
// not match, what is parsed is malformed, and the rest is passed on.
//
// Source: https://fetch.spec.whatwg.org/#header-value and the algorithm for each
// header.
func TestHostileBytes(t *testing.T) {
	names := []string{"Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Age", "Allow", "Alt-Svc", "Cache-Control",
		"Clear-Site-Data", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-Range",
		"Content-Security-Policy", "Content-Type", "Cross-Origin-Embedder-Policy", "Cross-Origin-Opener-Policy",
		"Cross-Origin-Resource-Policy", "Date", "Etag", "Expires", "Last-Modified", "Link", "Location", "Nel", "Origin-Agent-Cluster",
		"Pragma", "Proxy-Authenticate", "Referrer-Policy", "Refresh", "Retry-After", "Server", "Server-Timing", "Set-Cookie", "Sourcemap",
		"Strict-Transport-Security", "Timing-Allow-Origin", "Vary", "Via", "Www-Authenticate", "X-Content-Type-Options", "X-Frame-Options"}
	w := newWeb(t, nil)
	w.client.Jar = newJar(t, "https://api.example/")
	for _, name := range names {
		w.handle("https://api.example/", split(share(), answer{lines: hostileLine(share().lines, name), body: "body"}))
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
			for _, origin := range []string{"https://app.example", "https://api.example"} {
				p := &fetch.Params{Environment: page(origin), Mode: mode}
				if mode == fetch.ModeCORS && origin == "https://app.example" && name == "Access-Control-Allow-Origin" {
					e := w.refuse(valid(t), p, fetch.ReasonOriginMismatch)
					if e.Value != hostileBytes || strings.Contains(e.Error(), hostileBytes) {
						t.Errorf("the value is %q, the text %q; want the bytes, and what can be printed", e.Value, e.Error())
					}
					continue
				}
				resp, err := w.client.Fetch(valid(t), p)
				if err != nil {
					t.Errorf("%s, mode %s from %s: %v", name, mode, origin, err)
					continue
				}
				if got := readAll(t, resp.Internal().Body); got != "body" {
					t.Errorf("%s, mode %s from %s: the body is %q", name, mode, origin, got)
				}
				if resp.Type == fetch.TypeBasic && name != "Set-Cookie" {
					wantHeader(t, resp.Header, name, hostileBytes)
				}
				resp.Body.Close()
			}
		}
	}

	// What is special.
	preflighted := func(name string) http.Handler {
		return split(answer{lines: hostileLine(share().lines, name)}, share())
	}
	credentialed := shareWith("https://app.example", "PUT", "")
	for _, tt := range []struct {
		name, method string
		params       fetch.Params
		server       http.Handler
		want         fetch.Reason
	}{
		{"preflight's origin", "PUT", fetch.Params{}, preflighted("Access-Control-Allow-Origin"), fetch.ReasonOriginMismatch},
		{"preflight's methods", "PUT", fetch.Params{}, preflighted("Access-Control-Allow-Methods"), fetch.ReasonPreflightMalformed},
		{"preflight's headers", "PUT", fetch.Params{}, preflighted("Access-Control-Allow-Headers"), fetch.ReasonPreflightMalformed},
		{"preflight's age", "PUT", fetch.Params{}, preflighted("Access-Control-Max-Age"), ""},
		{"preflight's type", "PUT", fetch.Params{}, preflighted("Content-Type"), ""},
		{"preflight's coding", "PUT", fetch.Params{}, preflighted("Content-Encoding"), ""},
		{"credentials", "GET", fetch.Params{Credentials: fetch.CredentialsInclude},
			answer{lines: hostileLine(credentialed.lines, "Access-Control-Allow-Credentials")}, fetch.ReasonCredentials},
		{"preflight's credentials", "PUT", fetch.Params{Credentials: fetch.CredentialsInclude},
			split(answer{lines: hostileLine(credentialed.lines, "Access-Control-Allow-Credentials")}, credentialed), fetch.ReasonCredentials},
		{"type of a script", "GET", fetch.Params{Destination: "script"}, answer{lines: hostileLine(share().lines, "Content-Type")}, ""},
		{"type of a script with nosniff", "GET", fetch.Params{Destination: "script"},
			answer{lines: hostileLine(share("X-Content-Type-Options: nosniff").lines, "Content-Type")}, fetch.ReasonNosniff},
		{"nosniff of a script", "GET", fetch.Params{Destination: "script"},
			answer{lines: hostileLine(share("Content-Type: text/plain").lines, "X-Content-Type-Options")}, ""},
		{"resource policy under require-corp", "GET", fetch.Params{Mode: fetch.ModeNoCORS, Environment: &fetch.Environment{Origin: app.Origin, EmbedderPolicy: "require-corp"}},
			answer{lines: []string{"Cross-Origin-Resource-Policy: " + hostileBytes}}, fetch.ReasonCORP},
		{"challenge", "GET", fetch.Params{Mode: fetch.ModeNavigate}, answer{status: 401, lines: []string{"WWW-Authenticate: " + hostileBytes}}, ""},
		{"proxy's challenge", "GET", fetch.Params{}, answer{status: 407, lines: []string{"Proxy-Authenticate: " + hostileBytes}}, fetch.ReasonTransport},
	} {
		client := &fetch.Client{Base: w.base} // one that remembers no preflight
		w.handle("https://api.example/", tt.server)
		if tt.params.Environment == nil {
			tt.params.Environment = app
		}
		resp, err := client.Fetch(newRequest(t, tt.method, "https://api.example/", nil), &tt.params)
		switch {
		case tt.want != "":
			if err == nil {
				resp.Body.Close()
			}
			if e, ok := errors.AsType[*fetch.NetworkError](err); !ok || e.Reason != tt.want || strings.Contains(e.Error(), hostileBytes) {
				t.Errorf("%s: %v; want %s", tt.name, err, tt.want)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.name, err)
		default:
			resp.Body.Close()
		}
	}
}

// In a redirect they are part of the URL, and no policy.
//
// Source: https://fetch.spec.whatwg.org/#concept-response-location-url;
// wpt: fetch/api/redirect/redirect-location-escape.tentative.any.js.
func TestHostileBytesInRedirect(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start":          answer{status: 302, lines: []string{"Location: /" + hostileBytes, "Referrer-Policy: " + hostileBytes}},
		"https://app.example/%FF%FE%80%C0":   answer{body: "end"},
		"https://app.example/host":           answer{status: 302, lines: []string{"Location: https://" + hostileBytes + "/"}},
		"https://app.example/scheme":         answer{status: 302, lines: []string{"Location: " + hostileBytes + ":/"}},
		"https://app.example/%FF%FE%80%C0:/": answer{body: "end"},
	})
	env := page("https://app.example")
	env.URL = mustURL(t, "https://app.example/page")
	p := &fetch.Params{Environment: env}
	resp := w.fetch(newRequest(t, "GET", "https://app.example/start", nil), p)
	if got := readAll(t, resp.Body); got != "end" {
		t.Errorf("the body is %q", got)
	}
	wantHeader(t, w.last().Header, "Referer", "https://app.example/page")
	w.refuse(newRequest(t, "GET", "https://app.example/host", nil), p, fetch.ReasonRedirectLocation)
	w.fetch(newRequest(t, "GET", "https://app.example/scheme", nil), p) // no scheme, hence a path
}

// A megabyte of Content-Type is a long MIME type, or none, for each rule that
// reads it.
//
// Source: https://mimesniff.spec.whatwg.org/#parse-a-mime-type,
// https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?,
// https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?.
func TestHostileContentType(t *testing.T) {
	const mega = 1 << 20
	long := strings.Repeat("a", mega)
	for _, tt := range []struct {
		name, value, destination string
		nosniff                  bool
		want                     fetch.Reason
	}{
		{"long parameter", "text/javascript;x=" + long, "script", true, ""},
		{"long quoted parameter", `text/javascript;x="` + strings.Repeat(`\"`, mega/2), "script", true, ""},
		{"many parameters", "text/javascript" + strings.Repeat(";a=b", mega/4), "script", true, ""},
		{"many empty parameters", "text/javascript" + strings.Repeat(";", mega), "script", true, ""},
		{"space around", "text/javascript" + strings.Repeat(" ", mega) + ";charset=utf-8", "script", true, ""},
		{"many types, the last one good", strings.Repeat("text/css,", mega/9) + "text/javascript", "script", true, ""},
		{"many types, the last one bad", strings.Repeat("text/javascript,", mega/16) + "text/css", "script", true, fetch.ReasonNosniff},
		{"many commas", strings.Repeat(",", mega) + "text/javascript", "script", true, ""},
		{"many quotes", strings.Repeat(`"`, mega) + ",text/javascript", "script", true, ""},
		{"long type", long + "/javascript", "script", true, fetch.ReasonNosniff},
		{"long subtype", "text/" + long, "style", true, fetch.ReasonNosniff},
		{"long subtype of an image", "image/" + long, "script", false, fetch.ReasonMIMEType},
		{"long subtype without nosniff", "text/" + long, "script", false, ""},
		{"no slash", long, "script", false, ""},
		{"no slash, nosniff", long, "script", true, fetch.ReasonNosniff},
		{"fetch()", long, "", true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := []string{"Content-Type: " + tt.value}
			if tt.nosniff {
				lines = append(lines, "X-Content-Type-Options: nosniff")
			}
			w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{lines: lines, body: "body"}})
			req := newRequest(t, "GET", "https://app.example/", nil)
			p := &fetch.Params{Environment: app, Destination: fetch.Destination(tt.destination)}
			if tt.want == "" {
				if got := readAll(t, w.fetch(req, p).Body); got != "body" {
					t.Errorf("the body is %q", got)
				}
				return
			}
			e := w.refuse(req, p, tt.want)
			if n := len(e.Error()) + len(e.Value); n > 1500 {
				t.Errorf("text and value have %d bytes", n)
			}
		})
	}
}

// The last policy that is known counts, out of a thousand as out of one.
//
// Source: https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header.
func TestHostileReferrerPolicy(t *testing.T) {
	unknown := strings.Repeat("future-policy, ", 998)
	thousand := slices.Repeat([]string{"Referrer-Policy: future-policy"}, 998)
	const full, origin = "https://app.example/page?q", "https://app.example/"
	for _, tt := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"last", []string{"Referrer-Policy: no-referrer, " + unknown + "unsafe-url"}, []string{full}},
		{"last is no-referrer", []string{"Referrer-Policy: unsafe-url, " + unknown + "no-referrer"}, nil},
		{"first", []string{"Referrer-Policy: no-referrer, unsafe-url, " + unknown}, []string{full}},
		{"none", []string{"Referrer-Policy: " + unknown}, []string{origin}},
		{"other letter case", []string{"Referrer-Policy: " + unknown + "No-Referrer, Unsafe-URL"}, []string{full}},
		{"on lines", append(append([]string{"Referrer-Policy: no-referrer"}, thousand...), "Referrer-Policy: unsafe-url"), []string{full}},
		{"known every second time", []string{"Referrer-Policy: " + strings.Repeat("no-referrer, unsafe-url, ", 500)}, []string{full}},
		{"a megabyte", []string{"Referrer-Policy: " + strings.Repeat("no-referrer,", 1<<20/12) + "unsafe-url"}, []string{full}},
		{"a megabyte of commas", []string{"Referrer-Policy: " + strings.Repeat(",", 1<<20) + "unsafe-url"}, []string{full}},
		{"a megabyte of a name", []string{"Referrer-Policy: " + strings.Repeat("no-referrer", 1<<20/11)}, []string{origin}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/start": answer{status: 302, lines: append(tt.lines, "Location: https://b.example/end")},
				"https://b.example/end":     share(),
			})
			env := page("https://app.example")
			env.URL = mustURL(t, full)
			w.fetch(newRequest(t, "GET", "https://app.example/start", nil), &fetch.Params{Environment: env})
			wantHeader(t, w.last().Header, "Referer", tt.want...)
		})
	}
}

// A data: URL that is malformed is a network error, and never a request.
//
// Source: wpt: fetch/data-urls/resources/data-urls.json, base64.json;
// https://fetch.spec.whatwg.org/#data-url-processor.
func TestHostileDataURLs(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	for _, tt := range []struct {
		url, mime, body string
		want            fetch.Reason
	}{
		{"data:", "", "", fetch.ReasonTransport},
		{"data://test:test/", "", "", fetch.ReasonInvalidRequest}, // a port that is none
		{"data:text/html", "", "", fetch.ReasonTransport},
		{"data:text/html    ;charset=x   ", "", "", fetch.ReasonTransport},
		{"data:;base64;%2C", "", "", fetch.ReasonTransport},
		{"data:;base64,W", "", "", fetch.ReasonTransport},
		{"data:;base64,%", "", "", fetch.ReasonTransport},
		{"data:;base64,ab=", "", "", fetch.ReasonTransport},
		{"data:;base64,====", "", "", fetch.ReasonTransport},
		{"data:;base64,\u00e4", "", "", fetch.ReasonTransport},
		{"data:" + long, "", "", fetch.ReasonTransport},
		{"data:;base64," + long + "a", "", "", fetch.ReasonTransport},

		{"data:,", "text/plain;charset=US-ASCII", "", ""},
		{"data:,%zz%f", "text/plain;charset=US-ASCII", "%zz%f", ""},
		{"data:,%FF", "text/plain;charset=US-ASCII", "\xff", ""},
		{"data:text/html,a,b", "text/html", "a,b", ""},
		{"data:\x00,X", "text/plain;charset=US-ASCII", "X", ""},
		{"data:text/html;charset=\x80\xff,X", "", "X", ""},
		{"data:;base64,", "text/plain;charset=US-ASCII", "", ""},
		{"data:," + long, "text/plain;charset=US-ASCII", long, ""},
	} {
		t.Run(tt.url[:min(len(tt.url), 40)], func(t *testing.T) {
			client := &fetch.Client{Base: unreachable(t), Jar: unreachableJar{t}}
			u, err := fetch.ParseURL(nil, tt.url)
			if err != nil {
				if tt.want != fetch.ReasonInvalidRequest {
					t.Fatal(err)
				}
				return
			}
			req := valid(t)
			body := newBody("body")
			req.Method, req.URL, req.Body = "POST", u, body
			resp, err := client.Fetch(req, &fetch.Params{Environment: app})
			if n := body.closed.Load(); n != 1 {
				t.Errorf("the request's body was closed %d times; want once", n)
			}
			if tt.want != "" {
				e := wantReason(t, err, tt.want)
				if len(e.Error()) > 1500 {
					t.Errorf("the text has %d bytes", len(e.Error()))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := readAll(t, resp.Body); got != tt.body {
				t.Errorf("the body is %.100q; want %.100q", got, tt.body)
			}
			if tt.mime != "" {
				wantHeader(t, resp.Header, "Content-Type", tt.mime)
			}
			resp.Body.Close()
		})
	}
	// No server can make one of a request.
	w := newWeb(t, map[string]http.Handler{"https://app.example/": redirectTo(302, "data:text/html,evil")})
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate} {
		w.refuse(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app, Mode: mode}, fetch.ReasonNotHTTP)
	}
}

// A megabyte of integrity metadata is the caller's mistake, and no more than
// that.
//
// Source: https://w3c.github.io/webappsec-subresource-integrity/#parse-metadata-section.
func TestHostileIntegrity(t *testing.T) {
	w := hostileWeb(t, answer{body: "body"})
	right := integrityOf("body")["sha256"]
	for metadata, want := range map[string]fetch.Reason{
		strings.Repeat("sha256-", 1<<17):           fetch.ReasonIntegrity,
		strings.Repeat("sha256- ", 1<<17):          fetch.ReasonIntegrity,
		strings.Repeat("sha256- ", 1<<17) + right:  "",
		strings.Repeat("x", 1<<20):                 "",
		strings.Repeat(" ", 1<<20):                 "",
		strings.Repeat("-", 1<<20):                 "",
		strings.Repeat("?", 1<<20):                 "",
		right + "?" + strings.Repeat("x", 1<<20):   "",
		"sha256-" + strings.Repeat("\xff\r\n", 99): fetch.ReasonIntegrity,
		"sha256-\x00":                              fetch.ReasonIntegrity,
		"sha256-" + right[7:] + "\x00":             fetch.ReasonIntegrity,
		"sha-256-" + right[7:]:                     "",
		"sha2567-" + right[7:]:                     "",
		"\u0161ha256-" + right[7:]:                 "",
	} {
		p := &fetch.Params{Environment: app, Integrity: metadata}
		resp, err := w.client.Fetch(hostileRequest(t), p)
		if want != "" {
			e := wantReason(t, err, want)
			if text := e.Error(); len(text) > 1500 || strings.ContainsAny(text, "\r\n\x00") {
				t.Errorf("the text has %d bytes: %.300q", len(text), text)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, resp.Body); got != "body" {
			t.Errorf("the body is %q", got)
		}
		resp.Body.Close()
	}
}

// Many cookies are stored, no page sees one, and too many for net/http to parse
// are not stored.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func TestHostileSetCookie(t *testing.T) {
	for _, n := range []int{1000, 10_000} {
		w := hostileWeb(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			for i := range n {
				rw.Header().Add("Set-Cookie", fmt.Sprintf("c%d=%d", i, i))
			}
			rw.Header().Add("Set-Cookie", hostileBytes)
			rw.Header().Add("Set-Cookie", "=; =; ;;;")
			rw.Header().Set("X-A", "a")
		}))
		w.client.Jar = newJar(t, "https://app.example/")
		resp := w.fetch(hostileRequest(t), &fetch.Params{Environment: app})
		wantHeader(t, resp.Header, "Set-Cookie")
		wantHeader(t, resp.Header, "X-A", "a")
		stored := len(w.client.Jar.Cookies(mustURL(t, "https://app.example/")))
		if stored != n && n <= 1000 || stored > n {
			t.Errorf("%d cookies are stored; want %d", stored, n)
		}
		// That many are sent back, which the server may not like.
		w.secure.Config.MaxHeaderBytes = 4 << 20
		w.fetch(newRequest(t, "GET", "https://app.example/ok", nil), &fetch.Params{Environment: app})
	}
}
