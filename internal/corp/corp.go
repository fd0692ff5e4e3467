// Package corp holds what a response's Cross-Origin-Resource-Policy and a page's
// Cross-Origin-Embedder-Policy decide about a fetch: whether a response that the
// page cannot read may still be used by it, and whether the request for it may
// carry credentials.
//
// Origins are strings as in package site. Two opaque origins are never the same
// here; callers that know them to be compare before they ask.
package corp

import (
	"net/http"
	"net/http/cookiejar"
	"strings"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/site"
)

// An EmbedderPolicy is an embedder policy value. The zero value is [UnsafeNone].
//
// See https://html.spec.whatwg.org/multipage/browsers.html#embedder-policy-value-2.
type EmbedderPolicy uint8

const (
	// UnsafeNone asks nothing of the resources that a page embeds. It is also
	// the policy of a request without client.
	UnsafeNone EmbedderPolicy = iota

	// Credentialless asks for the resource's consent unless it was requested
	// without credentials.
	Credentialless

	// RequireCORP asks for the resource's consent.
	RequireCORP
)

var policyNames = [...]string{"unsafe-none", "credentialless", "require-corp"}

// ParseEmbedderPolicy converts the name of an embedder policy value; "" is
// "unsafe-none". It reports whether there is such a value, and if not returns
// the strictest: a typing error must not switch protection off.
func ParseEmbedderPolicy(s string) (EmbedderPolicy, bool) {
	for p, name := range policyNames {
		if s == name {
			return EmbedderPolicy(p), true
		}
	}
	if s == "" {
		return UnsafeNone, true
	}
	return RequireCORP, false
}

// String returns "unsafe-none", "credentialless" or "require-corp".
func (p EmbedderPolicy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return "invalid"
}

// A Response is what the check looks at.
type Response struct {
	Header http.Header // of the internal response
	Origin string      // of the response's URL

	// IncludesCredentials says that the request for the response included
	// credentials.
	IncludesCredentials bool
}

// A Verdict is the outcome of a cross-origin resource policy check. The zero
// value is [Allowed].
type Verdict uint8

const (
	Allowed Verdict = iota

	// NotSameOrigin blocks: the response asks for the same origin.
	NotSameOrigin

	// NotSameSite blocks: the response asks for the same site.
	NotSameSite

	// NotSameOriginByEmbedder blocks: the response asks for nothing valid, and
	// the embedder policy takes this as asking for the same origin.
	NotSameOriginByEmbedder
)

// Blocked reports whether the response is blocked.
func (v Verdict) Blocked() bool { return v != Allowed }

// DevTools returns the reason's name in the Chrome DevTools Protocol, or "" if
// v is [Allowed].
//
// See https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-BlockedReason.
func (v Verdict) DevTools() string {
	switch v {
	case NotSameOrigin:
		return "CorpNotSameOrigin"
	case NotSameSite:
		return "CorpNotSameSite"
	case NotSameOriginByEmbedder:
		return "CorpNotSameOriginAfterDefaultedToSameOriginByCoep"
	}
	return ""
}

// String returns the name in the DevTools Protocol, or "allowed".
func (v Verdict) String() string {
	if v == Allowed {
		return "allowed"
	}
	return v.DevTools()
}

// Check performs the cross-origin resource policy check of resp for a page, or a
// nested navigation started by a page if navigation is set, whose origin and
// embedder policy are given. origin is the request's. The public suffix list is
// consulted only for the policy same-site.
//
// The standard checks twice, first with unsafe-none, but only to tell which
// blocks are worth a report: what unsafe-none blocks, every policy blocks. A
// block has to be reported to the page's endpoint if it is
// [NotSameOriginByEmbedder], or if navigation is set. For its report-only policy,
// call Check a second time.
//
// It does not allocate, apart from what the list does, unless the policy has
// several field lines.
//
// See https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check and
// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check.
func Check(list cookiejar.PublicSuffixList, origin string, p EmbedderPolicy, resp Response, navigation bool) Verdict {
	if navigation && p == UnsafeNone {
		return Allowed
	}
	// Two lines combine to a list, which is none of the values, even if they
	// agree.
	policy, _ := header.Get(resp.Header, "Cross-Origin-Resource-Policy")
	switch asciix.Trim(policy) {
	case "cross-origin":
	case "same-origin":
		if !site.EqualOrigins(origin, resp.Origin) {
			return NotSameOrigin
		}
	case "same-site":
		if !sameSite(list, origin, resp.Origin) {
			return NotSameSite
		}
	default:
		if p.needsConsent(resp.IncludesCredentials, navigation) && !site.EqualOrigins(origin, resp.Origin) {
			return NotSameOriginByEmbedder
		}
	}
	return Allowed
}

// needsConsent reports whether a response without a valid policy counts as one
// with the policy same-origin.
func (p EmbedderPolicy) needsConsent(credentials, navigation bool) bool {
	switch p {
	case UnsafeNone:
		return false
	case Credentialless:
		return credentials || navigation
	}
	return true
}

// sameSite reports whether a response from the origin resp that is for its own
// site may be used from origin: schemes may differ, except that what came over
// TLS is not for a page that did not.
func sameSite(list cookiejar.PublicSuffixList, origin, resp string) bool {
	const secure = "https://"
	return (strings.HasPrefix(origin, secure) || !strings.HasPrefix(resp, secure)) &&
		site.SchemelesslySame(list, origin, resp)
}
