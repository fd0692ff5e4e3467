package interop

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// app is the page's origin wherever one is enough.
const app = "https://app.example"

// A configuration is one way to set up CORS with a library, and what its
// documentation promises then.
type configuration struct {
	name    string
	source  string // of policy
	handler http.Handler
	policy  fetchtest.Policy
	want    []surprise // none means that the promise holds
}

// withCredentials is what all four libraries can be told in their own words: two
// origins, with cookies, and nothing that is not listed.
var withCredentials = fetchtest.Policy{
	Paths:       []string{"/items", "/login", "/broken", "/moved"},
	Origins:     []string{app, "https://b.example"},
	Methods:     methods,
	Headers:     []string{"Content-Type", "Authorization", "X-CSRF-Token"},
	Credentials: true,
	Expose:      []string{"X-Total"},
	MaxAge:      10 * time.Minute,
	DenyMethods: []string{"PROPFIND"},
	DenyHeaders: []string{"X-Other"},
}

// A surprise is a finding that a configuration is known to lead to.
type surprise struct {
	finding string // as describe has it
	why     string
}

// of is a finding of which there is one kind only.
func of(kind fetchtest.Kind, why string) surprise { return surprise{string(kind), why} }

// refused is a fetch that the policy allows and a browser refuses.
func refused(reason fetch.Reason, why string) surprise {
	return surprise{string(fetchtest.KindRefused) + " " + string(reason), why}
}

// headerAllowed is a request header that the policy denies and a preflight grants.
func headerAllowed(name, why string) surprise {
	return surprise{string(fetchtest.KindHeaderAllowed) + " " + name, why}
}

// originAllowed is the origins that the policy denies and the server allows.
func originAllowed(why string, origins ...string) surprise {
	slices.Sort(origins)
	return surprise{string(fetchtest.KindOriginAllowed) + " " + strings.Join(origins, " "), why}
}

// describe tells findings apart by what they are about.
func describe(f *fetchtest.Finding) string {
	var about []string
	switch f.Kind {
	case fetchtest.KindRefused:
		if e, ok := errors.AsType[*fetch.NetworkError](f); ok {
			about = append(about, string(e.Reason))
		}
	case fetchtest.KindHeaderAllowed:
		for _, p := range f.Probes {
			about = slices.AppendSeq(about, maps.Keys(p.Header))
		}
	case fetchtest.KindOriginAllowed:
		for _, p := range f.Probes {
			about = append(about, p.Origin)
		}
	}
	slices.Sort(about)
	return strings.TrimSpace(string(f.Kind) + " " + strings.Join(slices.Compact(about), " "))
}

// checkAll compares each configuration with what it promises.
func checkAll(t *testing.T, all []configuration) {
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.source == "" {
				t.Fatal("the policy has no source")
			}
			findings, err := c.policy.Check(t.Context(), c.handler)
			if err != nil {
				t.Fatal(err)
			}
			known := make(map[string]bool)
			for _, s := range c.want {
				if s.why == "" {
					t.Errorf("%s: expected without a reason", s.finding)
				}
				known[s.finding] = true
			}
			seen := make(map[string]bool)
			for _, f := range findings {
				d := describe(f)
				seen[d] = true
				if !known[d] {
					t.Errorf("new: %s\n%v", d, f)
				}
			}
			for _, s := range c.want {
				if !seen[s.finding] {
					t.Errorf("vanished: %s", s.finding)
				}
			}
		})
	}
}

// paths are those of [site]: a page has to be able to read errors and to follow
// redirects, too. Nothing serves the second one.
var paths = []string{"/items", "/missing", "/login", "/broken", "/moved"}

// serve answers for the paths that are served.
func serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Total", "1")
	switch r.URL.Path {
	case "/login":
		w.WriteHeader(http.StatusUnauthorized)
	case "/broken":
		w.WriteHeader(http.StatusInternalServerError)
	case "/moved":
		w.Header().Set("Location", "/items")
		w.WriteHeader(http.StatusTemporaryRedirect)
	default:
		io.WriteString(w, "hello")
	}
}

// methods are those that [serve] is registered for. OPTIONS is not among them: that
// is the middleware's.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// site is what a middleware for net/http stands in front of.
func site() http.Handler {
	mux := http.NewServeMux()
	for _, path := range paths {
		if path == "/missing" {
			continue
		}
		for _, method := range methods {
			if method != "HEAD" { // part of GET
				mux.HandleFunc(method+" "+path, serve)
			}
		}
	}
	return mux
}

// login answers 401 to every request without Authorization, preflights included, as
// many an authentication does.
func login(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next(w, r)
	})
}
