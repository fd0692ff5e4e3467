package scenario

import (
	"fmt"
	"slices"
)

// checkScenarios are about the CORS check of a response to a simple request.
func checkScenarios() []Scenario {
	const source = fetchAnchor + "concept-cors-check"
	var origins, credentials, all []Scenario
	for _, c := range []struct {
		name   string
		header []string // of the response
	}{
		{"no header", nil},
		{"an asterisk", []string{acao, "*"}},
		{"the origin", []string{acao, "{app}"}},
		{"another origin", []string{acao, "{far}"}},
		{"the server's own origin", []string{acao, "{api}"}},
		{"the same host over http", []string{acao, "{plainapp}"}},
		{"the same host on another port", []string{acao, "{port}"}},
		{"empty", []string{acao, ""}},
		{"null for a page that has an origin", []string{acao, "null"}},
		{"a trailing slash", []string{acao, "{app}/"}},
		{"a path", []string{acao, "{app}/page"}},
		{"a trailing number sign", []string{acao, "{app}#"}},
		{"a trailing question mark", []string{acao, "{app}?"}},
		{"a second port", []string{acao, "{app}:443"}},
		{"the port is missing", []string{acao, "https://app.site.test"}},
		{"the default port instead", []string{acao, "https://app.site.test:443"}},
		{"the scheme in upper case", []string{acao, "HTTPS://{app.host}"}},
		{"no scheme", []string{acao, "{app.host}"}},
		{"a single slash", []string{acao, "https:/{app.host}"}},
		{"scheme-relative", []string{acao, "//{app.host}"}},
		{"userinfo", []string{acao, "https://user@{app.host}"}},
		{"a wildcard for the subdomain", []string{acao, "https://*.site.test"}},
		{"two asterisks", []string{acao, "**"}},
		{"a quoted asterisk", []string{acao, `"*"`}},
		{"a list of asterisks", []string{acao, "*, *"}},
		{"a list of the origin and itself", []string{acao, "{app}, {app}"}},
		{"a list of an asterisk and the origin", []string{acao, "*, {app}"}},
		{"a list of other origin and the origin", []string{acao, "{far}, {app}"}},
		{"origins with a space between them", []string{acao, "{far} {app}"}},
		{"a trailing comma", []string{acao, "{app},"}},
		{"a trailing vertical tab", []string{acao, "{app}\v"}},
		{"a trailing form feed", []string{acao, "{app}\f"}},
		{"a trailing no-break space", []string{acao, "{app}\xa0"}},
		{"a leading byte order mark", []string{acao, "\xef\xbb\xbf*"}},
		{"two lines of the origin", []string{acao, "{app}", acao, "{app}"}},
		{"two lines of asterisks", []string{acao, "*", acao, "*"}},
		{"two lines, the first empty", []string{acao, "", acao, "*"}},
		{"two lines, the second empty", []string{acao, "{app}", acao, ""}},
		{"two lines, an asterisk and the origin", []string{acao, "*", acao, "{app}"}},
		{"other headers are no grant", []string{acam, "*", acah, "*", aceh, "*", "Timing-Allow-Origin", "*"}},
	} {
		origins = append(origins, Scenario{
			Name:    c.name,
			Source:  source,
			Fetches: []Fetch{{URL: "{api:a}"}},
			Servers: []Resource{serve(API, "a", ok(c.header...))},
		})
	}
	for _, c := range []struct {
		name   string
		header []string
	}{
		{"true and the origin", []string{acao, "{app}", acac, "true"}},
		{"true and an asterisk", []string{acao, "*", acac, "true"}},
		{"missing", []string{acao, "{app}"}},
		{"empty", []string{acao, "{app}", acac, ""}},
		{"TRUE", []string{acao, "{app}", acac, "TRUE"}},
		{"True", []string{acao, "{app}", acac, "True"}},
		{"quoted", []string{acao, "{app}", acac, `"true"`}},
		{"1", []string{acao, "{app}", acac, "1"}},
		{"false", []string{acao, "{app}", acac, "false"}},
		{"a list of true and true", []string{acao, "{app}", acac, "true, true"}},
		{"two lines of true", []string{acao, "{app}", acac, "true", acac, "true"}},
		{"two lines, one empty", []string{acao, "{app}", acac, "true", acac, ""}},
		{"with a parameter", []string{acao, "{app}", acac, "true; x"}},
		{"a trailing vertical tab", []string{acao, "{app}", acac, "true\v"}},
	} {
		// The second fetch shows that without credentials the header does not matter.
		credentials = append(credentials, Scenario{
			Name:    c.name,
			Source:  source,
			Fetches: []Fetch{{URL: "{api:a}", Credentials: "include"}, {URL: "{api:a}", Credentials: "same-origin"}},
			Servers: []Resource{serve(API, "a", ok(c.header...))},
		})
	}
	for _, value := range []string{"null", "NULL", "Null", "*", "{app}"} {
		all = append(all, Scenario{
			Name:   "allow-origin: " + value + " for a sandboxed page",
			Source: source,
			Page:   Page{Sandboxed: true},
			Fetches: []Fetch{
				{URL: "{api:a}"},
				{URL: "{app:a}"}, // an opaque origin is at home nowhere
				{URL: "{api:a}", Credentials: "include"},
			},
			Servers: []Resource{
				serve(API, "a", allow(value, acac, "true")),
				serve(App, "a", allow(value, acac, "true")),
			},
		})
	}
	for _, place := range []Place{Port, Far, Local, IP} {
		at := string(place)
		origins = append(origins, Scenario{
			Name:    "a server at " + at + " that allows the origin, or itself",
			Source:  "wpt/fetch/api/cors/cors-origin.any.js",
			Fetches: []Fetch{{URL: "{" + at + ":a}"}, {URL: "{" + at + ":itself}"}},
			Servers: []Resource{serve(place, "a", allow("{app}")), serve(place, "itself", allow("{"+at+"}"))},
		})
	}
	for _, statuses := range [][]int{{201, 204, 205, 299}, {300, 400, 401, 403}, {404, 410, 418, 451}, {500, 503, 599, 700}} {
		s := Scenario{
			Name:   fmt.Sprint("status: allowed responses with ", statuses),
			Source: "wpt/cors/status-async.htm",
		}
		for _, status := range statuses {
			path := fmt.Sprint(status)
			s.Fetches = append(s.Fetches, Fetch{URL: "{api:" + path + "}"})
			s.Servers = append(s.Servers, serve(API, path, reply(status, acao, "*")))
		}
		all = append(all, s)
	}
	return append(slices.Concat(pack("allow-origin", origins), pack("allow-credentials", credentials), all),
		Scenario{
			Name:   "allow-origin: does not matter to the own origin",
			Source: fetchAnchor + "main-fetch",
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{app:a}", Method: "POST", Credentials: "include"},
			},
			Servers: []Resource{serve(App, "a", allow("{far}", acac, "false"))},
		},
		Scenario{
			Name:    "allow-origin: refused again and again",
			Source:  "wpt/xhr/access-control-recursive-failed-request.htm",
			Fetches: []Fetch{{URL: "{api:a}"}, {URL: "{api:a}"}, {URL: "{api:a}"}},
			Servers: []Resource{serve(API, "a", ok(), ok(), allow("*"))},
		},
		Scenario{
			Name:   "allow-origin: a page in the clear that is mistaken for the secure one",
			Source: source,
			Page:   Page{At: PlainApp},
			Fetches: []Fetch{
				{URL: "{api:secure}"},
				{URL: "{api:plain}"},
				{URL: "{app:secure}"},
				{URL: "{plainapi:plain}"},
			},
			Servers: []Resource{
				serve(API, "secure", allow("{app}")),
				serve(API, "plain", allow("{plainapp}")),
				serve(App, "secure", allow("{app}")),
				serve(PlainAPI, "plain", allow("{plainapp}")),
			},
		},
		Scenario{
			Name:    "allow-origin: POST, HEAD and a body",
			Source:  "wpt/fetch/api/cors/cors-origin.any.js",
			Fetches: []Fetch{{URL: "{api:a}", Method: "POST", Body: Body{String, "x"}}, {URL: "{api:a}", Method: "HEAD"}, {URL: "{api:b}", Method: "POST"}, {URL: "{api:b}", Method: "HEAD"}},
			Servers: []Resource{serve(API, "a", allow("{app}")), serve(API, "b", ok())},
		},
		Scenario{
			Name:    "status: refused responses",
			Source:  source,
			Fetches: []Fetch{{URL: "{api:204}"}, {URL: "{api:401}"}, {URL: "{api:404}"}, {URL: "{api:500}"}},
			Servers: []Resource{serve(API, "204", reply(204)), serve(API, "401", reply(401)), serve(API, "404", reply(404)), serve(API, "500", reply(500))},
		},
		Scenario{
			Name:   "status: 304 to a conditional request of the page's own",
			Source: fetchAnchor + "http-network-or-cache-fetch",
			Fetches: []Fetch{
				{URL: "{api:granted}", Header: fields("If-None-Match", `"1"`)},
				{URL: "{api:refused}", Header: fields("If-None-Match", `"1"`)},
				{URL: "{app:own}", Header: fields("If-None-Match", `"1"`)},
				{URL: "{app:own}"}, // not asked for
			},
			Servers: []Resource{
				servePreflighted(API, "granted", allow("*", acah, "If-None-Match"), reply(304, acao, "*", "ETag", `"1"`)),
				servePreflighted(API, "refused", allow("*", acah, "If-None-Match"), reply(304, "ETag", `"1"`)),
				serve(App, "own", reply(304, "ETag", `"1"`)),
			},
		},
	)
}
