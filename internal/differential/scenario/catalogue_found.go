package scenario

// foundScenarios are those that generated scenarios came down to, of differences
// that no other scenario of the catalogue shows.
func foundScenarios() []Scenario {
	return []Scenario{
		{
			Name:    "found: a preflight after a redirect back home",
			Source:  "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header",
			Fetches: []Fetch{{URL: "{far:a}", Method: "DELETE"}},
			Servers: []Resource{
				{
					At: Far, Path: "a",
					Preflight: []Answer{allow("{app}", acam, "DELETE")},
					Answer:    []Answer{redirectTo(308, "{app:b}", acao, "{app}")},
				},
				{
					At: App, Path: "b",
					Preflight: []Answer{allow("null", acam, "DELETE")},
					Answer:    []Answer{allow("null")},
				},
			},
		},
		{
			Name:    "found: a body that is gone, and one more redirect",
			Source:  fetchAnchor + "http-redirect-fetch",
			Fetches: []Fetch{{URL: "{app:a}", Method: "POST", Body: Body{String, "hello"}}},
			Servers: []Resource{
				serve(App, "a", redirectTo(303, "{api:b}")),
				serve(API, "b", redirectTo(307, "{port:c}", acao, "{app}")),
				serve(Port, "c", allow("null")),
			},
		},
		{
			Name:    "found: keepalive in the clear",
			Source:  "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
			Fetches: []Fetch{{URL: "{plainfar:a}", Keepalive: true}},
			Servers: []Resource{serve(PlainFar, "a", allow("{app}"))},
		},
	}
}
