package scenario

import (
	"fmt"
	"slices"
)

// preflightScenarios are about the answers to preflights.
func preflightScenarios() []Scenario {
	const source = fetchAnchor + "cors-preflight-fetch-0"
	var (
		put     = Fetch{URL: "{api:a}", Method: "PUT"}
		withA   = Fetch{URL: "{api:a}", Header: fields("X-A", "1")}
		withAB  = Fetch{URL: "{api:a}", Header: fields("X-A", "1", "X-B", "2")}
		putA    = Fetch{URL: "{api:a}", Method: "PUT", Header: fields("X-A", "1")}
		authors = Fetch{URL: "{api:a}", Header: fields("Authorization", "Basic eDp5")}
	)
	include := func(f Fetch) Fetch {
		f.Credentials = "include"
		return f
	}
	method := func(m string) Fetch { return Fetch{URL: "{api:a}", Method: m} }
	var answers, all []Scenario
	for _, c := range []struct {
		name   string
		fetch  Fetch
		header []string // of the answer to the preflight
	}{
		{"no grant at all", put, []string{acam, "PUT"}},
		{"grant to another origin", put, []string{acao, "{far}", acam, "PUT"}},
		{"grant on two lines", put, []string{acao, "*", acao, "*", acam, "PUT"}},
		{"asterisk with credentials", include(put), []string{acao, "*", acac, "true", acam, "PUT"}},
		{"credentials not allowed", include(put), []string{acao, "{app}", acam, "PUT"}},
		{"credentials allowed", include(put), []string{acao, "{app}", acac, "true", acam, "PUT"}},

		{"methods: none", put, []string{acao, "*"}},
		{"methods: empty", put, []string{acao, "*", acam, ""}},
		{"methods: another", put, []string{acao, "*", acam, "DELETE"}},
		{"methods: one of several", put, []string{acao, "*", acam, "DELETE,PUT , PATCH"}},
		{"methods: empty elements", put, []string{acao, "*", acam, ",, PUT ,"}},
		{"methods: two lines", put, []string{acao, "*", acam, "DELETE", acam, "PUT"}},
		{"methods: lower case", put, []string{acao, "*", acam, "put"}},
		{"methods: asterisk", put, []string{acao, "*", acam, "*"}},
		{"methods: asterisk among others", put, []string{acao, "*", acam, "DELETE, *"}},
		{"methods: asterisk with credentials", include(put), []string{acao, "{app}", acac, "true", acam, "*"}},
		{"methods: asterisk as method with credentials", include(method("*")), []string{acao, "{app}", acac, "true", acam, "*"}},
		{"methods: asterisk for another method", method("CHICKEN"), []string{acao, "*", acam, "*"}},
		{"methods: quoted", put, []string{acao, "*", acam, `"PUT"`}},
		{"methods: parameter", put, []string{acao, "*", acam, "PUT;q=1"}},
		{"methods: space for comma", put, []string{acao, "*", acam, "PUT DELETE"}},
		{"methods: semicolon for comma", put, []string{acao, "*", acam, "PUT; DELETE"}},
		{"methods: malformed element besides the good one", put, []string{acao, "*", acam, "PUT, DEL(ETE"}},
		{"methods: malformed second line", put, []string{acao, "*", acam, "PUT", acam, "DEL ETE"}},
		{"methods: malformed besides an asterisk", put, []string{acao, "*", acam, "*, @"}},
		{"methods: malformed though none is needed", withA, []string{acao, "*", acam, "@", acah, "X-A"}},
		{"methods: vertical tab", put, []string{acao, "*", acam, "PUT,\vDELETE"}},
		{"methods: beyond ASCII", put, []string{acao, "*", acam, "PUT, \xc3\x9cBEN"}},
		{"methods: PATCH for patch", method("patch"), []string{acao, "*", acam, "PATCH"}},
		{"methods: patch for patch", method("patch"), []string{acao, "*", acam, "patch"}},
		{"methods: PATCH for PATCH", method("PATCH"), []string{acao, "*", acam, "PATCH"}},
		{"methods: a safelisted one need not be listed", withA, []string{acao, "*", acam, "PUT", acah, "X-A"}},
		{"methods: headers only", putA, []string{acao, "*", acah, "X-A"}},

		{"headers: none", withA, []string{acao, "*"}},
		{"headers: empty", withA, []string{acao, "*", acah, ""}},
		{"headers: another", withA, []string{acao, "*", acah, "X-B"}},
		{"headers: one of two", withAB, []string{acao, "*", acah, "X-B"}},
		{"headers: both", withAB, []string{acao, "*", acah, "X-B, X-A"}},
		{"headers: upper and lower case", withAB, []string{acao, "*", acah, "x-a, X-B"}},
		{"headers: two lines", withAB, []string{acao, "*", acah, "X-A", acah, "X-B"}},
		{"headers: empty elements", withAB, []string{acao, "*", acah, ",X-A,,\t,X-B,"}},
		{"headers: asterisk", withAB, []string{acao, "*", acah, "*"}},
		{"headers: asterisk with credentials", include(withA), []string{acao, "{app}", acac, "true", acah, "*"}},
		{"headers: asterisk on a second line", withAB, []string{acao, "*", acah, "X-A", acah, "*"}},
		{"headers: quoted", withA, []string{acao, "*", acah, `"X-A"`}},
		{"headers: space for comma", withAB, []string{acao, "*", acah, "X-A X-B"}},
		{"headers: malformed element besides the good one", withA, []string{acao, "*", acah, "X-A, X B"}},
		{"headers: malformed besides an asterisk", withA, []string{acao, "*", acah, "*, X:B"}},
		{"headers: malformed though none is needed", put, []string{acao, "*", acam, "PUT", acah, "X B"}},
		{"headers: a prefix is no match", withA, []string{acao, "*", acah, "X-, X-*"}},
		{"headers: not listed without a method list", putA, []string{acao, "*", acam, "PUT"}},

		{"Authorization: under an asterisk", authors, []string{acao, "*", acah, "*"}},
		{"Authorization: besides an asterisk", authors, []string{acao, "*", acah, "*, authorization"}},
		{"Authorization: listed", authors, []string{acao, "*", acah, "Authorization"}},
		{"Authorization: listed with credentials", include(authors), []string{acao, "{app}", acac, "true", acah, "Authorization"}},
	} {
		granted := allow("*")
		if c.fetch.Credentials == "include" {
			granted = allow("{app}", acac, "true")
		}
		answers = append(answers, Scenario{
			Name:    c.name,
			Source:  source,
			Fetches: []Fetch{c.fetch},
			Servers: []Resource{servePreflighted(API, "a", reply(200, c.header...), granted)},
		})
	}
	for _, statuses := range [][]int{{200, 204, 206, 299}, {300, 304, 305, 306}, {400, 401, 404, 405}, {500, 501, 599, 700}} {
		s := Scenario{
			Name:   fmt.Sprint("preflight status: ", statuses),
			Source: "wpt/fetch/api/cors/cors-preflight-status.any.js",
		}
		for _, status := range statuses {
			path := fmt.Sprint(status)
			s.Fetches = append(s.Fetches, Fetch{URL: "{api:" + path + "}", Method: "PUT"})
			s.Servers = append(s.Servers, servePreflighted(API, path, reply(status, acao, "*", acam, "PUT"), allow("*")))
		}
		all = append(all, s)
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		all = append(all, Scenario{
			Name:    fmt.Sprint("preflight status: ", status, ", its target is not asked"),
			Source:  "wpt/cors/redirect-preflight.htm",
			Fetches: []Fetch{putA},
			Servers: []Resource{
				servePreflighted(API, "a", redirectTo(status, "{api:b}", acao, "*", acam, "PUT", acah, "X-A"), allow("*")),
				serve(API, "b", allow("*", acam, "PUT", acah, "X-A")),
			},
		})
	}
	return append(slices.Concat(pack("preflight answer", answers), all),
		Scenario{
			Name:    "preflight answer: granted, but the response is not",
			Source:  fetchAnchor + "concept-cors-check",
			Fetches: []Fetch{{URL: "{api:a}", Method: "PUT", Body: Body{String, "sent"}}},
			Servers: []Resource{servePreflighted(API, "a", allow("*", acam, "PUT"), ok())},
		},
		Scenario{
			Name:    "preflight answer: the body of a refused request is not sent",
			Source:  source,
			Fetches: []Fetch{{URL: "{api:a}", Method: "PUT", Body: Body{String, "not sent"}}},
			Servers: []Resource{servePreflighted(API, "a", ok(), allow("*"))},
		},
		Scenario{
			Name:    "preflight answer: compressed",
			Source:  "own reasoning: the body of the answer to a preflight does not matter, nor does its coding",
			Fetches: []Fetch{put},
			Servers: []Resource{servePreflighted(API, "a", Answer{Header: fields(acao, "*", acam, "PUT"), Body: "body", Gzip: true}, allow("*"))},
		},
		Scenario{
			Name:    "preflight answer: the response decides about other statuses",
			Source:  "wpt/cors/status-preflight.htm",
			Fetches: []Fetch{put, putA, withA},
			Servers: []Resource{{
				At: API, Path: "a",
				Preflight: []Answer{allow("*", acam, "PUT", acah, "X-A", acma, "0")},
				Answer:    []Answer{reply(404, acao, "*"), reply(204, acao, "*"), reply(500, acao, "*")},
			}},
		},
		Scenario{
			Name:   "preflight answer: a sandboxed page asks as null",
			Source: fetchAnchor + "serializing-a-request-origin",
			Page:   Page{Sandboxed: true},
			Fetches: []Fetch{
				{URL: "{api:null}", Method: "PUT"},
				{URL: "{api:tuple}", Method: "PUT"},
				{URL: "{app:null}", Method: "PUT"},
			},
			Servers: []Resource{
				serve(API, "null", allow("null", acam, "PUT")),
				serve(API, "tuple", allow("{app}", acam, "PUT")),
				serve(App, "null", allow("null", acam, "PUT")),
			},
		},
	)
}

// preflightRequestScenarios are about the preflights themselves, and about when
// there are any.
func preflightRequestScenarios() []Scenario {
	const source = fetchAnchor + "cors-preflight-fetch-0"
	sixty := Fetch{URL: "{api:a}"}
	for i := range 60 {
		sixty.Header = append(sixty.Header, Field{fmt.Sprintf("X-%d", (i*37)%60), "1"})
	}
	var all []Scenario
	for _, c := range []struct {
		name, source string
		fetch        Fetch
	}{
		{"names are sorted and in lower case", "wpt/xhr/access-control-preflight-request-header-sorted.htm",
			Fetch{URL: "{api:a}", Header: fields("X-Custom-B", "1", "AUTHORIZATION", "2", "x-custom-a", "3", "X-Custom", "4", "x_c", "5")}},
		{"a name twice is asked for once", fetchAnchor + "cors-unsafe-request-header-names",
			Fetch{URL: "{api:a}", Header: fields("X-A", "1", "x-a", "2", "X-B", "3")}},
		{"safelisted names are left out", source,
			Fetch{URL: "{api:a}", Method: "PUT", Header: fields("Accept", "text/html", "Accept-Language", "fr", "Content-Language", "fr", "X-A", "1")}},
		{"no names", source, Fetch{URL: "{api:a}", Method: "DELETE"}},
		{"sixty names", "own reasoning: a list of any length is sent in full", sixty},
		{"Content-Type of a typed body", source,
			Fetch{URL: "{api:a}", Method: "POST", Header: fields("Content-Type", "application/json"), Body: Body{String, "{}"}}},
		{"the default type of a body is safelisted", source, Fetch{URL: "{api:a}", Method: "POST", Body: Body{Form, "a=b+c"}}},
		{"bytes have no type", source, Fetch{URL: "{api:a}", Method: "POST", Body: Body{Bytes, "abc"}}},
		{"a body with PUT", source, Fetch{URL: "{api:a}", Method: "PUT", Body: Body{String, "abc"}}},
		{"an empty body", source, Fetch{URL: "{api:a}", Method: "PUT", Body: Body{Bytes, ""}}},
		{"OPTIONS is preflighted by OPTIONS", source, Fetch{URL: "{api:a}", Method: "OPTIONS"}},
		{"a method of the page's own", source, Fetch{URL: "{api:a}", Method: "x-Chicken!"}},
		{"the query is kept, the fragment is not", source, Fetch{URL: "{api:a}?x=%7e&y=[]#f", Method: "PUT"}},
		{"credentials are not sent", fetchAnchor + "http-network-or-cache-fetch",
			Fetch{URL: "{api:a}", Method: "PUT", Credentials: "include", Header: fields("Authorization", "Basic eDp5")}},
		{"an empty value", source, Fetch{URL: "{api:a}", Header: fields("X-A", "")}},
		{"conditional headers are asked for", fetchAnchor + "http-network-or-cache-fetch",
			Fetch{URL: "{api:a}", Header: fields("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", "If-None-Match", `"1"`)}},
		{"User-Agent is asked for", fetchAnchor + "cors-safelisted-request-header", Fetch{URL: "{api:a}", Header: fields("User-Agent", "me")}},
		{"cache mode no-store", source, Fetch{URL: "{api:a}", Method: "PUT", Cache: "no-store"}},
		{"keepalive", source, Fetch{URL: "{api:a}", Method: "PUT", Keepalive: true}},
		{"no referrer", source, Fetch{URL: "{api:a}", Method: "PUT", Referrer: "no-referrer"}},
		{"a referrer of the own origin", source, Fetch{URL: "{api:a}", Method: "PUT", Referrer: "{app:other}?q", ReferrerPolicy: "unsafe-url"}},
		{"referrer policy origin", source, Fetch{URL: "{api:a}", Method: "PUT", ReferrerPolicy: "origin"}},
		{"referrer policy no-referrer", source, Fetch{URL: "{api:a}", Method: "PUT", ReferrerPolicy: "no-referrer"}},
	} {
		grant := allow("{app}", acac, "true", acam, "PUT, DELETE, OPTIONS, x-Chicken!", acma, "0")
		list := "authorization, content-type, if-modified-since, if-none-match, user-agent, x-custom, x-custom-a, x-custom-b, x_c, x-a, x-b"
		for i := range 60 {
			list += fmt.Sprintf(", x-%d", i)
		}
		grant.Header = append(grant.Header, Field{acah, list})
		all = append(all, Scenario{
			Name:    c.name,
			Source:  c.source,
			Cookies: []Cookie{{At: API, Name: "c", Value: "1", SameSite: "none", Secure: true}},
			Fetches: []Fetch{c.fetch},
			Servers: []Resource{servePreflighted(API, "a", grant, allow("{app}", acac, "true"))},
		})
	}
	return append(pack("preflight request", all),
		Scenario{
			Name:   "preflight request: none to the own origin",
			Source: fetchAnchor + "main-fetch",
			Fetches: []Fetch{
				{URL: "{app:a}", Method: "PUT", Header: fields("X-A", "1"), Body: Body{String, "abc"}},
				{URL: "{app:a}", Header: fields("Authorization", "Basic eDp5")},
				{URL: "{app:a}", Method: "OPTIONS"},
			},
			Servers: []Resource{serve(App, "a", ok())},
		},
		Scenario{
			Name:    "preflight request: a Set-Cookie in the answer is ignored",
			Source:  fetchAnchor + "http-network-or-cache-fetch",
			Fetches: []Fetch{{URL: "{api:a}", Method: "PUT", Credentials: "include"}, {URL: "{api:b}", Credentials: "include"}},
			Servers: []Resource{
				servePreflighted(API, "a", allowAll("Set-Cookie", "p=1; Secure; SameSite=None"), allowAll()),
				serve(API, "b", allowAll()),
			},
		},
		Scenario{
			Name:    "preflight request: one that nobody answers",
			Source:  "own reasoning: a server without the resource answers 404 to its preflight",
			Fetches: []Fetch{{URL: "{api:missing}", Method: "PUT"}, {URL: "{api:missing}"}},
		},
	)
}
