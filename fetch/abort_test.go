package fetch_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch"
)

// An abortClock is a context whose deadline passes when its test says so.
type abortClock struct {
	context.Context
	done chan struct{}
	once sync.Once
}

func newAbortClock(parent context.Context) *abortClock {
	return &abortClock{Context: parent, done: make(chan struct{})}
}

func (c *abortClock) strike()               { c.once.Do(func() { close(c.done) }) }
func (c *abortClock) Done() <-chan struct{} { return c.done }

func (c *abortClock) Deadline() (time.Time, bool) { return time.Time{}, false }

func (c *abortClock) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// An abortBody is a request body that calls end when it is read for the second
// time, and goes on for as long as somebody reads. (The HTTP/1 transport of
// net/http waits for a Read that does not return, whatever becomes of the context.)
type abortBody struct {
	endless
	reads  int
	end    func()
	once   sync.Once
	closed chan struct{}
}

func (b *abortBody) Read(p []byte) (int, error) {
	if b.reads++; b.reads == 2 {
		b.end()
	}
	return b.endless.Read(p)
}

func (b *abortBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// The requests of these tests are PUTs from app to abortURL, for which preflights
// are needed.
const (
	abortURL = "https://api.example/x"
	abortEnd = "https://api.example/end"
)

// errPageLeft is what the tests give as a cause.
var errPageLeft = errors.New("the user left the page")

// An abortStage is a moment at which a fetch can be aborted.
type abortStage struct {
	name string

	// prepare makes servers and the like such that end is called at that moment.
	// It may change the request, whose context can be ended already, and trace.
	prepare func(w *web, end func(), req *http.Request, p *fetch.Params, trace *fetch.Trace) *http.Request

	// afterwards says that Fetch succeeds, and that reading the body must fail.
	afterwards bool

	preflight bool     // NetworkError.Preflight
	hop       int      // NetworkError.Hop
	received  []string // what the servers get; nil if that depends on who is faster
	granted   bool     // what the preflight for abortURL allowed is remembered
}

// hanging calls end and then answers nothing.
func hanging(end func()) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		end()
		silent.ServeHTTP(rw, r)
	})
}

var abortStages = []abortStage{
	{
		name: "before",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			end()
			return req
		},
		received: []string{},
	},
	{
		name: "before a URL that needs no network",
		prepare: func(w *web, end func(), req *http.Request, p *fetch.Params, _ *fetch.Trace) *http.Request {
			end()
			return newRequest(w.t, "GET", "data:,x", nil).WithContext(req.Context())
		},
		received: []string{},
	},
	{
		name: "while dialling",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
				end()
				<-ctx.Done()
				return nil, ctx.Err()
			}
			w.transport.DialContext = dial
			if w.transport.DialTLSContext != nil {
				w.transport.DialTLSContext = dial
			}
			return req
		},
		preflight: true,
		received:  []string{},
	},
	{
		name: "preflight",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			w.handle(abortURL, split(hanging(end), share()))
			return req
		},
		preflight: true,
		received:  []string{"OPTIONS " + abortURL},
	},
	{
		name: "between preflight and request",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, trace *fetch.Trace) *http.Request {
			trace.Preflight = func(fetch.PreflightInfo) { end() }
			return req
		},
		received: []string{"OPTIONS " + abortURL},
	},
	{
		name: "in CheckRequest",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			w.client.CheckRequest = func(r *http.Request, _ *fetch.Params) error {
				if r.Method == "PUT" {
					end()
				}
				return nil
			}
			return req
		},
		received: []string{"OPTIONS " + abortURL},
	},
	{
		name: "just before the request",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, trace *fetch.Trace) *http.Request {
			trace.Request = func(i fetch.RequestInfo) {
				if !i.Preflight {
					end()
				}
			}
			return req
		},
		received: []string{"OPTIONS " + abortURL},
	},
	{
		name: "while sending the body",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			body := &abortBody{end: end, closed: make(chan struct{})}
			w.t.Cleanup(func() { <-body.closed })
			req.Body, req.GetBody, req.ContentLength = body, nil, -1
			return req
		},
	},
	{
		name: "while waiting for the response",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			w.handle(abortURL, split(share(), hanging(end)))
			return req
		},
		received: []string{"OPTIONS " + abortURL, "PUT " + abortURL},
	},
	{
		name: "in the preflight after a redirect",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			w.handle(abortURL, redirectTo(307, abortEnd))
			w.handle(abortEnd, split(hanging(end), share()))
			return req
		},
		preflight: true,
		hop:       1,
		received:  []string{"OPTIONS " + abortURL, "PUT " + abortURL, "OPTIONS " + abortEnd},
		granted:   true, // it is another URL that has failed
	},
	{
		name: "after a redirect",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			w.handle(abortURL, redirectTo(307, abortEnd))
			w.handle(abortEnd, split(share(), hanging(end)))
			return req
		},
		hop:      1,
		received: []string{"OPTIONS " + abortURL, "PUT " + abortURL, "OPTIONS " + abortEnd, "PUT " + abortEnd},
		granted:  true,
	},
	{
		name: "between redirect and next hop",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, trace *fetch.Trace) *http.Request {
			w.handle(abortURL, redirectTo(303, abortEnd))
			trace.Redirect = func(fetch.RedirectInfo) { end() }
			return req
		},
		hop:      1,
		received: []string{"OPTIONS " + abortURL, "PUT " + abortURL},
		granted:  true,
	},
	{
		name: "while Fetch reads for integrity",
		prepare: func(w *web, end func(), req *http.Request, p *fetch.Params, trace *fetch.Trace) *http.Request {
			w.handle(abortURL, split(share(), abortBegun))
			p.Integrity = "sha256-LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564="
			trace.Response = func(i fetch.ResponseInfo) {
				if !i.Preflight {
					end()
				}
			}
			return req
		},
		received: []string{"OPTIONS " + abortURL, "PUT " + abortURL},
		granted:  true, // the server has kept its word
	},
	{
		name: "while the caller reads the body",
		prepare: func(w *web, end func(), req *http.Request, _ *fetch.Params, _ *fetch.Trace) *http.Request {
			w.handle(abortURL, split(share(), abortBegun))
			return req
		},
		afterwards: true,
		received:   []string{"OPTIONS " + abortURL, "PUT " + abortURL},
		granted:    true,
	},
}

// abortBegun begins a body and does not end it.
var abortBegun = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
	addLines(rw.Header(), share().lines)
	io.WriteString(rw, "begin")
	rw.(http.Flusher).Flush()
	silent.ServeHTTP(rw, r)
})

// A context may end at any moment. The error says that, and why; nothing is left
// open, and what preflights allowed is forgotten where the standard has it so.
//
// Source: https://fetch.spec.whatwg.org/#appropriate-network-error and
// https://fetch.spec.whatwg.org/#concept-cache-clear.
func TestAbort(t *testing.T) {
	for _, stage := range abortStages {
		t.Run(stage.name, func(t *testing.T) {
			for _, how := range []string{"cancel", "cause", "deadline"} {
				for _, via := range []string{"Fetch", "HTTP/2", "http.Client"} {
					t.Run(how+" "+via, func(t *testing.T) { testAbort(t, stage, how, via) })
				}
			}
		})
	}
}

func testAbort(t *testing.T, stage abortStage, how, via string) {
	w := newWeb(t, map[string]http.Handler{abortURL: share(), abortEnd: share()})
	if via == "HTTP/2" {
		w.useHTTP2()
	}
	base := t.Context()
	var ctx context.Context
	var end func()
	want, cause := context.Canceled, context.Canceled
	switch how {
	case "cancel":
		ctx, end = context.WithCancel(base)
	case "cause":
		c, cancel := context.WithCancelCause(base)
		ctx, end, cause = c, func() { cancel(errPageLeft) }, errPageLeft
	case "deadline":
		c := newAbortClock(base)
		ctx, end, want, cause = c, c.strike, context.DeadlineExceeded, context.DeadlineExceeded
	}
	defer end()

	trace := new(fetch.Trace)
	var done []*fetch.NetworkError
	trace.Done = func(err *fetch.NetworkError) { done = append(done, err) }
	p := &fetch.Params{Environment: app}
	body := newBody("body")
	req := newRequest(t, "PUT", abortURL, "body")
	req.Body = body
	req = stage.prepare(w, end, req.WithContext(ctx), p, trace)
	req = req.WithContext(fetch.WithTrace(req.Context(), trace))

	var respBody io.ReadCloser
	var err error
	if via == "http.Client" {
		var resp *http.Response
		if resp, err = (&http.Client{Transport: w.client.Transport(p)}).Do(req); err == nil {
			respBody = resp.Body
		}
	} else {
		var resp *fetch.Response
		if resp, err = w.client.Fetch(req, p); err == nil {
			respBody = resp.Body
		}
	}
	switch {
	case stage.afterwards:
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(respBody, make([]byte, len("begin"))); err != nil {
			t.Fatal(err)
		}
		end()
		_, err = io.ReadAll(respBody)
		respBody.Close()
		// It is net/http's error: the cause, or over HTTP/2 that of the context.
		if !errors.Is(err, cause) && !errors.Is(err, want) {
			t.Errorf("reading the body: %v; want %v", err, cause)
		}
		if len(done) != 1 || done[0] != nil {
			t.Errorf("Trace.Done was told %v", done)
		}
	case err == nil:
		respBody.Close()
		t.Fatal("the fetch succeeded")
	default:
		e := wantReason(t, err, fetch.ReasonAborted)
		if !errors.Is(err, want) || !errors.Is(err, cause) {
			t.Errorf("%v is not both %v and %v", e, want, cause)
		}
		if e.Preflight != stage.preflight || e.Hop != stage.hop {
			t.Errorf("preflight %t, hop %d; want %t and %d", e.Preflight, e.Hop, stage.preflight, stage.hop)
		}
		if e.Timeout() != (how == "deadline") || e.Temporary() {
			t.Errorf("Timeout %t, Temporary %t", e.Timeout(), e.Temporary())
		}
		if len(done) != 1 || done[0] != e {
			t.Errorf("Trace.Done was told %v", done)
		}
	}
	if stage.received != nil {
		w.wantReceived(stage.received...)
	}
	if stage.name == "while dialling" {
		return // and it would hang again
	}

	// What is remembered of the preflight shows in the next fetch.
	w.client.CheckRequest = nil
	w.handle(abortURL, share())
	w.forget()
	w.fetch(newRequest(t, "PUT", abortURL, "body"), &fetch.Params{Environment: app})
	var got []string
	for _, r := range w.received() {
		if !strings.HasPrefix(r.Body, "x") { // the aborted one may arrive late
			got = append(got, r.Method)
		}
	}
	next := []string{"OPTIONS", "PUT"}
	if stage.granted {
		next = next[1:]
	}
	if !slices.Equal(got, next) {
		t.Errorf("the next fetch needs %q; want %q", got, next)
	}
}

// The body of a request that is aborted before it is sent is closed, and not read.
func TestAbortClosesBody(t *testing.T) {
	for _, via := range []string{"Fetch", "Transport"} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w := newWeb(t, nil)
		body := newBody("body")
		req := newRequest(t, "POST", "https://app.example/", io.Reader(body)).WithContext(ctx)
		var err error
		if via == "Fetch" {
			_, err = w.client.Fetch(req, &fetch.Params{Environment: app})
		} else {
			_, err = w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(req)
		}
		wantReason(t, err, fetch.ReasonAborted)
		if body.read.Load() || body.closed.Load() != 1 {
			t.Errorf("%s: read %t, closed %d times", via, body.read.Load(), body.closed.Load())
		}
	}
}

// A request that is not valid is that, whether or not it is aborted: fetch() throws
// before it looks at the signal.
//
// Source: https://fetch.spec.whatwg.org/#dom-global-fetch.
func TestAbortOfInvalidRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWeb(t, nil)
	w.refuse(newRequest(t, "TRACE", abortURL, nil).WithContext(ctx), &fetch.Params{Environment: app}, fetch.ReasonInvalidRequest)
}

// What a Base returns although the context has ended is not lost by accident: a
// response is one.
func TestAbortTooLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{status: 204}})
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := w.base.RoundTrip(r)
		cancel()
		return resp, err
	})
	resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil).WithContext(ctx), &fetch.Params{Environment: app})
	if resp.Status != 204 {
		t.Errorf("status %d; want 204", resp.Status)
	}
}
