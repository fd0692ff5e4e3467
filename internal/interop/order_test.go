package interop

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/rs/cors"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// What is around a middleware matters as much as what it is told. This is the same
// for all of them, and shown with one.
//
// Sources: https://fetch.spec.whatwg.org/#cors-protocol-and-credentials, by which
// preflights are without credentials; the documentation of the CORS middleware of
// echo v5.4.4, on chained proxies.
func TestOrder(t *testing.T) {
	middleware := cors.New(cors.Options{AllowedOrigins: []string{app}, AllowedMethods: methods, AllowedHeaders: []string{"Authorization"}})
	policy := fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"GET", "PUT"}, Headers: []string{"Authorization"}}
	upstream := newNetwork(t, fetchtest.Hosts{api: middleware.Handler(http.HandlerFunc(serve))})
	proxy := func(modify func(*http.Response) error) http.Handler {
		return &httputil.ReverseProxy{
			Transport:      upstream,
			Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "https", Host: "api.example"}) },
			ModifyResponse: modify,
		}
	}
	checkAll(t, []configuration{
		{
			name: "authentication inside", source: "own reasoning: the middleware answers preflights, and adds to the 401",
			handler: middleware.Handler(login(serve)), policy: policy,
		},
		{
			name: "authentication outside", source: "own reasoning: preflights cannot log in",
			handler: login(middleware.Handler(http.HandlerFunc(serve)).ServeHTTP), policy: policy,
			want: []surprise{refused(fetch.ReasonMissingAllowOrigin, "the 401 is without headers, that of a preflight as well")},
		},
		{
			name: "proxy without it", source: "own reasoning: the server behind the proxy does it all",
			handler: proxy(nil), policy: policy,
		},
		{
			name: "proxy and server", source: "echo: the headers of both are sent",
			handler: middleware.Handler(proxy(nil)), policy: policy,
			want: []surprise{refused(fetch.ReasonMultipleAllowOrigin, "both say the same, and that is once too often")},
		},
		{
			name: "proxy that strips those of the server", source: "echo: with httputil.ReverseProxy.ModifyResponse",
			handler: middleware.Handler(proxy(func(resp *http.Response) error {
				for name := range resp.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						resp.Header.Del(name)
					}
				}
				return nil
			})),
			policy: policy,
		},
	})
}
