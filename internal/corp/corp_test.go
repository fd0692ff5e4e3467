package corp

import (
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/testtable"
)

var list = publicsuffix.List

type corpCase struct {
	Origin, URL         string
	Header              testtable.Header
	EmbedderPolicy      string
	IncludesCredentials bool
	Navigation          bool
}

func (c corpCase) check(tb testing.TB) Verdict {
	p, ok := ParseEmbedderPolicy(c.EmbedderPolicy)
	if !ok {
		tb.Fatalf("embedder policy %q", c.EmbedderPolicy)
	}
	return Check(list, c.Origin, p, Response{c.Header.HTTP(), c.URL, c.IncludesCredentials}, c.Navigation)
}

func TestCheck(t *testing.T) {
	testtable.Run(t, "corp.json", func(t *testing.T, in corpCase, want string) {
		got := in.check(t)
		if got.String() != want {
			t.Errorf("got %v; want %s", got, want)
		}
		if got.Blocked() != (want != "allowed") || got.Blocked() != (got.DevTools() == want) {
			t.Errorf("%v: Blocked() = %v, DevTools() = %q", got, got.Blocked(), got.DevTools())
		}
	})
}

func TestAllowsCredentials(t *testing.T) {
	type input struct{ EmbedderPolicy, Mode, Taint, Origin, Current string }
	testtable.Run(t, "corp-credentials.json", func(t *testing.T, in input, want bool) {
		p, ok := ParseEmbedderPolicy(in.EmbedderPolicy)
		if !ok {
			t.Fatalf("embedder policy %q", in.EmbedderPolicy)
		}
		taint := site.SameOrigin
		for taint < site.CrossSite && taint.String() != in.Taint {
			taint++
		}
		if taint.String() != in.Taint {
			t.Fatalf("taint %q", in.Taint)
		}
		if got := AllowsCredentials(p, in.Mode, taint, in.Origin, in.Current); got != want {
			t.Errorf("got %v; want %v", got, want)
		}
	})
}

func TestParseEmbedderPolicy(t *testing.T) {
	tests := []struct {
		in   string
		want EmbedderPolicy
		ok   bool
	}{
		{"", UnsafeNone, true},
		{"unsafe-none", UnsafeNone, true},
		{"credentialless", Credentialless, true},
		{"require-corp", RequireCORP, true},
		{"Require-CORP", RequireCORP, false},
		{"unsafe-none ", RequireCORP, false},
	}
	for _, tt := range tests {
		got, ok := ParseEmbedderPolicy(tt.in)
		if got != tt.want || ok != tt.ok {
			t.Errorf("ParseEmbedderPolicy(%q) = %v, %v; want %v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
		if ok && tt.in != "" && got.String() != tt.in {
			t.Errorf("%q prints as %q", tt.in, got)
		}
	}
	if got := EmbedderPolicy(3).String(); got != "invalid" {
		t.Errorf("EmbedderPolicy(3) prints as %q", got)
	}
}

// A policy that the package does not know is the strictest, not the laxest.
func TestUnknownEmbedderPolicy(t *testing.T) {
	if got := Check(list, "https://a.test", EmbedderPolicy(9), Response{Origin: "https://b.test"}, false); !got.Blocked() {
		t.Error("a response without policy is allowed")
	}
}

// com is a list that knows one suffix and does not allocate, which
// publicsuffix.List does.
type com struct{}

func (com) PublicSuffix(string) string { return "com" }
func (com) String() string             { return "com" }

func TestAllocs(t *testing.T) {
	const page, other = "https://example.com", "https://www.example.com"
	for _, value := range []testtable.Bytes{"same-origin", "same-site", "cross-origin", " same-origin ", "x"} {
		resp := Response{testtable.Header{{"Cross-Origin-Resource-Policy", value}}.HTTP(), other, true}
		if n := testing.AllocsPerRun(100, func() { Check(com{}, page, Credentialless, resp, false) }); n != 0 {
			t.Errorf("Check allocates %v times for %q", n, value)
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		AllowsCredentials(Credentialless, "no-cors", site.SameOrigin, page, other)
	}); n != 0 {
		t.Errorf("AllowsCredentials allocates %v times", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, value := range []testtable.Bytes{"same-origin", "same-site"} {
		resp := Response{testtable.Header{{"Cross-Origin-Resource-Policy", value}}.HTTP(), "https://www.example.com", false}
		b.Run("policy="+string(value), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Check(list, "https://example.com", UnsafeNone, resp, false)
			}
		})
	}
}
