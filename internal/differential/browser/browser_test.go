package browser_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/internal/differential/browser"
)

// starters are the browsers by name.
var starters = map[string]func(context.Context, *browser.Options) (browser.Browser, error){
	"chromium": browser.Chromium,
	"firefox":  browser.Firefox,
}

var hosts = []string{"a.test", "sub.a.test", "b.test"}

// TestBrowser runs the tests that can share a browser.
func TestBrowser(t *testing.T) {
	tests := []struct {
		name string
		test func(*testing.T, browser.Browser)
	}{
		{"Call", testCall},
		{"Exceptions", testExceptions},
		{"OpenFails", testOpenFails},
		{"LoopbackOnly", testLoopbackOnly},
		{"Fetch", testFetch},
		{"Sandbox", testSandbox},
		{"SetCookies", testSetCookies},
		{"CallCanceled", testCallCanceled},
		{"PageClosed", testPageClosed},
		{"ConcurrentUse", testConcurrentUse},
		{"HiddenTabs", testHiddenTabs},
	}
	for name := range starters {
		t.Run(name, func(t *testing.T) {
			b := start(t, name)
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) { tt.test(t, b) })
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// start starts a browser and leaves closing it to the caller.
func start(t *testing.T, name string) browser.Browser {
	t.Helper()
	b, err := starters[name](t.Context(), &browser.Options{Hosts: hosts})
	if errors.Is(err, browser.ErrNotInstalled) {
		t.Skipf("NOT TESTED, FOR LACK OF A BROWSER: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open opens a page and closes it with the test.
func open(t *testing.T, b browser.Browser, url string) browser.Page {
	t.Helper()
	page, err := b.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := page.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return page
}

// call calls a function that has to succeed.
func call[R any](t *testing.T, page browser.Page, function string, arg any) (result R) {
	t.Helper()
	if err := page.Call(t.Context(), function, arg, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// A site is a pair of servers that have every host name.
type site struct {
	plain, secure *httptest.Server
}

// serve starts the servers of a handler.
func serve(t *testing.T, handler http.Handler) *site {
	s := &site{plain: httptest.NewServer(handler), secure: httptest.NewUnstartedServer(handler)}
	s.secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that browsers open and do not use
	s.secure.StartTLS()
	t.Cleanup(func() {
		s.plain.CloseClientConnections()
		s.plain.Close()
		s.secure.CloseClientConnections()
		s.secure.Close()
	})
	return s
}

// url returns the URL of a path on a host.
func (s *site) url(scheme, host, path string) string {
	server := s.plain
	if scheme == "https" {
		server = s.secure
	}
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	return scheme + "://" + net.JoinHostPort(host, port) + path
}

// echo answers with a header of the request that the query names, readable for
// every origin.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", cmp.Or(r.Header.Get("Origin"), "*"))
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	if name := r.URL.Query().Get("echo"); name == "Host" {
		io.WriteString(w, r.Host) // net/http takes it out of Header
	} else {
		io.WriteString(w, r.Header.Get(name))
	}
}

// fetchText is a function from a URL to the text there.
const fetchText = `async url => (await fetch(url, {credentials: "include"})).text()`

func testCall(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	started := time.Now()
	page := open(t, b, s.url("http", "a.test", "/"))
	t.Logf("%s %s opens a page in %v", b.Name(), b.Version(), time.Since(started))

	started = time.Now()
	type point struct{ X, Y int }
	if got := call[point](t, page, `async p => { await null; return {X: p.Y, Y: p.X} }`, point{1, 2}); got != (point{2, 1}) {
		t.Errorf("got %v", got)
	}
	t.Logf("a call takes %v", time.Since(started))

	if got := call[string](t, page, `function (s) { return s + location.origin } // comment`, "\u2028\"😀 "); got != "\u2028\"😀 "+s.url("http", "a.test", "") {
		t.Errorf("got %q", got)
	}
	if got := call[any](t, page, `() => {}`, nil); got != nil {
		t.Errorf("undefined became %v", got)
	}
	if err := page.Call(t.Context(), `() => 1`, nil, nil); err != nil {
		t.Error(err)
	}
	big := strings.Repeat("x", 3<<20)
	if got := call[string](t, page, `s => s + s`, big); got != big+big {
		t.Errorf("got %d bytes", len(got))
	}
}

func testExceptions(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	page := open(t, b, s.url("http", "a.test", "/"))
	for function, want := range map[string]string{
		`() => { throw new TypeError("no") }`:          "TypeError: no",
		`async () => { await null; throw "a string" }`: "a string",
		`async () => { await fetch("http://0/") }`:     "TypeError: ",
		`() => {`:   "SyntaxError: ",
		`undefined`: "TypeError: ",
	} {
		err := page.Call(t.Context(), function, nil, nil)
		var e *browser.Exception
		if !errors.As(err, &e) || !strings.HasPrefix(e.Message, want) || strings.Contains(e.Message, "\n") {
			t.Errorf("%s: got error %v, want %q", function, err, want)
		}
	}
	var number int
	if err := page.Call(t.Context(), `() => "x"`, nil, &number); err == nil {
		t.Error("a string was stored in an int")
	}
	if got := call[int](t, page, `() => 1`, nil); got != 1 {
		t.Errorf("got %d after errors", got)
	}
}

func testOpenFails(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "not here")
	}))
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	hangs := "http://" + refused.Addr().String() // as it does not answer
	for _, url := range []string{
		"http://a.test:1/", // a blocked port
		s.url("http", "unknown.test", "/"),
		"no URL",
	} {
		if _, err := b.Open(t.Context(), url); err == nil {
			t.Errorf("%s was opened", url)
		} else {
			t.Log(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := b.Open(ctx, hangs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want one of the context", err)
	}
	open(t, b, s.url("http", "a.test", "/"))
}

func testLoopbackOnly(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	page := open(t, b, s.url("https", "a.test", "/"))
	for _, host := range append([]string{"localhost", "127.0.0.1"}, hosts...) {
		if got := call[string](t, page, fetchText, s.url("https", host, "/?echo=Host")); !strings.HasPrefix(got, host) {
			t.Errorf("%s: got %q", host, got)
		}
	}
	for _, host := range []string{"c.test", "example.com"} {
		if err := page.Call(t.Context(), fetchText, s.url("https", host, "/"), nil); err == nil {
			t.Errorf("%s was fetched", host)
		}
	}
}

func testFetch(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	page := open(t, b, s.url("https", "a.test", "/"))
	for _, scheme := range []string{"https", "http"} { // the second is mixed content
		got := call[string](t, page, fetchText, s.url(scheme, "b.test", "/?echo=Origin"))
		if want := s.url("https", "a.test", ""); got != want {
			t.Errorf("%s: got origin %q, want %q", scheme, got, want)
		}
		unsafe := `async url => (await fetch(url, {referrerPolicy: "unsafe-url"})).text()`
		got = call[string](t, page, unsafe, s.url(scheme, "b.test", "/?echo=Referer"))
		if want := s.url("https", "a.test", "/"); got != want {
			t.Errorf("%s: got referrer %q, want %q", scheme, got, want)
		}
	}
	if got := call[string](t, page, fetchText, s.url("https", "a.test", "/?echo=Accept-Language")); !strings.HasPrefix(got, "en-US") {
		t.Errorf("got language %q", got)
	}
}

func testSandbox(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sandboxed" {
			w.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
			w.Header().Set("Content-Type", "text/html")
			return
		}
		echo(w, r)
	}))
	page := open(t, b, s.url("https", "a.test", "/sandboxed"))
	if got := call[string](t, page, `() => origin`, nil); got != "null" {
		t.Errorf("the page has the origin %q", got)
	}
	if got := call[string](t, page, fetchText, s.url("https", "a.test", "/?echo=Origin")); got != "null" {
		t.Errorf("got origin %q", got)
	}
}

func testSetCookies(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	var cookies []browser.Cookie
	for _, sameSite := range []string{"", "none", "lax", "strict"} {
		cookies = append(cookies, browser.Cookie{
			Name: "c" + sameSite, Value: "1", Domain: "a.test", Path: "/in", Secure: true, HTTPOnly: true, SameSite: sameSite,
		})
	}
	cookies = append(cookies, browser.Cookie{Name: "plain", Value: "1", Domain: "a.test", Path: "/", SameSite: "lax"})
	if err := b.SetCookies(t.Context(), cookies); err != nil {
		t.Fatal(err)
	}
	if err := b.SetCookies(t.Context(), []browser.Cookie{{Name: "x", Domain: "a.test", Path: "/", SameSite: "sometimes"}}); err == nil {
		t.Error("a cookie with an unknown SameSite was set")
	}
	for _, tt := range []struct{ page, target, want string }{
		{s.url("https", "a.test", "/"), s.url("https", "a.test", "/in?echo=Cookie"), "c clax cnone cstrict plain"},
		{s.url("https", "sub.a.test", "/"), s.url("https", "a.test", "/in?echo=Cookie"), "c clax cnone cstrict plain"},
		{s.url("https", "b.test", "/"), s.url("https", "a.test", "/in?echo=Cookie"), "cnone"},
		{s.url("http", "a.test", "/"), s.url("https", "a.test", "/in?echo=Cookie"), "cnone"},
		{s.url("http", "a.test", "/"), s.url("http", "a.test", "/in?echo=Cookie"), "plain"},
		{s.url("https", "a.test", "/"), s.url("https", "a.test", "/?echo=Cookie"), "plain"},
		{s.url("https", "a.test", "/"), s.url("https", "sub.a.test", "/in?echo=Cookie"), ""},
	} {
		page := open(t, b, tt.page)
		if b.Name() == "firefox" && tt.page == s.url("http", "a.test", "/") && strings.HasPrefix(tt.target, "https") {
			// It compares the schemes of navigations and redirects only.
			tt.want = "c clax cnone cstrict plain"
		}
		if got := names(t, call[string](t, page, fetchText, tt.target)); got != tt.want {
			t.Errorf("from %s to %s: got cookies %q, want %q", tt.page, tt.target, got, tt.want)
		}
		if got := call[string](t, page, `() => document.cookie`, nil); strings.Contains(got, "none") {
			t.Errorf("%s reads %q", tt.page, got)
		}
	}
}

// names returns the sorted names in a Cookie header.
func names(t *testing.T, field string) string {
	t.Helper()
	cookies, err := http.ParseCookie(field)
	if err != nil && field != "" {
		t.Fatal(err)
	}
	var names []string
	for _, c := range cookies {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
