package scenario

// exposeScenarios are about the response headers that a page can read.
func exposeScenarios() []Scenario {
	const (
		filtered = fetchAnchor + "concept-filtered-response-cors"
		values   = fetchAnchor + "extract-header-list-values"
	)
	var all []Scenario
	for _, c := range []struct {
		name, source string
		credentials  string
		header       []string
	}{
		{"nothing", filtered, "", nil},
		{"a name", filtered, "", []string{aceh, "X-A"}},
		{"names in other letter case", filtered, "", []string{aceh, "x-a,X-B"}},
		{"names on two lines", filtered, "", []string{aceh, "X-A", aceh, "X-B"}},
		{"names that are not there", filtered, "", []string{aceh, "X-C, X-A"}},
		{"cookies", filtered, "", []string{aceh, "Set-Cookie, Set-Cookie2, X-A"}},
		{"its own headers", filtered, "", []string{aceh, "Access-Control-Expose-Headers, Access-Control-Allow-Origin"}},
		{"an asterisk", "wpt/fetch/api/cors/cors-expose-star.js", "", []string{aceh, "*"}},
		{"an asterisk among others", "wpt/fetch/api/cors/cors-expose-star.js", "", []string{aceh, "X-A, *"}},
		{"an asterisk with credentials", "wpt/fetch/api/cors/cors-expose-star.js", "include", []string{aceh, "*"}},
		{"an asterisk and a name with credentials", "wpt/fetch/api/cors/cors-expose-star.js", "include", []string{aceh, "*, X-A", "*", "star"}},
		{"Authorization under an asterisk", "wpt/fetch/api/cors/cors-expose-star.js", "", []string{aceh, "*", "Authorization", "x"}},
		{"a malformed element besides a name", values, "", []string{aceh, "X-A, X B"}},
		{"a malformed element besides an asterisk", values, "", []string{aceh, "*, @"}},
		{"a malformed second line", values, "", []string{aceh, "X-A", aceh, `"X-B"`}},
		{"a quoted name", values, "", []string{aceh, `"X-A"`}},
		{"a parameter", values, "", []string{aceh, "X-A;q=1"}},
		{"a space for the comma", values, "", []string{aceh, "X-A X-B"}},
		{"empty elements", values, "", []string{aceh, ",,X-A, \t,X-B,"}},
		{"an empty value", values, "", []string{aceh, ""}},
	} {
		header := append([]string{
			acac, "true", "X-A", "1", "X-B", "2", "X-B", "3", "Set-Cookie", "s=1; Secure; SameSite=None", "Set-Cookie2", "t=2",
		}, c.header...)
		all = append(all, Scenario{
			Name:    c.name,
			Source:  c.source,
			Fetches: []Fetch{{URL: "{api:a}", Credentials: c.credentials}},
			Servers: []Resource{serve(API, "a", allow("{app}", header...))},
		})
	}
	safelisted := []string{
		"Cache-Control", "no-store", "Content-Language", "fr", "Content-Type", "text/x-own", "Expires", "0",
		"Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT", "Pragma", "x",
		"Age", "1", "Server", "own", "Warning", "199 - x", "ETag", `"1"`, "Vary", "Origin", "X-A", "1",
	}
	return append(pack("expose", all),
		Scenario{
			Name:    "expose: those that need not be",
			Source:  fetchAnchor + "cors-safelisted-response-header-name",
			Fetches: []Fetch{{URL: "{api:a}"}, {URL: "{app:a}"}, {URL: "{api:a}", Mode: "no-cors"}, {URL: "{api:a}", Method: "HEAD"}},
			Servers: []Resource{serve(API, "a", allow("*", safelisted...)), serve(App, "a", ok(safelisted...))},
		},
		Scenario{
			Name:    "expose: values as they are",
			Source:  "wpt/cors/response-headers.htm",
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{api:a}"}},
			Servers: []Resource{
				serve(App, "a", ok("X-A", "caf\xe9 \xff", "X-B", "a, b", "X-B", "", "X-B", "c", "X-Empty", "", "X-C", "a  \t b", "Content-Language", "en", "Content-Language", "de")),
				serve(API, "a", allow("*", aceh, "*", "X-A", "caf\xe9 \xff", "X-B", "a, b", "X-B", "", "X-B", "c", "X-Empty", "")),
			},
		},
		Scenario{
			Name:    "expose: the own origin has no use for it",
			Source:  fetchAnchor + "concept-filtered-response-basic",
			Fetches: []Fetch{{URL: "{app:a}"}},
			Servers: []Resource{serve(App, "a", ok(aceh, "X-A", "X-A", "1", "X-B", "2", "Set-Cookie", "s=1", "Set-Cookie2", "t=2"))},
		},
		Scenario{
			Name:   "expose: by the last response only",
			Source: "wpt/xhr/access-control-expose-headers-on-redirect.html",
			Fetches: []Fetch{
				{URL: "{api:redirect}"},
				{URL: "{api:preflight}", Method: "PUT"},
				{URL: "{api:home}"},
				{URL: "{app:out}"},
			},
			Servers: []Resource{
				serve(API, "redirect", redirectTo(302, "{api:b}", acao, "*", aceh, "X-A", "X-A", "1")),
				serve(API, "b", allow("*", aceh, "X-B", "X-A", "1", "X-B", "2")),
				servePreflighted(API, "preflight", allow("*", acam, "PUT", aceh, "X-A", acma, "0"), allow("*", "X-A", "1")),
				serve(API, "home", redirectTo(302, "{app:b}", acao, "*")),
				serve(App, "out", redirectTo(302, "{api:b}")),
				serve(App, "b", allow("*", aceh, "X-B", "X-A", "1", "X-B", "2")),
			},
		},
		Scenario{
			Name:    "expose: to a sandboxed page",
			Source:  filtered,
			Page:    Page{Sandboxed: true},
			Fetches: []Fetch{{URL: "{app:a}"}, {URL: "{app:a}", Credentials: "include"}},
			Servers: []Resource{serve(App, "a", allow("null", acac, "true", aceh, "*", "X-A", "1"))},
		},
	)
}
