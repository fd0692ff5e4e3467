package fetch

import "github.com/corsengine/corsengine/corscheck"

// A Reason says why a fetch failed. Reasons are errors, so that
//
//	errors.Is(err, fetch.ReasonMissingAllowOrigin)
//
// works on any error that wraps a [NetworkError], such as the [url.Error] of an
// [http.Client]. New ones may be added.
type Reason string

const (
	// ReasonTransport means that there is no response: the network, TLS or
	// HTTP failed, or a data: URL is malformed. NetworkError.Err says how.
	ReasonTransport Reason = "transport"

	// ReasonAborted means that the request's context ended.
	ReasonAborted Reason = "aborted"

	// ReasonInvalidRequest means that a browser would throw a TypeError before
	// fetching anything.
	ReasonInvalidRequest Reason = "invalid-request"

	// ReasonNoEnvironment means that the fetch is on behalf of no origin, which
	// only navigations may be.
	ReasonNoEnvironment Reason = "no-environment"

	// ReasonBadPort means that the URL's port belongs to another protocol.
	ReasonBadPort Reason = "bad-port"

	// ReasonCheckRequest means that Client.CheckRequest refused the request;
	// NetworkError.Err is what it returned.
	ReasonCheckRequest Reason = "check-request"

	// ReasonSameOriginMode means that a URL is of another origin although the
	// mode is same-origin.
	ReasonSameOriginMode Reason = "same-origin-mode"

	// ReasonNoCORSRedirectMode means that the mode is no-cors, the URL of
	// another origin, and the redirect mode not follow.
	ReasonNoCORSRedirectMode Reason = "no-cors-redirect-mode"

	// ReasonNotHTTP means that a URL has a scheme that cannot be fetched, or
	// not in this mode, or not by following a redirect.
	ReasonNotHTTP Reason = "not-http"

	// ReasonMissingAllowOrigin means that there is no
	// Access-Control-Allow-Origin.
	ReasonMissingAllowOrigin Reason = "missing-allow-origin"

	// ReasonMultipleAllowOrigin means that there is more than one
	// Access-Control-Allow-Origin, or one with several values.
	ReasonMultipleAllowOrigin Reason = "multiple-allow-origin"

	// ReasonWildcardCredentials means that Access-Control-Allow-Origin is * and
	// the credentials mode include.
	ReasonWildcardCredentials Reason = "wildcard-with-credentials"

	// ReasonOriginMismatch means that Access-Control-Allow-Origin is something
	// else than the request's origin.
	ReasonOriginMismatch Reason = "origin-mismatch"

	// ReasonCredentials means that the credentials mode is include and
	// Access-Control-Allow-Credentials not "true".
	ReasonCredentials Reason = "credentials-not-allowed"

	// ReasonPreflightStatus means that a preflight's status is not 200 to 299.
	ReasonPreflightStatus Reason = "preflight-status"

	// ReasonPreflightMalformed means that Access-Control-Allow-Methods or
	// Access-Control-Allow-Headers is no list of tokens.
	ReasonPreflightMalformed Reason = "preflight-malformed"

	// ReasonMethodNotAllowed means that the preflight does not grant the method.
	ReasonMethodNotAllowed Reason = "method-not-allowed"

	// ReasonHeaderNotAllowed means that the preflight does not grant a header.
	ReasonHeaderNotAllowed Reason = "header-not-allowed"

	// ReasonAuthorization means that the preflight grants Authorization by * if
	// at all, which has to be listed by name.
	ReasonAuthorization Reason = "authorization-not-listed"

	// ReasonRedirectMode means that there is a redirect and the redirect mode is
	// error.
	ReasonRedirectMode Reason = "redirect-mode-error"

	// ReasonRedirectLocation means that a redirect's Location is no URL, or that
	// there are several.
	ReasonRedirectLocation Reason = "redirect-location"

	// ReasonRedirectCount means that there are more than 20 redirects.
	ReasonRedirectCount Reason = "redirect-count"

	// ReasonRedirectCredentials means that a redirect leads to a URL with
	// userinfo and CORS is involved.
	ReasonRedirectCredentials Reason = "redirect-with-credentials"

	// ReasonRedirectBody means that a redirect asks for the body once more and
	// [http.Request.GetBody] is nil or fails.
	ReasonRedirectBody Reason = "redirect-body-not-replayable"

	// ReasonCORP means that Cross-Origin-Resource-Policy keeps the response from
	// the page.
	ReasonCORP Reason = "cross-origin-resource-policy"

	// ReasonNosniff means that X-Content-Type-Options is nosniff and the MIME
	// type not fit for the destination.
	ReasonNosniff Reason = "nosniff"

	// ReasonMIMEType means that the MIME type cannot be that of a script.
	ReasonMIMEType Reason = "mime-type"

	// ReasonRangeNotRequested means that an opaque response is a part of a
	// resource although the whole was requested.
	ReasonRangeNotRequested Reason = "range-not-requested"

	// ReasonNotCached means that the cache mode is only-if-cached and Base has
	// answered with 504: it has no stored response.
	ReasonNotCached Reason = "not-cached"

	// ReasonKeepalive means that the environment has more than 64 KiB of bodies
	// of keepalive requests in flight.
	ReasonKeepalive Reason = "keepalive-limit"

	// ReasonIntegrity means that the body has another hash than
	// Params.Integrity asks for, or cannot be checked: it is opaque, there is
	// none, or it is longer than Client.MaxIntegrityBytes.
	ReasonIntegrity Reason = "integrity"
)

// Error implements error.
func (r Reason) Error() string { return "fetch: " + string(r) }

// SpecURL returns the part of a standard that r enforces, or "" for
// [ReasonNoEnvironment], [ReasonCheckRequest] and what is no Reason of this
// package: these are not the standard's.
func (r Reason) SpecURL() string {
	anchor := r.anchor()
	if anchor == "" {
		return ""
	}
	return "https://fetch.spec.whatwg.org/#" + anchor
}

func (r Reason) anchor() string {
	switch r {
	case ReasonMissingAllowOrigin, ReasonMultipleAllowOrigin, ReasonOriginMismatch:
		return "concept-cors-check"
	case ReasonWildcardCredentials, ReasonCredentials:
		return "cors-protocol-and-credentials"
	case ReasonPreflightStatus, ReasonPreflightMalformed, ReasonMethodNotAllowed,
		ReasonHeaderNotAllowed, ReasonAuthorization:
		return "cors-preflight-fetch"
	case ReasonSameOriginMode, ReasonNotHTTP, ReasonNoCORSRedirectMode,
		ReasonRangeNotRequested, ReasonIntegrity:
		return "main-fetch"
	case ReasonRedirectMode, ReasonRedirectLocation, ReasonRedirectCount,
		ReasonRedirectCredentials, ReasonRedirectBody:
		return "http-redirect-fetch"
	case ReasonBadPort:
		return "port-blocking"
	case ReasonCORP:
		return "cross-origin-resource-policy-header"
	case ReasonNosniff:
		return "should-response-to-request-be-blocked-due-to-nosniff?"
	case ReasonMIMEType:
		return "should-response-to-request-be-blocked-due-to-mime-type?"
	case ReasonInvalidRequest:
		return "dom-request"
	case ReasonTransport, ReasonAborted:
		return "http-network-fetch"
	case ReasonNotCached, ReasonKeepalive:
		return "http-network-or-cache-fetch"
	}
	return ""
}

// reasonFor returns the Reason for a failed outcome.
func reasonFor(o corscheck.Outcome) Reason {
	switch o {
	case corscheck.MissingAllowOrigin:
		return ReasonMissingAllowOrigin
	case corscheck.MultipleAllowOrigin:
		return ReasonMultipleAllowOrigin
	case corscheck.WildcardWithCredentials:
		return ReasonWildcardCredentials
	case corscheck.OriginMismatch:
		return ReasonOriginMismatch
	case corscheck.CredentialsNotAllowed:
		return ReasonCredentials
	case corscheck.PreflightStatus:
		return ReasonPreflightStatus
	case corscheck.PreflightMalformed:
		return ReasonPreflightMalformed
	case corscheck.MethodNotAllowed:
		return ReasonMethodNotAllowed
	case corscheck.HeaderNotAllowed:
		return ReasonHeaderNotAllowed
	case corscheck.AuthorizationNotListed:
		return ReasonAuthorization
	}
	panic("fetch: no reason for outcome " + o.String())
}
