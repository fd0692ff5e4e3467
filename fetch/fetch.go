package fetch

import (
	"log/slog"
	"net/http"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/badport"
	"github.com/corsengine/corsengine/internal/census"
	"github.com/corsengine/corsengine/internal/cors"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/tao"
)

// Fetch performs req with p. The request's context governs preflights,
// redirects and the reading of the body. Fetch always closes req.Body, though
// perhaps after it has returned, like an [http.RoundTripper].
//
// req is not modified, and must not be until the response's body is closed.
// req.Header holds the caller's headers: forbidden request-headers in it are
// dropped, and with [ModeNoCORS] everything else that is not no-CORS-safelisted.
// The method is normalized; "" means GET. req.Host and req.Trailer are ignored.
//
// When the context ends, a transport may wait for a Read of the request's body that
// is under way, and then so does Fetch.
//
// The caller must close the response's body. A non-nil error is always a
// *NetworkError. It is for the embedder's eyes: a page only ever learns that the
// fetch failed.
//
// See https://fetch.spec.whatwg.org/#fetching.
func (c *Client) Fetch(req *http.Request, p *Params) (*Response, error) {
	resp, err := c.fetch(req, p, false)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func (c *Client) fetch(req *http.Request, p *Params, transport bool) (*Response, *NetworkError) {
	f := state{client: c, transport: transport}
	var resp *Response
	err := f.accept(req, p)
	if err == nil {
		resp, err = f.mainFetch()
	}
	if f.trace != nil && f.trace.Done != nil {
		f.trace.Done(err)
	}
	if err != nil && c.Logger != nil && err.blocked() {
		c.Logger.LogAttrs(f.ctx, slog.LevelInfo, "fetch blocked", err.attrs()...)
	}
	return resp, err
}

// mainFetch fetches an accepted request.
//
// See https://fetch.spec.whatwg.org/#concept-main-fetch.
func (f *state) mainFetch() (*Response, *NetworkError) {
	resp, err := f.fetchHops()
	if err == nil {
		if err = f.finish(resp); err != nil {
			discard(resp)
		}
	}
	if err != nil {
		f.closeBody()
		f.releaseKeepalive()
		return nil, err
	}
	return f.filter(resp), nil
}

// finish is what main fetch does once, with the final response.
func (f *state) finish(resp *http.Response) *NetworkError {
	if err := f.checkType(resp); err != nil {
		return err
	}
	if err := f.checkRange(resp); err != nil {
		return err
	}
	if err := f.prepareBody(resp); err != nil {
		return err
	}
	return f.checkIntegrity(resp)
}

// fetchHops performs the hops of a fetch, that is main fetch for each URL in turn,
// and returns the response before it is filtered.
func (f *state) fetchHops() (*http.Response, *NetworkError) {
	for {
		resp, again, err := f.fetchHop()
		switch {
		case err != nil:
			// Each hop with a preflight that this error passes through on its
			// way up clears the entries of the request as it is by now.
			if f.preflighted {
				f.clearGrants()
			}
			return nil, err
		case !again:
			return resp, nil
		}
	}
}

// fetchHop is what main fetch does for each URL: it decides on the response
// tainting, and on whether to fetch at all. It reports true if the response was
// a redirect and the request is ready for the next hop.
//
// Deviation: There is no list of HSTS hosts, and no look-up of HTTPS records: "http"
// stays "http". Both need storage and a resolver that a Client does not have.
//
// See https://fetch.spec.whatwg.org/#concept-main-fetch.
func (f *state) fetchHop() (resp *http.Response, again bool, err *NetworkError) {
	if f.ctx.Err() != nil {
		return nil, false, f.failBecause(ReasonAborted, abortCause(f.ctx))
	}
	if f.route == nil {
		if f.url.IsHTTP() && badport.Blocked(f.url.EffectivePort()) {
			return nil, false, f.failBadPort()
		}
		f.determineReferrer(f.url.Origin())
	}
	withPreflight := false
	switch {
	case f.tainting == taintBasic && f.sameOrigin(),
		f.url.Scheme() == "data" && f.params.Mode != ModeWebSocket,
		f.params.Mode == ModeNavigate, f.params.Mode == ModeWebSocket:
		f.tainting = taintBasic
	case f.params.Mode == ModeSameOrigin:
		return nil, false, f.failSameOriginMode()
	case f.params.Mode == ModeNoCORS:
		if f.redirect != RedirectFollow {
			return nil, false, f.failNoCORSRedirectMode()
		}
		f.tainting = taintOpaque
	default:
		f.tainting = taintCORS
		f.setUnsafe()
		withPreflight = f.forced || corscheck.NeedsPreflight(f.method, f.unsafe)
	}
	if !f.url.IsHTTP() {
		if f.tainting == taintCORS {
			return nil, false, f.failNotHTTP()
		}
		resp, err := f.schemeFetch()
		return resp, false, err
	}
	if withPreflight {
		f.preflighted = true
		if err := f.ensurePreflight(); err != nil {
			return nil, false, err
		}
	}
	return f.httpFetch()
}

// maxSafelisted is how many bytes the values of safelisted headers may have
// together, and maxDefaults more than those of addDefaults can have.
//
// See https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names.
const (
	maxSafelisted = 1024
	maxDefaults   = 256
)

// setUnsafe computes the CORS-unsafe request-header names of the hop. The defaults
// that the engine adds to the author's headers matter only if the safelisted ones
// have many bytes.
//
// Deviation: A User-Agent that reaches a [Transport] counts as the environment's
// default, not as the author's, because HTTP clients above it set one on every
// request and none of these would go without a preflight.
func (f *state) setUnsafe() {
	f.unsafe = nil // others may have the names of the previous hop
	if len(f.author) == 0 {
		return // the defaults alone are safelisted
	}
	h := f.author
	if f.size > maxSafelisted-maxDefaults {
		h = f.authorHeader()
	}
	f.unsafe = header.UnsafeNames(nil, h)
	if f.transport {
		f.unsafe = without(f.unsafe, "user-agent")
	}
}

// httpFetch sends the hop's request and judges the response.
//
// See https://fetch.spec.whatwg.org/#concept-http-fetch.
func (f *state) httpFetch() (resp *http.Response, again bool, err *NetworkError) {
	resp, err = f.httpNetworkOrCacheFetch()
	if err != nil {
		return nil, false, err
	}
	if f.tainting == taintCORS {
		if err := f.corsCheck(resp); err != nil {
			discard(resp)
			return nil, false, err
		}
	}
	f.checkTiming(f.origin, f.census.Lines(census.TimingAllowOrigin))
	if err := f.checkCORP(resp); err != nil {
		discard(resp)
		return nil, false, err
	}
	if !redirect.IsStatus(resp.StatusCode) {
		return resp, false, nil
	}
	switch f.redirect {
	case RedirectError:
		discard(resp)
		return nil, false, f.failRedirectMode(resp.StatusCode)
	case RedirectFollow:
		again, err = f.httpRedirectFetch(resp)
		if err != nil {
			discard(resp)
			return nil, false, err
		}
	}
	return resp, again, nil
}

// checkTiming performs the TAO check on the response, with the given lines of
// Timing-Allow-Origin, to a request for a URL of the given origin.
//
// See https://fetch.spec.whatwg.org/#concept-tao-check.
func (f *state) checkTiming(current string, lines []string) {
	f.timing = f.timing.Next(tao.Request{
		Origin:   f.tupleOrigin(),
		Current:  current,
		Taint:    f.taint,
		Navigate: f.params.Mode == ModeNavigate,
		Basic:    f.tainting == taintBasic,
	}, lines)
}

// corsCheck performs the CORS check on a response that is not a preflight's.
func (f *state) corsCheck(resp *http.Response) *NetworkError {
	origin := f.serializedOrigin()
	outcome := corscheck.Outcome(cors.Check(origin, f.includesMode(), f.census.Field(census.AllowOrigin), f.census.Field(census.AllowCredentials)))
	f.traceCORSCheck(origin, resp.Header, outcome, false)
	if outcome.OK() {
		return nil
	}
	return f.failCORS(outcome, resp, "", false)
}
