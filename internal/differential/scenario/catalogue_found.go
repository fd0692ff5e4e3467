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
			Name:    "found: integrity of unknown kind, and no body",
			Source:  fetchAnchor + "concept-main-fetch",
			Fetches: []Fetch{{URL: "{app:a}", Integrity: "md5-AAAA"}},
			Servers: []Resource{serve(App, "a", reply(204))},
		},
		{
			Name:    "found: a range that is compressed",
			Source:  fetchAnchor + "concept-http-network-or-cache-fetch",
			Fetches: []Fetch{{URL: "{app:a}", Header: fields("Range", "bytes=-5")}},
			Servers: []Resource{serve(App, "a", Answer{Body: "hello", Gzip: true})},
		},
		{
			Name:    "found: Pragma on two lines",
			Source:  "own reasoning: lines of one name mean the same as one line",
			Fetches: []Fetch{{URL: "{app:a}", Header: fields("Pragma", "no-cache", "Pragma", "no-cache")}},
			Servers: []Resource{serve(App, "a", ok())},
		},
		{
			Name:    "found: a POST without referrer in mode no-cors",
			Source:  fetchAnchor + "append-a-request-origin-header",
			Fetches: []Fetch{{URL: "{app:a}", Method: "POST", Mode: "no-cors", Referrer: "no-referrer"}},
			Servers: []Resource{serve(App, "a", ok())},
		},
		{
			Name:   "found: Authorization, and a redirect after it was dropped",
			Source: fetchAnchor + "http-redirect-fetch",
			Fetches: []Fetch{{
				URL: "{api:a}", Header: fields("Authorization", "Bearer x", "X-A", "1"),
			}},
			Servers: []Resource{
				servePreflighted(API, "a", allow("{app}", acah, "Authorization, X-A"), redirectTo(307, "{app:b}", acao, "{app}")),
				servePreflighted(App, "b", allow("*", acah, "Authorization, X-A"), redirectTo(308, "{app:c}", acao, "*")),
				servePreflighted(App, "c", allow("*", acah, "Authorization, X-A"), allow("*")),
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
