// Package sri verifies Subresource Integrity: that a response is the one whose
// digest the page's author wrote down.
//
// Which responses may be verified is up to the caller: not an opaque one, whose
// content a page could otherwise probe, nor one without body.
//
// See https://w3c.github.io/webappsec-subresource-integrity/.
package sri

import (
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// Metadata is parsed integrity metadata, reduced to its strongest algorithm. The
// zero value is empty. Metadata is immutable and safe for concurrent use.
type Metadata struct {
	alg    algorithm
	values []string // as written, in order
}

// Parse returns the strongest metadata of s, which is what an integrity attribute
// holds: hash expressions such as "sha384-H8BR…", separated by whitespace.
// Options, behind a "?", are ignored, and so are expressions of unknown
// algorithms, which leaves the result empty if there are no others.
//
// A known algorithm with a digest that is malformed, or missing, is not ignored:
// no bytes match it. It can make the result stronger, too.
//
// The result shares memory with s.
//
// Deviation: the text splits at U+0020 only, although its grammar allows tabs, and
// so ignores the first digest of a line, and with it perhaps all there are: the
// check would silently not happen. Here, as in browsers, any ASCII whitespace
// splits.
//
// Deviation: the text ends a digest at its first "-", although its grammar allows
// the alphabet of base64url, which has that. Here a digest goes up to the options;
// [Verifier.Match] says which forms match.
//
// See https://w3c.github.io/webappsec-subresource-integrity/#parse-metadata-section and
// https://w3c.github.io/webappsec-subresource-integrity/#get-the-strongest-metadata.
func Parse(s string) Metadata {
	var m Metadata
	for item, rest := next(s); item != ""; item, rest = next(rest) {
		expression, _, _ := strings.Cut(item, "?")
		token, value, _ := strings.Cut(expression, "-")
		alg := parseAlgorithm(token)
		if alg == none || alg < m.alg {
			continue
		}
		if alg > m.alg {
			m = Metadata{alg: alg}
		}
		m.values = append(m.values, value)
	}
	return m
}

// Empty reports whether m has no digests: whether there is nothing to verify.
func (m Metadata) Empty() bool { return m.alg == none }

// String returns the digests that m accepts as Parse reads them, for error
// messages. A digest is as it was written.
func (m Metadata) String() string {
	var b strings.Builder
	for i, value := range m.values {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(m.alg.String())
		b.WriteByte('-')
		b.WriteString(value)
	}
	return b.String()
}

// next returns the first of the items of s, which ASCII whitespace separates, and
// what follows it. The item is "" if there are no more.
//
// See https://infra.spec.whatwg.org/#split-on-ascii-whitespace.
func next(s string) (item, rest string) {
	const whitespace = "\t\n\f\r "
	s = strings.TrimLeft(s, whitespace)
	if i := strings.IndexAny(s, whitespace); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// An algorithm is one of the valid SRI hash algorithm tokens. They are in order
// of strength.
type algorithm uint8

const (
	none algorithm = iota
	sha256
	sha384
	sha512
)

var tokens = [...]string{sha256: "sha256", sha384: "sha384", sha512: "sha512"}

func (a algorithm) String() string { return tokens[a] }

// parseAlgorithm returns the algorithm that token stands for, in any letter case,
// or none.
//
// See https://w3c.github.io/webappsec-subresource-integrity/#valid-sri-hash-algorithm-token.
func parseAlgorithm(token string) algorithm {
	for a := sha256; a <= sha512; a++ {
		if asciix.EqualFold(token, tokens[a]) {
			return a
		}
	}
	return none
}
