package fetch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// secrets are what must not appear in errors and logs. The words are such that
// they appear nowhere else.
var secrets = []string{"sekret-user", "sekret-password", "sekret-fragment", "sekret-cookie", "sekret-auth", "sekret-custom", "sekret-response", "sekret-body"}

func wantNoSecrets(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s contains %q:\n%s", where, s, text)
		}
	}
}

// Errors and logs have no userinfo, no fragment, and no header value other than
// the Access-Control one that is at fault; they keep the query.
//
// Source: reasoning: logs are read by more people than pages are.
func TestTrap39NothingPrivateInErrorsAndLogs(t *testing.T) {
	private := []string{"Authorization: sekret-auth", "X-Custom: sekret-custom"}
	const api = "https://api.example/x?query=kept#sekret-fragment"
	unshared := answer{lines: []string{"X-Response: sekret-response", "Set-Cookie: sekret-response=1"}, body: "sekret-body"}
	tests := []struct {
		name   string
		url    string
		params fetch.Params
		server http.Handler
		want   fetch.Reason
	}{
		{"CORS check", api, fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude}, split(shareWith("https://app.example", "GET", "authorization,x-custom"), unshared), fetch.ReasonMissingAllowOrigin},
		{"preflight", api, fetch.Params{Environment: app}, unshared, fetch.ReasonMissingAllowOrigin},
		{"redirect", api, fetch.Params{Environment: app}, redirectTo(302, "https://sekret-user:sekret-password@b.example/y?query=kept#sekret-fragment"), fetch.ReasonRedirectCredentials},
		{"Location", api, fetch.Params{Environment: app}, redirectTo(302, "https://sekret-user:sekret-password@b.example:99999/"), fetch.ReasonRedirectLocation},
		{"scheme of Location", api, fetch.Params{Environment: app}, redirectTo(302, "ftp://sekret-user:sekret-password@b.example/"), fetch.ReasonNotHTTP},
		{"userinfo", "https://sekret-user:sekret-password@api.example/x?query=kept#sekret-fragment", fetch.Params{Environment: app}, unshared, fetch.ReasonInvalidRequest},
		{"navigation", "https://sekret-user:sekret-password@api.example/x?query=kept#sekret-fragment", fetch.Params{Environment: app, Mode: fetch.ModeNavigate, Redirect: fetch.RedirectError}, redirectTo(302, "/y"), fetch.ReasonRedirectMode},
		{"navigation with Location", "https://sekret-user:sekret-password@api.example/x?query=kept#sekret-fragment", fetch.Params{Environment: app, Mode: fetch.ModeNavigate}, redirectTo(302, "//a b/"), fetch.ReasonRedirectLocation},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/x": tt.server})
			w.client.Jar = newJar(t, "https://api.example/", "s=sekret-cookie")
			var logged bytes.Buffer
			w.client.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			var traced []string
			ctx := fetch.WithTrace(t.Context(), &fetch.Trace{
				Request:   func(i fetch.RequestInfo) { traced = append(traced, i.URL) },
				Response:  func(i fetch.ResponseInfo) { traced = append(traced, i.URL) },
				Preflight: func(i fetch.PreflightInfo) { traced = append(traced, i.URL, i.Key.URL, fmt.Sprint(i.Err)) },
				CORSCheck: func(i fetch.CORSCheckInfo) { traced = append(traced, i.URL) },
				Redirect:  func(i fetch.RedirectInfo) { traced = append(traced, i.From, i.To) },
			})
			e := w.refuse(newRequest(t, "GET", tt.url, nil, private...).WithContext(ctx), &tt.params, tt.want)

			wantNoSecrets(t, "Error", e.Error())
			fields, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			wantNoSecrets(t, "a field", string(fields))
			wantNoSecrets(t, "a log record", logged.String())
			wantNoSecrets(t, "a trace", strings.Join(traced, "\n"))
			if e.Err != nil {
				wantNoSecrets(t, "the cause", e.Err.Error())
				wantNoSecrets(t, "the cause in detail", fmt.Sprintf("%+v %#v", e.Err, e.Err))
			}
			if want := "https://api.example/x?query=kept"; e.URL != want || !strings.Contains(e.Error(), want) {
				t.Errorf("URL is %q; want %q, in the text as well:\n%v", e.URL, want, e)
			}
			if logged.Len() == 0 {
				t.Error("nothing is logged")
			}
		})
	}
}

// ResolveURL may fail with an error of net/url, which quotes the URL whole.
func TestTrap39ErrorOfResolveURL(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/": redirectTo(302, "https://sekret-user:sekret-password@b.example/%zz"),
	})
	w.client.ResolveURL = func(base *url.URL, ref string) (*url.URL, error) { return base.Parse(ref) }
	e := w.refuse(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app}, fetch.ReasonRedirectLocation)
	wantNoSecrets(t, "Error", e.Error())
	if e.Err == nil || !strings.Contains(e.Error(), "%zz") {
		t.Errorf("the cause is missing: %v", e)
	}
}

// A URL that is none is not quoted with its userinfo either.
func TestTrap39MalformedURLWithUserinfo(t *testing.T) {
	client := &fetch.Client{Base: unreachable(t)}
	req := &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", User: url.UserPassword("sekret-user", "sekret-password"), Host: "a b", Path: "/"}}
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
		_, err := client.Fetch(req, &fetch.Params{Environment: app, Mode: mode})
		e := wantReason(t, err, fetch.ReasonInvalidRequest)
		wantNoSecrets(t, "Error", fmt.Sprintf("%v %+v %#v", e, e, *e))
	}
}

// What a NetworkError tells is cross-origin information. It is all in the error,
// nothing of it in the response, and there is no response with an error.
//
// Source: https://fetch.spec.whatwg.org/#concept-network-error.
func TestTrap37NoResponseWithAnError(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{
		lines: []string{"Access-Control-Allow-Origin: https://sekret.example", "X-Response: sekret-response"}, body: "sekret-body"}})
	p := &fetch.Params{Environment: app}
	resp, err := w.client.Fetch(newRequest(t, "GET", "https://api.example/", nil), p)
	if resp != nil {
		t.Errorf("Fetch returns a response: %+v", resp)
	}
	e := wantReason(t, err, fetch.ReasonOriginMismatch)
	if e.Value != "https://sekret.example" {
		t.Errorf("Value is %q; the embedder needs it", e.Value)
	}
	hresp, err := w.client.Transport(p).RoundTrip(newRequest(t, "GET", "https://api.example/", nil))
	if hresp != nil {
		t.Errorf("RoundTrip returns a response: %+v", hresp)
	}
	wantReason(t, err, fetch.ReasonOriginMismatch)
}

// Values from outside are quoted and cut, so that they neither flood a log nor
// forge lines in it.
func TestTrap37ValuesAreQuotedAndCut(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/":         answer{lines: []string{"Access-Control-Allow-Origin: " + long}},
		"https://api.example/location": redirectTo(302, "https://b.example:"+long),
		"https://api.example/scheme":   redirectTo(302, long+":x"),
		"https://api.example/userinfo": redirectTo(302, "https://u@b.example/"+long),
		"https://api.example/methods":  answer{lines: []string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: " + long + "()"}},
		"https://api.example/tab":      answer{lines: []string{"Access-Control-Allow-Origin: a\tb\u00e4\u202e"}},
	})
	w.transport.MaxResponseHeaderBytes = 1 << 20
	p := &fetch.Params{Environment: app}
	for path, want := range map[string]fetch.Reason{
		"": fetch.ReasonOriginMismatch, "location": fetch.ReasonRedirectLocation, "scheme": fetch.ReasonNotHTTP,
		"userinfo": fetch.ReasonRedirectCredentials,
	} {
		e := w.refuse(newRequest(t, "GET", "https://api.example/"+path, nil), p, want)
		if n := len(e.Error()); n > 1000 {
			t.Errorf("/%s: the text has %d bytes", path, n)
		}
		if n := len(e.Value); n > 250 {
			t.Errorf("/%s: Value has %d bytes", path, n)
		}
	}
	for _, req := range []*http.Request{
		newRequest(t, "PUT", "https://api.example/methods", nil),
		newRequest(t, "GET", "https://api.example/"+long, nil),
		newRequest(t, strings.Repeat("M", 100_000), "https://api.example/", nil),
		newRequest(t, "GET", "https://api.example/", nil, "X-"+long+": a"),
		newRequest(t, "GET", "https://api.example/", nil, long+"(: a"),
	} {
		_, err := w.client.Fetch(req, p)
		if err == nil {
			t.Fatal("Fetch succeeded")
		}
		if n := len(err.Error()); n > 1000 {
			t.Errorf("the text has %d bytes: %.300s", n, err)
		}
	}

	e := w.refuse(newRequest(t, "GET", "https://api.example/tab", nil), p, fetch.ReasonOriginMismatch)
	if text := e.Error(); strings.ContainsAny(text, "\t\u202e") {
		t.Errorf("the text has control characters: %q", text)
	}
	req := newRequest(t, "GET", "https://api.example/", nil)
	req.Method = "GET\r\nX: y"
	if text := w.refuse(req, p, fetch.ReasonInvalidRequest).Error(); strings.ContainsAny(text, "\r\n") {
		t.Errorf("the text has line ends: %q", text)
	}
	req = newRequest(t, "GET", "https://api.example/", nil)
	req.Header["X\r\nY"] = []string{"z"}
	if text := w.refuse(req, p, fetch.ReasonInvalidRequest).Error(); strings.ContainsAny(text, "\r\n") {
		t.Errorf("the text has line ends: %q", text)
	}
	w.client.CheckRequest = func(*http.Request, *fetch.Params) error { return errors.New(long) }
	if n := len(w.refuse(newRequest(t, "GET", "https://api.example/", nil), p, fetch.ReasonCheckRequest).Error()); n > 1000 {
		t.Errorf("the text has %d bytes", n)
	}
}

// Response.URL is the last URL, with its fragment or the one it inherited, for
// basic and cors responses, and nothing for opaque ones.
//
// Source: https://fetch.spec.whatwg.org/#concept-response-location-url,
// https://fetch.spec.whatwg.org/#concept-filtered-response-opaque.
func TestTrap38ResponseURL(t *testing.T) {
	tests := []struct {
		name       string
		start      string
		location   string // of /start, "" for no redirect
		mode       fetch.Mode
		want       string // "" for nil
		redirected bool
	}{
		{"no redirect", "https://app.example/start#f", "", fetch.ModeCORS, "https://app.example/start#f", false},
		{"canonical", "https://APP.example:443/a/../start", "", fetch.ModeCORS, "https://app.example/start", false},
		{"inherited fragment", "https://app.example/start#f", "/end", fetch.ModeCORS, "https://app.example/end#f", true},
		{"own fragment", "https://app.example/start#f", "/end#g", fetch.ModeCORS, "https://app.example/end#g", true},
		{"empty fragment", "https://app.example/start#f", "/end#", fetch.ModeCORS, "https://app.example/end", true},
		{"other origin", "https://app.example/start", "https://api.example/end?q", fetch.ModeCORS, "https://api.example/end?q", true},
		{"opaque", "https://api.example/start", "", fetch.ModeNoCORS, "", false},
		{"opaque redirected", "https://app.example/start", "https://api.example/end", fetch.ModeNoCORS, "", false},
		{"no-cors at home", "https://app.example/start", "/end", fetch.ModeNoCORS, "https://app.example/end", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/start": share(),
				"https://api.example/start": share(),
				"https://app.example/end":   share(),
				"https://api.example/end":   share(),
			})
			if tt.location != "" {
				w.handle("https://app.example/start", redirectTo(302, tt.location))
			}
			resp := w.fetch(newRequest(t, "GET", tt.start, nil), &fetch.Params{Environment: app, Mode: tt.mode})
			if tt.want == "" {
				if resp.URL != nil {
					t.Errorf("URL is %s; want none", resp.URL)
				}
			} else if resp.URL == nil || resp.URL.String() != tt.want {
				t.Errorf("URL is %s; want %s", resp.URL, tt.want)
			}
			if resp.Redirected != tt.redirected {
				t.Errorf("Redirected is %t", resp.Redirected)
			}
			for _, r := range w.received() {
				if strings.Contains(r.URL, "#") || strings.Contains(fmt.Sprint(r.Header), "#") {
					t.Errorf("a fragment is sent: %s %v", r, r.Header)
				}
			}
		})
	}
}
