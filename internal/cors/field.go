// Package cors makes decisions of the CORS protocol on field lines. Package
// corscheck is about headers, in which it looks the lines up by one walk for each
// name; the engine finds those of several names in one walk, see package census.
package cors

import (
	"net/http"

	"github.com/corsengine/corsengine/internal/asciix"
)

// The response headers of the CORS protocol, in canonical form.
const (
	AllowOrigin      = "Access-Control-Allow-Origin"
	AllowCredentials = "Access-Control-Allow-Credentials"
	AllowMethods     = "Access-Control-Allow-Methods"
	AllowHeaders     = "Access-Control-Allow-Headers"
	MaxAge           = "Access-Control-Max-Age"
	ExposeHeaders    = "Access-Control-Expose-Headers"
)

// A Field is the field lines that a header has for one name. The zero Field has
// none. It refers to the header, which must not change in the meantime.
type Field struct {
	name  string      // canonical
	lines []string    // filed under name
	rest  http.Header // the whole header if it has lines under another spelling, else nil
}

// Lines returns the field with the given lines.
func Lines(lines []string) Field { return Field{lines: lines} }

// Lookup returns the field lines of h for a canonical name. It does not
// allocate; most often the map is as net/http makes it, and going through its
// keys compares little more than their lengths.
func Lookup(h http.Header, name string) Field {
	f := Field{name: name, lines: h[name]}
	for key, lines := range h {
		if f.otherSpelling(key) && len(lines) > 0 {
			f.rest = h
			break
		}
	}
	return f
}

// otherSpelling reports whether key is f's name in another letter case.
func (f *Field) otherSpelling(key string) bool {
	return len(key) == len(f.name) && key != f.name && asciix.EqualFold(key, f.name)
}

// each calls yield for every field line. The order is the header's for lines of
// one spelling and random between spellings, on which no check depends.
func (f *Field) each(yield func(line string) bool) {
	for _, line := range f.lines {
		if !yield(line) {
			return
		}
	}
	if f.rest != nil {
		f.eachOther(yield)
	}
}

// eachOther calls yield for every field line under another spelling.
func (f *Field) eachOther(yield func(line string) bool) {
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

// Sole returns the trimmed field line if there is exactly one, and the number of
// field lines, where 2 stands for any more.
//
// Getting a header combines its lines with ", ". No value that the protocol
// compares with contains that, so two lines never match anything, empty ones
// included, and the combined value need not be built.
//
// See https://fetch.spec.whatwg.org/#concept-header-list-get.
func (f *Field) Sole() (value string, n int) {
	if f.rest == nil {
		switch len(f.lines) {
		case 0:
			return "", 0
		case 1:
			return asciix.Trim(f.lines[0]), 1
		}
		return "", 2
	}
	for line := range f.each {
		if n == 1 {
			return "", 2
		}
		value, n = asciix.Trim(line), 1
	}
	return value, n
}

// Present reports whether there is a field line.
func (f *Field) Present() bool { return len(f.lines) > 0 || f.rest != nil }

// WellFormed reports whether every field line is a list of tokens. An empty one
// is.
//
// See https://fetch.spec.whatwg.org/#extract-header-list-values.
func (f *Field) WellFormed() bool {
	for _, line := range f.lines {
		if !isList(line) {
			return false
		}
	}
	if f.rest != nil {
		for line := range f.eachOther {
			if !isList(line) {
				return false
			}
		}
	}
	return true
}

// isList reports whether line is a list of tokens.
func isList(line string) bool {
	for ok := true; line != ""; {
		if _, line, ok = asciix.NextToken(line); !ok {
			return false
		}
	}
	return true
}

// Tokens calls yield for every element of every field line, as in the response.
//
// Precondition: f is well-formed.
func (f *Field) Tokens(yield func(token string) bool) {
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

// size returns about how many bytes and keys one scan of the lines looks at.
func (f *Field) size() int {
	n := len(f.rest)
	for line := range f.each {
		n += len(line) + 1
	}
	return n
}
