package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/corsengine/corsengine/internal/census"
)

// A Transport adapts a [Client] to [http.RoundTripper]. It is safe for
// concurrent use, and must not be modified after first use.
//
// For every mode but [ModeNavigate], RoundTrip performs the whole fetch,
// redirects included, and the response it returns is filtered: an opaque one
// has status 0, no headers and no body, which an [http.ResponseWriter] cannot
// pass on.
//
// For [ModeNavigate], RoundTrip performs one hop and returns the response
// unfiltered, so that [http.Client.CheckRedirect] works as usual; Transport
// finds the previous hops through [http.Request.Response].
//
// [http.Client.CheckRedirect] is not called in other modes, for which there are
// [Client.CheckRequest] and [Trace.Redirect].
//
// A body that had a content coding comes without Content-Encoding and
// Content-Length, with ContentLength -1 and Uncompressed set, as if http.Transport
// had decoded it. [Client.Fetch] keeps both headers, as browsers do.
//
// Client.Jar is authoritative: if it is set, Cookie headers that an http.Client
// added are replaced. The http.Client on top may have the same Jar or none. It gets
// to see Set-Cookie in mode navigate only, and not if Client.Jar is a [SameSiteJar],
// to which it would pass cookies without their level.
//
// Deviation: A User-Agent in the request's header counts as the environment's
// default and does not cause preflights, in contrast to [Client.Fetch].
//
// Deviation: The redirects of a navigation go where http.Client takes them, which
// reads Location by the rules of net/url.
//
// Deviation: The contract of RoundTripper rules out following redirects and
// returning an error although there was a response. A fetch is both.
type Transport struct {
	// Client performs the fetches. Required.
	Client *Client

	// Params are those of requests whose context has none.
	Params *Params
}

// responseKey is the key of the [Response] in the context of the request of a
// response.
type responseKey struct{}

// RoundTrip implements [http.RoundTripper]. Errors are of type *NetworkError.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.Client == nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, &NetworkError{Reason: ReasonInvalidRequest, Err: errors.New("the Transport has no Client")}
	}
	p := chosenParams(req.Context())
	if p == nil {
		p = t.Params
	}
	resp, err := t.Client.fetch(req, p, true)
	if err != nil {
		return nil, err
	}
	return resp.http(req, p.Mode), nil
}

// http returns r in the form for users of net/http. Its request is a copy of req
// that has the final URL and leads back to r.
func (r *Response) http(req *http.Request, m Mode) *http.Response {
	out := req.WithContext(context.WithValue(req.Context(), responseKey{}, r))
	if r.URL != nil {
		out.URL = r.URL
	}
	public := new(http.Response)
	switch {
	case m == ModeNavigate || r.Type == TypeBasic:
		// The server's trailers arrive in the struct that net/http knows.
		public = r.internal
		internal := *r.internal
		r.internal = &internal
		switch {
		case m != ModeNavigate:
			public.Header, public.Body = r.Header, filterTrailers(public, r.Body)
		case r.noCookies: // an http.Client must not store cookies
			public.Header = r.Header
		}
	case r.Type == TypeCORS:
		// Not the trailers: they would be a way around the filter.
		*public = http.Response{
			Status:           r.internal.Status,
			StatusCode:       r.internal.StatusCode,
			Proto:            r.internal.Proto,
			ProtoMajor:       r.internal.ProtoMajor,
			ProtoMinor:       r.internal.ProtoMinor,
			Header:           r.Header,
			Body:             r.Body,
			ContentLength:    r.internal.ContentLength,
			TransferEncoding: r.internal.TransferEncoding,
			Uncompressed:     r.internal.Uncompressed,
			TLS:              r.internal.TLS,
		}
	default:
		// Everything would be a way around the filter.
		public.Header, public.Body = r.Header, r.Body
	}
	public.Request = out
	r.request = out
	if r.decoded && (r.Type == TypeBasic || r.Type == TypeCORS) {
		// As if the transport had decoded it.
		public.Header = withoutCoding(public.Header)
		public.ContentLength = -1
		public.Uncompressed = true
	}
	return public
}

// FromHTTP returns the Response behind a response obtained through a
// [Transport], even if an http.Client stood in between. It reports false for
// other responses, and for one whose Request some middleware has replaced.
func FromHTTP(resp *http.Response) (*Response, bool) {
	if resp == nil || resp.Request == nil {
		return nil, false
	}
	r, ok := resp.Request.Context().Value(responseKey{}).(*Response)
	if !ok || r.request != resp.Request {
		return nil, false // the context of an earlier response, used again
	}
	return r, true
}

// CloseIdleConnections closes the idle connections of Client.Base and
// Client.Anonymous, as far as these can. It is what
// [http.Client.CloseIdleConnections] calls.
func (t *Transport) CloseIdleConnections() {
	if t.Client == nil {
		return
	}
	closeIdleConnections(t.Client.base())
	closeIdleConnections(t.Client.anonymous())
}

func closeIdleConnections(rt http.RoundTripper) {
	if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// A trailerFilter is a body that removes forbidden response-header names from the
// trailers, which arrive with its end.
type trailerFilter struct {
	io.ReadCloser
	resp *http.Response
}

func filterTrailers(resp *http.Response, body io.ReadCloser) io.ReadCloser {
	t := &trailerFilter{body, resp}
	t.drop() // of a body that the integrity check has read, they are here already
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return body // it is a connection, and can be written to
	}
	return t
}

func (t *trailerFilter) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.drop() // not only at io.EOF: a decoder reads ahead, and may end with another error
	return n, err
}

func (t *trailerFilter) drop() {
	for name := range t.resp.Trailer {
		if census.Hidden(name) {
			delete(t.resp.Trailer, name)
		}
	}
}
