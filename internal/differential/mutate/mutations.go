package main

// A mutation breaks a rule of the engine: in a file, one text becomes another.
type mutation struct {
	name     string
	file     string // in the root module
	old, new string
}

var mutations = []mutation{
	{
		name: "the wildcard allows credentials",
		file: "internal/cors/check.go",
		old:  `case value == "*" && !credentials:`,
		new:  `case value == "*":`,
	},
	{
		name: "Access-Control-Allow-Credentials is not needed",
		file: "internal/cors/check.go",
		old:  `value, n = allowCredentials.Sole(); n != 1 || value != "true"`,
		new:  `value, n = allowCredentials.Sole(); false`,
	},
	{
		name: "origins are compared without regard to letter case",
		file: "internal/cors/check.go",
		old:  `case value != origin:`,
		new:  `case !strings.EqualFold(value, origin):`,
	},
	{
		name: "the origin stays after a redirect to a third origin",
		file: "fetch/state.go",
		old:  `return f.taint.SerializeOrigin(f.tupleOrigin())`,
		new:  `return f.env.Origin.String()`,
	},
	{
		name: "Authorization is kept across origins",
		file: "internal/redirect/redirect.go",
		old:  `d.Authorization = from != to`,
		new:  `d.Authorization = from != to && false`,
	},
	{
		name: "safelisted values may be of any length",
		file: "header/safelist.go",
		old:  `if len(value) > 128 {`,
		new:  `if len(value) > 1<<20 {`,
	},
	{
		name: "what a preflight without credentials allowed counts for credentials",
		file: "preflightcache/entry.go",
		old:  `if credentials && !e.credentials {`,
		new:  `if false {`,
	},
	{
		name: "Set-Cookie is like other response headers",
		file: "internal/census/kind.go",
		old:  `return k == forbidden || k == lookedFor+kind(SetCookie)`,
		new:  `return k == forbidden`,
	},
	{
		name: "the status of a preflight does not matter",
		file: "corscheck/preflight.go",
		old:  `if status < 200 || status > 299 {`,
		new:  `if status < 100 {`,
	},
	{
		name: "methods are compared without regard to letter case",
		file: "corscheck/preflight.go",
		old:  `if !slices.Contains(g.Methods, r.Method) &&`,
		new:  `if !slices.ContainsFunc(g.Methods, func(m string) bool { return strings.EqualFold(m, r.Method) }) &&`,
	},
	{
		name: "the wildcard covers Authorization in a preflight",
		file: "corscheck/preflight.go",
		old:  `slices.BinarySearch(unsafe, "authorization"); ok && !listed[i] {`,
		new:  `slices.BinarySearch(unsafe, "authorization"); ok && !listed[i] && !wildcard {`,
	},
	{
		name: "redirects are not subject to the CORS check",
		file: "fetch/fetch.go",
		old:  "if f.tainting == taintCORS {\n\t\tif err := f.corsCheck(resp); err != nil {",
		new:  "if f.tainting == taintCORS && !redirect.IsStatus(resp.StatusCode) {\n\t\tif err := f.corsCheck(resp); err != nil {",
	},
	{
		name: "a redirect back to the own origin is same-origin again",
		file: "fetch/fetch.go",
		old:  `case f.tainting == taintBasic && f.sameOrigin(),`,
		new:  `case f.sameOrigin(),`,
	},
	{
		name: "cookies are sent to other origins in the credentials mode same-origin",
		file: "fetch/state.go",
		old:  `if f.tainting != taintBasic {`,
		new:  `if f.tainting > taintOpaque {`,
	},
	{
		name: "a failed fetch leaves the preflight cache alone",
		file: "fetch/fetch.go",
		old:  `if f.preflighted {`,
		new:  `if f.preflighted && false {`,
	},
	{
		name: "a page may set any header of a no-cors request",
		file: "fetch/guard.go",
		old:  `if !clean || f.params.Mode == ModeNoCORS {`,
		new:  `if !clean {`,
	},
}
