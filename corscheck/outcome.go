package corscheck

import "strconv"

// An Outcome is the result of a check. The zero value is [Allowed].
//
// Where a response has several faults, the Outcome is the first one in the
// order of the standard's steps.
//
// See https://fetch.spec.whatwg.org/#concept-cors-check and
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
type Outcome uint8

const (
	// Allowed means that the check succeeded.
	Allowed Outcome = iota

	// MissingAllowOrigin means that there is no Access-Control-Allow-Origin. An
	// empty one is an [OriginMismatch].
	MissingAllowOrigin

	// MultipleAllowOrigin means that there is more than one
	// Access-Control-Allow-Origin, or one that names several origins separated
	// by commas. Neither ever matches, even if all of them are the right one. A
	// list separated by spaces is an [OriginMismatch].
	MultipleAllowOrigin

	// WildcardWithCredentials means that Access-Control-Allow-Origin is *, which
	// is an origin like any other if the credentials mode is "include".
	WildcardWithCredentials

	// OriginMismatch means that Access-Control-Allow-Origin is not the serialized
	// request origin, byte for byte.
	OriginMismatch

	// CredentialsNotAllowed means that the origin matches, but
	// Access-Control-Allow-Credentials is not exactly "true".
	CredentialsNotAllowed

	// PreflightStatus means that the status of the preflight response is outside
	// 200 to 299. A redirect is the usual case.
	PreflightStatus

	// PreflightMalformed means that Access-Control-Allow-Methods or
	// Access-Control-Allow-Headers is not a list of tokens.
	PreflightMalformed

	// MethodNotAllowed means that the preflight response does not grant the
	// method.
	MethodNotAllowed

	// HeaderNotAllowed means that the preflight response does not grant a header
	// name.
	HeaderNotAllowed

	// AuthorizationNotListed means that the preflight response grants * where
	// Authorization has to be named.
	AuthorizationNotListed
)

// OK reports whether o is [Allowed].
func (o Outcome) OK() bool { return o == Allowed }

// String returns a stable, lowercase, hyphenated code such as
// "missing-allow-origin".
func (o Outcome) String() string {
	switch o {
	case Allowed:
		return "allowed"
	case MissingAllowOrigin:
		return "missing-allow-origin"
	case MultipleAllowOrigin:
		return "multiple-allow-origin"
	case WildcardWithCredentials:
		return "wildcard-with-credentials"
	case OriginMismatch:
		return "origin-mismatch"
	case CredentialsNotAllowed:
		return "credentials-not-allowed"
	case PreflightStatus:
		return "preflight-status"
	case PreflightMalformed:
		return "preflight-malformed"
	case MethodNotAllowed:
		return "method-not-allowed"
	case HeaderNotAllowed:
		return "header-not-allowed"
	case AuthorizationNotListed:
		return "authorization-not-listed"
	}
	return "outcome-" + strconv.Itoa(int(o))
}
