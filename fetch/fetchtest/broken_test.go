package fetchtest_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

const app = "https://app.example"

// A cors is CORS middleware that can be broken in one place. Its zero value is
// correct.
type cors struct {
	allows func(origin string) bool // nil for exactly app and admin.example
	edit   func(h http.Header, r *http.Request, preflight bool)
	answer func(w http.ResponseWriter, r *http.Request) bool // a preflight; true if it did
}

// serve is the API behind the middleware: it has a page that is missing, one that
// fails, one that wants a login, one that has moved, and sends what the policy
// wants to be readable.
func serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Etag", `"1"`)
	w.Header().Set("X-Total", "12")
	switch r.URL.Path {
	case "/items":
	case "/fails":
		http.Error(w, "no", http.StatusInternalServerError)
	case "/login":
		http.Error(w, "who", http.StatusUnauthorized)
	case "/old":
		http.Redirect(w, r, "/items", http.StatusPermanentRedirect)
	default:
		http.NotFound(w, r)
	}
}

func (c cors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	allows := c.allows
	if allows == nil {
		allows = func(o string) bool { return o == app || o == "https://admin.example" }
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	if allows(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		if preflight {
			h.Set("Access-Control-Allow-Methods", "GET, PUT, PATCH")
			h.Set("Access-Control-Allow-Headers", "content-type, authorization, x-token")
			h.Set("Access-Control-Max-Age", "600")
		} else {
			h.Set("Access-Control-Expose-Headers", "X-Total, ETag")
		}
	}
	if c.edit != nil {
		c.edit(h, r, preflight)
	}
	if preflight {
		if c.answer == nil || !c.answer(w, r) {
			w.WriteHeader(http.StatusNoContent)
		}
		return
	}
	serve(w, r)
}

// policy is what the correct middleware does.
func policy() *fetchtest.Policy {
	return &fetchtest.Policy{
		Server:      "https://api.example",
		Paths:       []string{"/items", "/missing", "/fails", "/login", "/old"},
		Origins:     []string{app, "https://admin.example"},
		Methods:     []string{"GET", "POST", "put", "PATCH"},
		Headers:     []string{"Content-Type", "Authorization", "X-Token: 1"},
		Credentials: true,
		Expose:      []string{"X-Total", "ETag"},
		MaxAge:      600e9,
		DenyOrigins: []string{"https://partner.example"},
		DenyMethods: []string{"DELETE"},
		DenyHeaders: []string{"X-Debug"},
	}
}

// only edits the answers to preflights, or all but those.
func only(preflights bool, f func(h http.Header)) func(http.Header, *http.Request, bool) {
	return func(h http.Header, _ *http.Request, preflight bool) {
		if preflight == preflights {
			f(h)
		}
	}
}

func set(name, value string) func(http.Header) {
	return func(h http.Header) { h.Set(name, value) }
}

// always edits all answers to requests of allowed origins.
func always(f func(h http.Header)) func(http.Header, *http.Request, bool) {
	return func(h http.Header, _ *http.Request, _ bool) {
		if h.Get("Access-Control-Allow-Origin") != "" {
			f(h)
		}
	}
}

func status(code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
}

// Each way to break the middleware is found, as what it is, and nothing else is.
func TestPolicyFinds(t *testing.T) {
	const (
		check    = "https://fetch.spec.whatwg.org/#concept-cors-check"
		pre      = "https://fetch.spec.whatwg.org/#cors-preflight-fetch"
		caches   = "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"
		withCred = "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials"
	)
	tests := []struct {
		name   string
		source string
		server http.Handler
		kind   fetchtest.Kind
		reason fetch.Reason
		origin string   // of the first probe, "" for app
		fix    []string // that Failure.Fix or Finding.Fix must contain
		also   []fetchtest.Kind
	}{
		{name: "no headers on errors", source: check,
			server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				cors{}.ServeHTTP(&onlyOK{ResponseWriter: w}, r)
			}),
			kind: fetchtest.KindRefused, reason: fetch.ReasonMissingAllowOrigin,
			fix: []string{"Access-Control-Allow-Origin: https://app.example"}},
		{name: "no Vary", source: caches,
			server: cors{edit: func(h http.Header, _ *http.Request, _ bool) {
				h.Del("Vary")
				h.Set("Cache-Control", "max-age=60")
			}},
			kind: fetchtest.KindMissingVary, fix: []string{"Vary: Origin"}},
		{name: "no Vary without Origin", source: caches,
			server: cors{edit: func(h http.Header, r *http.Request, _ bool) {
				if r.Header.Get("Origin") == "" {
					h.Set("Vary", "Accept-Encoding")
				}
			}},
			kind: fetchtest.KindMissingVary, origin: "https://api.example", fix: []string{"Vary: Accept-Encoding, Origin"}},
		{name: "wildcard with credentials", source: withCred,
			server: cors{edit: always(set("Access-Control-Allow-Origin", "*"))},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonWildcardCredentials,
			fix: []string{"Access-Control-Allow-Origin: https://app.example"}},
		{name: "preflight wants a login", source: pre, server: cors{answer: status(401)},
			kind: fetchtest.KindRefused, reason: fetch.ReasonPreflightStatus, fix: []string{"status 204"}},
		{name: "preflight not found", source: pre, server: cors{answer: status(404)},
			kind: fetchtest.KindRefused, reason: fetch.ReasonPreflightStatus, fix: []string{"status 204"}},
		{name: "preflight method not allowed", source: pre, server: cors{answer: status(405)},
			kind: fetchtest.KindRefused, reason: fetch.ReasonPreflightStatus, fix: []string{"status 204"}},
		{name: "preflight redirects", source: pre,
			server: cors{answer: func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, "/items/", http.StatusMovedPermanently)
				return true
			}},
			kind: fetchtest.KindRefused, reason: fetch.ReasonPreflightStatus, fix: []string{"status 204"}},
		{name: "header list incomplete", source: pre,
			server: cors{edit: only(true, set("Access-Control-Allow-Headers", "content-type, authorization"))},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonHeaderNotAllowed,
			fix: []string{"Access-Control-Allow-Headers: content-type, authorization, x-token"}},
		{name: "method in lowercase", source: pre,
			server: cors{edit: only(true, set("Access-Control-Allow-Methods", "GET, PUT, patch"))},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonMethodNotAllowed,
			fix: []string{"Access-Control-Allow-Methods: GET, PUT, patch, PATCH"}},
		{name: "methods by wildcard with credentials", source: pre,
			server: cors{edit: func(h http.Header, r *http.Request, preflight bool) {
				if preflight && r.Header.Get("Access-Control-Request-Method") != "DELETE" {
					h.Set("Access-Control-Allow-Methods", "*")
				}
			}},
			kind: fetchtest.KindRefused, reason: fetch.ReasonMethodNotAllowed,
			fix: []string{"Access-Control-Allow-Methods: *, PUT"}},
		{name: "origin compared by prefix", source: check,
			server: cors{allows: func(o string) bool { return strings.HasPrefix(o, app) || o == "https://admin.example" }},
			kind:   fetchtest.KindOriginAllowed, origin: "https://app.example.evil.example"},
		{name: "origin compared by suffix", source: check,
			server: cors{allows: func(o string) bool { return strings.HasSuffix(o, "app.example") || o == "https://admin.example" }},
			kind:   fetchtest.KindOriginAllowed, origin: "https://evilapp.example"},
		{name: "any subdomain allowed", source: check,
			server: cors{allows: func(o string) bool {
				return o == app || o == "https://admin.example" || strings.HasPrefix(o, "https://") && strings.HasSuffix(o, ".app.example")
			}},
			kind: fetchtest.KindOriginAllowed, origin: "https://evil.app.example"},
		{name: "dot in a pattern not escaped", source: check,
			server: cors{allows: func(o string) bool {
				return o == app || o == "https://appxexample" || o == "https://admin.example"
			}},
			kind: fetchtest.KindOriginAllowed, origin: "https://appxexample"},
		{name: "scheme not compared", source: check,
			server: cors{allows: func(o string) bool { return strings.HasSuffix(o, "://app.example") || o == "https://admin.example" }},
			kind:   fetchtest.KindOriginAllowed, origin: "http://app.example"},
		{name: "port not compared", source: check,
			server: cors{allows: func(o string) bool {
				return o == app || strings.HasPrefix(o, app+":") || o == "https://admin.example"
			}},
			kind: fetchtest.KindOriginAllowed, origin: "https://app.example:8443"},
		{name: "denied origin allowed", source: check,
			server: cors{allows: func(o string) bool {
				return o == app || o == "https://partner.example" || o == "https://admin.example"
			}},
			kind: fetchtest.KindOriginAllowed, origin: "https://partner.example"},
		{name: "null allowed", source: check,
			server: cors{allows: func(o string) bool { return o == app || o == "null" || o == "https://admin.example" }},
			kind:   fetchtest.KindNullAllowed, origin: "null"},
		{name: "one origin forgotten", source: check,
			server: cors{allows: func(o string) bool { return o == app }},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonMissingAllowOrigin, origin: "https://admin.example"},
		{name: "always the same origin", source: check,
			server: cors{edit: always(set("Access-Control-Allow-Origin", app))},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonOriginMismatch, origin: "https://admin.example",
			fix: []string{"Access-Control-Allow-Origin: https://admin.example"}},
		{name: "origin with a slash", source: check,
			server: cors{edit: always(func(h http.Header) {
				h.Set("Access-Control-Allow-Origin", h.Get("Access-Control-Allow-Origin")+"/")
			})},
			kind: fetchtest.KindRefused, reason: fetch.ReasonOriginMismatch},
		{name: "duplicate Access-Control-Allow-Origin", source: check,
			server: cors{edit: always(func(h http.Header) { h.Add("Access-Control-Allow-Origin", app) })},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonMultipleAllowOrigin},
		{name: "list of origins", source: check,
			server: cors{edit: always(set("Access-Control-Allow-Origin", app+", https://admin.example"))},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonMultipleAllowOrigin},
		{name: "credentials True", source: withCred,
			server: cors{edit: always(set("Access-Control-Allow-Credentials", "True"))},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonCredentials,
			fix: []string{"Access-Control-Allow-Credentials: true"}},
		{name: "credentials on preflights only", source: withCred,
			server: cors{edit: only(false, func(h http.Header) { h.Del("Access-Control-Allow-Credentials") })},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonCredentials},
		{name: "any origin reflected", source: withCred,
			server: cors{allows: func(o string) bool { return o != "" && o != "null" }},
			kind:   fetchtest.KindOriginAllowed, origin: "https://partner.example",
			also: []fetchtest.Kind{fetchtest.KindReflectedOrigin}},
		{name: "CORS on preflights only", source: check,
			server: cors{edit: only(false, func(h http.Header) { h.Del("Access-Control-Allow-Origin") })},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonMissingAllowOrigin},
		{name: "CORS not on preflights", source: pre,
			server: cors{edit: only(true, func(h http.Header) { h.Del("Access-Control-Allow-Origin") })},
			kind:   fetchtest.KindRefused, reason: fetch.ReasonMissingAllowOrigin},
		{name: "malformed method list", source: pre,
			server: cors{edit: only(true, func(h http.Header) {
				if h.Get("Access-Control-Allow-Methods") != "" {
					h.Set("Access-Control-Allow-Methods", "GET; PUT; PATCH")
				}
			})},
			kind: fetchtest.KindRefused, reason: fetch.ReasonPreflightMalformed},
		{name: "malformed header list", source: pre,
			server: cors{edit: only(true, func(h http.Header) {
				if h.Get("Access-Control-Allow-Headers") != "" {
					h.Set("Access-Control-Allow-Headers", `["content-type"]`)
				}
			})},
			kind: fetchtest.KindRefused, reason: fetch.ReasonPreflightMalformed},
		{name: "redirect without CORS headers", source: "https://fetch.spec.whatwg.org/#http-fetch",
			server: cors{edit: func(h http.Header, r *http.Request, preflight bool) {
				if !preflight && r.URL.Path == "/old" {
					h.Del("Access-Control-Allow-Origin")
				}
			}},
			kind: fetchtest.KindRefused, reason: fetch.ReasonMissingAllowOrigin},
		{name: "header not exposed", source: "https://fetch.spec.whatwg.org/#http-access-control-expose-headers",
			server: cors{edit: only(false, set("Access-Control-Expose-Headers", "X-Total"))},
			kind:   fetchtest.KindNotExposed, fix: []string{"Access-Control-Expose-Headers: X-Total, ETag"}},
		{name: "headers exposed by wildcard with credentials", source: "https://fetch.spec.whatwg.org/#http-access-control-expose-headers",
			server: cors{edit: only(false, set("Access-Control-Expose-Headers", "*"))},
			kind:   fetchtest.KindNotExposed},
		{name: "denied method granted", source: pre,
			server: cors{edit: only(true, set("Access-Control-Allow-Methods", "GET, PUT, PATCH, DELETE"))},
			kind:   fetchtest.KindMethodAllowed},
		{name: "denied header granted", source: pre,
			server: cors{edit: only(true, set("Access-Control-Allow-Headers", "content-type, authorization, x-token, x-debug"))},
			kind:   fetchtest.KindHeaderAllowed},
		{name: "preflight not cached", source: "https://fetch.spec.whatwg.org/#http-access-control-max-age",
			server: cors{edit: only(true, set("Access-Control-Max-Age", "60"))},
			kind:   fetchtest.KindNotCached, fix: []string{"Access-Control-Max-Age: 600"}},
		{name: "handler panics", source: "https://pkg.go.dev/net/http#Handler",
			server: cors{edit: func(_ http.Header, r *http.Request, preflight bool) {
				if r.Method == "PATCH" {
					panic("no patches")
				}
			}},
			kind: fetchtest.KindRefused, reason: fetch.ReasonTransport},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("the case has no source")
			}
			found, err := policy().Check(t.Context(), tt.server)
			if err != nil {
				t.Fatal(err)
			}
			var f *fetchtest.Finding
			for _, one := range found {
				switch {
				case one.Kind == tt.kind && f == nil:
					f = one
				case one.Kind == tt.kind || slices.Contains(tt.also, one.Kind):
				default:
					t.Errorf("also found:\n%v", one)
				}
			}
			if f == nil {
				t.Fatalf("not found: %s; but %v", tt.kind, found)
			}
			if tt.reason != "" && !errors.Is(f, tt.reason) {
				t.Errorf("the reason is not %s:\n%v", tt.reason, f)
			}
			origin := tt.origin
			if origin == "" {
				origin = app
			}
			if tt.kind != fetchtest.KindMissingVary || tt.origin != "" {
				if f.Probes[0].Origin != origin {
					t.Errorf("found with %s; want a probe of %s", f.Probes[0], origin)
				}
			}
			fix := f.Fix
			if failure, ok := errors.AsType[*fetchtest.Failure](f); ok {
				fix = failure.Fix()
			}
			for _, line := range tt.fix {
				if !slices.Contains(fix, line) || !strings.Contains(f.Error(), line) {
					t.Errorf("the fix %q lacks %q:\n%v", fix, line, f)
				}
			}
		})
	}
}

// onlyOK is a response that has the CORS headers with status 200 only, as
// middleware makes it that sets them when all went well.
type onlyOK struct{ http.ResponseWriter }

func (w *onlyOK) WriteHeader(status int) {
	if status >= 400 {
		w.Header().Del("Access-Control-Allow-Origin")
	}
	w.ResponseWriter.WriteHeader(status)
}

func TestPolicyPasses(t *testing.T) {
	found, err := policy().Check(t.Context(), cors{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}
