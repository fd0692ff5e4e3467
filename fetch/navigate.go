package fetch

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/weburl"
)

// followed takes over the history of a navigation that an http.Client drives hop
// by hop: the responses whose redirects led to this request. It makes up for what
// the standard changes of a request that is redirected, and an http.Client does
// not know or does otherwise: referrer, referrer policy, Authorization, the limit.
//
// See https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func (f *state) followed() *NetworkError {
	var redirects []*http.Response // newest first
	for r := f.req.Response; r != nil && r.Request != nil; r = r.Request.Response {
		if len(redirects) == redirect.Limit {
			return f.failRedirect(redirect.TooMany, r, f.url)
		}
		redirects = append(redirects, r)
	}
	urls := make([]weburl.URL, len(redirects)+1)
	urls[0] = f.url
	for i, r := range redirects {
		u, err := weburl.FromNet(r.Request.URL)
		if err != nil {
			return f.invalid("", fmt.Errorf("Request.Response: %w", err))
		}
		urls[i+1] = u
	}
	f.inheritFragment(urls[1:])
	for i, r := range slices.Backward(redirects) {
		if err := f.checkFollowed(r, urls[i+1], urls[i]); err != nil {
			return err
		}
		from, to := f.originOf(urls[i+1]), f.originOf(urls[i])
		f.checkTiming(from, asciix.Lines(r.Header, "Timing-Allow-Origin"))
		f.determineReferrer(from)
		f.redirectPolicy(r)
		if from != to {
			f.dropAuthor(header.NonWildcardRequestName)
		}
		f.taint = f.taint.Next(f.list, f.tupleOrigin(), from, to)
		f.passThrough(from)
		f.hop++
	}
	return nil
}

// inheritFragment gives the current URL the fragment of the one that was redirected
// to it, the first of previous, if it has none.
//
// See https://fetch.spec.whatwg.org/#concept-response-location-url.
func (f *state) inheritFragment(previous []weburl.URL) {
	if len(previous) == 0 {
		return
	}
	if _, has := f.url.Fragment(); has {
		return
	}
	if fragment, has := previous[0].Fragment(); has {
		f.url = f.url.WithFragment(fragment, true)
		f.target = f.url.Net()
	}
}

// checkFollowed fails a redirect from or to a URL that is not HTTP(S): a server
// must not be able to choose a file, or a page that it has written into the URL.
func (f *state) checkFollowed(resp *http.Response, from, to weburl.URL) *NetworkError {
	var e *NetworkError
	switch {
	case !from.IsHTTP():
		e = f.failSchemeRedirect(from, resp)
	case !to.IsHTTP():
		e = f.failRedirect(redirect.NotHTTP, resp, to)
	case len(asciix.Lines(resp.Header, "Location")) > 1:
		e = f.failRedirectLocation(resp, redirect.ErrSeveral)
	default:
		return nil
	}
	e.URL = from.Redacted()
	return e
}

// checkNotFollowed fails a fetch to which an http.Client has redirected another
// that was no navigation. It gets to see a redirect only if that is not from HTTP,
// since the engine follows those itself; the redirect mode and the URL list of the
// other fetch are lost.
func (f *state) checkNotFollowed() *NetworkError {
	r := f.req.Response
	if r == nil || r.Request == nil {
		return nil
	}
	if from, err := weburl.FromNet(r.Request.URL); err == nil && !from.IsHTTP() {
		return f.failSchemeRedirect(from, r)
	}
	return nil
}
