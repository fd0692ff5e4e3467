package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/weburl"
)

// httpRedirectFetch prepares the request for the hop that resp redirects to. It reports
// false if there is no Location, which makes resp the final response. On an
// error closing resp's body is left to the caller.
//
// See https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func (f *state) httpRedirectFetch(resp *http.Response) (ok bool, nerr *NetworkError) {
	location, ok, err := redirect.Location(resp.Header, f.url, f.resolve)
	if err != nil {
		return false, f.failRedirectLocation(resp, err)
	}
	if !ok {
		return false, nil
	}
	next, dropped, failure := redirect.Follow(redirect.State{
		URL:     f.url,
		Origin:  f.tupleOrigin(),
		CORS:    f.params.Mode == ModeCORS,
		Tainted: f.tainting == taintCORS,
		Method:  f.method,
		Body:    f.bodyKind,
		Count:   f.hop,
		Taint:   f.taint,
	}, resp.StatusCode, location, f.list)
	if failure != redirect.OK {
		return false, f.failRedirect(failure, resp, location)
	}
	if next.Body == redirect.Replayable {
		body, err := f.req.GetBody()
		if err != nil {
			return false, f.failBecause(ReasonRedirectBody, fmt.Errorf("GetBody: %w", err))
		}
		f.body = body
	}
	discard(resp)

	from := f.url
	var removed []string
	if dropped.BodyHeaders || dropped.Authorization {
		removed = f.dropAuthor(func(name string) bool {
			return dropped.BodyHeaders && header.RequestBodyName(name) ||
				dropped.Authorization && header.NonWildcardRequestName(name)
		})
	}
	f.method, f.bodyKind, f.hop, f.taint = next.Method, next.Body, next.Count, next.Taint
	if next.Body == redirect.NoBody {
		f.releaseKeepalive()
	}
	f.redirectTo(next.URL)
	f.redirectPolicy(resp)
	f.traceRedirect(from, resp, removed)
	return true, nil
}

// resolve parses a Location value.
func (f *state) resolve(ref string, base *weburl.URL) (weburl.URL, error) {
	if f.client.ResolveURL == nil {
		return weburl.Parse(ref, base)
	}
	u, err := f.client.ResolveURL(base.Net(), ref)
	if err != nil {
		return weburl.URL{}, redactUserinfo(err)
	}
	return weburl.FromNet(u)
}

// redactUserinfo drops the URL from the errors of net/url, which quote it whole.
func redactUserinfo(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
