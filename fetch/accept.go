package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/corp"
	"github.com/corsengine/corsengine/internal/metadata"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/weburl"
)

// accept turns what the caller passes into the standard's request, or refuses
// it, before any I/O. It closes the body if it refuses.
//
// See https://fetch.spec.whatwg.org/#dom-request.
func (f *state) accept(req *http.Request, p *Params) *NetworkError {
	f.ctx = context.Background()
	if req == nil {
		f.params, f.req = new(Params), new(http.Request)
		return f.invalid("", errors.New("the request is nil"))
	}
	if p == nil {
		p = new(Params)
	}
	f.req, f.params, f.env = req, p, p.Environment
	f.client.once.Do(f.client.init)
	f.list = f.client.suffixes
	if f.env == nil {
		f.site = metadata.None
	}
	f.trace = traceFrom(req.Context())
	f.ctx = &sentContext{req.Context(), p}
	f.startCookieChain()
	f.body = req.Body
	if err := f.acceptRequest(); err != nil {
		f.closeBody()
		return err
	}
	return nil
}

func (f *state) acceptRequest() *NetworkError {
	f.method = NormalizeMethod(f.req.Method)
	if f.method == "" {
		f.method = http.MethodGet
	}
	if err := f.acceptURL(); err != nil {
		return err
	}
	if f.route == nil {
		if err := f.acceptParams(); err != nil {
			return err
		}
	}
	if err := f.acceptMethodAndBody(); err != nil {
		return err
	}
	if f.route == nil {
		if err := f.acceptReferrer(); err != nil {
			return err
		}
	}
	if err := f.acceptHeader(); err != nil {
		return err
	}
	switch {
	case !f.transport:
		return nil
	case f.params.Mode == ModeNavigate:
		return f.followed()
	}
	return f.checkNotFollowed()
}

func (f *state) acceptURL() *NetworkError {
	if f.req.URL == nil {
		return f.invalid("", errNoURL)
	}
	f.target = new(url.URL)
	u, err := weburl.FromNetTo(f.target, f.req.URL)
	if err != nil {
		return f.invalid("", err)
	}
	if f.params.Mode == ModeWebSocket {
		u = handshakeURL(u)
		u.NetTo(f.target)
	}
	f.url, f.origin = u, f.originOf(u)
	f.findRoute()
	f.passThrough(f.origin)
	if u.HasCredentials() && f.params.Mode != ModeNavigate {
		return f.invalid("", errors.New("the URL has a username or password"))
	}
	return nil
}

// handshakeURL returns the URL over which HTTP carries the WebSocket handshake
// for u.
//
// See https://websockets.spec.whatwg.org/#concept-websocket-establish.
func handshakeURL(u weburl.URL) weburl.URL {
	var s string
	switch u.Scheme() {
	case "ws":
		s = "http" + strings.TrimPrefix(u.String(), "ws")
	case "wss":
		s = "https" + strings.TrimPrefix(u.String(), "wss")
	default:
		return u
	}
	// Only the scheme differs, and the new one has the same default port.
	h, err := weburl.Parse(s, nil)
	if err != nil {
		panic("fetch: " + err.Error())
	}
	return h
}

func (f *state) acceptParams() *NetworkError {
	p := f.params
	switch {
	case !p.Mode.valid():
		return f.invalid("", errors.New("unknown mode: "+p.Mode.String()))
	case !p.Credentials.valid():
		return f.invalid("", errors.New("unknown credentials mode: "+p.Credentials.String()))
	case !p.Redirect.valid():
		return f.invalid("", errors.New("unknown redirect mode: "+p.Redirect.String()))
	case f.env == nil && p.Mode != ModeNavigate:
		return f.failNoEnvironment("there is no Environment to fetch for")
	case f.env != nil && !f.env.Origin.valid():
		f.env = nil
		return f.failNoEnvironment("the Environment has no Origin")
	}
	if err := f.acceptPolicies(); err != nil {
		return err
	}
	f.redirect = p.Redirect
	switch {
	case p.Mode == ModeWebSocket:
		f.redirect = RedirectError
	case p.Mode == ModeNavigate && f.transport && p.Redirect == RedirectFollow:
		f.redirect = RedirectManual // the http.Client above follows
	}
	return nil
}

// acceptPolicies checks what is given as strings, or means something in some modes
// only.
func (f *state) acceptPolicies() *NetworkError {
	p := f.params
	switch {
	case !p.Cache.valid():
		return f.invalid("", errors.New("unknown cache mode: "+p.Cache.String()))
	case p.Cache == CacheOnlyIfCached && p.Mode != ModeSameOrigin:
		return f.invalid("", errors.New("cache mode only-if-cached needs mode same-origin"))
	}
	if err := f.client.invalid; err != nil {
		return f.invalid("", err)
	}
	if f.env == nil {
		return nil
	}
	for _, language := range f.env.Languages {
		if !isLanguage(language) {
			return f.invalid("", errors.New("Environment.Languages: no language tag: "+quote(language)))
		}
	}
	policy, ok := corp.ParseEmbedderPolicy(f.env.EmbedderPolicy)
	if !ok {
		return f.invalid("", errors.New("unknown embedder policy: "+quote(f.env.EmbedderPolicy)))
	}
	f.embedder = policy
	return nil
}

func (f *state) acceptMethodAndBody() *NetworkError {
	switch {
	case !asciix.IsToken(f.method):
		return f.invalid(f.req.Method, errors.New("the method is no token"))
	case ForbiddenMethod(f.method):
		return f.invalid(f.req.Method, errors.New("the method is forbidden"))
	case f.params.Mode == ModeWebSocket && (f.method != http.MethodGet || f.body != nil && f.body != http.NoBody):
		return f.invalid(f.req.Method, errors.New("a WebSocket handshake is a GET request without body"))
	case f.params.Mode == ModeNoCORS && !corscheck.SafelistedMethod(f.method):
		return f.invalid(f.method, errors.New("the method is not safelisted, as mode no-cors needs"))
	}
	if f.body == nil || f.body == http.NoBody {
		f.body = nil
		f.forced = f.params.ForcePreflight
		return nil
	}
	f.bodyKind = redirect.Replayable
	if f.req.GetBody == nil {
		f.bodyKind = redirect.Consumed
	}
	switch {
	case isGet(f.method):
		return f.invalid("", errors.New("a "+f.method+" request cannot have a body"))
	case f.params.Keepalive && (f.bodyKind == redirect.Consumed || f.req.ContentLength <= 0):
		return f.invalid("", errors.New("a keepalive request needs a body of known length that can be replayed"))
	case f.params.Keepalive && f.env == nil:
		return f.failNoEnvironment("a keepalive request with a body counts for an Environment")
	case f.bodyKind == redirect.Consumed && f.params.Mode == ModeNoCORS:
		return f.invalid("", errors.New("mode no-cors needs a body that can be replayed, and GetBody is nil"))
	}
	// Deviation: The standard fails a fetch whose body has no source if the
	// connection is HTTP/1.x. That is known only after Base has connected, and
	// unlike those that browsers have to reckon with, servers that Go programs
	// talk to take a streamed body.
	f.forced = f.params.ForcePreflight || f.bodyKind == redirect.Consumed
	return nil
}

// invalid returns the error for what makes a browser throw a TypeError. name is
// the method or header name at fault, if it is one.
func (f *state) invalid(name string, err error) *NetworkError {
	e := f.failBecause(ReasonInvalidRequest, err)
	e.Name = name
	return e
}
