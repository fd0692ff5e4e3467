package referrer

import (
	"strings"

	"github.com/corsengine/corsengine/internal/site"
)

// maxLength is the length beyond which a referrer is cut to its origin.
const maxLength = 4096

// ClientSource returns the referrer source of a request whose referrer is
// "client": url, the URL of the environment, or "" for no referrer if the
// environment's origin is opaque. For a document made of srcdoc, url is that of
// the nearest document around it that is not.
//
// See https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer.
func ClientSource(origin, url string) string {
	if !strings.Contains(origin, "://") {
		return ""
	}
	return url
}

// Determine returns the value of the Referer header for a request with the given
// policy, on its way to a URL whose origin is current. Source is the referrer
// source; "" means no referrer, as argument and as result. A policy that is none
// counts as [Default].
//
// After a redirect, the result takes the place of source, as it does in main
// fetch: what one URL was not shown, the URLs after it are not either.
//
// The result is a part of source, without allocation, unless source has
// credentials; then Determine allocates once at most.
//
// See https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer.
func Determine(policy Policy, source, current string) string {
	if policy == NoReferrer {
		return ""
	}
	full, n := strip(source)
	if full == "" {
		return ""
	}
	origin, originURL := full[:n], full[:n+1]
	if len(full) > maxLength {
		full = originURL
	}

	switch policy {
	case Origin:
		return originURL
	case UnsafeURL:
		return full
	case SameOrigin:
		if origin == current {
			return full
		}
		return ""
	case OriginWhenCrossOrigin:
		if origin == current {
			return full
		}
		return originURL
	case StrictOrigin:
		if isDowngrade(origin, current) {
			return ""
		}
		return originURL
	case NoReferrerWhenDowngrade:
		if isDowngrade(origin, current) {
			return ""
		}
		return full
	}
	// StrictOriginWhenCrossOrigin, and no policy.
	switch {
	case origin == current:
		return full
	case isDowngrade(origin, current):
		return ""
	}
	return originURL
}

// isDowngrade reports whether what from has kept to itself would become visible
// on the way to the origin to.
func isDowngrade(from, to string) bool {
	return site.PotentiallyTrustworthyOrigin(from) && !site.PotentiallyTrustworthyOrigin(to)
}

// Strip returns url as it may be sent as a referrer: without credentials and
// fragment, and if originOnly is set, without path and query. The result is ""
// for no referrer. It is a part of url, without allocation, unless url has
// credentials; then Strip allocates once.
//
// Deviation: the text withholds the local schemes only. Like browsers, this
// withholds all but "http" and "https", since the name of a file or of an
// application's page is of no use to a server. The text allows user agents to
// reveal less in the step that follows.
//
// See https://w3c.github.io/webappsec-referrer-policy/#strip-url.
func Strip(url string, originOnly bool) string {
	full, n := strip(url)
	if originOnly && full != "" {
		return full[:n+1]
	}
	return full
}

// strip returns url without credentials and fragment, and the length of the
// origin in front of its path; or "" if url must not be sent.
//
// In a serialized URL with an HTTP(S) scheme, the path is never empty, the first
// "#" starts the fragment, and "@" in front of the path ends the credentials:
// elsewhere these bytes are percent-encoded.
func strip(url string) (full string, origin int) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return "", 0
	}
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		rest = rest[:i]
	}
	path := strings.IndexByte(rest, '/')
	if path < 0 {
		return "", 0
	}
	start := len(scheme) + len("://")
	if at := strings.LastIndexByte(rest[:path], '@'); at >= 0 {
		rest, path = rest[at+1:], path-at-1
		return url[:start] + rest, start + path
	}
	return url[:start+len(rest)], start + path
}
