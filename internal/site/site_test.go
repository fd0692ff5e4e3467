package site

import (
	"net/http/cookiejar"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/testtable"
)

var list = publicsuffix.List

func TestOf(t *testing.T) {
	type in struct{ Origin string }
	testtable.Run(t, "site-obtain.json", func(t *testing.T, in in, want string) {
		got := Of(list, in.Origin)
		if got != want {
			t.Errorf("Of(%q) = %q; want %q", in.Origin, got, want)
		}
		if again := Of(list, got); again != got {
			t.Errorf("Of(%q) = %q; a site is its own site", got, again)
		}
	})
}

type pair struct{ A, B string }

func TestSame(t *testing.T) {
	type want struct{ Same, Schemeless bool }
	testtable.Run(t, "site-same.json", func(t *testing.T, in pair, want want) {
		for _, p := range []pair{in, {in.B, in.A}} {
			if got := Same(list, p.A, p.B); got != want.Same {
				t.Errorf("Same(%q, %q) = %v; want %v", p.A, p.B, got, want.Same)
			}
			if got := SchemelesslySame(list, p.A, p.B); got != want.Schemeless {
				t.Errorf("SchemelesslySame(%q, %q) = %v; want %v", p.A, p.B, got, want.Schemeless)
			}
			site := Of(list, p.A)
			if got := site != "" && site == Of(list, p.B); got != want.Same {
				t.Errorf("sites of %q and %q equal: %v; want %v", p.A, p.B, got, want.Same)
			}
		}
	})
}

// listFunc is a list that answers as the function does.
type listFunc func(string) string

func (f listFunc) PublicSuffix(domain string) string { return f(domain) }
func (f listFunc) String() string                    { return "test" }

// TestBadLists has lists that break their contract; different hosts must not
// become one site.
func TestBadLists(t *testing.T) {
	hosts := []string{"https://a.example.com", "https://b.example.com", "https://example.com", "https://c.example.org"}
	lists := map[string]cookiejar.PublicSuffixList{
		"nil":              nil,
		"empty":            listFunc(func(string) string { return "" }),
		"no suffix":        listFunc(func(string) string { return "net" }),
		"constant":         listFunc(func(string) string { return "a.example.com" }),
		"inside a label":   listFunc(func(s string) string { return s[len(s)-5:] }),
		"leading dot":      listFunc(func(s string) string { return s[strings.LastIndexByte(s, '.'):] }),
		"trailing dot":     listFunc(func(s string) string { return s[strings.LastIndexByte(s, '.')+1:] + "." }),
		"whole name":       listFunc(func(s string) string { return s }),
		"longer than name": listFunc(func(s string) string { return "x." + s }),
		"upper case":       listFunc(func(s string) string { return strings.ToUpper(s[strings.LastIndexByte(s, '.')+1:]) }),
	}
	for name, list := range lists {
		for i, a := range hosts {
			for j, b := range hosts {
				if Same(list, a, b) != (i == j) || SchemelesslySame(list, a, b) != (i == j) {
					t.Errorf("%s: %q and %q same site: %v", name, a, b, i != j)
				}
			}
			if got := Of(list, a+":81"); got != a {
				t.Errorf("%s: Of(%q) = %q", name, a+":81", got)
			}
		}
	}
}

// TestLookups counts what is asked of the list, which is the expensive part.
func TestLookups(t *testing.T) {
	asked := 0
	counter := listFunc(func(s string) string {
		asked++
		return list.PublicSuffix(s)
	})
	tests := []struct {
		a, b string
		want int
	}{
		{"https://a.example.com", "https://a.example.com", 0},
		{"https://a.example.com:1", "https://a.example.com:2", 0},
		{"https://a.example.com", "http://b.example.com", 0},
		{"https://a.example.com", "https://b.example.org", 1},
		{"https://a.example.com", "https://b.example.com", 2},
		{"https://10.0.0.1", "https://10.0.0.2", 0},
		{"https://[::1]", "https://[::2]", 0},
		{"", "https://example.com", 0},
	}
	for _, tt := range tests {
		asked = 0
		Same(counter, tt.a, tt.b)
		if asked != tt.want {
			t.Errorf("Same(%q, %q) asked the list %d times; want %d", tt.a, tt.b, asked, tt.want)
		}
	}
	asked = 0
	SameOrigin.Next(counter, "https://a.example.com", "https://b.example.com", "https://b.example.com")
	SameOrigin.Next(counter, "https://a.example.com", "https://a.example.com", "https://b.example.com")
	CrossSite.Next(counter, "https://a.example.com", "https://b.example.com", "https://c.example.com")
	if asked != 0 {
		t.Errorf("Next asked the list %d times for equal origins", asked)
	}
}

func TestAllocs(t *testing.T) {
	// The list of x/net allocates in every lookup, this one does not.
	list := listFunc(func(s string) string { return s[strings.LastIndexByte(s, '.')+1:] })
	a, b, sub := "https://example.com:8443", "https://b.example.com", "https://a.b.example.com"
	tests := []struct {
		name string
		want float64
		f    func()
	}{
		{"Same, equal", 0, func() { Same(list, a, a) }},
		{"Same, subdomain", 0, func() { Same(list, a, b) }},
		{"SchemelesslySame", 0, func() { SchemelesslySame(list, b, sub) }},
		{"Of, part", 0, func() { Of(list, a) }},
		{"Of, opaque", 0, func() { Of(list, "null") }},
		{"Of, subdomain", 1, func() { sink = Of(list, sub) }},
		{"Next, equal", 0, func() { SameOrigin.Next(list, a, a, b) }},
		{"Next, different", 0, func() { SameOrigin.Next(list, a, b, sub) }},
		{"PotentiallyTrustworthyOrigin", 0, func() { PotentiallyTrustworthyOrigin("http://a.localhost.:81") }},
		{"PotentiallyTrustworthyURL", 0, func() { PotentiallyTrustworthyURL("about:blank#x", "null") }},
	}
	for _, tt := range tests {
		if n := testing.AllocsPerRun(100, tt.f); n > tt.want {
			t.Errorf("%s allocates %v times; want %v", tt.name, n, tt.want)
		}
	}
}

var sink string

func BenchmarkSame(b *testing.B) {
	for name, p := range map[string]pair{
		"relation=same-origin": {"https://app.example.com", "https://app.example.com"},
		"relation=same-host":   {"https://app.example.com", "https://app.example.com:81"},
		"relation=same-site":   {"https://app.example.com", "https://api.example.com"},
		"relation=cross-site":  {"https://app.example.com", "https://api.example.org"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Same(list, p.A, p.B)
			}
		})
	}
}
