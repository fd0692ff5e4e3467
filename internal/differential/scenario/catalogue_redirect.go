package scenario

import (
	"fmt"
	"slices"
)

// hops returns n resources at a place that redirect one to the next, and the last
// one to an answer.
func hops(at Place, n int, answer Answer) []Resource {
	var all []Resource
	for i := range n {
		all = append(all, serve(at, fmt.Sprintf("r%d", i), redirectTo(302, fmt.Sprintf("{%s:r%d}", at, i+1), acao, "*")))
	}
	return append(all, serve(at, fmt.Sprintf("r%d", n), answer))
}

// redirectScenarios are about what becomes of a request that is redirected.
func redirectScenarios() []Scenario {
	const follow = fetchAnchor + "concept-http-redirect-fetch"
	var none, all []Scenario
	for _, status := range []int{301, 302, 303, 307, 308} {
		// A simple request to another origin, and what only the own origin takes
		// without preflight.
		post := Body{String, "body"}
		typed := fields("Content-Type", "text/plain;own", "Content-Language", "fr", "Accept-Language", "de")
		more := fields("Content-Encoding", "x", "Content-Location", "y", "Content-Type", "z/z", "X-A", "1")
		all = append(all, Scenario{
			Name:   fmt.Sprint("redirect status: ", status, " and simple requests"),
			Source: "wpt/fetch/api/redirect/redirect-method.any.js",
			Fetches: []Fetch{
				{URL: "{api:a}"},
				{URL: "{api:a}", Method: "HEAD"},
				{URL: "{api:a}", Method: "POST", Header: typed, Body: post},
				{URL: "{api:a}", Method: "POST"},
			},
			Servers: []Resource{serve(API, "a", redirectTo(status, "{api:b}", acao, "*")), serve(API, "b", allow("*"))},
		}, Scenario{
			Name:   fmt.Sprint("redirect status: ", status, " and the own origin"),
			Source: "wpt/fetch/api/redirect/redirect-method.any.js",
			Fetches: []Fetch{
				{URL: "{app:a}", Method: "PUT", Header: more, Body: post},
				{URL: "{app:a}", Method: "POST", Header: more, Body: Body{Form, "a=b"}},
				{URL: "{app:a}", Method: "DELETE"},
				{URL: "{app:a}", Method: "OPTIONS", Header: more},
			},
			Servers: []Resource{serve(App, "a", redirectTo(status, "{app:b}")), serve(App, "b", ok())},
		}, Scenario{
			Name:   fmt.Sprint("redirect status: ", status, " and preflights"),
			Source: "wpt/fetch/api/cors/cors-redirect-preflight.any.js",
			Fetches: []Fetch{
				{URL: "{api:a}", Method: "PUT", Body: post},
				{URL: "{api:a}", Method: "POST", Header: fields("Content-Type", "application/json"), Body: post},
				{URL: "{api:a}", Method: "patch", Body: post},
			},
			Servers: []Resource{
				servePreflighted(API, "a", allow("*", acam, "*", acah, "*"), redirectTo(status, "{api:b}", acao, "*")),
				servePreflighted(API, "b", allow("*", acam, "*", acah, "*"), allow("*")),
			},
		})
	}
	for _, status := range []int{300, 304, 305, 306, 399} {
		none = append(none, Scenario{
			Name:    fmt.Sprint(status, " is none"),
			Source:  fetchAnchor + "redirect-status",
			Fetches: []Fetch{{URL: "{api:a}"}, {URL: "{app:a}", Redirect: "error"}},
			Servers: []Resource{
				serve(API, "a", reply(status, acao, "*", "Location", "{api:b}")),
				serve(API, "b", allow("*")),
				serve(App, "a", reply(status, "Location", "{app:b}")),
				serve(App, "b", ok()),
			},
		})
	}
	for _, at := range []Place{App, API} {
		u := func(path string) string { return fmt.Sprintf("{%s:%s}", at, path) }
		all = append(all, Scenario{
			Name:    "redirect count: twenty and one more, at " + string(at),
			Source:  "wpt/fetch/api/redirect/redirect-count.any.js",
			Fetches: []Fetch{{URL: u("r1")}, {URL: u("r0")}},
			Servers: hops(at, 21, allow("*")),
		}, Scenario{
			Name:    "redirect count: loops, at " + string(at),
			Source:  follow,
			Fetches: []Fetch{{URL: u("self")}, {URL: u("a")}},
			Servers: []Resource{
				serve(at, "self", redirectTo(302, u("self"), acao, "*")),
				serve(at, "a", redirectTo(307, u("b"), acao, "*")),
				serve(at, "b", redirectTo(307, u("a"), acao, "*")),
			},
		}, Scenario{
			Name:    "redirect count: a loop that ends, at " + string(at),
			Source:  "own reasoning: the same URL may answer otherwise the next time",
			Fetches: []Fetch{{URL: u("a")}},
			Servers: []Resource{serve(at, "a", redirectTo(302, u("a"), acao, "*"), redirectTo(302, u("a"), acao, "*"), allow("*"))},
		})
	}
	for _, mode := range []string{"cors", "no-cors", "same-origin"} {
		for _, redirect := range []string{"follow", "error", "manual"} {
			all = append(all, Scenario{
				Name:   fmt.Sprintf("redirect mode: %s and mode %s", redirect, mode),
				Source: "wpt/fetch/api/redirect/redirect-mode.any.js",
				Fetches: []Fetch{
					{URL: "{app:a}", Mode: mode, Redirect: redirect},
					{URL: "{app:b}", Mode: mode, Redirect: redirect},
					{URL: "{app:out}", Mode: mode, Redirect: redirect},
					{URL: "{api:a}", Mode: mode, Redirect: redirect},
				},
				Servers: []Resource{
					serve(App, "a", redirectTo(301, "{app:b}", "X-A", "1")), serve(App, "b", ok()),
					serve(App, "out", redirectTo(302, "{api:b}")),
					serve(API, "a", redirectTo(307, "{api:b}", acao, "*")), serve(API, "b", allow("*")),
				},
			})
		}
	}
	return append(slices.Concat(all, pack("redirect status", none)),
		Scenario{
			Name:   "redirect mode: manual comes after the CORS check",
			Source: fetchAnchor + "concept-http-fetch",
			Fetches: []Fetch{
				{URL: "{api:a}", Redirect: "manual"},
				{URL: "{api:a}", Redirect: "error"},
				{URL: "{api:a}"},
				{URL: "{api:b}", Mode: "no-cors", Redirect: "error"},
			},
			Servers: []Resource{serve(API, "a", redirectTo(302, "{api:b}")), serve(API, "b", allow("*"))},
		},
		Scenario{
			Name:    "redirect mode: manual and a Location that no browser would follow",
			Source:  "own reasoning: a redirect that is not followed need not lead anywhere",
			Fetches: []Fetch{{URL: "{app:bad}", Redirect: "manual"}, {URL: "{app:none}", Redirect: "manual"}, {URL: "{app:none}", Redirect: "error"}, {URL: "{app:bad}", Redirect: "error"}},
			Servers: []Resource{serve(App, "bad", redirectTo(302, "https://[")), serve(App, "none", reply(302))},
		},
		Scenario{
			Name:   "redirect headers: those of the page's own are preflighted again",
			Source: "wpt/fetch/api/cors/cors-redirect-preflight.any.js",
			Fetches: []Fetch{
				{URL: "{app:a}", Header: fields("X-A", "1")},
				{URL: "{app:refused}", Header: fields("X-A", "1")},
				{URL: "{api:a}", Header: fields("X-A", "1")},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{api:b}")),
				serve(App, "refused", redirectTo(302, "{api:refused}")),
				serve(API, "a", redirectTo(302, "{far:b}", acao, "*", acah, "X-A")),
				serve(API, "b", allow("*", acah, "X-A")),
				serve(API, "refused", allow("*")),
				serve(Far, "b", allow("*", acah, "X-A")),
			},
		},
		Scenario{
			Name:   "redirect headers: Authorization stays within an origin",
			Source: follow,
			Fetches: []Fetch{
				{URL: "{app:a}", Header: fields("Authorization", "Basic eDp5")},
				{URL: "{api:a}", Header: fields("Authorization", "Basic eDp5")},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{app:b}")), serve(App, "b", ok()),
				serve(API, "a", redirectTo(302, "{api:b}", acao, "*", acah, "Authorization")),
				serve(API, "b", allow("*", acah, "Authorization")),
			},
		},
		Scenario{
			Name:   "redirect headers: Authorization does not leave an origin, nor return to it",
			Source: follow,
			Fetches: []Fetch{
				{URL: "{app:there}", Header: fields("Authorization", "Basic eDp5", "X-A", "1")},
				{URL: "{app:back}", Header: fields("Authorization", "Basic eDp5")},
				{URL: "{app:port}", Header: fields("Authorization", "Basic eDp5")},
				{URL: "{api:a}", Header: fields("Authorization", "Basic eDp5", "X-A", "1")},
			},
			Servers: []Resource{
				serve(App, "there", redirectTo(302, "{api:b}")),
				serve(App, "back", redirectTo(302, "{api:back}")),
				serve(App, "port", redirectTo(307, "{port:b}")),
				serve(App, "home", allow("*")),
				serve(API, "back", redirectTo(302, "{app:home}", acao, "*")),
				serve(API, "a", redirectTo(307, "{far:b}", acao, "*", acah, "X-A, Authorization")),
				serve(API, "b", allow("*", acah, "X-A")),
				serve(Port, "b", allow("*")),
				serve(Far, "b", allow("*", acah, "X-A")),
			},
		},
		Scenario{
			Name:    "redirect headers: one of the browser's own, as the page sets it",
			Source:  follow,
			Fetches: []Fetch{{URL: "{app:a}", Header: fields("Accept", "text/own", "Accept-Language", "x-own", "Range", "bytes=0-1")}},
			Servers: []Resource{serve(App, "a", redirectTo(302, "{api:b}")), serve(API, "b", allow("*"))},
		},
	)
}
