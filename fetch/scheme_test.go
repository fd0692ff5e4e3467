package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// schemeClients are the two ways to make a fetch: directly, and under an
// http.Client.
var schemeClients = []struct {
	name string
	do   func(*fetch.Client, *http.Request, *fetch.Params) (*fetch.Response, error)
}{
	{"Fetch", (*fetch.Client).Fetch},
	{"http.Client", func(c *fetch.Client, req *http.Request, p *fetch.Params) (*fetch.Response, error) {
		resp, err := (&http.Client{Transport: c.Transport(p)}).Do(req)
		if err != nil {
			return nil, err
		}
		r, ok := fetch.FromHTTP(resp)
		if !ok {
			resp.Body.Close()
			return nil, errors.New("FromHTTP does not know the response")
		}
		if resp.StatusCode != r.Status {
			resp.Body.Close()
			return nil, errors.New("the http.Response has another status than the Response")
		}
		r.Body = resp.Body
		return r, nil
	}},
}

// schemeURL parses a URL as a page's URLs are parsed.
func schemeURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := fetch.ParseURL(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func schemeRequest(t testing.TB, method, rawURL string, body any, lines ...string) *http.Request {
	t.Helper()
	req := newRequest(t, method, "https://replaced.example/", body, lines...)
	req.URL = schemeURL(t, rawURL)
	req.Host = req.URL.Host
	return req
}

// A schemeResult is what a page sees of a response.
type schemeResult struct {
	Type       fetch.ResponseType
	Status     int
	StatusText string
	URL        string
	Redirected bool
	Header     http.Header
	Body       string
}

func schemeResultOf(t testing.TB, r *fetch.Response) schemeResult {
	t.Helper()
	defer r.Body.Close()
	got := schemeResult{
		Type:       r.Type,
		Status:     r.Status,
		StatusText: r.StatusText,
		Redirected: r.Redirected,
		Header:     r.Header,
		Body:       readAll(t, r.Body),
	}
	if r.URL != nil {
		got.URL = r.URL.String()
	}
	return got
}

// Main fetch lets data: URLs through in every mode in front of all its other
// conditions, so that not even the redirect mode matters to mode no-cors.
//
// See https://fetch.spec.whatwg.org/#concept-main-fetch.
func TestSchemeData(t *testing.T) {
	tests := []struct {
		name        string
		source      string
		url         string
		contentType string
		body        string
	}{
		{"type", "WPT fetch/api/basic/scheme-data.any.js", "data:text/plain,response%27s%20body", "text/plain", "response's body"},
		{"no type", "WPT fetch/api/basic/scheme-data.any.js", "data:,response%27s%20body", "text/plain;charset=US-ASCII", "response's body"},
		{"base64", "WPT fetch/api/basic/scheme-data.any.js", "data:text/plain;base64,cmVzcG9uc2UncyBib2R5", "text/plain", "response's body"},
		{"fragment and query", "https://fetch.spec.whatwg.org/#data-url-processor", "data:text/html,a?b=c&d#e", "text/html", "a?b=c&d"},
		{"empty", "https://fetch.spec.whatwg.org/#data-url-processor", "data:image/gif,", "image/gif", ""},
		{"upper case", "https://url.spec.whatwg.org/#scheme-start-state", "DATA:Text/Plain;Charset=UTF-8,x", "text/plain;charset=UTF-8", "x"},
		{"bytes", "https://fetch.spec.whatwg.org/#data-url-processor", "data:application/octet-stream,%00%ff%zz", "application/octet-stream", "\x00\xff%zz"},
		{"host", "WPT fetch/data-urls/resources/data-urls.json", "data://test/,X", "text/plain;charset=US-ASCII", "X"},
	}
	for _, tt := range tests {
		for _, via := range schemeClients {
			for _, p := range []fetch.Params{
				{Mode: fetch.ModeCORS},
				{Mode: fetch.ModeCORS, Credentials: fetch.CredentialsInclude, ForcePreflight: true},
				{Mode: fetch.ModeNoCORS},
				{Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectError},
				{Mode: fetch.ModeSameOrigin},
				{Mode: fetch.ModeNavigate, Destination: "document"},
			} {
				for name, env := range map[string]*fetch.Environment{"tuple": app, "opaque": {Origin: fetch.OpaqueOrigin()}} {
					t.Run(strings.Join([]string{tt.name, via.name, p.Mode.String(), name}, "/"), func(t *testing.T) {
						p := p
						p.Environment = env
						c := &fetch.Client{Base: unreachable(t)}
						resp, err := via.do(c, schemeRequest(t, "GET", tt.url, nil), &p)
						if err != nil {
							t.Fatal(err)
						}
						if !resp.TimingAllowed {
							t.Error("no response from the network, and the timing is not allowed")
						}
						want := schemeResult{
							Type:       fetch.TypeBasic,
							Status:     200,
							StatusText: "OK",
							URL:        schemeURL(t, tt.url).String(),
							Header:     http.Header{"Content-Type": {tt.contentType}},
							Body:       tt.body,
						}
						if diff := cmp.Diff(want, schemeResultOf(t, resp)); diff != "" {
							t.Errorf("-want +got:\n%s", diff)
						}
					})
				}
			}
		}
	}
}

// What applies to every response applies to those of data: URLs.
func TestSchemeDataMainFetch(t *testing.T) {
	const text = "data:text/plain,x"
	tests := []struct {
		name   string
		source string
		method string
		url    string
		params fetch.Params
		want   fetch.Reason // "" for success
		body   string
	}{
		{"HEAD", "https://fetch.spec.whatwg.org/#concept-main-fetch", "HEAD", text, fetch.Params{}, "", ""},
		{"POST", "WPT fetch/api/basic/scheme-data.any.js", "POST", text, fetch.Params{}, "", "x"},
		{"PUT", "https://fetch.spec.whatwg.org/#concept-scheme-fetch", "PUT", text, fetch.Params{}, "", "x"},
		{
			"image as script", "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?",
			"GET", "data:image/svg+xml,x", fetch.Params{Destination: "script"}, fetch.ReasonMIMEType, "",
		},
		{"text as script", "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?", "GET", text, fetch.Params{Destination: "script"}, "", "x"},
		{
			"integrity", "https://fetch.spec.whatwg.org/#concept-main-fetch", "GET", text,
			// printf x | openssl dgst -sha256 -binary | base64
			fetch.Params{Integrity: "sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="}, "", "x",
		},
		{
			"other integrity", "https://fetch.spec.whatwg.org/#concept-main-fetch", "GET", "data:text/plain,y",
			fetch.Params{Integrity: "sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="}, fetch.ReasonIntegrity, "",
		},
		{"no comma", "WPT fetch/api/basic/scheme-data.any.js", "GET", "data:notAdataUrl.com", fetch.Params{}, fetch.ReasonTransport, ""},
		{"comma in the fragment", "https://fetch.spec.whatwg.org/#data-url-processor", "GET", "data:text/plain#,x", fetch.Params{}, fetch.ReasonTransport, ""},
		{"malformed base64", "https://infra.spec.whatwg.org/#forgiving-base64-decode", "GET", "data:;base64,=", fetch.Params{}, fetch.ReasonTransport, ""},
		{"websocket", "https://websockets.spec.whatwg.org/#concept-websocket-establish", "GET", text, fetch.Params{Mode: fetch.ModeWebSocket}, fetch.ReasonNotHTTP, ""},
	}
	for _, tt := range tests {
		for _, via := range schemeClients {
			t.Run(tt.name+"/"+via.name, func(t *testing.T) {
				p := tt.params
				p.Environment = app
				c := &fetch.Client{Base: unreachable(t)}
				var body *requestBody
				req := schemeRequest(t, tt.method, tt.url, nil)
				if tt.method == "POST" || tt.method == "PUT" {
					body = newBody("not for anybody")
					req.Body = body
				}
				resp, err := via.do(c, req, &p)
				switch {
				case tt.want != "":
					if err == nil {
						resp.Body.Close()
						t.Fatal("no error")
					}
					wantReason(t, err, tt.want)
				case err != nil:
					t.Fatal(err)
				default:
					got := schemeResultOf(t, resp)
					if got.Type != fetch.TypeBasic || got.Status != 200 || got.Body != tt.body {
						t.Errorf("got %+v; want basic, 200, %q", got, tt.body)
					}
				}
				if body != nil && body.closed.Load() == 0 {
					t.Error("the request's body was not closed")
				}
			})
		}
	}
}

// A malformed data: URL is a network error that tells what is wrong with it, and
// not the URL.
func TestSchemeDataError(t *testing.T) {
	for url, part := range map[string]string{
		"data:secret":          "comma",
		"data:;base64,sec=ret": "base64",
	} {
		c := &fetch.Client{Base: unreachable(t)}
		_, err := c.Fetch(schemeRequest(t, "GET", url, nil), &fetch.Params{Environment: app})
		if e := wantReason(t, err, fetch.ReasonTransport); e.Err == nil || !strings.Contains(e.Err.Error(), part) {
			t.Errorf("%s: %v; want something about the %s", url, e, part)
		}
	}
}

// Only navigations get at about:blank as a page does. To the other modes it is a
// URL of an opaque origin.
//
// See https://fetch.spec.whatwg.org/#concept-scheme-fetch.
func TestSchemeAbout(t *testing.T) {
	const html = "text/html;charset=utf-8"
	tests := []struct {
		name   string
		source string
		url    string
		method string
		mode   fetch.Mode
		noPage bool
		want   fetch.Reason
		typ    fetch.ResponseType // if want is ""
	}{
		{name: "navigate", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:blank", mode: fetch.ModeNavigate, typ: fetch.TypeBasic},
		{name: "address bar", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:blank", mode: fetch.ModeNavigate, noPage: true, typ: fetch.TypeBasic},
		{name: "query and fragment", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:blank?a#b", mode: fetch.ModeNavigate, typ: fetch.TypeBasic},
		{name: "HEAD", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:blank", method: "HEAD", mode: fetch.ModeNavigate, typ: fetch.TypeBasic},
		{name: "POST", source: "WPT fetch/api/basic/scheme-about.any.js", url: "about:blank", method: "POST", mode: fetch.ModeNavigate, typ: fetch.TypeBasic},
		{name: "cors", source: "WPT fetch/api/basic/scheme-about.any.js", url: "about:blank", mode: fetch.ModeCORS, want: fetch.ReasonNotHTTP},
		{name: "PUT, cors", source: "WPT fetch/api/basic/scheme-about.any.js", url: "about:blank", method: "PUT", mode: fetch.ModeCORS, want: fetch.ReasonNotHTTP},
		{name: "same-origin", source: "https://fetch.spec.whatwg.org/#concept-main-fetch", url: "about:blank", mode: fetch.ModeSameOrigin, want: fetch.ReasonSameOriginMode},
		{name: "no-cors", source: "https://fetch.spec.whatwg.org/#concept-main-fetch", url: "about:blank", mode: fetch.ModeNoCORS, typ: fetch.TypeOpaque},
		{name: "websocket", source: "https://websockets.spec.whatwg.org/#concept-websocket-establish", url: "about:blank", mode: fetch.ModeWebSocket, want: fetch.ReasonNotHTTP},
		{name: "upper case", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:BLANK", mode: fetch.ModeNavigate, want: fetch.ReasonNotHTTP},
		{name: "slash", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:blank/", mode: fetch.ModeNavigate, want: fetch.ReasonNotHTTP},
		{name: "srcdoc", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:srcdoc", mode: fetch.ModeNavigate, want: fetch.ReasonNotHTTP},
		{name: "config", source: "https://fetch.spec.whatwg.org/#concept-scheme-fetch", url: "about:config", mode: fetch.ModeNavigate, want: fetch.ReasonNotHTTP},
		{name: "config, no-cors", source: "WPT fetch/api/basic/scheme-about.any.js", url: "about:config", mode: fetch.ModeNoCORS, want: fetch.ReasonNotHTTP},
		{name: "nothing", source: "WPT fetch/api/basic/scheme-about.any.js", url: "about:", mode: fetch.ModeNavigate, want: fetch.ReasonNotHTTP},
	}
	for _, tt := range tests {
		for _, via := range schemeClients {
			t.Run(tt.name+"/"+via.name, func(t *testing.T) {
				p := &fetch.Params{Mode: tt.mode, Environment: app}
				if tt.noPage {
					p.Environment = nil
				}
				c := &fetch.Client{Base: unreachable(t)}
				resp, err := via.do(c, schemeRequest(t, tt.method, tt.url, nil), p)
				if tt.want != "" {
					if err == nil {
						resp.Body.Close()
						t.Fatal("no error")
					}
					wantReason(t, err, tt.want)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				want := schemeResult{Type: tt.typ, Status: 200, StatusText: "OK", URL: tt.url, Header: http.Header{"Content-Type": {html}}}
				if tt.typ == fetch.TypeOpaque {
					want = schemeResult{Type: tt.typ, Header: http.Header{}}
				}
				if diff := cmp.Diff(want, schemeResultOf(t, resp)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				wantHeader(t, resp.Internal().Header, "Content-Type", html)
			})
		}
	}
}

// schemeRefused are URLs that nothing fetches unless Schemes does.
var schemeRefused = []string{
	"mailto:a@example.com",
	"javascript:alert(1)",
	"ftp://app.example/x",
	"file:///etc/hosts",
	"filesystem:https://app.example/x",
	"wails://wails/x",
	"ws://app.example/x",
	"wss://app.example/x",
	"x-unknown:y",
}

// See https://fetch.spec.whatwg.org/#concept-scheme-fetch.
func TestSchemeUnknown(t *testing.T) {
	for _, rawURL := range append(schemeRefused, "blob:https://app.example/9115d58c-bcda-ff47-86e5-083e9a215304") {
		for _, via := range schemeClients {
			for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate} {
				t.Run(strings.Join([]string{rawURL, via.name, mode.String()}, " "), func(t *testing.T) {
					want := fetch.ReasonNotHTTP
					if mode == fetch.ModeSameOrigin && !strings.HasPrefix(rawURL, "blob:") {
						want = fetch.ReasonSameOriginMode
					}
					c := &fetch.Client{Base: unreachable(t)}
					body := newBody("x")
					req := schemeRequest(t, "POST", rawURL, nil)
					req.Body = body
					req.GetBody = func() (io.ReadCloser, error) { return newBody("x"), nil }
					_, err := via.do(c, req, &fetch.Params{Mode: mode, Environment: app})
					wantReason(t, err, want)
					if body.closed.Load() == 0 {
						t.Error("the request's body was not closed")
					}
				})
			}
		}
	}
}

// A redirect to a URL that is not HTTP(S) is a network error, whatever can fetch
// the scheme otherwise, and also if it is an http.Client that follows it.
//
// See https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func TestSchemeRedirectTo(t *testing.T) {
	targets := append([]string{
		"data:text/html,x",
		"about:blank",
		"about:srcdoc",
		"blob:https://app.example/9115d58c-bcda-ff47-86e5-083e9a215304",
	}, schemeRefused...)
	w := newWeb(t, nil)
	w.client.Schemes = make(map[string]http.RoundTripper)
	for _, scheme := range []string{"data", "about", "blob", "file", "mailto", "wails"} {
		w.client.Schemes[scheme] = unreachable(t)
	}
	starts := map[fetch.Mode]string{
		fetch.ModeCORS:       "https://api.example/start",
		fetch.ModeNoCORS:     "https://api.example/start",
		fetch.ModeSameOrigin: "https://app.example/start",
		fetch.ModeNavigate:   "https://api.example/start",
	}
	for _, target := range targets {
		for _, status := range []int{301, 303, 307} {
			for mode, start := range starts {
				w.handle(start, redirectTo(status, target))
				for _, via := range schemeClients {
					t.Run(strings.Join([]string{target, http.StatusText(status), mode.String(), via.name}, " "), func(t *testing.T) {
						w.t = t
						w.forget()
						p := &fetch.Params{Mode: mode, Environment: app}
						resp, err := via.do(w.client, newRequest(t, "GET", start, nil), p)
						if err == nil {
							resp.Body.Close()
							t.Fatalf("the redirect was followed to %v", resp.URL)
						}
						wantReason(t, err, fetch.ReasonNotHTTP)
						w.wantReceived("GET " + start)
					})
				}
			}
		}
	}
}

// With redirect mode manual nobody looks at where a redirect leads.
func TestSchemeRedirectToManual(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{apiURL: redirectTo(302, "data:text/html,x")})
	resp := w.fetch(newRequest(t, "GET", apiURL, nil), &fetch.Params{Environment: app, Redirect: fetch.RedirectManual})
	if resp.Type != fetch.TypeOpaqueRedirect {
		t.Errorf("type %s; want opaqueredirect", resp.Type)
	}
}

// schemeCookies is a jar that must not be asked.
type schemeCookies struct{ t testing.TB }

func (j schemeCookies) Cookies(u *url.URL) []*http.Cookie {
	j.t.Errorf("the jar is asked for the cookies of %s", u)
	return []*http.Cookie{{Name: "a", Value: "b"}}
}

func (j schemeCookies) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.t.Errorf("the jar gets the cookies %v of %s", cookies, u)
}

var (
	wails     = page("wails://wails")
	wailsHome = "wails://wails/index.html"
)

// What Client.Schemes makes of a URL's scheme, as the first two cases of main
// fetch, and the last but one, judge it.
//
// See https://fetch.spec.whatwg.org/#concept-main-fetch.
func TestSchemeClientSchemes(t *testing.T) {
	const (
		basic   = string(fetch.TypeBasic)
		opaque  = string(fetch.TypeOpaque)
		notHTTP = string(fetch.ReasonNotHTTP)
		refused = string(fetch.ReasonSameOriginMode)
		blob    = "blob:https://app.example/9115d58c-bcda-ff47-86e5-083e9a215304"
	)
	tests := []struct {
		name string
		page *fetch.Environment // nil for the address bar
		url  string

		// What comes of it in each mode: the type of the response, or the reason
		// why there is none.
		cors, noCORS, sameOrigin, navigate string
	}{
		{"own origin", wails, "wails://wails/x?y", basic, basic, basic, basic},
		{"upper case scheme", wails, "WAILS://wails/x", basic, basic, basic, basic},
		{"other host", wails, "wails://other/x", notHTTP, opaque, refused, basic},
		{"other port", wails, "wails://wails:8080/x", notHTTP, opaque, refused, basic},
		{"host in upper case", wails, "wails://WAILS/x", notHTTP, opaque, refused, basic},
		{"no host", wails, "wails:/x", notHTTP, opaque, refused, basic},
		{"opaque path", wails, "wails:x", notHTTP, opaque, refused, basic},
		{"page from the web", app, "wails://wails/x", notHTTP, opaque, refused, basic},
		{"page with the host of the URL", page("https://wails"), "wails://wails/x", notHTTP, opaque, refused, basic},
		{"opaque page", &fetch.Environment{Origin: fetch.OpaqueOrigin()}, "wails://wails/x", notHTTP, opaque, refused, basic},
		{"address bar", nil, "wails://wails/x", "", "", "", basic},
		{"bad port", wails, "wails://wails:25/x", notHTTP, opaque, refused, basic},
		{"own bad port", page("wails://wails:25"), "wails://wails:25/x", basic, basic, basic, basic},

		{"own blob", app, blob, basic, basic, basic, basic},
		{"blob of another origin", page("https://evil.example"), blob, notHTTP, opaque, refused, basic},
		{"blob of an opaque origin", app, "blob:null/9115d58c-bcda-ff47-86e5-083e9a215304", notHTTP, opaque, refused, basic},
		{"file from a sandboxed page", &fetch.Environment{Origin: fetch.OpaqueOrigin(), URL: mustURL(t, "https://app.example/")},
			"file:///etc/hosts", notHTTP, notHTTP, refused, notHTTP},
		{"blob in the address bar", nil, blob, "", "", "", basic},

		// What becomes of files the standard leaves open. No page with a tuple origin
		// gets at them.
		{"file", app, "file:///etc/hosts", notHTTP, notHTTP, refused, notHTTP},
		{"file from an application", wails, "file:///etc/hosts", notHTTP, notHTTP, refused, notHTTP},
		{"file from a file", &fetch.Environment{Origin: fetch.OpaqueOrigin(), URL: mustURL(t, "file:///etc/passwd")}, "file:///etc/hosts", notHTTP, opaque, refused, basic},
		{"file in the address bar", nil, "file:///etc/hosts", "", "", "", basic},

		{"about, which the engine leaves over", app, "about:config", notHTTP, opaque, refused, basic},
	}
	for _, tt := range tests {
		for mode, want := range map[fetch.Mode]string{
			fetch.ModeCORS:       tt.cors,
			fetch.ModeNoCORS:     tt.noCORS,
			fetch.ModeSameOrigin: tt.sameOrigin,
			fetch.ModeNavigate:   tt.navigate,
		} {
			if want == "" {
				continue
			}
			for _, via := range schemeClients {
				t.Run(strings.Join([]string{tt.name, mode.String(), via.name}, "/"), func(t *testing.T) {
					var got *http.Request
					own := roundTripper(func(r *http.Request) (*http.Response, error) {
						got = r
						return &http.Response{
							StatusCode: 200,
							Status:     "200 OK",
							Header:     http.Header{"X-A": {"b"}, "Set-Cookie": {"c=d"}, "Cross-Origin-Resource-Policy": {"same-origin"}},
							Body:       io.NopCloser(strings.NewReader("content")),
						}, nil
					})
					c := &fetch.Client{
						Base:      unreachable(t),
						Jar:       schemeCookies{t},
						UserAgent: "agent",
						Schemes:   map[string]http.RoundTripper{"wails": own, "blob": own, "file": own, "about": own},
					}
					req := schemeRequest(t, "GET", tt.url, nil, "X-Page: x", "Cookie: a=b")
					p := &fetch.Params{Environment: tt.page, Mode: mode, Credentials: fetch.CredentialsInclude}
					resp, err := via.do(c, req, p)
					if want == notHTTP || want == refused {
						if err == nil {
							resp.Body.Close()
							t.Fatal("no error")
						}
						wantReason(t, err, fetch.Reason(want))
						if got != nil {
							t.Error("it was fetched all the same")
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					seen := schemeResultOf(t, resp)
					if string(seen.Type) != want {
						t.Errorf("type %s; want %s", seen.Type, want)
					}
					if seen.Type == fetch.TypeOpaque {
						if diff := cmp.Diff(schemeResult{Type: fetch.TypeOpaque, Header: http.Header{}}, seen); diff != "" {
							t.Errorf("-want +got:\n%s", diff)
						}
					} else if seen.Status != 200 || seen.Body != "content" {
						t.Errorf("got %+v; want status 200 and the content", seen)
					} else {
						wantHeader(t, seen.Header, "X-A", "b")
						wantHeader(t, seen.Header, "Set-Cookie")
					}
					// The headers of HTTP-network-or-cache fetch are not for
					// other schemes.
					want := http.Header{"Accept": {"*/*"}, "X-Page": {"x"}}
					if mode == fetch.ModeNoCORS {
						want = http.Header{"Accept": {"*/*"}}
					}
					if diff := cmp.Diff(want, got.Header); diff != "" {
						t.Errorf("request headers (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

// A page of an application is an ordinary foreigner on the web.
func TestSchemeClientSchemesPageOnTheWeb(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		apiURL: shareWith("wails://wails", "PUT", "content-type"),
	})
	w.client.Schemes = map[string]http.RoundTripper{"wails": unreachable(t)}
	env := &fetch.Environment{Origin: fetch.MustParseOrigin("wails://wails"), URL: mustURL(t, wailsHome)}
	resp := w.fetch(newRequest(t, "PUT", apiURL, "{}", "Content-Type: application/json"),
		&fetch.Params{Environment: env, Credentials: fetch.CredentialsInclude})
	if resp.Type != fetch.TypeCORS {
		t.Errorf("type %s; want cors", resp.Type)
	}
	for _, r := range w.received() {
		wantHeader(t, r.Header, "Origin", "wails://wails")
		wantHeader(t, r.Header, "Sec-Fetch-Site", "cross-site")
		wantHeader(t, r.Header, "Referer")
	}
	w.wantReceived("OPTIONS "+apiURL, "PUT "+apiURL)
}

// A response from Client.Schemes with a redirect status is the final one: to the
// standard, redirects are a matter of HTTP fetch.
func TestSchemeClientSchemesRedirect(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{apiURL: share()})
	for _, location := range []string{apiURL, "wails://wails/y", "data:text/plain,x"} {
		calls := 0
		w.client.Schemes = map[string]http.RoundTripper{"wails": roundTripper(func(*http.Request) (*http.Response, error) {
			calls++
			return &http.Response{StatusCode: 302, Status: "302 Found", Header: http.Header{"Location": {location}}}, nil
		})}
		for _, redirect := range []fetch.Redirect{fetch.RedirectFollow, fetch.RedirectError, fetch.RedirectManual} {
			for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate} {
				calls = 0
				resp := w.fetch(schemeRequest(t, "GET", wailsHome, nil), &fetch.Params{Environment: wails, Mode: mode, Redirect: redirect})
				if resp.Type != fetch.TypeBasic || resp.Status != 302 || resp.Redirected || calls != 1 {
					t.Errorf("to %s, %s, %s: %s, %d, redirected %t, after %d calls; want basic, 302, after one", location, mode, redirect, resp.Type, resp.Status, resp.Redirected, calls)
				}
			}
		}
		// An http.Client would follow it.
		calls = 0
		client := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: wails, Mode: fetch.ModeNavigate})}
		resp, err := client.Do(schemeRequest(t, "GET", wailsHome, nil))
		if err == nil {
			resp.Body.Close()
			t.Fatalf("under http.Client, the redirect to %s was followed", location)
		}
		wantReason(t, err, fetch.ReasonNotHTTP)
		if calls != 1 {
			t.Errorf("under http.Client, to %s: %d calls; want one", location, calls)
		}
		w.wantReceived()
	}
}

// Client.CheckRequest has its say on further schemes: a file may be as secret as a
// server.
func TestSchemeClientSchemesCheckRequest(t *testing.T) {
	var checked []string
	c := &fetch.Client{
		Base:    unreachable(t),
		Schemes: map[string]http.RoundTripper{"file": unreachable(t)},
		CheckRequest: func(r *http.Request, _ *fetch.Params) error {
			checked = append(checked, r.URL.String())
			return errRefused
		},
	}
	_, err := c.Fetch(schemeRequest(t, "GET", "file:///etc/passwd", nil), &fetch.Params{Mode: fetch.ModeNavigate})
	wantReason(t, err, fetch.ReasonCheckRequest)
	if want := []string{"file:///etc/passwd"}; !slices.Equal(checked, want) {
		t.Errorf("CheckRequest saw %q; want %q", checked, want)
	}
}

func TestSchemeClientSchemesErrors(t *testing.T) {
	broken := errors.New("no such entry")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name  string
		ctx   context.Context
		serve func(*http.Request, context.CancelFunc) (*http.Response, error)
		want  fetch.Reason
		is    error
	}{
		{
			name:  "error",
			serve: func(*http.Request, context.CancelFunc) (*http.Response, error) { return nil, broken },
			want:  fetch.ReasonTransport, is: broken,
		},
		{
			name:  "neither response nor error",
			serve: func(*http.Request, context.CancelFunc) (*http.Response, error) { return nil, nil },
			want:  fetch.ReasonTransport,
		},
		{
			name: "switching protocols",
			serve: func(*http.Request, context.CancelFunc) (*http.Response, error) {
				return &http.Response{StatusCode: 101, Body: http.NoBody}, nil
			},
			want: fetch.ReasonTransport,
		},
		{
			name: "aborted before", ctx: canceled,
			serve: func(*http.Request, context.CancelFunc) (*http.Response, error) {
				return nil, errors.New("it was called")
			},
			want: fetch.ReasonAborted, is: context.Canceled,
		},
		{
			name: "aborted meanwhile",
			serve: func(r *http.Request, cancel context.CancelFunc) (*http.Response, error) {
				cancel()
				<-r.Context().Done()
				return nil, broken
			},
			want: fetch.ReasonAborted, is: context.Canceled,
		},
	}
	for _, tt := range tests {
		for _, via := range schemeClients {
			t.Run(tt.name+"/"+via.name, func(t *testing.T) {
				ctx := tt.ctx
				if ctx == nil {
					ctx = t.Context()
				}
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				c := &fetch.Client{Schemes: map[string]http.RoundTripper{"wails": roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Body != nil {
						r.Body.Close()
					}
					return tt.serve(r, cancel)
				})}}
				body := newBody("x")
				req := schemeRequest(t, "POST", wailsHome, nil).WithContext(ctx)
				req.Body = body
				_, err := via.do(c, req, &fetch.Params{Environment: wails})
				wantReason(t, err, tt.want)
				if tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("%v is not %v", err, tt.is)
				}
				if body.closed.Load() == 0 {
					t.Error("the request's body was not closed")
				}
			})
		}
	}
}

// A request's method, body and header lines reach the RoundTripper, and what it
// leaves out of its response is no trap.
func TestSchemeClientSchemesRequest(t *testing.T) {
	var got string
	c := &fetch.Client{Schemes: map[string]http.RoundTripper{"wails": roundTripper(func(r *http.Request) (*http.Response, error) {
		got = r.Method + " " + r.URL.String() + " " + readAll(t, r.Body) + " " + r.Header["X-A"][0]
		return &http.Response{StatusCode: 404}, r.Body.Close()
	})}}
	resp, err := c.Fetch(schemeRequest(t, "POST", "wails://wails/a b?c#d", "text", "X-A: b"), &fetch.Params{Environment: wails})
	if err != nil {
		t.Fatal(err)
	}
	if want := "POST wails://wails/a%20b?c#d text b"; got != want {
		t.Errorf("the RoundTripper got %q; want %q", got, want)
	}
	want := schemeResult{Type: fetch.TypeBasic, Status: 404, URL: "wails://wails/a%20b?c#d", Header: http.Header{}}
	if diff := cmp.Diff(want, schemeResultOf(t, resp)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
