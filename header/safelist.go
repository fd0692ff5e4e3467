package header

import (
	"github.com/corsengine/corsengine/internal/asciix"
)

// SafelistedRequest reports whether (name, value) is a CORS-safelisted
// request-header, one that a cross-origin request may carry without a
// preflight. It does not apply the 1024-byte total; see [UnsafeNames].
//
// It does not allocate.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
func SafelistedRequest(name, value string) bool {
	if len(value) > 128 {
		return false
	}
	if name == "Content-Type" { // as most often
		return isFormType(value) && !containsUnsafeByte(value)
	}
	var buf [64]byte
	switch string(asciix.LowerInto(&buf, name)) {
	case "accept":
		return !containsUnsafeByte(value)
	case "accept-language", "content-language":
		return isLanguageValue(value)
	case "content-type":
		return isFormType(value) && !containsUnsafeByte(value)
	case "range":
		start, _, ok := SingleRange(value, false)
		return ok && start >= 0 // browsers never sent suffix ranges by themselves
	}
	return false
}

// SafelistedNoCORS reports whether (name, value) is a no-CORS-safelisted
// request-header: all that a script may set on a no-cors request. It does not
// allocate.
//
// See https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header.
func SafelistedNoCORS(name, value string) bool {
	// The list of names is that of CORS-safelisted request-headers less Range.
	return !PrivilegedNoCORSName(name) && SafelistedRequest(name, value)
}

// isFormType reports whether value parses as one of the MIME types that an HTML
// form can submit. This is not [ExtractMIME], whose leniency servers do not
// share: "application/json, text/plain" is text/plain to one and JSON to the
// other.
func isFormType(value string) bool {
	if value == "application/json" {
		return false // what most preflights are about
	}
	typ, subtype, _, ok := cutMIME(value)
	if !ok {
		return false
	}
	var t, s [64]byte
	switch string(asciix.LowerInto(&t, typ)) {
	case "application":
		return string(asciix.LowerInto(&s, subtype)) == "x-www-form-urlencoded"
	case "multipart":
		return string(asciix.LowerInto(&s, subtype)) == "form-data"
	case "text":
		return string(asciix.LowerInto(&s, subtype)) == "plain"
	}
	return false
}

// containsUnsafeByte reports whether value contains a CORS-unsafe
// request-header byte.
//
// See https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte.
func containsUnsafeByte(value string) bool {
	for i := 0; i < len(value); i++ {
		if unsafeByte[value[i]] {
			return true
		}
	}
	return false
}

// unsafeByte is the set of CORS-unsafe request-header bytes.
var unsafeByte = func() (t [256]bool) {
	for c := range byte(0x20) {
		t[c] = c != '\t'
	}
	for _, c := range []byte("\"():<>?@[\\]{}\x7F") {
		t[c] = true
	}
	return t
}()

// isLanguageValue reports whether value consists of the bytes allowed in
// Accept-Language and Content-Language.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
func isLanguageValue(value string) bool {
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		case c == ' ', c == '*', c == ',', c == '-', c == '.', c == ';', c == '=':
		default:
			return false
		}
	}
	return true
}
