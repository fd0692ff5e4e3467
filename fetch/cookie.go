package fetch

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/corsengine/corsengine/internal/census"
	"github.com/corsengine/corsengine/internal/samesite"
)

// A SameSiteJar is an [http.CookieJar] that honours the SameSite attribute,
// which [cookiejar.Jar] stores but ignores. [Client] then calls these methods and
// not those of the CookieJar.
type SameSiteJar interface {
	http.CookieJar

	// CookiesFor returns the cookies for a request to u whose same-site mode is
	// level.
	CookiesFor(u *url.URL, level SameSite) []*http.Cookie

	// SetCookiesFor stores the cookies of a response from u. Those with
	// SameSite=Lax or Strict may be stored if level is [StrictOrLess] only.
	SetCookiesFor(u *url.URL, cookies []*http.Cookie, level SameSite)
}

// SameSite is the standard's same-site mode of a request.
//
// See https://fetch.spec.whatwg.org/#cookie-infrastructure.
type SameSite uint8

const (
	UnsetOrLess  SameSite = iota // cross-site: only SameSite=None and unset
	LaxOrLess                    // top-level navigation
	StrictOrLess                 // same-site
)

// String returns "unset-or-less", "lax-or-less" or "strict-or-less".
func (s SameSite) String() string { return samesite.Level(s).String() }

// The levels of package samesite are in the same order.
var _ = [1]struct{}{}[int(StrictOrLess)-int(samesite.StrictOrLess)]

// isTopLevel reports whether the request is for a top-level page.
func (f *state) isTopLevel() bool {
	return f.params.Mode == ModeNavigate && f.params.Destination == "document"
}

// setCookie makes Cookie in h what the jar has for the current URL. Without a jar,
// a Cookie that an http.Client above the engine put there stays.
func (f *state) setCookie(h http.Header) {
	if f.client.Jar == nil {
		return
	}
	delete(h, "Cookie")
	if cookie := cookieHeader(f.cookies()); cookie != "" {
		h["Cookie"] = []string{cookie}
	}
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

// cookies returns the jar's cookies for the hop.
func (f *state) cookies() []*http.Cookie {
	jar, ok := f.client.Jar.(SameSiteJar)
	if !ok {
		return f.client.Jar.Cookies(f.target)
	}
	return jar.CookiesFor(f.target, SameSite(f.cookieChain.Send(f.method, f.isTopLevel())))
}

// storeCookies stores the cookies of a response to a request with credentials.
func (f *state) storeCookies() {
	if f.client.Jar == nil {
		return
	}
	lines := f.census.Lines(census.SetCookie)
	if len(lines) == 0 {
		return
	}
	cookies := (&http.Response{Header: http.Header{"Set-Cookie": lines}}).Cookies()
	if len(cookies) == 0 {
		return
	}
	jar, ok := f.client.Jar.(SameSiteJar)
	if !ok {
		f.client.Jar.SetCookies(f.target, cookies)
		return
	}
	jar.SetCookiesFor(f.target, cookies, SameSite(f.cookieChain.Store(f.isTopLevel())))
}

// startCookieChain prepares for [state.passThrough] to look at where the request goes.
// Only a jar that wants to know makes it worth the look.
func (f *state) startCookieChain() {
	if _, ok := f.client.Jar.(SameSiteJar); !ok {
		return
	}
	f.sameSiteJar = true
	if f.env == nil {
		f.cookieChain = samesite.NoClient
		return
	}
	top := f.env.Origin
	if f.env.TopLevel.valid() {
		top = f.env.TopLevel
	}
	f.siteForCookies = samesite.SiteForCookies(f.list, f.env.Origin.tuple, top.tuple, f.env.CrossSiteAncestor)
}
