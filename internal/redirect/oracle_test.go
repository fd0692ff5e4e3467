package redirect

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/weburl"
)

// A request is the part of the standard's request that redirects read or write,
// in the standard's own terms. Its methods are the slow oracle.
type request struct {
	origin   string // "null" if opaque, and then that of no URL
	urls     []weburl.URL
	mode     string
	tainting string
	method   string
	body     *body
	headers  map[string]bool // lowercase names
	count    int
}

type body struct{ source bool }

func (r *request) current() weburl.URL { return r.urls[len(r.urls)-1] }

// state returns r as Follow takes it.
func (r *request) state() State {
	s := State{
		URL:     r.current(),
		CORS:    r.mode == "cors",
		Tainted: r.tainting == "cors",
		Method:  r.method,
		Count:   r.count,
		Taint:   r.taint(),
	}
	if r.origin != "null" {
		s.Origin = r.origin
	}
	switch {
	case r.body == nil:
		s.Body = NoBody
	case r.body.source:
		s.Body = Replayable
	default:
		s.Body = Consumed
	}
	return s
}

// follow is the part of HTTP-redirect fetch that changes the request. It returns
// the rule that makes it a network error.
//
// See https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func (r *request) follow(status int, location weburl.URL) string {
	if location.Scheme() != "http" && location.Scheme() != "https" {
		return "not-http"
	}
	if r.count == 20 {
		return "too-many"
	}
	r.count++
	credentials := location.Username() != "" || location.Password() != ""
	if r.mode == "cors" && credentials && !r.sameOriginWith(location) {
		return "credentials"
	}
	if r.tainting == "cors" && credentials {
		return "credentials"
	}
	if status != 303 && r.body != nil && !r.body.source {
		return "no-source"
	}
	if (status == 301 || status == 302) && r.method == "POST" ||
		status == 303 && !(r.method == "GET" || r.method == "HEAD") {
		r.method, r.body = "GET", nil
		for _, name := range []string{"content-encoding", "content-language", "content-location", "content-type"} {
			delete(r.headers, name)
		}
	}
	if !sameOrigin(r.current(), location) {
		delete(r.headers, "authorization")
	}
	r.urls = append(r.urls[:len(r.urls):len(r.urls)], location)
	return ""
}

// enter is the part of main fetch that decides on the response tainting of the
// current URL. It reports whether the URL is fetched.
//
// See https://fetch.spec.whatwg.org/#concept-main-fetch.
func (r *request) enter(redirectMode string) bool {
	switch {
	case r.sameOriginWith(r.current()) && r.tainting == "basic", r.mode == "navigate":
		r.tainting = "basic"
	case r.mode == "same-origin":
		return false
	case r.mode == "no-cors":
		if redirectMode != "follow" {
			return false
		}
		r.tainting = "opaque"
	default:
		r.tainting = "cors"
	}
	return true
}

func (r *request) sameOriginWith(u weburl.URL) bool {
	if r.origin == "null" {
		return false
	}
	o, err := weburl.Parse(r.origin, nil)
	return err == nil && sameOrigin(o, u)
}

// sameOrigin compares the origins of two HTTP(S) URLs component by component.
func sameOrigin(a, b weburl.URL) bool {
	return a.Scheme() == b.Scheme() && a.Host() == b.Host() && a.EffectivePort() == b.EffectivePort()
}

// taint computes the redirect-taint from the URL list.
//
// See https://fetch.spec.whatwg.org/#concept-request-tainted-origin.
func (r *request) taint() site.Taint {
	taint := site.SameOrigin
	for i, u := range r.urls {
		if i == 0 {
			continue
		}
		last := r.urls[i-1]
		if !sameSite(u, last) && !r.sameSiteWith(last) {
			return site.CrossSite
		}
		if !sameOrigin(u, last) && !r.sameOriginWith(last) {
			taint = site.SameSite
		}
	}
	return taint
}

func (r *request) sameSiteWith(u weburl.URL) bool {
	if r.origin == "null" {
		return false
	}
	o, err := weburl.Parse(r.origin, nil)
	return err == nil && sameSite(o, u)
}

func sameSite(a, b weburl.URL) bool {
	return a.Scheme() == b.Scheme() && registrable(a.Hostname()) == registrable(b.Hostname())
}

// registrable returns the registrable domain of host, or host if it has none.
func registrable(host string) string {
	if net.ParseIP(host) != nil {
		return host
	}
	name, dot := strings.CutSuffix(host, ".")
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return host
	}
	if dot {
		domain += "."
	}
	return domain
}

// oracleLocation is the location URL of a response. The base has the request's
// fragment.
//
// See https://fetch.spec.whatwg.org/#concept-response-location-url.
func oracleLocation(h http.Header, base weburl.URL) (u weburl.URL, ok bool, err error) {
	var values []string
	for name, lines := range h {
		if strings.ToLower(name) == "location" {
			values = append(values, lines...)
		}
	}
	if len(values) == 0 {
		return weburl.URL{}, false, nil
	}
	if len(values) > 1 {
		return weburl.URL{}, true, errors.New("failure")
	}
	value := ""
	for _, b := range []byte(values[0]) {
		if b < 0x80 {
			value += string(rune(b))
		} else {
			value += "%" + strings.ToUpper(string("0123456789abcdef"[b/16])+string("0123456789abcdef"[b%16]))
		}
	}
	if u, err = weburl.Parse(value, &base); err != nil {
		return weburl.URL{}, true, err
	}
	before, requestFragment, hasRequestFragment := strings.Cut(base.String(), "#")
	if before != base.WithoutFragment() {
		return weburl.URL{}, true, errors.New("# in what is before the fragment")
	}
	if !strings.Contains(u.String(), "#") && hasRequestFragment {
		u, err = weburl.Parse(u.String()+"#"+requestFragment, nil)
	}
	return u, true, err
}
