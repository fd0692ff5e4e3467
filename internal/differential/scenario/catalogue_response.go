package scenario

// responseScenarios are about what a response is to the page besides its headers.
func responseScenarios() []Scenario {
	compressed := allow("*", aceh, "*")
	compressed.Gzip = true
	return []Scenario{
		{
			Name:    "response: status texts",
			Source:  fetchAnchor + "concept-response-status-message",
			Fetches: []Fetch{{URL: "{app:404}"}, {URL: "{api:404}"}, {URL: "{app:599}"}, {URL: "{api:404}", Mode: "no-cors"}},
			Servers: []Resource{serve(App, "404", reply(404)), serve(API, "404", reply(404, acao, "*")), serve(App, "599", reply(599))},
		},
		{
			Name:    "response: statuses without body",
			Source:  fetchAnchor + "null-body-status",
			Fetches: []Fetch{{URL: "{app:204}"}, {URL: "{app:205}"}, {URL: "{app:304}"}, {URL: "{app:205}", Method: "HEAD"}},
			Servers: []Resource{serve(App, "204", reply(204)), serve(App, "205", Answer{Status: 205, Body: "not there"}), serve(App, "304", reply(304))},
		},
		{
			Name:    "response: HEAD has none",
			Source:  fetchAnchor + "main-fetch",
			Fetches: []Fetch{{URL: "{app:a}", Method: "HEAD"}, {URL: "{api:a}", Method: "HEAD"}, {URL: "{api:a}", Method: "HEAD", Mode: "no-cors"}},
			Servers: []Resource{serve(App, "a", ok("X-A", "1")), serve(API, "a", allow("*", aceh, "Content-Length"))},
		},
		{
			Name:    "response: compressed",
			Source:  fetchAnchor + "handle-content-codings",
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{api:a}"}, {URL: "{app:a}", Method: "HEAD"}, {URL: "{api:a}", Mode: "no-cors"}},
			Servers: []Resource{serve(App, "a", compressed), serve(API, "a", compressed)},
		},
		{
			Name:    "response: compressed, as it is called otherwise",
			Source:  fetchAnchor + "handle-content-codings",
			Fetches: []Fetch{{URL: "{app:identity}"}, {URL: "{app:unknown}"}, {URL: "{app:empty}"}},
			Servers: []Resource{
				serve(App, "identity", ok("Content-Encoding", "identity")),
				serve(App, "unknown", ok("Content-Encoding", "unknown")),
				serve(App, "empty", ok("Content-Encoding", "")),
			},
		},
		{
			Name:    "response: compressed, but it is not",
			Source:  fetchAnchor + "handle-content-codings",
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{api:a}"}},
			Servers: []Resource{serve(App, "a", ok("Content-Encoding", "gzip")), serve(API, "a", allow("*", "Content-Encoding", "gzip"))},
		},
		{
			Name:    "response: compressed redirects and errors",
			Source:  fetchAnchor + "handle-content-codings",
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{app:b}"}},
			Servers: []Resource{
				serve(App, "a", Answer{Status: 302, Header: fields("Location", "{app:b}"), Body: "moved", Gzip: true}),
				serve(App, "b", Answer{Status: 404, Body: "not found", Gzip: true}),
			},
		},
		{
			Name:   "response: a part that was asked for",
			Source: fetchAnchor + "concept-response-range-requested-flag",
			Fetches: []Fetch{
				{URL: "{app:part}", Header: fields("Range", "bytes=0-4")},
				{URL: "{api:part}", Header: fields("Range", "bytes=0-4")},
				{URL: "{api:part}", Header: fields("Range", "bytes=0-4"), Mode: "no-cors"},
				{URL: "{api:all}", Header: fields("Range", "bytes=0-4")},
			},
			Servers: []Resource{
				serve(App, "part", reply(206, "Content-Range", "bytes 0-4/10")),
				serve(API, "part", reply(206, acao, "*", "Content-Range", "bytes 0-4/10")),
				serve(API, "all", allow("*")),
			},
		},
		{
			Name:   "response: a part that was not asked for",
			Source: fetchAnchor + "main-fetch",
			Fetches: []Fetch{
				{URL: "{app:part}"},
				{URL: "{api:part}"},
				{URL: "{api:part}", Mode: "no-cors"},
				{URL: "{app:out}", Mode: "no-cors"},
			},
			Servers: []Resource{
				serve(App, "part", reply(206, "Content-Range", "bytes 0-4/10")),
				serve(API, "part", reply(206, acao, "*", "Content-Range", "bytes 0-4/10")),
				serve(App, "out", redirectTo(302, "{api:part}")),
			},
		},
		{
			Name:   "response: a range that cannot be had, and ranges after redirects",
			Source: fetchAnchor + "concept-http-redirect-fetch",
			Fetches: []Fetch{
				{URL: "{app:416}", Header: fields("Range", "bytes=100-")},
				{URL: "{app:out}", Header: fields("Range", "bytes=0-4")},
				{URL: "{app:out}", Header: fields("Range", "bytes=-4")},
			},
			Servers: []Resource{
				serve(App, "416", reply(416, "Content-Range", "bytes */10")),
				serve(App, "out", redirectTo(302, "{api:part}")),
				serve(API, "part", reply(206, acao, "*", acah, "Range", "Content-Range", "bytes 0-4/10")),
			},
		},
		{
			Name:    "response: URLs",
			Source:  fetchAnchor + "dom-response",
			Fetches: []Fetch{{URL: "{app:a}?q#f"}, {URL: "{api:a}?%7e#f"}, {URL: "{app:to}"}, {URL: "{api:a}#f", Mode: "no-cors"}},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allow("*")), serve(App, "to", redirectTo(302, "{app:a}#g"))},
		},
		{
			Name:    "response: types that the own origin is free to read",
			Source:  fetchAnchor + "should-response-to-request-be-blocked-due-to-nosniff?",
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{app:b}", Mode: "no-cors"}, {URL: "{api:a}"}},
			Servers: []Resource{
				serve(App, "a", ok("Content-Type", "image/png", "X-Content-Type-Options", "nosniff")),
				serve(App, "b", ok("Content-Type", "text/html", "X-Content-Type-Options", "nosniff")),
				serve(API, "a", allow("*", "Content-Type", "application/octet-stream", "X-Content-Type-Options", "nosniff")),
			},
		},
		{
			Name:    "response: resources that are not there",
			Source:  fetchAnchor + "main-fetch",
			Fetches: []Fetch{{URL: "{app:missing}"}, {URL: "{api:missing}"}, {URL: "{api:missing}", Mode: "no-cors"}},
		},
		{
			Name:    "response: another one each time",
			Source:  "own reasoning: nothing is kept of a response that says no-store",
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{app:a}"}, {URL: "{app:a}", Cache: "force-cache"}},
			Servers: []Resource{serve(App, "a", Answer{Body: "1", Header: fields("ETag", `"1"`)}, Answer{Body: "2"}, Answer{Body: "3"})},
		},
	}
}
