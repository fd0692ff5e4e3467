package compare

import (
	"slices"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// Known are the deviations that have been looked into. The first one that fits is
// the one.
var Known = slices.Concat(common, ofChromium, ofFirefox)

// The standards that sources are in.
const (
	fetchSpec    = "https://fetch.spec.whatwg.org/#"
	referrerSpec = "https://w3c.github.io/webappsec-referrer-policy/#"
	metadataSpec = "https://w3c.github.io/webappsec-fetch-metadata/#"
	sriSpec      = "https://w3c.github.io/webappsec-subresource-integrity/#"
	cookieSpec   = "https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#"
	coepSpec     = "https://html.spec.whatwg.org/multipage/browsers.html#"
)

var both = []string{"chromium", "firefox"}

// common has what browsers agree on against the engine.
var common = []*Deviation{
	{
		ID:       "referrer to and from http on loopback",
		Browsers: both,
		Right:    EngineRight,
		Source:   referrerSpec + "determine-requests-referrer",
		Reason: "A downgrade is from a potentially trustworthy URL to one that is not, and http on loopback is trustworthy. " +
			"Browsers look at the scheme: they send no referrer from https to http://localhost, and one from there to any http URL.",
		Example: "allow-origin: a server at local that allows the origin, or itself; a server at ip that allows the origin, or itself",
		match: func(c *Case) bool {
			return c.inHeader("referer") && (isLoopback("{"+string(c.Scenario.Page.Place())) || c.visits(isLoopback))
		},
	},
	{
		ID:       "cache mode of preflights",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "cors-preflight-fetch",
		Reason: "A preflight is a request of its own whose cache mode is the default. Browsers give it that of the request, " +
			"with Cache-Control and Pragma.",
		Example: "preflight request: a method of the page's own; the query is kept, the fragment is not; an empty value; cache mode no-store",
		match: func(c *Case) bool {
			return c.inPreflight("cache-control", "pragma") && c.revalidates()
		},
	},
	{
		ID:       "Sec-Fetch-Site of preflights after redirects",
		Browsers: both,
		Right:    EngineRight,
		Source:   metadataSpec + "sec-fetch-site-header",
		Reason: "A preflight has the URL list of its request, and the header is about all of it. Browsers look at the last " +
			"URL only.",
		Example: "found: a preflight after a redirect back home",
		match: func(c *Case) bool {
			return c.inPreflight("sec-fetch-site") && c.redirected()
		},
	},
	{
		ID:       "Content-Length of a PATCH without body",
		Browsers: both,
		Right:    BrowserRight,
		Source:   fetchSpec + "concept-http-network-or-cache-fetch",
		Reason: "Only POST and PUT have a Content-Length of 0 if there is no body. net/http adds it to PATCH, too, and gives " +
			"no way not to. It means the same.",
		Example: "preflight answer: methods: PATCH for patch; methods: patch for patch; methods: PATCH for PATCH; methods: a safelisted one need not be listed",
		match: func(c *Case) bool {
			q, _, ok := c.request()
			return ok && q.Method == "PATCH" && c.inHeader("content-length") && c.Engine == `"0"` && c.Other == "absent"
		},
	},
	{
		ID:       "Authorization under the wildcard",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "cors-non-wildcard-request-header-name",
		Reason: "The wildcard in Access-Control-Allow-Headers does not cover Authorization. Browsers let it do so, with a " +
			"warning on the console, because servers depend on it.",
		Example: "preflight answer: headers: malformed though none is needed; headers: a prefix is no match; headers: not listed without a method list; Authorization: under an asterisk",
		match: func(c *Case) bool {
			return c.decides() && len(c.authored("Authorization")) > 0 && c.preflightHas("Access-Control-Allow-Headers", listsStar)
		},
	},
	{
		ID:       "malformed Access-Control-Max-Age",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "cors-preflight-fetch",
		Reason: "A value that is no number of seconds counts as absent, which is five seconds. Chromium takes a negative " +
			"number for zero, and Firefox every value with a byte that is not a digit.",
		Example: "max-age: -1; empty",
		match: func(c *Case) bool {
			malformed := func(v string) bool {
				v = strings.Trim(v, " \t")
				if c.Browser == "chromium" {
					return strings.HasPrefix(v, "-")
				}
				return strings.Trim(v, "0123456789") != ""
			}
			for _, l := range c.preflightLines("Access-Control-Max-Age") {
				if c.fromCache() && c.extraPreflight() && (slices.ContainsFunc(l, malformed) || c.Browser == "firefox" && len(l) > 1) {
					return true
				}
			}
			return false
		},
	},
	{
		ID:       "the wildcard in the preflight cache",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "concept-cache-match-method",
		Reason: "A wildcard that a preflight listed covers later requests without credentials. Firefox never uses it, and " +
			"Chromium not if that preflight was one for credentials.",
		Example: "preflight cache: an asterisk listed besides the method, with credentials; an asterisk of credentials for a request without",
		match: func(c *Case) bool {
			return c.fromCache() && c.extraPreflight() &&
				(c.preflightHas("Access-Control-Allow-Methods", listsStar) || c.preflightHas("Access-Control-Allow-Headers", listsStar))
		},
	},
	{
		ID:       "fragments in the preflight cache",
		Browsers: both,
		Right:    BrowserRight,
		Source:   fetchSpec + "concept-cache-match",
		Reason: "URLs in the cache are compared with their fragments. The engine leaves them out: a server never sees them, " +
			"but whoever runs a shared cache would, and there are secrets in fragments.",
		Example: "preflight cache: another fragment",
		match: func(c *Case) bool {
			fragment := strings.Contains(c.Fetched().URL, "#")
			for _, f := range c.Scenario.Fetches[:c.Fetch] {
				fragment = fragment || strings.Contains(f.URL, "#")
			}
			return c.extraPreflight() && (fragment || c.answerHas("Location", func(v string) bool { return strings.Contains(v, "#") }))
		},
	},
	{
		ID:       "cache modes and the preflight cache",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "http-fetch",
		Reason: "The cache mode is about the HTTP cache. Browsers also send a preflight in spite of a grant if it is reload " +
			"or no-store, and Chromium if it is no-cache or the request is conditional.",
		Example: "preflight cache: cache mode reload",
		match:   func(c *Case) bool { return c.fromCache() && c.extraPreflight() && c.revalidates() },
	},
	{
		ID:       "Range beyond 64 bits",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "cors-safelisted-request-header",
		Reason:   "The numbers of a safelisted Range have no limit. Those of browsers do not fit more than 64 bits.",
		Example:  "safelist: Range without equals sign; Range of thirty digits; Range of thirty digits backwards; Range with leading zeros",
		match: func(c *Case) bool {
			return c.extraPreflight() && slices.ContainsFunc(c.authored("Range"), func(v string) bool { return len(v) > 20 })
		},
	},
	{
		ID:       "two equal Location lines",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "concept-response-location-url",
		Reason:   "Two lines are a failure, whatever they say. Browsers follow if they say the same.",
		Example:  "location: two lines",
		match: func(c *Case) bool {
			if !c.decides() {
				return false
			}
			for _, r := range c.Scenario.Servers {
				for _, a := range r.Answer {
					if l := scenario.Lines(a.Header, "Location"); len(l) == 2 && l[0] == l[1] {
						return true
					}
				}
			}
			return false
		},
	},
	{
		ID:       "integrity algorithms in upper case",
		Browsers: both,
		Right:    EngineRight,
		Source:   sriSpec + "parse-metadata-section",
		Reason:   "The names of algorithms count in any letter case. Browsers ignore those that are not in lowercase.",
		Example:  "integrity: an unknown algorithm; an unknown algorithm besides a bad one; the algorithm in upper case; the bad algorithm in upper case",
		match: func(c *Case) bool {
			return c.Field == FieldOutcome && strings.HasPrefix(c.Fetched().Integrity, "SHA")
		},
	},
	{
		ID:       "integrity without a digest",
		Browsers: both,
		Right:    EngineRight,
		Source:   sriSpec + "parse-metadata-section",
		Reason:   "An empty digest is one that nothing matches. Browsers ignore it.",
		Example:  "integrity: white space around; an empty digest; no metadata at all",
		match: func(c *Case) bool {
			return c.Field == FieldOutcome && strings.HasSuffix(c.Fetched().Integrity, "-")
		},
	},
	{
		ID:       "control characters in headers",
		Browsers: both,
		Right:    BrowserRight,
		Source:   fetchSpec + "header-value",
		Reason: "All bytes but NUL, CR and LF may be in a header value. net/http neither sends nor accepts other control " +
			"characters, and so does a fetch of the engine fail.",
		Example: "allow-credentials: with a parameter; a trailing vertical tab",
		match: func(c *Case) bool {
			control := func(v string) bool {
				return strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
			}
			if !c.decides() || c.exchange(run.EngineName).Seen.Failed == "" {
				return false
			}
			for _, h := range c.Fetched().Header {
				if control(h.Value) {
					return true
				}
			}
			for _, r := range c.Scenario.Servers {
				for _, a := range slices.Concat(r.Preflight, r.Answer) {
					for _, h := range a.Header {
						if control(h.Value) {
							return true
						}
					}
				}
			}
			return false
		},
	},
	{
		ID:       "integrity without a body",
		Browsers: both,
		Right:    EngineRight,
		Source:   fetchSpec + "concept-main-fetch",
		Reason: "A response without a body fails if there is integrity metadata of any kind. Browsers let it pass if they know " +
			"none of the algorithms, and Firefox if a redirect is manual.",
		Example: "found: integrity of unknown kind, and no body",
		match: func(c *Case) bool {
			return c.Field == FieldOutcome && c.Fetched().Integrity != "" && c.exchange(run.EngineName).Seen.Failed != "" &&
				c.exchange(c.Browser).Seen.Body == ""
		},
	},
	{
		ID:       "Pragma on two lines",
		Browsers: both,
		Right:    Unspecified,
		Source:   "https://pkg.go.dev/net/http#Request",
		Reason: "The servers here are of net/http, which makes Cache-Control of a Pragma that is no-cache. The engine sends " +
			"lines of one name as they are, browsers combine them, which to servers is the same but for this.",
		Example: "found: Pragma on two lines",
		match:   func(c *Case) bool { return c.inHeader("cache-control") && len(c.authored("Pragma")) > 1 },
	},
}
