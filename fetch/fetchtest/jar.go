package fetchtest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
)

// A Jar is the cookies of one browser profile, in memory. It is a [cookiejar.Jar]
// to which is added what that leaves out of RFC 6265bis: SameSite, where an absent
// attribute means Lax, the prefixes __Secure- and __Host-, SameSite=None being for
// Secure cookies only, Secure cookies being for https: to set and to replace, the
// limit of 400 days, and a clock.
//
// Browsers differ in what an absent SameSite means: this is the rule of RFC 6265bis
// and of Chromium, without Chromium's two minutes of grace for POST. To Firefox and
// Safari such a cookie is one with SameSite=None.
//
// The zero Jar is empty and ready to use. It is safe for concurrent use and must
// not be copied or modified after first use.
//
// See https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis.
type Jar struct {
	// Now returns the current time. Nil means time.Now.
	Now func() time.Time

	mu  sync.Mutex     // guards jar, and makes a look before a change one step
	jar *cookiejar.Jar // values are sealed
}

var _ fetch.SameSiteJar = (*Jar)(nil)

// SetCookies implements [http.CookieJar], as for a response of the same site.
func (j *Jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.SetCookiesFor(u, cookies, fetch.StrictOrLess)
}

// Cookies implements [http.CookieJar], as for a request of the same site.
func (j *Jar) Cookies(u *url.URL) []*http.Cookie {
	return j.CookiesFor(u, fetch.StrictOrLess)
}

// SetCookiesFor implements [fetch.SameSiteJar].
//
// See https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.7.
func (j *Jar) SetCookiesFor(u *url.URL, cookies []*http.Cookie, level fetch.SameSite) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	accepted := make([]*http.Cookie, 0, len(cookies))
	for _, c := range cookies {
		if c == nil || !acceptable(u, c, level) || u.Scheme != "https" && j.hasSecure(u, c.Name) {
			continue
		}
		stored := *c
		expires, expired := expiry(c, now)
		stored.Value = sealed{
			enforce: enforcement(c),
			secure:  c.Secure,
			expires: expires,
			value:   c.Value,
		}.String()
		// The jar inside has another clock: to it all cookies are of the session,
		// or gone.
		stored.Expires, stored.MaxAge = time.Time{}, 0
		if expired {
			stored.MaxAge = -1
		}
		accepted = append(accepted, &stored)
	}
	if len(accepted) > 0 {
		j.inner().SetCookies(u, accepted)
	}
}

// CookiesFor implements [fetch.SameSiteJar].
//
// Deviation: a cookie without SameSite is sent as one with Lax is, not as the name
// of [fetch.UnsetOrLess] has it; see [Jar].
//
// See https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.8.3.
func (j *Jar) CookiesFor(u *url.URL, level fetch.SameSite) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.jar == nil {
		return nil
	}
	now := j.now()
	var out []*http.Cookie
	for _, c := range j.jar.Cookies(u) {
		s := unseal(c.Value)
		if s.expiredAt(now) || s.enforce > level {
			continue
		}
		c.Value = s.value
		out = append(out, c)
	}
	return out
}

func (j *Jar) now() time.Time {
	if j.Now != nil {
		return j.Now()
	}
	return time.Now()
}

// inner returns the jar inside. The mutex must be held.
func (j *Jar) inner() *cookiejar.Jar {
	if j.jar == nil {
		// New returns no error.
		j.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	}
	return j.jar
}

// hasSecure reports whether there is a Secure cookie of the given name for u, if u
// were https. Plain HTTP must not replace it. The mutex must be held.
func (j *Jar) hasSecure(u *url.URL, name string) bool {
	if j.jar == nil {
		return false
	}
	secure := *u
	secure.Scheme = "https"
	for _, c := range j.jar.Cookies(&secure) {
		if s := unseal(c.Value); c.Name == name && s.secure && !s.expiredAt(j.now()) {
			return true
		}
	}
	return false
}

// maxCookie is how long name and value may be together, maxAge how long a cookie
// lives at most.
//
// See https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.5.
const (
	maxCookie = 4096
	maxAge    = 400 * 24 * time.Hour
)

// acceptable reports whether a response from u may set c at all.
func acceptable(u *url.URL, c *http.Cookie, level fetch.SameSite) bool {
	switch {
	case len(c.Name)+len(c.Value) > maxCookie:
		return false
	case c.Secure && u.Scheme != "https":
		return false
	case c.SameSite == http.SameSiteNoneMode && !c.Secure:
		return false
	case c.SameSite != http.SameSiteNoneMode && level != fetch.StrictOrLess:
		return false
	case hasPrefixFold(c.Name, "__Secure-"):
		return c.Secure
	case hasPrefixFold(c.Name, "__Host-"):
		return c.Secure && c.Domain == "" && c.Path == "/"
	}
	return true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// enforcement returns the lowest level of requests that carry c.
func enforcement(c *http.Cookie) fetch.SameSite {
	switch c.SameSite {
	case http.SameSiteStrictMode:
		return fetch.StrictOrLess
	case http.SameSiteNoneMode:
		return fetch.UnsetOrLess
	}
	return fetch.LaxOrLess
}

// expiry returns when c expires, the zero time for never, or reports that it does
// at once.
func expiry(c *http.Cookie, now time.Time) (at time.Time, expired bool) {
	switch {
	case c.MaxAge < 0:
		return time.Time{}, true
	case c.MaxAge > 0:
		at = now.Add(min(time.Duration(min(c.MaxAge, 1<<31))*time.Second, maxAge))
	case !c.Expires.IsZero():
		at = c.Expires
		if latest := now.Add(maxAge); at.After(latest) {
			at = latest
		}
	default:
		return time.Time{}, false
	}
	return at, !at.After(now)
}

// A sealed is the value of a cookie together with those of its attributes that
// [cookiejar.Jar] does not give back. It is what is stored as the value.
type sealed struct {
	enforce fetch.SameSite
	secure  bool
	expires time.Time // zero for never
	value   string
}

func (s sealed) expiredAt(now time.Time) bool { return !s.expires.IsZero() && !now.Before(s.expires) }

// String returns the sealed value: level, a digit; secure, a digit; expiry in
// nanoseconds, or nothing; a dot; the value.
func (s sealed) String() string {
	secure := "0"
	if s.secure {
		secure = "1"
	}
	expires := ""
	if !s.expires.IsZero() {
		expires = strconv.FormatInt(s.expires.UnixNano(), 10)
	}
	return strconv.Itoa(int(s.enforce)) + secure + expires + "." + s.value
}

// unseal is the inverse of [sealed.String].
func unseal(text string) sealed {
	head, value, _ := strings.Cut(text, ".")
	s := sealed{enforce: fetch.SameSite(head[0] - '0'), secure: head[1] == '1', value: value}
	if ns, err := strconv.ParseInt(head[2:], 10, 64); err == nil {
		s.expires = time.Unix(0, ns)
	}
	return s
}
