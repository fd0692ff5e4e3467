package corscheck

import (
	"net/http"

	"github.com/corsengine/corsengine/internal/asciix"
)

// The response headers of the CORS protocol, in canonical form.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	maxAge           = "Access-Control-Max-Age"
	exposeHeaders    = "Access-Control-Expose-Headers"
)

// A field is the field lines that a header has for one name.
type field struct {
	name  string      // canonical
	lines []string    // filed under name
	rest  http.Header // the whole header if it has lines under another spelling, else nil
}

// lookup returns the field lines of h for a canonical name. It does not
// allocate; most often the map is as net/http makes it, and going through its
// keys compares little more than their lengths.
func lookup(h http.Header, name string) field {
	f := field{name: name, lines: h[name]}
	for key, lines := range h {
		if f.otherSpelling(key) && len(lines) > 0 {
			f.rest = h
			break
		}
	}
	return f
}

// otherSpelling reports whether key is f's name in another letter case.
func (f *field) otherSpelling(key string) bool {
	return len(key) == len(f.name) && key != f.name && asciix.EqualFold(key, f.name)
}

// each calls yield for every field line. The order is the header's for lines of
// one spelling and random between spellings, on which no check depends.
func (f *field) each(yield func(line string) bool) {
	for _, line := range f.lines {
		if !yield(line) {
			return
		}
	}
	for key, lines := range f.rest {
		if !f.otherSpelling(key) {
			continue
		}
		for _, line := range lines {
			if !yield(line) {
				return
			}
		}
	}
}

// sole returns the trimmed field line if there is exactly one, and the number of
// field lines, where 2 stands for any more.
//
// Getting a header combines its lines with ", ". No value that the protocol
// compares with contains that, so two lines never match anything, empty ones
// included, and the combined value need not be built.
//
// See https://fetch.spec.whatwg.org/#concept-header-list-get.
func (f *field) sole() (value string, n int) {
	for line := range f.each {
		if n == 1 {
			return "", 2
		}
		value, n = asciix.Trim(line), 1
	}
	return value, n
}

// present reports whether there is a field line.
func (f *field) present() bool { return len(f.lines) > 0 || f.rest != nil }

// wellFormed reports whether every field line is a list of tokens. An empty one
// is.
//
// See https://fetch.spec.whatwg.org/#extract-header-list-values.
func (f *field) wellFormed() bool {
	for line := range f.each {
		for ok := true; line != ""; {
			if _, line, ok = asciix.NextToken(line); !ok {
				return false
			}
		}
	}
	return true
}

// tokens calls yield for every element of every field line, as in the response.
//
// Precondition: f is well-formed.
func (f *field) tokens(yield func(token string) bool) {
	for line := range f.each {
		for line != "" {
			var token string
			token, line, _ = asciix.NextToken(line)
			if token != "" && !yield(token) {
				return
			}
		}
	}
}
