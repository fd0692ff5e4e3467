package header

import (
	"net/http"

	"github.com/corsengine/corsengine/internal/asciix"
)

// Nosniff reports whether X-Content-Type-Options asks for nosniff: whether the
// first of its values is "nosniff" in any letter case. It does not allocate.
//
// See https://fetch.spec.whatwg.org/#determine-nosniff.
func Nosniff(h http.Header) bool {
	lines := asciix.Lines(h, "X-Content-Type-Options")
	if len(lines) == 0 {
		return false
	}
	// The first value can go on in the second line, but only within quotes, and
	// then it is not nosniff.
	value, _, _ := asciix.NextValue(lines[0])
	return asciix.EqualFold(value, "nosniff")
}

// Blocked reports whether a response to a request for destination is blocked
// because of its MIME type or because of nosniff. Only destinations that are
// script-like and "style" ever are; destination is one of the standard's
// lowercase strings.
//
// It does not allocate unless there are several Content-Type field lines.
//
// See https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?
// and https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?.
func Blocked(h http.Header, destination string) bool {
	switch destination {
	case "audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker":
		typ, subtype, ok := extractEssence(h)
		if ok && neverScript(typ, subtype) {
			return true
		}
		return !isJavaScript(typ, subtype) && Nosniff(h)
	case "style":
		typ, subtype, _ := extractEssence(h)
		css := asciix.EqualFold(typ, "text") && asciix.EqualFold(subtype, "css")
		return !css && Nosniff(h)
	}
	return false
}

// neverScript reports whether a script of this MIME type is blocked even
// without nosniff.
func neverScript(typ, subtype string) bool {
	switch {
	case asciix.EqualFold(typ, "audio"), asciix.EqualFold(typ, "image"), asciix.EqualFold(typ, "video"):
		return true
	}
	return asciix.EqualFold(typ, "text") && asciix.EqualFold(subtype, "csv")
}

// extractEssence is [ExtractMIME] without the parameters, which have no
// influence on which value is extracted, and without lowering.
func extractEssence(h http.Header) (typ, subtype string, ok bool) {
	rest, more := Get(h, "Content-Type")
	for more {
		var value string
		value, rest, more = asciix.NextValue(rest)
		if t, s, _, valid := cutMIME(value); valid && !(t == "*" && s == "*") {
			typ, subtype, ok = t, s, true
		}
	}
	return typ, subtype, ok
}
