package header

import (
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// httpWhitespace are the HTTP whitespace bytes. It is not ASCII whitespace: FF
// is missing.
const httpWhitespace = "\t\n\r "

// ValidName reports whether name is a header name, that is, an HTTP token. It
// does not allocate.
//
// See https://fetch.spec.whatwg.org/#header-name.
func ValidName(name string) bool { return asciix.IsToken(name) }

// ValidValue reports whether value is a header value: without NUL, CR and LF,
// and without a tab or space at either end. It does not allocate.
//
// This is wider than the field-value of HTTP, which excludes most control
// characters; the standard refuses only what would change the message.
//
// See https://fetch.spec.whatwg.org/#header-value.
func ValidValue(value string) bool {
	for i := 0; i < len(value); i++ {
		// Few values have bytes up to CR, so that one comparison does for the rest.
		if c := value[i]; c <= '\r' && (c == 0 || c == '\n' || c == '\r') {
			return false
		}
	}
	return len(asciix.Trim(value)) == len(value)
}

// Normalize strips leading and trailing HTTP whitespace bytes (tab, LF, CR and
// space) from value. Apply it to values that an author gives before
// [ValidValue]. It does not allocate: the result shares memory with value.
//
// See https://fetch.spec.whatwg.org/#concept-header-value-normalize.
func Normalize(value string) string {
	if n := len(value); n > 0 && value[0] > ' ' && value[n-1] > ' ' {
		return value // as is usual
	}
	return strings.Trim(value, httpWhitespace)
}
