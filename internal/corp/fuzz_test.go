package corp

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/testtable"
)

// oracleInternal is the internal check, step by step. The result is whether the
// response is blocked.
func oracleInternal(origin, value string, resp Response, forNavigation bool) bool {
	if forNavigation && value == "unsafe-none" {
		return false
	}
	var policy any = strings.Trim(strings.Join(resp.Header["Cross-Origin-Resource-Policy"], ", "), " \t")
	if policy != "same-origin" && policy != "same-site" && policy != "cross-origin" {
		policy = nil
	}
	if policy == nil {
		switch value {
		case "unsafe-none":
		case "credentialless":
			if resp.IncludesCredentials || forNavigation {
				policy = "same-origin"
			}
		case "require-corp":
			policy = "same-origin"
		}
	}
	switch policy {
	case nil, "cross-origin":
		return false
	case "same-origin":
		return !(strings.Contains(origin, "://") && origin == resp.Origin)
	}
	scheme, _, _ := strings.Cut(origin, "://")
	respScheme, _, _ := strings.Cut(resp.Origin, "://")
	return !(site.SchemelesslySame(list, origin, resp.Origin) && (scheme == "https" || respScheme != "https"))
}

// oracle is the whole check. The second result is whether the block has to be
// reported.
func oracle(origin, value string, resp Response, forNavigation bool) (blocked, report bool) {
	if oracleInternal(origin, "unsafe-none", resp, forNavigation) {
		return true, false
	}
	if !oracleInternal(origin, value, resp, forNavigation) {
		return false, false
	}
	return true, true
}

// FuzzCheck compares with the oracle, and with what a stricter policy decides.
func FuzzCheck(f *testing.F) {
	for _, c := range testtable.Load[corpCase, string](f, "corp.json") {
		var value, second string
		if h := c.In.Header; len(h) > 0 {
			value, second = string(h[0][1]), string(h[len(h)-1][1])
		}
		p, _ := ParseEmbedderPolicy(c.In.EmbedderPolicy)
		f.Add(c.In.Origin, c.In.URL, value, second, uint8(min(len(c.In.Header), 2)), uint8(p), c.In.IncludesCredentials, c.In.Navigation)
	}
	f.Fuzz(func(t *testing.T, origin, url, value, second string, lines, policy uint8, credentials, navigation bool) {
		h := http.Header{}
		for _, v := range []string{value, second}[:lines%3] {
			h.Add("Cross-Origin-Resource-Policy", v)
		}
		p := EmbedderPolicy(policy % 3)
		resp := Response{h, url, credentials}
		got := Check(list, origin, p, resp, navigation)
		blocked, report := oracle(origin, p.String(), resp, navigation)
		if got.Blocked() != blocked {
			t.Errorf("%v; want blocked %v", got, blocked)
		}
		if got.Blocked() && report != (got == NotSameOriginByEmbedder || navigation) {
			t.Errorf("%v has to be reported: %v", got, report)
		}
		if got.Blocked() && !Check(list, origin, RequireCORP, resp, navigation).Blocked() {
			t.Errorf("%v under %v, but allowed under require-corp", got, p)
		}
	})
}
