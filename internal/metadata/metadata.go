// Package metadata computes the fetch metadata headers, with which a server
// learns from where and for what a request was made.
//
// Origins are strings as in package site.
package metadata

import (
	"net/http/cookiejar"

	"github.com/corsengine/corsengine/internal/site"
)

// A Request holds what the headers are made of.
type Request struct {
	Site           Site
	Mode           string // the request mode, such as "no-cors"
	Destination    string // the request destination; unknown ones count as ""
	UserActivation bool   // whether a navigation was triggered by the user
}

// Headers are the values of the fetch metadata headers. "" means that the header
// is not sent.
type Headers struct {
	Dest string // Sec-Fetch-Dest
	Mode string // Sec-Fetch-Mode
	Site string // Sec-Fetch-Site
	User string // Sec-Fetch-User
}

// For returns the fetch metadata headers for r on its way to a URL whose origin
// is current. If current is not potentially trustworthy, all are "". It does not
// allocate.
//
// Deviation: the text looks at the request's URL, which is the first one of the
// URL list. Taken literally, a redirect from https to http would send the
// headers in the clear, against the text's own purpose and the tests of
// web-platform-tests. Here it is the current URL.
//
// See https://w3c.github.io/webappsec-fetch-metadata/#fetch-integration.
func For(r Request, current string) Headers {
	if !site.PotentiallyTrustworthyOrigin(current) {
		return Headers{}
	}
	h := Headers{Dest: dest(r.Destination), Mode: r.Mode, Site: r.Site.String()}
	if r.UserActivation && isNavigation(r.Destination) {
		h.User = "?1"
	}
	return h
}

// dest returns the value of Sec-Fetch-Dest.
//
// See https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-dest-header and
// https://fetch.spec.whatwg.org/#concept-request-destination.
func dest(destination string) string {
	switch destination {
	case "audio", "audioworklet", "document", "embed", "font", "frame", "iframe", "image", "json", "manifest",
		"object", "paintworklet", "report", "script", "serviceworker", "sharedworker", "style", "text", "track",
		"video", "webidentity", "worker", "xslt":
		return destination
	}
	return "empty"
}

// isNavigation reports whether a request for destination is a navigation
// request.
//
// See https://fetch.spec.whatwg.org/#navigation-request.
func isNavigation(destination string) bool {
	switch destination {
	case "document", "embed", "frame", "iframe", "object":
		return true
	}
	return false
}

// A Site is the relation between a request's origin and the URLs it was sent
// to. The zero value is [SameOrigin], from which to start with the first URL.
type Site uint8

const (
	SameOrigin Site = iota
	SameSite
	CrossSite

	// None is from where to start instead if the request is a navigation that
	// the user caused directly, such as by typing an address. It stays.
	None
)

// String returns the value of Sec-Fetch-Site, such as "same-origin".
func (s Site) String() string {
	switch s {
	case SameOrigin:
		return "same-origin"
	case SameSite:
		return "same-site"
	case None:
		return "none"
	}
	return "cross-site"
}

// Next returns the relation after url, which is the origin of the next URL in
// the URL list. It has to be applied for the first URL too, unlike
// [site.Taint.Next], and for URLs that get no fetch metadata headers themselves.
//
// See https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header.
func (s Site) Next(list cookiejar.PublicSuffixList, requestOrigin, url string) Site {
	switch {
	case s == None, s == CrossSite, site.EqualOrigins(url, requestOrigin):
		return s
	case site.Same(list, requestOrigin, url):
		return SameSite
	}
	return CrossSite
}
