package scenario

// originScenarios are about the Origin header.
func originScenarios() []Scenario {
	const source = fetchAnchor + "append-a-request-origin-header"
	var all []Scenario
	for _, p := range []string{"no-referrer", "no-referrer-when-downgrade", "same-origin", "strict-origin", "unsafe-url", ""} {
		name := p
		if p == "" {
			name = "none"
		}
		post := func(url, mode string) Fetch {
			return Fetch{URL: url, Method: "POST", Mode: mode, ReferrerPolicy: p}
		}
		all = append(all, Scenario{
			Name:   "origin of a POST under the referrer policy: " + name,
			Source: "wpt/fetch/origin/assorted.window.js",
			Fetches: []Fetch{
				post("{app:a}", "no-cors"),
				post("{api:a}", "no-cors"),
				post("{plainfar:a}", "no-cors"),
				post("{app:a}", "cors"),
			},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", ok()), serve(PlainFar, "a", ok())},
		})
	}
	return append(all,
		Scenario{
			Name:    "origin header: at the own origin",
			Source:  source,
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{app:a}", Method: "HEAD"}, {URL: "{app:a}", Method: "POST"}, {URL: "{app:a}", Method: "PUT", Mode: "same-origin"}},
			Servers: []Resource{serve(App, "a", ok())},
		},
		Scenario{
			Name:    "origin header: of other methods at the own origin",
			Source:  source,
			Fetches: []Fetch{{URL: "{app:a}", Method: "DELETE"}, {URL: "{app:a}", Method: "patch"}, {URL: "{app:a}", Method: "OPTIONS"}, {URL: "{app:a}", Method: "POST", ReferrerPolicy: "no-referrer", Mode: "same-origin"}},
			Servers: []Resource{serve(App, "a", ok())},
		},
		Scenario{
			Name:    "origin header: at another origin",
			Source:  source,
			Fetches: []Fetch{{URL: "{api:a}"}, {URL: "{api:a}", Mode: "no-cors"}, {URL: "{api:a}", Mode: "no-cors", Method: "HEAD"}, {URL: "{api:a}", Method: "POST", ReferrerPolicy: "no-referrer"}},
			Servers: []Resource{serve(API, "a", allow("*"))},
		},
		Scenario{
			Name:   "origin header: after redirects",
			Source: "wpt/fetch/api/redirect/redirect-origin.any.js",
			Fetches: []Fetch{
				{URL: "{app:in}", Method: "POST"},
				{URL: "{app:out}", Method: "POST"},
				{URL: "{api:home}", Method: "POST"},
				{URL: "{api:away}", Method: "POST"},
			},
			Servers: []Resource{
				serve(App, "in", redirectTo(307, "{app:a}")),
				serve(App, "out", redirectTo(307, "{api:a}")),
				serve(API, "home", redirectTo(307, "{app:a}", acao, "*")),
				serve(API, "away", redirectTo(307, "{far:a}", acao, "*")),
				serve(App, "a", allow("*")), serve(API, "a", allow("*")), serve(Far, "a", allow("*")),
			},
		},
		Scenario{
			Name:   "origin header: after redirects that make GET of POST",
			Source: "wpt/fetch/api/redirect/redirect-origin.any.js",
			Fetches: []Fetch{
				{URL: "{app:in}", Method: "POST"},
				{URL: "{app:out}", Method: "POST"},
				{URL: "{api:home}", Method: "POST"},
				{URL: "{api:home}", Method: "POST", Mode: "no-cors"},
			},
			Servers: []Resource{
				serve(App, "in", redirectTo(302, "{app:a}")),
				serve(App, "out", redirectTo(303, "{api:a}")),
				serve(API, "home", redirectTo(302, "{app:a}", acao, "*")),
				serve(App, "a", allow("*")), serve(API, "a", allow("*")),
			},
		},
		Scenario{
			Name:   "origin header: after redirects in mode no-cors",
			Source: "wpt/fetch/origin/assorted.window.js",
			Fetches: []Fetch{
				{URL: "{app:in}", Mode: "no-cors", Method: "POST"},
				{URL: "{app:out}", Mode: "no-cors", Method: "POST"},
				{URL: "{api:home}", Mode: "no-cors", Method: "POST"},
				{URL: "{app:policy}", Mode: "no-cors", Method: "POST"},
			},
			Servers: []Resource{
				serve(App, "in", redirectTo(307, "{app:a}")),
				serve(App, "out", redirectTo(307, "{api:a}")),
				serve(API, "home", redirectTo(307, "{app:a}")),
				serve(App, "policy", redirectTo(307, "{app:a}", "Referrer-Policy", "no-referrer")),
				serve(App, "a", ok()), serve(API, "a", ok()),
			},
		},
		Scenario{
			Name:    "origin header: one of the page's own",
			Source:  fetchAnchor + "forbidden-request-header",
			Fetches: []Fetch{{URL: "{app:a}", Header: fields("Origin", "https://own.test")}, {URL: "{api:a}", Header: fields("origin", "https://own.test")}},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allow("*"))},
		},
		Scenario{
			Name:   "origin header: a sandboxed page",
			Source: fetchAnchor + "serializing-a-request-origin",
			Page:   Page{Sandboxed: true},
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{app:a}", Method: "POST"},
				{URL: "{app:a}", Mode: "no-cors"},
				{URL: "{app:a}", Mode: "no-cors", Method: "POST", ReferrerPolicy: "unsafe-url"},
			},
			Servers: []Resource{serve(App, "a", allow("*"))},
		},
		Scenario{
			Name:   "origin header: from a page in the clear",
			Source: source,
			Page:   Page{At: PlainApp},
			Fetches: []Fetch{
				{URL: "{plainapp:a}", Method: "POST"},
				{URL: "{app:a}"},
				{URL: "{api:a}", Mode: "no-cors", Method: "POST"},
				{URL: "{plainfar:a}", Mode: "no-cors", Method: "POST"},
			},
			Servers: []Resource{serve(PlainApp, "a", ok()), serve(App, "a", allow("*")), serve(API, "a", ok()), serve(PlainFar, "a", ok())},
		},
	)
}
