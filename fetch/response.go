package fetch

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/corsengine/corsengine/internal/redirect"
)

// ResponseType is the type of a response.
//
// See https://fetch.spec.whatwg.org/#concept-response-type.
type ResponseType string

const (
	TypeBasic          ResponseType = "basic"
	TypeCORS           ResponseType = "cors"
	TypeOpaque         ResponseType = "opaque"
	TypeOpaqueRedirect ResponseType = "opaqueredirect"
)

// A Response is a filtered response: what a page may see. Its fields may be
// handed to a page as they are, but URL without its fragment.
//
// Header and URL may share memory with the internal response and must not be
// modified.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response.
type Response struct {
	Type       ResponseType
	Status     int      // 0 if opaque
	StatusText string   // "" for HTTP/2 and HTTP/3
	URL        *url.URL // after redirects, with fragment, which a page does not see; nil if opaque
	Redirected bool
	Header     http.Header   // filtered; never nil
	Body       io.ReadCloser // decoded; never nil; must be closed; empty if opaque

	// TimingAllowed is the result of the TAO check over the whole redirect chain:
	// whether the page may see when what has happened.
	TimingAllowed bool

	internal  *http.Response
	request   *http.Request // of the http.Response made of it, if there is one
	decoded   bool          // Body is not what Content-Encoding and Content-Length speak of
	noCookies bool          // an http.Client above must not store any
}

// OK reports whether the status is 200 to 299.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Internal returns the unfiltered response. Its body is r.Body, except that the
// body of an opaque response can be read only here; closing r.Body closes both.
// Handing any of it to a page defeats the same-origin policy; decoding an image
// with it does not. Its Request must not be modified.
//
// See https://fetch.spec.whatwg.org/#concept-internal-response.
func (r *Response) Internal() *http.Response { return r.internal }

// filter makes the response for the page out of the server's.
func (f *state) filter(resp *http.Response) *Response {
	r := &Response{
		Status:     resp.StatusCode,
		StatusText: statusText(resp),
		URL:        f.target,
		Redirected: f.hop > 0,
		internal:   resp,
		decoded:    f.decoded,
		noCookies:  !f.credentials || f.sameSiteJar,

		TimingAllowed: !bool(f.timing),
	}
	resp.Body = f.keptBody(resp.Body)
	r.Body = resp.Body
	switch {
	case f.isOpaqueRedirect(resp):
		r.Type = TypeOpaqueRedirect
		r.hide()
	case f.tainting == taintOpaque:
		r.Type = TypeOpaque
		r.URL, r.Redirected = nil, false
		r.hide()
	case f.tainting == taintCORS:
		r.Type = TypeCORS
		r.Header = f.census.Readable(f.includesMode())
	default:
		r.Type = TypeBasic
		r.Header = f.census.Visible()
	}
	f.traceFiltered(r)
	return r
}

// isOpaqueRedirect reports whether the page only learns of resp that it is a
// redirect.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect.
func (f *state) isOpaqueRedirect(resp *http.Response) bool {
	return f.redirect == RedirectManual && redirect.IsStatus(resp.StatusCode) &&
		f.params.Mode != ModeNavigate && f.url.IsHTTP()
}

// hide takes everything from r that opaque responses do not show.
func (r *Response) hide() {
	r.Status, r.StatusText = 0, ""
	r.Header = make(http.Header)
	r.Body = closeOnly{r.Body}
}

// A closeOnly is the body of an opaque response: empty to those who read it, but
// closing it closes the internal one.
type closeOnly struct{ io.Closer }

func (closeOnly) Read([]byte) (int, error) { return 0, io.EOF }

// statusText returns the reason phrase that the server sent. HTTP/2 and HTTP/3
// have none; net/http makes one up.
func statusText(resp *http.Response) string {
	if resp.ProtoMajor >= 2 {
		return ""
	}
	if i := strings.IndexByte(resp.Status, ' '); i >= 0 {
		return resp.Status[i+1:]
	}
	return ""
}
