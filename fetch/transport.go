package fetch

import (
	"context"
	"errors"
	"net/http"
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
// Client.Jar is authoritative: if it is set, Cookie headers that an http.Client
// added are replaced. The http.Client on top may have the same Jar or none.
//
// Deviation: A User-Agent in the request's header counts as the environment's
// default and does not cause preflights, in contrast to [Client.Fetch].
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
	p := FromContext(req.Context())
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
	switch {
	case m == ModeNavigate:
		// A page load is not filtered: http.Client needs Location and
		// Set-Cookie.
		r.internal.Request = out
		return r.internal
	case r.Type == TypeBasic:
		// The server's trailers arrive in the struct that net/http knows.
		internal := *r.internal
		public := r.internal
		r.internal = &internal
		public.Request, public.Header, public.Body = out, r.Header, r.Body
		return public
	}
	// Everything else that an http.Response has would be a way around the filter:
	// trailers always, and for an opaque response the rest as well.
	public := &http.Response{
		Header:  r.Header,
		Body:    r.Body,
		Request: out,
	}
	if r.Type == TypeCORS {
		public.Status = r.internal.Status
		public.StatusCode = r.internal.StatusCode
		public.Proto = r.internal.Proto
		public.ProtoMajor = r.internal.ProtoMajor
		public.ProtoMinor = r.internal.ProtoMinor
		public.ContentLength = r.internal.ContentLength
		public.TransferEncoding = r.internal.TransferEncoding
		public.Uncompressed = r.internal.Uncompressed
		public.TLS = r.internal.TLS
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
	return r, ok
}
