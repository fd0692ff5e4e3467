package fetch

import (
	"hash/maphash"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"

	"github.com/corsengine/corsengine/internal/corp"
	"github.com/corsengine/corsengine/internal/metadata"
	"github.com/corsengine/corsengine/internal/referrer"
)

// A route is what the first request of a fetch has in common with others of the
// same page, with the same parameters, to the same origin: a page makes many
// requests to few origins, and what the standard's steps find out about the
// relation of the two is the same each time. Nothing in it depends on a response,
// on what a jar or a cache holds, or on the author's headers.
//
// A route is immutable. It holds copies of what it was made from and serves
// requests with equal values only, so that it never speaks for an Environment that
// has been changed, or is another one at the same address.
type route struct {
	// What it depends on, besides the client's configuration. The URL is an
	// HTTP(S) URL.
	origin    string
	transport bool
	get       bool // the method is GET or HEAD
	params    Params
	env       *Environment // whose URL is envURL
	envURL    *url.URL

	// What the standard's steps have made of that.
	redirect  Redirect
	embedder  corp.EmbedderPolicy
	policy    referrer.Policy
	referrer  string
	site      metadata.Site
	partition string // of the preflight cache

	own    http.Header // the engine's own headers, see newHeader
	values []string    // the array that those of own are in
	copies []string    // of values
}

// routes are a client's latest routes. One that is not there is made anew.
type routes struct {
	seed  maphash.Seed
	slots [64]atomic.Pointer[route]
}

// routeSlot returns where the request's route is kept, or nil if there are no
// routes for such requests.
func (f *state) routeSlot() *atomic.Pointer[route] {
	if !f.url.IsHTTP() || f.transport && f.req.Response != nil {
		return nil
	}
	r := &f.client.routes
	h := maphash.String(r.seed, f.origin) + uint64(f.params.Mode)<<3 + uint64(len(f.params.Destination))<<1
	if isGet(f.method) {
		h++
	}
	return &r.slots[h%uint64(len(r.slots))]
}

// findRoute makes use of a route, if there is one for the request.
func (f *state) findRoute() {
	slot := f.routeSlot()
	if slot == nil {
		return
	}
	r := slot.Load()
	if r == nil || !r.serves(f) {
		return
	}
	f.route = r
	f.redirect, f.embedder, f.policy, f.referrer, f.site = r.redirect, r.embedder, r.policy, r.referrer, r.site
}

// addRoute remembers the request's route. own are the engine's own headers for it.
func (f *state) addRoute(own *headerBuilder) {
	if f.hop > 0 {
		return // what is known by now depends on the redirects
	}
	slot := f.routeSlot()
	if slot == nil {
		return
	}
	r := &route{
		origin:    f.origin,
		transport: f.transport,
		get:       isGet(f.method),
		params:    routeParams(f.params),
		redirect:  f.redirect,
		embedder:  f.embedder,
		policy:    f.policy,
		referrer:  f.referrer,
		site:      f.site,
		own:       own.fields,
		values:    own.values,
		copies:    slices.Clone(own.values),
	}
	if f.env != nil {
		r.env = new(*f.env)
		r.env.Languages = slices.Clone(f.env.Languages)
		if f.env.URL != nil {
			r.envURL = new(*f.env.URL)
		}
		r.partition = f.env.partition(f.list)
	}
	slot.Store(r)
	f.route = r
}

// intact reports whether the values of the engine's own headers are those that were
// put there. A RoundTripper that writes to them, as none may, must not speak for the
// requests to come.
func (r *route) intact() bool { return slices.Equal(r.values, r.copies) }

// serves reports whether r is the route of f's request.
func (r *route) serves(f *state) bool {
	if r.origin != f.origin || r.transport != f.transport || r.get != isGet(f.method) || r.params != routeParams(f.params) {
		return false
	}
	if r.env == nil || f.env == nil {
		return r.env == f.env
	}
	if r.envURL == nil || f.env.URL == nil {
		return r.envURL == f.env.URL && r.env.equal(f.env)
	}
	return *r.envURL == *f.env.URL && r.env.equal(f.env)
}

// routeParams returns p without what makes no difference to a route: which page it
// is, as its members tell, and what is about the body or the need for a preflight.
func routeParams(p *Params) Params {
	q := *p
	q.Environment, q.Integrity, q.Keepalive, q.ForcePreflight = nil, "", false, false
	return q
}

// equal reports whether e and d are equal but for their URLs.
func (e *Environment) equal(d *Environment) bool {
	return e.Origin == d.Origin && e.TopLevel == d.TopLevel && e.ReferrerPolicy == d.ReferrerPolicy &&
		e.EmbedderPolicy == d.EmbedderPolicy && e.CrossSiteAncestor == d.CrossSiteAncestor &&
		slices.Equal(e.Languages, d.Languages)
}

func isGet(method string) bool { return method == http.MethodGet || method == http.MethodHead }
