package interop

import (
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/cors"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// chiSite is the site on the router that the middleware is made for.
func chiSite(use func(r chi.Router)) http.Handler {
	r := chi.NewRouter()
	use(r)
	return r
}

// chiRoutes registers the site.
func chiRoutes(r chi.Router) {
	for _, path := range paths {
		if path == "/missing" {
			continue
		}
		for _, method := range methods {
			r.MethodFunc(method, path, serve)
		}
	}
}

// Source: the documentation of github.com/go-chi/cors v1.2.2.
func TestChiCors(t *testing.T) {
	with := func(o cors.Options) http.Handler {
		return chiSite(func(r chi.Router) {
			r.Use(cors.Handler(o))
			chiRoutes(r)
		})
	}
	readme := cors.Options{
		AllowedOrigins:   []string{"https://*", "http://*"},
		AllowedMethods:   []string{"GET", "POST", "PUT", "DELETE", "OPTIONS"},
		AllowedHeaders:   []string{"Accept", "Authorization", "Content-Type", "X-CSRF-Token"},
		ExposedHeaders:   []string{"Link"},
		AllowCredentials: false,
		MaxAge:           300,
	}
	checkAll(t, []configuration{
		{
			name: "defaults", source: "Options: origins *, methods HEAD, GET and POST, no headers but Origin",
			handler: with(cors.Options{}),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: []string{"GET", "HEAD", "POST"},
				DenyMethods: []string{"PUT", "DELETE"}, DenyHeaders: []string{"Content-Type: application/json", "X-Requested-With"}},
			want: []surprise{headerAllowed("Content-Type", "AllowedHeaders is documented as [] with Origin by default, and has Accept and Content-Type, too")},
		},
		{
			name: "README", source: "README, Usage",
			handler: with(readme),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*", app, "http://app.example:8080"},
				Methods:     []string{"GET", "POST", "PUT", "DELETE"},
				Headers:     []string{"Authorization", "Content-Type", "X-CSRF-Token"},
				MaxAge:      5 * time.Minute,
				DenyMethods: []string{"PATCH"}, DenyHeaders: []string{"X-Other"}},
		},
		{
			name: "AllowAll", source: "AllowAll: all origins, all standard methods, any header",
			handler: chiSite(func(r chi.Router) {
				r.Use(cors.AllowAll().Handler)
				chiRoutes(r)
			}),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: methods,
				Headers: []string{"Content-Type", "Authorization", "X-Custom"}},
		},
		{
			name: "AllowAll with credentials", source: "AllowAll: ... with any header and credentials",
			handler: cors.AllowAll().Handler(site()),
			policy:  fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Credentials: true},
			want:    []surprise{refused(fetch.ReasonWildcardCredentials, "AllowAll sets AllowCredentials to false, whatever its comment says")},
		},
		{
			name: "origins with credentials", source: "Options, field by field",
			handler: with(cors.Options{
				AllowedOrigins:   []string{app, "https://b.example"},
				AllowedMethods:   methods,
				AllowedHeaders:   []string{"*"},
				ExposedHeaders:   []string{"X-Total"},
				AllowCredentials: true,
				MaxAge:           600,
			}),
			policy: fetchtest.Policy{Paths: []string{"/items", "/login", "/broken", "/moved"}, Origins: []string{app, "https://b.example"},
				Methods: methods, Headers: []string{"Content-Type", "Authorization", "X-Custom"}, Credentials: true,
				Expose: []string{"X-Total"}, MaxAge: 10 * time.Minute, DenyMethods: []string{"PROPFIND"}},
		},
		{
			name: "method in lower case", source: "New: methods are converted to upper case",
			handler: with(cors.Options{AllowedOrigins: []string{app}, AllowedMethods: []string{"patch"}}),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"PATCH", "patch"}},
			want: []surprise{
				refused(fetch.ReasonMethodNotAllowed, "the preflight for patch is answered with PATCH, which is another method to browsers, and to chi"),
			},
		},
		{
			name: "in a group", source: "README: in r.Group it does not work without routes for OPTIONS",
			handler: chiSite(func(r chi.Router) {
				r.Group(func(r chi.Router) {
					r.Use(cors.Handler(cors.Options{AllowedOrigins: []string{app}, AllowedMethods: methods}))
					chiRoutes(r)
				})
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"GET", "PUT"}},
			want:   []surprise{refused(fetch.ReasonMissingAllowOrigin, "documented: chi itself answers the preflight, with 405")},
		},
	})
}
