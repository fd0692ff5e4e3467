package fetch

import "github.com/corsengine/corsengine/internal/asciix"

// NormalizeMethod uppercases the six methods that fetch() normalizes: DELETE,
// GET, HEAD, OPTIONS, POST and PUT. Any other is returned as it is, "patch"
// included. [Client.Fetch] does it to the method of its request.
//
// See https://fetch.spec.whatwg.org/#concept-method-normalize.
func NormalizeMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT":
		return method
	}
	for _, m := range [...]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"} {
		if asciix.EqualFold(method, m) {
			return m
		}
	}
	return method
}

// ForbiddenMethod reports whether method is CONNECT, TRACE or TRACK, in any
// letter case.
//
// See https://fetch.spec.whatwg.org/#forbidden-method.
func ForbiddenMethod(method string) bool {
	return asciix.EqualFold(method, "CONNECT") ||
		asciix.EqualFold(method, "TRACE") ||
		asciix.EqualFold(method, "TRACK")
}
