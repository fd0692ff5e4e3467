// Package site holds the comparisons of origins that are coarser than "same
// origin": same site, redirect-taint, and potential trustworthiness.
//
// An origin is given as the ASCII serialization of a tuple origin, such as
// "https://example.com:8443". Whatever has no "://" stands for an opaque
// origin, "" and "null" included: it is same origin and same site with nothing,
// itself included, since a string does not tell two opaque origins apart.
// Callers that can, compare the identities of opaque origins before they ask.
//
// Precondition of all functions: a tuple origin is serialized as the URL
// Standard does it, that is with lowercase scheme and host, domains in ASCII,
// and no default port.
//
// A site depends on the public suffix list, which is a parameter everywhere. A
// nil list is one that knows no names: only equal hosts are same site then. A
// list is consulted only if schemes agree, hosts differ and both are domains.
// Functions here do not allocate unless their doc says so, apart from what the
// list does, and are safe for concurrent use if the list is.
package site

import (
	"net/http/cookiejar"
	"strings"
)

// Of returns the serialization of origin's site, such as "https://example.com"
// for "https://www.example.com:8443", or "" if origin is opaque. Ports never
// count. Two tuple origins are same site exactly if their results are equal.
//
// The result is a part of origin, without allocation, unless the host has labels
// in front of its registrable domain; then Of allocates once.
//
// See https://html.spec.whatwg.org/multipage/browsers.html#obtain-a-site and
// https://html.spec.whatwg.org/multipage/browsers.html#serialization-of-a-site.
func Of(list cookiejar.PublicSuffixList, origin string) string {
	o, ok := parse(origin)
	if !ok {
		return ""
	}
	if d := o.registrableDomain(list); d != "" && d != o.host {
		return o.scheme + "://" + d
	}
	return origin[:len(o.scheme)+len("://")+len(o.host)]
}

// Same reports whether the origins a and b are same site. Schemes have to be
// equal, ports do not count.
//
// See https://html.spec.whatwg.org/multipage/browsers.html#same-site.
func Same(list cookiejar.PublicSuffixList, a, b string) bool {
	if EqualOrigins(a, b) {
		return true
	}
	x, ok := parse(a)
	if !ok {
		return false
	}
	y, ok := parse(b)
	return ok && x.scheme == y.scheme && x.sameHostSite(list, y)
}

// SchemelesslySame reports whether the origins a and b are schemelessly same
// site.
//
// A host of a scheme that is not special is an opaque string, even if it looks
// like a domain, and so "wails://example.com" is not schemelessly same site with
// "https://example.com".
//
// See https://html.spec.whatwg.org/multipage/browsers.html#schemelessly-same-site.
func SchemelesslySame(list cookiejar.PublicSuffixList, a, b string) bool {
	if EqualOrigins(a, b) {
		return true
	}
	x, ok := parse(a)
	if !ok {
		return false
	}
	y, ok := parse(b)
	return ok && isSpecial(x.scheme) == isSpecial(y.scheme) && x.sameHostSite(list, y)
}

// EqualOrigins reports whether a and b are the same tuple origin.
//
// See https://html.spec.whatwg.org/multipage/browsers.html#same-origin.
func EqualOrigins(a, b string) bool {
	return a == b && isTuple(a)
}

// isTuple reports whether origin is the serialization of a tuple origin.
func isTuple(origin string) bool {
	// Most are of one scheme, and the question comes up several times a fetch.
	return strings.HasPrefix(origin, "https://") || strings.Contains(origin, "://")
}

// A tuple is a tuple origin without its port.
type tuple struct {
	scheme string
	host   string // with brackets if it is an IPv6 address
}

func parse(origin string) (o tuple, ok bool) {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok {
		return tuple{}, false
	}
	if end := strings.IndexByte(host, ']'); end >= 0 {
		host = host[:end+1]
	} else if port := strings.IndexByte(host, ':'); port >= 0 {
		host = host[:port]
	}
	return tuple{scheme, host}, true
}

// sameHostSite compares the sites of o and p apart from their schemes.
func (o tuple) sameHostSite(list cookiejar.PublicSuffixList, p tuple) bool {
	if o.host == p.host {
		return true
	}
	d := o.registrableDomain(list)
	return d != "" && strings.HasSuffix(p.host, d) && d == p.registrableDomain(list)
}

// registrableDomain returns the registrable domain of o's host, or "" for the
// standard's null: if the host is no domain, or is itself a public suffix.
//
// An error of the list must not make two sites one. So its answer counts only if
// it is a proper suffix of the host that starts at a label, and a name with an
// empty label, for which lists have no answer, has no registrable domain.
//
// See https://url.spec.whatwg.org/#host-registrable-domain.
func (o tuple) registrableDomain(list cookiejar.PublicSuffixList) string {
	if list == nil || !o.hasDomain() {
		return ""
	}
	// The trailing dot belongs to the result but is unknown to the list.
	name := strings.TrimSuffix(o.host, ".")
	if name == "" || name[0] == '.' || name[len(name)-1] == '.' || strings.Contains(name, "..") {
		return ""
	}
	suffix := list.PublicSuffix(name)
	i := len(name) - len(suffix) - 1 // where the dot has to be, also if suffix is ""
	if i < 1 || name[i] != '.' || name[i+1:] != suffix {
		return ""
	}
	return o.host[strings.LastIndexByte(name[:i], '.')+1:]
}

// hasDomain reports whether o's host is a domain: no IP address, and no opaque
// host, which is what schemes that are not special have.
func (o tuple) hasDomain() bool {
	return isSpecial(o.scheme) && o.host != "" && o.host[0] != '[' && !o.isIPv4()
}

// isIPv4 reports whether o's host is an IPv4 address. A host of a special scheme
// whose last label is a number is always one, else it did not parse.
//
// See https://url.spec.whatwg.org/#ends-in-a-number-checker.
func (o tuple) isIPv4() bool {
	if !isSpecial(o.scheme) {
		return false
	}
	last := o.host[strings.LastIndexByte(o.host, '.')+1:]
	for i := 0; i < len(last); i++ {
		if last[i] < '0' || '9' < last[i] {
			return false
		}
	}
	return last != ""
}

// isSpecial reports whether scheme is special and its URLs have a tuple origin.
//
// See https://url.spec.whatwg.org/#special-scheme.
func isSpecial(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss", "ftp":
		return true
	}
	return false
}
