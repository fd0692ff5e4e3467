package compare

import (
	"slices"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// ofChromium has the deviations of Chromium alone.
var ofChromium = []*Deviation{
	{
		ID:       "Sec-Fetch-Mode of preflights in the clear",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   metadataSpec + "fetch-integration",
		Reason:   "The headers go to potentially trustworthy URLs only. Chromium sends Sec-Fetch-Mode with every preflight.",
		Example:  "metadata: a page in the clear asks for preflights",
		match:    func(c *Case) bool { return c.inPreflight("sec-fetch-mode") && c.Engine == "absent" },
	},
	{
		ID:       "conditional requests of a page",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-http-network-or-cache-fetch",
		Reason: "A conditional header of the page's own makes the cache mode no-store, with Cache-Control: no-cache and " +
			"Pragma. Chromium sends what no-cache would, and does so for no-store, too.",
		Example: "status: 304 to a conditional request of the page's own",
		match:   func(c *Case) bool { return c.inHeader("cache-control", "pragma") && c.conditional() },
	},
	{
		ID:       "cache mode of no-cors under credentialless",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   coepSpec + "coep-credentialless",
		Reason: "A credentialless page's requests to other origins go without credentials, and that is all. Chromium " +
			"bypasses its cache for them, and says so in Cache-Control and Pragma.",
		Example: "resource policy under credentialless: same-origin; same-site; cross-origin",
		match: func(c *Case) bool {
			return c.inHeader("cache-control", "pragma") &&
				c.Scenario.Page.EmbedderPolicy == "credentialless" && c.Fetched().Mode == "no-cors"
		},
	},
	{
		ID:       "Origin and the referrer policy",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "append-a-request-origin-header",
		Reason: "Where the mode is not cors, the referrer policy may hide the origin of a POST. Chromium sends it all the " +
			"same.",
		Example: "origin of a POST under the referrer policy: no-referrer",
		match: func(c *Case) bool {
			return c.inHeader("origin") && c.Engine == `"null"` && c.Other != "absent" && c.Other != `"null"` &&
				!c.Scenario.Page.Sandboxed && c.exchange(run.EngineName).Seen.Type != "cors"
		},
	},
	{
		ID:       "Origin of a POST that leaves the origin",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-request-tainted-origin",
		Reason: "A redirect from the own origin to another does not taint. Chromium sends null there if the mode is no-cors, " +
			"as for every POST that is redirected to another origin.",
		Example: "origin header: after redirects in mode no-cors",
		match: func(c *Case) bool {
			return c.inHeader("origin") && c.Other == `"null"` && c.redirected() && c.Fetched().Mode != "" && c.Fetched().Mode != "cors"
		},
	},
	{
		ID:       "SameSite and redirects",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   cookieSpec + "name-same-site-and-cross-site-req",
		Reason: "A request that went through another site is cross-site from there on. Chromium looks at the last URL " +
			"only, because the rule broke sites.",
		Example: "cookies: on the way through another site in mode no-cors",
		match: func(c *Case) bool {
			return c.inHeader("cookie") && c.redirected() && len(c.Other) > len(c.Engine)
		},
	},
	{
		ID:       "header lines of one name",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "cors-unsafe-request-header-names",
		Reason: "Each line of a header is looked at by itself. Chromium has combined them by then, so that 128 bytes are the " +
			"limit for all.",
		Example: "safelist: all names of 128 bytes; two lines of 64 bytes; two lines of 100 bytes; eight lines of 128 bytes",
		match: func(c *Case) bool {
			return c.repeats() && (c.extraPreflight() || c.inPreflight("access-control-request-headers"))
		},
	},
	{
		ID:       "userinfo in a Location",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "http-redirect-fetch",
		Reason: "Userinfo is refused on the way to another origin in the mode cors, and where the response tainting is cors. " +
			"Chromium refuses it everywhere.",
		Example: "location: userinfo that is name and password",
		match: func(c *Case) bool {
			return c.decides() && c.answerHas("Location", func(v string) bool { return strings.Contains(v, "@") })
		},
	},
	{
		ID:       "manual redirects that nobody could follow",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "http-fetch",
		Reason:   "In the redirect mode manual nobody looks at Location. Chromium fails the fetch if it would not follow.",
		Example:  "redirect mode: manual and a Location that no browser would follow",
		match: func(c *Case) bool {
			return c.Field == FieldOutcome && c.Fetched().Redirect == "manual" && c.Engine == `"opaqueredirect"`
		},
	},
	{
		ID:       "redirect mode error without Location",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-http-fetch",
		Reason:   "The redirect mode error fails for every redirect status. In Chromium it takes a Location.",
		Example:  "location: missing",
		match: func(c *Case) bool {
			return c.Field == FieldOutcome && c.Fetched().Redirect == "error" && c.exchange(run.EngineName).Seen.Failed != "" &&
				c.exchange("chromium").Seen.Status/100 == 3
		},
	},
	{
		ID:       "empty Location",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   "wpt/fetch/api/redirect/redirect-empty-location.any.js",
		Reason: "An empty value is a relative URL: that of the response itself, or what its fragment makes of it. For " +
			"Chromium it is no redirect, or for a mere fragment the end of it.",
		Example: "location: nothing but a fragment",
		match: func(c *Case) bool {
			return c.answerHas("Location", func(v string) bool { return v == "" || strings.HasPrefix(v, "#") }) &&
				(c.decides() || !strings.HasPrefix(c.Field, "request "))
		},
	},
	{
		ID:       "safelisted names of Chromium's own",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "cors-safelisted-request-header",
		Reason: "Client hints and Save-Data are no longer safelisted, and User-Agent never was. Chromium needs no preflight " +
			"for the hints, and ignores a User-Agent.",
		Example: "safelist: client hints; Cache-Control and Pragma",
		match: func(c *Case) bool {
			for _, h := range c.Fetched().Header {
				switch strings.ToLower(h.Name) {
				case "user-agent", "save-data", "dpr", "width", "viewport-width", "device-memory", "rtt", "downlink", "ect":
					return c.missingPreflight() || c.inHeader("user-agent", "access-control-request-headers")
				}
			}
			return false
		},
	},
	{
		ID:       "Range is rewritten",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-header-list-append",
		Reason:   "A page's Range is sent as it is. Chromium parses it and sends the result, without whitespace, signs and zeros.",
		Example:  "safelist: Range with a sign",
		match:    func(c *Case) bool { return c.inHeader("range") },
	},
	{
		ID:       "a page's Range and compression",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-http-network-or-cache-fetch",
		Reason: "With a Range of its own, a page gets what comes, decoded, though it was not asked for compressed. Chromium " +
			"fails the fetch.",
		Example: "found: a range that is compressed",
		match: func(c *Case) bool {
			gzip := slices.ContainsFunc(c.Scenario.Servers, func(r scenario.Resource) bool {
				return slices.ContainsFunc(r.Answer, func(a scenario.Answer) bool { return a.Gzip })
			})
			return c.Field == FieldOutcome && len(c.authored("Range")) > 0 && gzip && c.Other == `"TypeError"`
		},
	},
	{
		ID:       "failed fetches and the preflight cache",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "http-fetch",
		Reason:   "A fetch that fails after a preflight clears the entries of its URL. Chromium keeps them.",
		Example:  "preflight cache: a failed request forgets the grant",
		match:    func(c *Case) bool { return c.failedBefore() && c.missingPreflight() },
	},
	{
		ID:       "opaque origins in the preflight cache",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-cache-match",
		Reason: "The cache knows origins by their serialization, which is null for every opaque one and after a tainting " +
			"redirect. Chromium does not use entries of such requests again.",
		Example: "preflight cache: a sandboxed page",
		match: func(c *Case) bool {
			return c.fromCache() && c.extraPreflight() && (c.Scenario.Page.Sandboxed || c.redirected())
		},
	},
	{
		ID:       "preflight cache entries as a whole",
		Browsers: []string{"chromium"},
		Right:    EngineRight,
		Source:   fetchSpec + "cors-preflight-cache",
		Reason: "The cache has an entry for each method and header name, and grants add up. Chromium's has one for each " +
			"preflight, which the next one replaces and a request that it does not cover removes.",
		Example: "preflight cache: grants add up",
		match:   func(c *Case) bool { return c.Fetch > 1 && c.extraPreflight() },
	},
}
