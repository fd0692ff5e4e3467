package fetch_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// A User-Agent of the author's is not safelisted. Fetch asks for it; Transport
// takes it for the environment's, because the HTTP clients above it set one on
// every request; Client.UserAgent is the environment's.
//
// Source: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names,
// https://fetch.spec.whatwg.org/#default-user-agent-value.
func TestTrap16UserAgent(t *testing.T) {
	tests := []struct {
		name               string
		author, client     string
		method             string
		transport          bool
		asked              []string // Access-Control-Request-Headers, nil for no preflight
		preflight, request []string
		preflighted        bool
	}{
		{name: "Fetch, author's", author: "author/1", method: "GET", preflighted: true,
			asked: []string{"user-agent"}, preflight: []string{"Go-http-client/1.1"}, request: []string{"author/1"}},
		{name: "Fetch, author's and client's", author: "author/1", client: "client/1", method: "GET", preflighted: true,
			asked: []string{"user-agent"}, preflight: []string{"client/1"}, request: []string{"author/1"}},
		{name: "Fetch, client's", client: "client/1", method: "GET", request: []string{"client/1"}},
		{name: "Fetch, client's, preflighted", client: "client/1", method: "PUT", preflighted: true,
			preflight: []string{"client/1"}, request: []string{"client/1"}},
		{name: "Fetch, none", method: "GET", request: []string{"Go-http-client/1.1"}},
		{name: "Transport, author's", author: "author/1", method: "GET", transport: true, request: []string{"author/1"}},
		{name: "Transport, author's, preflighted", author: "author/1", method: "PUT", transport: true, preflighted: true,
			preflight: []string{"author/1"}, request: []string{"author/1"}},
		{name: "Transport, author's and client's", author: "author/1", client: "client/1", method: "PUT", transport: true, preflighted: true,
			preflight: []string{"author/1"}, request: []string{"author/1"}},
		{name: "Transport, client's", client: "client/1", method: "PUT", transport: true, preflighted: true,
			preflight: []string{"client/1"}, request: []string{"client/1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
			w.client.UserAgent = tt.client
			p := &fetch.Params{Environment: app}
			req := newRequest(t, tt.method, "https://api.example/", nil)
			if tt.author != "" {
				req.Header.Set("User-Agent", tt.author)
			}
			if tt.transport {
				resp, err := w.client.Transport(p).RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			} else {
				w.fetch(req, p)
			}
			log := w.received()
			if preflighted := log[0].Method == "OPTIONS"; preflighted != tt.preflighted {
				t.Fatalf("preflighted: %t; want %t", preflighted, tt.preflighted)
			}
			if tt.preflighted {
				wantHeader(t, log[0].Header, "Access-Control-Request-Headers", tt.asked...)
				wantHeader(t, log[0].Header, "User-Agent", tt.preflight...)
			}
			wantHeader(t, w.last().Header, "User-Agent", tt.request...)
		})
	}
}

// Host, Content-Length, Transfer-Encoding and trailers live in fields of the
// Request. Those that would change what is sent are ignored, and the headers of
// the same names are forbidden.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestTrap18FieldsOfTheRequestAreIgnored(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if len(r.Trailer) != 0 {
			t.Errorf("the server got trailers: %v", r.Trailer)
		}
		if r.ContentLength != 4 || len(r.TransferEncoding) != 0 {
			t.Errorf("the server got Content-Length %d and Transfer-Encoding %q", r.ContentLength, r.TransferEncoding)
		}
	})})
	var dropped []string
	ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Request: func(i fetch.RequestInfo) { dropped = i.Dropped }})
	req := newRequest(t, "POST", "https://app.example/", "body",
		"Host: evil.example", "Content-Length: 2", "Transfer-Encoding: chunked", "Connection: close", "Keep-Alive: 1",
		"Trailer: X-T", "TE: trailers", "Upgrade: h2c", "Via: x").WithContext(ctx)
	req.Host = "evil.example"
	req.Trailer = http.Header{"X-T": {"t"}}
	req.TransferEncoding = []string{"chunked"}
	before := stateOf(req)
	w.fetch(req, &fetch.Params{Environment: app})
	w.wantReceived("POST https://app.example/")
	want := []string{"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "via"}
	slices.Sort(dropped)
	if !slices.Equal(dropped, want) {
		t.Errorf("dropped: %q; want %q", dropped, want)
	}
	wantUntouched(t, req, before)
}

// What only the engine may write is dropped from the caller's header and, where
// the engine has it, written anew.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestTrap19ForbiddenHeadersAreDropped(t *testing.T) {
	forbidden := []string{
		"Accept-Charset", "Accept-Encoding", "Access-Control-Request-Headers", "Access-Control-Request-Method",
		"Connection", "Content-Length", "Cookie", "Cookie2", "Date", "DNT", "Expect", "Host", "Keep-Alive", "Origin",
		"Referer", "Set-Cookie", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Via",
		"Proxy-Authorization", "Proxy-Anything", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User", "Sec-Anything",
	}
	for _, spelling := range []func(string) string{http.CanonicalHeaderKey, strings.ToLower, strings.ToUpper} {
		w := newWeb(t, map[string]http.Handler{"https://api.example/": share(), "https://app.example/": share()})
		for _, target := range []string{"https://api.example/", "https://app.example/"} {
			w.forget()
			req := newRequest(t, "POST", target, "b")
			for _, name := range forbidden {
				req.Header[spelling(name)] = []string{"callers-own"}
			}
			req.Header[spelling("X-HTTP-Method-Override")] = []string{"get, connect"}
			w.fetch(req, &fetch.Params{Environment: app})
			if len(w.received()) != 1 {
				t.Errorf("%d requests; want one without preflight", len(w.received()))
			}
			got := w.last().Header
			for name, values := range got {
				if slices.Contains(values, "callers-own") {
					t.Errorf("%s: %q is sent", name, values)
				}
			}
			wantHeader(t, got, "Origin", "https://app.example")
			wantHeader(t, got, "X-Http-Method-Override")
		}
	}
}

// X-HTTP-Method-Override is forbidden by its value.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestTrap19MethodOverride(t *testing.T) {
	for value, sent := range map[string]bool{
		"connect": false, "TRACE": false, "get, Track": false, "get,trace,post": false,
		"delete": true, "connection": true, `"connect"`: true,
	} {
		w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{}})
		w.fetch(newRequest(t, "POST", "https://app.example/", "b", "X-HTTP-Method-Override: "+value), &fetch.Params{Environment: app})
		if got := w.last().Header["X-Http-Method-Override"] != nil; got != sent {
			t.Errorf("%s is sent: %t; want %t", value, got, sent)
		}
	}
}

// With mode no-cors nothing but no-CORS-safelisted headers gets through.
//
// Source: https://fetch.spec.whatwg.org/#concept-headers-append.
func TestTrap19NoCORSGuard(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{}})
	w.fetch(newRequest(t, "POST", "https://api.example/", "b",
		"Accept: text/x", "Accept-Language: de", "Content-Language: de", "Content-Type: text/plain",
		"Authorization: t", "X-A: a", "Range: bytes=0-1"),
		&fetch.Params{Environment: app, Mode: fetch.ModeNoCORS})
	got := w.last().Header
	for name, want := range map[string][]string{
		"Accept": {"text/x"}, "Accept-Language": {"de"}, "Content-Language": {"de"}, "Content-Type": {"text/plain"},
		"Authorization": nil, "X-A": nil, "Range": nil,
	} {
		wantHeader(t, got, name, want...)
	}

	w.fetch(newRequest(t, "POST", "https://api.example/", "b", "Content-Type: application/json", "Accept-Language: a(b)"),
		&fetch.Params{Environment: app, Mode: fetch.ModeNoCORS})
	wantHeader(t, w.last().Header, "Content-Type")
	wantHeader(t, w.last().Header, "Accept-Language")

	// Two values are judged together: 100 bytes each fit, 200 do not.
	long := strings.Repeat("a", 100)
	w.fetch(newRequest(t, "GET", "https://api.example/", nil, "Accept: "+long, "Accept: "+long),
		&fetch.Params{Environment: app, Mode: fetch.ModeNoCORS})
	wantHeader(t, w.last().Header, "Accept", long)
}

// Second lines, and keys that are not canonical in maps made by hand, count. On
// the response a second Access-Control-Allow-Origin must fail the check.
//
// Source: https://fetch.spec.whatwg.org/#concept-header-list-get,
// https://fetch.spec.whatwg.org/#concept-cors-check.
func TestTrap21SecondLinesCount(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  fetch.Reason
	}{
		{"two equal lines", []string{"Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Origin: https://app.example"}, fetch.ReasonMultipleAllowOrigin},
		{"right one first", []string{"Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Origin: https://b.example"}, fetch.ReasonMultipleAllowOrigin},
		{"wildcard first", []string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Origin: https://b.example"}, fetch.ReasonMultipleAllowOrigin},
		{"two spellings", []string{"access-control-allow-origin: https://app.example", "ACCESS-CONTROL-ALLOW-ORIGIN: https://app.example"}, fetch.ReasonMultipleAllowOrigin},
		{"one line", []string{"Access-Control-Allow-Origin: https://app.example, https://app.example"}, fetch.ReasonMultipleAllowOrigin},
		{"second line empty", []string{"Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Origin:"}, fetch.ReasonMultipleAllowOrigin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{lines: tt.lines}})
			w.refuse(newRequest(t, "GET", "https://api.example/", nil), &fetch.Params{Environment: app}, tt.want)
		})
	}
}

func TestTrap21TwoAllowCredentials(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{lines: []string{
		"Access-Control-Allow-Origin: https://app.example",
		"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Credentials: true"}}})
	w.refuse(newRequest(t, "GET", "https://api.example/", nil),
		&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude}, fetch.ReasonCredentials)
}

// A Base that builds its responses by hand may spell headers as it likes.
func TestTrap21KeysThatAreNotCanonical(t *testing.T) {
	respond := func(h http.Header) *fetch.Client {
		return &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: h}, nil
		})}
	}
	req := newRequest(t, "GET", "https://api.example/", nil)
	p := &fetch.Params{Environment: app}
	resp, err := respond(http.Header{
		"access-control-allow-origin":   {"*"},
		"access-control-expose-headers": {"X-A"},
		"x-a":                           {"a"}, "x-b": {"b"}, "content-type": {"text/plain"}, "set-cookie": {"c=d"},
	}).Fetch(req, p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"x-a": {"a"}, "content-type": {"text/plain"}}, resp.Header); diff != "" {
		t.Errorf("visible header (-want +got):\n%s", diff)
	}

	_, err = respond(http.Header{
		"access-control-allow-origin": {"https://app.example"},
		"Access-Control-Allow-Origin": {"https://app.example"},
	}).Fetch(req, p)
	wantReason(t, err, fetch.ReasonMultipleAllowOrigin)

	resp, err = respond(http.Header{"set-cookie": {"c=d"}, "SET-COOKIE2": {"c=d"}, "x-a": {"a"}}).Fetch(req, &fetch.Params{Environment: page("https://api.example")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"x-a": {"a"}}, resp.Header); diff != "" {
		t.Errorf("visible header of a basic response (-want +got):\n%s", diff)
	}
}

// Keys of the caller's header that are not canonical are one name.
func TestTrap21CallersKeysThatAreNotCanonical(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	req := newRequest(t, "GET", "https://api.example/", nil)
	req.Header = http.Header{"x-a": {"1"}, "X-A": {"2", "3"}, "X-a": {"4"}, "aUthorization": {"t"}, "empty-list": {}}
	w.fetch(req, &fetch.Params{Environment: app})
	log := w.received()
	if len(log) != 2 {
		t.Fatalf("%d requests; want 2", len(log))
	}
	wantHeader(t, log[0].Header, "Access-Control-Request-Headers", "authorization,x-a")
	wantHeader(t, log[1].Header, "Authorization", "t")
	if got := slices.Sorted(slices.Values(log[1].Header["X-A"])); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("X-A is %q; want all four values", got)
	}
}

// A name without lines is no header, and so it takes no default away.
//
// Source: https://fetch.spec.whatwg.org/#concept-header, a name and a value.
func TestTrap21NamesWithoutLines(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{status: 200}})
	for _, name := range []string{"Accept", "Range"} {
		req := newRequest(t, "GET", "https://app.example/", nil)
		req.Header[name] = nil
		w.fetch(req, &fetch.Params{Environment: app})
		got := w.last().Header
		wantHeader(t, got, "Accept", "*/*")
		if coding := got.Get("Accept-Encoding"); coding == "identity" {
			t.Errorf("%s without lines: Accept-Encoding is %s", name, coding)
		}
	}
}

// net/http makes up a reason phrase for HTTP/2, which has none.
//
// Source: https://fetch.spec.whatwg.org/#concept-response-status-message.
func TestTrap22StatusText(t *testing.T) {
	t.Run("HTTP/2", func(t *testing.T) {
		w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{status: 404}})
		w.useHTTP2()
		resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
		if got := w.last().Proto; got != "HTTP/2.0" {
			t.Fatalf("the server was spoken to in %s", got)
		}
		if resp.Status != 404 || resp.StatusText != "" {
			t.Errorf("%d %q; want 404 without text", resp.Status, resp.StatusText)
		}
	})
	for _, tt := range []struct{ line, want string }{
		{"HTTP/1.1 200 Very Fine", "Very Fine"},
		{"HTTP/1.1 200 OK", "OK"},
		{"HTTP/1.1 200 ", ""},
		{"HTTP/1.1 299 ", ""},
		{"HTTP/1.0 404 Gone Fishing", "Gone Fishing"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"http://app.example/": rawText(tt.line + "\nContent-Length: 0\n\n")})
			resp := w.fetch(newRequest(t, "GET", "http://app.example/", nil), &fetch.Params{Environment: page("http://app.example")})
			if resp.StatusText != tt.want {
				t.Errorf("status text is %q; want %q", resp.StatusText, tt.want)
			}
		})
	}
}

// CORS works the same over HTTP/2, preflights included.
func TestTrap22PreflightOverHTTP2(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": shareWith("https://app.example", "PUT", "x-a,authorization")})
	w.useHTTP2()
	w.fetch(newRequest(t, "PUT", "https://api.example/", "b", "X-A: a", "Authorization: t"),
		&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude})
	log := w.received()
	if len(log) != 2 || log[0].Proto != "HTTP/2.0" {
		t.Fatalf("the server got %v", log)
	}
	wantHeader(t, log[0].Header, "Access-Control-Request-Headers", "authorization,x-a")
	wantHeader(t, log[0].Header, "Access-Control-Request-Method", "PUT")
	wantHeader(t, log[0].Header, "Origin", "https://app.example")
	if log[1].Body != "b" {
		t.Errorf("body %q", log[1].Body)
	}
}

// webSocketLines are the headers of a handshake, which the library above writes.
var webSocketLines = []string{
	"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: x",
}

// echoAfterHandshake answers a handshake and then sends back each line.
func echoAfterHandshake(conn net.Conn) {
	fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	s := bufio.NewScanner(conn)
	for s.Scan() {
		fmt.Fprintf(conn, "echo %s\n", s.Text())
	}
}

// Mode websocket hands out the connection itself, as the body of the 101.
//
// Source: https://websockets.spec.whatwg.org/#concept-websocket-establish.
func TestTrap23WebSocketHandshake(t *testing.T) {
	for _, target := range []string{"ws://b.example/chat", "http://b.example/chat", "WS://b.example:80/chat"} {
		for _, via := range []string{"http.Client", "Transport", "Fetch"} {
			t.Run(target+" by "+via, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{"http://b.example/chat": raw(echoAfterHandshake)})
				w.client.Jar = newJar(t, "http://b.example/", "s=1")
				p := &fetch.Params{Environment: app, Mode: fetch.ModeWebSocket}
				req := newRequest(t, "GET", target, nil, webSocketLines...)
				before := stateOf(req)

				var body io.ReadCloser
				var status int
				var accept http.Header
				switch via {
				case "Fetch":
					resp := w.fetch(req, p)
					body, status, accept = resp.Body, resp.Status, resp.Header
				default:
					do := w.client.Transport(p).RoundTrip
					if via == "http.Client" {
						do = (&http.Client{Transport: w.client.Transport(p)}).Do
					}
					resp, err := do(req)
					if err != nil {
						t.Fatal(err)
					}
					body, status, accept = resp.Body, resp.StatusCode, resp.Header
				}
				defer body.Close()
				if status != 101 {
					t.Fatalf("status %d; want 101", status)
				}
				wantHeader(t, accept, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")

				conn, ok := body.(io.ReadWriteCloser)
				if !ok {
					t.Fatalf("the body is a %T; want an io.ReadWriteCloser", body)
				}
				lines := bufio.NewScanner(conn)
				for _, text := range []string{"one", "two"} {
					fmt.Fprintln(conn, text)
					if !lines.Scan() || lines.Text() != "echo "+text {
						t.Errorf("read %q, %v; want the echo of %s", lines.Text(), lines.Err(), text)
					}
				}

				got := w.last().Header
				for _, line := range webSocketLines {
					name, value, _ := strings.Cut(line, ": ")
					wantHeader(t, got, name, value)
				}
				wantHeader(t, got, "Origin", "https://app.example")
				wantHeader(t, got, "Cookie", "s=1")
				wantUntouched(t, req, before)
			})
		}
	}
}

// A refused handshake is a response without body, and a redirect an error.
//
// Source: https://websockets.spec.whatwg.org/#concept-websocket-establish (the
// redirect mode is "error").
func TestTrap23WebSocketRefusals(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"http://b.example/refused": answer{status: 403, body: "no"},
		"http://b.example/moved":   redirectTo(302, "/refused"),
	})
	for _, r := range []fetch.Redirect{fetch.RedirectFollow, fetch.RedirectError, fetch.RedirectManual} {
		p := &fetch.Params{Environment: app, Mode: fetch.ModeWebSocket, Redirect: r}
		resp := w.fetch(newRequest(t, "GET", "ws://b.example/refused", nil, webSocketLines...), p)
		if body := readAll(t, resp.Body); resp.Status != 403 || body != "" {
			t.Errorf("status %d, body %q; want the refusal without its body", resp.Status, body)
		}
		w.forget()
		w.refuse(newRequest(t, "GET", "ws://b.example/moved", nil, webSocketLines...), p, fetch.ReasonRedirectMode)
		w.wantReceived("GET http://b.example/moved")
	}
}

// Outside mode websocket nobody has asked to switch protocols: the handshake's
// headers are forbidden, and a 101 all the same is a failure of the server.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestTrap23SwitchingProtocolsUnasked(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate} {
		t.Run(mode.String(), func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"http://b.example/chat": raw(echoAfterHandshake)})
			w.refuse(newRequest(t, "GET", "http://b.example/chat", nil, webSocketLines...),
				&fetch.Params{Environment: page("http://b.example"), Mode: mode}, fetch.ReasonTransport)
			got := w.last().Header
			for _, name := range []string{"Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"} {
				wantHeader(t, got, name)
			}
		})
	}
}

// The mode of the handshake is not a way to other schemes.
func TestTrap23WebSocketURLs(t *testing.T) {
	client := &fetch.Client{Base: unreachable(t)}
	for _, target := range []string{"ftp://b.example/", "data:,x", "blob:x", "wsx://b.example/"} {
		_, err := client.Fetch(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app, Mode: fetch.ModeWebSocket})
		wantReason(t, err, fetch.ReasonNotHTTP)
	}
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
		_, err := client.Fetch(newRequest(t, "GET", "ws://b.example/", nil), &fetch.Params{Environment: app, Mode: mode})
		wantReason(t, err, fetch.ReasonNotHTTP)
	}
}
