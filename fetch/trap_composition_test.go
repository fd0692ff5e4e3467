package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsengine/corsengine/fetch"
)

// tracing is a middleware that adds traceparent, as those for OpenTelemetry do.
func tracing(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		return next.RoundTrip(r)
	})
}

// What a middleware outside the engine adds is the author's: a header that is
// not safelisted forces a preflight. Inside, as Base, it is nobody's business.
//
// Source: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names.
func TestTrap20MiddlewareOutsideAndInside(t *testing.T) {
	allow := answer{lines: []string{"Access-Control-Allow-Origin: *"}}
	p := &fetch.Params{Environment: app}

	w := newWeb(t, map[string]http.Handler{"https://api.example/": allow})
	outside := tracing(w.client.Transport(p))
	_, err := outside.RoundTrip(newRequest(t, "GET", "https://api.example/", nil))
	e := wantReason(t, err, fetch.ReasonHeaderNotAllowed)
	if e.Name != "traceparent" {
		t.Errorf("the error names %q; want traceparent", e.Name)
	}
	w.wantReceived("OPTIONS https://api.example/")

	w = newWeb(t, map[string]http.Handler{"https://api.example/": allow})
	w.client.Base = tracing(w.base)
	w.fetch(newRequest(t, "GET", "https://api.example/", nil), p)
	if w.last().Header["Traceparent"] == nil {
		t.Error("Base did not add its header")
	}
	w.wantReceived("GET https://api.example/")
}

// An opaque response has status 0, which http.Client passes on, a retry policy
// takes for a failure, and an http.ResponseWriter cannot write.
//
// Source: https://fetch.spec.whatwg.org/#concept-filtered-response-opaque;
// net/http.checkWriteHeaderCode.
func TestTrap31OpaqueStatusIsZero(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"http://api.example/": answer{lines: []string{"Access-Control-Allow-Origin: *"}, body: "hi"}})
	c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNoCORS})}
	resp, err := c.Do(newRequest(t, "GET", "http://api.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 0 {
		t.Errorf("status %d; want 0", resp.StatusCode)
	}

	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(mustURL(t, "http://api.example")) },
		Transport: c.Transport,
	}
	request := func() *http.Request { return httptest.NewRequestWithContext(t.Context(), "GET", "/", nil) }
	wantPanic(t, "invalid WriteHeader code 0", func() { proxy.ServeHTTP(httptest.NewRecorder(), request()) })
	proxy.Transport = w.client.Transport(&fetch.Params{Environment: app})
	rec := httptest.NewRecorder()
	proxy.ServeHTTP(rec, request())
	if rec.Code != 200 || rec.Body.String() != "hi" {
		t.Errorf("the proxy writes %d %q in mode cors", rec.Code, rec.Body)
	}
	// httputil.ReverseProxy leaves the body of the response open when it panics.
	w.base.closed.Add(1)
	w.transport.CloseIdleConnections()
}

// A retry outside repeats what was refused, unless it asks Temporary.
func TestTrap32RefusalsAreNotTemporary(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{}})
	e := w.refuse(newRequest(t, "GET", "https://api.example/", nil), &fetch.Params{Environment: app}, fetch.ReasonMissingAllowOrigin)
	if e.Temporary() || e.Timeout() {
		t.Error("a refusal is temporary or a timeout")
	}

	// As Base a retry sees the server's answers and nothing else.
	calls := 0
	w = newWeb(t, map[string]http.Handler{"https://api.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if calls++; calls < 3 {
			rw.WriteHeader(503)
			return
		}
		share().ServeHTTP(rw, r)
	})})
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		for {
			resp, err := w.base.RoundTrip(r)
			if err != nil || resp.StatusCode != 503 {
				return resp, err
			}
			resp.Body.Close()
		}
	})
	w.fetch(newRequest(t, "GET", "https://api.example/", nil), &fetch.Params{Environment: app})
	if calls != 3 {
		t.Errorf("%d requests; want 3", calls)
	}
}

// http.Client.Timeout is a deadline that preflight, hops and body share.
//
// Source: net/http.Client.Timeout.
func TestTrap33TimeoutIsSharedByAllRequests(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/start": redirectTo(307, "/end"),
		"https://api.example/end":   share(),
	})
	var deadlines []time.Time
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		d, ok := r.Context().Deadline()
		if !ok {
			t.Errorf("%s %s has no deadline", r.Method, r.URL)
		}
		deadlines = append(deadlines, d)
		return w.base.RoundTrip(r)
	})
	c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app}), Timeout: time.Hour}
	resp, err := c.Do(newRequest(t, "PUT", "https://api.example/start", "b"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(deadlines) != 4 || len(slices.CompactFunc(deadlines, time.Time.Equal)) != 1 {
		t.Errorf("deadlines of the requests: %v; want one for all four", deadlines)
	}
}

// A timeout is reported as one, wherever it strikes.
func TestTrap33TimeoutStrikes(t *testing.T) {
	tests := []struct {
		name      string
		silent    string // "METHOD path" of the request that is never answered
		preflight bool
		hop       int
	}{
		{"preflight", "OPTIONS /start", true, 0},
		{"request", "PUT /start", false, 0},
		{"preflight after a redirect", "OPTIONS /end", true, 1},
		{"request after a redirect", "PUT /end", false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method+" "+r.URL.Path == tt.silent {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					resp := &http.Response{StatusCode: 200, Header: make(http.Header)}
					addLines(resp.Header, share("Location: /end").lines)
					if r.Method == "PUT" {
						resp.StatusCode = 307
					}
					return resp, nil
				})}
				// http.Client keeps nothing of an error but its text if it is
				// its timer that struck. The Trace has it in any case.
				var done error
				ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Done: func(err *fetch.NetworkError) { done = err }})
				c := &http.Client{Transport: client.Transport(&fetch.Params{Environment: app}), Timeout: time.Minute}
				start := time.Now()
				_, err := c.Do(newRequest(t, "PUT", "https://api.example/start", "b").WithContext(ctx))
				if d := time.Since(start); d != time.Minute {
					t.Errorf("it took %v; want a minute", d)
				}
				e := wantReason(t, done, fetch.ReasonAborted)
				if e.Preflight != tt.preflight || e.Hop != tt.hop {
					t.Errorf("preflight %t, hop %d; want %t and %d", e.Preflight, e.Hop, tt.preflight, tt.hop)
				}
				if !e.Timeout() || e.Temporary() {
					t.Errorf("Timeout %t, Temporary %t; want true and false", e.Timeout(), e.Temporary())
				}
				if !errors.Is(e, context.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v is not context.DeadlineExceeded", err)
				}
				if u, ok := errors.AsType[*url.Error](err); !ok || !u.Timeout() {
					t.Errorf("the error of http.Client is a %T and no timeout", err)
				}
			})
		})
	}
}

// What the caller said on cancelling is kept, next to what the context says.
func TestTrap33Cancellation(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		name   string
		during string // path whose handler cancels
		cause  error
		want   error
	}{
		{"request", "/end", nil, context.Canceled},
		{"request with cause", "/end", boom, boom},
		{"before", "", nil, context.Canceled},
		{"before with cause", "", boom, boom},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := newWeb(t, map[string]http.Handler{
				"https://api.example/start": redirectTo(307, "/end"),
				"https://api.example/end": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					cancel(tt.cause)
					silent.ServeHTTP(rw, r)
				}),
			})
			if tt.during == "" {
				cancel(tt.cause)
			}
			e := w.refuse(newRequest(t, "GET", "https://api.example/start", nil).WithContext(ctx),
				&fetch.Params{Environment: app}, fetch.ReasonAborted)
			if !errors.Is(e, context.Canceled) || !errors.Is(e, tt.want) {
				t.Errorf("%v is not both Canceled and %v", e, tt.want)
			}
			if e.Timeout() || e.Temporary() {
				t.Error("a cancelled fetch is a timeout or temporary")
			}
			if tt.during == "" {
				w.wantReceived()
			}
		})
	}
}

// The context of every request that Base sees holds the Params, so that a cache
// can be partitioned by them.
//
// Source: https://fetch.spec.whatwg.org/#determine-the-http-cache-partition.
func TestTrap34BaseSeesParams(t *testing.T) {
	for _, via := range []string{"Fetch", "Transport", "context"} {
		t.Run(via, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://api.example/start": redirectTo(307, "https://b.example/end"),
				"https://b.example/end":     share(),
			})
			p := &fetch.Params{Environment: app}
			var requests []string
			watch := roundTripper(func(r *http.Request) (*http.Response, error) {
				requests = append(requests, r.Method+" "+r.URL.String())
				if got := fetch.FromContext(r.Context()); got != p {
					t.Errorf("%s %s: Params %p; want %p", r.Method, r.URL, got, p)
				}
				if r.Context().Value(userKey{}) != "value" {
					t.Error("the caller's context is lost")
				}
				return w.base.RoundTrip(r)
			})
			w.client.Base, w.client.Anonymous = watch, watch
			w.client.CheckRequest = func(r *http.Request, got *fetch.Params) error {
				if got != p || fetch.FromContext(r.Context()) != p {
					t.Error("CheckRequest got other Params")
				}
				return nil
			}
			req := newRequest(t, "PUT", "https://api.example/start", "b").WithContext(context.WithValue(t.Context(), userKey{}, "value"))
			var body io.Closer
			switch via {
			case "Fetch":
				body = w.fetch(req, p).Body
			case "Transport":
				resp, err := w.client.Transport(p).RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				body = resp.Body
			case "context":
				resp, err := w.client.Transport(&fetch.Params{}).RoundTrip(req.WithContext(fetch.NewContext(req.Context(), p)))
				if err != nil {
					t.Fatal(err)
				}
				body = resp.Body
			}
			body.Close()
			if len(requests) != 4 {
				t.Errorf("Base saw %q; want two preflights and two requests", requests)
			}
		})
	}
}

// RoundTrip does not modify its request: several goroutines may share one that
// has no body. The race detector is the judge.
//
// Source: the contract of http.RoundTripper.
func TestTrap36SharedRequest(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/start": redirectTo(307, "https://b.example/end"),
		"https://b.example/end":     share(),
	})
	w.client.Jar = newJar(t, "https://api.example/", "s=1")
	w.client.UserAgent = "client/1"
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNavigate} {
		p := &fetch.Params{Environment: app, Mode: mode}
		transport := w.client.Transport(p)
		req := newRequest(t, "GET", "https://api.example/start#fragment", nil,
			"X-A: a", "x-a:  b ", "Cookie: c", "Origin: d", "Accept: text/html")
		before := stateOf(req)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if i%2 == 0 {
					resp, err := w.client.Fetch(req, p)
					if err != nil {
						t.Error(err)
						return
					}
					resp.Body.Close()
					return
				}
				resp, err := transport.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
			})
		}
		wg.Wait()
		wantUntouched(t, req, before)
	}
}

// The header that Base gets is not the caller's: what Base does to it does not
// come back.
func TestTrap36BaseOwnsItsHeader(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := w.base.RoundTrip(r)
		for name, values := range r.Header {
			// Some RoundTrippers modify their requests, against the contract.
			for i := range values {
				values[i] = "overwritten"
			}
			r.Header[name] = append(values, "appended")
		}
		return resp, err
	})
	req := newRequest(t, "PUT", "https://api.example/", nil, "X-A: a", "X-A: b", "Accept: c")
	before := stateOf(req)
	for range 2 {
		w.fetch(req, &fetch.Params{Environment: app})
		wantUntouched(t, req, before)
		wantHeader(t, w.last().Header, "X-A", "a", "b")
	}
}
