package fetchtest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

func TestPolicyErrors(t *testing.T) {
	tests := []struct {
		field  string
		value  string
		change func(*fetchtest.Policy)
	}{
		{"Server", "x", func(p *fetchtest.Policy) { p.Server = "x" }},
		{"Server", "ftp://x.example", func(p *fetchtest.Policy) { p.Server = "ftp://x.example" }},
		{"Paths", "items", func(p *fetchtest.Policy) { p.Paths = []string{"/", "items"} }},
		{"Origins", "", func(p *fetchtest.Policy) { p.Origins = nil }},
		{"Origins", "https://app.example/", func(p *fetchtest.Policy) { p.Origins = []string{"https://app.example/"} }},
		{"Origins", "https://server.example", func(p *fetchtest.Policy) { p.Origins = []string{"https://server.example"} }},
		{"DenyOrigins", "app.example", func(p *fetchtest.Policy) { p.DenyOrigins = []string{"app.example"} }},
		{"DenyOrigins", app, func(p *fetchtest.Policy) { p.DenyOrigins = []string{app} }},
		{"DenyOrigins", "https://x.example", func(p *fetchtest.Policy) { p.Origins[0] = "*"; p.DenyOrigins = []string{"https://x.example"} }},
		{"Methods", "A B", func(p *fetchtest.Policy) { p.Methods = []string{"A B"} }},
		{"Methods", "trace", func(p *fetchtest.Policy) { p.Methods = []string{"trace"} }},
		{"DenyMethods", "", func(p *fetchtest.Policy) { p.DenyMethods = []string{""} }},
		{"DenyMethods", "post", func(p *fetchtest.Policy) { p.DenyMethods = []string{"post"} }},
		{"Headers", "Cookie", func(p *fetchtest.Policy) { p.Headers = []string{"Cookie"} }},
		{"Headers", "X A", func(p *fetchtest.Policy) { p.Headers = []string{"X A"} }},
		{"Headers", "X-A: \x00", func(p *fetchtest.Policy) { p.Headers = []string{"X-A: \x00"} }},
		{"DenyHeaders", "Accept", func(p *fetchtest.Policy) { p.DenyHeaders = []string{"Accept"} }},
		{"DenyHeaders", "Host", func(p *fetchtest.Policy) { p.DenyHeaders = []string{"Host"} }},
		{"Expose", "Set-Cookie", func(p *fetchtest.Policy) { p.Expose = []string{"Set-Cookie"} }},
		{"MaxAge", "-1s", func(p *fetchtest.Policy) { p.MaxAge = -time.Second }},
	}
	for _, tt := range tests {
		p := &fetchtest.Policy{Origins: []string{app}}
		tt.change(p)
		_, err := p.Check(t.Context(), http.NotFoundHandler())
		var e *fetchtest.PolicyError
		if !errors.As(err, &e) || e.Field != tt.field || e.Value != tt.value || e.Err == nil || errors.Unwrap(err) != e.Err {
			t.Errorf("%s %q: error %v", tt.field, tt.value, err)
			continue
		}
		wantText(t, err.Error(), "Policy."+tt.field)
	}
}

// allow is a server for all origins without credentials.
func allow(lines ...string) http.HandlerFunc {
	return answer(200, append([]string{"Access-Control-Allow-Origin: *"}, lines...)...)
}

// What works today and is fragile, each with its standard.
func TestWarnings(t *testing.T) {
	public := func() *fetchtest.Policy { return &fetchtest.Policy{Origins: []string{"*"}} }
	withToken := func() *fetchtest.Policy {
		return &fetchtest.Policy{Origins: []string{"*"}, Headers: []string{"Authorization", "X-A"}}
	}
	null := func() *fetchtest.Policy { return &fetchtest.Policy{Origins: []string{"null", app}} }
	tests := []struct {
		name   string
		policy *fetchtest.Policy
		server http.Handler
		kind   fetchtest.Kind // "" for none
		text   string
	}{
		{"nothing", public(), allow(), "", ""},
		{"own credentials", &fetchtest.Policy{Origins: []string{"*"}, Credentials: true}, cors{allows: func(o string) bool { return o != "" }},
			fetchtest.KindReflectedOrigin, "every page may act as the user"},
		{"null", null(), cors{allows: func(o string) bool { return o == "null" || o == app },
			edit: func(h http.Header, _ *http.Request, _ bool) { h.Del("Access-Control-Allow-Credentials") }},
			fetchtest.KindNullAllowed, "in a sandboxed frame"},
		{"Vary", &fetchtest.Policy{Origins: []string{app}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Origin") == app {
				w.Header().Set("Access-Control-Allow-Origin", app)
			}
		}),
			fetchtest.KindMissingVary, "a cache may give one page the answer to another"},
		{"Authorization", withToken(), allow("Access-Control-Allow-Headers: *"), fetchtest.KindWildcardAuthorization,
			"Access-Control-Allow-Headers: *, Authorization"},
		{"Authorization listed", withToken(), allow("Access-Control-Allow-Headers: *, authorization"), "", ""},
		{"max-age for Chromium", withToken(), allow("Access-Control-Allow-Headers: authorization,x-a", "Access-Control-Max-Age: 7201"),
			fetchtest.KindMaxAge, "Chromium honours 7200"},
		{"max-age for Firefox", withToken(), allow("Access-Control-Allow-Headers: authorization,x-a", "Access-Control-Max-Age: 86401"),
			fetchtest.KindMaxAge, "Firefox honours 86400 seconds at most, Chromium 7200"},
		{"max-age honoured", withToken(), allow("Access-Control-Allow-Headers: authorization,x-a", "Access-Control-Max-Age: 7200"), "", ""},
		{"max-age -1", withToken(), allow("Access-Control-Allow-Headers: authorization,x-a", "Access-Control-Max-Age: -1"), "", ""},
		{"max-age no number", withToken(), allow("Access-Control-Allow-Headers: authorization,x-a", "Access-Control-Max-Age: 2h"),
			fetchtest.KindMaxAge, `"2h", which is no number`},
		{"Set-Cookie exposed", public(), allow("Access-Control-Expose-Headers: ETag, Set-Cookie"), fetchtest.KindExposeForbidden,
			"Send\n\t\tAccess-Control-Expose-Headers: ETag"},
		{"nothing but Set-Cookie exposed", public(), allow("Access-Control-Expose-Headers: Set-Cookie2"), fetchtest.KindExposeForbidden,
			"lists Set-Cookie2"},
		{"malformed expose", public(), allow("Access-Control-Expose-Headers: X-A X-B"), fetchtest.KindExposeMalformed, "nothing is exposed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, err := tt.policy.Check(t.Context(), tt.server)
			if err != nil {
				t.Fatal(err)
			}
			if tt.kind == "" {
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				return
			}
			if len(found) != 1 || found[0].Kind != tt.kind || !found[0].Warning {
				t.Fatalf("found %v; want %s", found, tt.kind)
			}
			wantText(t, found[0].Error(), "warning: "+string(tt.kind), tt.text, "See "+found[0].Kind.SpecURL())
			if !strings.HasPrefix(found[0].Kind.SpecURL(), "https://fetch.spec.whatwg.org/#") {
				t.Errorf("%s has no standard", tt.kind)
			}
		})
	}
}

// Warnings without a policy, about what a Network has seen.
func TestNetworkWarnings(t *testing.T) {
	b, page := open(t, func(w http.ResponseWriter, r *http.Request) {
		if o := r.Header.Get("Origin"); o != "" {
			w.Header().Set("Access-Control-Allow-Origin", o)
		}
		if r.URL.Path == "/private" {
			w.Header().Set("Cache-Control", "no-store")
		} else {
			w.Header().Set("Cache-Control", "public")
		}
	})
	other := b.Open("https://other.example/")
	for _, p := range []*fetchtest.Page{page, other, b.Open(api)} {
		mustFetch(t, p, api+"/private", nil)
		mustFetch(t, p, api+"/public", nil)
	}
	found := b.Hosts().Warnings()
	if len(found) != 1 || found[0].Kind != fetchtest.KindMissingVary || found[0].Warning || found[0].Probes[0].URL != api+"/public" {
		t.Errorf("found %v", found)
	}
}

// Credentials that the policy does not have are a finding.
func TestCredentialsAllowed(t *testing.T) {
	p := &fetchtest.Policy{Server: "http://api.example", Origins: []string{app}}
	found, err := p.Check(t.Context(), cors{allows: func(o string) bool { return o == app }})
	if err != nil || len(found) != 1 || found[0].Kind != fetchtest.KindCredentialsAllowed || found[0].Warning {
		t.Fatalf("found %v, %v", found, err)
	}
	wantText(t, found[0].Error(), "with credentials", "#cors-protocol-and-credentials")
}

// One cause is one finding, with all that it concerns.
func TestFindingsAreGrouped(t *testing.T) {
	p := policy()
	found, err := p.Check(t.Context(), http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, f := range found {
		kinds = append(kinds, string(f.Kind))
	}
	// The preflight lacks the header, and so do answers to simple requests; a
	// redirect is none here.
	if !slices.Equal(kinds, []string{"refused", "refused"}) {
		t.Errorf("found %v", kinds)
	}
	if n := len(found[0].Probes); n < 20 {
		t.Errorf("the first finding is about %d requests", n)
	}
	wantText(t, found[0].Error(), "The same holds for", "more")
}

// A handler that blocks does not hold up a check whose context ends.
func TestCheckOfBlockedHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := policy().Check(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		var blocked *fetchtest.BlockedError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &blocked) || len(blocked.Requests) != 1 {
			t.Errorf("error %v", err)
		}
		close(release)
	})
}

// Addresses and single labels have no lookalikes that are URLs; null neither.
func TestLookalikesOfAddresses(t *testing.T) {
	for _, o := range []string{"http://127.0.0.1:8080", "https://[::1]:8443", "http://localhost:3000", "null", "wails://wails", "https://a.example:65535"} {
		p := &fetchtest.Policy{Origins: []string{o}}
		found, err := p.Check(t.Context(), cors{allows: func(got string) bool { return got == o },
			edit: func(h http.Header, _ *http.Request, _ bool) { h.Del("Access-Control-Allow-Credentials") }})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if !f.Warning {
				t.Errorf("%s: %v", o, f)
			}
		}
	}
}
