package cors

import (
	"net/http"

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
	switch judge(name) {
	case safelisted:
		return true
	case forbidden:
		return false
	}
	return e.lists(name)
}

// Filter returns a header with the fields of h whose names are readable, in time
// linear in h and the list together.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func (e *Exposure) Filter(h http.Header) http.Header {
	var among func(name string) bool // nil if scanning the list for each name is cheaper
	if e.Long(len(h)) {
		among = e.listedAmong(h)
	}
	out := make(http.Header)
	for name, values := range h {
		readable := false
		switch judge(name) {
		case safelisted:
			readable = true
		case byList:
			if among != nil {
				readable = among(name)
			} else {
				readable = e.lists(name)
			}
		}
		if readable {
			out[name] = values[:len(values):len(values)]
		}
	}
	return out
}

// scanBudget is how many bytes of Access-Control-Expose-Headers Filter looks at,
// once for each name, before it rather builds a map: about a hundred names
// against a list of ten.
const scanBudget = 1 << 14

// Long reports whether the list is too long to be scanned for each of n names:
// Filter is for these.
func (e *Exposure) Long(n int) bool {
	return !e.all && e.names.Present() && n > scanBudget/e.names.size()
}

// A Few is an [Exposure] of so few names that they are cheaper to compare one by
// one than to find in the field lines each time.
type Few struct {
	names [8]string
	n     int
	all   bool
}

// Few sets f to e, or reports false if that is about too many names.
func (e *Exposure) Few(f *Few) bool {
	f.n, f.all = 0, e.all
	if e.all {
		return true
	}
	for _, line := range e.names.lines {
		for line != "" {
			var token string
			if token, line, _ = asciix.NextToken(line); token == "" {
				continue
			}
			if f.n == len(f.names) {
				return false
			}
			f.names[f.n] = token
			f.n++
		}
	}
	return e.names.rest == nil
}

// Readable is [Exposure.Readable].
func (f *Few) Readable(name string) bool {
	switch judge(name) {
	case safelisted:
		return true
	case forbidden:
		return false
	}
	if f.all {
		return asciix.IsToken(name)
	}
	for i := range f.n {
		if asciix.EqualFold(f.names[i], name) {
			return true
		}
	}
	return false
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

// listedAmong returns e.listed for the names of h that depend on the list, at the
// price of one walk through it.
func (e *Exposure) listedAmong(h http.Header) func(name string) bool {
	listed := make(map[string]bool, len(h)) // by lowercase name
	for name := range h {
		if judge(name) == byList {
			listed[asciix.Lower(name)] = false
		}
	}
	for token := range e.names.Tokens {
		token = asciix.Lower(token)
		if _, ok := listed[token]; ok {
			listed[token] = true
		}
	}
	return func(name string) bool { return listed[asciix.Lower(name)] }
}

// A verdict is what a name alone says about being readable.
type verdict uint8

const (
	byList verdict = iota
	safelisted
	forbidden
)

// judge returns the verdict on a response-header name.
//
// See https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func judge(name string) verdict {
	switch name { // as net/http spells them
	case "Cache-Control", "Content-Language", "Content-Length", "Content-Type",
		"Expires", "Last-Modified", "Pragma":
		return safelisted
	case "Set-Cookie", "Set-Cookie2":
		return forbidden
	}
	if len(name) < len("pragma") || len(name) > len("content-language") {
		return byList
	}
	var buf [64]byte
	switch string(asciix.LowerInto(&buf, name)) {
	case "cache-control", "content-language", "content-length", "content-type",
		"expires", "last-modified", "pragma":
		return safelisted
	case "set-cookie", "set-cookie2":
		return forbidden
	}
	return byList
}
