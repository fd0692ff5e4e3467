package main

import (
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/referrer"
)

// TestReferralWhy checks what is said of a page at https://app.example/cart for
// each policy and three kinds of URLs. The Referer is written out here: it is not
// what package referrer makes of it.
//
// See https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer.
func TestReferralWhy(t *testing.T) {
	const (
		whole = page + "/cart"
		part  = page + "/"
		other = "https://api.example"
		plain = "http://api.example"
	)
	tests := []struct {
		policy  referrer.Policy
		current string
		sent    string
		want    string // the end of it
	}{
		{"no-referrer", page, "", "tells nothing to anybody"},
		{"no-referrer", plain, "", "tells nothing to anybody"},
		{"no-referrer-when-downgrade", page, whole, ""},
		{"no-referrer-when-downgrade", other, whole, ""},
		{"no-referrer-when-downgrade", plain, "", "to a URL that does not"},
		{"same-origin", page, whole, ""},
		{"same-origin", other, "", "tells nothing to other origins"},
		{"same-origin", plain, "", "tells nothing to other origins"},
		{"origin", page, part, "tells nobody more than the origin"},
		{"origin", other, part, "tells nobody more than the origin"},
		{"origin", plain, part, "tells nobody more than the origin"},
		{"strict-origin", page, part, "tells nobody more than the origin"},
		{"strict-origin", other, part, "tells nobody more than the origin"},
		{"strict-origin", plain, "", "to a URL that does not"},
		{"origin-when-cross-origin", page, whole, ""},
		{"origin-when-cross-origin", other, part, "tells other origins no more than the origin"},
		{"origin-when-cross-origin", plain, part, "tells other origins no more than the origin"},
		{"strict-origin-when-cross-origin", page, whole, ""},
		{"strict-origin-when-cross-origin", other, part, "tells other origins no more than the origin"},
		{"strict-origin-when-cross-origin", plain, "", "to a URL that does not"},
		{"unsafe-url", page, whole, ""},
		{"unsafe-url", other, whole, ""},
		{"unsafe-url", plain, whole, ""},
	}
	for _, tt := range tests {
		r := referral{full: whole, policy: tt.policy, by: "the default"}
		got := r.why(tt.sent, tt.current)
		if (got == "") != (tt.want == "") || !strings.HasSuffix(got, tt.want) || got != "" && !strings.Contains(got, string(tt.policy)+" (the default)") {
			t.Errorf("%s to %s: got %q, want %q", tt.policy, tt.current, got, tt.want)
		}
	}

	long := page + "/" + strings.Repeat("a", 4096)
	for _, tt := range []struct {
		policy  referrer.Policy
		current string
	}{
		{"unsafe-url", plain},
		{"same-origin", page},
		{"no-referrer-when-downgrade", other},
		{"origin-when-cross-origin", page},
		{"strict-origin-when-cross-origin", page},
	} {
		r := referral{full: long, policy: tt.policy}
		if got, want := r.why(part, tt.current), "a URL of more than 4096 characters is cut to its origin"; got != want {
			t.Errorf("%s to %s: got %q, want %q", tt.policy, tt.current, got, want)
		}
	}

	r := referral{full: whole, policy: referrer.UnsafeURL}
	if got, want := r.why(part, other), "the URL that redirects here was not told more either"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestReferralNone checks what is said if there is nothing to tell.
func TestReferralNone(t *testing.T) {
	url := serve(t, allow)
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-origin", "null"}, "* No Referer: a page without origin has none\n"},
		{[]string{"-origin", "null", "-page", page + "/cart", "-referrer", page + "/"}, "* No Referer: a page without origin has none\n"},
		{[]string{"-origin", "wails://wails"}, "* No Referer: the page has no http: or https: URL\n"},
		{[]string{"-origin", page, "-page", "about:blank"}, "* No Referer: the page has no http: or https: URL\n"},
		{[]string{"-origin", page, "-referrer", "no-referrer"}, "* No Referer: the page wants none\n"},
	}
	for _, tt := range tests {
		got := corsfetch(t, append(tt.args, url)...)
		if strings.Count(got.stderr, "No Referer") != 1 || !strings.Contains(got.stderr, tt.want) || strings.Contains(got.stderr, "> Referer") {
			t.Errorf("%q: want %q in:\n%s", tt.args, tt.want, got.stderr)
		}
	}
}
