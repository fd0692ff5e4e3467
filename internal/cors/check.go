package cors

import "strings"

// An Outcome is the result of a CORS check. The values are those of the first
// outcomes of package corscheck.
type Outcome uint8

const (
	Allowed Outcome = iota
	MissingAllowOrigin
	MultipleAllowOrigin
	WildcardWithCredentials
	OriginMismatch
	CredentialsNotAllowed
)

// Check performs a CORS check on the fields Access-Control-Allow-Origin and
// Access-Control-Allow-Credentials of a response, for a request whose
// byte-serialized origin is origin and whose credentials mode is "include" iff
// credentials. It looks at the second field only in this case, and does not
// allocate.
//
// See https://fetch.spec.whatwg.org/#concept-cors-check.
func Check(origin string, credentials bool, allowOrigin, allowCredentials Field) Outcome {
	value, n := allowOrigin.Sole()
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
	if value, n = allowCredentials.Sole(); n != 1 || value != "true" {
		return CredentialsNotAllowed
	}
	return Allowed
}
