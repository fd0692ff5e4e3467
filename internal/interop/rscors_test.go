package interop

import (
	"net/http"
	"testing"
	"time"

	"github.com/rs/cors"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// Source: the documentation of github.com/rs/cors v1.11.1.
func TestRSCors(t *testing.T) {
	with := func(o cors.Options) http.Handler { return cors.New(o).Handler(site()) }
	checkAll(t, []configuration{
		{
			name: "Default", source: "Options: origins *, methods HEAD, GET and POST, no headers",
			handler: cors.Default().Handler(site()),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: []string{"GET", "HEAD", "POST"},
				DenyMethods: []string{"PUT", "DELETE"}, DenyHeaders: []string{"Authorization", "X-Requested-With"}},
			want: []surprise{headerAllowed("X-Requested-With", "AllowedHeaders is documented as [] by default, and is accept, content-type and x-requested-with")},
		},
		{
			name: "AllowAll", source: "AllowAll: all origins, all standard methods, any header",
			handler: cors.AllowAll().Handler(site()),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: methods,
				Headers: []string{"Content-Type", "Authorization", "X-Custom"}},
		},
		{
			name: "AllowAll with credentials", source: "AllowAll: ... with any header and credentials",
			handler: cors.AllowAll().Handler(site()),
			policy:  fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: methods, Credentials: true},
			want:    []surprise{refused(fetch.ReasonWildcardCredentials, "AllowAll sets AllowCredentials to false, whatever its comment says")},
		},
		{
			name: "origins with credentials", source: "README, Parameters",
			handler: with(cors.Options{AllowedOrigins: []string{"http://foo.example", "http://foo.example:8080"}, AllowCredentials: true}),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"http://foo.example", "http://foo.example:8080"},
				Methods: []string{"GET", "HEAD", "POST"}, Credentials: true, DenyMethods: []string{"PUT"}},
		},
		{
			name: "everything", source: "Options, field by field",
			handler: with(cors.Options{
				AllowedOrigins:   []string{"https://App.Example", "https://b.example"},
				AllowedMethods:   methods,
				AllowedHeaders:   []string{"Content-Type", "Authorization", "X-CSRF-Token"},
				ExposedHeaders:   []string{"X-Total"},
				AllowCredentials: true,
				MaxAge:           600,
			}),
			policy: withCredentials,
		},
		{
			name: "wildcard in origin", source: "AllowedOrigins: an origin may contain a wildcard",
			handler: with(cors.Options{AllowedOrigins: []string{"https://*.app.example"}, AllowCredentials: true}),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"https://a.app.example", "https://b.c.app.example"}, Credentials: true,
				DenyOrigins: []string{app, "https://evilapp.example", "http://a.app.example"}},
			want: []surprise{originAllowed("meant: the neighbours that the check tries are subdomains, too",
				"https://evil.a.app.example", "https://evil.b.c.app.example", "https://evila.app.example", "https://evilb.c.app.example")},
		},
		{
			name: "wildcard with credentials", source: "README, Allow * With Credentials Security Protection: clients refuse it",
			handler: with(cors.Options{AllowedOrigins: []string{"*"}, AllowCredentials: true}),
			policy:  fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Credentials: true},
			want:    []surprise{refused(fetch.ReasonWildcardCredentials, "documented: the combination is sent as configured, and browsers refuse it")},
		},
		{
			name: "AllowOriginFunc for all with credentials", source: "README, the same section: restores it",
			handler: with(cors.Options{AllowOriginFunc: func(string) bool { return true }, AllowCredentials: true}),
			policy:  fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Credentials: true},
			want: []surprise{
				of(fetchtest.KindReflectedOrigin, "documented: this repeats any origin"),
			},
		},
		{
			name: "OptionsPassthrough", source: "OptionsPassthrough: lets other handlers process OPTIONS",
			handler: with(cors.Options{AllowedOrigins: []string{app}, AllowedMethods: []string{"PUT"}, OptionsPassthrough: true}),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"PUT"}},
			want:    []surprise{refused(fetch.ReasonPreflightStatus, "documented to be for applications that handle OPTIONS: this one answers 405")},
		},
		{
			name: "MaxAge of a day", source: "MaxAge: how long the results of a preflight request can be cached",
			handler: with(cors.Options{AllowedOrigins: []string{app}, AllowedMethods: []string{"PUT"}, MaxAge: 86400}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"PUT"},
				MaxAge: 24 * time.Hour},
			want: []surprise{of(fetchtest.KindMaxAge, "Chromium honours two hours")},
		},
		{
			name: "methods without GET", source: "AllowedMethods: those that clients may use",
			handler: with(cors.Options{AllowedOrigins: []string{app}, AllowedMethods: []string{"PUT"}}),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"GET", "PUT"}},
			want:    []surprise{refused(fetch.ReasonMissingAllowOrigin, "meant, by a comment in the source: a response to a method that is not listed gets no headers, while CORS cannot refuse GET")},
		},
	})
}
