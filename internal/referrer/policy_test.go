package referrer

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type parseCase struct{ Lines []testtable.Bytes }

func (c parseCase) lines() []string {
	var lines []string
	for _, l := range c.Lines {
		lines = append(lines, string(l))
	}
	return lines
}

func TestParse(t *testing.T) {
	testtable.Run(t, "referrer-policy-parse.json", func(t *testing.T, in parseCase, want Policy) {
		lines := in.lines()
		if got := Parse(lines); got != want {
			t.Errorf("Parse(%q) = %q; want %q", lines, got, want)
		}
		if want == "" {
			want = Origin
		}
		if got := Origin.Redirected(lines); got != want {
			t.Errorf("Redirected(%q) = %q; want %q", lines, got, want)
		}
	})
}

// oracleParse splits where [Parse] scans. It knows no commas in quotes, since
// quotes make a line malformed.
func oracleParse(lines []string) string {
	policies := []string{
		"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url",
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"
	policy := ""
	for _, line := range lines {
		for token := range strings.SplitSeq(line, ",") {
			token = strings.Trim(token, " \t")
			if strings.Trim(token, letters) != "" {
				return ""
			}
			if token = strings.ToLower(token); slices.Contains(policies, token) {
				policy = token
			}
		}
	}
	return policy
}

func FuzzParse(f *testing.F) {
	for _, c := range testtable.Load[parseCase, string](f, "referrer-policy-parse.json") {
		f.Add(strings.Join(c.In.lines(), "\n"))
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := strings.Split(s, "\n")
		if got, want := Parse(lines), oracleParse(lines); string(got) != want {
			t.Errorf("Parse(%q) = %q; want %q", lines, got, want)
		}
	})
}

func TestEffective(t *testing.T) {
	tests := []struct{ request, environment, want Policy }{
		{"", "", StrictOriginWhenCrossOrigin},
		{"", Origin, Origin},
		{UnsafeURL, Origin, UnsafeURL},
		{NoReferrer, "", NoReferrer},
		{"no-such-policy", SameOrigin, SameOrigin},
		{"no-such-policy", "Origin", Default},
	}
	for _, tt := range tests {
		if got := tt.request.Effective(tt.environment); got != tt.want {
			t.Errorf("%q.Effective(%q) = %q; want %q", tt.request, tt.environment, got, tt.want)
		}
	}
}
