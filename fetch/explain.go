package fetch

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/weburl"
)

// failExchange is failBecause for a request that may be a preflight.
func (f *state) failExchange(x *exchange, r Reason, err error) *NetworkError {
	e := f.failBecause(r, err)
	e.Preflight = x.preflight
	return e
}

func (f *state) failNoEnvironment(detail string) *NetworkError {
	e := f.fail(ReasonNoEnvironment)
	e.detail = detail
	return e
}

func (f *state) failBadPort() *NetworkError {
	e := f.fail(ReasonBadPort)
	e.detail = "port " + strconv.Itoa(f.url.EffectivePort()) + " belongs to another protocol"
	return e
}

func (f *state) failSameOriginMode() *NetworkError {
	e := f.fail(ReasonSameOriginMode)
	e.detail = fmt.Sprintf("the URL is of origin %s; mode same-origin fetches from %s only", clip(f.originOf(f.url)), f.env.Origin)
	return e
}

func (f *state) failNoCORSRedirectMode() *NetworkError {
	e := f.fail(ReasonNoCORSRedirectMode)
	e.detail = fmt.Sprintf("redirect mode is %s; mode no-cors with a URL of another origin needs follow", f.redirect)
	return e
}

func (f *state) failNotHTTP() *NetworkError {
	e := f.fail(ReasonNotHTTP)
	e.detail = fmt.Sprintf("the scheme is %q; it has to be http or https", clip(f.url.Scheme()))
	return e
}

func (f *state) failRedirectMode(status int) *NetworkError {
	e := f.fail(ReasonRedirectMode)
	e.Status = status
	e.detail = fmt.Sprintf("status %d is a redirect, and the redirect mode is error", status)
	return e
}

func (f *state) failRedirectLocation(resp *http.Response, err error) *NetworkError {
	e := f.failBecause(ReasonRedirectLocation, err)
	e.Status = resp.StatusCode
	e.detail = "Location has to be one URL"
	return e
}

func (f *state) failRedirect(failure redirect.Failure, resp *http.Response, location weburl.URL) *NetworkError {
	var e *NetworkError
	switch failure {
	case redirect.NotHTTP:
		e = f.fail(ReasonNotHTTP)
		e.detail = fmt.Sprintf("Location has the scheme %q; it has to be http or https", clip(location.Scheme()))
	case redirect.TooMany:
		e = f.fail(ReasonRedirectCount)
		e.detail = fmt.Sprintf("there was a redirect after the %dth", redirect.Limit)
	case redirect.Credentials:
		e = f.fail(ReasonRedirectCredentials)
		e.Value = clip(location.Redacted())
		e.detail = "Location has a username or password, and either it or the response is of another origin"
	case redirect.NoSource:
		e = f.fail(ReasonRedirectBody)
		e.detail = fmt.Sprintf("status %d asks for the body once more, and Request.GetBody is nil", resp.StatusCode)
	}
	e.Status = resp.StatusCode
	return e
}

// failSchemeRedirect returns the error for a redirect from a URL that is not
// HTTP(S).
func (f *state) failSchemeRedirect(from weburl.URL, resp *http.Response) *NetworkError {
	e := f.failRedirect(redirect.NotHTTP, resp, from)
	e.detail = fmt.Sprintf("the scheme is %q; only http and https have redirects", clip(from.Scheme()))
	return e
}

// see makes the value that h has for name the offending one, and returns it for the
// text.
func (e *NetworkError) see(h http.Header, name string) string {
	value, ok := header.Get(h, name)
	if !ok {
		return "missing"
	}
	e.Value = clip(value)
	return quote(value)
}

// failCORS returns the error for a failed CORS check or preflight. name is the
// method or header name that the outcome is about, if any.
func (f *state) failCORS(o corscheck.Outcome, resp *http.Response, name string, preflight bool) *NetworkError {
	e := f.fail(reasonFor(o))
	e.Preflight, e.Status, e.Name = preflight, resp.StatusCode, name
	get := func(name string) string { return e.see(resp.Header, name) }
	origin := strconv.Quote(f.serializedOrigin())
	if !f.includesMode() {
		origin += ` or "*"`
	}
	star := ` or "*"`
	if f.includesMode() {
		star = ""
	}
	switch o {
	case corscheck.MissingAllowOrigin:
		e.detail = fmt.Sprintf("%s is missing; it has to be %s", allowOrigin, origin)
		if redirect.IsStatus(resp.StatusCode) && !preflight {
			e.detail += " on the redirect, too"
		}
	case corscheck.MultipleAllowOrigin, corscheck.OriginMismatch:
		e.detail = fmt.Sprintf("%s is %s; it has to be %s", allowOrigin, get(allowOrigin), origin)
	case corscheck.WildcardWithCredentials:
		e.detail = fmt.Sprintf("%s is %s and the credentials mode include; it has to be %s", allowOrigin, get(allowOrigin), origin)
	case corscheck.CredentialsNotAllowed:
		e.detail = fmt.Sprintf(`%s is %s and the credentials mode include; it has to be "true"`, allowCredentials, get(allowCredentials))
	case corscheck.PreflightStatus:
		e.detail = fmt.Sprintf("the status is %d; it has to be 200 to 299", resp.StatusCode)
	case corscheck.PreflightMalformed:
		e.detail = fmt.Sprintf("%s is %s; it has to be a list of tokens", name, get(name))
	case corscheck.MethodNotAllowed:
		e.detail = fmt.Sprintf("%s is %s; it has to list %s%s", allowMethods, get(allowMethods), quote(name), star)
	case corscheck.HeaderNotAllowed:
		e.detail = fmt.Sprintf("%s is %s; it has to list %s%s", allowHeaders, get(allowHeaders), quote(name), star)
	case corscheck.AuthorizationNotListed:
		e.detail = fmt.Sprintf("%s is %s; it has to list %s by name", allowHeaders, get(allowHeaders), quote(name))
	}
	return e
}
