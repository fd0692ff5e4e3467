// Package referrer computes what a request reveals of where it comes from: the
// values of the Referer and, where the referrer policy has a say in it, of the
// Origin header.
//
// URLs and origins are strings: URLs as the URL Standard serializes them,
// origins as in package site. All functions are safe for concurrent use.
package referrer

import (
	"slices"

	"github.com/corsengine/corsengine/internal/asciix"
)

// A Policy is a referrer policy. The empty string stands for a policy defined
// elsewhere, and so does every string that is none of the constants.
//
// See https://w3c.github.io/webappsec-referrer-policy/#referrer-policies.
type Policy string

const (
	NoReferrer                  Policy = "no-referrer"
	NoReferrerWhenDowngrade     Policy = "no-referrer-when-downgrade"
	SameOrigin                  Policy = "same-origin"
	Origin                      Policy = "origin"
	StrictOrigin                Policy = "strict-origin"
	OriginWhenCrossOrigin       Policy = "origin-when-cross-origin"
	StrictOriginWhenCrossOrigin Policy = "strict-origin-when-cross-origin"
	UnsafeURL                   Policy = "unsafe-url"
)

// Default is the default referrer policy.
//
// See https://w3c.github.io/webappsec-referrer-policy/#default-referrer-policy.
const Default = StrictOriginWhenCrossOrigin

// policies are all referrer policies other than the empty string.
var policies = [...]Policy{
	NoReferrer, NoReferrerWhenDowngrade, SameOrigin, Origin, StrictOrigin, OriginWhenCrossOrigin,
	StrictOriginWhenCrossOrigin, UnsafeURL,
}

// isPolicy reports whether p is a referrer policy other than the empty string.
func (p Policy) isPolicy() bool { return slices.Contains(policies[:], p) }

// Effective returns the policy of a request whose own policy is p, in an
// environment whose policy is environment: the first of p, environment and
// [Default] that is a policy.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func (p Policy) Effective(environment Policy) Policy {
	switch {
	case p.isPolicy():
		return p
	case environment.isPolicy():
		return environment
	}
	return Default
}

// Redirected returns the policy of a request whose policy was p, after a
// redirect response with the given Referrer-Policy lines. It does not allocate.
//
// See https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect.
func (p Policy) Redirected(lines []string) Policy {
	if q := Parse(lines); q != "" {
		return q
	}
	return p
}

// Parse returns the policy that a response's Referrer-Policy lines ask for: the
// last one that is known. Unknown policies are passed over, so that servers can
// name a fallback before a new one. The result is "" if there is none, or if a
// line is not a list of words made of letters and "-": malformed lines fail as a
// whole, even where browsers go on. Parse does not allocate.
//
// Policies count in any letter case: the text of the algorithm does not say how
// to compare, the header's grammar has them in any case, and so do browsers. A
// server that asks for NO-REFERRER means it.
//
// See https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header
// and https://fetch.spec.whatwg.org/#extract-header-list-values.
func Parse(lines []string) Policy {
	var last Policy
	for _, rest := range lines {
		for rest != "" {
			var token string
			var ok bool
			token, rest, ok = asciix.NextToken(rest)
			if !ok || !isWord(token) {
				return ""
			}
			if p := known(token); p != "" {
				last = p
			}
		}
	}
	return last
}

// known returns the policy that token is in any letter case, or "".
func known(token string) Policy {
	for _, p := range policies {
		if asciix.EqualFold(token, string(p)) {
			return p
		}
	}
	return ""
}

// isWord reports whether s is an extension-token, of which every policy-token is
// one, or empty.
func isWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; (c < 'a' || 'z' < c) && s[i] != '-' {
			return false
		}
	}
	return true
}
