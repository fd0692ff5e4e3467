package census

import (
	"net/http"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/cors"
)

// Hidden reports whether no page may see a response header of the given name: a
// forbidden response-header name, or what is no name and so in no header list,
// such as "Set-Cookie " with a space, which net/http passes on.
//
// See https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func Hidden(name string) bool {
	return !isOrdinary(name) && (header.ForbiddenResponseName(name) || !header.ValidName(name))
}

// isOrdinary reports whether name is one of the headers that most responses
// consist of: neither looked for nor hidden, as is decided here without a look at
// each byte. To leave one out costs time only.
func isOrdinary(name string) bool {
	switch name {
	case "Accept-Ranges", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Max-Age",
		"Age", "Alt-Svc", "Cache-Control", "Connection", "Content-Language", "Content-Length",
		"Content-Security-Policy", "Content-Type", "Cross-Origin-Resource-Policy", "Date", "Etag", "Expires",
		"Keep-Alive", "Last-Modified", "Link", "Pragma", "Referrer-Policy", "Server", "Strict-Transport-Security",
		"Vary", "Via", "X-Content-Type-Options", "X-Frame-Options", "X-Powered-By", "X-Request-Id",
		"X-Xss-Protection":
		return true
	}
	return false
}

// Visible returns the header without what no page may see: the header itself if
// there is nothing of the kind in it, or else a new one that shares its lines.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-basic.
func (c *Census) Visible() http.Header {
	if c.hidden == 0 && c.header != nil {
		return c.header
	}
	out := make(http.Header, c.n)
	for name, lines := range c.header {
		if !Hidden(name) {
			out[name] = clip(lines)
		}
	}
	return out
}

// Readable returns a new header with what a CORS response exposes to a page,
// which shares the lines. Whether the credentials mode is "include" decides what *
// in Access-Control-Expose-Headers means.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func (c *Census) Readable(credentials bool) http.Header {
	exposed := cors.Exposed(c.Field(ExposeHeaders), credentials)
	var few cors.Few
	if c.n > room || !exposed.Few(&few) {
		return exposed.Filter(c.header)
	}
	out := make(http.Header)
	for i := range c.n {
		if f := &c.fields[i]; few.Readable(f.name) {
			out[f.name] = clip(f.lines)
		}
	}
	return out
}

// clip returns lines so that appending to them does not write behind them.
func clip(lines []string) []string { return lines[:len(lines):len(lines)] }
