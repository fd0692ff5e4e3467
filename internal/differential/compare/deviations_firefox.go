package compare

import (
	"slices"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// ofFirefox has the deviations of Firefox alone.
var ofFirefox = []*Deviation{
	{
		ID:       "a name listed twice in Access-Control-Request-Headers",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "cors-unsafe-request-header-names",
		Reason:   "The names are a sorted set. Firefox lists a name for each line that the page has set.",
		Example:  "preflight request: a name twice is asked for once",
		match:    func(c *Case) bool { return c.repeats() && c.inPreflight("access-control-request-headers") },
	},
	{
		ID:       "header lines of one name in Firefox",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-headers-append",
		Reason: "Lines of one name are combined. Firefox lets an empty value, and for some names any, take the place of " +
			"earlier ones, and does not count the lines together against the limit of 1024 bytes.",
		Example: "request header: several lines",
		match: func(c *Case) bool {
			_, name, ok := c.request()
			return c.repeats() && (ok && len(c.authored(name)) > 1 || c.missingPreflight())
		},
	},
	{
		ID:       "methods that need no entry in the preflight cache",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "cors-safelisted-method",
		Reason:   "GET, HEAD and POST are safelisted. Firefox wants a grant for HEAD, and for POST with a header that needs one.",
		Example:  "preflight cache: a safelisted method with the header",
		match: func(c *Case) bool {
			m := c.Fetched().Method
			return c.fromCache() && c.extraPreflight() && (m == "HEAD" || m == "POST")
		},
	},
	{
		ID:       "the credentials of entries in the preflight cache",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-cache-match",
		Reason:   "A grant for credentials serves requests without. Firefox keeps the two apart.",
		Example:  "preflight cache: no credentials, then omit; credentials, then none",
		match: func(c *Case) bool {
			differ := slices.ContainsFunc(c.Scenario.Fetches[:c.Fetch], func(f scenario.Fetch) bool { return f.Credentials == "include" })
			return differ && c.Fetched().Credentials != "include" && c.extraPreflight()
		},
	},
	{
		ID:       "how long grants in the preflight cache last",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "cors-preflight-fetch",
		Reason: "A later grant sets how long an earlier one lasts, and one of zero seconds ends it. In Firefox it does not; and " +
			"it clears grants when any fetch of the URL fails, also one without preflight.",
		Example: "preflight cache: a later grant of zero seconds ends an earlier one",
		match: func(c *Case) bool {
			zero := c.preflightHas("Access-Control-Max-Age", func(v string) bool { return strings.Trim(v, " \t0") == "" })
			return c.fromCache() && (zero && (c.missingPreflight() || c.extraPreflight()) || c.simpleFailedBefore() && c.extraPreflight())
		},
	},
	{
		ID:       "long URLs in the preflight cache",
		Browsers: []string{"firefox"},
		Right:    Unspecified,
		Source:   fetchSpec + "cors-preflight-cache",
		Reason:   "A cache may forget what it likes. Firefox keeps grants for long URLs, and the engine bounds its keys.",
		Example:  "preflight cache: a URL of two thousand bytes",
		match:    func(c *Case) bool { return len(c.Fetched().URL) > 1000 && (c.missingPreflight() || c.extraPreflight()) },
	},
	{
		ID:       "when redirects taint",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-request-tainted-origin",
		Reason: "A redirect from one other origin to the next makes the origin null. In Firefox that takes another site, and " +
			"the rest of the fetch goes on from there.",
		Example: "preflight cache: a tainted hop has its entry under null",
		match: func(c *Case) bool {
			if c.inHeader("origin") {
				return c.Engine == `"null"` && c.redirected()
			}
			for i := range c.Fetch + 1 {
				if c.decides() && c.otherTaint(i) {
					return true
				}
			}
			return false
		},
	},
	{
		ID:       "preflights after redirects",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "http-redirect-fetch",
		Reason: "Whether a redirect needs a preflight is decided anew, with the method that it has become and without the " +
			"headers that were dropped. Firefox asks again if the request needed one before, and does not use the grants " +
			"of redirected fetches for later ones.",
		Example: "redirect status: 303 and preflights",
		match: func(c *Case) bool {
			redirects := c.answerHas("Location", anyLine)
			return redirects && c.extraPreflight()
		},
	},
	{
		ID:       "Content-Type of a body that is gone",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "http-redirect-fetch",
		Reason: "A redirect that makes a GET of a POST drops the body and its headers. Firefox keeps the Content-Type when " +
			"the next redirect comes.",
		Example: "found: a body that is gone, and one more redirect",
		match: func(c *Case) bool {
			return c.inHeader("content-type") && c.Engine == "absent" && c.redirected()
		},
	},
	{
		ID:       "Authorization that was dropped",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "http-redirect-fetch",
		Reason: "A redirect to another origin drops Authorization for good. Firefox sends it again if another redirect " +
			"follows that stays at the new origin.",
		Example: "found: Authorization, and a redirect after it was dropped",
		match: func(c *Case) bool {
			return c.redirected() && len(c.authored("Authorization")) > 0 &&
				(c.inHeader("authorization") && c.Engine == "absent" || c.inPreflight("access-control-request-headers"))
		},
	},
	{
		ID:       "Origin without a referrer",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "append-a-request-origin-header",
		Reason:   "It is the referrer policy that may hide the origin of a POST. In Firefox a fetch without referrer does, too.",
		Example:  "found: a POST without referrer in mode no-cors",
		match: func(c *Case) bool {
			return c.inHeader("origin") && c.Fetched().Referrer == "no-referrer" && c.Other == `"null"`
		},
	},
	{
		ID:       "tabs in a Location",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   "https://url.spec.whatwg.org/#concept-basic-url-parser",
		Reason:   "The URL parser drops tabs. Firefox percent-encodes those in a Location.",
		Example:  "location: spaces and tabs",
		match: func(c *Case) bool {
			return c.answerHas("Location", func(v string) bool { return strings.Contains(strings.Trim(v, " \t"), "\t") }) &&
				(c.Field == FieldRequests || !strings.HasPrefix(c.Field, "request "))
		},
	},
	{
		ID:       "SameSite and schemes",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   cookieSpec + "name-same-site-and-cross-site-req",
		Reason: "http and https are different sites. For the cookies of fetches Firefox does not tell them apart, though it " +
			"does in Sec-Fetch-Site; and it keeps cookies of the two schemes out of each other's way.",
		Example: "cookies: include, on a page in the clear",
		match:   func(c *Case) bool { return c.inHeader("cookie") },
	},
	{
		ID:       "unknown resource policies under require-corp",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "cross-origin-resource-policy-internal-check",
		Reason:   "A policy that is none counts as absent, which require-corp refuses. Firefox lets it through.",
		Example:  "resource policy under require-corp: empty; in upper case; unknown; a list",
		match: func(c *Case) bool {
			return c.Field == FieldOutcome && c.Scenario.Page.EmbedderPolicy == "require-corp" && c.Fetched().Mode == "no-cors" &&
				c.answerHas("Cross-Origin-Resource-Policy", func(v string) bool {
					return v != "same-origin" && v != "same-site" && v != "cross-origin"
				})
		},
	},
	{
		ID:       "malformed Access-Control-Expose-Headers",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "main-fetch",
		Reason:   "A malformed list exposes nothing. Firefox takes the wildcard in it.",
		Example:  "expose: a malformed element besides a name; a malformed element besides an asterisk; a malformed second line; a quoted name",
		match: func(c *Case) bool {
			return strings.HasPrefix(c.Field, "response ") && c.Engine == "absent" && c.answerHas("Access-Control-Expose-Headers", listsStar)
		},
	},
	{
		ID:       "empty response lines",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "concept-header-list-get",
		Reason: "An empty line is a value when lines are combined. Firefox leaves it out, so that one of two lines may be " +
			"the only one.",
		Example: "expose: values as they are",
		match: func(c *Case) bool {
			filled := slices.DeleteFunc(elements(strings.Trim(c.Engine, `"`)), func(e string) bool { return e == "" })
			return strings.HasPrefix(c.Field, "response ") && strings.Join(filled, ", ") == strings.Trim(c.Other, `"`) ||
				c.Field == FieldOutcome && c.answerHas("Access-Control-Allow-Credentials", func(v string) bool { return v == "" })
		},
	},
	{
		ID:       "Content-Type and Accept that are safelisted",
		Browsers: []string{"firefox"},
		Right:    EngineRight,
		Source:   fetchSpec + "cors-safelisted-request-header",
		Reason: "A Content-Type is parsed leniently, and bytes beyond ASCII are no unsafe ones. Firefox asks for what it " +
			"cannot parse or does not expect.",
		Example: "safelist: text type with a malformed parameter; form types; multipart type; multipart type with a quoted boundary",
		match: func(c *Case) bool {
			return (c.extraPreflight() || c.inPreflight("access-control-request-headers")) &&
				len(c.authored("Content-Type"))+len(c.authored("Accept")) > 0
		},
	},
	{
		ID:       "keepalive in the clear",
		Browsers: []string{"firefox"},
		Right:    Unspecified,
		Source:   "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
		Reason: "Firefox blocks what a keepalive fetch of an https page sends in the clear although the blocking of mixed " +
			"content is off, which is another standard's.",
		Example: "found: keepalive in the clear",
		match: func(c *Case) bool {
			return c.decides() && c.Fetched().Keepalive && len(c.exchange("firefox").Requests) < len(c.exchange(run.EngineName).Requests)
		},
	},
}
