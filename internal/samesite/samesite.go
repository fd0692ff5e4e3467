// Package samesite decides which cookies a request may carry and its response
// may set, as far as their SameSite attribute is concerned.
//
// # Sources
//
// Two texts define it, and neither can be followed alone. Fetch's is unfinished:
// it asserts that the method is GET or POST, withholds Lax cookies from links to
// other sites and Strict ones from links within a site, and sends all of them
// with a page's subresource requests to other sites. RFC 6265bis has the rule of
// the "site for cookies", but leaves redirects out since browsers could not agree
// on them. So this is RFC 6265bis' rule, to which Fetch's condition on the
// redirect-taint is added:
//
//   - A request is cross-site if any URL of its URL list is not same site with its
//     client's site for cookies. Fetch and web-platform-tests have it so, WebKit
//     and, for explicit attributes, Firefox too. RFC 6265bis and Chromium look at
//     the current URL alone, which lets a foreign site choose, by a redirect, what
//     a page requests from its own server with all cookies; they intend to return
//     (https://github.com/httpwg/http-extensions/issues/2104 and 2751).
//   - A request without client, such as for an address that the user typed, is
//     never cross-site, wherever it is redirected, as in RFC 6265bis and Chromium.
//   - A cross-site navigation of a top-level page with a safe method may carry Lax
//     cookies, and any such navigation may set all cookies.
//
// Each place where that departs from Fetch is marked.
//
// Origins are strings as in package site.
//
// See https://fetch.spec.whatwg.org/#cookie-infrastructure and
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.2.
package samesite

import (
	"net/http/cookiejar"

	"github.com/corsengine/corsengine/internal/site"
)

// A Level is a same-site mode. Levels are in order: each admits what the ones
// before do. The zero value admits least.
type Level uint8

const (
	UnsetOrLess  Level = iota // cookies with SameSite=None; a jar may add those without the attribute
	LaxOrLess                 // also SameSite=Lax, and those without the attribute
	StrictOrLess              // all cookies
)

// String returns the standard's name of l, such as "lax-or-less".
func (l Level) String() string {
	switch l {
	case LaxOrLess:
		return "lax-or-less"
	case StrictOrLess:
		return "strict-or-less"
	}
	return "unset-or-less"
}

// SiteForCookies returns the site for cookies of a page or worker with the given
// origin: topLevel, the origin of its top-level page, or "" if that is not same
// site with origin or if any frame in between is not, as crossSiteAncestor says.
//
// Deviation: for a sandboxed page RFC 6265bis takes the origin of its URL. Here an
// opaque origin is no one's site, as in web-platform-tests: a sandbox is for
// content that is not trusted with the site's cookies.
//
// See https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.2.1.
func SiteForCookies(list cookiejar.PublicSuffixList, origin, topLevel string, crossSiteAncestor bool) string {
	if crossSiteAncestor || !site.Same(list, origin, topLevel) {
		return ""
	}
	return topLevel
}

// A Chain is what the URLs of a request mean for its cookies. The zero value is
// [SameSite], from which to start with the first URL.
type Chain uint8

const (
	SameSite Chain = iota
	CrossSite

	// NoClient is from where to start instead if no page or worker made the
	// request: if the user did, by typing an address or opening a bookmark. It
	// stays. A reload by the user is not such a request, but repeats the first
	// one, with its client.
	NoClient
)

// Next returns the chain after url, which is the origin of the next URL in the URL
// list, the first one included. siteForCookies is the client's, as
// [SiteForCookies] returns it.
//
// It does not allocate, apart from what the list does.
//
// Deviation: Fetch compares the current URL with nothing unless the request
// navigates a top-level page, so that a page's request to another site, which no
// redirect has tainted, would carry Strict cookies. Here that is cross-site, as in
// RFC 6265bis and web-platform-tests. RFC 6265bis, on the other hand, does not
// look at the URLs before the current one, as Fetch does and this function.
//
// Deviation: Fetch lets a request without client send what its destination, method
// and redirect-taint allow; here, and in RFC 6265bis, it is not cross-site.
//
// See https://fetch.spec.whatwg.org/#cookie-infrastructure and
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.2.
func (c Chain) Next(list cookiejar.PublicSuffixList, siteForCookies, url string) Chain {
	if c == SameSite && !site.Same(list, siteForCookies, url) {
		return CrossSite
	}
	return c
}

// Send returns which cookies a request may carry to the last URL of c. The method
// is the one that is sent there, which redirects may have changed. topLevel says
// that the request is for a top-level page: that its mode is "navigate" and its
// destination is "document". A frame's destination is another.
//
// Deviation: Fetch compares the first URL with the initiator's origin and, before
// it allows Lax cookies to a navigation, refuses it if they differ; then it allows
// no more than Lax to any navigation with GET. Taken literally, no link could send
// Strict cookies, and none from another site any. Here, and in RFC 6265bis and
// web-platform-tests, a navigation is treated like other requests, and Lax is what
// remains to it if it is cross-site.
//
// See https://fetch.spec.whatwg.org/#cookie-infrastructure and
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.8.3.
func (c Chain) Send(method string, topLevel bool) Level {
	switch {
	case c != CrossSite:
		return StrictOrLess
	case topLevel && isSafe(method):
		return LaxOrLess
	}
	return UnsetOrLess
}

// Store returns which cookies the response from the last URL of c may set:
// [StrictOrLess] or [UnsetOrLess]. topLevel is as for [Chain.Send].
//
// Deviation: Fetch lets a response set cookies with SameSite=Lax or Strict only if
// its request could carry Strict ones, which would keep a site that was reached by
// a link from setting any. Here, and in RFC 6265bis and web-platform-tests, the
// response to a navigation of a top-level page may set all cookies, whatever the
// method.
//
// See https://fetch.spec.whatwg.org/#set-cookie-header and
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.7.
func (c Chain) Store(topLevel bool) Level {
	if c != CrossSite || topLevel {
		return StrictOrLess
	}
	return UnsetOrLess
}

// isSafe reports whether method is safe.
//
// Deviation: Fetch knows GET only, since that and POST are the methods of
// navigations.
//
// See https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1.
func isSafe(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE":
		return true
	}
	return false
}
