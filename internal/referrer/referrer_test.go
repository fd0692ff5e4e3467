package referrer

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/internal/weburl"
)

type determineCase struct {
	Policy  Policy
	Source  string
	Current string
}

// expand replaces "{n}" by n letters "a".
func expand(t testing.TB, s string) string {
	return regexp.MustCompile(`\{\d+\}`).ReplaceAllStringFunc(s, func(m string) string {
		n, err := strconv.Atoi(m[1 : len(m)-1])
		if err != nil {
			t.Fatal(err)
		}
		return strings.Repeat("a", n)
	})
}

func TestDetermine(t *testing.T) {
	testtable.Run(t, "referrer-determine.json", func(t *testing.T, in determineCase, want string) {
		in.Source, want = expand(t, in.Source), expand(t, want)
		if got := Determine(in.Policy, in.Source, in.Current); got != want {
			t.Errorf("Determine(%q, %q, %q) = %q; want %q", in.Policy, in.Source, in.Current, got, want)
		}
	})
}

func TestRedirects(t *testing.T) {
	type redirects struct {
		Policy Policy
		Source string
		Hops   []struct {
			Current        string
			ReferrerPolicy []string
		}
	}
	testtable.Run(t, "referrer-redirect.json", func(t *testing.T, in redirects, want []string) {
		if len(in.Hops) != len(want) {
			t.Fatalf("%d hops, %d referrers wanted", len(in.Hops), len(want))
		}
		policy, source := in.Policy.Effective(""), in.Source
		for i, hop := range in.Hops {
			source = Determine(policy, source, hop.Current)
			if source != want[i] {
				t.Errorf("hop %d: %q; want %q", i, source, want[i])
			}
			policy = policy.Redirected(hop.ReferrerPolicy)
		}
	})
}

func TestStrip(t *testing.T) {
	tests := []struct{ url, full, origin string }{
		{"https://example.com/a?b#c", "https://example.com/a?b", "https://example.com/"},
		{"https://u:p@example.com:81/a", "https://example.com:81/a", "https://example.com:81/"},
		{"about:blank", "", ""},
		{"file:///a", "", ""},
		{"", "", ""},
		{"https://example.com", "", ""}, // not serialized by the URL Standard: no path
	}
	for _, tt := range tests {
		if got := Strip(tt.url, false); got != tt.full {
			t.Errorf("Strip(%q, false) = %q; want %q", tt.url, got, tt.full)
		}
		if got := Strip(tt.url, true); got != tt.origin {
			t.Errorf("Strip(%q, true) = %q; want %q", tt.url, got, tt.origin)
		}
	}
}

func TestClientSource(t *testing.T) {
	const url = "https://example.com/a"
	for origin, want := range map[string]string{"https://example.com": url, "": "", "null": ""} {
		if got := ClientSource(origin, url); got != want {
			t.Errorf("ClientSource(%q) = %q; want %q", origin, got, want)
		}
	}
}

// A pieces is a URL in its parts, so that stripping it is trivial.
type pieces struct {
	scheme, credentials, host, path, query, fragment string
}

func (p pieces) String() string {
	return p.scheme + "://" + p.credentials + p.host + p.path + p.query + p.fragment
}

func (p pieces) origin() string { return p.scheme + "://" + p.host }

// trustworthy is the decision for the hosts that the fuzz test has.
func (p pieces) trustworthy() bool {
	return p.scheme == "https" || p.host == "localhost" || p.host == "127.0.0.1:8080" || p.host == "[::1]"
}

// oracleDetermine is the algorithm as the text has it.
func oracleDetermine(policy string, source, current pieces) string {
	if policy == "" {
		policy = "strict-origin-when-cross-origin"
	}
	referrerURL := source
	referrerURL.credentials = ""
	referrerURL.fragment = ""

	referrerOrigin := referrerURL
	referrerOrigin.path = "/"
	referrerOrigin.query = ""

	if len(referrerURL.String()) > 4096 {
		referrerURL = referrerOrigin
	}

	sameOrigin := referrerURL.origin() == current.origin()
	downgrade := referrerURL.trustworthy() && !current.trustworthy()
	switch policy {
	case "no-referrer":
		return ""
	case "origin":
		return referrerOrigin.String()
	case "unsafe-url":
		return referrerURL.String()
	case "strict-origin":
		if downgrade {
			return ""
		}
		return referrerOrigin.String()
	case "strict-origin-when-cross-origin":
		if sameOrigin {
			return referrerURL.String()
		}
		if downgrade {
			return ""
		}
		return referrerOrigin.String()
	case "same-origin":
		if sameOrigin {
			return referrerURL.String()
		}
		return ""
	case "origin-when-cross-origin":
		if sameOrigin {
			return referrerURL.String()
		}
		return referrerOrigin.String()
	case "no-referrer-when-downgrade":
		if downgrade {
			return ""
		}
		return referrerURL.String()
	}
	panic(policy)
}

func FuzzReferrer(f *testing.F) {
	policies := []string{
		"", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url",
	}
	schemes := []string{"http", "https"}
	credentials := []string{"", "u@", "u:p@", ":p@", "u%40:%2F%23@"}
	hosts := []string{"example.com", "www.example.com", "example.com:8443", "localhost", "127.0.0.1:8080", "[::1]", "10.0.0.1"}
	paths := []string{"/", "/a", "/@/", "//", "/a:b@c"}
	queries := []string{"", "?", "?q", "?/@"}
	fragments := []string{"", "#", "#f", "#/?@#"}
	pick := func(list []string, i uint8) string { return list[int(i)%len(list)] }

	for policy := range policies {
		for _, length := range []uint16{0, 4060, 4096} {
			f.Add(uint8(policy), uint8(1), uint8(2), uint8(0), uint8(1), uint8(2), uint8(2), length, uint8(1), uint8(0))
			f.Add(uint8(policy), uint8(1), uint8(0), uint8(2), uint8(2), uint8(3), uint8(3), length, uint8(0), uint8(2))
			f.Add(uint8(policy), uint8(0), uint8(4), uint8(5), uint8(3), uint8(1), uint8(1), length, uint8(0), uint8(6))
		}
	}
	f.Fuzz(func(t *testing.T, policy, scheme, creds, host, path, query, fragment uint8, length uint16, toScheme, toHost uint8) {
		source := pieces{
			pick(schemes, scheme), pick(credentials, creds), pick(hosts, host),
			pick(paths, path) + strings.Repeat("a", int(length)%4200), pick(queries, query), pick(fragments, fragment),
		}
		current := pieces{scheme: pick(schemes, toScheme), host: pick(hosts, toHost)}
		p := pick(policies, policy)
		got := Determine(Policy(p), source.String(), current.origin())
		if want := oracleDetermine(p, source, current); got != want {
			t.Errorf("policy %q, %q to %q: %q; want %q", p, source, current.origin(), got, want)
		}
	})
}

// FuzzStrip composes the referrer from the parts of the parsed URL, which shows
// that a serialized URL has "#" and "@" only where [Strip] looks for them.
func FuzzStrip(f *testing.F) {
	for _, c := range testtable.Load[determineCase, string](f, "referrer-determine.json") {
		f.Add(c.In.Source)
	}
	f.Add(`HTTP:\\u@p:#@[::1]:080/@#@`)
	f.Add("https://a@b@c/d@e?f@#g#")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := weburl.Parse(s, nil)
		if err != nil {
			return
		}
		full, origin := "", ""
		if u.IsHTTP() {
			origin = u.Scheme() + "://" + u.HostPort() + "/"
			full = u.Scheme() + "://" + u.HostPort() + u.Path()
			if query, ok := u.Query(); ok {
				full += "?" + query
			}
		}
		if got := Strip(u.String(), false); got != full {
			t.Errorf("Strip(%q, false) = %q; want %q", u, got, full)
		}
		if got := Strip(u.String(), true); got != origin {
			t.Errorf("Strip(%q, true) = %q; want %q", u, got, origin)
		}
	})
}

func TestAllocs(t *testing.T) {
	const plain, secret = "https://example.com/a?b#c", "https://u:p@example.com/a?b#c"
	lines := []string{"no-such-policy, origin", ",,unsafe-url"}
	r := OriginRequest{Origin: "https://example.com", Method: "POST", Mode: "no-cors", Current: "http://example.com"}
	tests := []struct {
		name string
		want float64
		f    func()
	}{
		{"Determine, full", 0, func() { sink = Determine(UnsafeURL, plain, "https://other.test") }},
		{"Determine, origin", 0, func() { sink = Determine(Origin, plain, "https://other.test") }},
		{"Determine, default", 0, func() { sink = Determine("", plain, "http://other.test") }},
		{"Determine, credentials", 1, func() { sink = Determine(UnsafeURL, secret, "https://other.test") }},
		{"Determine, credentials, origin", 1, func() { sink = Determine(Origin, secret, "https://other.test") }},
		{"Strip", 0, func() { sink = Strip(plain, true) }},
		{"Strip, credentials", 1, func() { sink = Strip(secret, false) }},
		{"Parse", 0, func() { Parse(lines) }},
		{"Redirected", 0, func() { Origin.Redirected(lines) }},
		{"OriginHeader", 0, func() { sink = OriginHeader(r) }},
	}
	for _, tt := range tests {
		if n := testing.AllocsPerRun(100, tt.f); n > tt.want {
			t.Errorf("%s allocates %v times; want %v", tt.name, n, tt.want)
		}
	}
}

var sink string

func BenchmarkDetermine(b *testing.B) {
	for _, policy := range []Policy{"", NoReferrer, Origin, UnsafeURL} {
		for name, source := range map[string]string{
			"plain":       "https://example.com/index.html?q",
			"credentials": "https://u:p@example.com/index.html?q",
			"long":        "https://example.com/" + strings.Repeat("a", 1<<20) + "#f",
		} {
			b.Run(fmt.Sprintf("policy=%s/source=%s", policy, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					sink = Determine(policy, source, "https://other.test")
				}
			})
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for name, line := range map[string]string{
		"one":    "strict-origin-when-cross-origin",
		"commas": strings.Repeat(",", 1<<20),
		"known":  strings.Repeat("origin,", 1<<17),
	} {
		b.Run("line="+name, func(b *testing.B) {
			b.ReportAllocs()
			lines := []string{line}
			for b.Loop() {
				Parse(lines)
			}
		})
	}
}
