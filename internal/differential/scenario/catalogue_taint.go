package scenario

import "fmt"

// taintScenarios are about redirects between origins: which origin the request has
// then, and what its response is.
func taintScenarios() []Scenario {
	const tainted = fetchAnchor + "concept-request-tainted-origin"
	var chains []Scenario
	for _, path := range [][]Place{
		{App, API}, {App, Far}, {App, Port},
		{API, API}, {API, App}, {API, Far}, {API, Port},
		{Far, Far}, {Far, App}, {Far, API},
		{App, API, App}, {App, Far, App}, {App, Far, Far}, {App, Far, API}, {App, App, Far},
		{API, Far, API}, {API, API, Far}, {Far, API, App},
		{API, Local}, {Local, API},
	} {
		// Each chain ends twice: where the origin is allowed, and where null is.
		s := Scenario{Source: tainted}
		for i, at := range path {
			if i > 0 {
				s.Name += " to "
			}
			s.Name += string(at)
		}
		last := path[len(path)-1]
		for _, end := range []struct{ path, allowed string }{{"origin", "{app}"}, {"null", "null"}} {
			for i, at := range path[:len(path)-1] {
				next := fmt.Sprintf("{%s:%s%d}", path[i+1], end.path, i+1)
				s.Servers = append(s.Servers, serve(at, fmt.Sprint(end.path, i), redirectTo(302, next, acao, "*")))
			}
			s.Servers = append(s.Servers, serve(last, fmt.Sprint(end.path, len(path)-1), allow(end.allowed, "X-A", "1")))
			s.Fetches = append(s.Fetches, Fetch{URL: fmt.Sprintf("{%s:%s0}", path[0], end.path)})
		}
		chains = append(chains, s)
	}
	return append(pack("redirect chain", chains),
		Scenario{
			Name:   "redirect grant: missing on the redirect",
			Source: "wpt/xhr/access-control-and-redirects-async.any.js",
			Fetches: []Fetch{
				{URL: "{api:a}"},
				{URL: "{api:away}"},
				{URL: "{api:home}"},
				{URL: "{api:other}"},
			},
			Servers: []Resource{
				serve(API, "a", redirectTo(302, "{api:b}")),
				serve(API, "away", redirectTo(302, "{far:b}")),
				serve(API, "home", redirectTo(302, "{app:b}")),
				serve(API, "other", redirectTo(302, "{api:b}", acao, "{far}")),
				serve(API, "b", allow("*")), serve(Far, "b", allow("*")), serve(App, "b", allow("*")),
			},
		},
		Scenario{
			Name:   "redirect grant: missing in the end",
			Source: fetchAnchor + "concept-cors-check",
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{api:a}"},
				{URL: "{api:home}"},
				{URL: "{api:away}"},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{api:b}")),
				serve(API, "a", redirectTo(302, "{api:b}", acao, "*")),
				serve(API, "home", redirectTo(302, "{app:b}", acao, "*")),
				serve(API, "away", redirectTo(302, "{far:b}", acao, "*")),
				serve(API, "b", ok()), serve(Far, "b", ok()), serve(App, "b", ok()),
			},
		},
		Scenario{
			Name:   "redirect grant: null on the redirects after the first",
			Source: tainted,
			Fetches: []Fetch{
				{URL: "{api:origin}"},
				{URL: "{api:null}"},
			},
			Servers: []Resource{
				serve(API, "origin", redirectTo(302, "{far:origin}", acao, "{app}")),
				serve(Far, "origin", redirectTo(302, "{far:b}", acao, "{app}")),
				serve(API, "null", redirectTo(302, "{far:null}", acao, "{app}")),
				serve(Far, "null", redirectTo(302, "{far:b}", acao, "null")),
				serve(Far, "b", allow("null")),
			},
		},
		Scenario{
			Name:   "redirect grant: preflights of a tainted request",
			Source: tainted,
			Fetches: []Fetch{
				{URL: "{api:null}", Method: "PUT", Body: Body{String, "x"}},
				{URL: "{api:origin}", Method: "PUT", Body: Body{String, "x"}},
				{URL: "{api:home}", Method: "PUT", Body: Body{String, "x"}},
			},
			Servers: []Resource{
				serve(API, "null", redirectTo(307, "{far:null}", acao, "{app}", acam, "PUT")),
				serve(API, "origin", redirectTo(307, "{far:origin}", acao, "{app}", acam, "PUT")),
				serve(API, "home", redirectTo(307, "{app:home}", acao, "{app}", acam, "PUT")),
				serve(Far, "null", allow("null", acam, "PUT")),
				serve(Far, "origin", allow("{app}", acam, "PUT")),
				serve(App, "home", allow("null", acam, "PUT")),
			},
		},
		Scenario{
			Name:   "redirect grant: with credentials, back at the own origin",
			Source: fetchAnchor + "main-fetch",
			Cookies: []Cookie{
				{At: App, Name: "app", Value: "1", SameSite: "none", Secure: true},
				{At: Far, Name: "far", Value: "1", SameSite: "none", Secure: true},
			},
			Fetches: []Fetch{
				{URL: "{far:a}", Credentials: "include"},
				{URL: "{far:b}", Credentials: "include"},
				{URL: "{far:b}", Credentials: "same-origin"},
			},
			Servers: []Resource{
				serve(Far, "a", redirectTo(302, "{app:origin}", acao, "{app}", acac, "true")),
				serve(Far, "b", redirectTo(302, "{app:null}", acao, "{app}", acac, "true")),
				serve(App, "origin", allow("{app}", acac, "true")),
				serve(App, "null", allow("null", acac, "true")),
			},
		},
		Scenario{
			Name:   "redirect grant: a sandboxed page",
			Source: fetchAnchor + "serializing-a-request-origin",
			Page:   Page{Sandboxed: true},
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{api:a}"},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{far:b}", acao, "null")),
				serve(API, "a", redirectTo(302, "{app:b}", acao, "null")),
				serve(App, "b", allow("null")),
				serve(Far, "b", allow("null")),
			},
		},
		Scenario{
			Name:   "redirect grant: what no-cors makes of it",
			Source: "wpt/fetch/api/redirect/redirect-back-to-original-origin.any.js",
			Fetches: []Fetch{
				{URL: "{app:a}", Mode: "no-cors"},
				{URL: "{api:home}", Mode: "no-cors"},
				{URL: "{api:a}", Mode: "no-cors", Method: "POST", Body: Body{String, "x"}},
				{URL: "{app:post}", Mode: "no-cors", Method: "POST"},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{api:b}")),
				serve(App, "post", redirectTo(307, "{far:b}")),
				serve(API, "home", redirectTo(302, "{app:b}")),
				serve(API, "a", redirectTo(307, "{far:b}")),
				serve(App, "b", ok()), serve(API, "b", ok()), serve(Far, "b", ok()),
			},
		},
		Scenario{
			Name:   "redirect grant: mode same-origin",
			Source: "wpt/fetch/api/basic/mode-same-origin.any.js",
			Fetches: []Fetch{
				{URL: "{app:in}", Mode: "same-origin"},
				{URL: "{app:out}", Mode: "same-origin"},
				{URL: "{app:port}", Mode: "same-origin"},
				{URL: "{api:home}", Mode: "same-origin"},
			},
			Servers: []Resource{
				serve(App, "in", redirectTo(302, "{app:b}")),
				serve(App, "out", redirectTo(302, "{api:b}")),
				serve(App, "port", redirectTo(302, "{port:b}")),
				serve(API, "home", redirectTo(302, "{app:b}", acao, "*")),
				serve(App, "b", allow("*")), serve(API, "b", allow("*")), serve(Port, "b", allow("*")),
			},
		},
	)
}
