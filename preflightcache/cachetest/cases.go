package cachetest

import (
	"slices"
	"strings"
)

// Where rules come from.
const (
	anchor      = "https://fetch.spec.whatwg.org/#"
	matchEntry  = anchor + "concept-cache-match"
	matchMethod = anchor + "concept-cache-match-method"
	matchHeader = anchor + "concept-cache-match-header"
	populate    = anchor + "cors-preflight-fetch-0"
	clearing    = anchor + "concept-cache-clear"
	expiry      = anchor + "cors-preflight-cache"
	deviation   = " and the design notes of package preflightcache"
	contract    = "reasoning: documentation of preflightcache.Cache"
)

// Credentials flags.
const (
	omit    = false
	include = true
)

// absent is the age of a response without a usable Access-Control-Max-Age.
const absent = -1

// page is the key that cases use that need but one.
var page = key{"https://top.example", "https://page.example", "https://api.example/a?b=c"}

// store records a grant. methods and headers are separated by spaces.
func store(k key, credentials bool, methods, headers string, seconds int64) step {
	s := step{
		Op: opStore, Key: &k, Credentials: credentials,
		Methods: strings.Fields(methods), Headers: strings.Fields(headers),
	}
	if seconds != absent {
		s.MaxAge = &seconds
	}
	return s
}

func covers(k key, credentials bool, method, headers string, want bool) step {
	return step{
		Op: opCovers, Key: &k, Credentials: credentials,
		Method: method, Headers: strings.Fields(headers), want: want,
	}
}

// allow expects the cache to save the preflight, and deny that it does not.
func allow(k key, credentials bool, method, headers string) step {
	return covers(k, credentials, method, headers, true)
}

func deny(k key, credentials bool, method, headers string) step {
	return covers(k, credentials, method, headers, false)
}

func clearKey(k key) step { return step{Op: opClear, Key: &k} }

func wait(seconds int64) step { return step{Op: opWait, Seconds: seconds} }

var cases = slices.Concat(matchCases, wildcardCases, keyCases, updateCases, goCases)

var matchCases = []testCase{
	{
		name:   "an empty cache grants nothing",
		why:    "there is no match in a list without entries",
		source: matchMethod,
		steps: []step{
			deny(page, omit, "PUT", ""),
			deny(page, include, "PUT", ""),
			deny(page, omit, "", "x-a"),
			deny(page, omit, "*", "*"),
		},
	},
	{
		name:   "a method is granted by name",
		why:    "an entry matches the method it was created for, in that case",
		source: matchMethod,
		steps: []step{
			store(page, omit, "PUT patch", "", 60),
			allow(page, omit, "PUT", ""),
			allow(page, omit, "patch", ""),
			deny(page, omit, "DELETE", ""),
			deny(page, omit, "put", ""),
			deny(page, omit, "PATCH", ""),
			deny(page, omit, "PU", ""),
			deny(page, omit, "PUTS", ""),
		},
	},
	{
		name:   "a header name is granted by name",
		why:    "an entry matches the header name it was created for, in any case",
		source: matchHeader,
		steps: []step{
			store(page, omit, "", "x-a x-b", 60),
			allow(page, omit, "", "x-a"),
			allow(page, omit, "", "x-b x-a"),
			allow(page, omit, "", "X-A"),
			deny(page, omit, "", "x-c"),
			deny(page, omit, "", "x"),
			deny(page, omit, "", "x-aa"),
		},
	},
	{
		name:   "method and every header name are needed",
		why:    "one name without a match makes a preflight necessary",
		source: anchor + "concept-http-fetch",
		steps: []step{
			store(page, omit, "PUT", "x-a x-b", 60),
			allow(page, omit, "PUT", "x-a x-b"),
			allow(page, omit, "PUT", ""),
			allow(page, omit, "", "x-a x-b"),
			deny(page, omit, "PUT", "x-a x-c x-b"),
			deny(page, omit, "PUT", "x-c"),
			deny(page, omit, "DELETE", "x-a"),
		},
	},
	{
		name:   "no method is granted unless listed",
		why:    "the cache does not know the safelist: for a forced preflight GET is looked up too",
		source: anchor + "concept-http-fetch",
		steps: []step{
			store(page, omit, "PUT", "x-a", 60),
			deny(page, omit, "GET", ""),
			deny(page, omit, "POST", "x-a"),
			store(page, omit, "GET", "", 60),
			allow(page, omit, "GET", "x-a"),
		},
	},
	{
		name:   "methods are not header names",
		why:    "an entry has a method or a header name, and the other is null",
		source: anchor + "concept-cache",
		steps: []step{
			store(page, omit, "x-a *", "put", 60),
			allow(page, omit, "x-a", "put"),
			deny(page, omit, "", "x-a"),
			deny(page, omit, "", "*"),
			clearKey(page),
			store(page, omit, "x-a", "put *", 60),
			deny(page, omit, "put", ""),
			deny(page, omit, "PUT", ""),
			deny(page, omit, "*", ""),
		},
	},
	{
		name:   "names may contain any token character",
		why:    "methods and header names are tokens",
		source: "https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2",
		steps: []step{
			store(page, omit, "!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~ 0", 60),
			allow(page, omit, "!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~ 0"),
			deny(page, omit, "!#$%&'*+-.^_`|", ""),
			deny(page, omit, "", "1"),
		},
	},
	{
		name:   "grants without credentials do not serve requests with",
		why:    "an entry whose credentials is false matches no request that includes them",
		source: matchEntry,
		steps: []step{
			store(page, omit, "PUT *", "x-a *", 60),
			allow(page, omit, "PUT", "x-a"),
			deny(page, include, "PUT", ""),
			deny(page, include, "", "x-a"),
			deny(page, include, "*", ""),
		},
	},
	{
		name:   "grants with credentials serve all requests",
		why:    "an entry whose credentials is true matches whatever the request's mode is",
		source: matchEntry,
		steps: []step{
			store(page, include, "PUT", "x-a", 60),
			allow(page, include, "PUT", "x-a"),
			allow(page, omit, "PUT", "x-a"),
			deny(page, include, "DELETE", "x-a"),
			deny(page, omit, "DELETE", "x-a"),
		},
	},
	{
		name:   "grants of both kinds add up for requests without credentials only",
		why:    "each name is looked up by itself",
		source: matchEntry,
		steps: []step{
			store(page, include, "PUT", "", 60),
			store(page, omit, "", "x-a", 60),
			allow(page, omit, "PUT", "x-a"),
			deny(page, include, "PUT", "x-a"),
			allow(page, include, "PUT", ""),
		},
	},
}

var wildcardCases = []testCase{
	{
		name:   "* without credentials is any method",
		why:    "an entry whose method is * matches every method",
		source: matchMethod,
		steps: []step{
			store(page, omit, "*", "", 60),
			allow(page, omit, "PUT", ""),
			allow(page, omit, "any", ""),
			allow(page, omit, "*", ""),
			deny(page, omit, "PUT", "x-a"),
		},
	},
	{
		name:   "* without credentials is any header name but Authorization",
		why:    "Authorization is a CORS non-wildcard request-header name, in any case",
		source: matchHeader,
		steps: []step{
			store(page, omit, "", "*", 60),
			allow(page, omit, "", "x-a x-b *"),
			deny(page, omit, "", "authorization"),
			deny(page, omit, "", "Authorization"),
			deny(page, omit, "", "x-a authorization"),
			deny(page, omit, "PUT", "x-a"),
			allow(page, omit, "", "authorizatio"),
			allow(page, omit, "", "proxy-authorization"),
		},
	},
	{
		name:   "Authorization is granted by name beside *",
		why:    "an entry for authorization matches it",
		source: matchHeader,
		steps: []step{
			store(page, omit, "", "* authorization", 60),
			allow(page, omit, "", "authorization x-a"),
			deny(page, include, "", "authorization"),
			store(page, include, "", "authorization", 60),
			allow(page, include, "", "authorization"),
		},
	},
	{
		name:   "* with credentials is no wildcard for requests with credentials",
		why:    "the check of the preflight that listed it took it literally",
		source: matchMethod + deviation,
		steps: []step{
			store(page, include, "*", "*", 60),
			deny(page, include, "PUT", ""),
			deny(page, include, "", "x-a"),
			deny(page, include, "", "authorization"),
			allow(page, include, "*", "*"),
		},
	},
	{
		name:   "* with credentials is a wildcard for requests without",
		why:    "for them the preflight's check takes it as one",
		source: matchMethod + deviation,
		steps: []step{
			store(page, include, "*", "*", 60),
			allow(page, omit, "PUT", "x-a"),
			deny(page, omit, "PUT", "authorization"),
		},
	},
	{
		name:   "names with an asterisk are no wildcards",
		why:    "only * is",
		source: matchMethod,
		steps: []step{
			store(page, omit, "P* **", "x-* **", 60),
			allow(page, omit, "P*", "x-* **"),
			deny(page, omit, "PUT", ""),
			deny(page, omit, "", "x-a"),
			deny(page, omit, "*", ""),
		},
	},
}

var keyCases = []testCase{
	{
		name:   "partitions are separate",
		why:    "an entry matches requests with its network partition key",
		source: matchEntry,
		steps: []step{
			store(page, include, "PUT", "", 60),
			deny(key{"https://other.example", page.Origin, page.URL}, omit, "PUT", ""),
			deny(key{"https://top.example:444", page.Origin, page.URL}, omit, "PUT", ""),
			deny(key{"", page.Origin, page.URL}, omit, "PUT", ""),
			store(key{"", page.Origin, page.URL}, omit, "DELETE", "", 60),
			allow(key{"", page.Origin, page.URL}, omit, "DELETE", ""),
			deny(page, omit, "DELETE", ""),
		},
	},
	{
		name:   "origins are separate",
		why:    "an entry matches requests with its byte-serialized origin",
		source: matchEntry,
		steps: []step{
			store(page, include, "PUT", "", 60),
			deny(key{page.Partition, "https://other.example", page.URL}, omit, "PUT", ""),
			deny(key{page.Partition, "http://page.example", page.URL}, omit, "PUT", ""),
			deny(key{page.Partition, "null", page.URL}, omit, "PUT", ""),
			store(key{page.Partition, "null", page.URL}, omit, "DELETE", "", 60),
			allow(key{page.Partition, "null", page.URL}, omit, "DELETE", ""),
			deny(page, omit, "DELETE", ""),
		},
	},
	{
		name:   "URLs are separate",
		why:    "an entry matches requests with its URL, path and query included",
		source: matchEntry,
		steps: []step{
			store(page, include, "PUT", "", 60),
			deny(key{page.Partition, page.Origin, "https://api.example/a?b=d"}, omit, "PUT", ""),
			deny(key{page.Partition, page.Origin, "https://api.example/a"}, omit, "PUT", ""),
			deny(key{page.Partition, page.Origin, "https://api.example/A?b=c"}, omit, "PUT", ""),
			deny(key{page.Partition, page.Origin, "http://api.example/a?b=c"}, omit, "PUT", ""),
			deny(key{page.Partition, page.Origin, ""}, omit, "PUT", ""),
		},
	},
	{
		name:   "the parts of a key do not run into each other",
		why:    "partition, origin and URL are compared one by one",
		source: matchEntry,
		steps: []step{
			store(key{"a", "b", "c"}, omit, "PUT", "", 60),
			deny(key{"ab", "", "c"}, omit, "PUT", ""),
			deny(key{"a", "bc", ""}, omit, "PUT", ""),
			deny(key{"", "ab", "c"}, omit, "PUT", ""),
			deny(key{"b", "a", "c"}, omit, "PUT", ""),
			store(key{"a b", "c:d", "e|f"}, omit, "PUT", "", 60),
			allow(key{"a b", "c:d", "e|f"}, omit, "PUT", ""),
			deny(key{"a", "b c:d", "e|f"}, omit, "PUT", ""),
			deny(key{"a b:c", "d", "e|f"}, omit, "PUT", ""),
			deny(key{"a b", "c:d|e", "f"}, omit, "PUT", ""),
			store(key{"a\x00b", "c\nd", "e\x00"}, omit, "PUT", "", 60),
			allow(key{"a\x00b", "c\nd", "e\x00"}, omit, "PUT", ""),
			deny(key{"a", "b\x00c\nd", "e\x00"}, omit, "PUT", ""),
			deny(key{"a\x00b", "c\nd", "e"}, omit, "PUT", ""),
			deny(key{"a\x00b\x00c", "d", "e\x00"}, omit, "PUT", ""),
			deny(key{"a\x00b\nc", "d", "e\x00"}, omit, "PUT", ""),
			deny(key{"a", "b", "*"}, omit, "PUT", ""),
			deny(key{"*", "b", "c"}, omit, "PUT", ""),
		},
	},
	{
		name:   "clearing removes both kinds of entries",
		why:    "entries of the key go whatever their credentials",
		source: clearing,
		steps: []step{
			store(page, omit, "PUT", "*", 60),
			store(page, include, "DELETE", "x-a authorization", 60),
			clearKey(page),
			deny(page, omit, "PUT", ""),
			deny(page, omit, "", "x-b"),
			deny(page, omit, "DELETE", ""),
			deny(page, include, "DELETE", ""),
			deny(page, include, "", "x-a"),
			deny(page, include, "", "authorization"),
			store(page, omit, "PUT", "", 60),
			allow(page, omit, "PUT", ""),
			deny(page, omit, "", "x-b"),
			deny(page, include, "DELETE", ""),
		},
	},
	{
		name:   "clearing leaves other keys alone",
		why:    "partition, origin and URL all have to be those of the request",
		source: clearing,
		steps: []step{
			store(page, omit, "PUT", "", 60),
			clearKey(key{"", page.Origin, page.URL}),
			clearKey(key{page.Partition, "null", page.URL}),
			clearKey(key{page.Partition, page.Origin, "https://api.example/a"}),
			clearKey(key{}),
			allow(page, omit, "PUT", ""),
		},
	},
}
