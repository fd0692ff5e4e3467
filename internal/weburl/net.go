package weburl

import (
	"net/url"
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// Net returns u in the form in which net/http sends the bytes that a browser
// would send, or nil if u is zero. The caller owns the result. It costs one
// allocation, one more if the path has percent-encoded bytes, and more only for
// credentials, fragments with escapes, and the paths of the next paragraph.
//
// Host is u's host and port as serialized. Path and RawPath are what [url.Parse]
// would make of u's path. If net/url cannot express the path, because there is a
// "|" in it, or a "%" without two hex digits, Opaque is "//" with host and path.
// String is the URL then too, but net/http sends it in the absolute form, which
// means the same; see [OriginForm]. A URL that is not special has its Opaque set
// if url.URL would serialize it differently otherwise.
//
// User is percent-decoded, and an empty fragment is no fragment for net/url; else
// FromNet(u.Net()) is u. Hosts with one of the characters "`{} are the only ones
// that net/http does not send as they are: over HTTP/1.1 it leaves the Host field
// empty.
func (u URL) Net() *url.URL {
	if u.IsZero() {
		return nil
	}
	n := new(url.URL)
	u.NetTo(n)
	return n
}

// NetTo is [URL.Net] into memory of the caller's. u must not be zero.
func (u URL) NetTo(n *url.URL) {
	*n = url.URL{Scheme: u.Scheme(), Host: u.HostPort()}
	if u.HasCredentials() {
		n.User = u.userinfo()
	}
	query, hasQuery := u.Query()
	n.RawQuery, n.ForceQuery = query, hasQuery && query == ""
	if fragment, _ := u.Fragment(); fragment != "" {
		n.Fragment = percentDecode(fragment)
		if n.EscapedFragment() != fragment {
			n.RawFragment = fragment
		}
	}
	if u.hasOpaquePath() {
		n.Opaque = u.Path()
		return
	}
	path := u.Path()
	needsRaw, expressible := spelling(path)
	n.Path = percentDecode(path)
	if needsRaw {
		n.RawPath = path
	}
	switch {
	case !u.IsSpecial():
		n.OmitHost = u.hostStart == u.schemeEnd+1
		if fragment, _ := u.Fragment(); n.String() != u.WithFragment(fragment, fragment != "").String() {
			n.Opaque = u.s[u.schemeEnd+1 : u.pathEnd]
		}
	case expressible:
	default:
		// With the host, so that String is the URL: caches in front of the
		// transport key on it, and without the host all hosts would share keys.
		n.Opaque = "//" + n.Host + path
	}
}

// OriginForm returns n, which [URL.Net] returned, or a copy whose Opaque makes
// net/http send the path alone, as browsers do, where it would send the absolute
// form. It is for a transport that sends n as it is, and not through an HTTP
// proxy: the copy's String lacks the host. A path that starts with two slashes
// has no other form than the absolute one.
//
// See https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1.
func OriginForm(n *url.URL) *url.URL {
	path, ok := strings.CutPrefix(n.Opaque, "//"+n.Host)
	if !ok || strings.HasPrefix(path, "//") {
		return n
	}
	short := *n
	short.Opaque = path
	return &short
}

func (u URL) userinfo() *url.Userinfo {
	name := percentDecode(u.Username())
	if password := u.Password(); password != "" {
		return url.UserPassword(name, percentDecode(password))
	}
	return url.User(name)
}

// spelling compares path, a serialized URL path, with the one that net/url writes
// if it only knows the decoded path: needsRaw if they differ, so that RawPath has
// to tell the spelling; not expressible if net/url would not accept it there.
func spelling(path string) (needsRaw, expressible bool) {
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case isUnescaped(c):
		case isEncodedByte(path[i:]):
			hi, lo := path[i+1], path[i+2]
			if hi >= 'a' || lo >= 'a' || isUnescaped(hexValue(hi)<<4|hexValue(lo)) {
				needsRaw = true
			}
			i += 2
		case strings.IndexByte("!'()*[]", c) >= 0:
			needsRaw = true
		default:
			return true, false
		}
	}
	return needsRaw, true
}

// isUnescaped reports whether net/url writes c unescaped in a path.
func isUnescaped(c byte) bool {
	return isAlpha(c) || isDigit(c) || strings.IndexByte("-_.~$&+,/:;=@", c) >= 0
}

// FromNet returns the URL that u stands for, as [net/http.Transport] reads it: its
// Host is the host, and the path is Opaque if that begins with a slash, or
// EscapedPath. Host, path and query are made canonical, and an empty path is "/".
// FromNet refuses a URL with a special scheme other than file that has no Host, and
// one whose Opaque names another host. It does not change u. An error is of type
// [*Error].
//
// If u is canonical, without userinfo and RawPath, and has at most 512 bytes, that
// costs one allocation.
func FromNet(u *url.URL) (URL, error) {
	if u == nil {
		return URL{}, newError("", nilURL)
	}
	if w, ok := fromPlain(u); ok {
		return w, nil
	}
	return fromNet(u)
}

// FromNetTo is [FromNet] and, unless that fails, [URL.NetTo] of its result. n must be
// zero.
func FromNetTo(n, u *url.URL) (URL, error) {
	if u == nil {
		return URL{}, newError("", nilURL)
	}
	if w, ok := fromPlain(u); ok {
		// Equal to u, but of w's string: what u's were cut from may be large.
		query, _ := w.Query()
		n.Scheme, n.Host, n.Path, n.RawQuery = w.Scheme(), w.HostPort(), w.Path(), query
		return w, nil
	}
	w, err := fromNet(u)
	if err == nil {
		w.NetTo(n)
	}
	return w, err
}

// fromNet is FromNet without the fast path.
func fromNet(u *url.URL) (URL, error) {
	scheme := asciix.Lower(u.Scheme)
	if _, special := defaultPort(scheme); !special {
		if scheme == "" || schemeLen(scheme+":") != len(scheme) {
			// Whatever Opaque or Host look like, net/http has no scheme to go by.
			return URL{}, newError(scheme+":", missingScheme)
		}
		return Parse(withRawFragment(u), nil)
	}
	var stack [512]byte
	b := append(append(stack[:0], scheme...), "://"...)
	b = appendUser(b, u.User)
	hostStart := len(b)
	if f := checkHost(scheme, u.Host); f != "" {
		return URL{}, newError(scheme+"://"+u.Host, f)
	}
	b = append(b, u.Host...)
	switch path := u.Opaque; {
	case path == "":
		path = u.EscapedPath()
		if path == "" || path[0] != '/' {
			b = append(b, '/')
		}
		b = append(b, path...)
	case strings.HasPrefix(path, "//"):
		path, ok := strings.CutPrefix(path[2:], u.Host)
		if !ok || path == "" || path[0] != '/' {
			return URL{}, newError(string(b[:hostStart])+u.Host, opaqueMismatch)
		}
		b = appendEncoded(b, path, querySet)
	case path[0] == '/':
		b = appendEncoded(b, path, querySet)
	default:
		return URL{}, newError(string(b[:hostStart])+u.Host, opaqueMismatch)
	}
	if u.RawQuery != "" || u.ForceQuery {
		b = appendEncoded(append(b, '?'), u.RawQuery, specialQuerySet)
	}
	if u.Fragment != "" {
		b = appendEncoded(append(b, '#'), escapedFragment(u), fragmentSet)
	}
	return Parse(string(b), nil)
}

// checkHost refuses hosts that net/http would not take for a host, but the parser
// for a host with something before or after it. Host is percent-decoded, so a "%"
// in it is one.
func checkHost(scheme, host string) failure {
	if host == "" && scheme != "file" {
		return hostMissing
	}
	for i := range len(host) {
		if host[i] <= ' ' || strings.IndexByte(`%/\?#@`, host[i]) >= 0 {
			return domainToASCII
		}
	}
	return ""
}

// appendUser appends the userinfo, percent-encoded, and "@", unless user is nil.
func appendUser(b []byte, user *url.Userinfo) []byte {
	if user == nil {
		return b
	}
	b = appendEncoded(b, strings.ReplaceAll(user.Username(), "%", "%25"), userinfoSet)
	if password, ok := user.Password(); ok {
		b = appendEncoded(append(b, ':'), strings.ReplaceAll(password, "%", "%25"), userinfoSet)
	}
	return append(b, '@')
}

// escapedFragment returns RawFragment if it is a spelling of Fragment, even one
// that net/url refuses.
func escapedFragment(u *url.URL) string {
	if u.RawFragment != "" && percentDecode(u.RawFragment) == u.Fragment {
		return u.RawFragment
	}
	return u.EscapedFragment()
}

// withRawFragment returns u serialized by net/url but for the fragment.
func withRawFragment(u *url.URL) string {
	if u.Fragment == "" {
		return u.String()
	}
	rest := *u
	rest.Fragment, rest.RawFragment = "", ""
	return rest.String() + "#" + escapedFragment(u)
}
