// Package tao decides whether a page may see the timing of a fetch: the TAO
// check, named after the header Timing-Allow-Origin.
//
// Origins are strings as in package site.
package tao

import (
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/site"
)

// A Request is the state of a request when a response to it arrives.
type Request struct {
	Origin   string     // the request's origin
	Current  string     // the origin of its current URL
	Taint    site.Taint // its redirect-taint
	Navigate bool       // whether its mode is "navigate"
	Basic    bool       // whether its response tainting is "basic"
}

// Failed is the timing allow failed flag of a request. The zero value, false, is
// that of a request without response. Once set, it stays.
//
// See https://fetch.spec.whatwg.org/#timing-allow-failed.
type Failed bool

// Next returns the flag after a response to r, redirects included, that has the
// given lines of Timing-Allow-Origin. It has to be applied for every response from
// the network, in order, with the state of the request before the redirect is
// followed. The timing may be seen if the result is false after the last response.
//
// A page whose origin is "null", because it is opaque or because of redirects, is
// allowed by a header that says null.
//
// It does not allocate unless there are several lines.
//
// See https://fetch.spec.whatwg.org/#concept-tao-check.
func (f Failed) Next(r Request, lines []string) Failed {
	return f || Failed(!r.allowed(lines))
}

func (r Request) allowed(lines []string) bool {
	foreignPage := r.Navigate && !site.EqualOrigins(r.Current, r.Origin)
	if r.Basic && !foreignPage {
		return true // whatever the header says
	}
	if len(lines) == 0 {
		return false
	}
	origin := r.Taint.SerializeOrigin(r.Origin)
	// A quoted string may go on in the next line.
	for rest, more := strings.Join(lines, ", "), true; more; {
		var value string
		if value, rest, more = asciix.NextValue(rest); value == "*" || value == origin {
			return true
		}
	}
	return false
}
