package interop

import (
	"net/http"
	"testing"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// ginSite is the site on the router that the middleware is made for.
func ginSite(middleware gin.HandlerFunc) http.Handler {
	r := gin.New()
	r.Use(middleware)
	for _, path := range paths {
		if path != "/missing" {
			r.Match(methods, path, gin.WrapF(serve))
		}
	}
	return r
}

// noVary is what most configurations of gin-contrib/cors have in common.
var noVary = of(fetchtest.KindMissingVary, "answers to requests without Origin, or with one that is refused, have neither CORS headers nor Vary: a cache gives them to pages that are allowed")

// Source: the documentation of github.com/gin-contrib/cors v1.7.7.
func TestGinCors(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	with := func(c cors.Config) http.Handler { return ginSite(cors.New(c)) }
	withDefaults := func(change func(*cors.Config)) http.Handler {
		c := cors.DefaultConfig()
		change(&c)
		return with(c)
	}
	checkAll(t, []configuration{
		{
			name: "Default", source: "README, Quick Start; DefaultConfig: seven methods, Content-Type",
			handler: ginSite(cors.Default()),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: methods, Headers: []string{"Content-Type"},
				MaxAge: 2 * time.Hour, DenyMethods: []string{"PROPFIND"}, DenyHeaders: []string{"Authorization"}},
			want: []surprise{of(fetchtest.KindMaxAge, "the default of twelve hours is more than Chromium honours"), noVary},
		},
		{
			name: "README", source: "README, Advanced Usage",
			handler: with(cors.Config{
				AllowOrigins:     []string{"https://foo.example"},
				AllowMethods:     []string{"PUT", "PATCH"},
				AllowHeaders:     []string{"Origin"},
				ExposeHeaders:    []string{"Content-Length"},
				AllowCredentials: true,
				AllowOriginFunc:  func(origin string) bool { return origin == "https://github.example" },
				MaxAge:           12 * time.Hour,
			}),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"https://foo.example"}, Methods: []string{"GET", "PUT", "PATCH"},
				Expose: []string{"Content-Length"}, Credentials: true, DenyMethods: []string{"DELETE"}, DenyHeaders: []string{"Content-Type: application/json"}},
			want: []surprise{of(fetchtest.KindMaxAge, "Chromium honours two hours"), noVary},
		},
		{
			name: "AllowOriginFunc next to AllowOrigins", source: "Config: if AllowOriginFunc is set, AllowOrigins is ignored",
			handler: withDefaults(func(c *cors.Config) {
				c.AllowOrigins = []string{"https://other.example"}
				c.AllowOriginFunc = func(origin string) bool { return origin == app }
				c.MaxAge = time.Hour
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, DenyOrigins: []string{"https://other.example"}},
			want:   []surprise{noVary, originAllowed("AllowOrigins is not ignored: the function is asked about origins that are not in it", "https://other.example")},
		},
		{
			name: "origins with credentials", source: "Config, field by field",
			handler: with(cors.Config{
				AllowOrigins:     []string{"https://App.Example", "https://b.example"},
				AllowMethods:     methods,
				AllowHeaders:     []string{"Content-Type", "Authorization", "X-CSRF-Token"},
				ExposeHeaders:    []string{"X-Total"},
				AllowCredentials: true,
				MaxAge:           10 * time.Minute,
			}),
			policy: withCredentials,
			want:   []surprise{noVary},
		},
		{
			name: "AllowHeaders *", source: "Config: AllowHeaders, a list that the others of its kind take * in",
			handler: withDefaults(func(c *cors.Config) {
				c.AllowAllOrigins, c.AllowHeaders, c.MaxAge = true, []string{"*"}, time.Hour
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"*"}, Methods: []string{"PUT"}, Headers: []string{"X-Custom", "Authorization"}},
			want:   []surprise{of(fetchtest.KindWildcardAuthorization, "the * is sent as it is, and does not stand for Authorization"), noVary},
		},
		{
			name: "AllowHeaders * with credentials", source: "the same, with AllowCredentials",
			handler: withDefaults(func(c *cors.Config) {
				c.AllowOrigins, c.AllowHeaders, c.AllowCredentials, c.MaxAge = []string{app}, []string{"*"}, true, time.Hour
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"GET", "PUT"}, Headers: []string{"X-Custom"}, Credentials: true},
			want:   []surprise{noVary, refused(fetch.ReasonHeaderNotAllowed, "the * is sent as it is, and with credentials it is a header of that name")},
		},
		{
			name: "all origins with credentials", source: "README: allowing all origins disables cookies for clients",
			handler: withDefaults(func(c *cors.Config) {
				c.AllowAllOrigins, c.AllowCredentials, c.MaxAge = true, true, time.Hour
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"*"}, Credentials: true},
			want:   []surprise{refused(fetch.ReasonWildcardCredentials, "documented: the combination is sent as configured, and browsers refuse it"), noVary},
		},
		{
			name: "wildcard at the end of an origin", source: "AllowWildcard: ... like http://some-domain/*",
			handler: withDefaults(func(c *cors.Config) {
				c.AllowOrigins, c.AllowWildcard, c.MaxAge = []string{"http://some.example/*"}, true, time.Hour
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"http://some.example"}},
			want:   []surprise{refused(fetch.ReasonMissingAllowOrigin, "an origin has no slash at its end: this pattern, which is in the documentation, matches none")},
		},
		{
			name: "regular expression", source: "TestValidateAllowedSchemasWithAnchoredPatterns of the library: /.../ is a regular expression",
			handler: withDefaults(func(c *cors.Config) {
				c.AllowOrigins, c.MaxAge = []string{`/^https://\D+\.app\.example$/`}, time.Hour
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"https://a.app.example"},
				DenyOrigins: []string{"https://1.app.example"}},
			want: []surprise{
				noVary,
				refused(fetch.ReasonMissingAllowOrigin, `the expression is lowercased before it is compiled: \D becomes \d`),
				originAllowed("for the same reason, it allows what it should not", "https://1.app.example"),
			},
		},
		{
			name: "page of the same host over http", source: "Config.AllowOrigins: the origins that requests may come from",
			handler: withDefaults(func(c *cors.Config) {
				c.AllowOrigins, c.MaxAge = []string{"http://server.example"}, time.Hour
			}),
			policy: fetchtest.Policy{Server: "https://server.example", Paths: []string{"/items"}, Origins: []string{"http://server.example"},
				Methods: []string{"GET", "PUT"}},
			want: []surprise{refused(fetch.ReasonMissingAllowOrigin, "an origin whose host is that of the server is taken for the same origin, whatever its scheme")},
		},
	})
}
