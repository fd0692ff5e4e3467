package fetch

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/corsengine/corsengine/internal/census"
	"github.com/corsengine/corsengine/internal/corp"
	"github.com/corsengine/corsengine/internal/metadata"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/referrer"
	"github.com/corsengine/corsengine/internal/samesite"
	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/tao"
	"github.com/corsengine/corsengine/internal/weburl"
)

// A tainting is a response tainting.
//
// See https://fetch.spec.whatwg.org/#concept-request-response-tainting.
type tainting uint8

const (
	taintBasic tainting = iota
	taintCORS
	taintOpaque
)

// A state is one fetch in progress: the standard's request and fetch params. It is
// on the stack: what others get to keep of a fetch is apart, and each thing by
// itself, so that who keeps a URL does not keep a response.
type state struct {
	client    *Client
	params    *Params
	env       *Environment // nil for a navigation without initiator
	ctx       context.Context
	trace     *Trace // nil if nobody listens
	list      cookiejar.PublicSuffixList
	transport bool // called through a Transport

	// The request of the caller, from which each hop's is made.
	req         *http.Request
	author      http.Header // its header after the guard; read-only unless owned
	owned       bool        // author is ours and not req.Header
	lines       int         // how many field lines author has, or more
	size        int         // how many bytes these have, or more
	conditional bool        // there may be a name in author that begins with "If-"
	dropped     []string    // lowercase names that the guard refused
	redirect    Redirect

	// The request as the standard sees it. What changes, changes between hops.
	method      string
	url         weburl.URL // current URL
	target      *url.URL   // url in the form for net/http
	origin      string     // url's origin, serialized; see originOf
	route       *route     // what is known of requests like this one, nil after redirects
	body        io.ReadCloser
	bodyKind    redirect.Body
	forced      bool            // use-CORS-preflight flag
	referrer    string          // serialized; "" for no referrer
	policy      referrer.Policy // effective
	site        metadata.Site   // how the origin relates to the URLs so far
	tainting    tainting
	taint       site.Taint    // redirect-taint
	hop         int           // redirect count
	unsafe      []string      // CORS-unsafe request-header names of the hop
	preflighted bool          // some hop was one with preflight
	credentials bool          // the hop's request included credentials
	sent        *http.Request // the last one handed to Base
	handed      bool          // others have target already
	census      census.Census // of the latest response's header, if it is no preflight's
	timing      tao.Failed    // timing allow failed flag
	kept        int64         // bytes counted as in flight
	decoded     bool          // the body is not as the server sent it
	embedder    corp.EmbedderPolicy

	// What a jar that honours SameSite has to know.
	sameSiteJar    bool
	siteForCookies string
	cookieChain    samesite.Chain
}

// tupleOrigin returns the request's origin if it is a tuple, or else "", which
// is the origin of no URL.
func (f *state) tupleOrigin() string {
	if f.env == nil {
		return ""
	}
	return f.env.Origin.tuple
}

// serializedOrigin serializes the request's origin.
//
// See https://fetch.spec.whatwg.org/#serializing-a-request-origin.
func (f *state) serializedOrigin() string {
	return f.taint.SerializeOrigin(f.tupleOrigin())
}

// sameOrigin reports whether the current URL is same origin with the request's
// origin.
func (f *state) sameOrigin() bool {
	return site.EqualOrigins(f.tupleOrigin(), f.origin)
}

// includesMode reports whether the credentials mode is "include".
func (f *state) includesMode() bool { return f.params.Credentials == CredentialsInclude }

// includeCredentials reports whether the hop carries credentials.
//
// See https://fetch.spec.whatwg.org/#http-network-or-cache-fetch.
func (f *state) includeCredentials() bool {
	switch f.params.Credentials {
	case CredentialsOmit:
		return false
	case CredentialsSameOrigin:
		if f.tainting != taintBasic {
			return false
		}
	}
	return corp.AllowsCredentials(f.embedder, f.params.Mode.String(), f.taint, f.tupleOrigin(), f.origin)
}

// redirectTo makes u the current URL, to which the request is redirected.
func (f *state) redirectTo(u weburl.URL) {
	f.url, f.target, f.origin = u, u.Net(), f.originOf(u)
	f.handed = false
	f.route = nil
	f.passThrough(f.origin)
}

// passThrough notes that the request goes to a URL of the given origin.
func (f *state) passThrough(origin string) {
	if f.route == nil {
		f.site = f.site.Next(f.list, f.tupleOrigin(), origin)
	}
	if f.sameSiteJar {
		f.cookieChain = f.cookieChain.Next(f.list, f.siteForCookies, origin)
	}
}

// closeBody closes the body unless that is Base's responsibility by now.
func (f *state) closeBody() {
	if f.body != nil {
		f.body.Close()
		f.body = nil
	}
}

// fail returns a network error for the current hop.
func (f *state) fail(r Reason) *NetworkError {
	e := &NetworkError{Reason: r, Method: f.method, Hop: f.hop}
	if !f.url.IsZero() {
		e.URL = f.url.Redacted()
	}
	if f.env != nil {
		e.Origin = f.serializedOrigin()
	}
	return e
}

func (f *state) failBecause(r Reason, err error) *NetworkError {
	e := f.fail(r)
	e.Err = err
	return e
}
