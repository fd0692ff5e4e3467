package scenario

// credentialsScenarios are about cookies.
func credentialsScenarios() []Scenario {
	const network = fetchAnchor + "http-network-or-cache-fetch"
	// cookies has one of each kind at each of the places over https.
	var cookies []Cookie
	for _, at := range []Place{App, API, Far} {
		cookies = append(cookies,
			Cookie{At: at, Name: "none", Value: string(at), SameSite: "none", Secure: true},
			Cookie{At: at, Name: "lax", Value: string(at), SameSite: "lax", Secure: true},
			Cookie{At: at, Name: "strict", Value: string(at), SameSite: "strict", Secure: true, HTTPOnly: true},
		)
	}
	everywhere := func(origin string) []Resource {
		var all []Resource
		for _, at := range []Place{App, API, Far, Port} {
			all = append(all, serve(at, "a", allow(origin, acac, "true")))
		}
		return all
	}
	to := func(url string, f Fetch) Fetch {
		f.URL = url
		return f
	}
	all4 := func(f Fetch) []Fetch {
		return []Fetch{to("{app:a}", f), to("{api:a}", f), to("{far:a}", f), to("{port:a}", f)}
	}
	var all []Scenario
	for _, c := range []struct {
		name  string
		page  Page
		fetch Fetch
	}{
		{"by default", Page{}, Fetch{}},
		{"omit", Page{}, Fetch{Credentials: "omit"}},
		{"same-origin", Page{}, Fetch{Credentials: "same-origin"}},
		{"include", Page{}, Fetch{Credentials: "include"}},
		{"include, POST", Page{}, Fetch{Credentials: "include", Method: "POST", Body: Body{Form, "a=b"}}},
		{"no-cors by default", Page{}, Fetch{Mode: "no-cors"}},
		{"no-cors and include", Page{}, Fetch{Mode: "no-cors", Credentials: "include"}},
		{"no-cors and omit", Page{}, Fetch{Mode: "no-cors", Credentials: "omit"}},
		{"include, on a sandboxed page", Page{Sandboxed: true}, Fetch{Credentials: "include"}},
		{"same-origin, on a sandboxed page", Page{Sandboxed: true}, Fetch{Credentials: "same-origin"}},
		{"include, on a page of another site", Page{At: Far}, Fetch{Credentials: "include"}},
		{"include, on a page at the other host", Page{At: API}, Fetch{Credentials: "include"}},
		{"include, on a page in the clear", Page{At: PlainApp}, Fetch{Credentials: "include"}},
	} {
		origin := "{" + string(c.page.Place()) + "}"
		if c.page.Sandboxed {
			origin = "null"
		}
		all = append(all, Scenario{
			Name:    "cookies: " + c.name,
			Source:  "wpt/fetch/api/cors/cors-cookies.any.js",
			Page:    c.page,
			Cookies: cookies,
			Fetches: all4(c.fetch),
			Servers: everywhere(origin),
		})
	}
	for _, c := range []struct {
		name, mode, credentials string
		first                   Answer
	}{
		{"by a refused response", "cors", "include", ok("Set-Cookie", "s=1; Secure; SameSite=None", "Set-Cookie", "t=2; Secure; HttpOnly; SameSite=None")},
		{"by a response that the page may read", "cors", "include", allowAll("Set-Cookie", "s=1; Secure; SameSite=None", aceh, "Set-Cookie")},
		{"not with same-origin", "cors", "same-origin", allowAll("Set-Cookie", "s=1; Secure; SameSite=None")},
		{"not with omit", "cors", "omit", allowAll("Set-Cookie", "s=1; Secure; SameSite=None")},
		{"by an opaque response", "no-cors", "include", ok("Set-Cookie", "s=1; Secure; SameSite=None")},
		{"by an error", "cors", "include", reply(404, acao, "{app}", acac, "true", "Set-Cookie", "s=1; Secure; SameSite=None")},
		{"by a response that CORP refuses", "no-cors", "include", ok("Cross-Origin-Resource-Policy", "same-origin", "Set-Cookie", "s=1; Secure; SameSite=None")},
		{"lax and strict ones", "cors", "include", allowAll("Set-Cookie", "l=1; Secure; SameSite=Lax", "Set-Cookie", "s=2; Secure; SameSite=Strict", "Set-Cookie", "n=3; SameSite=None")},
	} {
		all = append(all, Scenario{
			Name:   "set-cookie: " + c.name,
			Source: network,
			Fetches: []Fetch{
				{URL: "{api:set}", Mode: c.mode, Credentials: c.credentials},
				{URL: "{api:a}", Credentials: "include"},
				{URL: "{far:set}", Mode: c.mode, Credentials: c.credentials},
				{URL: "{far:a}", Credentials: "include"},
			},
			Servers: append(everywhere("{app}")[1:3], serve(API, "set", c.first), serve(Far, "set", c.first)),
		})
	}
	return append(all,
		Scenario{
			Name:   "set-cookie: at the own origin",
			Source: "wpt/fetch/api/credentials/cookies.any.js",
			Fetches: []Fetch{
				{URL: "{app:omitted}", Credentials: "omit"},
				{URL: "{app:set}"},
				{URL: "{app:a}"},
				{URL: "{app:a}", Credentials: "omit"},
			},
			Servers: []Resource{
				serve(App, "omitted", ok("Set-Cookie", "o=0")),
				serve(App, "set", ok("Set-Cookie", "s=1", "Set-Cookie", "t=2; SameSite=Strict; HttpOnly")),
				serve(App, "a", ok()),
			},
		},
		Scenario{
			Name:    "set-cookie: on a redirect, for the next hop",
			Source:  network,
			Fetches: []Fetch{{URL: "{api:a}", Credentials: "include"}, {URL: "{app:a}"}, {URL: "{far:a}", Credentials: "include"}},
			Servers: []Resource{
				serve(API, "a", redirectTo(302, "{api:b}", acao, "{app}", acac, "true", "Set-Cookie", "s=1; Secure; SameSite=None")),
				serve(App, "a", redirectTo(302, "{app:b}", "Set-Cookie", "s=1")),
				serve(Far, "a", redirectTo(302, "{far:b}", acao, "{app}", acac, "true", "Set-Cookie", "s=1; Secure; SameSite=None")),
				serve(API, "b", allowAll()), serve(App, "b", ok()), serve(Far, "b", allowAll()),
			},
		},
		Scenario{
			Name:    "set-cookie: on a redirect that is refused",
			Source:  network,
			Fetches: []Fetch{{URL: "{api:a}", Credentials: "include"}, {URL: "{api:b}", Credentials: "include"}, {URL: "{app:a}", Redirect: "manual"}, {URL: "{app:b}"}},
			Servers: []Resource{
				serve(API, "a", redirectTo(302, "{api:b}", "Set-Cookie", "s=1; Secure; SameSite=None")),
				serve(API, "b", allowAll()),
				serve(App, "a", redirectTo(302, "{app:b}", "Set-Cookie", "s=1")),
				serve(App, "b", ok()),
			},
		},
		Scenario{
			Name:    "set-cookie: replaced and removed",
			Source:  "https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.8.3",
			Cookies: []Cookie{{At: App, Name: "c", Value: "old", SameSite: "lax", Secure: true}},
			Fetches: []Fetch{{URL: "{app:replace}"}, {URL: "{app:a}"}, {URL: "{app:remove}"}, {URL: "{app:a}"}},
			Servers: []Resource{
				serve(App, "replace", ok("Set-Cookie", "c=new; Secure; Path={run}; SameSite=None")),
				serve(App, "remove", ok("Set-Cookie", "c=; Max-Age=0; Path={run}")),
				serve(App, "a", ok()),
			},
		},
		Scenario{
			Name:    "cookies: of each hop of a redirect",
			Source:  "wpt/fetch/api/cors/cors-cookies-redirect.any.js",
			Cookies: cookies,
			Fetches: []Fetch{
				{URL: "{app:out}", Credentials: "include"},
				{URL: "{app:out}", Credentials: "same-origin"},
				{URL: "{api:far}", Credentials: "include"},
				{URL: "{far:home}", Credentials: "include"},
			},
			Servers: []Resource{
				serve(App, "out", redirectTo(302, "{api:a}")),
				serve(API, "far", redirectTo(302, "{far:null}", acao, "{app}", acac, "true")),
				serve(Far, "home", redirectTo(302, "{app:null}", acao, "{app}", acac, "true")),
				serve(API, "a", allowAll()),
				serve(Far, "null", allow("null", acac, "true")),
				serve(App, "null", allow("null", acac, "true")),
			},
		},
		Scenario{
			Name:    "cookies: on the way through another site in mode no-cors",
			Source:  "own reasoning: strict cookies after a redirect by another site",
			Cookies: cookies,
			Fetches: []Fetch{
				{URL: "{far:home}", Mode: "no-cors", Credentials: "include"},
				{URL: "{far:near}", Mode: "no-cors", Credentials: "include"},
				{URL: "{far:home}", Mode: "no-cors"},
			},
			Servers: []Resource{
				serve(Far, "home", redirectTo(302, "{app:a}")),
				serve(Far, "near", redirectTo(302, "{api:a}")),
				serve(App, "a", ok()),
				serve(API, "a", ok()),
			},
		},
		Scenario{
			Name:    "cookies: besides Authorization",
			Source:  network,
			Cookies: cookies,
			Fetches: []Fetch{
				{URL: "{app:a}", Credentials: "omit", Header: fields("Authorization", "x")},
				{URL: "{api:a}", Credentials: "omit", Header: fields("Authorization", "x")},
				{URL: "{api:a}", Credentials: "include", Header: fields("Authorization", "x")},
			},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allowAll())},
		},
		Scenario{
			Name:    "cookies: one that the page sets itself",
			Source:  fetchAnchor + "forbidden-request-header",
			Cookies: cookies,
			Fetches: []Fetch{
				{URL: "{app:a}", Header: fields("Cookie", "own=1")},
				{URL: "{app:a}", Credentials: "omit", Header: fields("Cookie", "own=1")},
				{URL: "{api:a}", Credentials: "include", Header: fields("cookie", "own=1")},
			},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allowAll())},
		},
	)
}
