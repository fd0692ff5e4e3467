package scenario

// policyScenarios are about Cross-Origin-Resource-Policy, on pages with and without
// a Cross-Origin-Embedder-Policy.
func policyScenarios() []Scenario {
	const (
		corp     = "Cross-Origin-Resource-Policy"
		check    = fetchAnchor + "cross-origin-resource-policy-internal-check"
		syntax   = "wpt/fetch/cross-origin-resource-policy/syntax.any.js"
		isolated = "wpt/html/cross-origin-embedder-policy/require-corp.https.html"
	)
	var all []Scenario
	var borders []Scenario
	for _, c := range []struct {
		name, source string
		header       []string
	}{
		{"none", check, nil},
		{"same-origin", check, []string{corp, "same-origin"}},
		{"same-site", check, []string{corp, "same-site"}},
		{"cross-origin", check, []string{corp, "cross-origin"}},
		{"empty", syntax, []string{corp, ""}},
		{"in upper case", syntax, []string{corp, "SAME-ORIGIN"}},
		{"unknown", syntax, []string{corp, "none"}},
		{"a list", syntax, []string{corp, "same-origin, same-origin"}},
		{"two lines", syntax, []string{corp, "same-origin", corp, "same-origin"}},
		{"two lines that differ", syntax, []string{corp, "same-origin", corp, "cross-origin"}},
		{"a parameter", syntax, []string{corp, "same-origin;x"}},
	} {
		for _, embedder := range []string{"", "require-corp", "credentialless"} {
			borders = append(borders, Scenario{
				Name:    c.name,
				Source:  c.source,
				Page:    Page{EmbedderPolicy: embedder},
				Fetches: []Fetch{{URL: "{api:a}", Mode: "no-cors"}},
				Servers: []Resource{serve(API, "a", ok(c.header...))},
			})
		}
	}
	for _, embedder := range []string{"", "require-corp", "credentialless"} {
		group := "resource policy"
		if embedder != "" {
			group += " under " + embedder
		}
		some := []Scenario{{
			Name:    "at another site",
			Source:  check,
			Page:    Page{EmbedderPolicy: embedder},
			Fetches: []Fetch{{URL: "{far:a}", Mode: "no-cors"}, {URL: "{far:b}", Mode: "no-cors"}, {URL: "{far:c}", Mode: "no-cors"}},
			Servers: []Resource{serve(Far, "a", ok(corp, "same-site")), serve(Far, "b", ok(corp, "cross-origin")), serve(Far, "c", ok())},
		}}
		for _, s := range borders {
			if s.Page.EmbedderPolicy == embedder {
				some = append(some, s)
			}
		}
		all = append(all, pack(group, some)...)
		page := Page{EmbedderPolicy: embedder}
		cookies := []Cookie{
			{At: App, Name: "c", Value: "1", SameSite: "none", Secure: true},
			{At: API, Name: "c", Value: "1", SameSite: "none", Secure: true},
			{At: Far, Name: "c", Value: "1", SameSite: "none", Secure: true},
		}
		all = append(all, Scenario{
			Name:   group + ": does not matter to cors and the own origin",
			Source: check,
			Page:   page,
			Fetches: []Fetch{
				{URL: "{api:a}"},
				{URL: "{api:refused}"},
				{URL: "{app:a}"},
				{URL: "{app:a}", Mode: "no-cors"},
			},
			Servers: []Resource{
				serve(API, "a", allow("*", corp, "same-origin")),
				serve(API, "refused", ok(corp, "cross-origin")),
				serve(App, "a", ok(corp, "same-origin")),
			},
		}, Scenario{
			Name:    group + ": cookies in mode no-cors",
			Source:  fetchAnchor + "cross-origin-embedder-policy-allows-credentials",
			Page:    page,
			Cookies: cookies,
			Fetches: []Fetch{
				{URL: "{api:a}", Mode: "no-cors", Credentials: "include"},
				{URL: "{far:a}", Mode: "no-cors", Credentials: "include"},
				{URL: "{app:a}", Mode: "no-cors", Credentials: "include"},
				{URL: "{far:cors}", Credentials: "include"},
			},
			Servers: []Resource{
				serve(API, "a", ok(corp, "cross-origin")),
				serve(Far, "a", ok(corp, "cross-origin")),
				serve(Far, "cors", allowAll()),
				serve(App, "a", ok()),
			},
		}, Scenario{
			Name:    group + ": cookies and CORP after redirects in mode no-cors",
			Source:  fetchAnchor + "cross-origin-embedder-policy-allows-credentials",
			Page:    page,
			Cookies: cookies,
			Fetches: []Fetch{
				{URL: "{app:out}", Mode: "no-cors", Credentials: "include"},
				{URL: "{far:home}", Mode: "no-cors", Credentials: "include"},
				{URL: "{far:strict}", Mode: "no-cors", Credentials: "include"},
				{URL: "{far:bare}", Mode: "no-cors", Credentials: "include"},
			},
			Servers: []Resource{
				serve(App, "out", redirectTo(302, "{api:a}")),
				serve(Far, "home", redirectTo(302, "{app:a}", corp, "cross-origin")),
				serve(Far, "strict", redirectTo(302, "{api:a}", corp, "same-origin")),
				serve(Far, "bare", redirectTo(302, "{app:a}")),
				serve(App, "a", ok()),
				serve(API, "a", ok(corp, "cross-origin")),
			},
		})
	}
	return append(all,
		Scenario{
			Name:   "resource policy: same-site and the other port",
			Source: check,
			Fetches: []Fetch{
				{URL: "{port:a}", Mode: "no-cors"},
				{URL: "{port:b}", Mode: "no-cors"},
				{URL: "{local:a}", Mode: "no-cors"},
				{URL: "{ip:a}", Mode: "no-cors"},
			},
			Servers: []Resource{
				serve(Port, "a", ok(corp, "same-origin")),
				serve(Port, "b", ok(corp, "same-site")),
				serve(Local, "a", ok(corp, "same-site")),
				serve(IP, "a", ok(corp, "same-site")),
			},
		},
		Scenario{
			Name:   "resource policy: same-site between schemes",
			Source: "wpt/fetch/cross-origin-resource-policy/scheme-restriction.any.js",
			Page:   Page{At: PlainApp},
			Fetches: []Fetch{
				{URL: "{app:a}", Mode: "no-cors"},
				{URL: "{api:a}", Mode: "no-cors"},
				{URL: "{plainapi:a}", Mode: "no-cors"},
				{URL: "{plainfar:a}", Mode: "no-cors"},
			},
			Servers: []Resource{
				serve(App, "a", ok(corp, "same-site")),
				serve(API, "a", ok(corp, "same-site")),
				serve(PlainAPI, "a", ok(corp, "same-site")),
				serve(PlainFar, "a", ok(corp, "same-site")),
			},
		},
		Scenario{
			Name:    "resource policy: an address of its own",
			Source:  check,
			Page:    Page{At: IP},
			Fetches: []Fetch{{URL: "{ip:a}", Mode: "no-cors"}, {URL: "{local:a}", Mode: "no-cors"}, {URL: "{app:a}", Mode: "no-cors"}},
			Servers: []Resource{serve(IP, "a", ok(corp, "same-origin")), serve(Local, "a", ok(corp, "same-site")), serve(App, "a", ok(corp, "same-site"))},
		},
		Scenario{
			Name:    "resource policy: a sandboxed page",
			Source:  check,
			Page:    Page{Sandboxed: true},
			Fetches: []Fetch{{URL: "{app:a}", Mode: "no-cors"}, {URL: "{app:b}", Mode: "no-cors"}, {URL: "{app:c}", Mode: "no-cors"}},
			Servers: []Resource{serve(App, "a", ok(corp, "same-origin")), serve(App, "b", ok(corp, "same-site")), serve(App, "c", ok(corp, "cross-origin"))},
		},
		Scenario{
			Name:    "resource policy: an error status and an unknown embedder policy",
			Source:  isolated,
			Page:    Page{EmbedderPolicy: "require-everything"},
			Fetches: []Fetch{{URL: "{api:a}", Mode: "no-cors"}, {URL: "{api:b}", Mode: "no-cors"}},
			Servers: []Resource{serve(API, "a", reply(404, corp, "same-origin")), serve(API, "b", reply(404))},
		},
	)
}
