// Package tao decides whether a page may see the timing of a fetch: the TAO
// check, named after the header Timing-Allow-Origin.
//
// Origins are strings as in package site.
package tao

import (
	"net/http"

	"github.com/corsengine/corsengine/header"
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

// Next returns the flag after a response with the headers h to r, redirects
// included. It has to be applied for every response from the network, in order,
// with the state of the request before the redirect is followed. The timing may
// be seen if the result is false after the last response.
//
// A page whose origin is "null", because it is opaque or because of redirects, is
// allowed by a header that says null.
//
// It does not allocate unless there are several field lines, or more than eight
// values.
//
// See https://fetch.spec.whatwg.org/#concept-tao-check.
func (f Failed) Next(r Request, h http.Header) Failed {
	return f || Failed(!r.allowed(h))
}

func (r Request) allowed(h http.Header) bool {
	foreignPage := r.Navigate && !site.EqualOrigins(r.Current, r.Origin)
	if r.Basic && !foreignPage {
		return true // whatever the header says
	}
	if len(h) == 0 {
		return false
	}
	var buf [8]string
	origin := r.Taint.SerializeOrigin(r.Origin)
	for _, value := range header.Split(buf[:0], h, "Timing-Allow-Origin") {
		if value == "*" || value == origin {
			return true
		}
	}
	return false
}
