// Package census finds in one walk through a response header what a fetch asks of
// it. Going through a map costs more than all the comparisons on the way, and only
// a look at every key tells how a header is spelled; see [asciix.Lines].
package census

import (
	"net/http"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/cors"
)

// A Name is a header that is looked for.
type Name uint8

const (
	AllowOrigin Name = iota
	AllowCredentials
	ExposeHeaders
	TimingAllowOrigin
	ContentEncoding
	SetCookie
	names int = iota
)

// keys are the names in canonical form.
var keys = [names]string{
	AllowOrigin:       cors.AllowOrigin,
	AllowCredentials:  cors.AllowCredentials,
	ExposeHeaders:     cors.ExposeHeaders,
	TimingAllowOrigin: "Timing-Allow-Origin",
	ContentEncoding:   "Content-Encoding",
	SetCookie:         "Set-Cookie",
}

// room is how many fields of a header are kept; usual responses have fewer.
const room = 16

// A Census is what one walk through a header has found. It refers to the header,
// which must not change in the meantime. The zero Census is that of no header.
type Census struct {
	header http.Header
	lines  [names][]string
	fields [room]field // all that a page may see, unless there are more
	n      int         // how many those are
	hidden int         // how many a page must not see
}

type field struct {
	name  string
	lines []string
}

// Take makes c the census of h. It does not allocate unless h spells one of the
// names in several ways.
func (c *Census) Take(h http.Header) {
	c.header, c.n, c.hidden = h, 0, 0
	clear(c.lines[:])
	for key, lines := range h {
		if !isOrdinary(key) {
			n, ok := lookedFor(key)
			if ok {
				if c.lines[n] == nil {
					c.lines[n] = lines
				} else {
					c.lines[n] = asciix.Lines(h, key) // all spellings
				}
			}
			if n == SetCookie && ok || !ok && Hidden(key) {
				c.hidden++
				continue
			}
		}
		if c.n < room {
			c.fields[c.n] = field{key, lines}
		}
		c.n++
	}
}

// Lines returns the field lines for n, as [asciix.Lines] does.
func (c *Census) Lines(n Name) []string { return c.lines[n] }

// Field returns the field n for package cors.
func (c *Census) Field(n Name) cors.Field { return cors.Lines(c.lines[n]) }

// lookedFor returns the name that key spells, if it is one of those looked for.
// Their lengths differ.
func lookedFor(key string) (n Name, ok bool) {
	switch len(key) {
	case len("Access-Control-Allow-Origin"):
		n = AllowOrigin
	case len("Access-Control-Allow-Credentials"):
		n = AllowCredentials
	case len("Access-Control-Expose-Headers"):
		n = ExposeHeaders
	case len("Timing-Allow-Origin"):
		n = TimingAllowOrigin
	case len("Content-Encoding"):
		n = ContentEncoding
	case len("Set-Cookie"):
		n = SetCookie
	default:
		return 0, false
	}
	return n, key == keys[n] || asciix.EqualFold(key, keys[n])
}
