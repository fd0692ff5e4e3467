package weburl

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/corsengine/corsengine/internal/asciix"
)

// An Error says that an input is no URL, or no host.
type Error struct {
	// Input is the input without its userinfo, cut to at most 200 bytes.
	Input string
	// Reason is the standard's name of the validation error that made the
	// parser fail, such as "port-out-of-range"; "domain-to-ASCII" covers all
	// failures of the domain parser. [FromNet] has two reasons of its own:
	// "nil-url" and "opaque-host-mismatch".
	//
	// See https://url.spec.whatwg.org/#validation-error.
	Reason string
}

// Error returns a text with input and reason, and without any userinfo.
func (e *Error) Error() string {
	return "weburl: " + strconv.Quote(e.Input) + ": " + e.Reason
}

// A failure is the Reason of an Error, or "" if there is no failure.
type failure string

const (
	domainToASCII     failure = "domain-to-ASCII"
	hostInvalid       failure = "host-invalid-code-point"
	hostMissing       failure = "host-missing"
	missingScheme     failure = "missing-scheme-non-relative-URL"
	portInvalid       failure = "port-invalid"
	portOutOfRange    failure = "port-out-of-range"
	ipv4TooManyParts  failure = "IPv4-too-many-parts"
	ipv4NonNumeric    failure = "IPv4-non-numeric-part"
	ipv4OutOfRange    failure = "IPv4-out-of-range-part"
	ipv6Unclosed      failure = "IPv6-unclosed"
	ipv6Compression   failure = "IPv6-invalid-compression"
	ipv6TooMany       failure = "IPv6-too-many-pieces"
	ipv6TwoCompressed failure = "IPv6-multiple-compression"
	ipv6Invalid       failure = "IPv6-invalid-code-point"
	ipv6TooFew        failure = "IPv6-too-few-pieces"
	v4in6TooMany      failure = "IPv4-in-IPv6-too-many-pieces"
	v4in6Invalid      failure = "IPv4-in-IPv6-invalid-code-point"
	v4in6OutOfRange   failure = "IPv4-in-IPv6-out-of-range-part"
	v4in6TooFew       failure = "IPv4-in-IPv6-too-few-parts"
	nilURL            failure = "nil-url"
	opaqueMismatch    failure = "opaque-host-mismatch"
)

func newError(input string, f failure) *Error {
	const limit = 200
	input, _, _ = strings.Cut(withoutUserinfo(input), "#")
	if len(input) > limit {
		n := limit
		for n > 0 && !utf8.RuneStart(input[n]) {
			n--
		}
		input = input[:n]
	}
	return &Error{strings.Clone(input), string(f)}
}

// withoutUserinfo returns the input of a failed parse without what may be
// userinfo. The input being no URL, nobody knows where its userinfo ends: a
// password with a "/" in it is what makes "http://user:1/2@host" fail. So
// everything goes up to the last "@", wherever that is.
func withoutUserinfo(input string) string {
	at := strings.LastIndexByte(input, '@')
	if at < 0 {
		return input
	}
	start := 0
	if n := schemeLen(input); n > 0 {
		// Else it is a username: a host with userinfo looks like "user:password@host".
		if _, special := defaultPort(asciix.Lower(input[:n])); special || input[n+1] == '/' {
			start = n + 1
		}
	}
	for start < at && (input[start] == '/' || input[start] == '\\') {
		start++
	}
	return input[:start] + "..." + input[at:]
}
