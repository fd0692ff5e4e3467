package main

import (
	"net/url"
	"testing"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"Origin: https://é":   "Origin: https://é",
		"\x1b[2Jtea":          `\x1b[2Jtea`,
		"a\r\nb\x00":          `a\r\nb\x00`,
		"\xff":                `\xff`,
		"\u202edrow\u202c":    `\u202edrow\u202c`,
		`quotes " and \ stay`: `quotes " and \ stay`,
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"http://tea:pot@example.com/":               "http://...@example.com/",
		"<https://tea@example.com/a>; rel=x":        "<https://...@example.com/a>; rel=x",
		"//tea:p@ot@example.com":                    "//...@example.com",
		"https://example.com/@scope/tea":            "https://example.com/@scope/tea",
		"mailto:tea@example.com":                    "mailto:tea@example.com",
		"from http://a:b@c/ to http://d:e@f/ and g": "from http://...@c/ to http://...@f/ and g",
	} {
		if got := redact(in); got != want {
			t.Errorf("redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestValueForDisplay(t *testing.T) {
	const here = "https://api.example/items"
	tests := []struct{ base, name, value, want string }{
		{here, "Location", "/long", "/long"},
		{here, "Location", "https://tea:pot@other.example/", "https://...@other.example/"},
		{here, "Location", `https:\\tea:pot@other.example`, "https://...@other.example/"},
		{here, "Location", "https:////tea:pot@other.example", "https://...@other.example/"},
		{here, "Location", "https://tea:pot@other.example:99999/", "https://...@other.example:99999/"},
		{here, "Location", "https://tea:p/ot@[", "https://...@["},
		{"", "Location", "//tea:p/ot@x", "//...@x"},
		{here, "Link", "<https://tea:pot@other.example/>", "<https://...@other.example/>"},
	}
	for _, tt := range tests {
		if got := valueForDisplay(tt.base, tt.name, tt.value); got != tt.want {
			t.Errorf("valueForDisplay(%q, %q, %q) = %q, want %q", tt.base, tt.name, tt.value, got, tt.want)
		}
	}
}

func TestURLForDisplay(t *testing.T) {
	u := &url.URL{Scheme: "https", User: url.UserPassword("tea", "pot"), Host: "a.example", Path: "/b", Fragment: "c"}
	if got, want := urlForDisplay(u), "https://a.example/b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if u.User == nil || u.Fragment == "" {
		t.Error("the URL was modified")
	}
}
