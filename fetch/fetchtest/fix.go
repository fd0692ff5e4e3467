package fetchtest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
)

// The headers of the CORS protocol that a fix is made of.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
)

// A fixer repairs an answer until the checks of the CORS protocol pass. It asks
// package corscheck after each repair what is wrong next, so that nobody has to
// find out one line at a time.
type fixer struct {
	origin  string
	include bool
	header  http.Header // as it will be
	lines   []string    // what was changed
}

// fix returns what x's answer has to have, after e.
func fix(e *fetch.NetworkError, include bool, x Exchange) []string {
	if e.Reason == fetch.ReasonCORP {
		return []string{"Cross-Origin-Resource-Policy: cross-origin"}
	}
	f := &fixer{origin: e.Origin, include: include, header: x.ResponseHeader.Clone()}
	if f.header == nil || x.Status == 0 {
		return nil
	}
	switch {
	case e.Preflight:
		f.preflight(x)
	case corsReason(e.Reason):
		for range maxRepairs {
			o := corscheck.Check(f.origin, f.include, f.header)
			if o.OK() {
				break
			}
			f.repair(o, "", nil, "")
		}
	}
	return f.lines
}

// maxRepairs is more than there are things that can be wrong with one answer, but
// for header names: those it grants at once.
const maxRepairs = 10

// preflight repairs the answer to a preflight.
func (f *fixer) preflight(x Exchange) {
	method := x.Header.Get("Access-Control-Request-Method")
	unsafe, _ := header.Values(nil, x.Header, "Access-Control-Request-Headers")
	r := &corscheck.Request{Origin: f.origin, Credentials: f.include, Method: method, Unsafe: unsafe}
	status := x.Status
	for range maxRepairs {
		_, name, o := corscheck.Preflight(r, status, f.header)
		switch o {
		case corscheck.Allowed:
			return
		case corscheck.PreflightStatus:
			status = http.StatusNoContent
			f.lines = append(f.lines, "status 204")
		default:
			f.repair(o, name, unsafe, method)
		}
	}
}

// repair changes what o is about.
func (f *fixer) repair(o corscheck.Outcome, name string, unsafe []string, method string) {
	switch o {
	case corscheck.CredentialsNotAllowed:
		f.set(allowCredentials, "true")
	case corscheck.PreflightMalformed:
		f.set(name, "")
		if name == allowMethods && !corscheck.SafelistedMethod(method) {
			f.set(name, method)
		} else if name == allowHeaders && len(unsafe) > 0 {
			f.set(name, strings.Join(unsafe, ", "))
		}
	case corscheck.MethodNotAllowed:
		f.set(allowMethods, strings.Join(append(f.list(allowMethods), name), ", "))
	case corscheck.HeaderNotAllowed, corscheck.AuthorizationNotListed:
		granted := f.list(allowHeaders)
		for _, u := range unsafe {
			star := !f.include && slices.Contains(granted, "*") && !header.NonWildcardRequestName(u)
			if !star && !containsFold(granted, u) {
				granted = append(granted, u)
			}
		}
		f.set(allowHeaders, strings.Join(granted, ", "))
	default: // about the origin
		f.set(allowOrigin, f.origin)
		if vary := f.list("Vary"); !containsFold(vary, "Origin") && !slices.Contains(vary, "*") {
			f.set("Vary", strings.Join(append(vary, "Origin"), ", "))
		}
	}
}

// set makes value the only one of a header; "" removes it.
func (f *fixer) set(name, value string) {
	for key := range f.header {
		if asciix.EqualFold(key, name) {
			delete(f.header, key)
		}
	}
	prefix := name + ": "
	f.lines = slices.DeleteFunc(f.lines, func(line string) bool { return strings.HasPrefix(line, prefix) || line == "no "+name })
	if value == "" {
		f.lines = append(f.lines, "no "+name)
		return
	}
	f.header[name] = []string{value}
	f.lines = append(f.lines, prefix+value)
}

// list returns the names that a header lists, none if it is malformed.
func (f *fixer) list(name string) []string {
	values, _ := header.Values(nil, f.header, name)
	return values
}
