package scenario

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
)

// integrityScenarios are about integrity metadata.
func integrityScenarios() []Scenario {
	const (
		match = "https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist"
		parse = "https://w3c.github.io/webappsec-subresource-integrity/#parse-metadata-section"
		wpt   = "wpt/fetch/api/basic/integrity.sub.any.js"
	)
	body := []byte("hello") // of reply
	encode := base64.StdEncoding.EncodeToString
	s256, s384, s512 := sha256.Sum256(body), sha512.Sum384(body), sha512.Sum512(body)
	other := sha512.Sum512([]byte("other"))
	var (
		good256 = "sha256-" + encode(s256[:])
		good384 = "sha384-" + encode(s384[:])
		good512 = "sha512-" + encode(s512[:])
		bad256  = "sha256-" + encode(other[:32])
		bad512  = "sha512-" + encode(other[:])
	)
	var all []Scenario
	for _, c := range []struct {
		name, source, integrity string
	}{
		{"sha256", wpt, good256},
		{"sha384", wpt, good384},
		{"sha512", wpt, good512},
		{"another", wpt, bad256},
		{"several of one strength", match, bad256 + " " + good256},
		{"a good one that is weaker", match, good256 + " " + bad512},
		{"a bad one that is weaker", match, bad256 + " " + good512},
		{"several bad ones", match, bad256 + " " + bad512},
		{"an unknown algorithm", parse, "sha1-" + encode(s256[:20])},
		{"an unknown algorithm besides a bad one", parse, "sha1-AAAA " + bad256},
		{"the algorithm in upper case", parse, "SHA256-" + encode(s256[:])},
		{"the bad algorithm in upper case", parse, "SHA256-" + encode(other[:32])},
		{"options", parse, good256 + "?a=b"},
		{"options of a bad one", parse, bad256 + "?a"},
		{"the URL's alphabet of base64", parse, strings.NewReplacer("+", "-", "/", "_").Replace(good512)},
		{"without padding", parse, strings.TrimRight(good256, "=")},
		{"white space around", parse, "\t " + good256 + "\n\f"},
		{"too short a digest", match, "sha256-" + encode(s256[:8])},
		{"an empty digest", parse, "sha256-"},
		{"no metadata at all", parse, "hello world"},
	} {
		all = append(all, Scenario{
			Name:    c.name,
			Source:  c.source,
			Fetches: []Fetch{{URL: "{app:a}", Integrity: c.integrity}},
			Servers: []Resource{serve(App, "a", ok())},
		})
	}
	gzip := ok()
	gzip.Gzip = true
	return append(pack("integrity", all),
		Scenario{
			Name:   "integrity: of another origin's response",
			Source: match,
			Fetches: []Fetch{
				{URL: "{api:a}", Integrity: good256},
				{URL: "{api:a}", Integrity: bad256},
				{URL: "{api:a}", Integrity: good256, Mode: "no-cors"},
				{URL: "{api:a}", Integrity: "unknown-AAAA", Mode: "no-cors"},
			},
			Servers: []Resource{serve(API, "a", allow("*"))},
		},
		Scenario{
			Name:   "integrity: of decoded, redirected, failed and absent bodies",
			Source: match,
			Fetches: []Fetch{
				{URL: "{app:gzip}", Integrity: good256},
				{URL: "{app:redirect}", Integrity: good256},
				{URL: "{app:404}", Integrity: good256},
				{URL: "{app:gzip}", Integrity: good256, Method: "HEAD"},
			},
			Servers: []Resource{serve(App, "gzip", gzip), serve(App, "redirect", redirectTo(302, "{app:gzip}")), serve(App, "404", reply(404))},
		},
		Scenario{
			Name:   "integrity: with manual redirects and no-cors at the own origin",
			Source: match,
			Fetches: []Fetch{
				{URL: "{app:a}", Integrity: good256, Mode: "no-cors"},
				{URL: "{app:a}", Integrity: bad256, Mode: "no-cors"},
				{URL: "{app:redirect}", Integrity: good256, Redirect: "manual"},
				{URL: "{app:204}", Integrity: good256},
			},
			Servers: []Resource{serve(App, "a", ok()), serve(App, "redirect", redirectTo(302, "{app:a}")), serve(App, "204", reply(204))},
		},
	)
}
