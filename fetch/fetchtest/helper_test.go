package fetchtest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

const api = "https://api.example"

// open returns a page of app in a new browser whose host api is served by h.
func open(t testing.TB, h http.HandlerFunc) (*fetchtest.Browser, *fetchtest.Page) {
	t.Helper()
	b := fetchtest.NewBrowser(t, fetchtest.Hosts{api: h})
	return b, b.Open(app + "/page")
}

// share makes h a handler whose answers all pages may read.
func share(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.Header().Set("Access-Control-Allow-Methods", "*")
		if r.Method == http.MethodOptions {
			return
		}
		h(w, r)
	}
}

// networkOf returns a network whose host api is served by h, closed at the test's
// end.
func networkOf(t testing.TB, h http.HandlerFunc) *fetchtest.Network {
	t.Helper()
	n := new(fetchtest.Network)
	n.Handle(api, h)
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func newRequest(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// get makes a GET request for the host api that has to have a response.
func get(t testing.TB, n *fetchtest.Network) *http.Response {
	t.Helper()
	resp, err := n.RoundTrip(newRequest(t, "GET", api+"/x", nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustFetch(t testing.TB, p *fetchtest.Page, url string, init *fetchtest.Init) *fetch.Response {
	t.Helper()
	resp, err := p.Fetch(t.Context(), url, init)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// wantPanic checks that f panics with a text that contains part.
func wantPanic(t testing.TB, part string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), part) {
			t.Errorf("panic with %v; want one with %q", v, part)
		}
	}()
	f()
}

// wantText checks that text has all of the parts.
func wantText(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

// A recordingTB is a testing.TB whose failures are recorded.
type recordingTB struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (t *recordingTB) Helper()          {}
func (t *recordingTB) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *recordingTB) Error(a ...any)   { t.failures = append(t.failures, fmt.Sprint(a...)) }
func (t *recordingTB) Errorf(f string, a ...any) {
	t.failures = append(t.failures, fmt.Sprintf(f, a...))
}
