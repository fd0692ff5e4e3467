package fetchtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// echo answers with what of a request depends on who makes it.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s origin=%s referer=%s cookie=%s type=%s body=%s user=%s", r.Method, r.URL, r.Header.Get("Origin"),
		r.Header.Get("Referer"), r.Header.Get("Cookie"), r.Header.Get("Content-Type"), body, r.Header.Get("Sec-Fetch-User"))
}

// The bodies of fetch() and what they imply.
func TestInit(t *testing.T) {
	const extract = "https://fetch.spec.whatwg.org/#concept-bodyinit-extract"
	json := http.Header{"content-type": {"application/json"}}
	tests := []struct {
		name      string
		source    string
		init      *fetchtest.Init
		url       string
		want      string
		preflight bool
	}{
		{"nothing", "https://fetch.spec.whatwg.org/#fetch-method", nil, "items?x=1",
			"GET /items?x=1 origin=https://app.example referer=https://app.example/ cookie= type= body= user=", false},
		{"string", extract, &fetchtest.Init{Method: "post", Body: "x"}, "/", "POST / origin=https://app.example referer=https://app.example/ cookie= type=text/plain;charset=UTF-8 body=x user=", false},
		{"string with a type", extract, &fetchtest.Init{Method: "POST", Body: "{}", Header: json}, "/", "type=application/json body={}", true},
		{"form", extract, &fetchtest.Init{Method: "POST", Body: url.Values{"a": {"1 2"}}}, "/", "type=application/x-www-form-urlencoded;charset=UTF-8 body=a=1+2", false},
		{"bytes", extract, &fetchtest.Init{Method: "POST", Body: []byte("b")}, "/", "type= body=b", false},
		{"stream", extract, &fetchtest.Init{Method: "POST", Body: io.MultiReader(strings.NewReader("s"))}, "/", "type= body=s", true},
		{"buffer", extract, &fetchtest.Init{Method: "POST", Body: bytes.NewBufferString("s")}, "/", "type= body=s", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := fetchtest.NewBrowser(t, fetchtest.Hosts{api: share(echo)})
			page := b.OpenAs(&fetch.Environment{Origin: fetch.MustParseOrigin(app), URL: mustURL(t, app+"/dir/page")})
			resp := mustFetch(t, page, api+"/"+strings.TrimPrefix(tt.url, "/"), tt.init)
			wantText(t, readAll(t, resp.Body), tt.want)
			if got := b.Hosts().Exchanges()[0].Preflight; got != tt.preflight {
				t.Errorf("preflight: %v; see %s", got, tt.source)
			}
		})
	}
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := fetch.ParseURL(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestRelativeURL(t *testing.T) {
	b := fetchtest.NewBrowser(t, fetchtest.Hosts{app: http.HandlerFunc(echo)})
	resp := mustFetch(t, b.Open(app+"/dir/page"), "../x", nil)
	if got := resp.URL.String(); got != app+"/x" || resp.Type != fetch.TypeBasic {
		t.Errorf("fetched %s, %s", got, resp.Type)
	}
}

func TestInvalidFetches(t *testing.T) {
	_, page := open(t, share(echo))
	closing := &closed{Reader: strings.NewReader("x")}
	for name, call := range map[string]func() error{
		"URL":          func() error { _, err := page.Fetch(t.Context(), "https://a b/", nil); return err },
		"XHR URL":      func() error { _, err := page.Send(t.Context(), "http://[", nil); return err },
		"navigation":   func() error { _, err := page.Navigate(t.Context(), "https://a b/"); return err },
		"form":         func() error { _, err := page.Submit(t.Context(), "https://a b/", nil); return err },
		"method":       func() error { _, err := page.Fetch(t.Context(), api, &fetchtest.Init{Method: "A B"}); return err },
		"body for GET": func() error { _, err := page.Fetch(t.Context(), api, &fetchtest.Init{Body: closing}); return err },
		"request":      func() error { _, err := page.Do(new(http.Request), nil); return err },
	} {
		err := call()
		var f *fetchtest.Failure
		if !errors.As(err, &f) || !errors.Is(err, fetch.ReasonInvalidRequest) || f.Fix() != nil {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		wantText(t, err.Error(), "Nothing was sent", "See https://fetch.spec.whatwg.org/#dom-request")
	}
	if !closing.closed {
		t.Error("the body was not closed")
	}
	var bad *fetchtest.BodyError
	if _, err := page.Fetch(t.Context(), api, &fetchtest.Init{Method: "POST", Body: 1}); !errors.As(err, &bad) || bad.Type != "int" {
		t.Errorf("error %v", err)
	}
	wantText(t, bad.Error(), "int", "url.Values")
}

// XMLHttpRequest's defaults.
//
// Source: https://xhr.spec.whatwg.org/#the-send()-method.
func TestSend(t *testing.T) {
	b, page := open(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", app)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		echo(w, r)
	})
	if err := b.SetCookie(api, "id=1; SameSite=None; Secure"); err != nil {
		t.Fatal(err)
	}
	send := func(x *fetchtest.XHR) string {
		t.Helper()
		resp, err := page.Send(t.Context(), api+"/", x)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return readAll(t, resp.Body)
	}
	wantText(t, send(nil), "GET / ", "cookie= ")
	wantText(t, send(&fetchtest.XHR{WithCredentials: true}), "cookie=id=1 ")
	wantText(t, send(&fetchtest.XHR{Body: "ignored"}), "body= ")
	b.Hosts().Forget()
	wantText(t, send(&fetchtest.XHR{Method: "POST", Body: "x", UploadListener: true}), "type=text/plain;charset=UTF-8 body=x ")
	b.Hosts().WantRequests(t, "OPTIONS https://api.example/ (preflight)", "POST https://api.example/")
}

// An http.Client of a page, for code that takes one.
func TestClient(t *testing.T) {
	b, page := open(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/private" {
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", app)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		echo(w, r)
	})
	if err := b.SetCookie(api, "id=1; SameSite=None; Secure"); err != nil {
		t.Fatal(err)
	}
	do := func(c *http.Client, ctx context.Context) string {
		t.Helper()
		resp, err := c.Do(newRequest(t, "GET", api+"/", nil).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if r, ok := fetch.FromHTTP(resp); !ok || r.Type != fetch.TypeCORS {
			t.Error("FromHTTP does not know the response")
		}
		return readAll(t, resp.Body)
	}
	include := &fetch.Params{Credentials: fetch.CredentialsInclude}
	wantText(t, do(page.Client(nil), t.Context()), "origin=https://app.example", "cookie= ")
	wantText(t, do(page.Client(include), t.Context()), "cookie=id=1 ")
	wantText(t, do(page.Client(nil), fetch.NewContext(t.Context(), include)), "cookie=id=1 ", "origin=https://app.example")

	_, err := page.Client(nil).Get(api + "/private")
	var f *fetchtest.Failure
	if !errors.As(err, &f) || !errors.Is(err, fetch.ReasonMissingAllowOrigin) || f.Temporary() || f.Timeout() {
		t.Errorf("error %v", err)
	}
}

// Profiles share hosts and clock, but neither cookies nor grants.
func TestProfiles(t *testing.T) {
	var b fetchtest.Browser // the zero Browser
	b.Hosts().Handle(api, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", app)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1", Secure: true, SameSite: http.SameSiteNoneMode})
		echo(w, r)
	}))
	private := b.NewProfile()
	init := &fetchtest.Init{Method: "PUT", Credentials: fetch.CredentialsInclude}
	for _, want := range []string{"cookie= ", "cookie=id=1 "} {
		for _, one := range []*fetchtest.Browser{&b, private} {
			wantText(t, readAll(t, mustFetch(t, one.Open(app), api+"/", init).Body), want)
		}
	}
	const options, put = "OPTIONS https://api.example/ (preflight)", "PUT https://api.example/"
	b.Hosts().WantRequests(t, options, put, options, put, put, put)
}

// Cookies and grants expire by the clock.
func TestClock(t *testing.T) {
	clock := new(fetchtest.Clock)
	b := &fetchtest.Browser{Clock: clock}
	testExpiry(t, b, clock.Advance)
	now := clock.Now()
	clock.Advance(time.Hour)
	if got := clock.Now().Sub(now); got != time.Hour {
		t.Errorf("an hour is %v", got)
	}
	wantPanic(t, "negative", func() { clock.Advance(-1) })
}

// In a bubble, time is simulated without a Clock.
func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { testExpiry(t, new(fetchtest.Browser), time.Sleep) })
	synctest.Test(t, func(t *testing.T) {
		clock := new(fetchtest.Clock)
		testExpiry(t, &fetchtest.Browser{Clock: clock}, clock.Advance)
	})
}

func testExpiry(t *testing.T, b *fetchtest.Browser, advance func(time.Duration)) {
	t.Helper()
	b.Hosts().Handle(api, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", app)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Max-Age", "60")
		w.Header().Set("Set-Cookie", "id=1; Max-Age=90; Secure; SameSite=None")
		if r.Header.Get("Cookie") != "" {
			w.Header().Del("Set-Cookie")
		}
		echo(w, r)
	}))
	const options, put = "OPTIONS https://api.example/ (preflight)", "PUT https://api.example/"
	for i, step := range []struct {
		after  time.Duration
		cookie string
		want   []string
	}{
		{0, "", []string{options, put}},
		{59 * time.Second, "id=1", []string{put}},
		{time.Second, "id=1", []string{options, put}},
		{30 * time.Second, "", []string{put}},
	} {
		advance(step.after)
		b.Hosts().Forget()
		resp := mustFetch(t, b.Open(app), api+"/", &fetchtest.Init{Method: "PUT", Credentials: fetch.CredentialsInclude})
		if body := readAll(t, resp.Body); !strings.Contains(body, "cookie="+step.cookie+" ") {
			t.Errorf("step %d: %s; want the cookie %q", i, body, step.cookie)
		}
		b.Hosts().WantRequests(t, step.want...)
	}
}

func TestSetCookieErrors(t *testing.T) {
	var b fetchtest.Browser
	for _, c := range [][2]string{{"://", "a=1"}, {api, ""}, {"http://api.example", "a=1; Secure"}, {api, "a=1; SameSite=None"}} {
		if err := b.SetCookie(c[0], c[1]); err == nil {
			t.Errorf("SetCookie(%q, %q): no error", c[0], c[1])
		}
	}
	wantPanic(t, "Browser.Open", func() { b.Open("relative") })
	if o := b.Open("about:blank").Environment.Origin; !o.Opaque() {
		t.Errorf("the origin of about:blank is %s", o)
	}
	wantPanic(t, "Network.Handle", func() { fetchtest.NewBrowser(t, fetchtest.Hosts{"x": nil}) })
}
