package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// recorded is everything that a Trace is told, in order.
type recorded struct{ events []any }

// trace returns a Trace that records.
func (r *recorded) trace() *fetch.Trace {
	return &fetch.Trace{
		Request: func(i fetch.RequestInfo) {
			i.Header = pick(i.Header, "Access-Control-Request-Headers", "X-A", "Origin")
			r.events = append(r.events, i)
		},
		Preflight: func(i fetch.PreflightInfo) { r.events = append(r.events, i) },
		CORSCheck: func(i fetch.CORSCheckInfo) { r.events = append(r.events, i) },
		Response: func(i fetch.ResponseInfo) {
			i.Header = pick(i.Header, "Access-Control-Allow-Origin", "X-Secret", "Location")
			r.events = append(r.events, i)
		},
		Redirect:   func(i fetch.RedirectInfo) { r.events = append(r.events, i) },
		Filtered:   func(i fetch.FilteredInfo) { i.Withheld = without(i.Withheld, "date"); r.events = append(r.events, i) },
		CacheError: func(err error) { r.events = append(r.events, err) },
		Done:       func(err *fetch.NetworkError) { r.events = append(r.events, done{err}) },
	}
}

// done is the event of Trace.Done.
type done struct{ Err *fetch.NetworkError }

// pick returns the part of h that a test is about.
func pick(h http.Header, names ...string) http.Header {
	out := make(http.Header)
	for _, name := range names {
		if v, ok := h[name]; ok {
			out[name] = slices.Clone(v)
		}
	}
	return out
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return n == name })
}

// Each hook is called with all there is to tell, in the order of events.
func TestTraceTellsTheStory(t *testing.T) {
	const start, end = "https://api.example/start", "https://b.example/end"
	w := newWeb(t, map[string]http.Handler{
		start: split(share("Access-Control-Max-Age: 600"), answer{status: 303, lines: []string{
			"Access-Control-Allow-Origin: https://app.example", "Location: " + end + "#f"}}),
		end: share("X-Secret: s", "Content-Type: text/plain"),
	})
	var r recorded
	req := newRequest(t, "PUT", start+"#fragment", "body",
		"Content-Type: text/x", "Authorization: t", "X-A: a", "Cookie: c", "Sec-A: s").
		WithContext(fetch.WithTrace(t.Context(), r.trace()))
	w.fetch(req, &fetch.Params{Environment: app})

	key := func(origin, url string) preflightcache.Key {
		return preflightcache.Key{Partition: "https://app.example", Origin: origin, URL: url}
	}
	acao := func(v string) http.Header { return http.Header{"Access-Control-Allow-Origin": {v}} }
	grant := corscheck.Grant{Methods: []string{"*"}, Headers: []string{"*", "authorization"}, MaxAge: 10 * time.Minute}
	short := grant
	short.MaxAge = -1
	want := []any{
		fetch.RequestInfo{Method: "OPTIONS", URL: start, Preflight: true, Header: http.Header{
			"Origin": {"https://app.example"}, "Access-Control-Request-Headers": {"authorization,content-type,x-a"}}},
		fetch.ResponseInfo{Method: "OPTIONS", URL: start, Preflight: true, Status: 200, Header: acao("*")},
		fetch.CORSCheckInfo{URL: start, Origin: "https://app.example", Preflight: true, AllowOrigin: "*", Outcome: corscheck.Allowed},
		fetch.PreflightInfo{URL: start, Key: key("https://app.example", start), Method: "PUT",
			Unsafe: []string{"authorization", "content-type", "x-a"}, Status: 200, Grant: grant},
		fetch.RequestInfo{Method: "PUT", URL: start, Dropped: []string{"cookie", "sec-a"}, Header: http.Header{
			"Origin": {"https://app.example"}, "X-A": {"a"}}},
		fetch.ResponseInfo{Method: "PUT", URL: start, Status: 303, Header: http.Header{
			"Access-Control-Allow-Origin": {"https://app.example"}, "Location": {end + "#f"}}},
		fetch.CORSCheckInfo{URL: start, Origin: "https://app.example", AllowOrigin: "https://app.example", Outcome: corscheck.Allowed},
		fetch.RedirectInfo{From: start, To: end, Status: 303, Taint: "cross-site", Origin: "null", Method: "GET",
			HeadersRemoved: []string{"authorization", "content-type"}},
		fetch.RequestInfo{Method: "OPTIONS", URL: end, Hop: 1, Preflight: true, Header: http.Header{
			"Origin": {"null"}, "Access-Control-Request-Headers": {"x-a"}}},
		fetch.ResponseInfo{Method: "OPTIONS", URL: end, Hop: 1, Preflight: true, Status: 200, Header: http.Header{
			"Access-Control-Allow-Origin": {"*"}, "X-Secret": {"s"}}},
		fetch.CORSCheckInfo{URL: end, Origin: "null", Preflight: true, AllowOrigin: "*", Outcome: corscheck.Allowed},
		fetch.PreflightInfo{URL: end, Key: key("null", end), Method: "GET", Unsafe: []string{"x-a"}, Status: 200, Grant: short},
		fetch.RequestInfo{Method: "GET", URL: end, Hop: 1, Dropped: []string{"cookie", "sec-a"}, Header: http.Header{
			"Origin": {"null"}, "X-A": {"a"}}},
		fetch.ResponseInfo{Method: "GET", URL: end, Hop: 1, Status: 200, Header: http.Header{
			"Access-Control-Allow-Origin": {"*"}, "X-Secret": {"s"}}},
		fetch.CORSCheckInfo{URL: end, Origin: "null", AllowOrigin: "*", Outcome: corscheck.Allowed},
		fetch.FilteredInfo{Type: fetch.TypeCORS, Withheld: []string{
			"access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin", "x-secret"}},
		done{},
	}
	if diff := cmp.Diff(want, r.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	// The second time the cache has it, and the story is shorter.
	r.events = nil
	w.fetch(newRequest(t, "PUT", start, "body", "X-A: a").WithContext(req.Context()), &fetch.Params{Environment: app})
	var kinds []string
	for _, e := range r.events {
		kinds = append(kinds, strings.TrimPrefix(fmt.Sprintf("%T", e), "fetch."))
	}
	if want := []string{"PreflightInfo", "RequestInfo"}; !slices.Equal(kinds[:2], want) {
		t.Errorf("events begin with %q; want %q", kinds[:2], want)
	}
	cached := fetch.PreflightInfo{URL: start, Key: key("https://app.example", start), Method: "PUT", Unsafe: []string{"x-a"}, Cached: true}
	if diff := cmp.Diff(any(cached), r.events[0]); diff != "" {
		t.Errorf("a cached preflight (-want +got):\n%s", diff)
	}
}

// Credentials says whether a request may carry some, and whether the mode is
// include where the CORS check is told of.
func TestTraceCredentials(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/": shareWith("https://app.example", "PUT", ""),
		"https://app.example/": answer{},
	})
	for _, tt := range []struct {
		target      string
		credentials fetch.Credentials
		want        []string
	}{
		{"https://api.example/", fetch.CredentialsInclude, []string{
			"request preflight false", "response preflight false", "check true", "request true", "response true", "check true"}},
		{"https://api.example/", fetch.CredentialsSameOrigin, []string{
			"request preflight false", "response preflight false", "check false", "request false", "response false", "check false"}},
		{"https://app.example/", fetch.CredentialsSameOrigin, []string{"request true", "response true"}},
		{"https://app.example/", fetch.CredentialsOmit, []string{"request false", "response false"}},
	} {
		w.client.Preflights = preflightcache.Disabled
		var got []string
		say := func(what string, preflight, credentials bool) {
			if preflight {
				what += " preflight"
			}
			got = append(got, fmt.Sprint(what, " ", credentials))
		}
		ctx := fetch.WithTrace(t.Context(), &fetch.Trace{
			Request:   func(i fetch.RequestInfo) { say("request", i.Preflight, i.Credentials) },
			Response:  func(i fetch.ResponseInfo) { say("response", i.Preflight, i.Credentials) },
			CORSCheck: func(i fetch.CORSCheckInfo) { say("check", false, i.Credentials) },
		})
		w.fetch(newRequest(t, "PUT", tt.target, nil).WithContext(ctx), &fetch.Params{Environment: app, Credentials: tt.credentials})
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s %s: %q; want %q", tt.target, tt.credentials, got, tt.want)
		}
	}
}

// A failed preflight is told of with status and error, and a failed CORS check
// with its outcome.
func TestTraceOfFailures(t *testing.T) {
	tests := []struct {
		name          string
		method        string
		handler       http.Handler
		wantPreflight string // status, reason
		wantChecks    []corscheck.Outcome
		want          fetch.Reason
	}{
		{"preflight without origin", "PUT", answer{}, "200 missing-allow-origin", []corscheck.Outcome{corscheck.MissingAllowOrigin}, fetch.ReasonMissingAllowOrigin},
		// The CORS check of these preflights succeeds.
		{"preflight status", "PUT", answer{status: 403, lines: share().lines}, "403 preflight-status", []corscheck.Outcome{corscheck.Allowed}, fetch.ReasonPreflightStatus},
		{"preflight malformed", "PUT", allowing("Access-Control-Allow-Methods: ()"), "200 preflight-malformed", []corscheck.Outcome{corscheck.Allowed}, fetch.ReasonPreflightMalformed},
		{"preflight method", "PUT", allowing(), "200 method-not-allowed", []corscheck.Outcome{corscheck.Allowed}, fetch.ReasonMethodNotAllowed},
		{"no preflight response", "PUT", rawText(""), "0 transport", nil, fetch.ReasonTransport},
		{"response", "PUT", split(share(), answer{}), "200 ", []corscheck.Outcome{corscheck.Allowed, corscheck.MissingAllowOrigin}, fetch.ReasonMissingAllowOrigin},
		{"no preflight", "GET", lines("Access-Control-Allow-Origin: a, b"), "", []corscheck.Outcome{corscheck.MultipleAllowOrigin}, fetch.ReasonMultipleAllowOrigin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": tt.handler})
			var preflight string
			var checks []corscheck.Outcome
			var e *fetch.NetworkError
			filtered := false
			ctx := fetch.WithTrace(t.Context(), &fetch.Trace{
				Preflight: func(i fetch.PreflightInfo) {
					reason := fetch.Reason("")
					if i.Err != nil {
						reason = wantReason(t, i.Err, tt.want).Reason
						if diff := cmp.Diff(corscheck.Grant{}, i.Grant); diff != "" {
							t.Errorf("a failed preflight grants (-want +got):\n%s", diff)
						}
					}
					preflight = fmt.Sprintf("%d %s", i.Status, string(reason))
				},
				CORSCheck: func(i fetch.CORSCheckInfo) { checks = append(checks, i.Outcome) },
				Filtered:  func(fetch.FilteredInfo) { filtered = true },
				Done:      func(err *fetch.NetworkError) { e = err },
			})
			got := w.refuse(newRequest(t, tt.method, "https://api.example/", nil).WithContext(ctx), &fetch.Params{Environment: app}, tt.want)
			if got != e {
				t.Errorf("Done got %v; want what Fetch returns, %v", e, got)
			}
			if preflight != tt.wantPreflight {
				t.Errorf("preflight %q; want %q", preflight, tt.wantPreflight)
			}
			if !slices.Equal(checks, tt.wantChecks) {
				t.Errorf("CORS checks %v; want %v", checks, tt.wantChecks)
			}
			if filtered {
				t.Error("Filtered is called for a failed fetch")
			}
		})
	}
}

// Filtered names what is withheld from the page, for each type of response.
func TestTraceFiltered(t *testing.T) {
	h := lines("Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: x-a", "X-A: a", "x-b: b", "Set-Cookie: c=d", "Content-Type: text/plain", "Location: /end")
	redirect := h
	redirect.status = 302
	w := newWeb(t, map[string]http.Handler{"https://api.example/": h, "https://api.example/moved": redirect})
	for _, tt := range []struct {
		target string
		params fetch.Params
		want   fetch.FilteredInfo
	}{
		{"https://api.example/", fetch.Params{Environment: app},
			fetch.FilteredInfo{Type: fetch.TypeCORS, Withheld: []string{"access-control-allow-origin", "access-control-expose-headers", "location", "set-cookie", "x-b"}}},
		{"https://api.example/", fetch.Params{Environment: page("https://api.example")},
			fetch.FilteredInfo{Type: fetch.TypeBasic, Withheld: []string{"set-cookie"}}},
		{"https://api.example/", fetch.Params{Environment: app, Mode: fetch.ModeNoCORS},
			fetch.FilteredInfo{Type: fetch.TypeOpaque, Withheld: []string{"access-control-allow-origin", "access-control-expose-headers", "content-length", "content-type", "location", "set-cookie", "x-a", "x-b"}}},
		{"https://api.example/moved", fetch.Params{Environment: app, Redirect: fetch.RedirectManual},
			fetch.FilteredInfo{Type: fetch.TypeOpaqueRedirect, Withheld: []string{"access-control-allow-origin", "access-control-expose-headers", "content-length", "content-type", "location", "set-cookie", "x-a", "x-b"}}},
	} {
		var got []fetch.FilteredInfo
		ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Filtered: func(i fetch.FilteredInfo) {
			i.Withheld = without(i.Withheld, "date")
			got = append(got, i)
		}})
		w.fetch(newRequest(t, "GET", tt.target, nil).WithContext(ctx), &tt.params)
		if diff := cmp.Diff([]fetch.FilteredInfo{tt.want}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// What a hook keeps does not change, and what it does to the names it is given
// does not matter.
func TestTracePreflightNamesAreCopies(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/start": redirectTo(307, "https://b.example/end"),
		"https://b.example/end":     share(),
	})
	var first []string
	ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Preflight: func(i fetch.PreflightInfo) {
		if first == nil {
			first = i.Unsafe
		} else {
			clear(i.Unsafe)
		}
	}})
	w.fetch(newRequest(t, "GET", "https://api.example/start", nil, "Authorization: t", "X-A: a").WithContext(ctx), &fetch.Params{Environment: app})
	if want := []string{"authorization", "x-a"}; !slices.Equal(first, want) {
		t.Errorf("the names of the first preflight are now %q; want %q", first, want)
	}
	wantHeader(t, w.last().Header, "X-A", "a")
}

// Traces compose: the hooks of the outer one come first, and either may be
// incomplete.
func TestWithTraceComposes(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	var calls []string
	outer := &fetch.Trace{
		Request: func(fetch.RequestInfo) { calls = append(calls, "outer request") },
		Done:    func(*fetch.NetworkError) { calls = append(calls, "outer done") },
	}
	inner := &fetch.Trace{
		Request:  func(fetch.RequestInfo) { calls = append(calls, "inner request") },
		Response: func(fetch.ResponseInfo) { calls = append(calls, "inner response") },
	}
	p := &fetch.Params{Environment: app}
	for _, tt := range []struct {
		ctx  context.Context
		want []string
	}{
		{fetch.WithTrace(fetch.WithTrace(t.Context(), outer), inner), []string{"outer request", "inner request", "inner response", "outer done"}},
		{fetch.WithTrace(fetch.WithTrace(t.Context(), inner), outer), []string{"inner request", "outer request", "inner response", "outer done"}},
		{fetch.WithTrace(fetch.WithTrace(fetch.WithTrace(t.Context(), outer), &fetch.Trace{}), outer), []string{"outer request", "outer request", "outer done", "outer done"}},
		{fetch.WithTrace(t.Context(), inner), []string{"inner request", "inner response"}},
		{t.Context(), nil},
	} {
		calls = nil
		w.fetch(newRequest(t, "GET", "https://api.example/", nil).WithContext(tt.ctx), p)
		if !slices.Equal(calls, tt.want) {
			t.Errorf("calls: %q; want %q", calls, tt.want)
		}
	}
	// The Trace is copied.
	trace := &fetch.Trace{Done: outer.Done}
	ctx := fetch.WithTrace(t.Context(), trace)
	trace.Done = nil
	calls = nil
	w.fetch(newRequest(t, "GET", "https://api.example/", nil).WithContext(ctx), p)
	if want := []string{"outer done"}; !slices.Equal(calls, want) {
		t.Errorf("calls: %q; want %q", calls, want)
	}
	wantPanic(t, "nil Trace", func() { fetch.WithTrace(t.Context(), nil) })
}

// A logHandler keeps the records it is given.
type logHandler struct {
	level slog.Level

	mu      sync.Mutex // guards records
	records []map[string]string
}

func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }
func (h *logHandler) WithAttrs([]slog.Attr) slog.Handler           { panic("unused") }
func (h *logHandler) WithGroup(string) slog.Handler                { panic("unused") }
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	m := map[string]string{"level": r.Level.String(), "msg": r.Message}
	r.Attrs(func(a slog.Attr) bool { m[a.Key] = a.Value.String(); return true })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = append(h.records, m)
	return nil
}

// A blocked fetch is one record at Info, a preflight one at Debug; what merely
// failed is none.
func TestLogger(t *testing.T) {
	preflight := func(url, method, headers string, more ...string) map[string]string {
		m := map[string]string{"level": "DEBUG", "msg": "preflight", "url": url, "origin": "https://app.example", "method": method, "headers": headers}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	tests := []struct {
		name, method, path string
		lines              []string
		level              slog.Level
		want               []map[string]string
	}{
		{"success", "GET", "/ok", nil, slog.LevelDebug, nil},
		{"success with preflight", "PUT", "/ok", []string{"X-A: a", "X-B: b"}, slog.LevelDebug, []map[string]string{
			preflight("https://api.example/ok", "PUT", "x-a,x-b", "status", "200", "allowed", "true"),
		}},
		{"not enabled", "PUT", "/ok", nil, slog.LevelInfo, nil},
		{"blocked", "GET", "/unshared", nil, slog.LevelInfo, []map[string]string{
			{"level": "INFO", "msg": "fetch blocked", "reason": "missing-allow-origin", "method": "GET", "url": "https://api.example/unshared",
				"origin": "https://app.example", "hop": "0", "preflight": "false",
				"detail": `Access-Control-Allow-Origin is missing; it has to be "https://app.example" or "*"`},
			{"level": "INFO", "msg": "fetch blocked", "reason": "missing-allow-origin", "method": "GET", "url": "https://api.example/unshared",
				"origin": "https://app.example", "hop": "0", "preflight": "false",
				"detail": `Access-Control-Allow-Origin is missing; it has to be "https://app.example" or "*"`},
		}},
		{"preflight refused", "PATCH", "/put", nil, slog.LevelDebug, []map[string]string{
			preflight("https://api.example/put", "PATCH", "", "status", "200", "allowed", "false"),
			{"level": "INFO", "msg": "fetch blocked", "reason": "method-not-allowed", "method": "PATCH", "url": "https://api.example/put",
				"origin": "https://app.example", "hop": "0", "preflight": "true", "name": "PATCH", "value": "PUT",
				"detail": `Access-Control-Allow-Methods is "PUT"; it has to list "PATCH" or "*"`},
			preflight("https://api.example/put", "PATCH", "", "status", "200", "allowed", "false"),
			{"level": "INFO", "msg": "fetch blocked", "reason": "method-not-allowed", "method": "PATCH", "url": "https://api.example/put",
				"origin": "https://app.example", "hop": "0", "preflight": "true", "name": "PATCH", "value": "PUT",
				"detail": `Access-Control-Allow-Methods is "PUT"; it has to list "PATCH" or "*"`},
		}},
		{"network failed", "GET", "/broken", nil, slog.LevelInfo, nil},
		{"network failed on the preflight", "PUT", "/broken", nil, slog.LevelDebug, []map[string]string{
			preflight("https://api.example/broken", "PUT", "", "status", "0", "allowed", "false"),
			preflight("https://api.example/broken", "PUT", "", "status", "0", "allowed", "false"),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://api.example/ok":       share(),
				"https://api.example/unshared": answer{},
				"https://api.example/put":      allowing("Access-Control-Allow-Methods: PUT"),
				"https://api.example/broken":   rawText(""),
			})
			h := &logHandler{level: tt.level}
			w.client.Logger = slog.New(h)
			for range 2 {
				resp, err := w.client.Fetch(newRequest(t, tt.method, "https://api.example"+tt.path, nil, tt.lines...), &fetch.Params{Environment: app})
				if err == nil {
					resp.Body.Close()
				}
			}
			if diff := cmp.Diff(tt.want, h.records, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

// A blocked fetch by CheckRequest is logged with the cause.
func TestLoggerHasTheCause(t *testing.T) {
	h := new(logHandler)
	client := &fetch.Client{Base: unreachable(t), Logger: slog.New(h),
		CheckRequest: func(*http.Request, *fetch.Params) error { return errRefused }}
	_, err := client.Fetch(valid(t), &fetch.Params{Environment: app})
	wantReason(t, err, fetch.ReasonCheckRequest)
	if len(h.records) != 1 || h.records[0]["detail"] != errRefused.Error() {
		t.Errorf("records %v; want one with %q", h.records, errRefused)
	}
	_, err = client.Fetch(nil, nil)
	wantReason(t, err, fetch.ReasonInvalidRequest)
	if len(h.records) != 2 {
		t.Errorf("%d records; want 2", len(h.records))
	}
}

// Done is called once, whatever happens.
func TestTraceDoneOnce(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/ok":       share(),
		"https://api.example/unshared": answer{},
		"https://api.example/moved":    redirectTo(307, "/ok"),
		"https://api.example/loop":     redirectTo(307, "/loop"),
		"https://api.example/broken":   rawText(""),
	})
	for _, method := range []string{"GET", "PUT", "TRACE"} {
		for _, path := range []string{"/ok", "/unshared", "/moved", "/loop", "/broken"} {
			for _, p := range []*fetch.Params{{Environment: app}, {Environment: app, Mode: fetch.ModeNoCORS}, {Environment: app, Mode: fetch.ModeNavigate}, {}, nil} {
				for _, ctx := range []context.Context{t.Context(), cancelled} {
					for _, via := range []string{"Fetch", "Transport"} {
						n := 0
						var told *fetch.NetworkError
						req := newRequest(t, method, "https://api.example"+path, nil).WithContext(
							fetch.WithTrace(ctx, &fetch.Trace{Done: func(err *fetch.NetworkError) { n++; told = err }}))
						var err error
						if via == "Fetch" {
							var resp *fetch.Response
							if resp, err = w.client.Fetch(req, p); err == nil {
								resp.Body.Close()
							}
						} else {
							var resp *http.Response
							if resp, err = w.client.Transport(p).RoundTrip(req); err == nil {
								resp.Body.Close()
							}
						}
						if n != 1 {
							t.Errorf("%s %s by %s: Done was called %d times", method, path, via, n)
						}
						if (err == nil) != (told == nil) || err != nil && err != error(told) {
							t.Errorf("%s %s by %s: Done got %v; want %v", method, path, via, told, err)
						}
					}
				}
			}
		}
	}
}

// A failingCache is a store that is down, and looks at its contexts.
type failingCache struct {
	t      *testing.T
	covers bool // what Covers reports next to its error
	err    error

	calls []string
}

func (c *failingCache) Covers(ctx context.Context, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
	c.calls = append(c.calls, fmt.Sprintf("covers %q %q", method, headers))
	return c.covers, c.err
}

func (c *failingCache) Store(ctx context.Context, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
	c.calls = append(c.calls, "store")
	c.writing(ctx)
	return c.err
}

func (c *failingCache) Clear(ctx context.Context, k preflightcache.Key) error {
	c.calls = append(c.calls, "clear "+k.URL)
	c.writing(ctx)
	return c.err
}

func (c *failingCache) writing(ctx context.Context) {
	if ctx.Err() != nil {
		c.t.Errorf("the context has ended: %v", ctx.Err())
	}
	if _, ok := ctx.Deadline(); !ok {
		c.t.Error("the context has no deadline")
	}
	if ctx.Value(userKey{}) != "value" {
		c.t.Error("the values of the caller's context are lost")
	}
}

// A broken store costs preflights, and never correctness: what it reports next
// to an error does not count.
func TestTraceCacheError(t *testing.T) {
	down := errors.New("store is down")
	for _, covers := range []bool{false, true} {
		w := newWeb(t, map[string]http.Handler{
			"https://api.example/ok":       share("Access-Control-Max-Age: 60"),
			"https://api.example/unshared": split(share(), answer{}),
			"https://api.example/refused":  answer{},
		})
		cache := &failingCache{t: t, err: down, covers: covers}
		w.client.Preflights = cache
		var errs []error
		ctx := context.WithValue(t.Context(), userKey{}, "value")
		ctx = fetch.WithTrace(ctx, &fetch.Trace{CacheError: func(err error) { errs = append(errs, err) }})
		put := func(path string) *http.Request {
			return newRequest(t, "PUT", "https://api.example"+path, nil, "X-A: a").WithContext(ctx)
		}
		p := &fetch.Params{Environment: app}
		for range 2 {
			w.fetch(put("/ok"), p)
			w.wantReceived("OPTIONS https://api.example/ok", "PUT https://api.example/ok")
		}
		w.refuse(put("/unshared"), p, fetch.ReasonMissingAllowOrigin)
		w.refuse(put("/refused"), p, fetch.ReasonMissingAllowOrigin)
		want := []string{
			`covers "PUT" ["x-a"]`, "store",
			`covers "PUT" ["x-a"]`, "store",
			`covers "PUT" ["x-a"]`, "store", "clear https://api.example/unshared",
			`covers "PUT" ["x-a"]`, "clear https://api.example/refused",
		}
		if !slices.Equal(cache.calls, want) {
			t.Errorf("calls\n\t%s\nwant\n\t%s", strings.Join(cache.calls, "\n\t"), strings.Join(want, "\n\t"))
		}
		if len(errs) != len(want) {
			t.Errorf("%d errors were reported; want %d", len(errs), len(want))
		}
		for _, err := range errs {
			if err != down {
				t.Errorf("CacheError got %v", err)
			}
		}
	}
}

// What a fetch that is cancelled has to write, it writes.
func TestCacheContextSurvivesCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), userKey{}, "value"))
	defer cancel()
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	cache := &failingCache{t: t}
	w.client.Preflights = cache
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := w.base.RoundTrip(r)
		cancel()
		return resp, err
	})
	w.refuse(newRequest(t, "PUT", "https://api.example/", nil).WithContext(ctx), &fetch.Params{Environment: app}, fetch.ReasonAborted)
	if want := []string{`covers "PUT" []`, "store", "clear https://api.example/"}; !slices.Equal(cache.calls, want) {
		t.Errorf("calls %q; want %q", cache.calls, want)
	}
}

// A safelisted method is not looked up, unless the preflight is forced.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-fetch.
func TestCacheIsAskedForWhatIsNeeded(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	cache := &failingCache{t: t}
	w.client.Preflights = cache
	ctx := context.WithValue(t.Context(), userKey{}, "value")
	for _, tt := range []struct {
		method string
		lines  []string
		forced bool
		want   []string
	}{
		{"GET", nil, false, nil},
		{"GET", []string{"X-A: a"}, false, []string{`covers "" ["x-a"]`, "store"}},
		{"GET", nil, true, []string{`covers "GET" []`, "store"}},
		{"POST", []string{"X-A: a"}, true, []string{`covers "POST" ["x-a"]`, "store"}},
		{"PUT", nil, false, []string{`covers "PUT" []`, "store"}},
	} {
		cache.calls = nil
		w.fetch(newRequest(t, tt.method, "https://api.example/", nil, tt.lines...).WithContext(ctx), &fetch.Params{Environment: app, ForcePreflight: tt.forced})
		if !slices.Equal(cache.calls, tt.want) {
			t.Errorf("%s %q: calls %q; want %q", tt.method, tt.lines, cache.calls, tt.want)
		}
	}
}
