// Package redirect decides what becomes of a request that is redirected.
//
// See https://fetch.spec.whatwg.org/#http-redirect-fetch.
package redirect

import (
	"net/http/cookiejar"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/weburl"
)

// Limit is how many redirects a fetch follows.
const Limit = 20

// IsStatus reports whether status is a redirect status.
//
// See https://fetch.spec.whatwg.org/#redirect-status.
func IsStatus(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// A Body says what a redirect can do with a request's body.
type Body uint8

const (
	NoBody     Body = iota
	Replayable      // its source is not null
	Consumed        // its source is null: it has been sent and is gone
)

// A State is what a redirect reads and changes of a request.
type State struct {
	URL     weburl.URL // current URL
	Origin  string     // serialized; "" if opaque or none, which is the origin of no URL
	CORS    bool       // the mode is "cors"
	Tainted bool       // the response tainting is "cors"
	Method  string
	Body    Body
	Count   int        // redirects followed so far
	Taint   site.Taint // the redirect-taint of the URLs so far
}

// A Dropped says which of the author's headers a redirect removes.
type Dropped struct {
	BodyHeaders   bool // the request-body-header names
	Authorization bool // the CORS non-wildcard request-header names
}

// A Failure says why a redirect is not followed. The zero value is none.
type Failure uint8

const (
	OK Failure = iota
	NotHTTP
	TooMany
	Credentials // the location has userinfo
	NoSource    // the body is needed again and cannot be had
)

// Follow returns the request after it is redirected to location by a response
// with the given redirect status. The list decides what is same-site. After a
// failure the State and what is Dropped mean nothing.
//
// Follow allocates only if location has userinfo, and what the list does.
//
// See https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func Follow(s State, status int, location weburl.URL, list cookiejar.PublicSuffixList) (State, Dropped, Failure) {
	var d Dropped
	switch {
	case !location.IsHTTP():
		return s, d, NotHTTP
	case s.Count >= Limit:
		return s, d, TooMany
	}
	s.Count++

	from, to := s.URL.Origin(), location.Origin()
	if location.HasCredentials() && (s.Tainted || s.CORS && s.Origin != to) {
		return s, d, Credentials
	}
	if status != 303 && s.Body == Consumed {
		return s, d, NoSource
	}
	if becomesGET(status, s.Method) {
		s.Method, s.Body = "GET", NoBody
		d.BodyHeaders = true
	}
	d.Authorization = from != to

	s.Taint = s.Taint.Next(list, s.Origin, from, to)
	s.URL = location
	return s, d, OK
}

// becomesGET reports whether a redirect turns a request into a GET without body.
func becomesGET(status int, method string) bool {
	switch status {
	case 301, 302:
		return method == "POST"
	case 303:
		return method != "GET" && method != "HEAD"
	}
	return false
}
