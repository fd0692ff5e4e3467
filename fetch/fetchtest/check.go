package fetchtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// Check makes the requests that browsers would make of pages that p allows, and of
// those it does not, to h, and returns a finding for everything that is not as p has
// it and for what is fragile. Requests that go together are one finding. No findings
// means that all is well.
//
// Each probe has a new browser profile, with a cookie for the server if Credentials
// is set. h gets simple requests of denied origins too, as it would from browsers,
// and all methods of p on all paths: it should not be in production.
//
// The error is a [*PolicyError], what ended ctx, or a [*BlockedError].
func (p *Policy) Check(ctx context.Context, h http.Handler) ([]*Finding, error) {
	pl, err := p.plan()
	if err != nil {
		return nil, err
	}
	network := &Network{MaxExchanges: 1}
	network.Handle(pl.server, h)
	c := &checker{plan: pl, ctx: ctx, network: network}
	for _, u := range pl.urls {
		c.checkURL(u)
	}
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(context.Cause(ctx), network.Close())
	}
	c.found.vary(c.gets)
	for _, w := range c.warnings.list {
		violated := slices.ContainsFunc(c.found.list, func(f *Finding) bool { return f.Kind == w.Kind })
		if !violated || w.Kind != KindNullAllowed {
			c.found.list = append(c.found.list, w)
		}
	}
	return c.found.list, network.Close()
}

// A checker is one run of [Policy.Check].
type checker struct {
	*plan
	ctx      context.Context
	network  *Network
	found    findings
	warnings findings
	gets     []Exchange // without preflights, for comparing them
}

// checkURL makes all probes of one URL.
func (c *checker) checkURL(u *url.URL) {
	for _, origin := range c.origins {
		for _, method := range c.methods {
			for _, h := range c.headerSets() {
				c.mustWork(u, Probe{Origin: origin, Method: method, Header: h})
				if c.Credentials {
					c.mustWork(u, Probe{Origin: origin, Method: method, Header: h, Credentials: true})
				}
			}
		}
		for _, method := range c.denyMethods {
			c.mustNotGrant(u, Probe{Origin: origin, Method: method}, KindMethodAllowed, method)
		}
		for _, h := range c.denyHeaders {
			for name := range h {
				c.mustNotGrant(u, Probe{Origin: origin, Method: c.methods[0], Header: h}, KindHeaderAllowed, name)
			}
		}
		if !c.Credentials {
			c.mustNotTakeCookies(u, origin)
		}
	}
	for _, origin := range c.denied {
		c.mustRefuse(u, origin)
	}
	if c.any {
		c.mustNotReflect(u)
	}
	// A page of the server's own origin sends no Origin: a cache may keep what it
	// gets for others.
	c.probe(u, Probe{Origin: c.server, Method: http.MethodGet})
}

// headerSets returns the header combinations that have to work: none, each alone,
// all of them.
func (c *checker) headerSets() []http.Header {
	sets := append([]http.Header{nil}, c.headers...)
	if len(c.headers) > 1 {
		all := make(http.Header)
		for _, h := range c.headers {
			maps.Copy(all, h)
		}
		sets = append(sets, all)
	}
	return sets
}

// A probed is the result of a probe.
type probed struct {
	browser   *Browser
	page      *Page
	url       *url.URL
	probe     Probe
	exchanges []Exchange
	err       error // a *Failure
}

// preflightPassed reports whether there was a preflight that granted the request.
func (r *probed) preflightPassed() bool {
	f, failed := errors.AsType[*Failure](r.err)
	return len(r.exchanges) > 0 && r.exchanges[0].Preflight && !(failed && f.NetworkError.Preflight)
}

// probe makes a request as a page of a new browser profile.
func (c *checker) probe(u *url.URL, p Probe) *probed {
	p.URL = u.String()
	r := &probed{browser: &Browser{Network: c.network, Clock: new(Clock)}, url: u, probe: p}
	// The origins of a plan are valid.
	r.page = r.browser.OpenAs(&fetch.Environment{Origin: fetch.MustParseOrigin(p.Origin)})
	if p.Credentials {
		r.browser.jar.SetCookies(u, []*http.Cookie{cookieFor(u)})
	}
	c.send(r)
	for _, x := range r.exchanges {
		c.warnings.warn(x)
	}
	return r
}

// cookieFor returns a cookie that reaches u from as many pages as can be.
func cookieFor(u *url.URL) *http.Cookie {
	c := &http.Cookie{Name: "fetchtest", Value: "1", Path: "/", HttpOnly: true}
	if u.Scheme == "https" {
		c.Secure, c.SameSite = true, http.SameSiteNoneMode
	}
	return c
}

// send makes the request of r's probe, once more if it has been made.
func (c *checker) send(r *probed) {
	p := r.probe
	params := &fetch.Params{Environment: r.page.Environment}
	if p.Credentials {
		params.Credentials = fetch.CredentialsInclude
	}
	var body any
	if p.Header.Get("Content-Type") != "" && p.Method != http.MethodGet && p.Method != http.MethodHead {
		body = []byte("{}")
	}
	s := newStory(params)
	req, err := newRequest(s.attach(c.ctx), r.url, p.Method, p.Header, body)
	if err != nil {
		r.err = err
		return
	}
	resp, err := r.browser.do(req, params, s)
	r.err, r.exchanges = err, s.all()
	if err == nil {
		resp.Body.Close()
	}
	for _, x := range r.exchanges {
		if x.Method == http.MethodGet {
			c.gets = append(c.gets, x)
		}
	}
}

// report adds a finding that r has shown.
func (c *checker) report(kind Kind, key string, r *probed, build func() *Finding) {
	c.found.add(kind, key, []Probe{r.probe}, build)
}

// mustWork makes a probe that has to succeed.
func (c *checker) mustWork(u *url.URL, p Probe) {
	r := c.probe(u, p)
	if r.err != nil {
		c.refused(r)
		return
	}
	last := r.exchanges[len(r.exchanges)-1]
	for _, name := range c.Expose {
		if corscheck.Exposed(last.ResponseHeader, p.Credentials).Readable(name) {
			continue
		}
		c.report(KindNotExposed, name, r, func() *Finding {
			return &Finding{
				Message: fmt.Sprintf("a page cannot read %s of the answer to %s", name, r.probe),
				Fix:     []string{"Access-Control-Expose-Headers: " + strings.Join(c.Expose, ", ")},
				Story:   tell(r.exchanges...),
			}
		})
	}
	if c.MaxAge > 0 && r.exchanges[0].Preflight {
		c.mustBeCached(r)
	}
}

// refused reports a probe that failed and should not have.
func (c *checker) refused(r *probed) {
	f, ok := errors.AsType[*Failure](r.err)
	if !ok || c.ctx.Err() != nil {
		return
	}
	e := f.NetworkError
	if e.Reason == fetch.ReasonAuthorization && c.wildcard(f) {
		return // warn has said so
	}
	c.report(KindRefused, fmt.Sprint(e.Reason, e.Preflight, e.Name, isRedirect(e.Status)), r, func() *Finding {
		return &Finding{Message: fmt.Sprintf("a browser refuses %s", r.probe), Story: f.Error(), Err: f}
	})
}

// wildcard reports whether the preflight that was refused grants any header by *.
func (c *checker) wildcard(f *Failure) bool {
	granted, _ := header.Values(nil, f.Exchanges[len(f.Exchanges)-1].ResponseHeader, allowHeaders)
	return containsFold(granted, "*")
}

// mustBeCached repeats a probe just before the grant of its preflight has to expire.
func (c *checker) mustBeCached(r *probed) {
	first := r.exchanges
	r.browser.Clock.Advance(min(c.MaxAge, chromiumMaxAge) - time.Second)
	c.send(r)
	if len(r.exchanges) == 0 || !r.exchanges[0].Preflight {
		return
	}
	c.report(KindNotCached, "", r, func() *Finding {
		return &Finding{
			Message: fmt.Sprintf("a browser has to ask again within %v for %s", c.MaxAge, r.probe),
			Fix:     []string{fmt.Sprintf("Access-Control-Max-Age: %d", int(c.MaxAge/time.Second))},
			Story:   tell(first[0]),
		}
	})
}

// mustRefuse makes the probes of an origin that is not allowed.
func (c *checker) mustRefuse(u *url.URL, origin string) {
	for _, credentials := range []bool{false, true} {
		for _, p := range c.hostile(origin, credentials) {
			r := c.probe(u, p)
			if r.err != nil && !r.preflightPassed() {
				continue
			}
			kind, and := KindOriginAllowed, ""
			switch {
			case origin == "null":
				kind, and = KindNullAllowed, "; every page can have the origin null"
			case origin == stranger && credentials && reflects(r):
				kind, and = KindReflectedOrigin, "; it repeats whatever origin asks, so every page may act as the user"
			}
			c.report(kind, "", r, func() *Finding {
				return &Finding{Story: tell(r.exchanges...),
					Message: fmt.Sprintf("the server allows %s, which the policy does not%s", r.probe, and)}
			})
		}
	}
}

// hostile returns what a page that is not allowed would try: to read, and to send
// what needs a preflight.
func (c *checker) hostile(origin string, credentials bool) []Probe {
	out := []Probe{{Origin: origin, Method: http.MethodGet, Credentials: credentials}}
	for _, m := range c.methods {
		if !corscheck.SafelistedMethod(m) {
			return append(out, Probe{Origin: origin, Method: m, Credentials: credentials})
		}
	}
	for _, h := range c.headers {
		if len(header.UnsafeNames(nil, h)) > 0 {
			return append(out, Probe{Origin: origin, Method: http.MethodGet, Header: h, Credentials: credentials})
		}
	}
	return out
}

// reflects reports whether the last answer names the origin that asked.
func reflects(r *probed) bool {
	value, _ := header.Get(r.exchanges[len(r.exchanges)-1].ResponseHeader, allowOrigin)
	return value == r.probe.Origin
}

// mustNotReflect warns of a server for all origins that lets them use cookies.
func (c *checker) mustNotReflect(u *url.URL) {
	r := c.probe(u, Probe{Origin: stranger, Method: http.MethodGet, Credentials: true})
	if r.err != nil || !reflects(r) {
		return
	}
	c.report(KindReflectedOrigin, "", r, func() *Finding {
		return &Finding{Warning: true, Story: tell(r.exchanges...),
			Message: "the server repeats whatever origin asks, with credentials: every page may act as the user"}
	})
}

// mustNotGrant makes a probe whose preflight has to fail.
func (c *checker) mustNotGrant(u *url.URL, p Probe, kind Kind, name string) {
	r := c.probe(u, p)
	if !r.preflightPassed() {
		return
	}
	c.report(kind, name, r, func() *Finding {
		return &Finding{Story: tell(r.exchanges[0]),
			Message: fmt.Sprintf("the preflight grants %s, which the policy denies: %s", name, r.probe)}
	})
}

// mustNotTakeCookies makes a probe with credentials, which the policy does not have.
func (c *checker) mustNotTakeCookies(u *url.URL, origin string) {
	r := c.probe(u, Probe{Origin: origin, Method: http.MethodGet, Credentials: true})
	if r.err != nil {
		return
	}
	c.report(KindCredentialsAllowed, "", r, func() *Finding {
		return &Finding{Story: tell(r.exchanges...),
			Message: fmt.Sprintf("%s works, and the policy is without credentials", r.probe)}
	})
}
