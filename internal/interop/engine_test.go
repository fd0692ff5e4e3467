package interop

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

const (
	api   = "https://api.example"
	other = "https://other.example"
)

// page is the page that fetches.
var page = &fetch.Environment{Origin: fetch.MustParseOrigin(app)}

// newNetwork returns a network of its own, which ends with the test.
func newNetwork(t *testing.T, hosts fetchtest.Hosts) *fetchtest.Network {
	return fetchtest.NewBrowser(t, hosts).Hosts()
}

// readable is a handler that lets pages of all origins read, and send nothing that
// needs a preflight.
func readable(h http.HandlerFunc) http.Handler { return allowing("", h) }

// allowing is a handler that lets pages of all origins read, and send the given
// request headers.
func allowing(headers string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodOptions {
			h(w, r)
			return
		}
		w.Header().Set("Access-Control-Allow-Headers", headers)
		w.WriteHeader(http.StatusNoContent)
	})
}

// hello is a handler that lets nobody read what it says.
func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }

// requests returns the given request as often as there were attempts.
func requests(n int, request string) []string {
	var all []string
	for range n {
		all = append(all, request)
	}
	return all
}

// readAll returns the body of resp.
func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// get gets url.
func get(t *testing.T, client *http.Client, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return client.Do(req)
}

// wantRefused fails t unless err is a refusal for reason.
func wantRefused(t *testing.T, err error, reason fetch.Reason) {
	t.Helper()
	if !errors.Is(err, reason) {
		t.Errorf("error %v; want %s", err, string(reason))
	}
}

// wantEqual fails t unless got and want are the same.
func wantEqual(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q; want %q", what, got, want)
	}
}

// mustURL parses rawURL.
func mustURL(t *testing.T, rawURL string) *url.URL {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
