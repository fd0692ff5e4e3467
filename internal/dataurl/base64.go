package dataurl

import (
	"bytes"
	"encoding/base64"
)

// forgivingBase64 decodes data, which it overwrites: ASCII whitespace counts for
// nothing, padding may be missing but not be wrong, and the bits that are left
// over at the end may be anything. ok is false if data is no base64.
//
// See https://infra.spec.whatwg.org/#forgiving-base64-decode.
func forgivingBase64(data []byte) (decoded []byte, ok bool) {
	data = removeWhitespace(data)
	if len(data)%4 == 0 {
		for range 2 {
			data = bytes.TrimSuffix(data, []byte{'='})
		}
	}
	decoded = make([]byte, base64.RawStdEncoding.DecodedLen(len(data)))
	// A length of 4n+1 is an error for this encoding, and so is any "=". It
	// would skip line feeds and carriage returns, which are gone.
	if _, err := base64.RawStdEncoding.Decode(decoded, data); err != nil {
		return nil, false
	}
	return decoded, true
}

// removeWhitespace removes the ASCII whitespace from data, in place.
//
// See https://infra.spec.whatwg.org/#ascii-whitespace.
func removeWhitespace(data []byte) []byte {
	i := bytes.IndexAny(data, "\t\n\f\r ")
	if i < 0 {
		return data
	}
	kept := data[:i]
	for _, c := range data[i:] {
		switch c {
		case '\t', '\n', '\f', '\r', ' ':
		default:
			kept = append(kept, c)
		}
	}
	return kept
}
