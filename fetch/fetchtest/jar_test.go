package fetchtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// A jarStep is something that happens to a jar.
type jarStep struct {
	after time.Duration  // passes first
	url   string         // "" for https://www.site.example/
	level fetch.SameSite // 0 means StrictOrLess here, cross for UnsetOrLess
	set   string         // Set-Cookie line, "" to look
	want  string         // cookies sent, if set is ""
}

// cross stands for UnsetOrLess, so that the zero step is of the same site.
const cross = fetch.SameSite(99)

// The rules of RFC 6265bis that net/http/cookiejar does not have, and some that it
// does have and that must have survived.
func TestJar(t *testing.T) {
	const (
		bis   = "https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis"
		plain = "http://www.site.example/"
	)
	tests := []struct {
		name   string
		source string
		steps  []jarStep
	}{
		{"same site", bis + "#section-5.8.3", []jarStep{
			{set: "a=1; SameSite=Strict"}, {set: "b=2; SameSite=Lax"}, {set: "c=3"}, {set: "d=4; SameSite=None; Secure"},
			{want: "a=1; b=2; c=3; d=4"},
			{level: fetch.LaxOrLess, want: "b=2; c=3; d=4"},
			{level: cross, want: "d=4"},
		}},
		{"set across sites", bis + "#section-5.7", []jarStep{
			{level: cross, set: "a=1; SameSite=Strict"}, {level: cross, set: "b=2; SameSite=Lax"}, {level: cross, set: "c=3"},
			{level: cross, set: "d=4; SameSite=None; Secure"},
			{want: "d=4"},
		}},
		{"SameSite=None needs Secure", bis + "#section-5.7", []jarStep{{set: "a=1; SameSite=None"}, {want: ""}}},
		{"unknown SameSite is the default", bis + "#section-5.6.7", []jarStep{
			{set: "a=1; SameSite=Often"}, {level: cross, want: ""}, {level: fetch.LaxOrLess, want: "a=1"}}},
		{"Secure is for https", bis + "#section-5.7", []jarStep{
			{url: plain, set: "a=1; Secure"}, {want: ""}, {set: "a=1; Secure"}, {url: plain, want: ""}, {want: "a=1"}}},
		{"http does not replace Secure", bis + "#section-5.7", []jarStep{
			{set: "a=1; Secure"}, {url: plain, set: "a=2"}, {url: plain, set: "b=2"}, {want: "a=1; b=2"}}},
		{"http replaces an expired Secure one", bis + "#section-5.7", []jarStep{
			{set: "a=1; Secure; Max-Age=10"}, {after: 11 * time.Second, url: plain, set: "a=2"}, {want: "a=2"}}},
		{"__Secure-", bis + "#section-4.1.3.1", []jarStep{
			{set: "__Secure-a=1"}, {set: "__SECURE-b=1"}, {want: ""}, {set: "__Secure-a=1; Secure"}, {want: "__Secure-a=1"}}},
		{"__Host-", bis + "#section-4.1.3.2", []jarStep{
			{set: "__Host-a=1; Path=/"}, {set: "__Host-a=1; Secure"}, {set: "__host-a=1; Secure; Path=/; Domain=site.example"},
			{want: ""}, {set: "__Host-a=1; Secure; Path=/"}, {want: "__Host-a=1"}}},
		{"too long", bis + "#section-5.7", []jarStep{
			{set: "a=" + strings.Repeat("x", 4096)}, {want: ""}}},
		{"Max-Age", bis + "#section-5.6.2", []jarStep{
			{set: "a=1; Max-Age=60"}, {after: 60*time.Second - 1, want: "a=1"}, {after: 1, want: ""}}},
		{"Max-Age has a limit", bis + "#section-5.5", []jarStep{
			{set: "a=1; Max-Age=99999999999"}, {after: 400*24*time.Hour - 1, want: "a=1"}, {after: 1, want: ""}}},
		{"Expires", bis + "#section-5.6.1", []jarStep{
			{set: "a=1; Expires=Fri, 02 Jan 2026 00:00:00 GMT"}, {after: 24*time.Hour - 1, want: "a=1"}, {after: 1, want: ""}}},
		{"Expires has a limit", bis + "#section-5.5", []jarStep{
			{set: "a=1; Expires=Fri, 02 Jan 2099 00:00:00 GMT"}, {after: 401 * 24 * time.Hour, want: ""}}},
		{"Expires in the past", bis + "#section-5.7", []jarStep{
			{set: "a=1"}, {set: "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, {want: ""}}},
		{"Max-Age=0", bis + "#section-5.6.2", []jarStep{{set: "a=1"}, {set: "a=; Max-Age=0"}, {want: ""}}},
		{"session cookies stay", bis + "#section-5.7", []jarStep{{set: "a=1"}, {after: 500 * 24 * time.Hour, want: "a=1"}}},
		{"replaced", bis + "#section-5.7", []jarStep{{set: "a=1; SameSite=None; Secure"}, {set: "a=2"}, {want: "a=2"}, {level: cross, want: ""}}},
		{"domain and path", bis + "#section-5.1.4", []jarStep{
			{set: "a=1; Domain=site.example; Path=/x"}, {want: ""}, {url: "https://other.site.example/x/y", want: "a=1"}}},
		{"public suffix", bis + "#section-5.7", []jarStep{
			{url: "https://a.co.uk/", set: "a=1; Domain=co.uk"}, {url: "https://b.co.uk/", want: ""}}},
		{"a dot in the value", bis + "#section-4.1.1", []jarStep{{set: "a=1.2.3"}, {set: `b="q"`}, {want: `a=1.2.3; b="q"`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("the case has no source")
			}
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			jar := &fetchtest.Jar{Now: func() time.Time { return now }}
			for i, s := range tt.steps {
				now = now.Add(s.after)
				if s.url == "" {
					s.url = "https://www.site.example/"
				}
				u, err := url.Parse(s.url)
				if err != nil {
					t.Fatal(err)
				}
				switch s.level {
				case 0:
					s.level = fetch.StrictOrLess
				case cross:
					s.level = fetch.UnsetOrLess
				}
				if s.set != "" {
					resp := &http.Response{Header: http.Header{"Set-Cookie": {s.set}}}
					jar.SetCookiesFor(u, resp.Cookies(), s.level)
					continue
				}
				var got []string
				for _, c := range jar.CookiesFor(u, s.level) {
					got = append(got, c.String())
				}
				if text := strings.Join(got, "; "); text != s.want {
					t.Errorf("step %d: cookies %q; want %q; see %s", i+1, text, s.want, tt.source)
				}
			}
		})
	}
}

// The zero Jar, through the methods that know no level.
func TestZeroJar(t *testing.T) {
	var jar fetchtest.Jar
	u := &url.URL{Scheme: "https", Host: "a.example", Path: "/"}
	if len(jar.Cookies(u)) != 0 {
		t.Error("it is not empty")
	}
	jar.SetCookies(u, []*http.Cookie{nil, {Name: "a", Value: "1", MaxAge: 1000, SameSite: http.SameSiteStrictMode}})
	if got := jar.Cookies(u); len(got) != 1 || got[0].Value != "1" {
		t.Errorf("cookies %v", got)
	}
}
