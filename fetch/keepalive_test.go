package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// keepLimit is how many bytes of bodies an environment may have in flight.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
const keepLimit = 64 << 10

// keepRequest returns a POST with a body of n bytes.
func keepRequest(t testing.TB, url string, n int) *http.Request {
	t.Helper()
	return newRequest(t, "POST", url, strings.Repeat("x", n))
}

// A keepWorld has a server that holds responses.
type keepWorld struct {
	*web
	arrived chan struct{} // gets a value for each request to /hold
	release chan struct{} // closed to let these go
	endBody chan struct{} // closed to end the bodies of /hold-body
}

func newKeepWorld(t *testing.T) *keepWorld {
	k := &keepWorld{arrived: make(chan struct{}, 100), release: make(chan struct{}), endBody: make(chan struct{})}
	k.web = newWeb(t, map[string]http.Handler{
		"https://app.example/fine": answer{body: "fine"},
		"https://app.example/hold": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			k.arrived <- struct{}{}
			select {
			case <-k.release:
			case <-r.Context().Done():
				// Returning would end the body, and the client may still be there
				// to see that.
				panic(http.ErrAbortHandler)
			}
			io.WriteString(rw, "held")
		}),
		"https://app.example/hold-body": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			io.WriteString(rw, "begin")
			rw.(http.Flusher).Flush()
			select {
			case <-k.endBody:
			case <-r.Context().Done():
				// Returning would end the body, and the client may still be there
				// to see that.
				panic(http.ErrAbortHandler)
			}
			io.WriteString(rw, ", end")
		}),
	})
	return k
}

// try makes a request with a body of n bytes and reports whether it was let
// through.
func (k *keepWorld) try(p *fetch.Params, n int) bool {
	k.t.Helper()
	resp, err := k.client.Fetch(keepRequest(k.t, "https://app.example/fine", n), p)
	if err != nil {
		wantReason(k.t, err, fetch.ReasonKeepalive)
		return false
	}
	resp.Body.Close()
	return true
}

// hold starts a request with a body of n bytes, waits until the server has it, and
// returns a function that waits for it to end.
func (k *keepWorld) hold(p *fetch.Params, n int) (wait func()) {
	k.t.Helper()
	req := keepRequest(k.t, "https://app.example/hold", n)
	done := make(chan error, 1)
	go func() {
		resp, err := k.client.Fetch(req, p)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		done <- err
	}()
	select {
	case <-k.arrived:
	case err := <-done:
		k.t.Fatalf("a request is not held: %v", err)
	}
	return func() {
		k.t.Helper()
		if err := <-done; err != nil {
			k.t.Error(err)
		}
	}
}

func TestKeepaliveLimit(t *testing.T) {
	k := newKeepWorld(t)
	p := &fetch.Params{Environment: app, Keepalive: true}
	var waits []func()
	for _, n := range []int{40 << 10, 20 << 10, 3 << 10} {
		waits = append(waits, k.hold(p, n))
	}
	// 1 KiB is left.
	if k.try(p, 1<<10+1) {
		t.Error("65 537 bytes are in flight")
	}
	if !k.try(p, 1<<10) {
		t.Error("65 536 bytes are refused")
	}
	waits = append(waits, k.hold(p, 1<<10))
	if k.try(p, 1) {
		t.Error("another byte is in flight")
	}
	e := k.refuse(keepRequest(t, "https://app.example/fine", 2), p, fetch.ReasonKeepalive)
	if !strings.Contains(e.Error(), "65536") || e.Preflight || e.Temporary() {
		t.Errorf("error %v; want one that names the limit", e)
	}

	// Another environment has a limit of its own, also if it is of the same
	// origin; what is not keepalive has none, and what has no body needs none.
	twin := page("https://app.example")
	if !k.try(&fetch.Params{Environment: twin, Keepalive: true}, keepLimit) {
		t.Error("another environment is refused")
	}
	if !k.try(&fetch.Params{Environment: app}, 2*keepLimit) {
		t.Error("a request without Keepalive is refused")
	}
	k.fetch(newRequest(t, "GET", "https://app.example/fine", nil), p)
	k.fetch(newRequest(t, "POST", "https://app.example/fine", nil), p)

	close(k.release)
	for _, wait := range waits {
		wait()
	}
	if !k.try(p, keepLimit) {
		t.Error("nothing is in flight any more, but a request is refused")
	}
}

// No single request may have more, whatever else is in flight.
func TestKeepaliveLimitOfOne(t *testing.T) {
	k := newKeepWorld(t)
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate} {
		p := &fetch.Params{Environment: app, Keepalive: true, Mode: mode}
		if !k.try(p, keepLimit) {
			t.Errorf("%v: 64 KiB are refused", mode)
		}
		k.forget()
		if k.try(p, keepLimit+1) {
			t.Errorf("%v: more than 64 KiB are sent", mode)
		}
		k.wantReceived()
	}
}

// What is in flight is so until the body has been read to its end, or closed, or
// will never be.
func TestKeepaliveIsFreed(t *testing.T) {
	const body = "https://app.example/hold-body"
	get := func(k *keepWorld, p *fetch.Params, url string) *fetch.Response {
		return k.fetch(keepRequest(k.t, url, keepLimit), p)
	}
	tests := []struct {
		name string
		do   func(k *keepWorld, p *fetch.Params)
	}{
		{"read to the end", func(k *keepWorld, p *fetch.Params) {
			resp := get(k, p, body)
			if k.try(p, 1) {
				k.t.Error("freed before the body has been read")
			}
			io.CopyN(io.Discard, resp.Body, int64(len("begin")))
			if k.try(p, 1) {
				k.t.Error("freed before the body has been read to its end")
			}
			close(k.endBody)
			if got := readAll(k.t, resp.Body); got != ", end" {
				k.t.Errorf("the rest of the body is %q", got)
			}
		}},
		{"closed", func(k *keepWorld, p *fetch.Params) { get(k, p, body).Body.Close() }},
		{"closed more than once", func(k *keepWorld, p *fetch.Params) {
			resp := get(k, p, "https://app.example/fine")
			readAll(k.t, resp.Body)
			resp.Body.Close()
			resp.Body.Close()
		}},
		{"opaque body closed", func(k *keepWorld, p *fetch.Params) {
			k.handle("https://api.example/", answer{body: "b"})
			opaque := *p
			opaque.Mode = fetch.ModeNoCORS
			resp := get(k, &opaque, "https://api.example/")
			readAll(k.t, resp.Body) // there is nothing to read for the page
			if k.try(p, 1) {
				k.t.Error("freed before the body has been closed")
			}
			resp.Body.Close()
		}},
		{"null body closed", func(k *keepWorld, p *fetch.Params) {
			k.handle("https://app.example/204", answer{status: 204})
			get(k, p, "https://app.example/204").Body.Close()
		}},
		{"integrity", func(k *keepWorld, p *fetch.Params) {
			checked := *p
			checked.Integrity = "sha256-LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=" // of foo
			k.handle("https://app.example/foo", answer{body: "foo"})
			readAll(k.t, get(k, &checked, "https://app.example/foo").Body)
		}},
		{"transport error", func(k *keepWorld, p *fetch.Params) {
			k.handle("https://app.example/", rawText("no HTTP\n\n"))
			k.refuse(keepRequest(k.t, "https://app.example/", keepLimit), p, fetch.ReasonTransport)
		}},
		{"refused by CORS", func(k *keepWorld, p *fetch.Params) {
			k.handle("https://api.example/", answer{body: "secret"})
			k.refuse(keepRequest(k.t, "https://api.example/", keepLimit), p, fetch.ReasonMissingAllowOrigin)
		}},
		{"refused by the preflight", func(k *keepWorld, p *fetch.Params) {
			k.handle("https://api.example/", answer{status: 500})
			req := keepRequest(k.t, "https://api.example/", keepLimit)
			req.Method = "PUT"
			k.refuse(req, p, fetch.ReasonMissingAllowOrigin)
		}},
		{"refused for its type", func(k *keepWorld, p *fetch.Params) {
			script := *p
			script.Destination = "script"
			k.handle("https://app.example/", answer{lines: []string{"Content-Type: image/png"}})
			k.refuse(keepRequest(k.t, "https://app.example/", keepLimit), &script, fetch.ReasonMIMEType)
		}},
		{"refused after a redirect", func(k *keepWorld, p *fetch.Params) {
			k.handle("https://app.example/", answer{status: 307, lines: []string{"Location: https://api.example/"}})
			k.refuse(keepRequest(k.t, "https://app.example/", keepLimit), p, fetch.ReasonMissingAllowOrigin)
		}},
		{"refused by CheckRequest", func(k *keepWorld, p *fetch.Params) {
			k.client.CheckRequest = func(r *http.Request, _ *fetch.Params) error {
				if r.URL.Path == "/checked" {
					return errors.New("no")
				}
				return nil
			}
			k.refuse(keepRequest(k.t, "https://app.example/checked", keepLimit), p, fetch.ReasonCheckRequest)
		}},
		{"aborted before the response", func(k *keepWorld, p *fetch.Params) {
			ctx, cancel := context.WithCancel(k.t.Context())
			defer cancel()
			k.handle("https://app.example/", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				cancel()
				silent.ServeHTTP(rw, r)
			}))
			k.refuse(keepRequest(k.t, "https://app.example/", keepLimit).WithContext(ctx), p, fetch.ReasonAborted)
		}},
		{"aborted while the body is read", func(k *keepWorld, p *fetch.Params) {
			ctx, cancel := context.WithCancel(k.t.Context())
			resp := k.fetch(keepRequest(k.t, body, keepLimit).WithContext(ctx), p)
			cancel()
			if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
				k.t.Errorf("reading the body: %v; want context.Canceled", err)
			}
		}},
	}
	for _, tt := range tests {
		for _, via := range []string{"Fetch", "Transport"} {
			if via == "Transport" && tt.name != "closed" {
				continue
			}
			t.Run(tt.name+" "+via, func(t *testing.T) {
				k := newKeepWorld(t)
				p := &fetch.Params{Environment: app, Keepalive: true}
				if via == "Transport" {
					resp, err := k.client.Transport(p).RoundTrip(keepRequest(t, body, keepLimit))
					if err != nil {
						t.Fatal(err)
					}
					if k.try(p, 1) {
						t.Error("freed before the body has been closed")
					}
					resp.Body.Close()
				} else {
					tt.do(k, p)
				}
				if !k.try(p, keepLimit) {
					t.Fatal("still in flight")
				}
				// Nothing was freed twice.
				wait := k.hold(p, keepLimit)
				if k.try(p, 1) {
					t.Error("more than 64 KiB are in flight")
				}
				close(k.release)
				wait()
			})
		}
	}
}

// A redirected body counts once, for as long as the fetch lasts, and so does one
// that is sent again with a password or over another connection. A redirect that
// drops the body frees it.
func TestKeepaliveCountsOnce(t *testing.T) {
	k := newKeepWorld(t)
	k.handle("https://app.example/307", answer{status: 307, lines: []string{"Location: /308"}})
	k.handle("https://app.example/308", answer{status: 308, lines: []string{"Location: /fine"}})
	k.handle("https://app.example/303", answer{status: 303, lines: []string{"Location: /fine"}})
	k.handle("https://app.example/401", newAuthServer("Basic x"))
	k.handle("https://app.example/421", answer{status: 421})
	k.client.Authenticate = (&authHook{answer: "Basic x"}).authenticate
	p := &fetch.Params{Environment: app, Keepalive: true}
	for _, path := range []string{"307", "303", "401", "421"} {
		resp := k.fetch(keepRequest(t, "https://app.example/"+path, keepLimit), p)
		if freed := k.try(p, 1); freed != (path == "303") {
			t.Errorf("%s: freed before the end: %t", path, freed)
		}
		resp.Body.Close()
		if !k.try(p, keepLimit) {
			t.Errorf("%s: not freed, or counted more than once", path)
		}
	}
}

// A keepalive body has to be of known length, and replayable.
func TestKeepaliveBodyHasToBeKnown(t *testing.T) {
	tests := []struct {
		name string
		req  func() *http.Request
	}{
		{"stream", func() *http.Request {
			return newRequest(t, "POST", "https://app.example/", io.MultiReader(strings.NewReader("b")))
		}},
		{"known length but gone", func() *http.Request {
			req := newRequest(t, "POST", "https://app.example/", "b")
			req.GetBody = nil
			return req
		}},
		{"unknown length", func() *http.Request {
			req := newRequest(t, "POST", "https://app.example/", "b")
			req.ContentLength = -1
			return req
		}},
		{"length not set", func() *http.Request {
			req := newRequest(t, "POST", "https://app.example/", "b")
			req.ContentLength = 0
			return req
		}},
	}
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s %v", tt.name, mode), func(t *testing.T) {
				w := newWeb(t, nil)
				req := tt.req()
				body := newBody("b")
				req.Body = body
				w.refuse(req, &fetch.Params{Environment: app, Mode: mode, Keepalive: true}, fetch.ReasonInvalidRequest)
				if body.read.Load() || body.closed.Load() != 1 {
					t.Errorf("body read %t, closed %d times", body.read.Load(), body.closed.Load())
				}
				w.wantReceived()
			})
		}
	}

	// For whom would it count?
	w := newWeb(t, nil)
	p := &fetch.Params{Mode: fetch.ModeNavigate, Keepalive: true}
	w.refuse(keepRequest(t, "https://app.example/", 1), p, fetch.ReasonNoEnvironment)
	w.fetch(newRequest(t, "GET", "https://app.example/", nil), p)
}
