package fetch

import (
	"net/http"
	"slices"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
)

// withoutForbidden returns h without forbidden response-header names and what is
// no header name, or h itself if there are none.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-basic.
func withoutForbidden(h http.Header) http.Header {
	forbidden := 0
	for name := range h {
		if isForbiddenResponse(name) {
			forbidden++
		}
	}
	if forbidden == 0 && h != nil {
		return h
	}
	out := make(http.Header, len(h)-forbidden)
	for name, values := range h {
		if !isForbiddenResponse(name) {
			out[name] = values[:len(values):len(values)]
		}
	}
	return out
}

// isForbiddenResponse reports whether a page must not see a response header of
// the given name. What is no name is in no header list: net/http passes on names
// with a space, such as "Set-Cookie ".
func isForbiddenResponse(name string) bool {
	return header.ForbiddenResponseName(name) || !header.ValidName(name)
}

// readable returns the part of h that a CORS response exposes.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func readable(h http.Header, credentials bool) http.Header {
	return corscheck.Exposed(h, credentials).Filter(h)
}

// withheld returns the lowercase names of internal that public does not have.
func withheld(internal, public http.Header) []string {
	var names []string
	for name := range internal {
		if _, ok := public[name]; !ok {
			names = append(names, asciix.Lower(name))
		}
	}
	slices.Sort(names)
	return names
}

// withoutCoding returns a copy of h without what speaks of the body before it was
// decoded.
func withoutCoding(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		if !asciix.EqualFold(name, "Content-Encoding") && !asciix.EqualFold(name, "Content-Length") {
			out[name] = values
		}
	}
	return out
}
