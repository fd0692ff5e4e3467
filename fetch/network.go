package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/weburl"
)

// An exchange is one request for the current URL and how it is sent.
type exchange struct {
	via         http.RoundTripper
	method      string
	header      http.Header
	body        io.ReadCloser // nil for none
	preflight   bool
	credentials bool
	elsewhere   bool // it has been sent once more after a 421
}

// httpNetworkOrCacheFetch sends the hop's request, with credentials if they are
// to be included, and again if the response asks for it.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func (f *state) httpNetworkOrCacheFetch() (*http.Response, *NetworkError) {
	if err := f.reserveKeepalive(); err != nil {
		return nil, err
	}
	f.credentials = f.includeCredentials()
	h := f.newHeader()
	f.addCacheControl(h)
	if f.params.Mode == ModeNavigate {
		h["Upgrade-Insecure-Requests"] = []string{"1"}
	}
	via := f.client.anonymous()
	if f.credentials {
		via = f.client.base()
		f.setCookie(h)
		f.addAuthentication(h)
	}
	x := exchange{
		via:         via,
		method:      f.method,
		header:      h,
		body:        f.body,
		credentials: f.credentials,
	}
	resp, err := f.sendAndStore(&x)
	if err == nil && f.challenged(resp) {
		resp, err = f.authenticate(&x, resp)
	}
	if err != nil {
		return nil, err
	}
	if err := f.checkForPage(resp); err != nil {
		discard(resp)
		return nil, err
	}
	return resp, nil
}

// sendAndStore sends a request and stores the cookies of the response if the
// request included credentials, whatever is then decided about the response. It
// sends the request again, once, to a server that does not answer for its host on
// the connection that was used. A transport cannot be told to open another one, but
// to close those that are idle; one of HTTP/2 that is still in use will be used.
//
// See https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20.
func (f *state) sendAndStore(x *exchange) (*http.Response, *NetworkError) {
	resp, err := f.httpNetworkFetch(x)
	if err != nil {
		return nil, err
	}
	if x.credentials {
		f.storeCookies()
	}
	if resp.StatusCode != http.StatusMisdirectedRequest || x.elsewhere || !x.preflight && f.bodyKind == redirect.Consumed {
		return resp, nil
	}
	x.elsewhere = true
	resp.Body.Close() // unread, lest the connection be kept
	closeIdleConnections(x.via)
	return f.resend(x, resp, "")
}

// resend sends a request once more after a response that asks for it: with a new
// body, the cookies that there are by now, and authorization unless that is "".
func (f *state) resend(x *exchange, resp *http.Response, authorization string) (*http.Response, *NetworkError) {
	discard(resp)
	if !x.preflight && f.bodyKind == redirect.Replayable {
		body, err := f.req.GetBody()
		if err != nil {
			return nil, f.failBecause(ReasonTransport, fmt.Errorf("GetBody: %w", err))
		}
		f.body, x.body = body, body
	}
	x.header = x.header.Clone() // the transport may still be reading the other
	if x.credentials {
		f.setCookie(x.header)
	}
	if authorization != "" {
		x.header["Authorization"] = []string{authorization}
	}
	return f.sendAndStore(x)
}

// checkForPage fails responses that are for the engine and not for the page.
func (f *state) checkForPage(resp *http.Response) *NetworkError {
	if resp.StatusCode == http.StatusProxyAuthRequired {
		// Credentials for a proxy belong into Base, as part of its URL.
		e := f.failBecause(ReasonTransport, errors.New("a proxy, or a server in place of one, asks for authentication"))
		e.Status = resp.StatusCode
		return e
	}
	return f.checkCached(resp)
}

// httpNetworkFetch hands a request to the transport. It is the only place that
// does.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-fetch.
func (f *state) httpNetworkFetch(x *exchange) (*http.Response, *NetworkError) {
	before := *f.target
	out := f.outgoing(x)
	if check := f.client.CheckRequest; check != nil {
		if err := check(out, f.params); err != nil {
			return nil, f.failExchange(x, ReasonCheckRequest, err)
		}
	}
	if f.ctx.Err() != nil {
		return nil, f.failExchange(x, ReasonAborted, abortCause(f.ctx))
	}
	if f.url.IsHTTP() && !httpguts.ValidHostHeader(out.URL.Host) {
		// The URL Standard allows a quote or a brace in a domain, for which
		// net/http would leave the Host header empty.
		return nil, f.failExchange(x, ReasonTransport, errors.New("the host cannot be written in HTTP"))
	}
	if f.url.IsHTTP() {
		// Neither is sent, but caches, logs and http.Clients in Base would look
		// at them.
		out.URL.User, out.URL.Fragment, out.URL.RawFragment = nil, "", ""
	}
	f.traceRequest(x)
	if x.body != nil {
		f.body = nil // Base closes it, also on errors
	}
	f.sent = out
	resp, err := x.via.RoundTrip(out)
	if *f.target != before {
		f.target = new(before) // some RoundTrippers modify it, against their contract
	}
	if err != nil && resp != nil && resp.Body != nil {
		resp.Body.Close() // against the contract of RoundTripper, but seen
	}
	switch {
	case err != nil && f.ctx.Err() != nil:
		return nil, f.failExchange(x, ReasonAborted, abortCause(f.ctx))
	case err != nil:
		return nil, f.failExchange(x, ReasonTransport, err)
	case resp == nil:
		return nil, f.failExchange(x, ReasonTransport, errors.New("the RoundTripper returned neither a response nor an error"))
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if resp.Header == nil {
		resp.Header = make(http.Header)
	}
	if err := f.checkProtocol(resp); err != nil {
		resp.Body.Close()
		return nil, f.failExchange(x, ReasonTransport, err)
	}
	if !x.preflight {
		f.census.Take(resp.Header, f.tainting == taintCORS)
	}
	f.traceResponse(x, resp)
	return resp, nil
}

// checkProtocol returns an error for what no RoundTripper should return.
func (f *state) checkProtocol(resp *http.Response) error {
	switch {
	case resp.Request != nil && resp.Request.Response != nil:
		// Only an http.Client sets that. The response is from another URL than
		// the one that all decisions were made for.
		return errors.New("the RoundTripper has followed a redirect")
	case resp.StatusCode == http.StatusSwitchingProtocols && f.params.Mode != ModeWebSocket:
		return errors.New("the server switches protocols unasked")
	}
	return nil
}

// outgoing makes the request for net/http.
func (f *state) outgoing(x *exchange) *http.Request {
	target := f.target
	if f.handed || target.User != nil || target.Fragment != "" {
		// Whoever has the other may still be reading it, and is not to see userinfo
		// and fragment.
		target = new(*target)
	}
	f.handed = true
	r := (&http.Request{
		Method:     x.method,
		URL:        target,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     x.header,
		Host:       target.Host,
		Close:      f.req.Close,
	}).WithContext(f.ctx)
	if target.Opaque != "" && sendsAsIs(x.via, r) {
		r.URL = weburl.OriginForm(target)
	}
	if x.body != nil {
		r.Body = x.body
		r.GetBody = f.req.GetBody
		r.ContentLength = f.req.ContentLength
	}
	return r
}

// sendsAsIs reports whether rt is a transport that sends r to its server, and not
// to an HTTP proxy. It asks the transport's Proxy function, which is called again
// when r is sent.
func sendsAsIs(rt http.RoundTripper, r *http.Request) bool {
	t, ok := rt.(*http.Transport)
	if !ok {
		return false
	}
	if t.Proxy == nil || r.URL.Scheme == "https" {
		return true
	}
	proxy, err := t.Proxy(r)
	return err == nil && proxy == nil
}

// abortCause returns why ctx ended, as an error that is both what ctx.Err says
// and what the one who cancelled it said.
func abortCause(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// maxDiscard is how much of a body that nobody wants is read, in order to keep
// its connection, and maxDiscardTime how long that may take.
const (
	maxDiscard     = 4 << 10
	maxDiscardTime = 100 * time.Millisecond
)

// discard closes the body of a response that nobody will read. It reads a short
// body to its end, if the server has declared its length and does not take its
// time; an endless one is not waited for.
func discard(resp *http.Response) {
	if resp.ContentLength > 0 && resp.ContentLength <= maxDiscard {
		late := time.AfterFunc(maxDiscardTime, func() { resp.Body.Close() })
		io.CopyN(io.Discard, resp.Body, maxDiscard)
		late.Stop()
	}
	resp.Body.Close()
}
