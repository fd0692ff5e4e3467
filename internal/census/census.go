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

// canonical are the names in canonical form.
var canonical = [names]string{
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
	found  [names][]string
	hidden int // how many fields a page must not see

	// The fields that it may see, if they were to be kept and are not more than room.
	kept       int // how many they are
	keys       [room]string
	lines      [room][]string
	safelisted uint32 // bit i: keys[i] is a CORS-safelisted response-header name
}

// Take makes c the census of h. It keeps what [Census.Readable] is going to need if
// readable is set. It does not allocate unless h spells one of the names in several
// ways.
func (c *Census) Take(h http.Header, readable bool) {
	c.header, c.hidden, c.kept, c.safelisted = h, 0, 0, 0
	clear(c.found[:])
	for key, lines := range h {
		k := kindOf(key)
		if k > safelisted {
			if k >= lookedFor {
				c.find(Name(k-lookedFor), lines)
			}
			if k.hidden() {
				c.hidden++
				continue
			}
		}
		if readable {
			c.keep(key, lines, k)
		}
	}
}

// find notes lines of n.
func (c *Census) find(n Name, lines []string) {
	if c.found[n] == nil {
		c.found[n] = lines
	} else {
		c.found[n] = asciix.Lines(c.header, canonical[n]) // all spellings
	}
}

// keep notes a field for [Census.Readable].
func (c *Census) keep(key string, lines []string, k kind) {
	if i := c.kept; i < room {
		c.keys[i], c.lines[i] = key, lines
		if k == safelisted {
			c.safelisted |= 1 << i
		}
	}
	c.kept++
}

// Lines returns the field lines for n, as [asciix.Lines] does.
func (c *Census) Lines(n Name) []string { return c.found[n] }

// Field returns the field n for package cors.
func (c *Census) Field(n Name) cors.Field { return cors.Lines(c.found[n]) }
