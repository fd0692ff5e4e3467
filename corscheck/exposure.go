package corscheck

import (
	"net/http"

	"github.com/corsengine/corsengine/internal/asciix"
)

// An Exposure answers which response headers a CORS response exposes. It refers
// to the header it was made from, which must not change in the meantime. The
// zero Exposure exposes the safelist only. An Exposure may be copied, and used
// by several goroutines at once.
//
// See https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list.
type Exposure struct {
	names field // well-formed
	all   bool
}

// Exposed reads Access-Control-Expose-Headers. A malformed value exposes nothing
// beyond the safelist, even if other elements or field lines are well-formed.
// Whether the credentials mode is "include" decides what * means: any header, or
// one that is called "*". It does not allocate.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func Exposed(h http.Header, credentials bool) Exposure {
	f := lookup(h, exposeHeaders)
	if !f.wellFormed() {
		return Exposure{}
	}
	e := Exposure{names: f}
	if !credentials {
		e.all = e.listed("*")
	}
	return e
}

// Readable reports whether a script may read the header called name. It is
// always false for Set-Cookie and Set-Cookie2, and for what is no header name.
// It does not allocate, and takes time linear in the value of
// Access-Control-Expose-Headers; see [Exposure.Filter] for many names.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func (e Exposure) Readable(name string) bool {
	switch judge(name) {
	case safelisted:
		return true
	case forbidden:
		return false
	}
	return e.lists(name)
}

// Filter returns a header with the fields of h whose names are readable, under
// the keys they have in h. It shares the values with h, but appending to them
// leaves h alone. The names withheld are those of h that the result does not have.
//
// In contrast to calling [Exposure.Readable] for each name it takes time linear
// in h and the value of Access-Control-Expose-Headers together, whatever a
// server sends.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func (e Exposure) Filter(h http.Header) http.Header {
	var among func(name string) bool // nil if scanning the list for each name is cheaper
	if !e.all && e.names.present() && len(h) > scanBudget/e.size() {
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
	for line := range e.names.each {
		if listHas(line, name) {
			return true
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
	for token := range e.names.tokens {
		token = asciix.Lower(token)
		if _, ok := listed[token]; ok {
			listed[token] = true
		}
	}
	return func(name string) bool { return listed[asciix.Lower(name)] }
}

// size returns about how many bytes and keys one scan of the list looks at.
func (e *Exposure) size() int {
	n := len(e.names.rest)
	for line := range e.names.each {
		n += len(line) + 1
	}
	return n
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
