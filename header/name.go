package header

import "github.com/corsengine/corsengine/internal/asciix"

// ForbiddenRequest reports whether (name, value) is a forbidden request-header,
// one that a script may not set because the engine has to control it. The value
// matters for X-HTTP-Method and its two relatives only: they are forbidden if
// one of the values in their list is a forbidden method.
//
// It does not allocate.
//
// See https://fetch.spec.whatwg.org/#forbidden-request-header.
func ForbiddenRequest(name, value string) bool {
	switch name {
	case "Accept", "Authorization", "Content-Type":
		return false // what authors set most often
	}
	// Names of any length have these prefixes, so look before lowering.
	if hasPrefixFold(name, "proxy-") || hasPrefixFold(name, "sec-") {
		return true
	}
	var buf [64]byte
	switch string(asciix.LowerInto(&buf, name)) {
	case "accept-charset", "accept-encoding",
		"access-control-request-headers", "access-control-request-method",
		"connection", "content-length", "cookie", "cookie2", "date", "dnt",
		"expect", "host", "keep-alive", "origin", "referer", "set-cookie",
		"te", "trailer", "transfer-encoding", "upgrade", "via":
		return true
	case "x-http-method", "x-http-method-override", "x-method-override":
		for rest, more := value, true; more; {
			var method string
			if method, rest, more = asciix.NextValue(rest); forbiddenMethod(method) {
				return true
			}
		}
	}
	return false
}

// forbiddenMethod reports whether method is a forbidden method. A quoted method
// is none: its quotes are part of the value.
//
// See https://fetch.spec.whatwg.org/#forbidden-method.
func forbiddenMethod(method string) bool {
	return asciix.EqualFold(method, "connect") ||
		asciix.EqualFold(method, "trace") ||
		asciix.EqualFold(method, "track")
}

// ForbiddenResponseName reports whether name is Set-Cookie or Set-Cookie2,
// which no script may see. It does not allocate.
//
// See https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func ForbiddenResponseName(name string) bool {
	return asciix.EqualFold(name, "set-cookie") || asciix.EqualFold(name, "set-cookie2")
}

// PrivilegedNoCORSName reports whether name is Range: a header that privileged
// callers can set on a no-cors request, and that is dropped when others modify
// the request. It does not allocate.
//
// See https://fetch.spec.whatwg.org/#privileged-no-cors-request-header-name.
func PrivilegedNoCORSName(name string) bool { return asciix.EqualFold(name, "range") }

// NonWildcardRequestName reports whether name is Authorization, which "*" in
// Access-Control-Allow-Headers does not cover. It does not allocate.
//
// See https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func NonWildcardRequestName(name string) bool { return asciix.EqualFold(name, "authorization") }

// RequestBodyName reports whether name is a request-body-header name: one that
// describes the body, and goes with it when a redirect drops it. It does not
// allocate.
//
// See https://fetch.spec.whatwg.org/#request-body-header-name.
func RequestBodyName(name string) bool {
	var buf [64]byte
	switch string(asciix.LowerInto(&buf, name)) {
	case "content-encoding", "content-language", "content-location", "content-type":
		return true
	}
	return false
}

// SafelistedResponseName reports whether name is a CORS-safelisted
// response-header name irrespective of Access-Control-Expose-Headers. It does
// not allocate.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func SafelistedResponseName(name string) bool {
	var buf [64]byte
	switch string(asciix.LowerInto(&buf, name)) {
	case "cache-control", "content-language", "content-length", "content-type",
		"expires", "last-modified", "pragma":
		return true
	}
	return false
}

// hasPrefixFold reports whether s begins with prefix, ASCII case-insensitively.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && asciix.EqualFold(s[:len(prefix)], prefix)
}
