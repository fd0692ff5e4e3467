package run

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// A jar honours SameSite, as the browsers do: it has a [cookiejar.Jar] for each
// value of the attribute.
type jar struct {
	byLevel [3]*cookiejar.Jar // of those that UnsetOrLess, LaxOrLess and StrictOrLess add
}

func newJar() (*jar, error) {
	j := new(jar)
	for i := range j.byLevel {
		var err error
		if j.byLevel[i], err = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// add stores a cookie that the user has from an earlier visit.
func (j *jar) add(origin, path string, c scenario.Cookie) {
	u, err := url.Parse(origin)
	if err != nil {
		return
	}
	sameSite := map[string]http.SameSite{
		"none": http.SameSiteNoneMode, "lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode,
	}
	j.set(u, &http.Cookie{
		Name: c.Name, Value: c.Value, Path: path, Secure: c.Secure, HttpOnly: c.HTTPOnly, SameSite: sameSite[c.SameSite],
	})
}

// level returns from which level on a cookie is sent. A cookie without the
// attribute counts as Lax.
//
// See https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model.
func level(c *http.Cookie) fetch.SameSite {
	switch c.SameSite {
	case http.SameSiteNoneMode:
		return fetch.UnsetOrLess
	case http.SameSiteStrictMode:
		return fetch.StrictOrLess
	}
	return fetch.LaxOrLess
}

// secured returns u with the scheme https if it is on loopback, which the browsers
// take for a secure protocol in matters of cookies.
func secured(u *url.URL) *url.URL {
	if host := u.Hostname(); host != "localhost" && host != "127.0.0.1" {
		return u
	}
	v := *u
	v.Scheme = "https"
	return &v
}

func (j *jar) set(u *url.URL, c *http.Cookie) {
	u = secured(u)
	for i, other := range j.byLevel {
		if i == int(level(c)) {
			other.SetCookies(u, []*http.Cookie{c})
			continue
		}
		expired := *c
		expired.MaxAge = -1
		other.SetCookies(u, []*http.Cookie{&expired})
	}
}

// Cookies implements [http.CookieJar].
func (j *jar) Cookies(u *url.URL) []*http.Cookie { return j.CookiesFor(u, fetch.StrictOrLess) }

// SetCookies implements [http.CookieJar].
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.SetCookiesFor(u, cookies, fetch.StrictOrLess)
}

// CookiesFor implements [fetch.SameSiteJar].
func (j *jar) CookiesFor(u *url.URL, level fetch.SameSite) []*http.Cookie {
	var all []*http.Cookie
	for _, jar := range j.byLevel[:level+1] {
		all = slices.Concat(all, jar.Cookies(secured(u)))
	}
	return all
}

// SetCookiesFor implements [fetch.SameSiteJar].
func (j *jar) SetCookiesFor(u *url.URL, cookies []*http.Cookie, sent fetch.SameSite) {
	for _, c := range cookies {
		secure := secured(u).Scheme == "https"
		switch {
		case level(c) > fetch.UnsetOrLess && sent < fetch.StrictOrLess:
		case c.SameSite == http.SameSiteNoneMode && !c.Secure:
		case c.Secure && !secure:
		default:
			j.set(u, c)
		}
	}
}
