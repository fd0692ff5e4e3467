package fetch

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/weburl"
)

// networkFetch sends the hop's request, with credentials if they are to be
// included, and stores the cookies of the response.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func (f *state) networkFetch(b *headerBuilder) (*http.Response, *NetworkError) {
	f.addOwn(b, f.originHeader(), f.params.Mode)
	credentials := f.includeCredentials()
	via := f.client.anonymous()
	if credentials {
		via = f.client.base()
		if f.client.Jar != nil {
			if cookie := cookieHeader(f.client.Jar.Cookies(f.target)); cookie != "" {
				b.set("Cookie", cookie)
			}
		}
	}
	x := &exchange{
		via:         via,
		method:      f.method,
		header:      b.fields,
		body:        f.body,
		credentials: credentials,
	}
	resp, err := f.sendAndStore(x)
	if err != nil || !credentials || !f.challenged(resp, b) {
		return resp, err
	}
	return f.authenticate(x, b, resp)
}

// sendAndStore sends a request and stores the cookies of the response if the
// request included credentials, whatever is then decided about the response.
func (f *state) sendAndStore(x *exchange) (*http.Response, *NetworkError) {
	resp, err := f.send(x)
	if err == nil && x.credentials && f.client.Jar != nil {
		if cookies := resp.Cookies(); len(cookies) > 0 {
			f.client.Jar.SetCookies(f.target, cookies)
		}
	}
	return resp, err
}

// An exchange is one request for the current URL and how it is sent.
type exchange struct {
	via         http.RoundTripper
	method      string
	header      http.Header
	body        io.ReadCloser // nil for none
	preflight   bool
	credentials bool
}

// send hands a request to the transport. It is the only place that does.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-fetch.
func (f *state) send(x *exchange) (*http.Response, *NetworkError) {
	out := f.outgoing(x)
	if check := f.client.CheckRequest; check != nil {
		if err := check(out, f.params); err != nil {
			return nil, f.failExchange(x, ReasonCheckRequest, err)
		}
	}
	if f.ctx.Err() != nil {
		return nil, f.failExchange(x, ReasonAborted, abortCause(f.ctx))
	}
	if !httpguts.ValidHostHeader(f.target.Host) {
		// The URL Standard allows a quote or a brace in a domain, for which
		// net/http would leave the Host header empty.
		return nil, f.failExchange(x, ReasonTransport, errors.New("the host cannot be written in HTTP"))
	}
	f.traceRequest(x)
	if x.body != nil {
		f.body = nil // Base closes it, also on errors
	}
	resp, err := x.via.RoundTrip(out)
	if err != nil && resp != nil && resp.Body != nil {
		resp.Body.Close() // some RoundTrippers return both, against the contract
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
	if resp.StatusCode == http.StatusSwitchingProtocols && f.params.Mode != ModeWebSocket {
		resp.Body.Close()
		return nil, f.failExchange(x, ReasonTransport, errors.New("the server switches protocols unasked"))
	}
	f.traceResponse(x, resp)
	return resp, nil
}

// outgoing makes the request for net/http.
func (f *state) outgoing(x *exchange) *http.Request {
	r := (&http.Request{
		Method:     x.method,
		URL:        f.target,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     x.header,
		Host:       f.target.Host,
		Close:      f.req.Close,
	}).WithContext(f.ctx)
	if x.body != nil {
		r.Body = x.body
		r.GetBody = f.req.GetBody
		r.ContentLength = f.req.ContentLength
	}
	return r
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

// challenged reports whether resp asks for what the URL of a navigation holds: a
// username and password for Basic authentication.
func (f *state) challenged(resp *http.Response, b *headerBuilder) bool {
	if resp.StatusCode != http.StatusUnauthorized || f.params.Mode != ModeNavigate ||
		!f.url.HasCredentials() || b.has("Authorization") || f.bodyKind == redirect.Consumed {
		return false
	}
	for _, challenge := range asciix.Lines(resp.Header, "WWW-Authenticate") {
		scheme, _, _ := strings.Cut(asciix.Trim(challenge), " ")
		if asciix.EqualFold(scheme, "Basic") {
			return true
		}
	}
	return false
}

// authenticate answers a 401 with the URL's username and password.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func (f *state) authenticate(x *exchange, b *headerBuilder, resp *http.Response) (*http.Response, *NetworkError) {
	again := newHeaderBuilder(len(b.fields)+1, len(b.values)+1)
	for name, values := range b.fields {
		again.set(name, values...)
	}
	basic, _ := basicAuthorization(f.url)
	again.set("Authorization", basic)
	x.header = again.fields
	if f.bodyKind == redirect.Replayable {
		body, err := f.req.GetBody()
		if err != nil {
			resp.Body.Close()
			return nil, f.failBecause(ReasonTransport, fmt.Errorf("GetBody for authentication: %w", err))
		}
		f.body, x.body = body, body
	}
	discard(resp)
	return f.sendAndStore(x)
}

// basicAuthorization returns the Authorization value for the userinfo of u, and
// whether it has any.
func basicAuthorization(u weburl.URL) (value string, ok bool) {
	if !u.HasCredentials() {
		return "", false
	}
	user := u.Net().User
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)), true
}

// cookieHeader serializes cookies, leaving to net/http what is allowed in them.
func cookieHeader(cookies []*http.Cookie) string {
	if len(cookies) == 0 {
		return ""
	}
	r := http.Request{Header: make(http.Header, 1)}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return strings.Join(r.Header["Cookie"], "; ")
}

// maxDiscard is how much of a body that nobody wants is read, in order to keep
// its connection.
const maxDiscard = 4 << 10

// discard closes the body of a response that nobody will read. It reads only
// short bodies to their end, whose length the server has declared: one that is
// endless, or trickles, must not hold up the fetch.
func discard(resp *http.Response) {
	if resp.ContentLength > 0 && resp.ContentLength <= maxDiscard {
		io.CopyN(io.Discard, resp.Body, maxDiscard)
	}
	resp.Body.Close()
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
