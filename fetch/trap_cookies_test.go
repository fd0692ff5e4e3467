package fetch_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// An http.Client writes the cookies of its Jar into the header before RoundTrip,
// for every URL, where they cannot be told from hand-set ones.
//
// Source: net/http.Client.send; Cookie is a forbidden request-header,
// https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestTrap1CookiesOfClientJarAreReplaced(t *testing.T) {
	const target = "https://api.example/"
	tests := []struct {
		name   string
		params fetch.Params
		jar    string // cookie of fetch.Client.Jar, "" for no jar
		want   []string
	}{
		{"cors", fetch.Params{Environment: app}, "", nil},
		{"cors include", fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude}, "", nil},
		{"no-cors include", fetch.Params{Environment: app, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, "", nil},
		{"same-origin", fetch.Params{Environment: page("https://api.example"), Mode: fetch.ModeSameOrigin}, "", nil},
		{"websocket", fetch.Params{Environment: app, Mode: fetch.ModeWebSocket}, "", nil},
		{"cors, own jar", fetch.Params{Environment: app}, "own=1", nil},
		{"cors include, own jar", fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude}, "own=1", []string{"own=1"}},
		{"no-cors include, own jar", fetch.Params{Environment: app, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, "own=1", []string{"own=1"}},
		{"same-origin, own jar", fetch.Params{Environment: page("https://api.example"), Mode: fetch.ModeSameOrigin}, "own=1", []string{"own=1"}},
		{"navigate", fetch.Params{Environment: app, Mode: fetch.ModeNavigate}, "", []string{"outer=1"}},
		{"navigate omit", fetch.Params{Environment: app, Mode: fetch.ModeNavigate, Credentials: fetch.CredentialsOmit}, "", nil},
		{"navigate, own jar", fetch.Params{Environment: app, Mode: fetch.ModeNavigate}, "own=1", []string{"own=1"}},
		{"navigate, own empty jar", fetch.Params{Environment: app, Mode: fetch.ModeNavigate}, "elsewhere", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{target: shareWith("https://app.example", "GET", "")})
			switch tt.jar {
			case "":
			case "elsewhere":
				w.client.Jar = newJar(t, "https://elsewhere.example/", "own=1")
			default:
				w.client.Jar = newJar(t, target, tt.jar)
			}
			c := &http.Client{Transport: w.client.Transport(&tt.params), Jar: newJar(t, target, "outer=1")}
			resp, err := c.Do(newRequest(t, "GET", target, nil))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			wantHeader(t, w.last().Header, "Cookie", tt.want...)
		})
	}
}

// A Cookie header set by hand is dropped by Fetch in every mode, navigate
// included.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestTrap1CookieHeaderIsForbidden(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate, fetch.ModeWebSocket} {
		t.Run(mode.String(), func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{}})
			req := newRequest(t, "GET", "https://app.example/", nil, "Cookie: a=b", "cookie: c=d")
			w.fetch(req, &fetch.Params{Environment: app, Mode: mode})
			wantHeader(t, w.last().Header, "Cookie")
		})
	}
}

// An http.Client stores the cookies of the response that it gets, and filtered
// responses have none.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-response-header-name;
// https://fetch.spec.whatwg.org/#concept-http-network-fetch for the engine's Jar.
func TestTrap2SetCookieReachesOwnJarOnly(t *testing.T) {
	const target = "https://app.example/"
	tests := []struct {
		name       string
		params     fetch.Params
		own, outer string
	}{
		{"cors, same origin", fetch.Params{Environment: app}, "s=1", ""},
		{"cors include, other origin", fetch.Params{Environment: page("https://other.example"), Credentials: fetch.CredentialsInclude}, "s=1", ""},
		{"cors, other origin", fetch.Params{Environment: page("https://other.example")}, "", ""},
		{"cors omit, same origin", fetch.Params{Environment: app, Credentials: fetch.CredentialsOmit}, "", ""},
		{"no-cors include, other origin", fetch.Params{Environment: page("https://other.example"), Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, "s=1", ""},
		{"no-cors, other origin", fetch.Params{Environment: page("https://other.example"), Mode: fetch.ModeNoCORS}, "", ""},
		{"navigate", fetch.Params{Environment: app, Mode: fetch.ModeNavigate}, "s=1", "s=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{
				target: shareWith("https://other.example", "GET", "", "Set-Cookie: s=1"),
			})
			own, outer := newJar(t, target), newJar(t, target)
			w.client.Jar = own
			c := &http.Client{Transport: w.client.Transport(&tt.params), Jar: outer}
			resp, err := c.Do(newRequest(t, "GET", target, nil))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := cookiesIn(t, own, target); got != tt.own {
				t.Errorf("fetch.Client.Jar holds %q; want %q", got, tt.own)
			}
			if got := cookiesIn(t, outer, target); got != tt.outer {
				t.Errorf("http.Client.Jar holds %q; want %q", got, tt.outer)
			}
		})
	}
}

// Cookies are stored iff the request included credentials, from redirects and
// from responses that the CORS check refuses, too.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-fetch.
func TestTrap2CookiesOfRedirectsAndRefusedResponses(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start":   answer{status: 302, lines: []string{"Set-Cookie: a=1", "Location: https://api.example/next"}},
		"https://api.example/next":    answer{status: 302, lines: []string{"Set-Cookie: b=1", "Location: /end", "Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Credentials: true"}},
		"https://api.example/end":     answer{lines: []string{"Set-Cookie: c=1"}},
		"https://api.example/missing": answer{lines: []string{"Set-Cookie: d=1"}},
	})
	jar := newJar(t, "https://api.example/")
	w.client.Jar = jar
	w.refuse(newRequest(t, "GET", "https://app.example/start", nil),
		&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude}, fetch.ReasonMissingAllowOrigin)
	if got := cookiesIn(t, jar, "https://app.example/"); got != "a=1" {
		t.Errorf("cookies of the first hop: %q; want a=1", got)
	}
	if got := cookiesIn(t, jar, "https://api.example/"); got != "b=1; c=1" {
		t.Errorf("cookies of the other hops: %q; want b=1 and c=1", got)
	}
	wantHeader(t, w.last().Header, "Cookie", "b=1")

	w.refuse(newRequest(t, "GET", "https://api.example/missing", nil),
		&fetch.Params{Environment: app}, fetch.ReasonMissingAllowOrigin)
	if got := cookiesIn(t, jar, "https://api.example/"); strings.Contains(got, "d=1") {
		t.Errorf("a fetch without credentials stored %q", got)
	}
}

// An http.Client turns userinfo into Authorization, and leaves it in the URL.
// Outside navigate the Request constructor refuses such a URL anyway.
//
// Source: https://fetch.spec.whatwg.org/#dom-request.
func TestTrap3UserinfoIsRefusedOutsideNavigate(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeWebSocket} {
		for _, userinfo := range []string{"u:p@", "u@", ":p@"} {
			t.Run(mode.String()+" "+userinfo, func(t *testing.T) {
				client := &fetch.Client{Base: unreachable(t)}
				c := &http.Client{Transport: client.Transport(&fetch.Params{Environment: app, Mode: mode})}
				_, err := c.Do(newRequest(t, "GET", "https://"+userinfo+"app.example/", nil))
				e := wantReason(t, err, fetch.ReasonInvalidRequest)
				if e.URL != "https://app.example/" {
					t.Errorf("NetworkError.URL is %q; want it without userinfo", e.URL)
				}
			})
		}
	}
}

// In a navigation, what an http.Client makes of the userinfo is dropped; the
// userinfo answers a server that asks for Basic authentication.
//
// Source: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch.
func TestTrap3UserinfoAnswersBasicChallenge(t *testing.T) {
	basic := func(userinfo string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(userinfo))
	}
	tests := []struct {
		name      string
		userinfo  string
		challenge []string
		params    fetch.Params
		lines     []string
		want      []string // Authorization of each request, "" for none
	}{
		{name: "basic", userinfo: "u:p", challenge: []string{`WWW-Authenticate: Basic realm="x"`}, want: []string{"", basic("u:p")}},
		{name: "lower case", userinfo: "u:p", challenge: []string{`WWW-Authenticate: basic realm="x"`}, want: []string{"", basic("u:p")}},
		{name: "second challenge", userinfo: "u:p", challenge: []string{"WWW-Authenticate: Negotiate", `WWW-Authenticate: Basic realm="x"`}, want: []string{"", basic("u:p")}},
		{name: "user only", userinfo: "u", challenge: []string{`WWW-Authenticate: Basic realm="x"`}, want: []string{"", basic("u:")}},
		{name: "escaped", userinfo: "u%40x:p%3Aq", challenge: []string{`WWW-Authenticate: Basic realm="x"`}, want: []string{"", basic("u@x:p:q")}},
		{name: "no challenge", userinfo: "u:p", want: []string{""}},
		{name: "other scheme", userinfo: "u:p", challenge: []string{`WWW-Authenticate: Digest realm="Basic"`}, want: []string{""}},
		{name: "scheme with Basic as prefix", userinfo: "u:p", challenge: []string{`WWW-Authenticate: Basically realm="x"`}, want: []string{""}},
		{name: "omit", userinfo: "u:p", challenge: []string{`WWW-Authenticate: Basic realm="x"`}, params: fetch.Params{Credentials: fetch.CredentialsOmit}, want: []string{""}},
		{name: "no userinfo", challenge: []string{`WWW-Authenticate: Basic realm="x"`}, want: []string{""}},
		{name: "author's own, no userinfo", challenge: []string{`WWW-Authenticate: Basic realm="x"`}, lines: []string{"Authorization: Bearer t"}, want: []string{"Bearer t"}},
		{name: "author's own", userinfo: "u:p", challenge: []string{`WWW-Authenticate: Basic realm="x"`}, lines: []string{"Authorization: Bearer t"}, want: []string{"Bearer t"}},
	}
	for _, tt := range tests {
		for _, via := range []string{"Fetch", "http.Client"} {
			t.Run(tt.name+" by "+via, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{
					"https://app.example/": answer{status: 401, lines: tt.challenge, body: "who?"},
				})
				p := tt.params
				p.Environment, p.Mode = app, fetch.ModeNavigate
				target := "https://app.example/"
				if tt.userinfo != "" {
					target = "https://" + tt.userinfo + "@app.example/"
				}
				req := newRequest(t, "POST", target, "body", tt.lines...)
				status := 0
				if via == "Fetch" {
					status = w.fetch(req, &p).Status
				} else {
					resp, err := (&http.Client{Transport: w.client.Transport(&p)}).Do(req)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					status = resp.StatusCode
				}
				if status != 401 {
					t.Errorf("status %d; want 401", status)
				}
				var got []string
				for _, r := range w.received() {
					got = append(got, strings.Join(r.Header["Authorization"], "|"))
					if r.Body != "body" {
						t.Errorf("a request has the body %q", r.Body)
					}
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("Authorization of the requests: %q; want %q", got, tt.want)
				}
			})
		}
	}
}

// An answer to a 401 needs the body once more. A body that cannot be replayed is
// an error then, and so is one whose GetBody fails; if there is no answer, the 401
// is the response.
//
// Source: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch.
func TestTrap3ChallengeNeedsReplayableBody(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/": answer{status: 401, lines: []string{"WWW-Authenticate: Basic"}},
	})
	p := &fetch.Params{Environment: app, Mode: fetch.ModeNavigate}
	req := newRequest(t, "POST", "https://u:p@app.example/", io.MultiReader(strings.NewReader("once")))
	w.refuse(req, p, fetch.ReasonTransport)
	w.wantReceived("POST https://app.example/")

	req = newRequest(t, "POST", "https://app.example/", io.MultiReader(strings.NewReader("once")))
	if got := w.fetch(req, p).Status; got != 401 {
		t.Errorf("status %d; want 401", got)
	}
	w.forget()

	req = newRequest(t, "POST", "https://u:p@app.example/", "body")
	req.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }
	e := w.refuse(req, p, fetch.ReasonTransport)
	if e.Err == nil || !strings.Contains(e.Error(), "GetBody") {
		t.Errorf("the error does not speak of GetBody: %v", e)
	}
}

// The standard library's jar stores SameSite and never consults it: strict
// cookies are sent across sites, as plain net/http does.
//
// Source: net/http/cookiejar; documented at fetch.Client.Jar.
func TestTrap4CookiejarSendsSameSiteCookiesAcrossSites(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/": shareWith("https://app.example", "GET", ""),
	})
	w.client.Jar = newJar(t, "https://api.example/", "lax=1; SameSite=Lax", "strict=1; SameSite=Strict", "none=1; SameSite=None; Secure")
	w.fetch(newRequest(t, "GET", "https://api.example/", nil),
		&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude})
	wantHeader(t, w.last().Header, "Cookie", "lax=1; strict=1; none=1")
}

// A preflight carries no credentials, whatever the mode, and its Set-Cookie is
// ignored.
//
// Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func TestTrap6PreflightCarriesNoCredentials(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/": split(
			shareWith("https://app.example", "PUT", "authorization", "Set-Cookie: preflight=1"),
			shareWith("https://app.example", "", "")),
	})
	jar := newJar(t, "https://api.example/", "s=1")
	w.client.Jar = jar
	w.fetch(newRequest(t, "PUT", "https://api.example/", nil, "Authorization: Bearer t"),
		&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude})
	log := w.received()
	if len(log) != 2 || log[0].Method != "OPTIONS" {
		t.Fatalf("the server got %v; want a preflight and a request", log)
	}
	wantHeader(t, log[0].Header, "Cookie")
	wantHeader(t, log[0].Header, "Authorization")
	wantHeader(t, log[0].Header, "Access-Control-Request-Headers", "authorization")
	wantHeader(t, log[1].Header, "Cookie", "s=1")
	wantHeader(t, log[1].Header, "Authorization", "Bearer t")
	if got := cookiesIn(t, jar, "https://api.example/"); got != "s=1" {
		t.Errorf("the jar holds %q; want no cookie of the preflight", got)
	}
}

// The CORS check on a preflight uses the credentials mode of the request.
//
// Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0,
// https://fetch.spec.whatwg.org/#concept-cors-check.
func TestTrap6PreflightIsCheckedWithCredentialsMode(t *testing.T) {
	tests := []struct {
		name      string
		preflight answer
		want      fetch.Reason
	}{
		{"wildcard origin", answer{lines: []string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Methods: PUT"}}, fetch.ReasonWildcardCredentials},
		{"no credentials", answer{lines: []string{"Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Methods: PUT"}}, fetch.ReasonCredentials},
		{"True", answer{lines: []string{"Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Credentials: True", "Access-Control-Allow-Methods: PUT"}}, fetch.ReasonCredentials},
		{"literal wildcard method", shareWith("https://app.example", "*", ""), fetch.ReasonMethodNotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://api.example/": tt.preflight})
			e := w.refuse(newRequest(t, "PUT", "https://api.example/", nil),
				&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude}, tt.want)
			if !e.Preflight {
				t.Error("NetworkError.Preflight is false")
			}
			w.wantReceived("OPTIONS https://api.example/")
		})
	}
}

// What authenticates in Base authenticates preflights, too. Anonymous is for
// what must not carry credentials.
//
// Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0 (credentials
// mode of the preflight), https://fetch.spec.whatwg.org/#concept-connection-obtain.
func TestTrap7AnonymousSendsWhatMustNotCarryCredentials(t *testing.T) {
	authenticating := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set("X-Via", "base")
			return next.RoundTrip(r)
		})
	}
	put := func(c fetch.Credentials) *fetch.Params { return &fetch.Params{Environment: app, Credentials: c} }
	tests := []struct {
		name   string
		url    string
		params *fetch.Params
		want   []string // the X-Via of each request
	}{
		{"include", "https://api.example/", put(fetch.CredentialsInclude), []string{"", "base"}},
		{"same-origin, elsewhere", "https://api.example/", put(fetch.CredentialsSameOrigin), []string{"", ""}},
		{"omit", "https://api.example/", put(fetch.CredentialsOmit), []string{"", ""}},
		{"same-origin, at home", "https://app.example/", put(fetch.CredentialsSameOrigin), []string{"base"}},
		{"omit, at home", "https://app.example/", put(fetch.CredentialsOmit), []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := shareWith("https://app.example", "PUT", "")
			w := newWeb(t, map[string]http.Handler{"https://api.example/": h, "https://app.example/": h})
			w.client.Anonymous = w.base
			w.client.Base = authenticating(w.base)
			w.fetch(newRequest(t, "PUT", tt.url, nil), tt.params)
			var got []string
			for _, r := range w.received() {
				got = append(got, strings.Join(r.Header["X-Via"], "|"))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("requests went via %q; want %q", got, tt.want)
			}
		})
	}
}
