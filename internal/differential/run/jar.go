package run

import (
	"net/http"
	"net/url"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// A jar is one to which http on loopback is a secure protocol, as it is to the
// browsers.
type jar struct{ fetchtest.Jar }

// add stores a cookie that the user has from an earlier visit.
func (j *jar) add(origin, path string, c scenario.Cookie) error {
	u, err := url.Parse(origin)
	if err != nil {
		return err
	}
	sameSite := map[string]http.SameSite{
		"none": http.SameSiteNoneMode, "lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode,
	}
	j.SetCookiesFor(u, []*http.Cookie{{
		Name: c.Name, Value: c.Value, Path: path, Secure: c.Secure, HttpOnly: c.HTTPOnly, SameSite: sameSite[c.SameSite],
	}}, fetch.StrictOrLess)
	return nil
}

// CookiesFor implements [fetch.SameSiteJar].
func (j *jar) CookiesFor(u *url.URL, level fetch.SameSite) []*http.Cookie {
	return j.Jar.CookiesFor(secured(u), level)
}

// SetCookiesFor implements [fetch.SameSiteJar].
func (j *jar) SetCookiesFor(u *url.URL, cookies []*http.Cookie, level fetch.SameSite) {
	j.Jar.SetCookiesFor(secured(u), cookies, level)
}

// secured returns u with the scheme https if it is on loopback.
func secured(u *url.URL) *url.URL {
	if host := u.Hostname(); host != "localhost" && host != "127.0.0.1" {
		return u
	}
	v := *u
	v.Scheme = "https"
	return &v
}
