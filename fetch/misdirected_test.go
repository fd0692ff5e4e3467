package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// An authCloser is a Base that can close its idle connections, and sees the
// responses to the requests of a web.
type authCloser struct {
	http.RoundTripper
	transport *http.Transport
}

func (c authCloser) CloseIdleConnections() { c.transport.CloseIdleConnections() }

// A server that does not answer for its host on one connection gets a second one,
// and no third.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch (a
// response's status is 421).
func TestMisdirectedRequest(t *testing.T) {
	const url = "https://api.example/"
	tests := []struct {
		name   string
		method string
		body   any
		text   string // of the 421
		http2  bool
		params fetch.Params
		want   []int // statuses
	}{
		{name: "GET", method: "GET", want: []int{421, 200}},
		{name: "GET with text", method: "GET", text: "misdirected", want: []int{421, 200}},
		{name: "HTTP/2", method: "GET", text: "misdirected", http2: true, want: []int{421, 200}},
		{name: "body", method: "POST", body: "body", want: []int{421, 200}},
		{name: "body over HTTP/2", method: "POST", body: "body", http2: true, want: []int{421, 200}},
		{name: "body that is gone", method: "POST", body: io.MultiReader(strings.NewReader("body")), want: []int{421}},
		{name: "second time", method: "GET", want: []int{421, 421}},
		{name: "without credentials", method: "GET", params: fetch.Params{Credentials: fetch.CredentialsOmit}, want: []int{421, 200}},
		{name: "opaque", method: "GET", params: fetch.Params{Mode: fetch.ModeNoCORS}, want: []int{421, 200}},
		{name: "navigation", method: "GET", params: fetch.Params{Mode: fetch.ModeNavigate}, want: []int{421, 200}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var remotes, cookies []string
			calls := 0
			w := newWeb(t, map[string]http.Handler{url: split(share(), http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				remotes = append(remotes, r.RemoteAddr)
				cookies = append(cookies, r.Header.Get("Cookie"))
				addLines(rw.Header(), []string{"Access-Control-Allow-Origin: *", "Set-Cookie: n=" + strconv.Itoa(calls)})
				rw.WriteHeader(tt.want[calls])
				calls++
				io.WriteString(rw, tt.text)
			}))})
			if tt.http2 {
				w.useHTTP2()
			}
			w.client.Base = authCloser{w.base, w.transport}
			w.client.Jar = newJar(t, url)
			tt.params.Environment = app
			resp := w.fetch(newRequest(t, tt.method, url, tt.body), &tt.params)
			readAll(t, resp.Body)
			if got := resp.Internal().StatusCode; calls != len(tt.want) || got != tt.want[calls-1] {
				t.Errorf("status %d after %d requests; want statuses %v", got, calls, tt.want)
			}
			// A connection of HTTP/2 is closed if nothing else uses it, which the
			// end of the first request may still do.
			if len(remotes) == 2 && remotes[0] == remotes[1] && !tt.http2 {
				t.Error("the second request came over the same connection")
			}
			if tt.params.Mode == fetch.ModeNavigate && !slices.Equal(cookies, []string{"", "n=0"}) {
				t.Errorf("cookies %q; want that of the first response in the second request", cookies)
			}
			for _, r := range w.received() {
				if tt.body != nil && r.Method == tt.method && r.Body != "body" {
					t.Errorf("%s has the body %q", r, r.Body)
				}
			}
		})
	}
}

// A misdirected request may be one that asks for a password, and the other way
// round; and a preflight.
func TestMisdirectedRequestAndTheRest(t *testing.T) {
	const url = "https://app.example/"
	for _, order := range [][]int{{421, 401, 200}, {401, 421, 200}, {421, 401, 421}, {401, 421, 421}, {421, 401, 401}} {
		w := newWeb(t, nil)
		calls := 0
		w.handle(url, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(order[calls])
			calls++
		}))
		w.client.Authenticate = (&authHook{answer: "Basic x"}).authenticate
		resp := w.fetch(newRequest(t, "GET", url, nil), &fetch.Params{Environment: app})
		if calls != 3 || resp.Status != order[2] {
			t.Errorf("%v: status %d after %d requests", order, resp.Status, calls)
		}
		wantHeader(t, w.last().Header, "Authorization", "Basic x")
	}

	const api = "https://api.example/"
	calls := 0
	w := newWeb(t, map[string]http.Handler{api: split(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if calls++; calls == 1 {
			rw.WriteHeader(421)
			return
		}
		share().ServeHTTP(rw, r)
	}), share())})
	w.fetch(newRequest(t, "PUT", api, "body"), &fetch.Params{Environment: app})
	w.wantReceived("OPTIONS "+api, "OPTIONS "+api, "PUT "+api)
}

// Anonymous sends what must not carry credentials, and Base the rest.
func TestAnonymousSendsTheRest(t *testing.T) {
	w := newWeb(t, nil)
	for _, url := range []string{"https://app.example/", "https://api.example/"} {
		w.handle(url, split(shareWith("https://app.example", "PUT", "x-a"), answer{lines: []string{
			"Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Credentials: true"}}))
	}
	w.handle("https://app.example/away", answer{status: 307, lines: []string{"Location: https://api.example/"}})
	credentialless := &fetch.Environment{Origin: app.Origin, EmbedderPolicy: "credentialless"}
	tests := []struct {
		name   string
		method string
		url    string
		params fetch.Params
		want   []string // who sends what
	}{
		{"same origin", "PUT", "https://app.example/", fetch.Params{}, []string{"base PUT"}},
		{"omit", "PUT", "https://app.example/", fetch.Params{Credentials: fetch.CredentialsOmit}, []string{"anonymous PUT"}},
		{"cors", "PUT", "https://api.example/", fetch.Params{}, []string{"anonymous OPTIONS", "anonymous PUT"}},
		{"cors with credentials", "PUT", "https://api.example/", fetch.Params{Credentials: fetch.CredentialsInclude}, []string{"anonymous OPTIONS", "base PUT"}},
		{"opaque", "GET", "https://api.example/", fetch.Params{Mode: fetch.ModeNoCORS}, []string{"anonymous GET"}},
		{"opaque with credentials", "GET", "https://api.example/", fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, []string{"base GET"}},
		{"credentialless", "GET", "https://api.example/", fetch.Params{Environment: credentialless, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, []string{"anonymous GET"}},
		{"navigation", "GET", "https://api.example/", fetch.Params{Mode: fetch.ModeNavigate}, []string{"base GET"}},
		{"navigation that omits", "GET", "https://api.example/", fetch.Params{Mode: fetch.ModeNavigate, Credentials: fetch.CredentialsOmit}, []string{"anonymous GET"}},
		{"redirect", "PUT", "https://app.example/away", fetch.Params{}, []string{"base PUT", "anonymous OPTIONS", "anonymous PUT"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			sender := func(name string) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					got = append(got, name+" "+r.Method)
					return w.base.RoundTrip(r)
				})
			}
			client := &fetch.Client{Base: sender("base"), Anonymous: sender("anonymous")}
			p := tt.params
			if p.Environment == nil {
				p.Environment = app
			}
			resp, err := client.Fetch(newRequest(t, tt.method, tt.url, nil), &p)
			if err != nil && !errors.Is(err, fetch.ReasonCORP) {
				t.Fatal(err)
			}
			if err == nil {
				resp.Body.Close()
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("sent %q; want %q", got, tt.want)
			}
		})
	}
}
