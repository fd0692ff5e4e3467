package header

import (
	"errors"
	"math"
	"net/http"
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// ErrMalformed reports that a header is present but does not match its ABNF:
// the "failure" of the standard's "extract header list values". It is returned
// as it is, never wrapped.
var ErrMalformed = errors.New("header: malformed list value")

// Get returns the values of name in h combined with ", ", and whether name is
// present at all. Unlike [http.Header.Get] it never hides a second field line,
// nor a key that is not canonical; see the package documentation.
//
// It does not allocate unless there are several values.
//
// See https://fetch.spec.whatwg.org/#concept-header-list-get.
func Get(h http.Header, name string) (value string, ok bool) {
	lines := asciix.Lines(h, name)
	return strings.Join(lines, ", "), len(lines) > 0
}

// Split appends to dst the result of getting, decoding and splitting name in h,
// and returns the extended slice. It returns dst unchanged if name is absent.
//
// Commas inside quoted strings do not split, quotes are kept, and a quoted
// string that is not closed goes on in the next field line. A value may be
// empty; a header that is present has at least one. The values are byte
// strings, since isomorphic decoding has no counterpart in Go.
//
// See https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split.
func Split(dst []string, h http.Header, name string) []string {
	rest, more := Get(h, name)
	for more {
		var value string
		value, rest, more = asciix.NextValue(rest)
		dst = append(dst, value)
	}
	return dst
}

// Values appends to dst the header list values extracted for name, whose
// grammar must be a list of tokens (#token), such as
// Access-Control-Allow-Methods, and returns the extended slice. Empty list
// elements are skipped, as RFC 9110 asks of recipients.
//
// It returns (nil, nil) when name is absent and (nil, [ErrMalformed]) when any
// field line fails to parse; the two must not be confused: a preflight with a
// malformed list fails, one without the header may succeed. If name is present
// and its list is empty, the result is not nil. When the result is nil, the
// values that dst held are still in dst.
//
// It does not allocate if dst has room.
//
// See https://fetch.spec.whatwg.org/#extract-header-list-values.
func Values(dst []string, h http.Header, name string) ([]string, error) {
	lines := asciix.Lines(h, name)
	if len(lines) == 0 {
		return nil, nil
	}
	if dst == nil {
		dst = []string{} // what is present must not look absent
	}
	for _, rest := range lines {
		for rest != "" {
			token, r, ok := asciix.NextToken(rest)
			if !ok {
				return nil, ErrMalformed
			}
			if token != "" {
				dst = append(dst, token)
			}
			rest = r
		}
	}
	return dst, nil
}

// DeltaSeconds extracts a single non-negative integer from the header called
// name, as in Access-Control-Max-Age. A number above [math.MaxInt64] counts as
// math.MaxInt64: RFC 9111 lets recipients of an overflowing number use the
// greatest that they can represent.
//
// If name is absent, has more than one field line, or is anything but ASCII
// digits, DeltaSeconds returns (0, false); no use of the grammar in the
// standard tells these cases apart. It does not allocate.
//
// See https://fetch.spec.whatwg.org/#extract-header-list-values and
// https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2.
func DeltaSeconds(h http.Header, name string) (n int64, ok bool) {
	lines := asciix.Lines(h, name)
	if len(lines) != 1 || lines[0] == "" || countDigits(lines[0]) != len(lines[0]) {
		return 0, false
	}
	return clampDecimal(lines[0]), true
}

// countDigits returns the number of ASCII digits that s starts with.
func countDigits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// clampDecimal returns the number that digits stands for, or math.MaxInt64 if
// it is greater.
//
// Precondition: digits are ASCII digits.
func clampDecimal(digits string) int64 {
	var n int64
	for i := 0; i < len(digits); i++ {
		d := int64(digits[i] - '0')
		if n > (math.MaxInt64-d)/10 {
			return math.MaxInt64
		}
		n = n*10 + d
	}
	return n
}
