package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// RoundTrip closes the body on every path, and does not read it before the
// preflight has passed.
//
// Source: the contract of http.RoundTripper;
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func TestTrap24BodyIsClosedAndNotReadEarly(t *testing.T) {
	tests := []struct {
		name   string
		target string
		params fetch.Params
		check  error // of CheckRequest
		want   fetch.Reason
		read   bool
	}{
		{"success", "https://api.example/ok", fetch.Params{Environment: app}, nil, "", true},
		{"preflight refuses", "https://api.example/refused", fetch.Params{Environment: app}, nil, fetch.ReasonMissingAllowOrigin, false},
		{"preflight fails", "https://api.example/broken", fetch.Params{Environment: app}, nil, fetch.ReasonTransport, false},
		{"CheckRequest refuses", "https://api.example/ok", fetch.Params{Environment: app}, errors.New("no"), fetch.ReasonCheckRequest, false},
		{"mode refuses", "https://api.example/ok", fetch.Params{Environment: app, Mode: fetch.ModeSameOrigin}, nil, fetch.ReasonSameOriginMode, false},
		{"bad port", "https://api.example:25/ok", fetch.Params{Environment: app}, nil, fetch.ReasonBadPort, false},
		{"scheme", "ftp://api.example/", fetch.Params{Environment: app}, nil, fetch.ReasonNotHTTP, false},
		{"no environment", "https://api.example/ok", fetch.Params{}, nil, fetch.ReasonNoEnvironment, false},
		{"no-cors", "https://api.example/ok", fetch.Params{Environment: app, Mode: fetch.ModeNoCORS}, nil, fetch.ReasonInvalidRequest, false},
		{"CORS check refuses", "https://api.example/unshared", fetch.Params{Environment: app}, nil, fetch.ReasonMissingAllowOrigin, true},
		{"redirect refused", "https://api.example/moved", fetch.Params{Environment: app, Redirect: fetch.RedirectError}, nil, fetch.ReasonRedirectMode, true},
	}
	for _, tt := range tests {
		for _, via := range []string{"Fetch", "Transport"} {
			t.Run(tt.name+" by "+via, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{
					"https://api.example/ok":       share(),
					"https://api.example/refused":  answer{},
					"https://api.example/broken":   raw(func(net.Conn) {}),
					"https://api.example/unshared": split(share(), answer{}),
					"https://api.example/moved":    redirectTo(302, "/ok"),
				})
				if tt.check != nil {
					w.client.CheckRequest = func(*http.Request, *fetch.Params) error { return tt.check }
				}
				body := newBody("body")
				method := "PUT"
				if tt.params.Mode == fetch.ModeNoCORS {
					method = "POST"
				}
				req := newRequest(t, method, tt.target, nil)
				req.Body, req.ContentLength = body, 4
				var err error
				if via == "Fetch" {
					var resp *fetch.Response
					if resp, err = w.client.Fetch(req, &tt.params); err == nil {
						resp.Body.Close()
					}
				} else {
					var resp *http.Response
					if resp, err = w.client.Transport(&tt.params).RoundTrip(req); err == nil {
						resp.Body.Close()
					}
				}
				if tt.want != "" {
					wantReason(t, err, tt.want)
				} else if err != nil {
					t.Fatal(err)
				}
				if got := body.read.Load(); got != tt.read {
					t.Errorf("body read: %t; want %t", got, tt.read)
				}
				// net/http may close the body of a request that it has sent more
				// than once. The engine closes it itself if it has not.
				switch n := body.closed.Load(); {
				case n == 0:
					t.Error("body not closed")
				case n > 1 && !tt.read:
					t.Errorf("body closed %d times", n)
				}
			})
		}
	}
}

// By the time that the preflight is answered nothing of the body has been read.
func TestTrap24BodyIsUnreadDuringPreflight(t *testing.T) {
	body := newBody("body")
	w := newWeb(t, map[string]http.Handler{"https://api.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == "OPTIONS" && body.read.Load() {
			t.Error("the body is read before the preflight is answered")
		}
		share().ServeHTTP(rw, r)
	})})
	req := newRequest(t, "PUT", "https://api.example/", nil)
	req.Body = body
	w.fetch(req, &fetch.Params{Environment: app})
	if got := w.last(); got.Body != "body" {
		t.Errorf("the server got %q", got.Body)
	}
}

// GetBody being nil means that the body has no source: that forces a preflight
// and rules out mode no-cors. At home nothing is needed.
//
// Source: https://fetch.spec.whatwg.org/#concept-body-source,
// https://fetch.spec.whatwg.org/#dom-request.
func TestTrap25BodyWithoutSource(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share(), "https://app.example/": answer{}})
	stream := func() io.Reader { return io.MultiReader(strings.NewReader("once")) }
	p := &fetch.Params{Environment: app}

	w.fetch(newRequest(t, "POST", "https://api.example/", "replayable"), p)
	w.wantReceived("POST https://api.example/")

	w.fetch(newRequest(t, "POST", "https://api.example/", stream()), p)
	log := w.received()
	wantHeader(t, log[0].Header, "Access-Control-Request-Method", "POST")
	wantHeader(t, log[0].Header, "Access-Control-Request-Headers")
	w.wantReceived("OPTIONS https://api.example/", "POST https://api.example/")

	w.fetch(newRequest(t, "POST", "https://app.example/", stream()), p)
	w.wantReceived("POST https://app.example/")

	e := w.refuse(newRequest(t, "POST", "https://api.example/", stream()),
		&fetch.Params{Environment: app, Mode: fetch.ModeNoCORS}, fetch.ReasonInvalidRequest)
	if !strings.Contains(e.Error(), "GetBody") {
		t.Errorf("the error does not speak of GetBody: %v", e)
	}
	w.wantReceived()

	// http.NoBody is none.
	req := newRequest(t, "POST", "https://api.example/", nil)
	req.Body = http.NoBody
	w.fetch(req, &fetch.Params{Environment: app, Mode: fetch.ModeNoCORS})
	w.wantReceived("POST https://api.example/")
}

// ForcePreflight does what a body without source does, and a cached grant for
// the method is then asked for, safelisted or not.
//
// Source: https://fetch.spec.whatwg.org/#use-cors-preflight-flag.
func TestTrap25ForcePreflight(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share("Access-Control-Max-Age: 60")})
	p := &fetch.Params{Environment: app, ForcePreflight: true}
	for range 2 {
		w.fetch(newRequest(t, "GET", "https://api.example/", nil), p)
	}
	w.wantReceived("OPTIONS https://api.example/", "GET https://api.example/", "GET https://api.example/")

	w = newWeb(t, map[string]http.Handler{"https://api.example/": answer{lines: []string{
		"Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: x-a", "Access-Control-Max-Age: 60"}}})
	w.fetch(newRequest(t, "GET", "https://api.example/", nil, "X-A: a"), &fetch.Params{Environment: app})
	w.wantReceived("OPTIONS https://api.example/", "GET https://api.example/")
	// The grant was for the header alone.
	w.fetch(newRequest(t, "GET", "https://api.example/", nil, "X-A: a"), p)
	w.wantReceived("OPTIONS https://api.example/", "GET https://api.example/")
	w.fetch(newRequest(t, "GET", "https://api.example/", nil, "X-A: a"), p)
	w.wantReceived("GET https://api.example/")
}

// Base gets the means to send a body once more, on a connection that turned out
// to be closed, and its length.
//
// Source: net/http.Transport; https://fetch.spec.whatwg.org/#concept-http-network-fetch.
func TestTrap25BaseGetsGetBody(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start": redirectTo(307, "/end"),
		"https://app.example/end":   answer{},
	})
	hops := 0
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		hops++
		if r.GetBody == nil || r.ContentLength != 4 {
			t.Errorf("%s: GetBody missing: %t, ContentLength %d", r.URL, r.GetBody == nil, r.ContentLength)
			return w.base.RoundTrip(r)
		}
		again, err := r.GetBody()
		if err != nil || readAll(t, again) != "body" {
			t.Errorf("%s: GetBody does not return the body: %v", r.URL, err)
		}
		return w.base.RoundTrip(r)
	})
	w.fetch(newRequest(t, "POST", "https://app.example/start", "body"), &fetch.Params{Environment: app})
	if hops != 2 {
		t.Errorf("%d hops; want 2", hops)
	}
}

// A body may be streamed over HTTP/1.x, which the standard rules out and Go
// servers cope with.
//
// Source: the Deviation at acceptMethodAndBody;
// https://fetch.spec.whatwg.org/#concept-http-network-fetch.
func TestTrap26StreamingOverHTTP1(t *testing.T) {
	proto := make(chan []string, 1)
	w := newWeb(t, map[string]http.Handler{"https://api.example/": split(share(), http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		proto <- append([]string{r.Proto}, r.TransferEncoding...)
		share().ServeHTTP(rw, r)
	}))})
	pr, pw := io.Pipe()
	go func() {
		fmt.Fprint(pw, "first ")
		fmt.Fprint(pw, "second")
		pw.Close()
	}()
	w.fetch(newRequest(t, "POST", "https://api.example/", pr), &fetch.Params{Environment: app})
	w.wantReceivedBody("first second")
	if got := fmt.Sprint(<-proto); got != "[HTTP/1.1 chunked]" {
		t.Errorf("sent as %s", got)
	}
	w.wantReceived("OPTIONS https://api.example/", "POST https://api.example/")
}

// A page sees nothing of an opaque body, and closing what it sees closes the
// internal one.
//
// Source: https://fetch.spec.whatwg.org/#concept-filtered-response-opaque.
func TestTrap27OpaqueBody(t *testing.T) {
	opaque := func(t *testing.T) (*web, *fetch.Response) {
		w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{lines: []string{"X-A: a"}, body: "secret"}})
		resp, err := w.client.Fetch(newRequest(t, "GET", "https://api.example/", nil),
			&fetch.Params{Environment: app, Mode: fetch.ModeNoCORS})
		if err != nil {
			t.Fatal(err)
		}
		if resp.Type != fetch.TypeOpaque || resp.OK() {
			t.Fatalf("type %s, status %d; want opaque and 0", resp.Type, resp.Status)
		}
		return w, resp
	}
	t.Run("page reads nothing", func(t *testing.T) {
		_, resp := opaque(t)
		defer resp.Body.Close()
		if got := readAll(t, resp.Body); got != "" {
			t.Errorf("the page reads %q", got)
		}
		if _, ok := resp.Body.(io.WriterTo); ok {
			t.Error("the body has a WriteTo, which may get around Read")
		}
	})
	t.Run("embedder reads", func(t *testing.T) {
		_, resp := opaque(t)
		defer resp.Body.Close()
		if got := readAll(t, resp.Internal().Body); got != "secret" {
			t.Errorf("the internal body is %q", got)
		}
		wantHeader(t, resp.Internal().Header, "X-A", "a")
		if got := resp.Internal().StatusCode; got != 200 {
			t.Errorf("internal status %d", got)
		}
	})
	t.Run("closing closes", func(t *testing.T) {
		w, resp := opaque(t)
		if n := w.base.closed.Load(); n != 0 {
			t.Fatalf("%d bodies closed too early", n)
		}
		resp.Body.Close()
		w.base.check(t)
		if _, err := resp.Internal().Body.Read(make([]byte, 1)); err == nil {
			t.Error("the internal body is still open")
		}
	})
}

// Trailers come around the filter, so only a basic response has them.
//
// Source: https://fetch.spec.whatwg.org/#concept-filtered-response (the standard
// has no trailers).
func TestTrap28Trailers(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-T")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "*")
		io.WriteString(w, "body")
		w.Header().Set("X-T", "secret")
	})
	for _, tt := range []struct {
		name, target string
		mode         fetch.Mode
		want         string
	}{
		{"basic", "https://app.example/", fetch.ModeCORS, "secret"},
		{"cors", "https://api.example/", fetch.ModeCORS, ""},
		{"opaque", "https://api.example/", fetch.ModeNoCORS, ""},
		{"navigate", "https://api.example/", fetch.ModeNavigate, "secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://app.example/": h, "https://api.example/": h})
			resp, err := w.client.Transport(&fetch.Params{Environment: app, Mode: tt.mode}).RoundTrip(newRequest(t, "GET", tt.target, nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			readAll(t, resp.Body)
			if got := resp.Trailer.Get("X-T"); got != tt.want {
				t.Errorf("trailer %q; want %q", got, tt.want)
			}
		})
	}
}

// The body of a redirect or a preflight is read to its end only if that is near
// and declared, which keeps the connection; an endless one is closed.
//
// Source: reasoning: a server must not hold up a fetch, nor cost a connection
// for each redirect.
func TestTrap29RedirectBodies(t *testing.T) {
	const limit = 4 << 10
	location := "Location: /end"
	tests := []struct {
		name     string
		redirect http.Handler
		dials    int
		maxRead  int64
	}{
		{"none", answer{status: 302, lines: []string{location}}, 1, 0},
		{"short", answer{status: 302, lines: []string{location}, body: "moved"}, 1, 5},
		{"at the limit", answer{status: 302, lines: []string{location, fmt.Sprintf("Content-Length: %d", limit)}, body: strings.Repeat("x", limit)}, 1, limit},
		{"beyond the limit", answer{status: 302, lines: []string{location, fmt.Sprintf("Content-Length: %d", limit+1)}, body: strings.Repeat("x", limit+1)}, 2, 0},
		{"endless", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer{status: 302, lines: []string{location}}.ServeHTTP(w, r)
			io.Copy(w, endless{})
		}), 2, 0},
		{"silent", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer{status: 302, lines: []string{location}}.ServeHTTP(w, r)
			w.(http.Flusher).Flush()
			silent.ServeHTTP(w, r)
		}), 2, 0},
		{"declared endless", raw(func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 999999999999\r\n\r\n")
			io.Copy(conn, endless{})
		}), 2, 0},
		{"shorter than declared", raw(func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 100\r\n\r\nshort")
		}), 2, 5},
		{"until the connection closes", raw(func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.0 302 Found\r\nLocation: /end\r\n\r\n")
			io.Copy(conn, endless{})
		}), 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/start": tt.redirect,
				"https://app.example/end":   answer{},
			})
			w.fetch(newRequest(t, "GET", "https://app.example/start", nil), &fetch.Params{Environment: app})
			if got := len(w.dials()); got != tt.dials {
				t.Errorf("%d connections; want %d", got, tt.dials)
			}
			if got := w.base.read.Load(); got > tt.maxRead {
				t.Errorf("%d bytes read; want at most %d", got, tt.maxRead)
			}
			w.wantReceived("GET https://app.example/start", "GET https://app.example/end")
		})
	}
}

// Null body statuses and HEAD have no body, even if a server sends one.
//
// Source: https://fetch.spec.whatwg.org/#null-body-status,
// https://fetch.spec.whatwg.org/#concept-main-fetch.
func TestTrap30NullBodies(t *testing.T) {
	for _, status := range []int{103, 204, 205, 304} {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
			t.Run(fmt.Sprint(status, " ", mode), func(t *testing.T) {
				base := &accountingBase{next: roundTripper(func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("smuggled"))}, nil
				})}
				client := &fetch.Client{Base: base}
				resp, err := client.Fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app, Mode: mode})
				if err != nil {
					t.Fatal(err)
				}
				if got := readAll(t, resp.Body) + readAll(t, resp.Internal().Body); got != "" {
					t.Errorf("the body is %q", got)
				}
				base.check(t)
			})
		}
	}
	t.Run("205 over a socket", func(t *testing.T) {
		w := newWeb(t, map[string]http.Handler{"https://app.example/": rawText("HTTP/1.1 205 Reset Content\nContent-Length: 8\n\nsmuggled")})
		resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
		if got := readAll(t, resp.Body); got != "" || resp.Status != 205 {
			t.Errorf("status %d with body %q", resp.Status, got)
		}
	})
	t.Run("HEAD", func(t *testing.T) {
		base := &accountingBase{next: roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("smuggled"))}, nil
		})}
		client := &fetch.Client{Base: base}
		resp, err := client.Fetch(newRequest(t, "head", "https://app.example/", nil), &fetch.Params{Environment: app})
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, resp.Body); got != "" {
			t.Errorf("the body is %q", got)
		}
		base.check(t)
	})
}

// Early hints and other informational responses are not the response.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-fetch.
func TestTrap30InformationalResponses(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": rawText(
		"HTTP/1.1 103 Early Hints\nLink: </x>\n\nHTTP/1.1 102 Processing\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nhi")})
	resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
	if got := readAll(t, resp.Body); resp.Status != 200 || got != "hi" {
		t.Errorf("status %d with body %q", resp.Status, got)
	}
}

// Reading the body is under the request's context, too.
func TestTrap33ContextGovernsBody(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		io.WriteString(rw, "first")
		rw.(http.Flusher).Flush()
		silent.ServeHTTP(rw, r)
	})})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil).WithContext(ctx), &fetch.Params{Environment: app})
	buf := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != "first" {
		t.Fatalf("read %q, %v", buf, err)
	}
	cancel()
	if _, err := resp.Body.Read(buf); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want that of the context", err)
	}
}
