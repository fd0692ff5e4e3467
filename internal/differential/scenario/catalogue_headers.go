package scenario

import "strings"

// methodScenarios are about the methods that fetch() takes, and what it makes of
// them.
func methodScenarios() []Scenario {
	grant := allow("*", acam, "*", acma, "0")
	var all []Scenario
	for _, c := range []struct {
		name, source string
		methods      []string
	}{
		{"normalized", fetchAnchor + "concept-method-normalize", []string{"get", "Post", "hEAD", "delete"}},
		{"normalized, the others", fetchAnchor + "concept-method-normalize", []string{"put", "options", "Options"}},
		{"not normalized", fetchAnchor + "concept-method-normalize", []string{"patch", "Patch", "chicken", "query"}},
		{"forbidden", fetchAnchor + "forbidden-method", []string{"CONNECT", "TRACE", "TRACK"}},
		{"forbidden, in other letter case", fetchAnchor + "forbidden-method", []string{"connect", "TrAcE", "track"}},
		{"no tokens", fetchAnchor + "dom-request", []string{"GE T", "GET\r\nX: y", "G(ET", `"GET"`}},
		{"whitespace around", fetchAnchor + "dom-request", []string{" GET", "POST ", "\tPUT", "PUT\x00"}},
		{"beyond ASCII", fetchAnchor + "dom-request", []string{"GËT", "ＧＥＴ"}},
		{"all characters of tokens", fetchAnchor + "concept-method", []string{"!#$%&'*+-.^_`|~09azAZ", "*", "-"}},
	} {
		s := Scenario{
			Name:    "method: " + c.name,
			Source:  c.source,
			Servers: []Resource{serve(API, "a", grant)},
		}
		for _, m := range c.methods {
			s.Fetches = append(s.Fetches, Fetch{URL: "{api:a}", Method: m})
		}
		all = append(all, s)
	}
	return append(all, Scenario{
		Name:   "method: those that may not have a body",
		Source: fetchAnchor + "dom-request",
		Fetches: []Fetch{
			{URL: "{app:a}", Body: Body{String, "x"}},
			{URL: "{app:a}", Method: "get", Body: Body{Bytes, ""}},
			{URL: "{app:a}", Method: "HEAD", Body: Body{Form, "a=b"}},
			{URL: "{app:a}", Method: "OPTIONS", Body: Body{String, "x"}},
		},
		Servers: []Resource{serve(App, "a", ok())},
	}, Scenario{
		Name:   "method: Content-Length without a body",
		Source: "wpt/fetch/api/basic/request-headers.js",
		Fetches: []Fetch{
			{URL: "{app:a}", Method: "POST"},
			{URL: "{app:a}", Method: "PUT"},
			{URL: "{app:a}", Method: "DELETE"},
			{URL: "{app:a}", Method: "Chicken"},
		},
		Servers: []Resource{serve(App, "a", ok())},
	})
}

// headerScenarios are about the request headers that fetch() takes, and those that
// it sets itself.
func headerScenarios() []Scenario {
	const (
		forbidden = fetchAnchor + "forbidden-request-header"
		invalid   = fetchAnchor + "headers-validate"
		normalize = fetchAnchor + "concept-header-value-normalize"
	)
	all1024 := strings.Repeat("v", 1024)
	var all []Scenario
	for _, c := range []struct {
		name, source string
		header       []Field
	}{
		{"cookies of the page's own", forbidden, fields("Cookie", "a=1", "Cookie2", "b=2", "Set-Cookie", "c=3", "Set-Cookie2", "d=4")},
		{"where it comes from", forbidden, fields("Origin", "https://far.test", "Referer", "https://far.test/", "Host", "far.test", "Via", "1.1 x")},
		{"of the connection", forbidden, fields("Connection", "close", "Keep-Alive", "1", "TE", "trailers", "Trailer", "X", "Transfer-Encoding", "chunked", "Upgrade", "h2c", "Expect", "100-continue", "Content-Length", "7")},
		{"of the browser", forbidden, fields("Accept-Charset", "utf-8", "Accept-Encoding", "br", "Date", "now", "DNT", "1")},
		{"of preflights", forbidden, fields("Access-Control-Request-Headers", "X-A", "Access-Control-Request-Method", "PUT")},
		{"of private networks", "own reasoning: a name that was forbidden for a while", fields("Access-Control-Request-Private-Network", "true")},
		{"by prefix", forbidden, fields("Sec-", "1", "Sec-Fetch-Site", "same-origin", "sec-x", "1", "Proxy-", "1", "Proxy-Authorization", "Basic eDp5")},
		{"by other prefixes", forbidden, fields("Secret", "1", "Proxy", "1", "XSec-A", "1")},
		{"override of a forbidden method", forbidden, fields("X-HTTP-Method-Override", "TRACE", "X-HTTP-Method", "track", "X-Method-Override", "Connect")},
		{"override among others", forbidden, fields("X-HTTP-Method-Override", "GET, connect")},
		{"override without comma", forbidden, fields("X-HTTP-Method-Override", "GET connect", "X-HTTP-Method", "TRACER")},
		{"override in quotes", forbidden, fields("X-Method-Override", `"connect"`)},
		{"override of a quoted list", forbidden, fields("X-Method-Override", `"a, trace", b`)},
		{"override of a good method", forbidden, fields("X-HTTP-Method-Override", "PUT", "X-HTTP-Method", "DELETE", "X-Method-Override", "PATCH")},
		{"override in two lines", forbidden, fields("X-HTTP-Method-Override", "PUT", "X-HTTP-Method-Override", "TRACE")},

		{"name with a space", invalid, fields("X A", "1")},
		{"name with a colon", invalid, fields("X-A:", "1")},
		{"name that is empty", invalid, fields("", "1")},
		{"name beyond ASCII", invalid, fields("X-\xe4", "1")},
		{"name with a line break", invalid, fields("X-A\r\nX-B", "1")},
		{"value with a line break", invalid, fields("X-A", "1\r\nX-B: 2")},
		{"value with a line feed", invalid, fields("X-A", "1\n2")},
		{"value with a NUL", invalid, fields("X-A", "1\x002")},
		{"forbidden name with an invalid value", invalid, fields("Cookie", "a\nb")},
		{"whitespace around a value", normalize, fields("X-A", " \t1 2\t ", "X-B", "\r\n3\n")},
		{"other whitespace around a value", normalize, fields("X-A", "\v1\f", "X-B", "\xa02\xa0")},
		{"bytes beyond ASCII", normalize, fields("X-A", "caf\xe9 \x80\xff", "X-B", "\x7f\x01")},
		{"an empty value", normalize, fields("X-A", "", "X-B", " ")},
		{"several lines", fetchAnchor + "concept-header-list-append", fields("X-A", "1", "X-B", "2", "X-A", "3", "x-a", "")},
		{"a long value", "own reasoning: a value that has no limit of its own", fields("X-A", all1024+all1024)},
		{"Accept, Accept-Language and User-Agent of the page's own", fetchAnchor + "concept-fetch",
			fields("Accept", "text/x-own", "Accept-Language", "x-own", "User-Agent", "own")},
	} {
		all = append(all, Scenario{
			Name:    c.name,
			Source:  c.source,
			Fetches: []Fetch{{URL: "{api:a}", Header: c.header}},
			Servers: []Resource{serve(API, "a", allow("*", acah, "*"))},
		})
	}
	return append(pack("request header", all), Scenario{
		Name:   "request header: what is there without any",
		Source: fetchAnchor + "http-network-or-cache-fetch",
		Fetches: []Fetch{
			{URL: "{app:a}"},
			{URL: "{app:a}", Method: "POST", Body: Body{String, "ü"}},
			{URL: "{api:a}", Method: "POST", Body: Body{Form, "a=%C3%BC&b=+"}},
			{URL: "{api:a}", Method: "HEAD"},
		},
		Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allow("*"))},
	}, Scenario{
		Name:   "request header: Content-Type of the page's own and none",
		Source: fetchAnchor + "dom-request",
		Fetches: []Fetch{
			{URL: "{app:a}", Method: "POST", Header: fields("Content-Type", "x/y"), Body: Body{String, "z"}},
			{URL: "{app:a}", Method: "POST", Header: fields("Content-Type", ""), Body: Body{String, "z"}},
			{URL: "{app:a}", Header: fields("Content-Type", "x/y")},
			{URL: "{app:a}", Method: "POST", Header: fields("content-type", "a/b", "Content-Type", "c/d"), Body: Body{Bytes, "z"}},
		},
		Servers: []Resource{serve(App, "a", ok())},
	})
}
