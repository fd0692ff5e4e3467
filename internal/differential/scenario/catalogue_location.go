package scenario

import "strings"

// locationScenarios are about the forms of Location.
func locationScenarios() []Scenario {
	const (
		location = fetchAnchor + "concept-response-location-url"
		follow   = fetchAnchor + "concept-http-redirect-fetch"
		parser   = "https://url.spec.whatwg.org/#concept-basic-url-parser"
		ports    = fetchAnchor + "port-blocking"
		userinfo = "wpt/fetch/api/cors/cors-redirect-credentials.any.js"
		escape   = "wpt/fetch/api/redirect/redirect-location-escape.tentative.any.js"
		schemes  = "wpt/fetch/api/redirect/redirect-schemes.html"
	)
	var all []Scenario
	// Many are relative, so that each resource has a path that leads to no other.
	for _, c := range []struct {
		name, source string
		locations    []string // at App; resources "end" are there and at API
	}{
		{"relative", location, []string{"end", "./end", "x/../end", "{run}/end"}},
		{"a query only", location, []string{"?again", "end?q=a b", "end?q='\"<>`{}|^"}},
		{"relative to the scheme", location, []string{"//{app.host}{run}/end", "//{api.host}{run}/end", "https:end", "https:{run}/end"}},
		{"backslashes", parser, []string{`\\{api.host}{run}\end`, `/\{api.host}{run}/end`, `{run}\end`, `https:\\{api.host}{run}/end`}},
		{"slashes", parser, []string{"https:/../..{run}/end", "https:///{api.host}{run}/end", "///{api.host}{run}/end", "https:x/../end"}},
		{"scheme in upper case", parser, []string{"HTTPS://{api.host}{run}/end", "hTTps:end"}},
		{"dot segments", parser, []string{"{run}/x/../end", "{run}/%2e/end", "{run}/x/%2E%2e/end", "{run}/./end/."}},
		{"spaces and tabs", parser, []string{"{run}/e\tnd", "{run}/end x", "{api:end}?a\tb c", "{run}/x y"}},
		{"percent-encoding", parser, []string{"{run}/%65nd", "end?%zz%", "end?%c3%A4", "{run}/end%00"}},
		{"UTF-8", escape, []string{"{run}/end?\xc3\xa4", "{run}/\xe2\x82\xac", "{run}/end#\xc3\xa4"}},
		{"Latin-1", escape, []string{"{run}/end?\xe4", "{run}/\xe4\xf6", "{run}/end?\xff\xfe"}},
		{"fragments", location, []string{"end#new", "end#", "{api:end}#new"}},
		{"nothing but a fragment", location, []string{"", "#new"}},
		{"data", "wpt/fetch/api/redirect/redirect-to-dataurl.any.js", []string{"data:text/plain,hello", "data:,", "DATA:,x"}},
		{"other schemes of browsers", schemes, []string{"about:blank", "blob:{app}/0", "javascript:1", "file:///etc/hostname"}},
		{"other schemes", schemes, []string{"ftp://{api.host}{run}/end", "ws://{plainapi.host}{run}/end", "wss://{api.host}{run}/end", "mailto:a@example.test"}},
		{"unknown schemes", schemes, []string{"foo:bar", "https1://{api.host}{run}/end", "view-source:{api:end}", "localhost:80"}},
		{"bad ports", ports, []string{"https://app.site.test:22/", "http://127.0.0.1:0025/", "https://far.test:6000/", "https://far.test:0/"}},
		{"no URLs", parser, []string{"https://app.site.test:99999/", "https://", "https://[::1", "https://a b/"}},
		{"no hosts", parser, []string{"https://%zz/", "https://a%00b/", "https://1.2.3.256/", "https://app<site.test/"}},
		{"no ports", parser, []string{"https://app.site.test:8x/", "https://app.site.test:-1/", "https://app.site.test:65536/"}},
	} {
		s := Scenario{Name: "location: " + c.name, Source: c.source}
		for i, value := range c.locations {
			path := "start" + string(rune('1'+i))
			s.Fetches = append(s.Fetches, Fetch{URL: "{app:" + path + "}"})
			// The second answer is for a Location that leads back.
			s.Servers = append(s.Servers, serve(App, path, redirectTo(302, value), ok()))
		}
		if strings.Contains(strings.Join(c.locations, " "), "end") {
			s.Servers = append(s.Servers, serve(App, "end", ok()), serve(API, "end", allow("*")))
		}
		all = append(all, s)
	}
	for _, c := range []struct{ name, userinfo string }{
		{"name and password", "user:password@"},
		{"name", "user@"},
		{"nothing", "@"},
	} {
		all = append(all, Scenario{
			Name:   "location: userinfo that is " + c.name,
			Source: userinfo,
			Fetches: []Fetch{
				{URL: "{app:in}"},
				{URL: "{app:out}"},
				{URL: "{api:in}"},
				{URL: "{api:home}"},
			},
			Servers: []Resource{
				serve(App, "in", redirectTo(302, "https://"+c.userinfo+"{app.host}{run}/end")),
				serve(App, "out", redirectTo(302, "https://"+c.userinfo+"{api.host}{run}/end")),
				serve(API, "in", redirectTo(302, "https://"+c.userinfo+"{api.host}{run}/end", acao, "*")),
				serve(API, "home", redirectTo(302, "https://"+c.userinfo+"{app.host}{run}/end", acao, "*")),
				serve(App, "end", allow("*")),
				serve(API, "end", allow("*")),
			},
		})
	}
	return append(all,
		Scenario{
			Name:   "location: userinfo and no-cors",
			Source: follow,
			Fetches: []Fetch{
				{URL: "{api:home}", Mode: "no-cors"},
				{URL: "{app:out}", Mode: "no-cors"},
				{URL: "{app:in}", Mode: "same-origin"},
			},
			Servers: []Resource{
				serve(API, "home", redirectTo(302, "https://user:password@{app.host}{run}/end")),
				serve(App, "out", redirectTo(302, "https://user:password@{api.host}{run}/end")),
				serve(App, "in", redirectTo(302, "https://user:password@{app.host}{run}/end")),
				serve(App, "end", ok()),
				serve(API, "end", ok()),
			},
		},
		Scenario{
			Name:   "location: missing",
			Source: fetchAnchor + "concept-http-redirect-fetch",
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{api:a}"},
				{URL: "{app:a}", Redirect: "manual"},
				{URL: "{app:a}", Redirect: "error"},
			},
			Servers: []Resource{serve(App, "a", reply(302)), serve(API, "a", reply(307, acao, "*"))},
		},
		Scenario{
			Name:   "location: two lines",
			Source: fetchAnchor + "extract-header-list-values",
			Fetches: []Fetch{
				{URL: "{app:same}"},
				{URL: "{app:different}"},
				{URL: "{app:comma}"},
			},
			Servers: []Resource{
				serve(App, "same", redirectTo(302, "{app:end}", "Location", "{app:end}")),
				serve(App, "different", redirectTo(302, "{app:end}", "Location", "{api:end}")),
				serve(App, "comma", redirectTo(302, "{app:end},{app:end}")),
				serve(App, "end", ok()), serve(API, "end", allow("*")),
			},
		},
		Scenario{
			Name:   "location: the request's fragment",
			Source: location,
			Fetches: []Fetch{
				{URL: "{app:a}#old", Redirect: "follow"},
				{URL: "{app:b}#old"},
				{URL: "{app:c}#old"},
				{URL: "{app:a}?q#"},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{api:end}")),
				serve(App, "b", redirectTo(302, "{api:end}#new")),
				serve(App, "c", redirectTo(302, "{app:b}")),
				serve(API, "end", allow("*")),
			},
		},
		Scenario{
			Name:   "location: schemes that are refused in mode no-cors",
			Source: schemes,
			Fetches: []Fetch{
				{URL: "{app:data}", Mode: "no-cors"},
				{URL: "{api:data}", Mode: "no-cors"},
				{URL: "{api:about}", Mode: "no-cors"},
				{URL: "{api:data}"},
			},
			Servers: []Resource{
				serve(App, "data", redirectTo(302, "data:,x")),
				serve(API, "data", redirectTo(302, "data:,x", acao, "*")),
				serve(API, "about", redirectTo(302, "about:blank")),
			},
		},
		Scenario{
			Name:   "location: URLs that are refused from the start",
			Source: fetchAnchor + "main-fetch",
			Fetches: []Fetch{
				{URL: "https://user:password@{app.host}{run}/end"},
				{URL: "http://127.0.0.1:25/"},
				{URL: "https://app.site.test:99999/"},
				{URL: "foo:bar"},
			},
			Servers: []Resource{serve(App, "end", ok())},
		},
	)
}
