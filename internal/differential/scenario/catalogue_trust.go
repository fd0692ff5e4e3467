package scenario

// trustScenarios are about what depends on whether URLs are trustworthy, above all
// Sec-Fetch-Site and the others like it.
func trustScenarios() []Scenario {
	const (
		metadata = "https://w3c.github.io/webappsec-fetch-metadata/#fetch-integration"
		trust    = "https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy"
	)
	everywhere := func(origin string) []Resource {
		var all []Resource
		for _, at := range Places {
			all = append(all, serve(at, "a", allow(origin)))
		}
		return all
	}
	four := func(mode string, at ...string) []Fetch {
		var all []Fetch
		for _, a := range at {
			all = append(all, Fetch{URL: "{" + a + ":a}", Mode: mode})
		}
		return all
	}
	var all []Scenario
	for _, c := range []struct {
		name  string
		page  Page
		mode  string
		first []string
	}{
		{"a page at app, all of https", Page{}, "", []string{"app", "api", "port", "far"}},
		{"a page at app, http on loopback", Page{}, "", []string{"local", "ip"}},
		{"a page at app, other http", Page{}, "", []string{"plainapp", "plainapi", "plainfar"}},
		{"a page at app, mode no-cors", Page{}, "no-cors", []string{"app", "api", "far", "local"}},
		{"a page in the clear, http", Page{At: PlainApp}, "", []string{"plainapp", "plainapi", "plainfar", "local"}},
		{"a page in the clear, https", Page{At: PlainApp}, "", []string{"app", "api", "far", "ip"}},
		{"a page in the clear, mode no-cors", Page{At: PlainApp}, "no-cors", []string{"app", "plainapi", "local"}},
		{"a page at localhost", Page{At: Local}, "", []string{"local", "ip", "plainapp", "app"}},
		{"a page at an address", Page{At: IP}, "", []string{"ip", "local", "plainfar", "far"}},
		{"a page at another site", Page{At: Far}, "", []string{"far", "app", "plainfar", "local"}},
		{"a sandboxed page", Page{Sandboxed: true}, "", []string{"app", "api", "far", "local"}},
	} {
		all = append(all, Scenario{
			Name:    "metadata: " + c.name,
			Source:  metadata,
			Page:    c.page,
			Fetches: four(c.mode, c.first...),
			Servers: only(everywhere("*"), c.first),
		})
	}
	return append(all,
		Scenario{
			Name:   "metadata: each hop of a redirect",
			Source: metadata,
			Fetches: []Fetch{
				{URL: "{app:api}"},
				{URL: "{api:app}"},
				{URL: "{app:far}"},
				{URL: "{far:app}"},
			},
			Servers: []Resource{
				serve(App, "api", redirectTo(302, "{api:a}")),
				serve(API, "app", redirectTo(302, "{app:a}", acao, "*")),
				serve(App, "far", redirectTo(302, "{far:back}")),
				serve(Far, "back", redirectTo(302, "{app:a}", acao, "*")),
				serve(Far, "app", redirectTo(302, "{app:same}", acao, "*")),
				serve(App, "same", redirectTo(302, "{app:a}", acao, "*")),
				serve(App, "a", allow("*")), serve(API, "a", allow("*")),
			},
		},
		Scenario{
			Name:   "metadata: on the way to another scheme and back",
			Source: metadata,
			Page:   Page{At: PlainApp},
			Fetches: []Fetch{
				{URL: "{plainapp:up}"},
				{URL: "{plainapi:up}"},
				{URL: "{app:down}"},
				{URL: "{api:down}"},
			},
			Servers: []Resource{
				serve(PlainApp, "up", redirectTo(302, "{app:a}")),
				serve(PlainAPI, "up", redirectTo(302, "{api:a}", acao, "*")),
				serve(App, "down", redirectTo(302, "{plainapp:a}", acao, "*")),
				serve(API, "down", redirectTo(302, "{local:a}", acao, "*")),
				serve(PlainApp, "a", allow("*")), serve(App, "a", allow("*")), serve(API, "a", allow("*")), serve(Local, "a", allow("*")),
			},
		},
		Scenario{
			Name:   "metadata: of preflights",
			Source: "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-mode-header",
			Fetches: []Fetch{
				{URL: "{api:a}", Method: "PUT"},
				{URL: "{far:a}", Method: "PUT"},
				{URL: "{local:a}", Method: "PUT"},
			},
			Servers: []Resource{
				serve(API, "a", allow("*", acam, "PUT")), serve(Far, "a", allow("*", acam, "PUT")), serve(Local, "a", allow("*", acam, "PUT")),
			},
		},
		Scenario{
			Name:   "metadata: a page in the clear asks for preflights",
			Source: metadata,
			Page:   Page{At: PlainApp},
			Fetches: []Fetch{
				{URL: "{plainapi:a}", Method: "PUT"},
				{URL: "{api:a}", Method: "PUT"},
				{URL: "{app:a}", Method: "PUT", Credentials: "include"},
			},
			Servers: []Resource{
				serve(PlainAPI, "a", allow("{plainapp}", acam, "PUT")),
				serve(API, "a", allow("{plainapp}", acam, "PUT")),
				serve(App, "a", allow("{plainapp}", acac, "true", acam, "PUT")),
			},
		},
		Scenario{
			Name:   "metadata: cookies between the schemes of a site",
			Source: "own reasoning: whether the scheme is a part of the site is for cookies to say",
			Page:   Page{At: PlainApp},
			Cookies: []Cookie{
				{At: App, Name: "strict", Value: "1", SameSite: "strict", Secure: true},
				{At: App, Name: "lax", Value: "1", SameSite: "lax"},
				{At: API, Name: "none", Value: "1", SameSite: "none", Secure: true},
			},
			Fetches: []Fetch{
				{URL: "{app:a}", Credentials: "include"},
				{URL: "{api:a}", Credentials: "include"},
				{URL: "{plainapp:a}", Credentials: "include"},
				{URL: "{plainapp:a}"},
			},
			Servers: []Resource{
				serve(App, "a", allow("{plainapp}", acac, "true")),
				serve(API, "a", allow("{plainapp}", acac, "true")),
				serve(PlainApp, "a", ok()),
			},
		},
		Scenario{
			Name:    "metadata: headers of the page's own",
			Source:  fetchAnchor + "forbidden-request-header",
			Fetches: []Fetch{{URL: "{api:a}", Header: fields("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-User", "?1", "Sec-Fetch-Dest", "document")}},
			Servers: []Resource{serve(API, "a", allow("*"))},
		},
		Scenario{
			Name:   "trust: redirects from https to http",
			Source: trust,
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{app:post}", Method: "POST", Mode: "no-cors"},
				{URL: "{api:a}"},
				{URL: "{app:local}"},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{plainapi:a}")),
				serve(App, "post", redirectTo(307, "{plainapp:a}")),
				serve(App, "local", redirectTo(302, "{local:a}")),
				serve(API, "a", redirectTo(302, "{plainfar:a}", acao, "*")),
				serve(PlainAPI, "a", allow("*")), serve(PlainApp, "a", allow("*")), serve(PlainFar, "a", allow("*")), serve(Local, "a", allow("*")),
			},
		},
	)
}

// only returns the resources at some places.
func only(all []Resource, places []string) []Resource {
	var some []Resource
	for _, r := range all {
		for _, at := range places {
			if string(r.At) == at {
				some = append(some, r)
			}
		}
	}
	return some
}
