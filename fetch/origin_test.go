package fetch_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// An origin is written as scheme, host and port, and nothing else.
//
// Source: https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin for the
// form, https://url.spec.whatwg.org/#concept-host-parser for what hosts become.
func TestParseOrigin(t *testing.T) {
	tests := []struct {
		in   string
		want string // "" for an error
	}{
		{"https://example.com", "https://example.com"},
		{"http://example.com", "http://example.com"},
		{"https://example.com:8443", "https://example.com:8443"},
		{"http://localhost:3000", "http://localhost:3000"},
		{"ws://a.example", "ws://a.example"},
		{"ftp://a.example", "ftp://a.example"},

		// Default ports.
		{"https://example.com:443", "https://example.com"},
		{"http://example.com:80", "http://example.com"},
		{"http://example.com:0080", "http://example.com"},
		{"http://example.com:443", "http://example.com:443"},
		{"https://example.com:80", "https://example.com:80"},
		{"wss://a.example:443", "wss://a.example"},
		{"ftp://a.example:21", "ftp://a.example"},
		{"https://example.com:0", "https://example.com:0"},

		// Hosts.
		{"HTTPS://EXAMPLE.com", "https://example.com"},
		{"https://example.com.", "https://example.com."},
		{"https://b\u00fccher.example", "https://xn--bcher-kva.example"},
		{"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
		{"https://xn--a", "https://xn--a"}, // ASCII is not validated as IDNA
		{"https://fa\u00df.example", "https://xn--fa-hia.example"},
		{"https://a_b.example", "https://a_b.example"},
		{"https://%61.example", "https://a.example"},
		{"https://127.0.0.1", "https://127.0.0.1"},
		{"https://127.1", "https://127.0.0.1"},
		{"https://0x7f000001", "https://127.0.0.1"},
		{"http://[::1]", "http://[::1]"},
		{"http://[::1]:8080", "http://[::1]:8080"},
		{"http://[0:0:0::1]:80", "http://[::1]"},
		{"http://[::FFFF:127.0.0.1]", "http://[::ffff:7f00:1]"},

		// Schemes of applications. Their hosts are opaque: no case, no ports.
		{"wails://wails", "wails://wails"},
		{"Wails://wails", "wails://wails"},
		{"wails://wails:80", "wails://wails:80"},
		{"tauri://localhost", "tauri://localhost"},
		{"app+x://host", "app+x://host"},
		{"chrome-extension://abcdef", "chrome-extension://abcdef"},
		{"app://[::1]:9", "app://[::1]:9"},
		{"app://Host", "app://Host"},

		{"null", "null"},

		// Not origins.
		{"", ""},
		{"NULL", ""},
		{" null", ""},
		{"*", ""},
		{"example.com", ""},
		{"//example.com", ""},
		{"https", ""},
		{"https:", ""},
		{"https://", ""},
		{"https:///", ""},
		{"https:example.com", ""},
		{"https:/example.com", ""},
		{"https:\\\\example.com", ""},
		{"https://example.com/", ""},
		{"https://example.com\\", ""},
		{"https://example.com/path", ""},
		{"https://example.com?", ""},
		{"https://example.com#", ""},
		{"https://u@example.com", ""},
		{"https://u:p@example.com", ""},
		{"https://@example.com", ""},
		{" https://example.com", ""},
		{"\x01https://example.com", ""},
		{"ht\ntps://example.com", ""},
		{"https://example.com ", ""},
		{"https://example.com\n", ""},
		{"https://exam\tple.com", ""},
		{"https://a.example https://b.example", ""},
		{"https://a.example, https://b.example", ""},
		{"https://example.com:99999", ""},
		{"https://example.com:-1", ""},
		{"https://example.com:http", ""},
		{"https://[::1", ""},
		{"https://::1", ""},
		{"https://1.2.3.256", ""},
		{"https://a\x00b", ""},
		{"https://a^b", ""},
		{"app://", ""},
		{"app://:80", ""},
		{"app://a^b", ""},
		{"1app://host", ""},
		{"file://", ""},
		{"file:///x", ""},
		{"file://host", ""},
		{"data:,x", ""},
		{"about:blank", ""},
		{"blob:https://example.com", ""},
		{"blob:https://example.com/id", ""},
		{"blob://https://example.com", ""},
		{"javascript:alert(1)", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			o, err := fetch.ParseOrigin(tt.in)
			if (err != nil) != (tt.want == "") {
				t.Fatalf("error is %v; want %q", err, tt.want)
			}
			if err != nil {
				if o != (fetch.Origin{}) {
					t.Errorf("%q comes with an error", o)
				}
				if !strings.HasPrefix(err.Error(), "fetch: ") {
					t.Errorf("the error is %q", err)
				}
				wantPanic(t, "fetch: ", func() { fetch.MustParseOrigin(tt.in) })
				return
			}
			if o.String() != tt.want {
				t.Errorf("origin is %q; want %q", o, tt.want)
			}
			if o.Opaque() != (tt.want == "null") {
				t.Errorf("Opaque is %t", o.Opaque())
			}
			if o.Opaque() {
				return
			}
			// What is serialized parses to the same origin.
			again, err := fetch.ParseOrigin(o.String())
			if err != nil || again != o {
				t.Errorf("parsing %q again: %q, %v", o, again, err)
			}
			if must := fetch.MustParseOrigin(tt.in); must != o {
				t.Errorf("MustParseOrigin is %q; want %q", must, o)
			}
		})
	}
}

// Errors of ParseOrigin tell no password and are short.
func TestParseOriginErrors(t *testing.T) {
	for _, in := range []string{
		"https://sekret-user:sekret-password@example.com",
		"https://sekret-user:sekret-password@a b",
		"https://" + strings.Repeat("x", 1<<20) + "^",
		strings.Repeat("x", 1<<20),
		strings.Repeat("x", 1<<20) + "://h/",
	} {
		_, err := fetch.ParseOrigin(in)
		if err == nil {
			t.Fatalf("%.50q is an origin", in)
		}
		wantNoSecrets(t, "the error", err.Error())
		if n := len(err.Error()); n > 1000 {
			t.Errorf("the error for %.50q has %d bytes", in, n)
		}
	}
}

// Source: https://url.spec.whatwg.org/#concept-url-origin.
func TestOriginOf(t *testing.T) {
	tests := []struct{ in, want string }{
		{"https://example.com/path?q#f", "https://example.com"},
		{"https://u:p@example.com/", "https://example.com"},
		{"HTTPS://EXAMPLE.com:443", "https://example.com"},
		{"http://example.com:8080/", "http://example.com:8080"},
		{"http://0x7f.1/", "http://127.0.0.1"},
		{"ws://a.example:80/", "ws://a.example"},
		{"wss://a.example/", "wss://a.example"},
		{"ftp://a.example:21/", "ftp://a.example"},
		{"blob:https://a.example:443/id", "https://a.example"},
		{"blob:ftp://a.example/id", "null"},
		{"blob:nonsense", "null"},
		{"file:///etc/passwd", "null"},
		{"data:text/plain,x", "null"},
		{"about:blank", "null"},
		{"wails://wails/x", "null"},
		{"https:///x", "null"},
		{"/relative", "null"},
		{"", "null"},
	}
	for _, tt := range tests {
		o := fetch.OriginOf(mustURL(t, tt.in))
		if o.String() != tt.want || o.Opaque() != (tt.want == "null") {
			t.Errorf("OriginOf(%q) is %q, opaque %t; want %q", tt.in, o, o.Opaque(), tt.want)
		}
		if again := fetch.OriginOf(mustURL(t, tt.in)); (again == o) == o.Opaque() {
			t.Errorf("OriginOf(%q) == OriginOf(%[1]q) is %t", tt.in, again == o)
		}
	}
	if o := fetch.OriginOf(nil); !o.Opaque() {
		t.Errorf("OriginOf(nil) is %q", o)
	}
	if o := fetch.OriginOf(&url.URL{Scheme: "https", Host: "a b"}); !o.Opaque() {
		t.Errorf("the origin of no URL is %q", o)
	}
}

// Origins are compared with ==.
//
// Source: https://html.spec.whatwg.org/#same-origin.
func TestOriginEquality(t *testing.T) {
	opaque := fetch.OpaqueOrigin()
	copied := opaque
	tests := []struct {
		name string
		a, b fetch.Origin
		want bool
	}{
		{"same tuple", fetch.MustParseOrigin("https://example.com"), fetch.MustParseOrigin("https://EXAMPLE.com:443"), true},
		{"other scheme", fetch.MustParseOrigin("https://example.com"), fetch.MustParseOrigin("http://example.com"), false},
		{"other host", fetch.MustParseOrigin("https://example.com"), fetch.MustParseOrigin("https://www.example.com"), false},
		{"trailing dot", fetch.MustParseOrigin("https://example.com"), fetch.MustParseOrigin("https://example.com."), false},
		{"other port", fetch.MustParseOrigin("https://example.com"), fetch.MustParseOrigin("https://example.com:444"), false},
		{"of a URL", fetch.MustParseOrigin("https://example.com"), fetch.OriginOf(&url.URL{Scheme: "https", Host: "example.com"}), true},
		{"opaque and its copy", opaque, copied, true},
		{"opaque and another", opaque, fetch.OpaqueOrigin(), false},
		{"two parsed nulls", fetch.MustParseOrigin("null"), fetch.MustParseOrigin("null"), false},
		{"opaque and zero", opaque, fetch.Origin{}, false},
	}
	for _, tt := range tests {
		if got := tt.a == tt.b; got != tt.want {
			t.Errorf("%s: %q == %q is %t; want %t", tt.name, tt.a, tt.b, got, tt.want)
		}
		if set := map[fetch.Origin]bool{tt.a: true}; set[tt.b] != tt.want {
			t.Errorf("%s: as a map key %q finds %q: %t; want %t", tt.name, tt.b, tt.a, set[tt.b], tt.want)
		}
	}
	if o := (fetch.Origin{}); o.String() != "" || o.Opaque() {
		t.Errorf("the zero Origin is %q, opaque %t", o, o.Opaque())
	}
}

// ParseURL reads what browsers read and net/url does not, and its result
// survives the way through net/http.
//
// Source: https://url.spec.whatwg.org/#concept-url-parser.
func TestParseURL(t *testing.T) {
	tests := []struct {
		base, ref string
		want      string // "" for an error
	}{
		{"", "https://example.com", "https://example.com/"},
		{"", " HTTPS://EXAMPLE.com:443/a/../b ", "https://example.com/b"},
		{"", `http:\\example.com\x`, "http://example.com/x"},
		{"", "http://0x7f.1", "http://127.0.0.1/"},
		{"", "http:///example.com", "http://example.com/"},
		{"", "https://u:p@example.com/", "https://u:p@example.com/"},
		{"", "https://example.com/a b?c d#e f", "https://example.com/a%20b?c%20d#e%20f"},
		{"", "data:text/plain,x", "data:text/plain,x"},
		{"", "blob:https://a.example/id", "blob:https://a.example/id"},
		{"https://example.com/a/b?q#f", "c", "https://example.com/a/c"},
		{"https://example.com/a/b?q#f", "", "https://example.com/a/b?q"},
		{"https://example.com/a/b?q#f", "?r", "https://example.com/a/b?r"},
		{"https://example.com/a/b?q", "#g", "https://example.com/a/b?q#g"},
		{"https://example.com/a/b", "//other.example", "https://other.example/"},
		{"https://example.com/a/b", `\\other.example`, "https://other.example/"},
		{"https://example.com/a/b", "https:c", "https://example.com/a/c"},
		{"https://example.com/a/b", "http:c", "http://c/"},
		{"", "", ""},
		{"", "relative", ""},
		{"", "https://", ""},
		{"", "https://a b/", ""},
		{"", "https://example.com:99999", ""},
		{"https://example.com", "https://[", ""},
		{"data:text/plain,x", "y", ""},
		{"data:text/plain,x", "#y", "data:text/plain,x#y"},
	}
	for _, tt := range tests {
		var base *url.URL
		if tt.base != "" {
			base = mustURL(t, tt.base)
		}
		u, err := fetch.ParseURL(base, tt.ref)
		switch {
		case err != nil && tt.want != "":
			t.Errorf("ParseURL(%q, %q): %v; want %s", tt.base, tt.ref, err, tt.want)
		case err != nil:
			if u != nil || !strings.HasPrefix(err.Error(), "fetch: ") {
				t.Errorf("ParseURL(%q, %q) is %v with error %q", tt.base, tt.ref, u, err)
			}
		case u.String() != tt.want:
			t.Errorf("ParseURL(%q, %q) is %s; want %q", tt.base, tt.ref, u, tt.want)
		}
	}

	if _, err := fetch.ParseURL(&url.URL{Scheme: "https"}, "x"); err == nil || !strings.HasPrefix(err.Error(), "fetch: base URL: ") {
		t.Errorf("a base that is no URL: %v", err)
	}
	_, err := fetch.ParseURL(nil, "https://sekret-user:sekret-password@a b/")
	wantNoSecrets(t, "the error", err.Error())
}

// An Origin reaches the wire as it is written, for schemes of applications too.
func TestOriginOfApplications(t *testing.T) {
	w := newWeb(t, nil)
	for _, origin := range []string{"wails://wails", "tauri://localhost", "http://localhost:34115", "https://xn--bcher-kva.example", "http://[::1]:8080"} {
		w.handle("https://api.example/", lines("Access-Control-Allow-Origin: "+origin))
		resp := w.fetch(newRequest(t, "GET", "https://api.example/", nil), &fetch.Params{Environment: page(origin)})
		if resp.Type != fetch.TypeCORS {
			t.Errorf("%s: type %s; want cors", origin, resp.Type)
		}
		wantHeader(t, w.last().Header, "Origin", origin)
	}
	// The URL standard gives URLs of such schemes an opaque origin: they are
	// same origin with nothing, not even the page.
	w.refuse(newRequest(t, "GET", "wails://wails/", nil), &fetch.Params{Environment: page("wails://wails"), Mode: fetch.ModeSameOrigin}, fetch.ReasonSameOriginMode)
}
