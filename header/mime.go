package header

import (
	"net/http"
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// A MIME is a MIME type record. Those from [ParseMIME] and [ExtractMIME] have
// Type, Subtype and the names of Params in lowercase, and share memory with
// what they were parsed from. The zero value is no MIME type.
//
// See https://mimesniff.spec.whatwg.org/#mime-type.
type MIME struct {
	Type, Subtype string
	Params        []Param // in order, first duplicate wins
}

// A Param is one parameter of a [MIME]. Its Value is a byte string without the
// quotes and escapes around it.
type Param struct{ Name, Value string }

// Essence returns type/subtype.
//
// See https://mimesniff.spec.whatwg.org/#mime-type-essence.
func (m MIME) Essence() string { return m.Type + "/" + m.Subtype }

// JavaScript reports whether m is a JavaScript MIME type. It does not allocate.
//
// See https://mimesniff.spec.whatwg.org/#javascript-mime-type.
func (m MIME) JavaScript() bool { return isJavaScript(m.Type, m.Subtype) }

// isJavaScript reports whether typ and subtype, in any letter case, make a
// JavaScript MIME type.
func isJavaScript(typ, subtype string) bool {
	var t, s [64]byte
	switch string(asciix.LowerInto(&t, typ)) {
	case "application":
		switch string(asciix.LowerInto(&s, subtype)) {
		case "ecmascript", "javascript", "x-ecmascript", "x-javascript":
			return true
		}
	case "text":
		switch string(asciix.LowerInto(&s, subtype)) {
		case "ecmascript", "javascript", "jscript", "livescript",
			"javascript1.0", "javascript1.1", "javascript1.2",
			"javascript1.3", "javascript1.4", "javascript1.5",
			"x-ecmascript", "x-javascript":
			return true
		}
	}
	return false
}

// ParseMIME parses s, a byte string, as mimesniff does; it accepts what
// [mime.ParseMediaType] rejects (duplicate or malformed parameters) and ignores
// the bad ones. It returns the zero MIME and false if s has no valid type and
// subtype. The time it takes is linear in the length of s.
//
// See https://mimesniff.spec.whatwg.org/#parse-a-mime-type-from-bytes.
func ParseMIME(s string) (MIME, bool) {
	typ, subtype, rest, ok := cutMIME(s)
	if !ok {
		return MIME{}, false
	}
	m := MIME{Type: asciix.Lower(typ), Subtype: asciix.Lower(subtype)}
	var seen map[string]bool // names of m.Params, once they are many
	for rest != "" {
		var p Param
		if p, rest, ok = nextParam(rest[1:]); !ok || seen[p.Name] {
			continue
		}
		if seen == nil && m.hasParam(p.Name) {
			continue
		}
		m.Params = append(m.Params, p)
		// Looking through the parameters for each one costs nothing while they
		// are few, and is quadratic when someone sends a hundred thousand.
		switch {
		case seen != nil:
			seen[p.Name] = true
		case len(m.Params) == 16:
			seen = make(map[string]bool)
			for _, p := range m.Params {
				seen[p.Name] = true
			}
		}
	}
	return m, true
}

// cutMIME cuts s, after trimming, into the type, the subtype and the parameters
// with the semicolon before each. Letter case is kept. ok is false if
// s is no MIME type.
func cutMIME(s string) (typ, subtype, params string, ok bool) {
	typ, rest, found := strings.Cut(Normalize(s), "/")
	if !found || !asciix.IsToken(typ) {
		return "", "", "", false
	}
	subtype, params = cutBefore(rest, ";")
	subtype = strings.TrimRight(subtype, httpWhitespace)
	if !asciix.IsToken(subtype) {
		return "", "", "", false
	}
	return typ, subtype, params, true
}

// nextParam scans a parameter and everything up to the next semicolon, with
// which rest then begins. ok is false if there is none that may be set.
func nextParam(s string) (p Param, rest string, ok bool) {
	name, rest := cutBefore(strings.TrimLeft(s, httpWhitespace), ";=")
	if rest == "" || rest[0] == ';' {
		return Param{}, rest, false
	}
	var value string
	if value = rest[1:]; strings.HasPrefix(value, `"`) {
		value, rest = cutQuoted(value)
		_, rest = cutBefore(rest, ";")
	} else {
		value, rest = cutBefore(value, ";")
		value = strings.TrimRight(value, httpWhitespace)
		if value == "" {
			return Param{}, rest, false
		}
	}
	if !asciix.IsToken(name) || !isQuotedStringText(value) {
		return Param{}, rest, false
	}
	return Param{asciix.Lower(name), value}, rest, true
}

// cutBefore cuts s before the first of its bytes that is in chars.
func cutBefore(s, chars string) (before, rest string) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// cutQuoted cuts an HTTP quoted string off the start of s and returns its value.
//
// Precondition: s starts with a quotation mark.
//
// See https://fetch.spec.whatwg.org/#collect-an-http-quoted-string.
func cutQuoted(s string) (value, rest string) {
	s = s[1:]
	end := strings.IndexAny(s, `"\`)
	if end < 0 {
		return s, ""
	}
	if s[end] == '"' {
		return s[:end], s[end+1:]
	}
	b := []byte(s[:end]) // no more: what follows the string can be long
	for i := end; i < len(s); i++ {
		switch s[i] {
		case '"':
			return string(b), s[i+1:]
		case '\\':
			if i+1 < len(s) {
				i++ // otherwise it stands for itself
			}
		}
		b = append(b, s[i])
	}
	return string(b), ""
}

// isQuotedStringText reports whether s consists of HTTP quoted-string token
// code points. Bytes from 0x80 are among them.
//
// See https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point.
func isQuotedStringText(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// hasParam reports whether m has a parameter called name.
func (m MIME) hasParam(name string) bool {
	_, ok := m.param(name)
	return ok
}

// param returns the value of the parameter called name.
func (m MIME) param(name string) (value string, ok bool) {
	for _, p := range m.Params {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// ExtractMIME extracts a MIME type from the Content-Type field lines of h: the
// last one that parses and is not */*, with the charset of an earlier one of
// the same essence unless it has its own. It returns the zero MIME and false if
// there is none.
//
// See https://fetch.spec.whatwg.org/#concept-header-extract-mime-type.
func ExtractMIME(h http.Header) (MIME, bool) {
	var (
		last       MIME
		found      bool
		charset    string
		hasCharset bool
	)
	rest, more := Get(h, "Content-Type")
	for more {
		var value string
		value, rest, more = asciix.NextValue(rest)
		m, ok := ParseMIME(value)
		if !ok || m.Type == "*" && m.Subtype == "*" {
			continue
		}
		switch own, hasOwn := m.param("charset"); {
		case !found || m.Type != last.Type || m.Subtype != last.Subtype:
			charset, hasCharset = own, hasOwn
		case hasCharset && !hasOwn:
			m.Params = append(m.Params, Param{"charset", charset})
		}
		last, found = m, true
	}
	return last, found
}
