package site

import "strings"

// PotentiallyTrustworthyOrigin reports whether origin is potentially
// trustworthy: what it sends comes over TLS or does not leave the machine.
//
// The names localhost and *.localhost count, with or without a trailing dot, on
// the condition that they are resolved to loopback addresses. That is up to the
// transport; browsers meet it by not asking the DNS.
//
// Origins of the scheme "file" count, for those who give files a tuple origin.
// Which further schemes are authenticated, the standard leaves to the user
// agent: none are here.
//
// See https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy and
// https://datatracker.ietf.org/doc/html/draft-ietf-dnsop-let-localhost-be-localhost.
func PotentiallyTrustworthyOrigin(origin string) bool {
	o, ok := parse(origin)
	if !ok {
		return false
	}
	switch o.scheme {
	case "https", "wss", "file":
		return true
	}
	if o.host == "[::1]" || strings.HasPrefix(o.host, "127.") && o.isIPv4() {
		return true
	}
	name := strings.TrimSuffix(o.host, ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// PotentiallyTrustworthyURL reports whether the URL that is serialized as url,
// and whose origin is origin, is potentially trustworthy. For a "blob" URL,
// origin is that of the URL inside.
//
// Of about:blank and about:srcdoc, query and fragment are ignored. A "file" URL
// is potentially trustworthy also if its origin is opaque.
//
// See https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy.
func PotentiallyTrustworthyURL(url, origin string) bool {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "data", "file":
		return true
	case "about":
		if i := strings.IndexAny(rest, "?#"); i >= 0 {
			rest = rest[:i]
		}
		return rest == "blank" || rest == "srcdoc"
	}
	return PotentiallyTrustworthyOrigin(origin)
}
