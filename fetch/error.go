package fetch

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/corsengine/corsengine/internal/redirect"
)

// A NetworkError is the standard's network error plus the reasons a browser
// would only print to its console. It is for the embedder: a page must not learn
// more than that the fetch failed.
//
// See https://fetch.spec.whatwg.org/#concept-network-error.
type NetworkError struct {
	Reason    Reason
	Preflight bool   // the preflight failed, not the request itself
	Method    string // of the hop
	URL       string // of the hop, without userinfo and fragment
	Hop       int    // 0 for the first request
	Origin    string // serialized request origin on that hop
	Name      string // refused or malformed header name, or method, if any
	Value     string // offending response header value, if any
	Status    int    // of the response that was judged, 0 if there is none
	Err       error  // underlying error, if any

	detail string // what was seen and what is needed
}

// Error tells the whole story in one line: what was fetched for whom, which rule
// refused it, what was seen and what is needed. Long values are cut.
func (e *NetworkError) Error() string {
	var b strings.Builder
	b.WriteString("fetch: ")
	if e.Method != "" {
		b.WriteString(quoteUnlessToken(e.Method))
		b.WriteByte(' ')
	}
	if e.URL != "" {
		b.WriteString(clip(e.URL))
		b.WriteByte(' ')
	}
	if e.Origin != "" {
		b.WriteString("from ")
		b.WriteString(e.Origin)
	}
	text := strings.TrimRight(b.String(), " ")
	b.Reset()
	b.WriteString(text)
	if e.Hop > 0 {
		b.WriteString(" (redirect ")
		b.WriteString(strconv.Itoa(e.Hop))
		b.WriteByte(')')
	}
	if text != "fetch:" {
		b.WriteByte(':')
	}
	if e.Preflight {
		b.WriteString(" preflight:")
	}
	b.WriteByte(' ')
	b.WriteString(string(e.Reason))
	if e.Name != "" {
		b.WriteByte(' ')
		b.WriteString(quote(e.Name))
	}
	if explanation := e.explanation(); explanation != "" {
		b.WriteString(": ")
		b.WriteString(explanation)
	}
	return b.String()
}

// Unwrap returns e.Err.
func (e *NetworkError) Unwrap() error { return e.Err }

// Is reports whether target is e.Reason.
func (e *NetworkError) Is(target error) bool {
	r, ok := target.(Reason)
	return ok && r == e.Reason
}

// Timeout reports whether the underlying error is a timeout. Together with
// Temporary it makes a NetworkError a [net.Error].
func (e *NetworkError) Timeout() bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](e.Err)
	return ok && t.Timeout()
}

// Temporary is true only for transport errors that are: retrying a fetch that a
// policy refused is pointless.
func (e *NetworkError) Temporary() bool {
	if e.Reason != ReasonTransport {
		return false
	}
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](e.Err)
	return ok && t.Temporary()
}

var _ net.Error = (*NetworkError)(nil)

// CORSError returns the Network.CorsError value with which the Chrome DevTools
// Protocol reports e, such as "PreflightMissingAllowOriginHeader", or "" if the
// protocol has none.
//
// See https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-CorsError.
func (e *NetworkError) CORSError() string {
	name := ""
	switch e.Reason {
	case ReasonMissingAllowOrigin:
		name = "MissingAllowOriginHeader"
	case ReasonMultipleAllowOrigin:
		name = "MultipleAllowOriginValues"
	case ReasonWildcardCredentials:
		name = "WildcardOriginNotAllowed"
	case ReasonOriginMismatch:
		name = "AllowOriginMismatch"
		if _, err := ParseOrigin(e.Value); err != nil {
			name = "InvalidAllowOriginValue"
		}
	case ReasonCredentials:
		name = "InvalidAllowCredentials"
	case ReasonPreflightStatus:
		if redirect.IsStatus(e.Status) {
			return "PreflightDisallowedRedirect"
		}
		return "PreflightInvalidStatus"
	case ReasonPreflightMalformed:
		if e.Name == allowHeaders {
			return "InvalidAllowHeadersPreflightResponse"
		}
		return "InvalidAllowMethodsPreflightResponse"
	case ReasonMethodNotAllowed:
		return "MethodDisallowedByPreflightResponse"
	case ReasonHeaderNotAllowed, ReasonAuthorization:
		return "HeaderDisallowedByPreflightResponse"
	case ReasonSameOriginMode:
		return "DisallowedByMode"
	case ReasonNotHTTP:
		return "CorsDisabledScheme"
	case ReasonNoCORSRedirectMode:
		return "NoCorsRedirectModeNotFollow"
	case ReasonRedirectCredentials:
		return "RedirectContainsCredentials"
	}
	if name != "" && e.Preflight {
		return "Preflight" + name
	}
	return name
}
