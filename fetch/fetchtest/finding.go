package fetchtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A Kind says what a [Finding] is about. New ones may be added.
type Kind string

const (
	// KindRefused means that a browser refuses what the policy allows. Finding.Err
	// is the [*Failure].
	KindRefused Kind = "refused"

	// KindNotExposed means that a page cannot read a header that the policy
	// exposes.
	KindNotExposed Kind = "not-exposed"

	// KindNotCached means that a browser asks again before MaxAge is over.
	KindNotCached Kind = "preflight-not-cached"

	// KindOriginAllowed means that a page of an origin that the policy does not
	// allow can use the server.
	KindOriginAllowed Kind = "origin-allowed"

	// KindMethodAllowed and KindHeaderAllowed mean that a preflight grants what the
	// policy denies.
	KindMethodAllowed Kind = "method-allowed"
	KindHeaderAllowed Kind = "header-allowed"

	// KindCredentialsAllowed means that requests with cookies work although the
	// policy does not say so.
	KindCredentialsAllowed Kind = "credentials-allowed"

	// KindReflectedOrigin means that the server allows any origin by repeating it,
	// with credentials: every page may act as the user.
	KindReflectedOrigin Kind = "reflected-origin"

	// KindNullAllowed means that the server allows the origin null. Every page can
	// have it, in a sandboxed frame.
	KindNullAllowed Kind = "null-allowed"

	// KindMissingVary means that Access-Control-Allow-Origin depends on the origin
	// and Vary does not list Origin: a cache hands out the answer to one origin to
	// the other. It is a warning if the response is not said to be cacheable.
	//
	// See https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches.
	KindMissingVary Kind = "missing-vary"

	// KindWildcardAuthorization means that Authorization is granted by * only. The
	// standard and this engine want it listed by name; browsers still let it pass,
	// and say in their consoles that they will not for ever.
	//
	// See https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
	KindWildcardAuthorization Kind = "wildcard-authorization"

	// KindMaxAge means that Access-Control-Max-Age is more than browsers honour,
	// or no number of seconds.
	//
	// See https://fetch.spec.whatwg.org/#http-access-control-max-age.
	KindMaxAge Kind = "max-age"

	// KindExposeForbidden means that Access-Control-Expose-Headers lists what no
	// page can read, such as Set-Cookie.
	//
	// See https://fetch.spec.whatwg.org/#forbidden-response-header-name.
	KindExposeForbidden Kind = "expose-forbidden"

	// KindExposeMalformed means that Access-Control-Expose-Headers is no list of
	// names, which exposes nothing.
	KindExposeMalformed Kind = "expose-malformed"
)

// A Finding is an expectation that does not hold, or a warning. It is an error, so
// that t.Error(f) reports it.
type Finding struct {
	Kind Kind

	// Warning says that browsers do as expected today. What they do tomorrow, what
	// caches do, or what an attacker does, is another matter.
	Warning bool

	// Probes are the requests that showed it, the first one being that of Story.
	// Warnings that a single answer gives rise to have none.
	Probes []Probe

	// Message is one sentence about what is wrong.
	Message string

	// Fix are the header lines to send instead, if any.
	Fix []string

	// Story is what was asked and answered.
	Story string

	// Err is why the fetch failed, if it did.
	Err error
}

// Error tells all of it, in several lines.
func (f *Finding) Error() string {
	var b strings.Builder
	if f.Warning {
		b.WriteString("warning: ")
	}
	fmt.Fprintf(&b, "%s: %s", f.Kind, f.Message)
	if len(f.Probes) > 1 {
		words := make([]string, 0, len(f.Probes)-1)
		for _, p := range f.Probes[1:] {
			words = append(words, "\n\t"+p.String())
		}
		if n := len(words) - maxListed; n > 0 {
			words = append(words[:maxListed], fmt.Sprintf("\n\tand %d more", n))
		}
		b.WriteString("\nThe same holds for" + strings.Join(words, ""))
	}
	if f.Story != "" {
		b.WriteString("\n" + strings.TrimPrefix(f.Story, "\n"))
	}
	if len(f.Fix) > 0 {
		b.WriteString("\nSend\n\t\t" + strings.Join(f.Fix, "\n\t\t"))
	}
	if spec := f.Kind.SpecURL(); spec != "" && f.Err == nil {
		b.WriteString("\nSee " + spec)
	}
	return b.String()
}

// Unwrap returns f.Err.
func (f *Finding) Unwrap() error { return f.Err }

// SpecURL returns the part of the standard that k is about, or "".
func (k Kind) SpecURL() string {
	const base = "https://fetch.spec.whatwg.org/#"
	switch k {
	case KindNotExposed, KindExposeMalformed:
		return base + "http-access-control-expose-headers"
	case KindNotCached, KindMaxAge:
		return base + "http-access-control-max-age"
	case KindOriginAllowed, KindNullAllowed:
		return base + "http-access-control-allow-origin"
	case KindCredentialsAllowed, KindReflectedOrigin:
		return base + "cors-protocol-and-credentials"
	case KindMethodAllowed:
		return base + "http-access-control-allow-methods"
	case KindHeaderAllowed:
		return base + "http-access-control-allow-headers"
	case KindWildcardAuthorization:
		return base + "cors-non-wildcard-request-header-name"
	case KindMissingVary:
		return base + "cors-protocol-and-http-caches"
	case KindExposeForbidden:
		return base + "forbidden-response-header-name"
	}
	return ""
}

// A Probe is a request that [Policy.Check] makes.
type Probe struct {
	Origin      string // of the page
	Method      string
	URL         string
	Header      http.Header // nil for none
	Credentials bool        // the credentials mode is include
}

// String describes the request in a line.
func (p Probe) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s from %s", p.Method, p.URL, p.Origin)
	if len(p.Header) > 0 {
		b.WriteString(" with " + strings.Join(slices.Sorted(maps.Keys(p.Header)), ", "))
	}
	if p.Credentials {
		b.WriteString(" with credentials")
	}
	return b.String()
}
