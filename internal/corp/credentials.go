package corp

import "github.com/corsengine/corsengine/internal/site"

// AllowsCredentials reports whether a page with the embedder policy p may send
// credentials to a URL whose origin is current, in a request with this mode, of
// this origin, and with this redirect-taint. Only [Credentialless] ever forbids
// it. It does not allocate.
//
// Deviation: the text at the commit followed wants the redirect-taint to be
// other than "same-origin". That would take the cookies from every request of a
// credentialless page to its own origin, and send them with exactly those that
// another origin redirected there. It is a slip from when the redirect-taint got
// its third value: before, and in web-platform-tests, the request must not be
// tainted. It is known as https://github.com/whatwg/fetch/issues/1958.
//
// See https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials.
func AllowsCredentials(p EmbedderPolicy, mode string, taint site.Taint, origin, current string) bool {
	return mode != "no-cors" || p != Credentialless ||
		taint == site.SameOrigin && site.EqualOrigins(origin, current)
}
