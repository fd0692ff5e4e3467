package weburl

import (
	"net/netip"
	"strconv"
	"strings"
)

// A URL is a URL record in serialized form. It is immutable, may be copied and
// used concurrently, and two URLs are equal (==) exactly if they serialize to the
// same string. The zero URL is no URL: its components are empty.
//
// Methods return substrings of the one string and do not allocate unless they say
// so.
//
// See https://url.spec.whatwg.org/#concept-url.
type URL struct {
	s string
	// Offsets into s, in ascending order:
	//
	//	https://user:pass@example.com:1234/path?query#fragment
	//	     |      |     |          |    |    |     |
	//	schemeEnd userEnd hostStart hostEnd pathStart pathEnd queryEnd
	//
	// Without credentials userEnd is hostStart; if the host is null, both and
	// hostEnd are schemeEnd + 1. A path that would be taken for a host comes
	// after "/.", which is neither part of the path nor of the host.
	schemeEnd, userEnd, hostStart, hostEnd, pathStart, pathEnd, queryEnd int
}

// IsZero reports whether u is the zero URL.
func (u URL) IsZero() bool { return u.s == "" }

// String returns u serialized, with its fragment.
//
// See https://url.spec.whatwg.org/#concept-url-serializer.
func (u URL) String() string { return u.s }

// WithoutFragment returns u serialized without its fragment.
func (u URL) WithoutFragment() string { return u.s[:u.queryEnd] }

// Redacted returns u serialized without userinfo and fragment, for logs, error
// texts and referrers. It allocates if there is userinfo.
func (u URL) Redacted() string {
	if !u.HasCredentials() {
		return u.WithoutFragment()
	}
	return u.s[:u.schemeEnd+3] + u.s[u.hostStart:u.queryEnd]
}

// Scheme returns the scheme, in lowercase and without the colon.
func (u URL) Scheme() string { return u.s[:u.schemeEnd] }

// IsHTTP reports whether the scheme is "http" or "https".
//
// See https://fetch.spec.whatwg.org/#http-scheme.
func (u URL) IsHTTP() bool { return u.Scheme() == "https" || u.Scheme() == "http" }

// IsSpecial reports whether the scheme is special: ftp, file, http, https, ws or
// wss.
//
// See https://url.spec.whatwg.org/#is-special.
func (u URL) IsSpecial() bool {
	_, special := defaultPort(u.Scheme())
	return special
}

// HasCredentials reports whether username or password is not empty.
//
// See https://url.spec.whatwg.org/#include-credentials.
func (u URL) HasCredentials() bool { return u.hostStart > u.schemeEnd+3 }

// Username returns the username, percent-encoded.
func (u URL) Username() string {
	if !u.HasCredentials() {
		return ""
	}
	return u.s[u.schemeEnd+3 : u.userEnd]
}

// Password returns the password, percent-encoded.
func (u URL) Password() string {
	if !u.HasCredentials() || u.s[u.userEnd] != ':' {
		return ""
	}
	return u.s[u.userEnd+1 : u.hostStart-1]
}

// Host returns the serialized host without port, IPv6 addresses in brackets. It
// is "" for an empty host and for none.
func (u URL) Host() string { return u.s[u.hostStart:u.hostEnd] }

// Hostname returns the serialized host without port and brackets.
func (u URL) Hostname() string {
	return strings.TrimSuffix(strings.TrimPrefix(u.Host(), "["), "]")
}

// HostPort returns the serialized host, followed by a colon and the port unless
// that is the scheme's default.
func (u URL) HostPort() string {
	if u.hostStart == u.hostEnd {
		return ""
	}
	return u.s[u.hostStart:u.pathStart]
}

// IsIP reports whether the host is an IP address, and returns it. The hosts of
// URLs that are not special are not IPv4 addresses, whatever they look like.
func (u URL) IsIP() (addr netip.Addr, ok bool) {
	host := u.Hostname()
	if len(host) == u.hostEnd-u.hostStart && (host == "" || !isDigit(host[len(host)-1]) || !u.IsSpecial() || !endsInNumber(host)) {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(host)
	return addr, err == nil
}

// Port returns the port in decimal, or "" if it is the scheme's default.
func (u URL) Port() string {
	if u.hostStart == u.hostEnd || u.hostEnd == u.pathStart {
		return ""
	}
	return u.s[u.hostEnd+1 : u.pathStart]
}

// EffectivePort returns the port, or the default port of the scheme if there is
// none, or -1 if the scheme has none either.
func (u URL) EffectivePort() int {
	if p := u.Port(); p != "" {
		n, _ := strconv.Atoi(p) // the parser has checked it
		return n
	}
	n, _ := defaultPort(u.Scheme())
	return n
}

// Path returns the serialized path, which is empty or begins with "/" unless it
// is opaque.
//
// See https://url.spec.whatwg.org/#url-path-serializer.
func (u URL) Path() string { return u.s[u.pathStart:u.pathEnd] }

// hasOpaquePath reports whether the path is opaque, which makes u no base URL.
func (u URL) hasOpaquePath() bool {
	return u.hostStart == u.schemeEnd+1 && (u.pathStart == u.pathEnd || u.s[u.pathStart] != '/')
}

// Query returns the query without "?", and whether there is one.
func (u URL) Query() (query string, ok bool) {
	if u.pathEnd == u.queryEnd {
		return "", false
	}
	return u.s[u.pathEnd+1 : u.queryEnd], true
}

// Fragment returns the fragment without "#", and whether there is one.
func (u URL) Fragment() (fragment string, ok bool) {
	if u.queryEnd == len(u.s) {
		return "", false
	}
	return u.s[u.queryEnd+1:], true
}

// WithFragment returns u with the given fragment in place of its own, or without
// fragment if ok is false. It allocates if that adds or changes a fragment.
//
// Precondition: fragment is percent-encoded, as Fragment returns it. The zero URL
// cannot have a fragment.
func (u URL) WithFragment(fragment string, ok bool) URL {
	old, has := u.Fragment()
	switch {
	case u.IsZero() || has == ok && old == fragment:
	case ok:
		u.s = u.WithoutFragment() + "#" + fragment
	default:
		u.s = u.WithoutFragment()
	}
	return u
}

// Origin returns the serialized origin. It is "null", as for all opaque origins,
// unless the scheme is http, https, ws, wss or ftp, or is blob and the path is an
// http or https URL. It is a prefix of String, and allocates nothing, unless there
// are credentials or the scheme is blob.
//
// See https://url.spec.whatwg.org/#concept-url-origin.
func (u URL) Origin() string {
	switch u.Scheme() {
	case "http", "https", "ws", "wss", "ftp":
		if u.HasCredentials() {
			return u.s[:u.schemeEnd+3] + u.s[u.hostStart:u.pathStart]
		}
		return u.s[:u.pathStart]
	case "blob":
		if inner, err := Parse(u.Path(), nil); err == nil && inner.IsHTTP() {
			return inner.Origin()
		}
	}
	return "null"
}

// defaultPort returns the default port of scheme, or -1, and whether the scheme is
// special.
//
// See https://url.spec.whatwg.org/#special-scheme.
func defaultPort(scheme string) (port int, special bool) {
	switch scheme {
	case "http", "ws":
		return 80, true
	case "https", "wss":
		return 443, true
	case "ftp":
		return 21, true
	case "file":
		return -1, true
	}
	return -1, false
}
