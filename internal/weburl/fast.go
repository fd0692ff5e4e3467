package weburl

import (
	"net/netip"
	"net/url"
	"strings"
)

// scan recognizes the canonical form of an absolute http, https, ws or wss URL
// without userinfo, in one pass. It refuses what the parser would change, and some
// more: what it accepts, the parser would return as it is, against any base URL.
func scan(s string) (u URL, ok bool) {
	var portDefault string
	switch {
	case strings.HasPrefix(s, "https://"):
		u.schemeEnd, portDefault = len("https"), ":443"
	case strings.HasPrefix(s, "http://"):
		u.schemeEnd, portDefault = len("http"), ":80"
	case strings.HasPrefix(s, "wss://"):
		u.schemeEnd, portDefault = len("wss"), ":443"
	case strings.HasPrefix(s, "ws://"):
		u.schemeEnd, portDefault = len("ws"), ":80"
	default:
		return URL{}, false
	}
	u.s = s
	i := u.schemeEnd + len("://")
	u.userEnd, u.hostStart = i, i
	n := scanHost(s[i:])
	if n == 0 {
		return URL{}, false
	}
	i += n
	u.hostEnd = i
	n, ok = scanPort(s[i:])
	if !ok || s[i:i+n] == portDefault {
		return URL{}, false
	}
	i += n
	u.pathStart = i
	if n = scanPath(s[i:]); n == 0 {
		return URL{}, false
	}
	i += n
	u.pathEnd = i
	if i < len(s) && s[i] == '?' {
		i++
		for i < len(s) && classes[s[i]]&specialQuerySet == 0 {
			i++
		}
	}
	u.queryEnd = i
	if i < len(s) && (s[i] != '#' || containsAny(s[i+1:], fragmentSet)) {
		return URL{}, false
	}
	return u, true
}

// scanHost returns the length of the canonical host that s starts with, or 0.
func scanHost(s string) int {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 || end > len("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]") {
			return 0
		}
		if host, f := parseIPv6Host(s[:end+1]); f != "" || host != s[:end+1] {
			return 0
		}
		return end + 1
	}
	i := 0
	for i < len(s) && plainHost[s[i]] {
		i++
	}
	if i < len(s) && 'A' <= s[i] && s[i] <= 'Z' {
		return 0
	}
	if i > 0 && endsInNumber(s[:i]) {
		// netip accepts IPv4 addresses in canonical form only.
		if _, err := netip.ParseAddr(s[:i]); err != nil {
			return 0
		}
	}
	return i
}

// scanPort returns the length of the canonical port that s starts with, colon
// included, which is 0 if s does not start with a colon.
func scanPort(s string) (n int, ok bool) {
	if s == "" || s[0] != ':' {
		return 0, true
	}
	port := 0
	for n = 1; n < len(s) && n <= len(":65535") && isDigit(s[n]); n++ {
		port = port*10 + int(s[n]-'0')
	}
	canonical := n > 1 && port <= 65535 && (s[1] != '0' || n == 2)
	return n, canonical
}

// scanPath returns the length of the canonical path that s starts with, or 0.
func scanPath(s string) int {
	if s == "" || s[0] != '/' {
		return 0
	}
	start, i := 1, 1 // start of the segment
	for ; i < len(s) && s[i] != '?' && s[i] != '#'; i++ {
		switch {
		case s[i] == '/':
			if dotSegment(s[start:i]) != 0 {
				return 0
			}
			start = i + 1
		case classes[s[i]]&pathSet != 0 || s[i] == '\\':
			return 0
		}
	}
	if dotSegment(s[start:i]) != 0 {
		return 0
	}
	return i
}

// fromPlain is [FromNet] for an http or https URL that every part of is canonical
// and means the same to net/url, which most are: without userinfo, fragment and
// bytes that either would escape. Its Net is what it was made from.
func fromPlain(n *url.URL) (u URL, ok bool) {
	var portDefault string
	switch n.Scheme {
	case "https":
		portDefault = ":443"
	case "http":
		portDefault = ":80"
	default:
		return URL{}, false
	}
	if n.User != nil || n.Opaque != "" || n.RawPath != "" || n.Fragment != "" || n.RawFragment != "" || n.ForceQuery || n.OmitHost {
		return URL{}, false
	}
	host := scanHost(n.Host)
	if host == 0 {
		return URL{}, false
	}
	port, ok := scanPort(n.Host[host:])
	if !ok || host+port != len(n.Host) || port > 0 && n.Host[host:] == portDefault ||
		!isPlainPath(n.Path) || containsAny(n.RawQuery, specialQuerySet) {
		return URL{}, false
	}
	u.schemeEnd = len(n.Scheme)
	u.userEnd = u.schemeEnd + len("://")
	u.hostStart = u.userEnd
	u.hostEnd = u.hostStart + host
	u.pathStart = u.hostStart + len(n.Host)
	u.pathEnd = u.pathStart + len(n.Path)
	u.queryEnd = u.pathEnd
	if n.RawQuery != "" {
		u.queryEnd += len("?") + len(n.RawQuery)
	}
	var s strings.Builder // takes half the time of an expression with this many operands
	s.Grow(u.queryEnd)
	s.WriteString(n.Scheme)
	s.WriteString("://")
	s.WriteString(n.Host)
	s.WriteString(n.Path)
	if n.RawQuery != "" {
		s.WriteByte('?')
		s.WriteString(n.RawQuery)
	}
	u.s = s.String()
	return u, true
}

// isPlainPath reports whether path, of a [url.URL], is a path that both net/url and
// the URL Standard write as it is.
func isPlainPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	dot := false // a segment begins with a dot
	for i := 0; i < len(path); i++ {
		if !plainPath[path[i]] {
			return false
		}
		dot = dot || path[i] == '.' && path[i-1] == '/'
	}
	return !dot // such a segment may be one of those that are resolved
}

// plainPath is the set of bytes that net/url writes unescaped in a path. None of
// them is in the path percent-encode set.
var plainPath = func() (t [256]bool) {
	for b := range t {
		t[b] = isUnescaped(byte(b))
	}
	return t
}()

// plainHost is the set of bytes that a domain may have in its serialized form.
var plainHost = func() (t [256]bool) {
	for b := range t {
		t[b] = b < 0x80 && classes[b]&forbiddenDomain == 0 && (b < 'A' || b > 'Z')
	}
	return t
}()
