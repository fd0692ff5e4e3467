package fetch_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corsengine/corsengine/fetch"
)

// A reasonTest makes a fetch fail. The URL is https://api.example/x and the page
// https://app.example unless it says otherwise.
type reasonTest struct {
	name   string
	source string

	method string // "" means GET
	url    string
	body   string
	stream bool // the body cannot be replayed
	lines  []string
	params fetch.Params
	noPage bool // there is no Environment
	late   bool // the deadline of the context has passed
	server http.Handler
	setup  func(*web) // changes the client

	want  fetch.NetworkError // without Err; Method, URL and Origin may be left out
	text  []string           // parts of Error()
	cors  string             // CORSError()
	is    error              // what the error wraps, too
	flags string             // "timeout", "temporary", or both
}

const apiURL = "https://api.example/x"

// allowing is an answer with Access-Control-Allow-Origin: * and more.
func allowing(lines ...string) answer {
	return answer{lines: append([]string{"Access-Control-Allow-Origin: *"}, lines...)}
}

func lines(l ...string) answer { return answer{lines: l} }

var errRefused = errors.New("robots.txt says no")

var requireCORP = &fetch.Environment{Origin: app.Origin, EmbedderPolicy: "require-corp"}

var include = fetch.Params{Credentials: fetch.CredentialsInclude}

// reasonTests are grouped by the standard's order of steps.
var reasonTests = []reasonTest{
	{
		name: "name with space", source: "https://fetch.spec.whatwg.org/#headers-validate",
		lines: []string{"X A: b"},
		want:  fetch.NetworkError{Reason: fetch.ReasonInvalidRequest, Name: "X A"},
		text:  []string{`invalid-request "X A"`, "invalid header name"},
	},
	{
		name: "forbidden method", source: "https://fetch.spec.whatwg.org/#forbidden-method",
		method: "trace",
		want:   fetch.NetworkError{Reason: fetch.ReasonInvalidRequest, Method: "trace", Name: "trace"},
		text:   []string{"fetch: trace https://api.example/x", "forbidden"},
	},
	{
		name: "no page", source: "fetch.ReasonNoEnvironment", noPage: true,
		want: fetch.NetworkError{Reason: fetch.ReasonNoEnvironment},
		text: []string{"fetch: GET https://api.example/x: no-environment", "Environment"},
	},
	{
		name: "port 25", source: "https://fetch.spec.whatwg.org/#block-bad-port",
		url:  "https://api.example:25/x",
		want: fetch.NetworkError{Reason: fetch.ReasonBadPort, URL: "https://api.example:25/x"},
		text: []string{"bad-port", "port 25"},
	},
	{
		name: "port 25 by redirect", source: "https://fetch.spec.whatwg.org/#block-bad-port",
		server: redirectTo(302, "https://api.example:0025/"),
		want:   fetch.NetworkError{Reason: fetch.ReasonBadPort, URL: "https://api.example:25/", Hop: 1, Origin: "null"},
		text:   []string{"(redirect 1): bad-port", "port 25"},
	},
	{
		name: "CheckRequest", source: "fetch.Client.CheckRequest",
		setup: func(w *web) {
			w.client.CheckRequest = func(*http.Request, *fetch.Params) error { return errRefused }
		},
		want: fetch.NetworkError{Reason: fetch.ReasonCheckRequest},
		text: []string{"check-request: robots.txt says no"},
		is:   errRefused,
	},
	{
		name: "CheckRequest on the preflight", source: "fetch.Client.CheckRequest", method: "PUT",
		setup: func(w *web) {
			w.client.CheckRequest = func(r *http.Request, _ *fetch.Params) error {
				if r.Method == "OPTIONS" {
					return errRefused
				}
				return nil
			}
		},
		want: fetch.NetworkError{Reason: fetch.ReasonCheckRequest, Preflight: true},
		text: []string{": preflight: check-request"},
		is:   errRefused,
	},
	{
		name: "same-origin", source: "https://fetch.spec.whatwg.org/#concept-main-fetch",
		params: fetch.Params{Mode: fetch.ModeSameOrigin},
		want:   fetch.NetworkError{Reason: fetch.ReasonSameOriginMode},
		text:   []string{"same-origin-mode", "https://api.example", "https://app.example"},
		cors:   "DisallowedByMode",
	},
	{
		name: "same-origin redirected", source: "https://fetch.spec.whatwg.org/#concept-main-fetch",
		url: "https://app.example/x", params: fetch.Params{Mode: fetch.ModeSameOrigin},
		server: redirectTo(302, apiURL),
		want:   fetch.NetworkError{Reason: fetch.ReasonSameOriginMode, URL: apiURL, Hop: 1},
		text:   []string{"(redirect 1): same-origin-mode"},
		cors:   "DisallowedByMode",
	},
	{
		name: "no-cors and error", source: "https://fetch.spec.whatwg.org/#concept-main-fetch",
		params: fetch.Params{Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectError},
		want:   fetch.NetworkError{Reason: fetch.ReasonNoCORSRedirectMode},
		text:   []string{"redirect mode is error", "needs follow"},
		cors:   "NoCorsRedirectModeNotFollow",
	},
	{
		name: "no-cors and manual", source: "https://fetch.spec.whatwg.org/#concept-main-fetch",
		params: fetch.Params{Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual},
		want:   fetch.NetworkError{Reason: fetch.ReasonNoCORSRedirectMode},
		text:   []string{"redirect mode is manual", "needs follow"},
		cors:   "NoCorsRedirectModeNotFollow",
	},
	{
		name: "scheme", source: "https://fetch.spec.whatwg.org/#concept-main-fetch",
		url:  "ftp://api.example/x",
		want: fetch.NetworkError{Reason: fetch.ReasonNotHTTP, URL: "ftp://api.example/x"},
		text: []string{`"ftp"`, "http or https"},
		cors: "CorsDisabledScheme",
	},
	{
		name: "scheme by redirect", source: "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch",
		server: redirectTo(302, "data:text/plain,x"),
		want:   fetch.NetworkError{Reason: fetch.ReasonNotHTTP, Status: 302},
		text:   []string{`"data"`, "http or https"},
		cors:   "CorsDisabledScheme",
	},
	{
		name: "Base gives up", source: "https://fetch.spec.whatwg.org/#appropriate-network-error",
		setup: func(w *web) {
			w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
				ctx, cancel := context.WithCancel(r.Context())
				cancel()
				return w.base.RoundTrip(r.WithContext(ctx))
			})
		},
		// The caller's context has not ended.
		want: fetch.NetworkError{Reason: fetch.ReasonTransport},
		text: []string{"transport: context canceled"},
		is:   context.Canceled,
	},
	{
		name: "deadline", source: "https://fetch.spec.whatwg.org/#appropriate-network-error",
		late: true,
		want: fetch.NetworkError{Reason: fetch.ReasonAborted},
		text: []string{"aborted: context deadline exceeded"},
		is:   context.DeadlineExceeded, flags: "timeout",
	},
	{
		name: "connection refused", source: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
		setup: func(w *web) { w.client.Base = refusing() },
		want:  fetch.NetworkError{Reason: fetch.ReasonTransport},
		text:  []string{"transport: ", "connection refused"},
		is:    syscall.ECONNREFUSED,
	},
	{
		name: "closed without response", source: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
		server: raw(func(net.Conn) {}),
		want:   fetch.NetworkError{Reason: fetch.ReasonTransport},
		text:   []string{"transport: "},
		is:     io.EOF,
	},
	{
		name: "closed without response to the preflight", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", server: raw(func(net.Conn) {}),
		want: fetch.NetworkError{Reason: fetch.ReasonTransport, Preflight: true},
		text: []string{": preflight: transport: "},
		is:   io.EOF,
	},
	{
		name: "no HTTP", source: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
		server: rawText("220 mail.example ESMTP\n"),
		want:   fetch.NetworkError{Reason: fetch.ReasonTransport},
		text:   []string{"transport: ", "malformed HTTP"},
	},
	{
		name: "timeout of the transport", source: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
		server: silent,
		setup:  func(w *web) { w.transport.ResponseHeaderTimeout = time.Millisecond },
		want:   fetch.NetworkError{Reason: fetch.ReasonTransport},
		text:   []string{"transport: ", "timeout awaiting response headers"},
		flags:  "timeout temporary",
	},
	{
		name: "no certificate to trust", source: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
		setup: func(w *web) {
			w.transport.DialTLSContext = nil
			w.transport.DialContext = func(ctx context.Context, _, addr string) (net.Conn, error) { return w.dial(ctx, addr, w.secure) }
		},
		want: fetch.NetworkError{Reason: fetch.ReasonTransport},
		text: []string{"transport: ", "certificate"},
	},
	{
		name: "protocol switched unasked", source: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
		server: rawText("HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: x\n\n"),
		want:   fetch.NetworkError{Reason: fetch.ReasonTransport},
		text:   []string{"transport: ", "switches protocols"},
	},

	// The CORS check.
	{
		name: "no Access-Control-Allow-Origin", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		server: answer{},
		want:   fetch.NetworkError{Reason: fetch.ReasonMissingAllowOrigin, Status: 200},
		text:   []string{"Access-Control-Allow-Origin is missing", `it has to be "https://app.example" or "*"`},
		cors:   "MissingAllowOriginHeader",
	},
	{
		name: "none on an error page", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		server: answer{status: 500}, params: include,
		want: fetch.NetworkError{Reason: fetch.ReasonMissingAllowOrigin, Status: 500},
		text: []string{"Access-Control-Allow-Origin is missing; it has to be \"https://app.example\""},
		cors: "MissingAllowOriginHeader",
	},
	{
		name: "none on a redirect", source: "https://fetch.spec.whatwg.org/#concept-http-fetch",
		server: answer{status: 302, lines: []string{"Location: https://secret.example/"}},
		want:   fetch.NetworkError{Reason: fetch.ReasonMissingAllowOrigin, Status: 302},
		text:   []string{"Access-Control-Allow-Origin is missing", "on the redirect, too"},
		cors:   "MissingAllowOriginHeader",
	},
	{
		name: "none on the preflight", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", server: split(answer{status: 204}, share()),
		want: fetch.NetworkError{Reason: fetch.ReasonMissingAllowOrigin, Preflight: true, Status: 204},
		text: []string{": preflight: missing-allow-origin", "Access-Control-Allow-Origin is missing"},
		cors: "PreflightMissingAllowOriginHeader",
	},
	{
		name: "two origins", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		server: lines("Access-Control-Allow-Origin: https://app.example, https://b.example"),
		want:   fetch.NetworkError{Reason: fetch.ReasonMultipleAllowOrigin, Status: 200, Value: "https://app.example, https://b.example"},
		text:   []string{`Access-Control-Allow-Origin is "https://app.example, https://b.example"`, `it has to be "https://app.example" or "*"`},
		cors:   "MultipleAllowOriginValues",
	},
	{
		name: "two lines on the preflight", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		method: "PUT", server: lines("Access-Control-Allow-Origin: *", "Access-Control-Allow-Origin: *"),
		want: fetch.NetworkError{Reason: fetch.ReasonMultipleAllowOrigin, Preflight: true, Status: 200, Value: "*, *"},
		text: []string{`Access-Control-Allow-Origin is "*, *"`},
		cors: "PreflightMultipleAllowOriginValues",
	},
	{
		name: "* with credentials", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		params: include, server: allowing("Access-Control-Allow-Credentials: true"),
		want: fetch.NetworkError{Reason: fetch.ReasonWildcardCredentials, Status: 200, Value: "*"},
		text: []string{`Access-Control-Allow-Origin is "*"`, "include", `it has to be "https://app.example"`},
		cors: "WildcardOriginNotAllowed",
	},
	{
		name: "* with credentials on the preflight", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		method: "PUT", params: include, server: share(),
		want: fetch.NetworkError{Reason: fetch.ReasonWildcardCredentials, Preflight: true, Status: 200, Value: "*"},
		text: []string{`Access-Control-Allow-Origin is "*"`},
		cors: "PreflightWildcardOriginNotAllowed",
	},
	{
		name: "other origin", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		server: lines("Access-Control-Allow-Origin: https://b.example"),
		want:   fetch.NetworkError{Reason: fetch.ReasonOriginMismatch, Status: 200, Value: "https://b.example"},
		text:   []string{`Access-Control-Allow-Origin is "https://b.example"`, `it has to be "https://app.example" or "*"`},
		cors:   "AllowOriginMismatch",
	},
	{
		name: "other origin on the preflight", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		method: "PUT", server: lines("Access-Control-Allow-Origin: https://b.example"),
		want: fetch.NetworkError{Reason: fetch.ReasonOriginMismatch, Preflight: true, Status: 200, Value: "https://b.example"},
		text: []string{`Access-Control-Allow-Origin is "https://b.example"`},
		cors: "PreflightAllowOriginMismatch",
	},
	{
		name: "null for a tuple origin", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		server: lines("Access-Control-Allow-Origin: null"),
		want:   fetch.NetworkError{Reason: fetch.ReasonOriginMismatch, Status: 200, Value: "null"},
		text:   []string{`is "null"`},
		cors:   "AllowOriginMismatch",
	},
	{
		name: "no origin at all", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		server: lines("Access-Control-Allow-Origin: https://app.example/"),
		want:   fetch.NetworkError{Reason: fetch.ReasonOriginMismatch, Status: 200, Value: "https://app.example/"},
		text:   []string{`is "https://app.example/"`, `has to be "https://app.example"`},
		cors:   "InvalidAllowOriginValue",
	},
	{
		name: "empty", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		server: lines("Access-Control-Allow-Origin:"),
		want:   fetch.NetworkError{Reason: fetch.ReasonOriginMismatch, Status: 200},
		text:   []string{`Access-Control-Allow-Origin is ""`},
		cors:   "InvalidAllowOriginValue",
	},
	{
		name: "no Access-Control-Allow-Credentials", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		params: include, server: lines("Access-Control-Allow-Origin: https://app.example"),
		want: fetch.NetworkError{Reason: fetch.ReasonCredentials, Status: 200},
		text: []string{"Access-Control-Allow-Credentials is missing", "include", `it has to be "true"`},
		cors: "InvalidAllowCredentials",
	},
	{
		name: "TRUE on the preflight", source: "https://fetch.spec.whatwg.org/#concept-cors-check",
		method: "PUT", params: include,
		server: lines("Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Credentials: TRUE"),
		want:   fetch.NetworkError{Reason: fetch.ReasonCredentials, Preflight: true, Status: 200, Value: "TRUE"},
		text:   []string{`Access-Control-Allow-Credentials is "TRUE"`, `it has to be "true"`},
		cors:   "PreflightInvalidAllowCredentials",
	},

	// The preflight.
	{
		name: "status 404", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", server: split(answer{status: 404, lines: share().lines}, share()),
		want: fetch.NetworkError{Reason: fetch.ReasonPreflightStatus, Preflight: true, Status: 404},
		text: []string{"the status is 404", "200 to 299"},
		cors: "PreflightInvalidStatus",
	},
	{
		name: "redirected preflight", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", server: answer{status: 307, lines: append(share().lines, "Location: /y")},
		want: fetch.NetworkError{Reason: fetch.ReasonPreflightStatus, Preflight: true, Status: 307},
		text: []string{"the status is 307", "200 to 299"},
		cors: "PreflightDisallowedRedirect",
	},
	{
		name: "status 304", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", server: answer{status: 304, lines: share().lines},
		want: fetch.NetworkError{Reason: fetch.ReasonPreflightStatus, Preflight: true, Status: 304},
		text: []string{"the status is 304"},
		cors: "PreflightInvalidStatus",
	},
	{
		name: "malformed methods", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", server: allowing("Access-Control-Allow-Methods: PUT, PA TCH"),
		want: fetch.NetworkError{Reason: fetch.ReasonPreflightMalformed, Preflight: true, Status: 200, Name: "Access-Control-Allow-Methods", Value: "PUT, PA TCH"},
		text: []string{`Access-Control-Allow-Methods is "PUT, PA TCH"`, "list of tokens"},
		cors: "InvalidAllowMethodsPreflightResponse",
	},
	{
		name: "malformed headers", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		lines: []string{"X-A: a"}, server: allowing("Access-Control-Allow-Headers: x-a, x:b"),
		want: fetch.NetworkError{Reason: fetch.ReasonPreflightMalformed, Preflight: true, Status: 200, Name: "Access-Control-Allow-Headers", Value: "x-a, x:b"},
		text: []string{`Access-Control-Allow-Headers is "x-a, x:b"`, "list of tokens"},
		cors: "InvalidAllowHeadersPreflightResponse",
	},
	{
		name: "no method", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", server: allowing(),
		want: fetch.NetworkError{Reason: fetch.ReasonMethodNotAllowed, Preflight: true, Status: 200, Name: "PUT"},
		text: []string{`method-not-allowed "PUT"`, "Access-Control-Allow-Methods is missing", `it has to list "PUT" or "*"`},
		cors: "MethodDisallowedByPreflightResponse",
	},
	{
		name: "method in other case", source: "https://fetch.spec.whatwg.org/#concept-method-normalize",
		method: "patch", server: allowing("Access-Control-Allow-Methods: PATCH"),
		want: fetch.NetworkError{Reason: fetch.ReasonMethodNotAllowed, Preflight: true, Status: 200, Name: "patch", Value: "PATCH", Method: "patch"},
		text: []string{`method-not-allowed "patch"`, `Access-Control-Allow-Methods is "PATCH"`, `it has to list "patch"`},
		cors: "MethodDisallowedByPreflightResponse",
	},
	{
		name: "method * with credentials", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		method: "PUT", params: include, server: shareWith("https://app.example", "*", "*"),
		want: fetch.NetworkError{Reason: fetch.ReasonMethodNotAllowed, Preflight: true, Status: 200, Name: "PUT", Value: "*"},
		text: []string{`Access-Control-Allow-Methods is "*"`, `it has to list "PUT"`},
		cors: "MethodDisallowedByPreflightResponse",
	},
	{
		name: "no header", source: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
		lines: []string{"X-A: a", "X-B: b"}, server: allowing("Access-Control-Allow-Headers: X-A, X-C"),
		want: fetch.NetworkError{Reason: fetch.ReasonHeaderNotAllowed, Preflight: true, Status: 200, Name: "x-b", Value: "X-A, X-C"},
		text: []string{`header-not-allowed "x-b"`, `Access-Control-Allow-Headers is "X-A, X-C"`, `it has to list "x-b" or "*"`},
		cors: "HeaderDisallowedByPreflightResponse",
	},
	{
		name: "Content-Type", source: "https://fetch.spec.whatwg.org/#cors-safelisted-request-header",
		method: "POST", body: "{}", lines: []string{"Content-Type: application/json"}, server: allowing(),
		want: fetch.NetworkError{Reason: fetch.ReasonHeaderNotAllowed, Preflight: true, Status: 200, Name: "content-type"},
		text: []string{`header-not-allowed "content-type"`, "Access-Control-Allow-Headers is missing"},
		cors: "HeaderDisallowedByPreflightResponse",
	},
	{
		name: "Authorization under *", source: "https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name",
		lines: []string{"Authorization: t"}, server: allowing("Access-Control-Allow-Headers: *"),
		want: fetch.NetworkError{Reason: fetch.ReasonAuthorization, Preflight: true, Status: 200, Name: "authorization", Value: "*"},
		text: []string{`authorization-not-listed "authorization"`, `Access-Control-Allow-Headers is "*"`, `list "authorization" by name`},
		cors: "HeaderDisallowedByPreflightResponse",
	},

	// Redirects.
	{
		name: "redirect mode error", source: "https://fetch.spec.whatwg.org/#concept-http-fetch",
		params: fetch.Params{Redirect: fetch.RedirectError}, server: redirectTo(301, "/y"),
		want: fetch.NetworkError{Reason: fetch.ReasonRedirectMode, Status: 301},
		text: []string{"redirect-mode-error", "301"},
	},
	{
		name: "Location is no URL", source: "https://fetch.spec.whatwg.org/#concept-response-location-url",
		server: redirectTo(302, "https://b.example:port/"),
		want:   fetch.NetworkError{Reason: fetch.ReasonRedirectLocation, Status: 302},
		text:   []string{"redirect-location", "https://b.example:port/"},
	},
	{
		name: "several Locations", source: "https://fetch.spec.whatwg.org/#concept-response-location-url",
		server: redirectTo(302, "/y", "Location: /z"),
		want:   fetch.NetworkError{Reason: fetch.ReasonRedirectLocation, Status: 302},
		text:   []string{"redirect-location", "several"},
	},
	{
		name: "loop", source: "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch",
		server: redirectTo(302, "/x"),
		want:   fetch.NetworkError{Reason: fetch.ReasonRedirectCount, Status: 302, Hop: 20},
		text:   []string{"(redirect 20): redirect-count", "20th"},
	},
	{
		name: "userinfo after a cors hop", source: "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch",
		server: redirectTo(302, "https://u:p@api.example/y"),
		want:   fetch.NetworkError{Reason: fetch.ReasonRedirectCredentials, Status: 302, Value: "https://api.example/y"},
		text:   []string{"redirect-with-credentials", "username or password"},
		cors:   "RedirectContainsCredentials",
	},
	{
		name: "userinfo to another origin", source: "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch",
		url: "https://app.example/x", server: redirectTo(302, "https://u@api.example/y"),
		want: fetch.NetworkError{Reason: fetch.ReasonRedirectCredentials, Status: 302, Value: "https://api.example/y", URL: "https://app.example/x"},
		text: []string{"redirect-with-credentials"},
		cors: "RedirectContainsCredentials",
	},
	{
		name: "streamed body", source: "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch",
		method: "POST", body: "once", stream: true, server: redirectTo(307, "/y"),
		want: fetch.NetworkError{Reason: fetch.ReasonRedirectBody, Status: 307},
		text: []string{"redirect-body-not-replayable", "307", "GetBody is nil"},
	},
	{
		name: "CORP same-origin", source: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check",
		params: fetch.Params{Mode: fetch.ModeNoCORS, Destination: "image"},
		server: lines("Cross-Origin-Resource-Policy: same-origin"),
		want:   fetch.NetworkError{Reason: fetch.ReasonCORP, Value: "same-origin", Status: 200},
		text:   []string{`Cross-Origin-Resource-Policy is "same-origin"`, `it has to be "cross-origin"`},
	},
	{
		name: "CORP same-site", source: "WPT fetch/cross-origin-resource-policy/scheme-restriction.https.window.js",
		url:    "https://other.test/x",
		params: fetch.Params{Mode: fetch.ModeNoCORS},
		server: lines("Cross-Origin-Resource-Policy: same-site"),
		want:   fetch.NetworkError{Reason: fetch.ReasonCORP, URL: "https://other.test/x", Value: "same-site", Status: 200},
		text:   []string{`Cross-Origin-Resource-Policy is "same-site"`, `it has to be "cross-origin"`},
	},
	{
		name: "CORP on a redirect", source: "WPT fetch/cross-origin-resource-policy/fetch.any.js",
		params: fetch.Params{Mode: fetch.ModeNoCORS},
		server: answer{status: 302, lines: []string{"Location: /y", "Cross-Origin-Resource-Policy: same-origin"}},
		want:   fetch.NetworkError{Reason: fetch.ReasonCORP, Value: "same-origin", Status: 302},
		text:   []string{`Cross-Origin-Resource-Policy is "same-origin"`},
	},
	{
		name: "CORP missing under require-corp", source: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check",
		params: fetch.Params{Mode: fetch.ModeNoCORS, Environment: requireCORP},
		server: lines("X: y"),
		want:   fetch.NetworkError{Reason: fetch.ReasonCORP, Status: 200},
		text:   []string{"Cross-Origin-Resource-Policy is missing", "require-corp", `it has to be "cross-origin"`},
	},
	{
		name: "nosniff script", source: "WPT fetch/nosniff/script.html",
		params: fetch.Params{Mode: fetch.ModeNoCORS, Destination: "script"},
		server: lines("Content-Type: text/plain", "X-Content-Type-Options: nosniff"),
		want:   fetch.NetworkError{Reason: fetch.ReasonNosniff, Value: "text/plain", Status: 200},
		text:   []string{`Content-Type is "text/plain"`, "X-Content-Type-Options nosniff", "JavaScript MIME type"},
	},
	{
		name: "nosniff style", source: "WPT fetch/nosniff/stylesheet.html",
		params: fetch.Params{Mode: fetch.ModeNoCORS, Destination: "style"},
		server: lines("Content-Type: text/plain", "X-Content-Type-Options: nosniff"),
		want:   fetch.NetworkError{Reason: fetch.ReasonNosniff, Value: "text/plain", Status: 200},
		text:   []string{`Content-Type is "text/plain"`, "X-Content-Type-Options nosniff", `"text/css"`},
	},
	{
		name: "image as script", source: "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?",
		params: fetch.Params{Destination: "script"},
		server: allowing("Content-Type: image/png"),
		want:   fetch.NetworkError{Reason: fetch.ReasonMIMEType, Value: "image/png", Status: 200},
		text:   []string{`Content-Type is "image/png"`, "no script may be"},
	},
	{
		name: "part from a cache", source: "https://fetch.spec.whatwg.org/#main-fetch",
		params: fetch.Params{Mode: fetch.ModeNoCORS},
		server: answer{status: 206, lines: []string{"Content-Range: bytes 0-0/2"}, body: "x"},
		setup: func(w *web) {
			w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := w.base.RoundTrip(r)
				if err == nil { // as stored for another request
					resp.Request = r.Clone(r.Context())
					resp.Request.Header.Set("Range", "bytes=0-0")
				}
				return resp, err
			})
		},
		want: fetch.NetworkError{Reason: fetch.ReasonRangeNotRequested, Status: 206},
		text: []string{"status 206", "Range"},
	},
	{
		name: "another digest", source: "WPT subresource-integrity/subresource-integrity.html",
		params: fetch.Params{Integrity: "sha256-" + strings.Repeat("A", 43) + "="},
		server: answer{lines: []string{"Access-Control-Allow-Origin: *"}, body: "hello"},
		want:   fetch.NetworkError{Reason: fetch.ReasonIntegrity, Value: "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", Status: 200},
		text:   []string{"the body is sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "it has to be sha256-AAAA"},
	},
	{
		name: "opaque", source: "https://fetch.spec.whatwg.org/#main-fetch",
		params: fetch.Params{Mode: fetch.ModeNoCORS, Integrity: "sha256-x"},
		server: answer{body: "hello"},
		want:   fetch.NetworkError{Reason: fetch.ReasonIntegrity, Status: 200},
		text:   []string{"is opaque", "mode cors"},
	},
	{
		name: "too long to check", source: "fetch.Client.MaxIntegrityBytes",
		params: fetch.Params{Integrity: "sha256-" + strings.Repeat("A", 43) + "="},
		server: answer{lines: []string{"Access-Control-Allow-Origin: *"}, body: "hello"},
		setup:  func(w *web) { w.client.MaxIntegrityBytes = 4 },
		want:   fetch.NetworkError{Reason: fetch.ReasonIntegrity, Status: 200},
		text:   []string{"more than 4 bytes"},
	},
	{
		name: "only-if-cached", source: "https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
		url:    "https://app.example/x",
		params: fetch.Params{Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached},
		server: answer{status: 504},
		want:   fetch.NetworkError{Reason: fetch.ReasonNotCached, URL: "https://app.example/x", Status: 504},
		text:   []string{"only-if-cached"},
	},
	{
		name: "more than 64 KiB", source: "https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
		method: "POST", body: strings.Repeat("x", 64<<10+1),
		params: fetch.Params{Keepalive: true},
		want:   fetch.NetworkError{Reason: fetch.ReasonKeepalive},
		text:   []string{"65537", "65536"},
	},
}

// refusing returns a Base whose connections go to a port that nobody listens on. A
// port that was free a moment ago would not do: tests of other packages run too.
func refusing() http.RoundTripper {
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, "127.0.0.1:1")
	}}
}

// Every way to fail has its reason, and every reason its story.
func TestReasons(t *testing.T) {
	for _, tt := range reasonTests {
		for _, via := range []string{"Fetch", "http.Client"} {
			t.Run(string(tt.want.Reason)+"/"+tt.name+"/"+via, func(t *testing.T) { tt.run(t, via) })
		}
	}
}

func (tt *reasonTest) run(t *testing.T, via string) {
	if tt.source == "" {
		t.Fatal("no source")
	}
	target := tt.url
	if target == "" {
		target = apiURL
	}
	w := newWeb(t, map[string]http.Handler{target: tt.server, "https://api.example/y": share()})
	if tt.server == nil {
		w.client.Base = unreachable(t)
	}
	ctx := t.Context()
	if tt.setup != nil {
		w.client.Base = w.base
		tt.setup(w)
	}
	if tt.late {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, time.Unix(1, 0))
		defer cancel()
	}
	var done []*fetch.NetworkError
	ctx = fetch.WithTrace(ctx, &fetch.Trace{Done: func(err *fetch.NetworkError) { done = append(done, err) }})

	method := tt.method
	if method == "" {
		method = "GET"
	}
	p := tt.params
	if !tt.noPage && p.Environment == nil {
		p.Environment = app
	}
	req := newRequest(t, method, target, nil, tt.lines...).WithContext(ctx)
	switch {
	case tt.stream:
		req.Body = io.NopCloser(strings.NewReader(tt.body))
	case tt.body != "":
		req = newRequest(t, method, target, tt.body, tt.lines...).WithContext(ctx)
	}
	var err error
	if via == "Fetch" {
		_, err = w.client.Fetch(req, &p)
		if _, ok := err.(*fetch.NetworkError); !ok {
			t.Fatalf("Fetch returns a %T", err)
		}
	} else {
		_, err = (&http.Client{Transport: w.client.Transport(&p)}).Do(req)
	}
	e := wantReason(t, err, tt.want.Reason)

	want := tt.want
	if want.Method == "" {
		want.Method = method
	}
	if want.URL == "" {
		want.URL = target
	}
	if want.Origin == "" && !tt.noPage {
		want.Origin = "https://app.example"
	}
	if diff := cmp.Diff(want, *e, cmpopts.IgnoreUnexported(fetch.NetworkError{}), cmpopts.IgnoreFields(fetch.NetworkError{}, "Err")); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	text := e.Error()
	if !strings.HasPrefix(text, "fetch: ") || strings.Contains(text, "\n") {
		t.Errorf("the text is %q", text)
	}
	story := []string{string(want.Reason), want.URL}
	if want.Origin != "" {
		story = append(story, "from "+want.Origin)
	}
	for _, part := range append(story, tt.text...) {
		if !strings.Contains(text, part) {
			t.Errorf("the text lacks %q:\n%s", part, text)
		}
	}
	if got := e.CORSError(); got != tt.cors {
		t.Errorf("CORSError is %q; want %q", got, tt.cors)
	}
	if !errors.Is(err, tt.want.Reason) {
		t.Errorf("errors.Is(err, %q) is false for %v", tt.want.Reason, err)
	}
	for _, other := range []fetch.Reason{fetch.ReasonTransport, fetch.ReasonMissingAllowOrigin} {
		if other != tt.want.Reason && errors.Is(err, other) {
			t.Errorf("errors.Is(err, %q) is true for %v", other, err)
		}
	}
	if tt.is != nil && !errors.Is(err, tt.is) {
		t.Errorf("%v does not wrap %v", err, tt.is)
	}
	if got, want := e.Timeout(), strings.Contains(tt.flags, "timeout"); got != want {
		t.Errorf("Timeout is %t; want %t", got, want)
	}
	if got, want := e.Temporary(), strings.Contains(tt.flags, "temporary"); got != want {
		t.Errorf("Temporary is %t; want %t", got, want)
	}
	if n, ok := err.(net.Error); !ok || n.Timeout() != e.Timeout() {
		t.Errorf("the %T is no net.Error or has another Timeout", err)
	}
	if len(done) != 1 || done[0] != e {
		t.Errorf("Trace.Done got %v; want the error, once", done)
	}
}

// anchors are the parts of https://fetch.spec.whatwg.org/ that reasons enforce.
// Source: the ids in the standard's text.
var anchors = map[fetch.Reason]string{
	fetch.ReasonTransport:           "http-network-fetch",
	fetch.ReasonAborted:             "http-network-fetch",
	fetch.ReasonInvalidRequest:      "dom-request",
	fetch.ReasonNoEnvironment:       "",
	fetch.ReasonBadPort:             "port-blocking",
	fetch.ReasonCheckRequest:        "",
	fetch.ReasonSameOriginMode:      "main-fetch",
	fetch.ReasonNoCORSRedirectMode:  "main-fetch",
	fetch.ReasonNotHTTP:             "main-fetch",
	fetch.ReasonMissingAllowOrigin:  "concept-cors-check",
	fetch.ReasonMultipleAllowOrigin: "concept-cors-check",
	fetch.ReasonWildcardCredentials: "cors-protocol-and-credentials",
	fetch.ReasonOriginMismatch:      "concept-cors-check",
	fetch.ReasonCredentials:         "cors-protocol-and-credentials",
	fetch.ReasonPreflightStatus:     "cors-preflight-fetch",
	fetch.ReasonPreflightMalformed:  "cors-preflight-fetch",
	fetch.ReasonMethodNotAllowed:    "cors-preflight-fetch",
	fetch.ReasonHeaderNotAllowed:    "cors-preflight-fetch",
	fetch.ReasonAuthorization:       "cors-preflight-fetch",
	fetch.ReasonRedirectMode:        "http-redirect-fetch",
	fetch.ReasonRedirectLocation:    "http-redirect-fetch",
	fetch.ReasonRedirectCount:       "http-redirect-fetch",
	fetch.ReasonRedirectCredentials: "http-redirect-fetch",
	fetch.ReasonRedirectBody:        "http-redirect-fetch",
	fetch.ReasonCORP:                "cross-origin-resource-policy-header",
	fetch.ReasonNosniff:             "should-response-to-request-be-blocked-due-to-nosniff?",
	fetch.ReasonMIMEType:            "should-response-to-request-be-blocked-due-to-mime-type?",
	fetch.ReasonRangeNotRequested:   "main-fetch",
	fetch.ReasonIntegrity:           "main-fetch",
	fetch.ReasonNotCached:           "http-network-or-cache-fetch",
	fetch.ReasonKeepalive:           "http-network-or-cache-fetch",
}

// Every constant of type Reason has a test that produces it, and an anchor.
func TestEveryReasonIsTested(t *testing.T) {
	reasons := declaredReasons(t)
	if len(reasons) < 31 {
		t.Errorf("only %d reasons are declared", len(reasons))
	}
	for name, r := range reasons {
		produced := slices.ContainsFunc(reasonTests, func(tt reasonTest) bool { return tt.want.Reason == r })
		if !produced {
			t.Errorf("no test produces %s", name)
		}
		anchor, ok := anchors[r]
		if !ok {
			t.Errorf("%s has no anchor", name)
		}
		want := ""
		if anchor != "" {
			want = "https://fetch.spec.whatwg.org/#" + anchor
		}
		if got := r.SpecURL(); got != want {
			t.Errorf("%s.SpecURL() is %q; want %q", name, got, want)
		}
		if got, want := r.Error(), "fetch: "+string(r); got != want {
			t.Errorf("%s.Error() is %q; want %q", name, got, want)
		}
	}
	if got := fetch.Reason("nonsense").SpecURL(); got != "" {
		t.Errorf("SpecURL of no Reason is %q", got)
	}
}

// declaredReasons returns the constants of type Reason by their names.
func declaredReasons(t *testing.T) map[string]fetch.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := make(map[string]fetch.Reason)
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			spec := spec.(*ast.ValueSpec)
			if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Reason" {
				continue
			}
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons[spec.Names[0].Name] = fetch.Reason(value)
		}
	}
	return reasons
}

// Reasons are distinct.
func TestReasonsAreDistinct(t *testing.T) {
	seen := make(map[fetch.Reason]string)
	for name, r := range declaredReasons(t) {
		if other, ok := seen[r]; ok {
			t.Errorf("%s and %s are both %q", name, other, r)
		}
		seen[r] = name
		if text := string(r); text == "" || strings.ToLower(text) != text || strings.Contains(text, " ") {
			t.Errorf("%s is %q", name, text)
		}
	}
}
