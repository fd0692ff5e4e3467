package fetch

import (
	"bytes"
	"io"
	"net/http"

	"github.com/corsengine/corsengine/internal/dataurl"
	"github.com/corsengine/corsengine/internal/weburl"
)

// originOf returns the serialized origin of u. To the URL Standard, URLs of an
// application's own scheme have opaque origins; those of [Client.Schemes] have
// tuple origins, as an embedder's pages with such URLs do.
//
// See https://url.spec.whatwg.org/#origin.
func (f *state) originOf(u weburl.URL) string {
	origin := u.Origin()
	if origin != "null" || u.IsSpecial() || u.Host() == "" || f.client.Schemes[u.Scheme()] == nil {
		return origin
	}
	return tupleOf(u)
}

// tupleOf returns the tuple origin of a URL that has a host.
func tupleOf(u weburl.URL) string {
	origin := u.Scheme() + "://" + u.Host()
	if u.Port() != "" {
		origin += ":" + u.Port()
	}
	return origin
}

// schemeFetch fetches a URL whose scheme is not an HTTP(S) scheme.
//
// See https://fetch.spec.whatwg.org/#concept-scheme-fetch.
func (f *state) schemeFetch() (*http.Response, *NetworkError) {
	switch scheme := f.url.Scheme(); {
	case f.params.Mode == ModeWebSocket:
		// Only HTTP can switch protocols.
	case scheme == "about" && f.url.Path() == "blank":
		return f.localResponse("text/html;charset=utf-8", nil), nil
	case scheme == "data":
		mime, body, err := dataurl.Process(f.url)
		if err != nil {
			return nil, f.failBecause(ReasonTransport, err)
		}
		return f.localResponse(mime.String(), body), nil
	case scheme == "file" && !f.fromFile():
		// The standard leaves files to the user agent. None lets a page from
		// the network load them, not even without reading.
	case f.client.Schemes[scheme] != nil:
		h := f.authorHeader()
		delete(h, "Cookie") // an http.Client's, see refused
		return f.httpNetworkFetch(&exchange{
			via:    f.client.Schemes[scheme],
			method: f.method,
			header: h,
			body:   f.body,
		})
	}
	return nil, f.failNotHTTP()
}

// fromFile reports whether it is a file that fetches, or nobody. An opaque origin
// does not tell: a page from the network can have one too.
func (f *state) fromFile() bool {
	return f.env == nil || f.env.Origin.Opaque() && f.env.URL != nil && f.env.URL.Scheme == "file"
}

// localResponse makes a response that needs no server.
func (f *state) localResponse(contentType string, body []byte) *http.Response {
	f.closeBody()
	resp := &http.Response{
		Status:     "200 OK",
		StatusCode: http.StatusOK,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     http.Header{"Content-Type": {contentType}},
		Body:       http.NoBody,
		Request:    f.outgoing(&exchange{method: f.method, header: make(http.Header)}),
	}
	f.census.Take(resp.Header, false)
	if len(body) > 0 {
		resp.Body = io.NopCloser(bytes.NewReader(body))
		resp.ContentLength = int64(len(body))
	}
	return resp
}
