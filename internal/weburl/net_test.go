package weburl

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/internal/asciix"
)

func TestNet(t *testing.T) {
	tests := []struct {
		in   string
		want url.URL
	}{
		{"https://EXAMPLE.com:443", url.URL{Scheme: "https", Host: "example.com", Path: "/"}},
		{"https://h:8/a%2fb?", url.URL{Scheme: "https", Host: "h:8", Path: "/a/b", RawPath: "/a%2fb", ForceQuery: true}},
		{"http://[0::1]/%20?%zz|'", url.URL{Scheme: "http", Host: "[::1]", Path: "/ ", RawQuery: "%zz|%27"}},
		{"http://u%40:p%zz@h/", url.URL{Scheme: "http", User: url.UserPassword("u@", "p%zz"), Host: "h", Path: "/"}},
		{"http://u@h/", url.URL{Scheme: "http", User: url.User("u"), Host: "h", Path: "/"}},
		{"http://:p@h/", url.URL{Scheme: "http", User: url.UserPassword("", "p"), Host: "h", Path: "/"}},
		{"http://h/%zz", url.URL{Scheme: "http", Host: "h", Path: "/%zz", RawPath: "/%zz", Opaque: "//h/%zz"}},
		{"http://h/%41|", url.URL{Scheme: "http", Host: "h", Path: "/A|", RawPath: "/%41|", Opaque: "//h/%41|"}},
		{"http://h//x%zz", url.URL{Scheme: "http", Host: "h", Path: "//x%zz", RawPath: "//x%zz", Opaque: "//h//x%zz"}},
		{"http://h//x(", url.URL{Scheme: "http", Host: "h", Path: "//x(", RawPath: "//x("}},
		{"http://h/#a%zz", url.URL{Scheme: "http", Host: "h", Path: "/", Fragment: "a%zz", RawFragment: "a%zz"}},
		{"http://h/#a%20b", url.URL{Scheme: "http", Host: "h", Path: "/", Fragment: "a b"}},
		{"http://h/#", url.URL{Scheme: "http", Host: "h", Path: "/"}},
		{"data:text/plain,a b?c#d", url.URL{Scheme: "data", Opaque: "text/plain,a b", RawQuery: "c", Fragment: "d"}},
		{"foo://u@h:1/a?b", url.URL{Scheme: "foo", User: url.User("u"), Host: "h:1", Path: "/a", RawQuery: "b"}},
		{"foo:/a", url.URL{Scheme: "foo", Path: "/a", OmitHost: true}},
		{"foo:///a", url.URL{Scheme: "foo", Path: "/a"}},
		{"foo:/.//a", url.URL{Scheme: "foo", Path: "//a", OmitHost: true, Opaque: "/.//a"}},
		{"foo://h%20/a", url.URL{Scheme: "foo", Host: "h%20", Path: "/a", Opaque: "//h%20/a"}},
		{"file:///C|/a", url.URL{Scheme: "file", Path: "/C:/a"}},
	}
	for _, tt := range tests {
		u := mustParse(t, tt.in)
		if diff := cmp.Diff(&tt.want, u.Net(), cmp.AllowUnexported(url.Userinfo{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.in, diff)
		}
		checkNet(t, u)
	}
}

// TestOriginForm checks which URLs have an origin form of their own, and that the
// original is left alone.
func TestOriginForm(t *testing.T) {
	tests := []struct{ in, opaque string }{
		{"http://h/a", ""},
		{"http://h:1/a|b?c", "/a|b"},
		{"http://h//a|b", "//h//a|b"}, // would be read as a host
		{"http://h/h/a|b", "/h/a|b"},
		{"foo://h%20/a", "/a"},
		{"data:,x", ",x"},
	}
	for _, tt := range tests {
		n := mustParse(t, tt.in).Net()
		before := *n
		if got := OriginForm(n).Opaque; got != tt.opaque {
			t.Errorf("OriginForm of %q has Opaque %q; want %q", tt.in, got, tt.opaque)
		}
		if diff := cmp.Diff(&before, n, cmp.AllowUnexported(url.Userinfo{})); diff != "" {
			t.Errorf("OriginForm has modified its argument (-before +after):\n%s", diff)
		}
	}
}

// TestSpelling compares the three kinds of path bytes with what net/url does, for
// each byte that a path can have, and each percent-encoded byte.
func TestSpelling(t *testing.T) {
	for c := range 256 {
		checkNet(t, mustParse(t, "http://h/a"+string(appendEncoded(nil, string([]byte{byte(c)}), pathSet|fragmentSet))))
		upper := string([]byte{'%', upperHex[c>>4], upperHex[c&0xF]})
		checkNet(t, mustParse(t, "http://h/a"+upper))
		checkNet(t, mustParse(t, "http://h/a"+asciix.Lower(upper)))
	}
}

func TestFromNet(t *testing.T) {
	tests := []struct {
		name   string
		in     url.URL
		want   string
		reason string // if want is ""
	}{
		{"uppercase", url.URL{Scheme: "HTTP", Host: "H:80", Path: "/a"}, "http://h/a", ""},
		{"empty path", url.URL{Scheme: "http", Host: "h"}, "http://h/", ""},
		{"relative path", url.URL{Scheme: "http", Host: "h", Path: "a"}, "http://h/a", ""},
		{"asterisk", url.URL{Scheme: "http", Host: "h", Path: "*"}, "http://h/*", ""},
		{"dot segments", url.URL{Scheme: "http", Host: "h", Path: "/a/../b"}, "http://h/b", ""},
		{"decoded path", url.URL{Scheme: "http", Host: "h", Path: "/a b?\\#%\t"}, "http://h/a%20b%3F%5C%23%25%09", ""},
		{"stale RawPath", url.URL{Scheme: "http", Host: "h", Path: "/a", RawPath: "/%62"}, "http://h/a", ""},
		{"Unicode host", url.URL{Scheme: "http", Host: "bücher.example"}, "http://xn--bcher-kva.example/", ""},
		{"number as host", url.URL{Scheme: "http", Host: "0x7f.1"}, "http://127.0.0.1/", ""},
		{"query is a query", url.URL{Scheme: "http", Host: "h", RawQuery: "a#b\n "}, "http://h/?a%23b%0A%20", ""},
		{"forced query", url.URL{Scheme: "http", Host: "h", ForceQuery: true}, "http://h/?", ""},
		{"fragment", url.URL{Scheme: "http", Host: "h", Fragment: "a b\n"}, "http://h/#a%20b%0A", ""},
		{"stale RawFragment", url.URL{Scheme: "http", Host: "h", Fragment: "a", RawFragment: "%zz"}, "http://h/#a", ""},
		{"userinfo", url.URL{Scheme: "http", User: url.UserPassword("a@:%", "/"), Host: "h"}, "http://a%40%3A%25:%2F@h/", ""},
		{"empty userinfo", url.URL{Scheme: "http", User: url.UserPassword("", ""), Host: "h"}, "http://h/", ""},
		{"opaque without scheme", url.URL{Opaque: "http://evil.example/x", Host: "h"}, "", "missing-scheme-non-relative-URL"},
		{"scheme with more", url.URL{Scheme: "http://evil.example/?", Host: "h"}, "", "missing-scheme-non-relative-URL"},
		{"scheme with tab", url.URL{Scheme: "\thttp", Host: "h"}, "", "missing-scheme-non-relative-URL"},
		{"opaque path", url.URL{Scheme: "http", Host: "h", Opaque: "/%zz|"}, "http://h/%zz|", ""},
		{"opaque path with delimiters", url.URL{Scheme: "http", Host: "h", Opaque: "/a#\t ?b", RawQuery: "c"}, "http://h/a%23%09%20?b?c", ""},
		{"opaque absolute form", url.URL{Scheme: "http", Host: "H", Opaque: "//H//x"}, "http://h//x", ""},
		{"opaque names another host", url.URL{Scheme: "http", Host: "h", Opaque: "//i//x"}, "", "opaque-host-mismatch"},
		{"opaque names a longer host", url.URL{Scheme: "http", Host: "h", Opaque: "//h.evil.example/x"}, "", "opaque-host-mismatch"},
		{"opaque names a host only", url.URL{Scheme: "http", Host: "h", Opaque: "//h"}, "", "opaque-host-mismatch"},
		{"opaque has userinfo", url.URL{Scheme: "http", Host: "h", Opaque: "//u@h/"}, "", "opaque-host-mismatch"},
		{"opaque is no path", url.URL{Scheme: "http", Host: "h", Opaque: "x"}, "", "opaque-host-mismatch"},
		{"opaque without host", url.URL{Scheme: "http", Opaque: "//h/"}, "", "host-missing"},
		{"path without host", url.URL{Scheme: "http", Path: "/evil.example/"}, "", "host-missing"},
		{"path without host and slashes", url.URL{Scheme: "http", Path: "/evil.example/", OmitHost: true}, "", "host-missing"},
		{"no scheme", url.URL{Host: "h", Path: "/"}, "", "missing-scheme-non-relative-URL"},
		{"nothing", url.URL{}, "", "missing-scheme-non-relative-URL"},
		{"slash in host", url.URL{Scheme: "http", Host: "h/x"}, "", "domain-to-ASCII"},
		{"backslash in host", url.URL{Scheme: "http", Host: "h\\x"}, "", "domain-to-ASCII"},
		{"query in host", url.URL{Scheme: "http", Host: "h?x"}, "", "domain-to-ASCII"},
		{"fragment in host", url.URL{Scheme: "http", Host: "h#x"}, "", "domain-to-ASCII"},
		{"at sign in host", url.URL{Scheme: "http", Host: "u@h"}, "", "domain-to-ASCII"},
		{"newline in host", url.URL{Scheme: "http", Host: "h\nx"}, "", "domain-to-ASCII"},
		{"space in host", url.URL{Scheme: "http", Host: "h "}, "", "domain-to-ASCII"},
		{"percent in host", url.URL{Scheme: "http", Host: "h%41"}, "", "domain-to-ASCII"},
		{"zone", url.URL{Scheme: "http", Host: "[fe80::1%eth0]"}, "", "domain-to-ASCII"},
		{"port", url.URL{Scheme: "http", Host: "h:99999"}, "", "port-out-of-range"},
		{"data", url.URL{Scheme: "data", Opaque: ",x", Fragment: "a%", RawFragment: "a%"}, "data:,x#a%", ""},
		{"file", url.URL{Scheme: "file", Path: "/a"}, "file:///a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := tt.in
			checkPaths(t, &tt.in)
			u, err := FromNet(&tt.in)
			if u.String() != tt.want {
				t.Errorf("got %q, %v; want %q", u, err, tt.want)
			}
			var e *Error
			if tt.reason != "" && (!errors.As(err, &e) || e.Reason != tt.reason) {
				t.Errorf("got error %v; want %s", err, tt.reason)
			}
			if tt.in != before {
				t.Error("the argument has changed")
			}
		})
	}
	var e *Error
	if _, err := FromNet(nil); !errors.As(err, &e) || e.Reason != "nil-url" {
		t.Errorf("nil: %v", err)
	}
}

func TestNetAllocs(t *testing.T) {
	for _, tt := range []struct {
		in        string
		net, from float64
	}{
		{"https://api.example.com/v1/items?limit=20#top", 1, 1},
		{"https://api.example.com/v1/items%2F1?limit=20", 2, 2},
		{"https://api.example.com/(a)", 1, 1},
		{"https://api.example.com/a|b", 2, 1},
	} {
		u := mustParse(t, tt.in)
		n := u.Net()
		wantAllocs(t, tt.net, "Net of "+tt.in, func() { u.Net() })
		wantAllocs(t, tt.from, "FromNet of "+tt.in, func() { FromNet(n) })
	}
}

// checkPaths compares the two ways in which FromNet may read n, and NetTo with Net.
func checkPaths(t *testing.T, n *url.URL) {
	t.Helper()
	want, err := fromNet(n)
	if fast, ok := fromPlain(n); ok && (err != nil || fast != want) {
		t.Errorf("%#v: the fast path reads %q, %+v; the other one %q, %+v, %v", n, fast, fast, want, want, err)
	}
	var to url.URL
	got, errTo := FromNetTo(&to, n)
	if got != want || (errTo == nil) != (err == nil) {
		t.Errorf("%#v: FromNetTo reads %q, %v; FromNet %q, %v", n, got, errTo, want, err)
	}
	if err == nil {
		if diff := cmp.Diff(want.Net(), &to, cmp.AllowUnexported(url.Userinfo{})); diff != "" {
			t.Errorf("%#v: FromNetTo (-Net +got):\n%s", n, diff)
		}
	}
}

// TestFromPlain checks what the fast path takes, lest it take nothing, and that it
// leaves alone what is not the same to net/url and to the URL Standard.
//
// Source: https://url.spec.whatwg.org/#concept-url-parser, and own reasoning.
func TestFromPlain(t *testing.T) {
	for _, tt := range []struct {
		in   url.URL
		want bool
	}{
		{url.URL{Scheme: "https", Host: "api.example.com", Path: "/v1/items.json", RawQuery: "limit=20&a=%20"}, true},
		{url.URL{Scheme: "http", Host: "127.0.0.1:8080", Path: "/"}, true},
		{url.URL{Scheme: "http", Host: "[::1]:8080", Path: "/a/-_.~$&+,:;=@/b"}, true},
		{url.URL{Scheme: "https", Host: "h", Path: "/a..b/c.d."}, true},
		{url.URL{Scheme: "HTTPS", Host: "h", Path: "/"}, false},
		{url.URL{Scheme: "ftp", Host: "h", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "h:443", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "h:", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "h:00", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "H", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "0x7f.1", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "h/", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "u@h", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "", Path: "/"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: ""}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "a"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/./a"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/a/.."}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/.well-known/a"}, false}, // slower, not different
		{url.URL{Scheme: "https", Host: "h", Path: "/a b"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/a%20"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/(a)"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/a\\b"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/a?b"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/", RawQuery: "a#b"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/", RawQuery: "'"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/", ForceQuery: true}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/", Fragment: "a"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/", RawPath: "/"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/", Opaque: "//h/"}, false},
		{url.URL{Scheme: "https", Host: "h", Path: "/", User: url.User("u")}, false},
	} {
		if _, ok := fromPlain(&tt.in); ok != tt.want {
			t.Errorf("fromPlain(%#v) = %t; want %t", tt.in, ok, tt.want)
		}
		checkPaths(t, &tt.in)
	}
}

// FuzzFromNet checks that FromNet reads the same host as net/http, whatever the
// fields of the url.URL are.
func FuzzFromNet(f *testing.F) {
	f.Add("http", "", "h", "/a", "", "q", "f")
	f.Add("http", "//h//x%zz", "h", "//x%zz", "//x%zz", "", "")
	f.Add("http", "//i/", "h", "", "", "", "")
	f.Add("https", "", "h\\@evil.example:443", "/", "", "#", "\n")
	f.Add("foo", "/.//x", "h", "//x", "", "", "%")
	f.Fuzz(func(t *testing.T, scheme, opaque, host, path, rawPath, query, fragment string) {
		n := &url.URL{Scheme: scheme, Opaque: opaque, Host: host, Path: path, RawPath: rawPath, RawQuery: query, Fragment: fragment}
		checkPaths(t, n)
		u, err := FromNet(n)
		if err != nil {
			return
		}
		checkURL(t, u)
		if !u.IsHTTP() || !strings.EqualFold(scheme, u.Scheme()) {
			return
		}
		want, err := ParseHost(n.Hostname(), true)
		if strings.HasPrefix(host, "[") {
			want, err = ParseHost("["+n.Hostname()+"]", true)
		}
		if err != nil || want != u.Host() {
			t.Errorf("%#v: host %q; net/http dials %q, %v", n, u.Host(), want, err)
		}
		if q, _ := u.Query(); opaque == "" && isASCII(query) && percentDecode(q) != percentDecode(query) {
			t.Errorf("%#v: query %q", n, q)
		}
	})
}

func BenchmarkNet(b *testing.B) {
	for _, in := range []string{"https://api.example.com/v1/items?limit=20", "https://api.example.com/a%20b", "https://api.example.com/%zz"} {
		u := mustParse(b, in)
		n := u.Net()
		b.Run("func=Net/url="+in, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				u.Net()
			}
		})
		b.Run("func=FromNet/url="+in, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				FromNet(n)
			}
		})
	}
}
