package scenario

import "strings"

// modeScenarios are about the modes other than cors.
func modeScenarios() []Scenario {
	const (
		guard = fetchAnchor + "no-cors-safelisted-request-header"
		main  = fetchAnchor + "main-fetch"
	)
	nocors := func(f Fetch) Fetch {
		f.Mode = "no-cors"
		if f.URL == "" {
			f.URL = "{api:a}"
		}
		return f
	}
	var guarded []Scenario
	for _, c := range []struct {
		name   string
		header []Field
	}{
		{"safelisted", fields("Accept", "a", "Accept-Language", "b", "Content-Language", "c", "Content-Type", "text/plain;d")},
		{"others", fields("X-A", "1", "Authorization", "x", "If-None-Match", `"1"`, "Cache-Control", "no-cache")},
		{"a range", fields("Range", "bytes=0-1")},
		{"an unsafe value", fields("Accept", `"a"`, "Content-Language", "@", "Content-Type", "application/json")},
		{"values of 128 bytes", fields("Accept", strings.Repeat("a", 128), "Accept-Language", strings.Repeat("b", 128))},
		{"a value of 129 bytes", fields("Accept", strings.Repeat("a", 129))},
		{"lines of 129 bytes together", fields("Accept", strings.Repeat("a", 63), "Accept", strings.Repeat("b", 64))},
		{"lines of 128 bytes together", fields("Accept", strings.Repeat("a", 63), "Accept", strings.Repeat("b", 63))},
		{"a safe and an unsafe line", fields("Accept", "a", "Accept", `"`)},
		{"two types", fields("Content-Type", "text/plain", "Content-Type", "text/plain")},
		{"an invalid name", fields("X A", "1")},
		{"an invalid value", fields("X-A", "1\n2")},
	} {
		guarded = append(guarded, Scenario{
			Name:    c.name,
			Source:  guard,
			Fetches: []Fetch{nocors(Fetch{Method: "POST", Header: c.header})},
			Servers: []Resource{serve(API, "a", ok())},
		})
	}
	return append(pack("no-cors headers", guarded),
		Scenario{
			Name:    "no-cors: headers of the page's own at the own origin",
			Source:  guard,
			Fetches: []Fetch{nocors(Fetch{URL: "{app:a}", Header: fields("X-A", "1", "Content-Language", "x")}), nocors(Fetch{URL: "{app:a}", Method: "POST", Header: fields("Content-Type", "x/y"), Body: Body{String, "z"}})},
			Servers: []Resource{serve(App, "a", ok("X-B", "2"))},
		},
		Scenario{
			Name:   "no-cors: bodies",
			Source: fetchAnchor + "dom-request",
			Fetches: []Fetch{
				nocors(Fetch{Method: "POST", Body: Body{String, "x"}}),
				nocors(Fetch{Method: "POST", Body: Body{Form, "a=b"}}),
				nocors(Fetch{Method: "POST", Body: Body{Bytes, "x"}}),
				nocors(Fetch{Method: "POST", Header: fields("Content-Type", "application/json"), Body: Body{String, "{}"}}),
			},
			Servers: []Resource{serve(API, "a", ok())},
		},
		Scenario{
			Name:    "no-cors: methods that it has",
			Source:  fetchAnchor + "dom-request",
			Fetches: []Fetch{nocors(Fetch{Method: "get"}), nocors(Fetch{Method: "head"}), nocors(Fetch{Method: "post"}), nocors(Fetch{Method: "GET", URL: "{app:a}"})},
			Servers: []Resource{serve(API, "a", ok()), serve(App, "a", ok())},
		},
		Scenario{
			Name:    "no-cors: methods that it has not",
			Source:  fetchAnchor + "dom-request",
			Fetches: []Fetch{nocors(Fetch{Method: "PUT"}), nocors(Fetch{Method: "OPTIONS"}), nocors(Fetch{Method: "patch"}), nocors(Fetch{Method: "DELETE", URL: "{app:a}"})},
			Servers: []Resource{serve(API, "a", ok()), serve(App, "a", ok())},
		},
		Scenario{
			Name:    "no-cors: the response is opaque, whatever it is",
			Source:  fetchAnchor + "concept-filtered-response-opaque",
			Fetches: []Fetch{nocors(Fetch{URL: "{api:204}"}), nocors(Fetch{URL: "{api:404}"}), nocors(Fetch{URL: "{api:granted}"}), nocors(Fetch{URL: "{app:404}"})},
			Servers: []Resource{
				serve(API, "204", reply(204, "X-A", "1")),
				serve(API, "404", reply(404, "X-A", "1")),
				serve(API, "granted", allow("*", aceh, "*", "X-A", "1")),
				serve(App, "404", reply(404, "X-A", "1")),
			},
		},
		Scenario{
			Name:   "no-cors: other places",
			Source: "wpt/fetch/api/basic/mode-no-cors.js",
			Fetches: []Fetch{
				nocors(Fetch{URL: "{port:a}"}),
				nocors(Fetch{URL: "{far:a}"}),
				nocors(Fetch{URL: "{local:a}"}),
				nocors(Fetch{URL: "{ip:a}"}),
			},
			Servers: []Resource{serve(Port, "a", ok()), serve(Far, "a", ok()), serve(Local, "a", ok()), serve(IP, "a", ok())},
		},
		Scenario{
			Name:   "no-cors: types of data that only scripts of the own origin read",
			Source: "own reasoning: opaque responses may be blocked by their type",
			Fetches: []Fetch{
				nocors(Fetch{URL: "{api:html}"}),
				nocors(Fetch{URL: "{api:json}"}),
				nocors(Fetch{URL: "{api:script}"}),
				nocors(Fetch{URL: "{api:css}"}),
			},
			Servers: []Resource{
				serve(API, "html", ok("Content-Type", "text/html", "X-Content-Type-Options", "nosniff")),
				serve(API, "json", ok("Content-Type", "application/json", "X-Content-Type-Options", "nosniff")),
				serve(API, "script", ok("Content-Type", "text/javascript")),
				serve(API, "css", ok("Content-Type", "text/css")),
			},
		},
		Scenario{
			Name:    "no-cors: a sandboxed page",
			Source:  main,
			Page:    Page{Sandboxed: true},
			Fetches: []Fetch{nocors(Fetch{URL: "{app:a}"}), nocors(Fetch{Method: "POST"})},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", ok())},
		},
		Scenario{
			Name:   "same-origin: the own origin and others",
			Source: "wpt/fetch/api/basic/mode-same-origin.any.js",
			Fetches: []Fetch{
				{URL: "{app:a}", Mode: "same-origin", Method: "PUT", Header: fields("X-A", "1")},
				{URL: "{api:a}", Mode: "same-origin"},
				{URL: "{port:a}", Mode: "same-origin"},
				{URL: "{plainapp:a}", Mode: "same-origin"},
			},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allow("*")), serve(Port, "a", allow("*")), serve(PlainApp, "a", allow("*"))},
		},
		Scenario{
			Name:    "same-origin: a sandboxed page has no other than itself",
			Source:  main,
			Page:    Page{Sandboxed: true},
			Fetches: []Fetch{{URL: "{app:a}", Mode: "same-origin"}},
			Servers: []Resource{serve(App, "a", allow("null"))},
		},
		Scenario{
			Name:   "modes: those that fetch() has not",
			Source: fetchAnchor + "dom-request",
			Fetches: []Fetch{
				{URL: "{app:a}", Mode: "navigate"},
				{URL: "{app:a}", Mode: "websocket"},
				{URL: "{app:a}", Credentials: "always"},
				{URL: "{app:a}", Redirect: "none"},
			},
			Servers: []Resource{serve(App, "a", ok())},
		},
		Scenario{
			Name:   "keepalive: bodies up to 64 KiB",
			Source: fetchAnchor + "http-network-or-cache-fetch",
			Fetches: []Fetch{
				{URL: "{app:a}", Keepalive: true, Method: "POST", Body: Body{String, strings.Repeat("x", 65536)}},
				{URL: "{app:a}", Keepalive: true, Method: "POST", Body: Body{String, strings.Repeat("x", 65537)}},
				{URL: "{api:a}", Keepalive: true},
				{URL: "{api:a}", Keepalive: true, Mode: "no-cors", Method: "POST", Body: Body{Bytes, "x"}},
			},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allow("*"))},
		},
		Scenario{
			Name:   "cache: modes and what they send",
			Source: fetchAnchor + "http-network-or-cache-fetch",
			Fetches: []Fetch{
				{URL: "{app:a}", Cache: "no-store"},
				{URL: "{app:a}", Cache: "reload"},
				{URL: "{app:a}", Cache: "no-cache"},
				{URL: "{app:a}", Cache: "force-cache"},
			},
			Servers: []Resource{serve(App, "a", ok())},
		},
		Scenario{
			Name:   "cache: modes need no preflight",
			Source: fetchAnchor + "http-network-or-cache-fetch",
			Fetches: []Fetch{
				{URL: "{api:a}", Cache: "no-store"},
				{URL: "{api:a}", Cache: "reload"},
				{URL: "{api:a}", Cache: "no-cache"},
				{URL: "{api:a}", Cache: "default"},
			},
			Servers: []Resource{serve(API, "a", allow("*"))},
		},
		Scenario{
			Name:   "cache: headers of the page's own besides modes",
			Source: fetchAnchor + "http-network-or-cache-fetch",
			Fetches: []Fetch{
				{URL: "{app:a}", Cache: "reload", Header: fields("Cache-Control", "max-age=7")},
				{URL: "{app:a}", Cache: "no-cache", Header: fields("Cache-Control", "max-stale", "Pragma", "x")},
				{URL: "{app:a}", Cache: "no-store", Header: fields("Pragma", "own")},
				{URL: "{app:a}", Header: fields("Cache-Control", "no-transform")},
			},
			Servers: []Resource{serve(App, "a", ok())},
		},
		Scenario{
			Name:   "cache: conditions of the page's own",
			Source: fetchAnchor + "http-network-or-cache-fetch",
			Fetches: []Fetch{
				{URL: "{app:a}", Header: fields("If-None-Match", `W/"1"`)},
				{URL: "{app:a}", Header: fields("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")},
				{URL: "{app:a}", Header: fields("If-Match", "*", "If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")},
				{URL: "{app:a}", Cache: "force-cache", Header: fields("If-Range", `"1"`, "Range", "bytes=0-")},
			},
			Servers: []Resource{serve(App, "a", ok())},
		},
		Scenario{
			Name:   "cache: only-if-cached",
			Source: fetchAnchor + "dom-request",
			Fetches: []Fetch{
				{URL: "{app:a}", Cache: "only-if-cached"},
				{URL: "{app:a}", Cache: "only-if-cached", Mode: "same-origin"},
				{URL: "{app:a}", Cache: "only-if-cached", Mode: "no-cors"},
				{URL: "{api:a}", Cache: "only-if-cached", Mode: "same-origin"},
			},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allow("*"))},
		},
	)
}
