package interop

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	echo5 "github.com/labstack/echo/v5"
	middleware5 "github.com/labstack/echo/v5/middleware"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// echoSite is the site on version 4 of the framework.
func echoSite(m echo.MiddlewareFunc) http.Handler {
	e := echo.New()
	e.Use(m)
	for _, path := range paths {
		if path != "/missing" {
			e.Match(methods, path, echo.WrapHandler(http.HandlerFunc(serve)))
		}
	}
	return e
}

// Source: the documentation of github.com/labstack/echo/v4/middleware v4.16.0.
func TestEcho4(t *testing.T) {
	with := func(c middleware.CORSConfig) http.Handler { return echoSite(middleware.CORSWithConfig(c)) }
	checkAll(t, []configuration{
		{
			name: "CORS", source: "DefaultCORSConfig: origins *, six methods; AllowHeaders: [] by default",
			handler: echoSite(middleware.CORS()),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: methods,
				DenyMethods: []string{"PROPFIND"}, DenyHeaders: []string{"X-Custom", "Authorization"}},
			want: []surprise{
				headerAllowed("Authorization", "without AllowHeaders, whatever a preflight asks for is granted"),
				headerAllowed("X-Custom", "without AllowHeaders, whatever a preflight asks for is granted"),
			},
		},
		{
			name: "origins with credentials", source: "CORSConfig, field by field",
			handler: with(middleware.CORSConfig{
				AllowOrigins:     []string{app, "https://b.example"},
				AllowMethods:     methods,
				AllowHeaders:     []string{"Content-Type", "Authorization", "X-CSRF-Token"},
				ExposeHeaders:    []string{"X-Total"},
				AllowCredentials: true,
				MaxAge:           600,
			}),
			policy: withCredentials,
		},
		{
			name: "errors", source: "own reasoning: the middleware is in front of all routes",
			handler: with(middleware.CORSConfig{AllowOrigins: []string{app}}),
			policy:  fetchtest.Policy{Paths: paths, Origins: []string{app}, Methods: []string{"GET", "PUT"}},
		},
		{
			name: "methods of the routes", source: "AllowMethods: if left empty, taken from the router's Allow",
			handler: func() http.Handler {
				e := echo.New()
				e.Use(middleware.CORSWithConfig(middleware.CORSConfig{AllowOrigins: []string{app}}))
				e.PUT("/items", echo.WrapHandler(http.HandlerFunc(serve)))
				return e
			}(),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"PUT"}, DenyMethods: []string{"DELETE"}},
		},
		{
			name: "wildcard with credentials", source: "AllowCredentials: avoid it with AllowOrigins *",
			handler: with(middleware.CORSConfig{AllowCredentials: true}),
			policy:  fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Credentials: true},
			want:    []surprise{refused(fetch.ReasonWildcardCredentials, "the combination is sent as configured, and browsers refuse it")},
		},
		{
			name: "UnsafeWildcardOriginWithAllowCredentials", source: "of that name: any origin is sent back, INSECURE",
			handler: with(middleware.CORSConfig{AllowOrigins: []string{"*"}, AllowCredentials: true,
				UnsafeWildcardOriginWithAllowCredentials: true}),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Credentials: true},
			want:   []surprise{of(fetchtest.KindReflectedOrigin, "documented, and in the name")},
		},
		{
			name: "AllowHeaders *", source: "AllowHeaders: the value of Access-Control-Allow-Headers",
			handler: with(middleware.CORSConfig{AllowHeaders: []string{"*"}}),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"*"}, Methods: []string{"PUT"}, Headers: []string{"X-Custom", "Authorization"}},
			want:    []surprise{of(fetchtest.KindWildcardAuthorization, "documented to be sent as it is; * does not stand for Authorization")},
		},
		{
			name: "wildcard within an origin", source: "AllowOrigins: * is converted to the regular expression .*",
			handler: with(middleware.CORSConfig{AllowOrigins: []string{"https://api.*.app.example"}}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"https://api.eu.app.example"},
				DenyOrigins: []string{"https://evil.app.example"}},
			want: []surprise{originAllowed("what is left of a * that is a whole label is not compared",
				"https://evil.app.example", "https://evil.api.eu.app.example", "https://evilapi.eu.app.example")},
		},
	})
}

// echo5Site is the site on version 5 of the framework.
func echo5Site(m echo5.MiddlewareFunc) http.Handler {
	e := echo5.New()
	e.Use(m)
	for _, path := range paths {
		if path != "/missing" {
			e.Match(methods, path, echo5.WrapHandler(http.HandlerFunc(serve)))
		}
	}
	return e
}

// Source: the documentation of github.com/labstack/echo/v5/middleware v5.4.4.
func TestEcho5(t *testing.T) {
	with := func(c middleware5.CORSConfig) http.Handler { return echo5Site(middleware5.CORSWithConfig(c)) }
	checkAll(t, []configuration{
		{
			name: "CORS", source: "CORS: the wildcard has to be set explicitly; AllowHeaders: empty by default",
			handler: echo5Site(middleware5.CORS("*")),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{"*"}, Methods: []string{"GET", "PUT"},
				DenyHeaders: []string{"X-Custom", "Authorization"}},
			want: []surprise{
				headerAllowed("Authorization", "without AllowHeaders, whatever a preflight asks for is granted"),
				headerAllowed("X-Custom", "without AllowHeaders, whatever a preflight asks for is granted"),
			},
		},
		{
			name: "origins with credentials", source: "CORSConfig, field by field",
			handler: with(middleware5.CORSConfig{
				AllowOrigins:     []string{app, "https://b.example"},
				AllowMethods:     methods,
				AllowHeaders:     []string{"Content-Type", "Authorization", "X-CSRF-Token"},
				ExposeHeaders:    []string{"X-Total"},
				AllowCredentials: true,
				MaxAge:           600,
			}),
			policy: withCredentials,
		},
		{
			name: "origin in mixed case", source: "defaultAllowOriginFunc: letter case is ignored",
			handler: with(middleware5.CORSConfig{AllowOrigins: []string{"https://App.Example"}}),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}},
			want:    []surprise{refused(fetch.ReasonOriginMismatch, "the configured spelling is sent, not that of the request, and browsers compare byte by byte")},
		},
		{
			name: "subdomains", source: "UnsafeAllowOriginFunc, the example in its comment",
			handler: with(middleware5.CORSConfig{
				UnsafeAllowOriginFunc: func(_ *echo5.Context, origin string) (string, bool, error) {
					return origin, len(origin) > 12 && origin[len(origin)-12:] == ".app.example", nil
				},
			}),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"https://a.app.example"}, DenyOrigins: []string{app, "https://evilapp.example"}},
			want: []surprise{originAllowed("subdomains are meant; but the example takes those of http, too, which are whoever's is on the way",
				"https://evil.a.app.example", "https://evila.app.example", "http://a.app.example")},
		},
	})
}
