package cors

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
)

// An Exposure is the CORS-exposed header-name list of a response.
//
// See https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list.
type Exposure struct {
	names Field // well-formed
	all   bool
}

// Exposed reads the field Access-Control-Expose-Headers. A malformed one exposes
// nothing beyond the safelist. It does not allocate.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func Exposed(f Field, credentials bool) Exposure {
	if !f.Present() || !f.WellFormed() {
		return Exposure{}
	}
	e := Exposure{names: f}
	if !credentials {
		e.all = e.listed("*")
	}
	return e
}

// Readable reports whether a script may read the header called name. It does not
// allocate.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func (e *Exposure) Readable(name string) bool {
	switch {
	case header.SafelistedResponseName(name):
		return true
	case header.ForbiddenResponseName(name):
		return false
	}
	return e.lists(name)
}

// Filter returns a header with the fields of h whose names are readable, in time
// linear in h and the list together.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func (e *Exposure) Filter(h http.Header) http.Header {
	out := make(http.Header)
	long := e.Long(len(h))
	var asked []string // the names to look for in one walk through a long list
	if long {
		asked = make([]string, 0, len(h))
	}
	for name, lines := range h {
		switch {
		case header.SafelistedResponseName(name):
			out[name] = slices.Clip(lines)
		case header.ForbiddenResponseName(name):
		case long:
			asked = append(asked, name)
		case e.lists(name):
			out[name] = slices.Clip(lines)
		}
	}
	for _, name := range e.listedOf(asked) {
		out[name] = slices.Clip(h[name])
	}
	return out
}

// A list of up to shortList bytes is scanned sooner than a name is found in a map,
// however many names there are. Of a longer one Filter looks at scanBudget bytes,
// once for each name, before it rather builds a map: about a hundred names against
// a list of ten.
const (
	shortList  = 128
	scanBudget = 1 << 14
)

// Long reports whether the list is too long to be scanned for each of n names.
func (e *Exposure) Long(n int) bool {
	if e.all || !e.names.Present() {
		return false
	}
	size := e.names.size()
	return size > shortList && n > scanBudget/size
}

// ListedAmong reports which of up to 32 names the given lines of
// Access-Control-Expose-Headers expose: bit i is for names[i]. For so few names it
// is quicker than an [Exposure], which goes through the lines several times.
//
// Precondition: the names are header names, and not forbidden.
func ListedAmong(names, lines []string, credentials bool) (exposed uint32) {
	for _, line := range lines {
		for line != "" {
			token, rest, ok := asciix.NextToken(line)
			if !ok {
				return 0
			}
			line = rest
			if token == "*" && !credentials {
				exposed = 1<<len(names) - 1
			}
			for i, name := range names {
				if len(name) == len(token) && asciix.EqualFold(name, token) {
					exposed |= 1 << i
				}
			}
		}
	}
	return exposed
}

// lists reports whether the list exposes name, which is not judged by its name
// alone.
func (e *Exposure) lists(name string) bool {
	if e.all {
		return asciix.IsToken(name) // what is no name is in no header list
	}
	return e.listed(name)
}

// listed reports whether name is an element of the list, in any letter case.
func (e *Exposure) listed(name string) bool {
	for _, line := range e.names.lines {
		if listHas(line, name) {
			return true
		}
	}
	if e.names.rest != nil {
		for line := range e.names.eachOther {
			if listHas(line, name) {
				return true
			}
		}
	}
	return false
}

// listHas reports whether name is an element of line, in any letter case.
//
// Precondition: line is a list of tokens.
func listHas(line, name string) bool {
	for line != "" {
		var token string
		if token, line, _ = asciix.NextToken(line); token != "" && asciix.EqualFold(token, name) {
			return true
		}
	}
	return false
}

// listedOf returns those of names that are elements of the list, in any letter
// case, at the price of one walk through it. It overwrites names.
func (e *Exposure) listedOf(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	listed := make(map[string]bool, len(names))    // by lowercase name
	lower := asciix.Lower(strings.Join(names, "")) // in one allocation for all
	for _, name := range names {
		listed[lower[:len(name)]] = false
		lower = lower[len(name):]
	}
	var buf [64]byte
	for token := range e.names.Tokens {
		key := lowerBytes(&buf, token)
		if _, ok := listed[string(key)]; ok {
			listed[string(key)] = true
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !listed[string(lowerBytes(&buf, name))] })
}

// lowerBytes returns s in lowercase, in buf if that is long enough.
func lowerBytes(buf *[64]byte, s string) []byte {
	if b := asciix.LowerInto(buf, s); b != nil {
		return b
	}
	return []byte(asciix.Lower(s))
}
