package site

import "net/http/cookiejar"

// A Taint is a request's redirect-taint: how far away from the request's origin
// its redirects have led. The zero value is [SameOrigin], the taint of a request
// that was not redirected.
type Taint uint8

// The values are in order: a redirect never lowers the taint.
const (
	SameOrigin Taint = iota
	SameSite
	CrossSite
)

// String returns the standard's name of t, such as "same-origin".
func (t Taint) String() string {
	switch t {
	case SameOrigin:
		return "same-origin"
	case SameSite:
		return "same-site"
	}
	return "cross-site"
}

// Next returns the redirect-taint of a request whose taint was t, after a
// redirect from a URL of origin last to one of origin next. Starting from
// [SameOrigin] and applied for every redirect, it yields what the standard
// computes from the whole URL list.
//
// See https://fetch.spec.whatwg.org/#concept-request-tainted-origin.
func (t Taint) Next(list cookiejar.PublicSuffixList, requestOrigin, last, next string) Taint {
	switch {
	case t == CrossSite, EqualOrigins(next, last), EqualOrigins(requestOrigin, last):
		return t
	case Same(list, next, last), Same(list, requestOrigin, last):
		return SameSite
	}
	return CrossSite
}

// SerializeOrigin returns the serialization of a request's origin, which goes
// into the Origin header and is compared in the CORS check: "null" if origin is
// opaque or t, the request's redirect-taint, is not [SameOrigin].
//
// See https://fetch.spec.whatwg.org/#serializing-a-request-origin.
func (t Taint) SerializeOrigin(origin string) string {
	if t != SameOrigin || !isTuple(origin) {
		return "null"
	}
	return origin
}
