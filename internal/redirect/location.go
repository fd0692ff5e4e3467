package redirect

import (
	"errors"
	"net/http"
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/weburl"
)

// ErrSeveral means that a response has more than one Location.
var ErrSeveral = errors.New("several Location header lines")

// A Resolver parses a Location value.
type Resolver func(ref string, base *weburl.URL) (weburl.URL, error)

// Location returns the location URL of a redirect response with header h to a
// request for base. It reports false if there is none, which makes the response
// final, not an error. A location without fragment gets that of base.
//
// See https://fetch.spec.whatwg.org/#concept-response-location-url.
func Location(h http.Header, base weburl.URL, resolve Resolver) (u weburl.URL, ok bool, err error) {
	lines := asciix.Lines(h, "Location")
	switch {
	case len(lines) == 0:
		return weburl.URL{}, false, nil
	case len(lines) > 1:
		return weburl.URL{}, true, ErrSeveral
	}
	from := base // escapes, which base does not have to if there is no Location
	u, err = resolve(escapeNonASCII(lines[0]), &from)
	if err != nil {
		return weburl.URL{}, true, err
	}
	if _, has := u.Fragment(); !has {
		if fragment, has := base.Fragment(); has {
			u = u.WithFragment(fragment, true)
		}
	}
	return u, true, nil
}

// escapeNonASCII percent-encodes the bytes of s that are not ASCII.
//
// Deviation: by the text, each byte would become a code point of its own, whose
// UTF-8 encoding is then percent-encoded. No browser does that: they send the
// bytes that the server wrote.
//
// See https://github.com/whatwg/fetch/issues/883.
func escapeNonASCII(s string) string {
	const hex = "0123456789ABCDEF"
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			n++
		}
	}
	if n == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*n)
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
