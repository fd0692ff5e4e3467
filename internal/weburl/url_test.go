package weburl

import (
	"net/netip"
	"testing"
)

var raceEnabled bool // set by race_test.go

// wantAllocs checks that f allocates at most n times.
func wantAllocs(t *testing.T, n float64, name string, f func()) {
	t.Helper()
	if raceEnabled {
		return // the race detector allocates
	}
	if got := testing.AllocsPerRun(20, f); got > n {
		t.Errorf("%s: %v allocations; want at most %v", name, got, n)
	}
}

func mustParse(t testing.TB, s string) URL {
	t.Helper()
	u, err := Parse(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestZeroURL(t *testing.T) {
	var u URL
	query, hasQuery := u.Query()
	fragment, hasFragment := u.Fragment()
	addr, isIP := u.IsIP()
	for _, s := range []string{
		u.String(), u.WithoutFragment(), u.Redacted(), u.Scheme(), u.Username(), u.Password(), u.Host(), u.Hostname(),
		u.HostPort(), u.Port(), u.Path(), query, fragment,
	} {
		if s != "" {
			t.Errorf("a component is %q", s)
		}
	}
	if !u.IsZero() || hasQuery || hasFragment || isIP || addr.IsValid() || u.HasCredentials() || u.IsHTTP() || u.IsSpecial() ||
		u.EffectivePort() != -1 || u.Origin() != "null" || u.Net() != nil || u.WithFragment("f", true) != u {
		t.Error("the zero URL has something")
	}
	if mustParse(t, "a:").IsZero() {
		t.Error("a: is zero")
	}
}

func TestAccessors(t *testing.T) {
	tests := []struct {
		in                                string
		redacted, hostname, hostPort, ori string
		port                              int
		http, special, credentials        bool
	}{
		{"https://u:p@Example.com:8443/a?b#c", "https://example.com:8443/a?b", "example.com", "example.com:8443", "https://example.com:8443", 8443, true, true, true},
		{"https://:p@h/", "https://h/", "h", "h", "https://h", 443, true, true, true},
		{"http://h", "http://h/", "h", "h", "http://h", 80, true, true, false},
		{"http://[0::1]:8/", "http://[::1]:8/", "::1", "[::1]:8", "http://[::1]:8", 8, true, true, false},
		{"ws://h/", "ws://h/", "h", "h", "ws://h", 80, false, true, false},
		{"ftp://h/", "ftp://h/", "h", "h", "ftp://h", 21, false, true, false},
		{"file:///a#b", "file:///a", "", "", "null", -1, false, true, false},
		{"file://h/a", "file://h/a", "h", "h", "null", -1, false, true, false},
		{"foo://u@h:1/a#b", "foo://h:1/a", "h", "h:1", "null", 1, false, false, true},
		{"foo://h/a", "foo://h/a", "h", "h", "null", -1, false, false, false},
		{"foo:/.//a", "foo:/.//a", "", "", "null", -1, false, false, false},
		{"foo:///a", "foo:///a", "", "", "null", -1, false, false, false},
		{"mailto:a:b@c", "mailto:a:b@c", "", "", "null", -1, false, false, false},
		{"blob:https://h/x", "blob:https://h/x", "", "", "https://h", -1, false, false, false},
		{"blob:https://u@h/x", "blob:https://u@h/x", "", "", "https://h", -1, false, false, false},
	}
	for _, tt := range tests {
		u := mustParse(t, tt.in)
		if u.Redacted() != tt.redacted || u.Hostname() != tt.hostname || u.HostPort() != tt.hostPort || u.Origin() != tt.ori {
			t.Errorf("%q: %q, %q, %q, %q", tt.in, u.Redacted(), u.Hostname(), u.HostPort(), u.Origin())
		}
		if u.EffectivePort() != tt.port || u.IsHTTP() != tt.http || u.IsSpecial() != tt.special || u.HasCredentials() != tt.credentials {
			t.Errorf("%q: %d, %v, %v, %v", tt.in, u.EffectivePort(), u.IsHTTP(), u.IsSpecial(), u.HasCredentials())
		}
	}
}

func TestIsIP(t *testing.T) {
	tests := []struct {
		in, want string // "" if the host is no IP address
	}{
		{"http://127.1/", "127.0.0.1"},
		{"http://[0::1]/", "::1"},
		{"http://[::ffff:1.2.3.4]/", "::ffff:1.2.3.4"},
		{"foo://[::1]/", "::1"},
		{"foo://127.0.0.1/", ""}, // opaque
		{"http://h1/", ""},
		{"http://1.h/", ""},
		{"http://localhost/", ""},
		{"file:///", ""},
		{"data:1", ""},
		{"foo:/1", ""},
	}
	for _, tt := range tests {
		var want netip.Addr
		if tt.want != "" {
			want = netip.MustParseAddr(tt.want)
		}
		if got, ok := mustParse(t, tt.in).IsIP(); got != want || ok != (tt.want != "") {
			t.Errorf("%q: %v, %v; want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestWithFragment(t *testing.T) {
	tests := []struct {
		in, fragment string
		ok           bool
		want         string
	}{
		{"http://h/?q", "f", true, "http://h/?q#f"},
		{"http://h/?q", "", true, "http://h/?q#"},
		{"http://h/?q", "", false, "http://h/?q"},
		{"http://h/#g", "f", true, "http://h/#f"},
		{"http://h/#g", "g", true, "http://h/#g"},
		{"http://h/#", "", false, "http://h/"},
		{"data:x%20#g", "", false, "data:x%20"},
	}
	for _, tt := range tests {
		u := mustParse(t, tt.in)
		got := u.WithFragment(tt.fragment, tt.ok)
		if got != mustParse(t, tt.want) {
			t.Errorf("%q with %q, %v: %q", tt.in, tt.fragment, tt.ok, got)
		}
		if u.String() != mustParse(t, tt.in).String() {
			t.Errorf("%q has changed to %q", tt.in, u)
		}
	}
}
