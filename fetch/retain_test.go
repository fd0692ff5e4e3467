package fetch_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
	"weak"

	"github.com/corsengine/corsengine/fetch"
)

// TestURLKeepsNothingElse keeps the URL of a response, as crawlers do, and nothing
// else. The response and the contexts have to go.
//
// Source: own reasoning.
func TestURLKeepsNothingElse(t *testing.T) {
	var sentContext, answer, result weak.Pointer[byte]
	ptr := func(p unsafe.Pointer) weak.Pointer[byte] { return weak.Make((*byte)(p)) }
	c := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := benchBase{}.RoundTrip(r)
		answer = ptr(unsafe.Pointer(resp))
		return resp, err
	})}
	type key struct{}
	kept := func() *string {
		value := strings.Repeat("x", 100)
		sentContext = ptr(unsafe.Pointer(unsafe.StringData(value)))
		req := newRequest(t, "GET", "https://api.example/items?page=2", nil)
		resp, err := c.Fetch(req.WithContext(context.WithValue(t.Context(), key{}, value)), &fetch.Params{Environment: app})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		result = ptr(unsafe.Pointer(resp))
		return &resp.URL.Path // keeps the whole URL
	}()
	for range 3 {
		runtime.GC()
	}
	for name, p := range map[string]weak.Pointer[byte]{
		"a value of the request's context": sentContext,
		"the response":                     result,
		"the response of Base":             answer,
	} {
		if p.Value() != nil {
			t.Errorf("%s is kept by the URL", name)
		}
	}
	runtime.KeepAlive(kept)
}

// TestURLIsNotCutOutOfThePage has the caller cut the URL out of a page.
//
// Source: own reasoning.
func TestURLIsNotCutOutOfThePage(t *testing.T) {
	page := strings.Repeat(" ", 1<<20) + "https://api.example/items?page=2"
	req := newRequest(t, "GET", page[1<<20:], nil)
	resp, err := (&fetch.Client{Base: benchBase{}}).Fetch(req, &fetch.Params{Environment: app})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	start := uintptr(unsafe.Pointer(unsafe.StringData(page)))
	for name, s := range map[string]string{
		"Scheme": resp.URL.Scheme, "Host": resp.URL.Host, "Path": resp.URL.Path, "RawQuery": resp.URL.RawQuery,
	} {
		if p := uintptr(unsafe.Pointer(unsafe.StringData(s))); p >= start && p < start+uintptr(len(page)) {
			t.Errorf("%s is a part of the page", name)
		}
	}
}

// TestWrittenDuringPreflight has a Base write to the header of an earlier request,
// as none may, while the preflight of another one is under way.
//
// Source: own reasoning.
func TestWrittenDuringPreflight(t *testing.T) {
	var earlier http.Header
	var origins []string
	c := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == "OPTIONS" {
			earlier["Origin"][0] = "https://written.example"
		} else {
			origins = append(origins, strings.Join(r.Header["Origin"], ", "))
			earlier = r.Header
		}
		return echo(r, func(string) {}), nil
	})}
	for _, lines := range [][]string{nil, {"X-A: 1"}} {
		resp, err := c.Fetch(newRequest(t, "POST", "https://api.example/", "x", lines...), &fetch.Params{Environment: app})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	for _, origin := range origins {
		if origin != "https://app.example" {
			t.Errorf("Origin: %s", origin)
		}
	}
	if len(origins) != 2 {
		t.Errorf("%d requests; want 2", len(origins))
	}
}

// TestConnectionAfterPreflight has a hook use the one connection that there may be
// to a server, whose preflight response has a body.
//
// Source: own reasoning.
func TestConnectionAfterPreflight(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		io.WriteString(w, "ok")
	}))
	defer server.Close()
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	asked := 0
	ask := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Errorf("in the hook: %v", err)
			return
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		asked++
	}
	ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Preflight: func(fetch.PreflightInfo) { ask() }})
	for _, coalesce := range []bool{false, true} {
		c := &fetch.Client{Base: transport, CoalescePreflights: coalesce}
		resp, err := c.Fetch(newRequest(t, "PUT", server.URL, "x").WithContext(ctx), &fetch.Params{Environment: app})
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if asked != 2 {
		t.Errorf("the hook got %d answers; want 2", asked)
	}
}

// TestCheckRequestRewritesWhileWaiting has CheckRequest, against its contract,
// rewrite the URL of a preflight that is not going to be sent, because another
// fetch's is under way. The request itself goes where it was to go.
//
// Source: own reasoning.
func TestCheckRequestRewritesWhileWaiting(t *testing.T) {
	sent, release, asked := make(chan bool), make(chan bool), make(chan bool)
	type follower struct{}
	c := &fetch.Client{
		CoalescePreflights: true,
		Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "api.example" {
				t.Errorf("a request to %s", r.URL)
			}
			if r.Method == "OPTIONS" {
				close(sent) // panics if there is a second preflight
				<-release
			}
			return echo(r, func(string) {}), nil
		}),
	}
	c.CheckRequest = func(r *http.Request, p *fetch.Params) error {
		if r.Method == "OPTIONS" && r.Context().Value(follower{}) != nil {
			r.URL.Host = "evil.example"
			close(asked)
		}
		return nil
	}
	put := func(ctx context.Context) {
		resp, err := c.Fetch(newRequest(t, "PUT", "https://api.example/", "x").WithContext(ctx), &fetch.Params{Environment: app})
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
		if resp.URL.Host != "api.example" {
			t.Errorf("the response is from %s", resp.URL)
		}
	}
	done := make(chan bool)
	go func() { put(t.Context()); done <- true }()
	<-sent
	go func() { put(context.WithValue(t.Context(), follower{}, true)); done <- true }()
	<-asked
	close(release)
	<-done
	<-done
}
