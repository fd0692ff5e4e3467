package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch"
)

// modes are all modes, with the URL of a response that each may get.
var modes = []struct {
	mode   fetch.Mode
	target string
}{
	{fetch.ModeCORS, "https://api.example/start"},
	{fetch.ModeNoCORS, "https://api.example/start"},
	{fetch.ModeSameOrigin, "https://app.example/start"},
	{fetch.ModeNavigate, "https://api.example/start"},
}

func redirectingWeb(t *testing.T) *web {
	return newWeb(t, map[string]http.Handler{
		"https://api.example/start": redirectTo(302, "/middle"),
		"https://api.example/middle": split(share(), answer{status: 302, lines: []string{
			"Access-Control-Allow-Origin: *", "Location: /end", "Set-Cookie: middle=1"}}),
		"https://api.example/end":    share("Set-Cookie: end=1"),
		"https://app.example/start":  redirectTo(302, "/middle"),
		"https://app.example/middle": answer{status: 302, lines: []string{"Location: /end", "Set-Cookie: middle=1"}},
		"https://app.example/end":    answer{lines: []string{"Set-Cookie: end=1"}},
	})
}

// CheckRedirect is called for every hop in mode navigate, and never otherwise.
func TestTransportCheckRedirect(t *testing.T) {
	for _, tt := range modes {
		t.Run(tt.mode.String(), func(t *testing.T) {
			w := redirectingWeb(t)
			var hops []string
			c := &http.Client{
				Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: tt.mode}),
				CheckRedirect: func(req *http.Request, via []*http.Request) error {
					hops = append(hops, req.URL.Path)
					if len(via) != len(hops) {
						t.Errorf("CheckRedirect gets %d requests for hop %d", len(via), len(hops))
					}
					return nil
				},
			}
			resp, err := c.Do(newRequest(t, "GET", tt.target, nil))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			var want []string
			if tt.mode == fetch.ModeNavigate {
				want = []string{"/middle", "/end"}
			}
			if !slices.Equal(hops, want) {
				t.Errorf("CheckRedirect was called for %q; want %q", hops, want)
			}
			if got := len(w.received()); got != 3 {
				t.Errorf("%d requests; want 3", got)
			}
		})
	}
}

// In mode navigate CheckRedirect stops the chain as usual.
func TestTransportCheckRedirectStops(t *testing.T) {
	w := redirectingWeb(t)
	c := &http.Client{
		Transport:     w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNavigate}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := c.Do(newRequest(t, "GET", "https://api.example/start", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 302 || resp.Header.Get("Location") != "/middle" {
		t.Errorf("got %d to %q; want the redirect", resp.StatusCode, resp.Header.Get("Location"))
	}
	r, ok := fetch.FromHTTP(resp)
	if !ok || r.Status != 302 || r.Redirected {
		t.Errorf("FromHTTP is %+v, %t", r, ok)
	}
}

// Transport leaves it to http.Client to count the redirects of a navigation.
func TestTransportNavigationLoop(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": redirectTo(302, "/")})
	c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: fetch.ModeNavigate})}
	resp, err := c.Do(newRequest(t, "GET", "https://api.example/", nil))
	if err == nil || !strings.Contains(err.Error(), "stopped after 10 redirects") {
		t.Errorf("error %v; want that of http.Client", err)
	}
	if resp != nil {
		resp.Body.Close()
	}
}

// http.Client.Jar works as usual in mode navigate; otherwise what it adds is
// dropped, and it sees no cookies.
func TestTransportJar(t *testing.T) {
	for _, tt := range modes {
		t.Run(tt.mode.String(), func(t *testing.T) {
			w := redirectingWeb(t)
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			jar.SetCookies(mustURL(t, tt.target), []*http.Cookie{{Name: "start", Value: "1"}})
			p := &fetch.Params{Environment: app, Mode: tt.mode, Credentials: fetch.CredentialsInclude}
			if tt.mode == fetch.ModeCORS {
				p.Credentials = fetch.CredentialsSameOrigin
			}
			c := &http.Client{Transport: w.client.Transport(p), Jar: jar}
			resp, err := c.Do(newRequest(t, "GET", tt.target, nil))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			var sent []string
			for _, r := range w.received() {
				sent = append(sent, strings.Join(r.Header["Cookie"], "|"))
			}
			want, held := []string{"", "", ""}, "start=1"
			if tt.mode == fetch.ModeNavigate {
				want, held = []string{"start=1", "start=1", "start=1; middle=1"}, "start=1; middle=1; end=1"
			}
			if !slices.Equal(sent, want) {
				t.Errorf("cookies sent: %q; want %q", sent, want)
			}
			if got := cookiesIn(t, jar, tt.target); got != held {
				t.Errorf("the jar holds %q; want %q", got, held)
			}
		})
	}
}

// The same jar above and below is used once.
func TestTransportSameJarTwice(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeNavigate, fetch.ModeSameOrigin} {
		w := redirectingWeb(t)
		jar := newJar(t, "https://app.example/start", "start=1")
		w.client.Jar = jar
		c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: mode}), Jar: jar}
		resp, err := c.Do(newRequest(t, "GET", "https://app.example/start", nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		wantHeader(t, w.last().Header, "Cookie", "start=1; middle=1")
		if got, want := cookiesIn(t, jar, "https://app.example/"), "start=1; middle=1; end=1"; got != want {
			t.Errorf("%s: the jar holds %q; want %q", mode, got, want)
		}
	}
}

// resp.Request.URL is the final URL, or the first if the response is opaque.
func TestTransportRequestURL(t *testing.T) {
	for _, tt := range modes {
		t.Run(tt.mode.String(), func(t *testing.T) {
			w := redirectingWeb(t)
			c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: tt.mode})}
			req := newRequest(t, "GET", tt.target, nil)
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			want := strings.Replace(tt.target, "/start", "/end", 1)
			if tt.mode == fetch.ModeNoCORS {
				want = tt.target
			}
			if got := resp.Request.URL.String(); got != want {
				t.Errorf("resp.Request.URL is %s; want %s", got, want)
			}
			if got := req.URL.String(); got != tt.target {
				t.Errorf("the caller's URL has become %s", got)
			}
		})
	}
}

// Errors are a *url.Error around a *NetworkError.
func TestTransportErrors(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{}})
	c := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app})}
	_, err := c.Do(newRequest(t, "GET", "https://api.example/", nil))
	u, ok := err.(*url.Error)
	if !ok {
		t.Fatalf("the error is a %T; want a *url.Error", err)
	}
	if _, ok := u.Err.(*fetch.NetworkError); !ok {
		t.Errorf("it wraps a %T; want a *NetworkError", u.Err)
	}
	if !errors.Is(err, fetch.ReasonMissingAllowOrigin) {
		t.Errorf("errors.Is does not find the reason in %v", err)
	}
	if u.Timeout() || u.Temporary() {
		t.Error("the *url.Error is a timeout or temporary")
	}
}

// FromHTTP finds the Response behind an http.Response, also under an http.Client
// with a Timeout, which wraps the body.
func TestFromHTTP(t *testing.T) {
	for _, tt := range modes {
		for _, via := range []string{"Transport", "http.Client", "http.Client with Timeout", "middleware"} {
			t.Run(tt.mode.String()+" by "+via, func(t *testing.T) {
				w := redirectingWeb(t)
				tr := w.client.Transport(&fetch.Params{Environment: app, Mode: tt.mode})
				var resp *http.Response
				var err error
				req := newRequest(t, "GET", tt.target, nil)
				switch via {
				case "Transport":
					resp, err = tr.RoundTrip(req)
				case "http.Client":
					resp, err = (&http.Client{Transport: tr}).Do(req)
				case "http.Client with Timeout":
					resp, err = (&http.Client{Transport: tr, Timeout: time.Hour}).Do(req)
				case "middleware":
					resp, err = (&http.Client{Transport: tracing(tr)}).Do(req)
				}
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				r, ok := fetch.FromHTTP(resp)
				if !ok {
					t.Fatal("FromHTTP finds no Response")
				}
				want := fetch.TypeBasic
				switch tt.mode {
				case fetch.ModeCORS:
					want = fetch.TypeCORS
				case fetch.ModeNoCORS:
					want = fetch.TypeOpaque
				}
				if r.Type != want {
					t.Errorf("type %s; want %s", r.Type, want)
				}
				if r.Internal() == nil || r.Internal().StatusCode == 0 {
					t.Errorf("the internal response is %+v", r.Internal())
				}
				if tt.mode == fetch.ModeSameOrigin {
					// The http.Response is filtered, and the internal one is not.
					wantHeader(t, resp.Header, "Set-Cookie")
					wantHeader(t, r.Header, "Set-Cookie")
					wantHeader(t, r.Internal().Header, "Set-Cookie", "end=1")
				}
			})
		}
	}
}

func TestFromHTTPFindsNothing(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{}})
	resp, err := w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(newRequest(t, "GET", "https://app.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	// Some middleware puts its own request there.
	resp.Request = newRequest(t, "GET", "https://app.example/", nil)
	for _, resp := range []*http.Response{nil, {}, resp} {
		if r, ok := fetch.FromHTTP(resp); ok || r != nil {
			t.Errorf("FromHTTP finds %v", r)
		}
	}
}

// An opaque response has nothing that tells of the server. What http.Response
// has beyond status, header and body is blank, too.
//
// Source: https://fetch.spec.whatwg.org/#concept-filtered-response-opaque.
func TestTransportOpaqueResponseIsBlank(t *testing.T) {
	secret := answer{status: 418, lines: []string{"Content-Length: 6", "X-A: a", "Set-Cookie: a=b", "Content-Encoding: x"}, body: "secret"}
	tests := []struct {
		name    string
		params  fetch.Params
		handler http.Handler
		want    fetch.ResponseType
	}{
		{"opaque", fetch.Params{Mode: fetch.ModeNoCORS}, secret, fetch.TypeOpaque},
		{"opaqueredirect", fetch.Params{Redirect: fetch.RedirectManual}, redirectTo(302, "https://secret.example/", "X-A: a"), fetch.TypeOpaqueRedirect},
	}
	for _, tt := range tests {
		for _, h2 := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{"https://api.example/start": redirectTo(302, "/end"), "https://api.example/end": tt.handler})
				if h2 {
					w.useHTTP2()
				}
				target := "https://api.example/end"
				if tt.want == fetch.TypeOpaque {
					target = "https://api.example/start"
				}
				p := tt.params
				p.Environment = app
				resp, err := (&http.Client{Transport: w.client.Transport(&p)}).Do(newRequest(t, "GET", target, nil))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body := readAll(t, resp.Body)
				if resp.StatusCode != 0 || resp.Status != "" || resp.Proto != "" || resp.ProtoMajor != 0 || resp.ProtoMinor != 0 ||
					resp.ContentLength != 0 || resp.TLS != nil || resp.Trailer != nil || resp.TransferEncoding != nil || resp.Uncompressed ||
					resp.Close || resp.Header == nil || len(resp.Header) != 0 || body != "" {
					t.Errorf("the response tells something: %+v, body %q", resp, body)
				}
				if got := resp.Request.URL.String(); got != target {
					t.Errorf("resp.Request.URL is %s; want the first, %s", got, target)
				}
				if resp.Request.Response != nil {
					t.Error("the request leads to a response")
				}
				r, ok := fetch.FromHTTP(resp)
				if !ok || r.Type != tt.want {
					t.Fatalf("FromHTTP is %+v, %t", r, ok)
				}
				if tt.want == fetch.TypeOpaque && readAll(t, r.Internal().Body) != "secret" {
					t.Error("the internal body is not what the server sent")
				}
			})
		}
	}
}

// A cors response has the fields that tell no more than the filter lets through.
func TestTransportCORSResponse(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{status: 418, lines: []string{
		"Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: X-A", "X-A: a", "X-B: b"}, body: "hello"}})
	resp, err := w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(newRequest(t, "GET", "https://api.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 418 || resp.Status != "418 I'm a teapot" || resp.Proto != "HTTP/1.1" || resp.ContentLength != 5 || resp.TLS == nil {
		t.Errorf("fields are missing: %+v", resp)
	}
	wantHeader(t, resp.Header, "X-A", "a")
	wantHeader(t, resp.Header, "X-B")
	if got := readAll(t, resp.Body); got != "hello" {
		t.Errorf("body %q", got)
	}
}

// The Params in the context replace those of the Transport and are not merged
// with them; without either there is no environment.
func TestTransportParams(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{body: "x"}})
	own := &fetch.Params{Environment: app, Mode: fetch.ModeNoCORS}
	do := func(own, ctx *fetch.Params) (*http.Response, error) {
		req := newRequest(t, "GET", "https://api.example/", nil)
		if ctx != nil {
			req = req.WithContext(fetch.NewContext(req.Context(), ctx))
		}
		resp, err := w.client.Transport(own).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		return resp, err
	}
	if resp, err := do(own, nil); err != nil || resp.StatusCode != 0 {
		t.Errorf("its own Params: %v, %v; want an opaque response", resp, err)
	}
	_, err := do(own, &fetch.Params{Environment: app})
	wantReason(t, err, fetch.ReasonMissingAllowOrigin)
	_, err = do(own, new(fetch.Params))
	wantReason(t, err, fetch.ReasonNoEnvironment)
	if resp, err := do(nil, own); err != nil || resp.StatusCode != 0 {
		t.Errorf("Params of the context: %v, %v; want an opaque response", resp, err)
	}
	_, err = do(nil, nil)
	wantReason(t, err, fetch.ReasonNoEnvironment)
}

// A navigation needs no initiator, neither by Fetch nor by Transport.
//
// Source: https://fetch.spec.whatwg.org/#concept-request-client (null).
func TestNavigationWithoutEnvironment(t *testing.T) {
	w := redirectingWeb(t)
	p := &fetch.Params{Mode: fetch.ModeNavigate}
	resp := w.fetch(newRequest(t, "GET", "https://api.example/start", nil), p)
	if resp.Type != fetch.TypeBasic || !resp.Redirected || resp.URL.Path != "/end" {
		t.Errorf("got %+v", resp)
	}
	w.fetch(newRequest(t, "POST", "https://api.example/end", "b"), p)
	wantHeader(t, w.last().Header, "Origin", "null")

	hresp, err := (&http.Client{Transport: w.client.Transport(p)}).Do(newRequest(t, "GET", "https://api.example/start", nil))
	if err != nil {
		t.Fatal(err)
	}
	hresp.Body.Close()
	if hresp.StatusCode != 200 {
		t.Errorf("status %d", hresp.StatusCode)
	}
}

// A Client whose fields are all zero works, with a private preflight cache.
func TestZeroClient(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"http://api.example/": share("Access-Control-Max-Age: 60", "Set-Cookie: a=b")})
	// http.DefaultTransport is the default Base. It dials the real name.
	target := "http://" + w.plain.Listener.Addr().String() + "/"
	w.handle(target, share("Access-Control-Max-Age: 60"))
	client := new(fetch.Client)
	for range 2 {
		resp, err := client.Fetch(newRequest(t, "PUT", target, "b"), &fetch.Params{Environment: app})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	w.wantReceived("OPTIONS "+target, "PUT "+target, "PUT "+target)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// Now is the clock of the private preflight cache.
func TestClientNow(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share("Access-Control-Max-Age: 60")})
	now := time.Unix(1_000_000, 0)
	w.client.Now = func() time.Time { return now }
	put := func() {
		t.Helper()
		w.fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: app})
	}
	const preflight, request = "OPTIONS https://api.example/", "PUT https://api.example/"
	put()
	w.wantReceived(preflight, request)
	now = now.Add(59 * time.Second)
	put()
	w.wantReceived(request)
	now = now.Add(2 * time.Second)
	put()
	w.wantReceived(preflight, request)
}

// PublicSuffixList decides what is the same site, and so what shares grants.
func TestClientPublicSuffixList(t *testing.T) {
	for _, tt := range []struct {
		name string
		list cookiejar.PublicSuffixList
		want int // requests of the second fetch
	}{
		{"example is a suffix", nil, 2},
		{"nothing is the suffix of anything", rootList{}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": share("Access-Control-Max-Age: 60")})
			w.client.PublicSuffixList = tt.list
			for _, top := range []string{"https://a.co.example", "https://b.co.example"} {
				w.forget()
				env := &fetch.Environment{Origin: app.Origin, TopLevel: fetch.MustParseOrigin(top)}
				if tt.list == nil {
					env.TopLevel = fetch.MustParseOrigin(strings.Replace(top, ".co.", ".", 1))
				}
				w.fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: env})
			}
			if got := len(w.received()); got != tt.want {
				t.Errorf("the second page needs %d requests; want %d", got, tt.want)
			}
		})
	}
}

// A rootList takes the last label for the public suffix.
type rootList struct{}

func (rootList) PublicSuffix(domain string) string {
	return domain[strings.LastIndexByte(domain, '.')+1:]
}
func (rootList) String() string { return "last label" }

// Grants are not shared among top-level pages, nor among opaque ones.
//
// Source: https://fetch.spec.whatwg.org/#network-partition-keys.
func TestEnvironmentPartition(t *testing.T) {
	opaque := fetch.OpaqueOrigin()
	env := func(origin, top fetch.Origin) *fetch.Environment {
		return &fetch.Environment{Origin: origin, TopLevel: top}
	}
	a, b := fetch.MustParseOrigin("https://app.example"), fetch.MustParseOrigin("https://b.example")
	tests := []struct {
		name   string
		x, y   *fetch.Environment
		shared bool
	}{
		{"same", env(a, a), env(a, a), true},
		{"top level by default", env(a, fetch.Origin{}), env(a, a), true},
		{"other top level", env(a, a), env(a, b), false},
		{"same site", env(a, fetch.MustParseOrigin("https://x.app.example")), env(a, fetch.MustParseOrigin("https://y.app.example")), true},
		{"same opaque top level", env(a, opaque), env(a, opaque), true},
		{"other opaque top level", env(a, opaque), env(a, fetch.OpaqueOrigin()), false},
		{"opaque origins, same top level", env(opaque, a), env(fetch.OpaqueOrigin(), a), true},
		{"opaque origins", env(opaque, fetch.Origin{}), env(fetch.OpaqueOrigin(), fetch.Origin{}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": share("Access-Control-Max-Age: 60")})
			for _, e := range []*fetch.Environment{tt.x, tt.y} {
				w.forget()
				w.fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: e})
			}
			if shared := len(w.received()) == 1; shared != tt.shared {
				t.Errorf("grants are shared: %t; want %t", shared, tt.shared)
			}
		})
	}
}

// An opaque origin is same origin with no URL, and serializes to null.
//
// Source: https://html.spec.whatwg.org/#same-origin.
func TestOpaquePage(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{lines: []string{"Access-Control-Allow-Origin: null"}}})
	sandbox := &fetch.Environment{Origin: fetch.OpaqueOrigin()}
	resp := w.fetch(newRequest(t, "GET", "https://api.example/", nil), &fetch.Params{Environment: sandbox})
	if resp.Type != fetch.TypeCORS {
		t.Errorf("type %s; want cors", resp.Type)
	}
	wantHeader(t, w.last().Header, "Origin", "null")
	e := w.refuse(newRequest(t, "GET", "https://api.example/", nil),
		&fetch.Params{Environment: sandbox, Mode: fetch.ModeSameOrigin}, fetch.ReasonSameOriginMode)
	if e.Origin != "null" || !strings.Contains(e.Error(), "from null") {
		t.Errorf("the error says %v", e)
	}
	w.refuse(newRequest(t, "GET", "https://api.example/", nil),
		&fetch.Params{Environment: page("null"), Mode: fetch.ModeSameOrigin}, fetch.ReasonSameOriginMode)
}

// A failed fetch clears the grants of its URL, so that the next one asks again.
//
// Source: https://fetch.spec.whatwg.org/#concept-cache-clear.
func TestFailureClearsGrants(t *testing.T) {
	shared := true
	w := newWeb(t, map[string]http.Handler{"https://api.example/": split(share("Access-Control-Max-Age: 60"),
		http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if shared {
				share().ServeHTTP(rw, r)
			}
		}))})
	const preflight, request = "OPTIONS https://api.example/", "PUT https://api.example/"
	put := func() (io.Closer, error) {
		resp, err := w.client.Fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: app})
		if err != nil {
			return nil, err
		}
		return resp.Body, nil
	}
	for _, step := range []struct {
		shared bool
		want   []string
	}{
		{true, []string{preflight, request}},
		{true, []string{request}},
		{false, []string{request}},
		{true, []string{preflight, request}},
	} {
		shared = step.shared
		body, err := put()
		if (err == nil) != step.shared {
			t.Errorf("error %v", err)
		}
		if err == nil {
			body.Close()
		}
		w.wantReceived(step.want...)
	}

	// A fetch that needs no preflight clears nothing.
	shared = false
	w.refuse(newRequest(t, "GET", "https://api.example/", nil), &fetch.Params{Environment: app}, fetch.ReasonMissingAllowOrigin)
	w.forget()
	shared = true
	body, err := put()
	if err != nil {
		t.Fatal(err)
	}
	body.Close()
	w.wantReceived(request)

	// One that is aborted does, if it needed one and has begun.
	for _, begun := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		if begun {
			ctx = fetch.WithTrace(ctx, &fetch.Trace{Preflight: func(fetch.PreflightInfo) { cancel() }})
		} else {
			cancel()
		}
		_, err = w.client.Fetch(newRequest(t, "PUT", "https://api.example/", nil).WithContext(ctx), &fetch.Params{Environment: app})
		wantReason(t, err, fetch.ReasonAborted)
		if body, err = put(); err != nil {
			t.Fatal(err)
		}
		body.Close()
		if begun {
			w.wantReceived(preflight, request)
		} else {
			w.wantReceived(request)
		}
	}
}
