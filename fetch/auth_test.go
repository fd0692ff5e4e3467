package fetch_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// authBasic returns the Authorization value for a user and a password.
func authBasic(userColonPassword string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(userColonPassword))
}

// An authServer lets those in who say one of the accepted words, and challenges
// everybody else.
type authServer struct {
	mu     sync.Mutex
	accept []string
	lines  []string // of all responses
}

func newAuthServer(accept string, lines ...string) *authServer {
	return &authServer{accept: []string{accept}, lines: lines}
}

func (s *authServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	addLines(w.Header(), s.lines)
	if !slices.Contains(s.accept, strings.Join(r.Header["Authorization"], "|")) {
		w.Header()["Www-Authenticate"] = []string{`Basic realm="r"`}
		w.WriteHeader(401)
		io.WriteString(w, "who are you?")
		return
	}
	io.WriteString(w, "welcome")
}

// change makes the server accept another word than before.
func (s *authServer) change(accept string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accept = []string{accept}
}

// wantAuthorizations checks the requests that the servers got, each as "METHOD
// url", followed by a space and Authorization if there was one.
func wantAuthorizations(w *web, want ...string) {
	w.t.Helper()
	var got []string
	for _, r := range w.received() {
		s := r.String()
		if v, ok := r.Header["Authorization"]; ok {
			s += " " + strings.Join(v, "|")
		}
		got = append(got, s)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("requests with their Authorization (-want +got):\n%s", diff)
	}
	w.forget()
}

// An authHook is a Client.Authenticate that counts how often it is called.
type authHook struct {
	answer string
	calls  int
}

func (h *authHook) authenticate(*http.Request, []string) (string, error) {
	h.calls++
	return h.answer, nil
}

// What the hook is shown is the request that was sent and every line of
// WWW-Authenticate; what it answers is sent.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
// (a response's status is 401).
func TestAuthenticateSeesRequestAndChallenges(t *testing.T) {
	const url = "https://app.example/x?q"
	w := newWeb(t, map[string]http.Handler{"https://app.example/x": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header["Authorization"] != nil {
			io.WriteString(rw, "in")
			return
		}
		rw.Header()["Www-Authenticate"] = []string{"Negotiate", `Digest realm="a, b", nonce="n"`}
		rw.WriteHeader(401)
	})})
	w.client.Jar = newJar(t, "https://app.example/", "s=1")
	var sent *http.Request
	w.client.Authenticate = func(r *http.Request, challenges []string) (string, error) {
		sent = r
		if want := []string{"Negotiate", `Digest realm="a, b", nonce="n"`}; !slices.Equal(challenges, want) {
			t.Errorf("challenges %q; want %q", challenges, want)
		}
		return "Digest answer", nil
	}
	resp := w.fetch(newRequest(t, "POST", url, "body", "X-A: a"), &fetch.Params{Environment: app})
	if got := readAll(t, resp.Body); resp.Status != 200 || got != "in" {
		t.Errorf("status %d with %q", resp.Status, got)
	}
	if sent == nil {
		t.Fatal("Authenticate was not called")
	}
	if sent.Method != "POST" || sent.URL.String() != url || fetch.FromContext(sent.Context()) == nil {
		t.Errorf("Authenticate was shown %s %s", sent.Method, sent.URL)
	}
	for name, want := range map[string]string{"X-A": "a", "Cookie": "s=1", "Origin": "https://app.example"} {
		wantHeader(t, sent.Header, name, want)
	}
	wantHeader(t, sent.Header, "Authorization")
	for i, r := range w.received() {
		if r.Body != "body" {
			t.Errorf("request %d has the body %q", i, r.Body)
		}
		wantHeader(t, r.Header, "Content-Length", "4")
	}
	wantAuthorizations(w, "POST "+url, "POST "+url+" Digest answer")
}

// Responses whose tainting is not cors are those that the user can be asked for,
// opaque ones included.
func TestAuthenticateIsCalled(t *testing.T) {
	tests := []struct {
		name   string
		url    string
		params fetch.Params
	}{
		{"same origin", "https://app.example/", fetch.Params{}},
		{"same-origin mode", "https://app.example/", fetch.Params{Mode: fetch.ModeSameOrigin}},
		{"opaque with credentials", "https://api.example/", fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}},
		{"navigation", "https://api.example/", fetch.Params{Mode: fetch.ModeNavigate}},
		{"navigation to userinfo that is refused", "https://u:p@api.example/", fetch.Params{Mode: fetch.ModeNavigate}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newAuthServer(authBasic("a:b"))
			w := newWeb(t, map[string]http.Handler{"https://app.example/": s, "https://api.example/": s})
			hook := &authHook{answer: authBasic("a:b")}
			w.client.Authenticate = hook.authenticate
			tt.params.Environment = app
			resp := w.fetch(newRequest(t, "GET", tt.url, nil), &tt.params)
			if got := resp.Internal().StatusCode; got != 200 || hook.calls != 1 {
				t.Errorf("status %d after %d calls; want 200 after one", got, hook.calls)
			}
			readAll(t, resp.Body)
		})
	}
}

// Who could be asked makes a body that cannot be sent again an error, before the
// question.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch, and
// WPT fetch/api/basic/request-upload.h2.any.js.
func TestAuthenticateNeedsReplayableBody(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/": answer{status: 401, lines: []string{"Www-Authenticate: Basic"}},
	})
	hook := &authHook{answer: authBasic("a:b")}
	w.client.Authenticate = hook.authenticate
	req := newRequest(t, "POST", "https://app.example/", io.MultiReader(strings.NewReader("b")))
	e := w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonTransport)
	if hook.calls != 0 || !strings.Contains(e.Error(), "GetBody is nil") {
		t.Errorf("%v after %d calls of the hook", e, hook.calls)
	}
}

// An author's own Authorization is the author's business.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func TestAuthenticateDoesNotReplaceTheAuthors(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/": answer{status: 401, lines: []string{"Www-Authenticate: Basic"}},
	})
	hook := &authHook{answer: authBasic("a:b")}
	w.client.Authenticate = hook.authenticate
	resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil, "Authorization: Bearer x"), &fetch.Params{Environment: app})
	if resp.Status != 401 || hook.calls != 0 {
		t.Errorf("status %d after %d calls of the hook; want 401 after none", resp.Status, hook.calls)
	}
}

func TestAuthenticateIsNotCalled(t *testing.T) {
	credentialless := &fetch.Environment{Origin: app.Origin, EmbedderPolicy: "credentialless"}
	tests := []struct {
		name   string
		url    string
		params fetch.Params
		status int // of the server, if not 401
	}{
		{name: "cors", url: "https://api.example/", params: fetch.Params{Credentials: fetch.CredentialsInclude}},
		{name: "cors without credentials", url: "https://api.example/"},
		{name: "omit", url: "https://app.example/", params: fetch.Params{Credentials: fetch.CredentialsOmit}},
		{name: "navigation that omits", url: "https://u:p@api.example/", params: fetch.Params{Mode: fetch.ModeNavigate, Credentials: fetch.CredentialsOmit}},
		{name: "opaque without credentials", url: "https://api.example/", params: fetch.Params{Mode: fetch.ModeNoCORS}},
		{name: "opaque for a credentialless page", url: "https://api.example/", params: fetch.Params{
			Environment: credentialless, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}},
		{name: "403", url: "https://app.example/", status: 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status := 401
			if tt.status != 0 {
				status = tt.status
			}
			challenge := answer{status: status, lines: []string{
				"Www-Authenticate: Basic",
				"Access-Control-Allow-Origin: https://app.example",
				"Access-Control-Allow-Credentials: true",
				"Cross-Origin-Resource-Policy: cross-origin",
			}, body: "no"}
			w := newWeb(t, map[string]http.Handler{
				"https://app.example/": split(share(), challenge),
				"https://api.example/": challenge,
			})
			hook := &authHook{answer: authBasic("a:b")}
			w.client.Authenticate = hook.authenticate
			if tt.params.Environment == nil {
				tt.params.Environment = app
			}
			resp := w.fetch(newRequest(t, "GET", tt.url, nil), &tt.params)
			if got := resp.Internal().StatusCode; got != status || hook.calls != 0 {
				t.Errorf("status %d after %d calls; want %d after none", got, hook.calls, status)
			}
			if got := readAll(t, resp.Internal().Body); got != "no" {
				t.Errorf("body %q; want the server's", got)
			}
			wantAuthorizations(w, "GET"+" "+strings.Replace(tt.url, "u:p@", "", 1))
		})
	}
}

func TestAuthenticateAnswers(t *testing.T) {
	const url = "https://app.example/"
	boom := errors.New("boom")
	tests := []struct {
		name   string
		answer string
		err    error
		want   string // part of the error, "" for none
		sent   int
	}{
		{name: "none", sent: 1},
		{name: "right", answer: authBasic("a:b"), sent: 2},
		{name: "wrong", answer: authBasic("a:c"), sent: 2},
		{name: "error", err: boom, want: "authentication: boom", sent: 1},
		{name: "error and answer", answer: authBasic("a:b"), err: boom, want: "authentication: boom", sent: 1},
		{name: "line feed", answer: "Basic a\nX-B: b", want: "no header value", sent: 1},
		{name: "carriage return", answer: "Basic a\r", want: "no header value", sent: 1},
		{name: "NUL", answer: "Basic \x00", want: "no header value", sent: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{url: newAuthServer(authBasic("a:b"))})
			calls := 0
			w.client.Authenticate = func(*http.Request, []string) (string, error) {
				calls++
				return tt.answer, tt.err
			}
			p := &fetch.Params{Environment: app}
			if tt.want != "" {
				e := w.refuse(newRequest(t, "GET", url, nil), p, fetch.ReasonTransport)
				if !strings.Contains(e.Error(), tt.want) || tt.err != nil && !errors.Is(e, tt.err) {
					t.Errorf("error %v; want one with %q", e, tt.want)
				}
			} else {
				resp := w.fetch(newRequest(t, "GET", url, nil), p)
				status, body := 401, "who are you?"
				if tt.name == "right" {
					status, body = 200, "welcome"
				}
				if got := readAll(t, resp.Body); resp.Status != status || got != body {
					t.Errorf("status %d with %q; want %d with %q", resp.Status, got, status, body)
				}
			}
			if got := len(w.received()); got != tt.sent || calls != 1 {
				t.Errorf("%d requests and %d calls; want %d and one", got, calls, tt.sent)
			}
		})
	}
}

// An accepted Basic answer is the authentication entry of an origin, as seen from
// one top-level site.
func TestAuthEntryIsReused(t *testing.T) {
	const right = "a:b"
	const url = "https://app.example/"
	inFrame := func(top string) *fetch.Environment {
		return &fetch.Environment{Origin: app.Origin, TopLevel: fetch.MustParseOrigin(top)}
	}
	typed := new(fetch.Environment) // stands for none
	// The first fetch is a same-origin one of app in its own tab.
	tests := []struct {
		name   string
		env    *fetch.Environment // nil for app
		url    string
		params fetch.Params
		lines  []string
		want   string // Authorization of the first request, "" for none
	}{
		{name: "same URL", url: url, want: authBasic(right)},
		{name: "other path", url: "https://app.example/other?q", want: authBasic(right)},
		{name: "other host of the site", url: "https://www.app.example/"},
		{name: "other port", url: "https://app.example:8443/"},
		{name: "other scheme", url: "http://app.example/"},
		{name: "other origin that is asked with credentials", url: "https://api.example/", params: fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}},
		{name: "omit", url: url, params: fetch.Params{Credentials: fetch.CredentialsOmit}},
		{name: "author's own", url: url, lines: []string{"Authorization: Bearer t"}, want: "Bearer t"},
		{name: "same top-level origin", env: inFrame("https://app.example"), url: url, want: authBasic(right)},
		{name: "other top-level origin of the same site", env: inFrame("https://www.app.example"), url: url, want: authBasic(right)},
		{name: "other top-level site", env: inFrame("https://b.example"), url: url},
		{name: "other scheme of the top-level page", env: inFrame("http://app.example"), url: url},
		{name: "sandboxed top-level page", env: &fetch.Environment{Origin: app.Origin, TopLevel: fetch.OpaqueOrigin()}, url: url},
		{name: "opaque response", url: url, env: &fetch.Environment{Origin: fetch.MustParseOrigin("https://b.example"), TopLevel: app.Origin},
			params: fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, want: authBasic(right)},
		{name: "cors with credentials", url: url, env: &fetch.Environment{Origin: fetch.MustParseOrigin("https://b.example"), TopLevel: app.Origin},
			params: fetch.Params{Credentials: fetch.CredentialsInclude}, want: authBasic(right)},
		{name: "opaque without credentials", url: url, env: &fetch.Environment{Origin: fetch.MustParseOrigin("https://b.example"), TopLevel: app.Origin},
			params: fetch.Params{Mode: fetch.ModeNoCORS}},
		{name: "link within the site", url: url, params: fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, want: authBasic(right)},
		{name: "link from another site", env: page("https://b.example"), url: url, params: fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, want: authBasic(right)},
		{name: "address typed by the user", env: typed, url: url, params: fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}, want: authBasic(right)},
		{name: "frame in another site", env: page("https://b.example"), url: url, params: fetch.Params{Mode: fetch.ModeNavigate, Destination: "iframe"}},
		{name: "URL with a user of its own", url: "https://u:p@app.example/", params: fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{url: newAuthServer(authBasic(right),
				"Access-Control-Allow-Origin: https://b.example", "Access-Control-Allow-Credentials: true")})
			hook := &authHook{answer: authBasic(right)}
			w.client.Authenticate = hook.authenticate
			readAll(t, w.fetch(newRequest(t, "GET", url, nil), &fetch.Params{Environment: app}).Body)
			wantAuthorizations(w, "GET "+url, "GET "+url+" "+authBasic(right))

			hook.answer = ""
			p := tt.params
			switch p.Environment = tt.env; {
			case tt.env == nil:
				p.Environment = app
			case tt.env == typed:
				p.Environment = nil
			}
			resp, err := w.client.Fetch(newRequest(t, "GET", tt.url, nil, tt.lines...), &p)
			if err != nil && !errors.Is(err, fetch.ReasonMissingAllowOrigin) {
				t.Fatal(err)
			}
			if err == nil {
				resp.Body.Close()
			}
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			wantHeader(t, w.received()[0].Header, "Authorization", want...)
		})
	}
}

// The user who logs in at a page that was typed, or linked to, is logged in for
// what that page then fetches.
func TestAuthEntryOfNavigationIsForThePage(t *testing.T) {
	const url = "https://app.example/"
	for _, from := range []*fetch.Environment{nil, page("https://b.example")} {
		w := newWeb(t, map[string]http.Handler{url: newAuthServer(authBasic("u:p"))})
		readAll(t, w.fetch(newRequest(t, "GET", "https://u:p@app.example/", nil),
			&fetch.Params{Environment: from, Mode: fetch.ModeNavigate, Destination: "document"}).Body)
		readAll(t, w.fetch(newRequest(t, "GET", url, nil), &fetch.Params{Environment: app}).Body)
		wantAuthorizations(w, "GET "+url, "GET "+url+" "+authBasic("u:p"), "GET "+url+" "+authBasic("u:p"))
	}
}

// Only Basic answers can be used again: the others depend on the challenge.
func TestAuthEntryIsBasicOnly(t *testing.T) {
	const url = "https://app.example/"
	for _, tt := range []struct {
		value  string
		reused bool
	}{
		{"Basic x", true},
		{"bAsIc x", true},
		{"Digest x", false},
		{"Negotiate x", false},
		{"Basicx", false},
		{"Bearer x", false},
	} {
		w := newWeb(t, map[string]http.Handler{url: newAuthServer(tt.value)})
		hook := &authHook{answer: tt.value}
		w.client.Authenticate = hook.authenticate
		for range 2 {
			readAll(t, w.fetch(newRequest(t, "GET", url, nil), &fetch.Params{Environment: app}).Body)
		}
		want := []string{"GET " + url, "GET " + url + " " + tt.value, "GET " + url + " " + tt.value}
		if !tt.reused {
			want = slices.Insert(want, 2, "GET "+url)
		}
		wantAuthorizations(w, want...)
	}
}

// A server that no longer accepts an entry makes the engine forget it, whatever
// the hook then says.
func TestAuthEntryIsForgotten(t *testing.T) {
	const url = "https://app.example/"
	with := func(value string) string { return "GET " + url + " " + authBasic(value) }
	s := newAuthServer(authBasic("a:1"))
	w := newWeb(t, map[string]http.Handler{url: s})
	hook := &authHook{answer: authBasic("a:1")}
	w.client.Authenticate = hook.authenticate
	get := func() {
		t.Helper()
		readAll(t, w.fetch(newRequest(t, "GET", url, nil), &fetch.Params{Environment: app}).Body)
	}
	get()
	get()
	wantAuthorizations(w, "GET "+url, with("a:1"), with("a:1"))

	s.change(authBasic("a:2"))
	hook.answer = authBasic("a:2")
	get()
	get()
	wantAuthorizations(w, with("a:1"), with("a:2"), with("a:2"))

	s.change(authBasic("a:3"))
	hook.answer = "" // the user pressed Escape
	get()
	get()
	wantAuthorizations(w, with("a:2"), "GET "+url)

	hook.answer = authBasic("a:x")
	get()
	get()
	wantAuthorizations(w, "GET "+url, with("a:x"), "GET "+url, with("a:x"))
	if hook.calls != 6 {
		t.Errorf("the hook was called %d times; want 6", hook.calls)
	}
}

// Entries of many origins do not pile up, and a client with many works.
func TestAuthEntriesAreBounded(t *testing.T) {
	client := &fetch.Client{
		Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := &http.Response{StatusCode: 200}
			if r.Header["Authorization"] == nil {
				resp.StatusCode = 401
			}
			return resp, nil
		}),
	}
	const origins = 1500
	asked := 0
	client.Authenticate = func(*http.Request, []string) (string, error) {
		asked++
		return "Basic x", nil
	}
	for range 2 {
		for i := range origins {
			origin := "https://h" + strconv.Itoa(i) + ".example"
			resp, err := client.Fetch(newRequest(t, "GET", origin+"/", nil), &fetch.Params{Environment: page(origin)})
			if err != nil || resp.Status != 200 {
				t.Fatal(err)
			}
		}
	}
	if asked == origins || asked > 2*origins {
		t.Errorf("asked %d times for %d origins; want some of them to be forgotten", asked, origins)
	}
}

// The answer of a navigation to a URL with userinfo is for a challenge of the
// scheme Basic, wherever that stands.
//
// Source: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1.
func TestAuthBuiltInAnswer(t *testing.T) {
	tests := []struct {
		name   string
		lines  []string
		answer bool
	}{
		{"Basic", []string{`Basic realm="x"`}, true},
		{"scheme alone", []string{`Basic`}, true},
		{"another case", []string{`bASIC realm="x"`}, true},
		{"second in a line", []string{`Negotiate, Basic realm="x"`}, true},
		{"second after parameters", []string{`Digest realm="a", nonce="b", Basic realm="x"`}, true},
		{"first in a line", []string{`Basic realm="x", Digest realm="a"`}, true},
		{"second line", []string{`Negotiate`, `Basic realm="x"`}, true},
		{"empty elements", []string{`, ,Basic realm="x"`}, true},
		{"several spaces", []string{`Basic   realm="x"`}, true},
		{"none", nil, false},
		{"another scheme", []string{`Digest realm="x"`}, false},
		{"parameter", []string{`Digest realm="x", basic="y"`}, false},
		{"parameter with spaces", []string{`Digest realm="x", basic = "y"`}, false},
		{"in a quoted string", []string{`Digest realm="a, Basic realm=x"`}, false},
		{"in a quoted string with a backslash", []string{`Digest realm="a\", Basic b"`}, false},
		{"longer name", []string{`Basically realm="x"`}, false},
		{"as a credential", []string{`Negotiate Basic`}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.Header["Authorization"] == nil {
					rw.Header()["Www-Authenticate"] = tt.lines
					rw.WriteHeader(401)
				}
			})})
			w.fetch(newRequest(t, "GET", "https://u:p%40@app.example/", nil), &fetch.Params{Mode: fetch.ModeNavigate})
			want := []string{"GET https://app.example/"}
			if tt.answer {
				want = append(want, "GET https://app.example/ "+authBasic("u:p@"))
			}
			wantAuthorizations(w, want...)
		})
	}
}

// Cookies of the 401 go with the answer, to it alone if it expires one, and those
// of the final response are stored too.
func TestAuthAnswerHasNewCookies(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header["Authorization"] == nil {
			addLines(rw.Header(), []string{"Www-Authenticate: Basic", "Set-Cookie: old=; Max-Age=0", "Set-Cookie: nonce=1"})
			rw.WriteHeader(401)
			return
		}
		addLines(rw.Header(), []string{"Set-Cookie: session=2"})
	})})
	w.client.Jar = newJar(t, "https://app.example/", "old=0")
	w.fetch(newRequest(t, "POST", "https://u:p@app.example/", "body"), &fetch.Params{Mode: fetch.ModeNavigate})
	log := w.received()
	if len(log) != 2 {
		t.Fatalf("%d requests; want 2", len(log))
	}
	wantHeader(t, log[0].Header, "Cookie", "old=0")
	wantHeader(t, log[1].Header, "Cookie", "nonce=1")
	for _, r := range log {
		if r.Body != "body" {
			t.Errorf("%s has the body %q", r, r.Body)
		}
	}
	if got := cookiesIn(t, w.client.Jar, "https://app.example/"); got != "nonce=1; session=2" {
		t.Errorf("the jar has %q", got)
	}
}

// GetBody may fail when the answer is to be sent.
func TestAuthBodyIsNoLongerThere(t *testing.T) {
	boom := errors.New("boom")
	w := newWeb(t, map[string]http.Handler{"https://app.example/": newAuthServer("Basic x")})
	w.client.Authenticate = (&authHook{answer: "Basic x"}).authenticate
	req := newRequest(t, "POST", "https://app.example/", "body")
	req.GetBody = func() (io.ReadCloser, error) { return nil, boom }
	if e := w.refuse(req, &fetch.Params{Environment: app}, fetch.ReasonTransport); !errors.Is(e, boom) {
		t.Errorf("error %v; want boom", e)
	}
}

// Authorization of the author stays behind when a navigation changes the origin,
// to a subdomain included, and does not return on the way back. Referer and
// Referrer-Policy follow the engine's rules and not those of an http.Client.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch; traps 8 and
// 11.
func TestAuthStaysBehindInNavigations(t *testing.T) {
	handlers := map[string]http.Handler{
		"https://a.example/1":   answer{status: 302, lines: []string{"Location: /2"}},
		"https://a.example/2":   answer{status: 302, lines: []string{"Location: https://s.a.example/3", "Referrer-Policy: origin"}},
		"https://s.a.example/3": answer{status: 302, lines: []string{"Location: https://a.example/4", "Referrer-Policy: unsafe-url"}},
		"https://a.example/4":   answer{},
	}
	env := &fetch.Environment{Origin: fetch.MustParseOrigin("https://a.example"), URL: mustURL(t, "https://a.example/page")}
	p := &fetch.Params{Environment: env, Mode: fetch.ModeNavigate, Destination: "document"}
	for _, via := range []string{"Fetch", "http.Client"} {
		t.Run(via, func(t *testing.T) {
			w := newWeb(t, handlers)
			req := newRequest(t, "GET", "https://a.example/1", nil, "Authorization: Bearer t", "X-A: a")
			if via == "Fetch" {
				w.fetch(req, p)
			} else {
				resp, err := (&http.Client{Transport: w.client.Transport(p)}).Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			}
			var referrers []string
			for _, r := range w.received() {
				wantHeader(t, r.Header, "X-A", "a")
				referrers = append(referrers, strings.Join(r.Header["Referer"], "|"))
			}
			// The third hop learns the origin only, and so do all after it.
			if want := []string{"https://a.example/page", "https://a.example/page", "https://a.example/", "https://a.example/"}; !slices.Equal(referrers, want) {
				t.Errorf("Referer %q; want %q", referrers, want)
			}
			wantAuthorizations(w,
				"GET https://a.example/1 Bearer t",
				"GET https://a.example/2 Bearer t",
				"GET https://s.a.example/3",
				"GET https://a.example/4")
		})
	}
}

// An entry of the first origin is not sent to the one that a redirect leads to,
// and the second origin's own is.
func TestAuthEntriesAndRedirects(t *testing.T) {
	const here, there = "https://app.example/", "https://www.app.example/"
	w := newWeb(t, map[string]http.Handler{here: newAuthServer(authBasic("a:1")), there: newAuthServer(authBasic("b:2"))})
	w.client.Authenticate = func(r *http.Request, _ []string) (string, error) {
		if r.URL.Host == "app.example" {
			return authBasic("a:1"), nil
		}
		return authBasic("b:2"), nil
	}
	p := &fetch.Params{Environment: app, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}
	for _, url := range []string{here, there} {
		w.fetch(newRequest(t, "GET", url, nil), p)
	}
	w.forget()
	w.handle(here, answer{status: 307, lines: []string{"Location: " + there}})
	w.fetch(newRequest(t, "GET", here, nil), p)
	wantAuthorizations(w, "GET "+here+" "+authBasic("a:1"), "GET "+there+" "+authBasic("b:2"))
}

// Credentials for a proxy are not the engine's to ask for.
func TestAuthProxy(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate} {
		w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{status: 407, lines: []string{
			"Proxy-Authenticate: Basic", "Www-Authenticate: Basic"}, body: "proxy"}})
		hook := &authHook{answer: "Basic x"}
		w.client.Authenticate = hook.authenticate
		e := w.refuse(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app, Mode: mode}, fetch.ReasonTransport)
		if e.Status != 407 || hook.calls != 0 {
			t.Errorf("%v: status %d after %d calls; want 407 after none", mode, e.Status, hook.calls)
		}
		w.wantReceived("GET https://app.example/")
	}
}
