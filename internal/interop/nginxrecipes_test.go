package interop

import (
	"net/http"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// Sources: what add_header, map and return do is from the documentation of
// ngx_http_headers_module, ngx_http_map_module and ngx_http_rewrite_module, as of
// nginx 1.22. The recipes are written for this test after those that circulate.

// allowAny is the recipe that is handed on most: a block for each method, no
// "always", and a Max-Age of twenty days.
const allowAny = `
server {
	listen LISTEN;
	location / {
		if ($request_method = OPTIONS) {
			add_header Access-Control-Allow-Origin *;
			add_header Access-Control-Allow-Methods "GET, POST, OPTIONS";
			add_header Access-Control-Allow-Headers "X-Requested-With,Content-Type,Range";
			add_header Access-Control-Max-Age 1728000;
			add_header Content-Type "text/plain; charset=utf-8";
			add_header Content-Length 0;
			return 204;
		}
		if ($request_method = POST) {
			add_header Access-Control-Allow-Origin *;
		}
		if ($request_method = GET) {
			add_header Access-Control-Allow-Origin *;
		}
		proxy_pass APP;
	}
}`

// inherited has its headers where they are inherited from, and a location that
// has one of its own.
const inherited = `
server {
	listen LISTEN;
	add_header Access-Control-Allow-Origin https://app.example always;
	location / {
		proxy_pass APP;
	}
	location = /login {
		add_header Cache-Control no-store always;
		proxy_pass APP;
	}
}`

// inheritedByIf is the same trap in an if block, which is a level of its own.
const inheritedByIf = `
server {
	listen LISTEN;
	location / {
		add_header Access-Control-Allow-Origin https://app.example always;
		if ($request_method = OPTIONS) {
			add_header Access-Control-Allow-Methods PUT;
			return 204;
		}
		proxy_pass APP;
	}
}`

// reflected repeats what it gets.
const reflected = `
server {
	listen LISTEN;
	location / {
		add_header Access-Control-Allow-Origin $http_origin always;
		add_header Access-Control-Allow-Credentials true always;
		proxy_pass APP;
	}
}`

// unescaped has a dot in a regular expression, and none of the anchors.
const unescaped = `
map $http_origin $cors_origin {
	~https://app.example $http_origin;
}
server {
	listen LISTEN;
	location / {
		add_header Access-Control-Allow-Origin $cors_origin always;
		add_header Vary Origin always;
		proxy_pass APP;
	}
}`

// passedOn leaves preflights to what is behind it.
const passedOn = `
server {
	listen LISTEN;
	location / {
		add_header Access-Control-Allow-Origin https://app.example always;
		add_header Access-Control-Allow-Methods PUT always;
		proxy_pass APP;
	}
}`

// correct says everything twice, because of the if block, with always, and leaves
// out for other origins what is for this one: add_header sends no empty value.
const correct = `
map $http_origin $cors_origin {
	https://app.example $http_origin;
	https://b.example   $http_origin;
}
map $cors_origin $cors_credentials {
	default true;
	""      "";
}
server {
	listen LISTEN;
	location / {
		add_header Vary Origin always;
		add_header Access-Control-Allow-Origin $cors_origin always;
		add_header Access-Control-Allow-Credentials $cors_credentials always;
		add_header Access-Control-Expose-Headers X-Total always;
		if ($request_method = OPTIONS) {
			add_header Vary Origin;
			add_header Access-Control-Allow-Origin $cors_origin;
			add_header Access-Control-Allow-Credentials $cors_credentials;
			add_header Access-Control-Allow-Methods "GET, HEAD, POST, PUT, PATCH, DELETE";
			add_header Access-Control-Allow-Headers "Content-Type, Authorization";
			add_header Access-Control-Max-Age 7200;
			return 204;
		}
		proxy_pass APP;
	}
}`

// shared has CORS headers of its own.
var shared = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", app)
	serve(w, r)
})

func TestNginx(t *testing.T) {
	needNginx(t)
	plain := site()
	checkAll(t, []configuration{
		{
			name: "allow any, requests that succeed", source: "the recipe: GET and POST, Content-Type",
			handler: behindNginx(t, allowAny, plain),
			policy: fetchtest.Policy{Paths: []string{"/items", "/moved"}, Origins: []string{"*"}, Methods: []string{"GET", "POST"},
				Headers: []string{"Content-Type"}, DenyMethods: []string{"DELETE"}, DenyHeaders: []string{"Authorization"}},
			want: []surprise{of(fetchtest.KindMaxAge, "no browser honours twenty days")},
		},
		{
			name: "allow any, errors", source: "add_header: for a list of statuses, without 4xx and 5xx, unless always is there",
			handler: behindNginx(t, allowAny, plain),
			policy:  fetchtest.Policy{Paths: []string{"/missing", "/login", "/broken"}, Origins: []string{"*"}, Methods: []string{"GET", "POST"}},
			want: []surprise{refused(fetch.ReasonMissingAllowOrigin,
				"a page sees a CORS error where there is another one")},
		},
		{
			name: "allow any, HEAD", source: "own reasoning: a page may send HEAD where it may send GET",
			handler: behindNginx(t, allowAny, plain),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{"*"}, Methods: []string{"GET", "HEAD"}},
			want:    []surprise{refused(fetch.ReasonMissingAllowOrigin, "there is no if block for HEAD")},
		},
		{
			name: "inheritance", source: "add_header: inherited if there is none on the level, and only then",
			handler: behindNginx(t, inherited, plain),
			policy:  fetchtest.Policy{Paths: []string{"/items", "/missing"}, Origins: []string{app}},
		},
		{
			name: "inheritance with another header", source: "the same",
			handler: behindNginx(t, inherited, plain),
			policy:  fetchtest.Policy{Paths: []string{"/login"}, Origins: []string{app}},
			want:    []surprise{refused(fetch.ReasonMissingAllowOrigin, "one add_header in the location, and all of the server's are gone")},
		},
		{
			name: "inheritance into if", source: "the same, an if block being a level",
			handler: behindNginx(t, inheritedByIf, plain),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"GET", "PUT"}},
			want:    []surprise{refused(fetch.ReasonMissingAllowOrigin, "the preflight has the headers of the if block alone")},
		},
		{
			name: "reflected origin", source: "own reasoning: one origin, with credentials",
			handler: behindNginx(t, reflected, plain),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Credentials: true},
			want: []surprise{
				of(fetchtest.KindReflectedOrigin, "$http_origin is whatever origin asks"),
				of(fetchtest.KindNullAllowed, "null among them"),
				of(fetchtest.KindMissingVary, "and nothing tells a cache"),
				originAllowed("for the same reason", "http://app.example", "https://app.example.evil.example", "https://app.example:8443",
					"https://appxexample", "https://evil.app.example", "https://evilapp.example", "https://stranger.example"),
			},
		},
		{
			name: "regular expression in map", source: "map: ~ begins a regular expression, which is not anchored",
			handler: behindNginx(t, unescaped, plain),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}},
			want: []surprise{originAllowed("a dot is any byte, and after the expression may come anything",
				"https://app.example.evil.example", "https://app.example:8443", "https://appxexample")},
		},
		{
			name: "preflights passed on to the application", source: "own reasoning: the application answers 405",
			handler: behindNginx(t, passedOn, plain),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"GET", "PUT"}},
			want:    []surprise{refused(fetch.ReasonPreflightStatus, "the headers are right, the status is not")},
		},
		{
			name: "preflights passed on to authentication", source: "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials: preflights are without",
			handler: behindNginx(t, passedOn, login(serve)),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}, Methods: []string{"PUT"}},
			want:    []surprise{refused(fetch.ReasonPreflightStatus, "the preflight cannot log in")},
		},
		{
			name: "two layers", source: "add_header: adds to what the application sends",
			handler: behindNginx(t, passedOn, shared),
			policy:  fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app}},
			want:    []surprise{refused(fetch.ReasonMultipleAllowOrigin, "both say the same, and that is once too often")},
		},
		{
			name: "correct", source: "the recipe: every answer, two origins with credentials, preflights for two hours",
			handler: behindNginx(t, correct, plain),
			policy: fetchtest.Policy{Paths: paths, Origins: []string{app, "https://b.example"}, Methods: methods,
				Headers: []string{"Content-Type", "Authorization"}, Credentials: true, MaxAge: 2 * time.Hour,
				DenyMethods: []string{"PROPFIND"}, DenyHeaders: []string{"X-Other"}},
		},
		{
			name: "correct, in front of authentication", source: "return is of the rewrite phase, which comes before all others",
			handler: behindNginx(t, correct, login(serve)),
			policy: fetchtest.Policy{Paths: []string{"/items"}, Origins: []string{app, "https://b.example"}, Methods: []string{"GET", "PUT"},
				Headers: []string{"Authorization"}, Credentials: true},
		},
		{
			name: "correct, exposed headers", source: "the recipe: X-Total is exposed, where the application sends it",
			handler: behindNginx(t, correct, plain),
			policy: fetchtest.Policy{Paths: []string{"/items", "/login", "/broken"}, Origins: []string{app, "https://b.example"},
				Credentials: true, Expose: []string{"X-Total"}},
		},
	})
}
