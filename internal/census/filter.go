package census

import (
	"math/bits"
	"net/http"
	"slices"

	"github.com/corsengine/corsengine/internal/cors"
)

// Visible returns the header without what no page may see: the header itself if
// there is nothing of the kind in it, or else a new one that shares its lines.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-basic.
func (c *Census) Visible() http.Header {
	if c.hidden == 0 && c.header != nil {
		return c.header
	}
	out := make(http.Header, len(c.header)-c.hidden)
	for name, lines := range c.header {
		if !Hidden(name) {
			out[name] = slices.Clip(lines)
		}
	}
	return out
}

// Readable returns the header with what a CORS response exposes to a page: the
// header itself if that is all of it, or else a new one that shares its lines.
// Whether the credentials mode is "include" decides what * in
// Access-Control-Expose-Headers means.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func (c *Census) Readable(credentials bool) http.Header {
	n := c.kept
	if n > room || n < len(c.header)-c.hidden {
		exposed := cors.Exposed(c.Field(ExposeHeaders), credentials)
		return exposed.Filter(c.header)
	}
	readable := c.safelisted | cors.ListedAmong(c.keys[:n], c.found[ExposeHeaders], credentials)
	if readable == 1<<n-1 && c.hidden == 0 && c.header != nil {
		return c.header
	}
	out := make(http.Header)
	for ; readable != 0; readable &= readable - 1 { // less its lowest bit
		i := bits.TrailingZeros32(readable)
		out[c.keys[i]] = slices.Clip(c.lines[i])
	}
	return out
}
