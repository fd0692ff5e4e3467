package decode

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
)

// MaxCodings is the number of codings, not counting identity, that [Reader]
// undoes on one body. Nobody uses more than two; each costs tens of kilobytes of
// memory, and a header has room for a million.
const MaxCodings = 5

// A Decoder returns a reader of what r decodes to, for one content coding. It
// need not read ahead of what is asked for, and neither it nor the result may
// use r after the result is closed. Decoders must be safe for concurrent use.
type Decoder = func(r io.Reader) (io.ReadCloser, error)

// Codings returns the content codings of h in lowercase, in the order in which
// they were applied, with duplicates. There are none if Content-Encoding is
// absent or empty. If it is malformed, ok is false, and the body has to be left
// as it is.
//
// See https://fetch.spec.whatwg.org/#extract-header-list-values.
func Codings(h http.Header) (codings []string, ok bool) {
	codings, err := header.Values(nil, h, "Content-Encoding")
	for i, coding := range codings {
		codings[i] = asciix.Lower(coding)
	}
	return codings, err == nil
}

// Supported reports whether [Reader] can undo all of codings: gzip, x-gzip,
// deflate, identity, and the keys of extra. It does not allocate.
//
// Precondition: codings are in lowercase, as Codings returns them.
func Supported(codings []string, extra map[string]Decoder) bool {
	for _, coding := range codings {
		if kindOf(coding, extra) == unsupported {
			return false
		}
	}
	return true
}

// AcceptEncoding returns the value of Accept-Encoding: gzip, deflate, and the
// other keys of extra in alphabetical order. It allocates nothing if there are
// no others. A request with a Range header must say "identity" instead, or it
// would get a part of an encoded response.
//
// Precondition: CheckDecoders(extra) is nil.
func AcceptEncoding(extra map[string]Decoder) string {
	const builtin = "gzip, deflate"
	if len(extra) == 0 {
		return builtin
	}
	offers := []string{builtin}
	for _, coding := range slices.Sorted(maps.Keys(extra)) {
		switch coding {
		case "gzip", "x-gzip", "deflate":
		default:
			offers = append(offers, coding)
		}
	}
	return strings.Join(offers, ", ")
}

// CheckDecoders returns an error if extra has a key that is no token in
// lowercase, one that means something else in Accept-Encoding ("identity" and
// "*"), or a nil decoder. A decoder for gzip or deflate is fine, and replaces the
// one built in.
func CheckDecoders(extra map[string]Decoder) error {
	for _, coding := range slices.Sorted(maps.Keys(extra)) {
		switch {
		case coding == "identity", coding == "*", !asciix.IsToken(coding), coding != asciix.Lower(coding):
			return fmt.Errorf("decode: %q is no content coding in lowercase", coding)
		case extra[coding] == nil:
			return fmt.Errorf("decode: the decoder for %s is nil", coding)
		}
	}
	return nil
}

// A kind says who undoes a coding.
type kind byte

const (
	unsupported kind = iota
	identity
	gzipped
	deflated
	user // a decoder of the user
)

// kindOf returns who undoes coding, which is in lowercase.
func kindOf(coding string, extra map[string]Decoder) kind {
	if decoderOf(coding, extra) != nil {
		return user
	}
	switch coding {
	case "gzip", "x-gzip":
		return gzipped
	case "deflate":
		return deflated
	case "identity":
		return identity
	}
	return unsupported
}

// decoderOf returns the user's decoder for coding, or nil. That for gzip is for
// x-gzip too, which is another name for it.
//
// See https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3.
func decoderOf(coding string, extra map[string]Decoder) Decoder {
	if d := extra[coding]; d != nil || coding != "x-gzip" {
		return d
	}
	return extra["gzip"]
}
