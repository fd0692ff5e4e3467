package fetch

import (
	"net/http"
	"slices"

	"github.com/corsengine/corsengine/internal/asciix"
)

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
