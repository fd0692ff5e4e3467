package corscheck

import (
	"net/http"
	"strings"
)

// Check performs a CORS check on the response headers h for a request whose
// byte-serialized origin is origin ("null" included) and whose credentials mode
// is "include" iff credentials. It does not look at the status: redirects and
// errors are checked like any response.
//
// An empty origin, which is none, matches nothing but the wildcard. Check does
// not allocate.
//
// See https://fetch.spec.whatwg.org/#concept-cors-check.
func Check(origin string, credentials bool, h http.Header) Outcome {
	f := lookup(h, allowOrigin)
	value, n := f.sole()
	switch {
	case n == 0:
		return MissingAllowOrigin
	case n > 1:
		return MultipleAllowOrigin
	case value == "*" && !credentials:
		return Allowed
	case value == "*":
		return WildcardWithCredentials
	case value == "":
		return OriginMismatch
	case value != origin:
		// The comparison comes first, because a host may contain a comma.
		if strings.IndexByte(value, ',') >= 0 {
			return MultipleAllowOrigin
		}
		return OriginMismatch
	case !credentials:
		return Allowed
	}
	f = lookup(h, allowCredentials)
	if value, n = f.sole(); n != 1 || value != "true" {
		return CredentialsNotAllowed
	}
	return Allowed
}
