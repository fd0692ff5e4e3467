package scenario

import "strings"

// referrerScenarios are about Referer.
func referrerScenarios() []Scenario {
	const (
		policies  = "https://w3c.github.io/webappsec-referrer-policy/#referrer-policies"
		determine = "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer"
		redirect  = "https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect"
		parse     = "https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header"
		redirects = "wpt/fetch/api/redirect/redirect-referrer.any.js"
		policy    = "Referrer-Policy"
	)
	name := func(policy string) string {
		if policy == "" {
			return "none"
		}
		return policy
	}
	everywhere := []Resource{
		serve(App, "a", ok()), serve(API, "a", allow("*")), serve(Local, "a", allow("*")), serve(PlainFar, "a", allow("*")),
	}
	var all []Scenario
	for _, p := range []string{
		"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url", "",
	} {
		all = append(all, Scenario{
			Name:   "referrer policy of the fetch: " + name(p),
			Source: policies,
			Fetches: []Fetch{
				{URL: "{app:a}", ReferrerPolicy: p},
				{URL: "{api:a}", ReferrerPolicy: p},
				{URL: "{local:a}", ReferrerPolicy: p},
				{URL: "{plainfar:a}", ReferrerPolicy: p}, // a downgrade, where browsers allow it
			},
			Servers: everywhere,
		})
	}
	for _, p := range []string{"no-referrer", "same-origin", "origin", "strict-origin", "origin-when-cross-origin", "unsafe-url"} {
		all = append(all, Scenario{
			Name:   "referrer policy of a redirect: " + p,
			Source: redirects,
			Fetches: []Fetch{
				{URL: "{app:in}"},
				{URL: "{app:out}"},
				{URL: "{api:home}"},
				{URL: "{app:out}", ReferrerPolicy: "no-referrer"},
			},
			Servers: []Resource{
				serve(App, "in", redirectTo(302, "{app:a}", policy, p)),
				serve(App, "out", redirectTo(302, "{api:a}", policy, p)),
				serve(API, "home", redirectTo(302, "{app:a}", policy, p, acao, "*")),
				serve(App, "a", allow("*")), serve(API, "a", allow("*")),
			},
		})
	}
	for _, p := range []string{"no-referrer", "origin", "same-origin", "unsafe-url"} {
		all = append(all, Scenario{
			Name:   "referrer policy of the page: " + p,
			Source: policies,
			Page:   Page{ReferrerPolicy: p},
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{api:a}"},
				{URL: "{api:a}", ReferrerPolicy: "strict-origin-when-cross-origin"},
				{URL: "{app:a}", Referrer: "{app:other}?q", Method: "PUT"},
			},
			Servers: everywhere[:2],
		})
	}
	for _, p := range []string{"strict-origin", "no-referrer-when-downgrade", "unsafe-url"} {
		all = append(all, Scenario{
			Name:   "referrer from a page in the clear: " + p,
			Source: policies,
			Page:   Page{At: PlainApp},
			Fetches: []Fetch{
				{URL: "{plainapp:a}", ReferrerPolicy: p},
				{URL: "{plainapi:a}", ReferrerPolicy: p},
				{URL: "{api:a}", ReferrerPolicy: p},
				{URL: "{local:a}", ReferrerPolicy: p},
			},
			Servers: []Resource{
				serve(PlainApp, "a", ok()), serve(PlainAPI, "a", allow("*")), serve(API, "a", allow("*")), serve(Local, "a", allow("*")),
			},
		})
	}

	var values []Scenario
	for _, c := range []struct {
		name   string
		header []string
	}{
		{"the last of a list", []string{policy, "no-referrer, unsafe-url"}},
		{"an unknown one at the end", []string{policy, "unsafe-url, future"}},
		{"two lines", []string{policy, "no-referrer", policy, "unsafe-url"}},
		{"two lines, the last one empty", []string{policy, "unsafe-url", policy, ""}},
		{"unknown", []string{policy, "future"}},
		{"in upper case", []string{policy, "UNSAFE-URL"}},
		{"malformed", []string{policy, "unsafe-url;x"}},
		{"quoted", []string{policy, `"unsafe-url"`}},
		{"spaces for commas", []string{policy, "no-referrer unsafe-url"}},
		{"empty elements", []string{policy, ",,origin,"}},
		{"a name that only elements know", []string{policy, "always"}},
		{"empty", []string{policy, ""}},
	} {
		values = append(values, Scenario{
			Name:    c.name,
			Source:  parse,
			Fetches: []Fetch{{URL: "{app:a}"}},
			Servers: []Resource{serve(App, "a", redirectTo(302, "{api:b}", c.header...)), serve(API, "b", allow("*"))},
		})
	}
	all = append(all, pack("referrer policy as a redirect writes it", values)...)

	long := strings.Repeat("x", 4200)
	return append(all,
		Scenario{
			Name:   "referrer policy of a redirect: the next redirect has the last word",
			Source: redirect,
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{app:a}", ReferrerPolicy: "same-origin"},
			},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{app:b}", policy, "no-referrer")),
				serve(App, "b", redirectTo(302, "{api:c}", policy, "unsafe-url")),
				serve(API, "c", allow("*")),
			},
		},
		Scenario{
			Name:    "referrer policy of a redirect: it is a preflight's, too",
			Source:  redirect,
			Fetches: []Fetch{{URL: "{app:a}", Header: fields("X-A", "1")}, {URL: "{app:b}", Header: fields("X-A", "1")}},
			Servers: []Resource{
				serve(App, "a", redirectTo(302, "{api:c}", policy, "unsafe-url")),
				serve(App, "b", redirectTo(302, "{api:c}", policy, "no-referrer")),
				serve(API, "c", allow("*", acah, "X-A", acma, "0")),
			},
		},
		Scenario{
			Name:   "referrer policy of a response: it says nothing about the next fetch",
			Source: redirect,
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{app:a}"},
				{URL: "{api:a}", Header: fields("X-A", "1")},
			},
			Servers: []Resource{serve(App, "a", ok(policy, "no-referrer")), servePreflighted(API, "a", allow("*", acah, "X-A", policy, "unsafe-url"), allow("*"))},
		},
		Scenario{
			Name:   "referrer of the fetch: what it can be",
			Source: "wpt/fetch/api/basic/referrer.any.js",
			Fetches: []Fetch{
				{URL: "{app:a}", Referrer: "{app:other}?q#f"},
				{URL: "{app:a}", Referrer: "no-referrer"},
				{URL: "{app:a}", Referrer: "about:client"},
				{URL: "{app:a}", Referrer: "{far:other}"},
			},
			Servers: everywhere[:1],
		},
		Scenario{
			Name:   "referrer of the fetch: what it cannot be",
			Source: fetchAnchor + "dom-request",
			Fetches: []Fetch{
				{URL: "{app:a}", Referrer: "https://["},
				{URL: "{app:a}", Referrer: "about:blank"},
				{URL: "{app:a}", Referrer: "data:,x"},
				{URL: "{app:a}", Referrer: "{plainapp:other}"},
			},
			Servers: everywhere[:1],
		},
		Scenario{
			Name:   "referrer of the fetch: a relative one, and userinfo",
			Source: "https://w3c.github.io/webappsec-referrer-policy/#strip-url",
			Fetches: []Fetch{
				{URL: "{app:a}", Referrer: "other?q"},
				{URL: "{app:a}", Referrer: "/"},
				{URL: "{app:a}", Referrer: "https://user:password@{app.host}{run}/other"},
				{URL: "{api:a}", Referrer: "{app:other}?q", ReferrerPolicy: "unsafe-url"},
			},
			Servers: everywhere[:2],
		},
		Scenario{
			Name:   "referrer of the fetch: longer than 4096 bytes",
			Source: determine,
			Fetches: []Fetch{
				{URL: "{app:a}", Referrer: "{app:other}?" + long},
				{URL: "{app:a}", Referrer: "{app:other}?" + long[:3900]},
				{URL: "{app:a}", Referrer: "{app:other}#" + long},
				{URL: "{api:a}", Referrer: "{app:other}?" + long, ReferrerPolicy: "unsafe-url"},
			},
			Servers: everywhere[:2],
		},
		Scenario{
			Name:    "referrer of the fetch: unknown policies",
			Source:  fetchAnchor + "dom-request",
			Fetches: []Fetch{{URL: "{app:a}", ReferrerPolicy: "future"}, {URL: "{app:a}", ReferrerPolicy: "UNSAFE-URL"}, {URL: "{app:a}", ReferrerPolicy: "always"}},
			Servers: everywhere[:1],
		},
		Scenario{
			Name:   "referrer of the fetch: a sandboxed page",
			Source: determine,
			Page:   Page{Sandboxed: true},
			Fetches: []Fetch{
				{URL: "{app:a}"},
				{URL: "{api:a}", ReferrerPolicy: "unsafe-url"},
				{URL: "{app:a}", ReferrerPolicy: "same-origin"},
				{URL: "{app:a}", Referrer: "{app:other}"},
			},
			Servers: []Resource{serve(App, "a", allow("*")), serve(API, "a", allow("*"))},
		},
		Scenario{
			Name:    "referrer header: one of the page's own",
			Source:  fetchAnchor + "forbidden-request-header",
			Fetches: []Fetch{{URL: "{app:a}", Header: fields("Referer", "https://own.test/")}, {URL: "{api:a}", Header: fields("Referer", "https://own.test/", "Referrer", "x")}},
			Servers: []Resource{serve(App, "a", ok()), serve(API, "a", allow("*", acah, "*"))},
		},
	)
}
