package fetchtest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// answer sends the given lines and status.
func answer(status int, lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
	}
}

// What a failure advises is what the checks want: the server that follows it passes.
func TestFix(t *testing.T) {
	const (
		origin = "Access-Control-Allow-Origin: https://app.example"
		creds  = "Access-Control-Allow-Credentials: true"
	)
	simple := &fetchtest.Init{}
	withCookies := &fetchtest.Init{Credentials: fetch.CredentialsInclude}
	put := &fetchtest.Init{Method: "PUT", Header: http.Header{"X-A": {"1"}, "X-B": {"1"}, "Authorization": {"x"}}}
	putCookies := &fetchtest.Init{Method: "PUT", Header: put.Header, Credentials: fetch.CredentialsInclude}
	post := &fetchtest.Init{Method: "POST", Body: "{}", Header: http.Header{"Content-Type": {"application/json"}}}
	tests := []struct {
		name   string
		source string
		init   *fetchtest.Init
		server http.HandlerFunc
		fix    []string
		text   []string
	}{
		{"nothing", "https://fetch.spec.whatwg.org/#concept-cors-check", simple, answer(200),
			[]string{origin, "Vary: Origin"}, []string{"the answer to GET has to have"}},
		{"nothing, with credentials", "https://fetch.spec.whatwg.org/#concept-cors-check", withCookies, answer(200, "Vary: Accept"),
			[]string{origin, "Vary: Accept, Origin", creds}, nil},
		{"Vary is there", "https://fetch.spec.whatwg.org/#concept-cors-check", simple, answer(200, "Vary: origin"),
			[]string{origin}, nil},
		{"Vary is *", "https://fetch.spec.whatwg.org/#concept-cors-check", simple, answer(200, "Vary: *"),
			[]string{origin}, nil},
		{"wildcard with credentials", "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials", withCookies,
			answer(200, "Access-Control-Allow-Origin: *"), []string{origin, "Vary: Origin", creds}, nil},
		{"redirect", "https://fetch.spec.whatwg.org/#http-fetch", simple, answer(302, "Location: /x"),
			[]string{origin, "Vary: Origin"}, []string{"the redirect has to have", "302 Found\n\t\tLocation: /x"}},
		{"preflight lacks all", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", putCookies, answer(404),
			[]string{origin, "Vary: Origin", creds, "status 204", "Access-Control-Allow-Methods: PUT",
				"Access-Control-Allow-Headers: authorization, x-a, x-b"}, []string{"No route answers OPTIONS"}},
		{"preflight lacks a header", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", put,
			answer(200, origin, "Access-Control-Allow-Methods: *", "Access-Control-Allow-Headers: X-A, Authorization"),
			[]string{"Access-Control-Allow-Headers: X-A, Authorization, x-b"}, nil},
		{"preflight lacks Authorization", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", put,
			answer(200, origin, "Access-Control-Allow-Methods: *", "Access-Control-Allow-Headers: *"),
			[]string{"Access-Control-Allow-Headers: *, authorization"}, nil},
		{"preflight has wildcards and cookies", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", putCookies,
			answer(200, origin, creds, "Access-Control-Allow-Methods: *", "Access-Control-Allow-Headers: *"),
			[]string{"Access-Control-Allow-Methods: *, PUT", "Access-Control-Allow-Headers: *, authorization, x-a, x-b"},
			[]string{"With credentials, * is not a wildcard"}},
		{"malformed lists", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", put,
			answer(200, origin, "Access-Control-Allow-Methods: PUT;", "Access-Control-Allow-Headers: [x-a]"),
			[]string{"Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: authorization, x-a, x-b"}, nil},
		{"malformed list that is not needed", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", post,
			answer(200, origin, "Access-Control-Allow-Methods: POST GET", "Access-Control-Allow-Headers: Content-Type"),
			[]string{"no Access-Control-Allow-Methods"}, nil},
		{"preflight asks for a login", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", put, answer(401, origin),
			[]string{"status 204", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: authorization, x-a, x-b"},
			[]string{"never carries cookies"}},
		{"preflight redirects", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", put,
			answer(301, origin, "Location: /", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: authorization, x-a, x-b"),
			[]string{"status 204"}, []string{"do not follow redirects of preflights"}},
		{"resource policy", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header", &fetchtest.Init{Mode: fetch.ModeNoCORS},
			answer(200, "Cross-Origin-Resource-Policy: same-origin"), []string{"Cross-Origin-Resource-Policy: cross-origin"}, nil},
		{"handler fails", "https://fetch.spec.whatwg.org/#http-network-fetch", put, answer(0), nil, []string{"got no answer from the handler"}},
		{"redirect mode", "https://fetch.spec.whatwg.org/#http-fetch", &fetchtest.Init{Redirect: fetch.RedirectError},
			answer(302, origin, "Location: /"), nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("the case has no source")
			}
			_, page := open(t, tt.server)
			_, err := page.Fetch(t.Context(), api+"/", tt.init)
			var f *fetchtest.Failure
			if !errors.As(err, &f) {
				t.Fatalf("error %v", err)
			}
			if got := f.Fix(); !slices.Equal(got, tt.fix) {
				t.Errorf("the fix is %q; want %q", got, tt.fix)
			}
			wantText(t, err.Error(), append(tt.fix, tt.text...)...)
		})
	}
}

// The origin is null after a redirect away from another origin, and no header of the
// page's origin would help.
func TestNullStory(t *testing.T) {
	b, page := open(t, answer(302, "Location: https://other.example/", "Access-Control-Allow-Origin: *"))
	b.Hosts().Handle("https://other.example", answer(200, "Access-Control-Allow-Origin: "+app))
	resp, err := page.Fetch(t.Context(), api+"/", nil)
	fetchtest.WantRefused(t, resp, err, fetch.ReasonOriginMismatch)
	wantText(t, err.Error(), "The browser asked\n\tGET https://api.example/", "GET https://other.example/", "Origin: null",
		"The origin is null because another origin redirected")
}

// What was cached, what else the handler did, and what must not be shown.
func TestStoryDetails(t *testing.T) {
	fail := false
	b, page := open(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", app)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Headers", "authorization")
		w.Header().Set("Set-Cookie", "id=secret")
		if fail {
			w.Header().Set("Access-Control-Allow-Origin", strings.Repeat("x", 300))
			w.WriteHeader(200)
			w.WriteHeader(201)
		}
	})
	if err := b.SetCookie(api, "id=secret; Secure; SameSite=None"); err != nil {
		t.Fatal(err)
	}
	init := &fetchtest.Init{Header: http.Header{"Authorization": {"Bearer secret"}}, Credentials: fetch.CredentialsInclude}
	mustFetch(t, page, api+"/", init)
	fail = true
	_, err := page.Fetch(t.Context(), api+"/", init)
	text := err.Error()
	wantText(t, text, "No preflight was sent: the answer to an earlier one is cached", "superfluous WriteHeader(201)",
		"Cookie: (not shown)", "Authorization: (not shown)", "Set-Cookie: (not shown)", "x…")
	if strings.Contains(text, "secret") {
		t.Errorf("a secret is shown:\n%s", text)
	}
}

func TestWantRefused(t *testing.T) {
	_, page := open(t, answer(200, "Access-Control-Allow-Origin: *"))
	rec := new(recordingTB)
	resp, err := page.Fetch(t.Context(), api, nil)
	fetchtest.WantRefused(rec, resp, err, fetch.ReasonMissingAllowOrigin)
	fetchtest.WantRefused(rec, nil, fetch.ReasonCORP, fetch.ReasonMissingAllowOrigin)
	fetchtest.WantRefused(rec, nil, nil, fetch.ReasonMissingAllowOrigin)
	fetchtest.WantRefused(rec, nil, fetch.ReasonCORP, fetch.ReasonCORP)
	if len(rec.failures) != 3 {
		t.Fatalf("failures: %q", rec.failures)
	}
	wantText(t, rec.failures[0], "the page may read the response; want missing-allow-origin", "Access-Control-Allow-Origin: *")
	wantText(t, rec.failures[1], "but: fetch: cross-origin-resource-policy")
	wantText(t, rec.failures[2], "neither a response nor an error")
}

func TestWantReadable(t *testing.T) {
	_, page := open(t, answer(200, "Access-Control-Allow-Origin: *", "ETag: x", "X-Total: 1", "Access-Control-Expose-Headers: x-total"))
	rec := new(recordingTB)
	resp := mustFetch(t, page, api, nil)
	fetchtest.WantReadable(rec, resp, "X-Total", "Content-Length")
	if len(rec.failures) != 0 {
		t.Fatalf("failures: %q", rec.failures)
	}
	fetchtest.WantReadable(rec, resp, "X-Total", "ETag", "Age")
	fetchtest.WantReadable(rec, mustFetch(t, page, api, &fetchtest.Init{Mode: fetch.ModeNoCORS}), "ETag")
	fetchtest.WantReadable(rec, mustFetch(t, page, "data:,x", nil), "X-A")
	if len(rec.failures) != 3 {
		t.Fatalf("failures: %q", rec.failures)
	}
	wantText(t, rec.failures[0], "ETag: the server has to send Access-Control-Expose-Headers: ETag", "Age: the server did not send it",
		"GET https://api.example/", "#cors-safelisted-response-header-name")
	wantText(t, rec.failures[1], "ETag: the response is opaque")
	wantText(t, rec.failures[2], "X-A: the server did not send it")
}

func TestWantRequests(t *testing.T) {
	b, page := open(t, answer(200))
	rec := new(recordingTB)
	page.Fetch(t.Context(), api+"/a", nil)
	b.Hosts().WantRequests(rec, "GET https://api.example/b")
	b.Hosts().WantRequests(rec)
	if len(rec.failures) != 2 {
		t.Fatalf("failures: %q", rec.failures)
	}
	wantText(t, rec.failures[0], "the hosts got\n\tGET https://api.example/a\nwant\n\tGET https://api.example/b", "Origin: https://app.example")
	wantText(t, rec.failures[1], "want\n\tnothing")
}

// A response that no Network has made has no story.
func TestForeignResponse(t *testing.T) {
	c := &fetch.Client{Base: networkOf(t, answer(200, "Access-Control-Allow-Origin: *"))}
	resp, err := c.Fetch(newRequest(t, "GET", api, nil), &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(app)}})
	if err != nil {
		t.Fatal(err)
	}
	rec := new(recordingTB)
	fetchtest.WantRefused(rec, resp, err, fetch.ReasonCORP)
	if len(rec.failures) != 1 {
		t.Fatalf("failures: %q", rec.failures)
	}
}

func TestFailureInterfaces(t *testing.T) {
	f := &fetchtest.Failure{NetworkError: &fetch.NetworkError{Reason: fetch.ReasonAborted, Err: context.DeadlineExceeded}}
	if !f.Timeout() || f.Temporary() || !errors.Is(f, fetch.ReasonAborted) || !errors.Is(f, context.DeadlineExceeded) {
		t.Error("a Failure is not what its NetworkError is")
	}
}
