// Package dataurl takes data: URLs apart into a MIME type and a body.
//
// It is what browsers do rather than what RFC 2397 says: a MIME type that does
// not parse is no error, and base64 may be without padding and full of spaces.
//
// See https://fetch.spec.whatwg.org/#data-urls.
package dataurl

import (
	"errors"
	"strings"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/weburl"
)

// The errors of [Process].
var (
	// ErrNoComma says that a URL has no comma, with which the body begins.
	ErrNoComma = errors.New("data URL without a comma")
	// ErrBase64 says that a body is not in base64, as the URL says it is.
	ErrBase64 = errors.New("data URL with malformed base64")
)

// Process returns the MIME type and the body of u, or [ErrNoComma] or
// [ErrBase64]. The MIME type defaults to text/plain;charset=US-ASCII; its
// String is the Content-Type of the response. The fragment of u is no part of
// the body, and the query is.
//
// The caller owns the results, which share no memory with u. Process takes time
// linear in the length of u, and allocates at most twice as many bytes as u has
// for the body.
//
// Precondition: the scheme of u is data.
//
// See https://fetch.spec.whatwg.org/#data-url-processor.
func Process(u weburl.URL) (mime header.MIME, body []byte, err error) {
	input := strings.TrimPrefix(u.WithoutFragment(), "data:")
	mimeType, encoded, ok := strings.Cut(input, ",")
	if !ok {
		return header.MIME{}, nil, ErrNoComma
	}
	// The serialization of a URL has no other ASCII whitespace.
	mimeType = strings.Trim(mimeType, " ")
	body = percentDecode(encoded)
	mimeType, coded := cutBase64(mimeType)
	if coded {
		if body, ok = forgivingBase64(body); !ok {
			return header.MIME{}, nil, ErrBase64
		}
	}
	return parseMIME(mimeType), body, nil
}

// parseMIME parses the part of a data: URL before the comma, without ";base64".
func parseMIME(s string) header.MIME {
	if strings.HasPrefix(s, ";") {
		s = "text/plain" + s
	} else {
		s = strings.Clone(s) // or a long body would live as long as the MIME type
	}
	if mime, ok := header.ParseMIME(s); ok {
		return mime
	}
	return header.MIME{
		Type:    "text",
		Subtype: "plain",
		Params:  []header.Param{{Name: "charset", Value: "US-ASCII"}},
	}
}

// cutBase64 returns s without ";base64" at its end, in any letter case and with
// spaces after the semicolon, and whether it was there.
func cutBase64(s string) (rest string, ok bool) {
	const base64 = "base64"
	i := len(s) - len(base64)
	if i < 0 || !asciix.EqualFold(s[i:], base64) {
		return s, false
	}
	rest, ok = strings.CutSuffix(strings.TrimRight(s[:i], " "), ";")
	if !ok {
		return s, false
	}
	return rest, true
}

// percentDecode returns s with its percent-encoded bytes decoded. A percent sign
// that is not followed by two hex digits stands for itself.
//
// See https://url.spec.whatwg.org/#string-percent-decode.
func percentDecode(s string) []byte {
	escapes := countEscapes(s)
	if escapes == 0 {
		return []byte(s)
	}
	b := make([]byte, 0, len(s)-2*escapes)
	for s != "" {
		if c, ok := unescape(s); ok {
			b, s = append(b, c), s[3:]
		} else {
			b, s = append(b, s[0]), s[1:]
		}
	}
	return b
}

// countEscapes returns the number of percent-encoded bytes in s.
func countEscapes(s string) int {
	i, n := strings.IndexByte(s, '%'), 0
	if i < 0 {
		return 0
	}
	for i < len(s) {
		if _, ok := unescape(s[i:]); ok {
			n++
			i += 3
		} else {
			i++
		}
	}
	return n
}

// unescape returns the byte that s starts with in percent-encoded form, if it
// does.
func unescape(s string) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	hi, lo := hexValue[s[1]], hexValue[s[2]]
	return hi<<4 | lo, hi < 16 && lo < 16
}

// hexValue has the value of each hex digit, and 16 for other bytes.
var hexValue = func() (t [256]byte) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = byte(c - '0')
		case 'A' <= c && c <= 'F':
			t[c] = byte(c - 'A' + 10)
		case 'a' <= c && c <= 'f':
			t[c] = byte(c - 'a' + 10)
		default:
			t[c] = 16
		}
	}
	return t
}()
