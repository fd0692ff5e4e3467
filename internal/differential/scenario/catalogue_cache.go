package scenario

import (
	"slices"
	"strings"
)

// cacheScenarios are about the preflight cache: which later request does without
// a preflight.
func cacheScenarios() []Scenario {
	const (
		stored  = fetchAnchor + "cors-preflight-fetch-0"
		match   = fetchAnchor + "concept-cache-match"
		cleared = fetchAnchor + "concept-cache-clear"
	)
	var (
		put    = Fetch{URL: "{api:a}", Method: "PUT"}
		del    = Fetch{URL: "{api:a}", Method: "DELETE"}
		withA  = Fetch{URL: "{api:a}", Header: fields("X-A", "1")}
		withB  = Fetch{URL: "{api:a}", Header: fields("X-B", "1")}
		withAB = Fetch{URL: "{api:a}", Header: fields("X-A", "1", "X-B", "1")}
		simple = Fetch{URL: "{api:a}"}
		author = Fetch{URL: "{api:a}", Header: fields("Authorization", "x")}
	)
	with := func(f Fetch, credentials string) Fetch {
		f.Credentials = credentials
		return f
	}
	to := func(f Fetch, url string) Fetch {
		f.URL = url
		return f
	}
	star := func(list ...string) Answer { return allow("*", append(list, acma, "60")...) }
	named := func(list ...string) Answer { return allow("{app}", append(list, acac, "true", acma, "60")...) }

	var ages, entries []Scenario
	for _, c := range []struct {
		name   string
		header []string
	}{
		{"absent", nil},
		{"60", []string{acma, "60"}},
		{"0", []string{acma, "0"}},
		{"many zeros", []string{acma, "0000"}},
		{"-1", []string{acma, "-1"}},
		{"empty", []string{acma, ""}},
		{"a plus sign", []string{acma, "+60"}},
		{"a fraction", []string{acma, "60.5"}},
		{"an exponent", []string{acma, "1e9"}},
		{"hexadecimal", []string{acma, "0x10"}},
		{"quoted", []string{acma, `"60"`}},
		{"a unit", []string{acma, "60s"}},
		{"a list", []string{acma, "60, 60"}},
		{"two lines", []string{acma, "60", acma, "60"}},
		{"two lines of zero", []string{acma, "0", acma, "0"}},
		{"leading zeros", []string{acma, "00060"}},
		{"2 to the 31st", []string{acma, "2147483648"}},
		{"2 to the 32nd", []string{acma, "4294967296"}},
		{"2 to the 63rd", []string{acma, "9223372036854775808"}},
		{"2 to the 64th", []string{acma, "18446744073709551616"}},
		{"a hundred digits", []string{acma, strings.Repeat("9", 100)}},
		{"digits beyond ASCII", []string{acma, "\xd9\xa6\xd9\xa0"}},
	} {
		ages = append(ages, Scenario{
			Name:    c.name,
			Source:  stored,
			Fetches: []Fetch{put, put},
			Servers: []Resource{servePreflighted(API, "a", allow("*", append([]string{acam, "PUT"}, c.header...)...), allow("*"))},
		})
	}

	granted := allow("{app}", acac, "true")
	for _, c := range []struct {
		name, source string
		preflights   []Answer
		answers      []Answer // if not all are granted
		fetches      []Fetch
	}{
		{"the same header again", match, []Answer{star(acah, "X-A")}, nil, []Fetch{withA, withA}},
		{"the header in other letter case", match, []Answer{star(acah, "X-A")}, nil,
			[]Fetch{withA, {URL: "{api:a}", Header: fields("x-a", "2")}}},
		{"a safelisted method with the header", match, []Answer{star(acah, "X-A")}, nil,
			[]Fetch{withA, {URL: "{api:a}", Method: "HEAD", Header: fields("X-A", "1")}, {URL: "{api:a}", Method: "POST", Header: fields("X-A", "1")}}},
		{"a method that was listed but not asked for", stored, []Answer{star(acam, "PUT, DELETE")}, nil, []Fetch{put, del}},
		{"a header that was listed but not asked for", stored, []Answer{star(acah, "X-A, X-B")}, nil, []Fetch{withA, withAB}},
		{"a method that was not listed", "wpt/xhr/access-control-basic-allow-preflight-cache-invalidation-by-method.any.js",
			[]Answer{star(acam, "PUT"), star(acam, "PUT, DELETE")}, nil, []Fetch{put, del, put}},
		{"a header that was not listed", "wpt/xhr/access-control-basic-allow-preflight-cache-invalidation-by-header.any.js",
			[]Answer{star(acah, "X-A"), star(acah, "X-B")}, nil, []Fetch{withA, withB, withA}},
		{"grants add up", fetchAnchor + "concept-cache", []Answer{star(acah, "X-A"), star(acah, "X-B")}, nil, []Fetch{withA, withB, withAB}},
		{"method and header of two grants", fetchAnchor + "concept-cache", []Answer{star(acam, "PUT"), star(acah, "X-A")}, nil,
			[]Fetch{put, withA, {URL: "{api:a}", Method: "PUT", Header: fields("X-A", "1")}}},
		{"a grant is kept although another request needs more", match, []Answer{star(acah, "X-A"), ok()}, nil, []Fetch{withA, withB, withA}},
		{"a later grant of zero seconds ends an earlier one", fetchAnchor + "concept-cache",
			[]Answer{star(acam, "PUT"), allow("*", acam, "PUT, DELETE", acma, "0")}, nil, []Fetch{put, del, put}},
		{"two names, of which one is missing, are asked for together", match, []Answer{star(acah, "X-A"), star(acah, "X-A, X-B")}, nil,
			[]Fetch{withA, withAB, withB}},

		{"no credentials, then omit", match, []Answer{named(acam, "PUT")}, nil, []Fetch{with(put, "same-origin"), with(put, "omit")}},
		{"credentials, then none", match, []Answer{named(acam, "PUT")}, nil, []Fetch{with(put, "include"), put}},
		{"no credentials, then some", match, []Answer{named(acam, "PUT")}, nil, []Fetch{put, with(put, "include"), with(put, "include")}},
		{"no credentials, some, none", match, []Answer{named(acam, "PUT"), named(acam, "PUT"), ok()}, nil, []Fetch{put, with(put, "include"), put}},

		{"an asterisk for another method", match, []Answer{star(acam, "*")}, nil, []Fetch{put, del}},
		{"an asterisk for another header", match, []Answer{star(acah, "*")}, nil, []Fetch{withA, withB}},
		{"an asterisk does not cover Authorization", match, []Answer{star(acah, "*"), star(acah, "Authorization")}, nil, []Fetch{withA, author}},
		{"Authorization that was listed", match, []Answer{star(acah, "X-A, Authorization")}, nil, []Fetch{withA, author}},
		{"an asterisk of no credentials for a request with them", match, []Answer{named(acam, "*"), named(acam, "PUT")}, nil,
			[]Fetch{put, with(put, "include")}},
		{"an asterisk listed besides the method, with credentials", "own reasoning: an asterisk that was a name like any other when it came must not be a wildcard later",
			[]Answer{named(acam, "PUT, *")}, nil, []Fetch{with(put, "include"), with(del, "include")}},
		{"an asterisk of credentials for a request without", "own reasoning: an asterisk that was a name like any other when it came must not be a wildcard later",
			[]Answer{named(acam, "PUT, *")}, nil, []Fetch{with(put, "include"), del}},
		{"an asterisk among headers, with credentials", "own reasoning: an asterisk that was a name like any other when it came must not be a wildcard later",
			[]Answer{named(acah, "X-A, *")}, nil, []Fetch{with(withA, "include"), with(withB, "include"), withB}},

		{"another query", match, []Answer{star(acam, "PUT")}, nil, []Fetch{to(put, "{api:a}?1"), to(put, "{api:a}?2"), to(put, "{api:a}?1")}},
		{"an empty query", match, []Answer{star(acam, "PUT")}, nil, []Fetch{put, to(put, "{api:a}?")}},
		{"another fragment", match, []Answer{star(acam, "PUT")}, nil, []Fetch{to(put, "{api:a}#1"), to(put, "{api:a}#2")}},
		{"a URL of two thousand bytes", "own reasoning: keys may be too long for a cache",
			[]Answer{star(acam, "PUT")}, nil, []Fetch{to(put, "{api:a}?"+strings.Repeat("x", 2000)), to(put, "{api:a}?"+strings.Repeat("x", 2000))}},

		{"a preflight without a list of methods", stored, []Answer{star(acah, "X-A")}, nil, []Fetch{withA, put}},
		{"a refused preflight leaves nothing", stored, []Answer{allow("*", acam, "PUT", acah, "X-A", acma, "60"), star(acam, "PUT")}, nil,
			[]Fetch{withB, put, put}},
		{"a preflight for another origin leaves nothing", stored, []Answer{allow("{far}", acam, "PUT", acma, "60"), star(acam, "PUT")}, nil, []Fetch{put, put}},
		{"a preflight of status 404 leaves nothing", stored, []Answer{reply(404, acao, "*", acam, "PUT", acma, "60"), star(acam, "PUT")}, nil, []Fetch{put, put}},
		{"a malformed list leaves nothing of the other", stored, []Answer{allow("*", acam, "PUT", acah, "X A", acma, "60"), star(acam, "PUT")}, nil, []Fetch{put, put}},
		{"a failed request forgets the grant", cleared, []Answer{star(acam, "PUT")}, []Answer{ok(), granted}, []Fetch{put, put, put}},
		{"a failed request that had used the grant forgets it", cleared, []Answer{star(acam, "PUT")}, []Answer{granted, ok(), granted}, []Fetch{put, put, put}},
		{"a failed request with credentials forgets the others", cleared, []Answer{named(acam, "PUT")}, []Answer{granted, ok(), granted},
			[]Fetch{put, with(put, "include"), put}},
		{"a failed simple request forgets nothing", cleared, []Answer{star(acam, "PUT")}, []Answer{granted, ok(), granted}, []Fetch{put, simple, put}},
		{"a failed preflight forgets the grants of its URL", cleared, []Answer{star(acam, "PUT"), ok(), star(acam, "PUT")}, nil, []Fetch{put, del, put}},
		{"an error status forgets nothing", cleared, []Answer{star(acam, "PUT")}, []Answer{reply(500, acao, "*"), granted}, []Fetch{put, put}},
		{"no-cors needs no entry and forgets none", cleared, []Answer{star(acah, "X-A")}, nil,
			[]Fetch{withA, {URL: "{api:a}", Mode: "no-cors", Header: fields("X-A", "1")}, withA}},
		{"cache mode reload", "own reasoning: whether cache modes are about this cache, too",
			[]Answer{star(acam, "PUT")}, nil, []Fetch{put, {URL: "{api:a}", Method: "PUT", Cache: "reload"}, {URL: "{api:a}", Method: "PUT", Cache: "no-store"}}},
	} {
		answers := c.answers
		if answers == nil {
			answers = []Answer{granted}
		}
		entries = append(entries, Scenario{
			Name:    c.name,
			Source:  c.source,
			Fetches: c.fetches,
			Servers: []Resource{{At: API, Path: "a", Preflight: c.preflights, Answer: answers}},
		})
	}
	return append(slices.Concat(pack("max-age", ages), pack("preflight cache", entries)),
		Scenario{
			Name:    "preflight cache: another server's entry",
			Source:  match,
			Fetches: []Fetch{put, {URL: "{far:a}", Method: "PUT"}, {URL: "{api:b}", Method: "PUT"}},
			Servers: []Resource{
				servePreflighted(API, "a", star(acam, "PUT"), granted),
				servePreflighted(API, "b", star(acam, "PUT"), granted),
				servePreflighted(Far, "a", star(acam, "PUT"), granted),
			},
		},
		Scenario{
			Name:    "preflight cache: a failure elsewhere forgets nothing",
			Source:  cleared,
			Fetches: []Fetch{put, {URL: "{api:b}", Method: "PUT"}, put},
			Servers: []Resource{
				servePreflighted(API, "a", star(acam, "PUT"), granted),
				servePreflighted(API, "b", star(acam, "PUT"), ok()),
			},
		},
		Scenario{
			Name:    "preflight cache: each hop of a redirect has an entry",
			Source:  match,
			Fetches: []Fetch{withA, withA, {URL: "{api:b}", Header: fields("X-A", "1")}},
			Servers: []Resource{
				servePreflighted(API, "a", star(acah, "X-A"), redirectTo(307, "{api:b}", acao, "*")),
				servePreflighted(API, "b", star(acah, "X-A"), allow("*")),
			},
		},
		Scenario{
			Name:    "preflight cache: a tainted hop has its entry under null",
			Source:  match,
			Fetches: []Fetch{withA, {URL: "{far:b}", Header: fields("X-A", "1")}, withA},
			Servers: []Resource{
				servePreflighted(API, "a", star(acah, "X-A"), redirectTo(307, "{far:b}", acao, "*")),
				servePreflighted(Far, "b", star(acah, "X-A"), allow("*")),
			},
		},
		Scenario{
			Name:    "preflight cache: a redirect that fails forgets the last URL's grant",
			Source:  cleared,
			Fetches: []Fetch{withA, withA, {URL: "{api:b}", Header: fields("X-A", "1")}},
			Servers: []Resource{
				servePreflighted(API, "a", star(acah, "X-A"), redirectTo(307, "{api:b}", acao, "*")),
				{At: API, Path: "b", Preflight: []Answer{star(acah, "X-A")}, Answer: []Answer{allow("*"), ok(), allow("*")}},
			},
		},
		Scenario{
			Name:    "preflight cache: a sandboxed page",
			Source:  "own reasoning: all opaque origins have one serialization, but this page asks twice itself",
			Page:    Page{Sandboxed: true},
			Fetches: []Fetch{put, put},
			Servers: []Resource{servePreflighted(API, "a", star(acam, "PUT"), allow("null"))},
		},
	)
}
