package asciix

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

func TestLower(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"accept", "accept"},
		{"X-A", "x-a"},
		{"aB[@`{", "ab[@`{"}, // neighbours of A to Z
		{"É\u212a", "É\u212a"},
	}
	for _, tt := range tests {
		if got := Lower(tt.in); got != tt.want {
			t.Errorf("Lower(%q) = %q; want %q", tt.in, got, tt.want)
		}
		var buf [64]byte
		if got := string(LowerInto(&buf, tt.in)); got != tt.want {
			t.Errorf("LowerInto(%q) = %q; want %q", tt.in, got, tt.want)
		}
		if !EqualFold(tt.in, tt.want) {
			t.Errorf("EqualFold(%q, %q) = false", tt.in, tt.want)
		}
	}
	if LowerInto(new([64]byte), strings.Repeat("a", 65)) != nil {
		t.Error("LowerInto accepts 65 bytes")
	}
	for _, p := range [][2]string{{"a", "b"}, {"a", "aa"}, {"k", "\u212a"}, {"@", "`"}} {
		if EqualFold(p[0], p[1]) {
			t.Errorf("EqualFold(%q, %q) = true", p[0], p[1])
		}
	}
}

func TestTrim(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " ": "", "\t a b \t": "a b", "\na": "\na", "a\v": "a\v", "\u00a0": "\u00a0",
	} {
		if got := Trim(in); got != want {
			t.Errorf("Trim(%q) = %q; want %q", in, got, want)
		}
	}
}

// TestIsToken compares the table with an independent one for every byte.
func TestIsToken(t *testing.T) {
	if IsToken("") {
		t.Error("the empty string is no token")
	}
	for c := 0; c < 256; c++ {
		s := "a" + string([]byte{byte(c)})
		want := c < 0x80 && httpguts.IsTokenRune(rune(c))
		if IsToken(s) != want {
			t.Errorf("IsToken(%q) = %v", s, !want)
		}
	}
}

func TestNextToken(t *testing.T) {
	tests := []struct {
		in   string
		want []string
		ok   bool
	}{
		{"", nil, true},
		{" \t", nil, true},
		{",, ,", nil, true},
		{"PUT", []string{"PUT"}, true},
		{" PUT\t, DELETE ", []string{"PUT", "DELETE"}, true},
		{",PUT,,DELETE,", []string{"PUT", "DELETE"}, true},
		{"*", []string{"*"}, true},
		{"PUT DELETE", nil, false},
		{"PUT;q=1", nil, false},
		{`"PUT"`, nil, false},
		{"PUT\v", nil, false},
		{"PUT, \xe9", []string{"PUT"}, false},
		{"a, b c, d", []string{"a"}, false},
	}
	for _, tt := range tests {
		var got []string
		rest, ok, tok := tt.in, true, ""
		for rest != "" && ok {
			if tok, rest, ok = NextToken(rest); ok && tok != "" {
				got = append(got, tok)
			}
		}
		if ok != tt.ok || !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, %v; want %q, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

// Source: https://fetch.spec.whatwg.org/#header-value-get-decode-and-split, whose
// examples these are in part.
func TestNextValue(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{"", []string{""}},
		{",", []string{"", ""}},
		{" a ,\tb", []string{"a", "b"}},
		{"a, ", []string{"a", ""}},
		{`text/html;x="1,2", */*`, []string{`text/html;x="1,2"`, "*/*"}},
		{`"\"", b`, []string{`"\""`, "b"}},
		{`"a, b`, []string{`"a, b`}},
		{`"\`, []string{`"\`}},
		{`\, b`, []string{`\`, "b"}}, // escapes nothing outside quotes
	} {
		var got []string
		for rest, more := tt.in, true; more; {
			var value string
			value, rest, more = NextValue(rest)
			got = append(got, value)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q; want %q", tt.in, got, tt.want)
		}
	}
}

func TestAllocs(t *testing.T) {
	var buf [64]byte
	long := strings.Repeat("a,", 1<<19)
	for name, f := range map[string]func(){
		"Lower":     func() { Lower("accept-language") },
		"LowerInto": func() { LowerInto(&buf, "Accept-Language") },
		"NextToken": func() {
			for s, ok := long, true; s != "" && ok; {
				_, s, ok = NextToken(s)
			}
		},
	} {
		if n := testing.AllocsPerRun(10, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
