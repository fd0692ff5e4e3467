package header

import (
	"net/http"
	"slices"

	"github.com/corsengine/corsengine/internal/asciix"
)

// UnsafeNames appends to dst the CORS-unsafe request-header names of h:
// lowercase, sorted, unique, and including safelisted names once their values
// exceed 1024 bytes in total. These are the names that a preflight has to ask
// for. What dst held before is neither sorted nor compared. The names in h must
// be valid.
//
// If dst has room, it allocates one string for each name that is neither
// lowercase nor in a table of common names, and nothing else.
//
// See https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names.
func UnsafeNames(dst []string, h http.Header) []string {
	start := len(dst)
	size := 0
	for name, values := range h {
		safe := true
		for _, value := range values {
			if SafelistedRequest(name, value) {
				size += len(value)
			} else {
				safe = false
			}
		}
		if !safe {
			if len(dst) == cap(dst) {
				dst = append(make([]string, 0, start+len(h)), dst...) // once for all
			}
			dst = append(dst, lowerName(name))
		}
	}
	if size > 1024 {
		for name, values := range h {
			if slices.ContainsFunc(values, func(v string) bool { return SafelistedRequest(name, v) }) {
				dst = append(dst, lowerName(name))
			}
		}
	}
	// A name is there twice if h spells it in two ways, or if only some of its
	// values were safelisted.
	names := dst[start:]
	if len(names) <= 1 {
		return dst
	}
	slices.Sort(names)
	return dst[:start+len(slices.Compact(names))]
}

// lowerName returns name in ASCII lowercase. It does not allocate for a name in
// lowercase or in commonNames.
func lowerName(name string) string {
	switch name { // the commonest by far
	case "Content-Type":
		return "content-type"
	case "Authorization":
		return "authorization"
	}
	var buf [64]byte
	lowered := asciix.LowerInto(&buf, name)
	lo, hi := 0, len(commonNames)
	for lo < hi {
		if mid := (lo + hi) / 2; commonNames[mid] < string(lowered) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(commonNames) && commonNames[lo] == string(lowered) {
		return commonNames[lo]
	}
	return asciix.Lower(name)
}

// commonNames are names that clients often set on requests, and that have to
// appear in Access-Control-Request-Headers in lowercase. Sorted.
var commonNames = [...]string{
	"accept",
	"accept-language",
	"api-key",
	"apollo-require-preflight",
	"authorization",
	"baggage",
	"cache-control",
	"content-disposition",
	"content-encoding",
	"content-language",
	"content-location",
	"content-md5",
	"content-range",
	"content-type",
	"depth",
	"destination",
	"digest",
	"idempotency-key",
	"if-match",
	"if-modified-since",
	"if-none-match",
	"if-range",
	"if-unmodified-since",
	"last-event-id",
	"last-modified",
	"link",
	"max-forwards",
	"overwrite",
	"pragma",
	"prefer",
	"priority",
	"range",
	"sentry-trace",
	"slug",
	"soapaction",
	"timeout",
	"traceparent",
	"tracestate",
	"tus-resumable",
	"upload-length",
	"upload-metadata",
	"upload-offset",
	"user-agent",
	"want-content-digest",
	"x-access-token",
	"x-amz-content-sha256",
	"x-amz-date",
	"x-amz-security-token",
	"x-amz-target",
	"x-api-key",
	"x-api-version",
	"x-auth-token",
	"x-client-id",
	"x-client-version",
	"x-correlation-id",
	"x-csrf-token",
	"x-csrftoken",
	"x-forwarded-for",
	"x-forwarded-host",
	"x-forwarded-proto",
	"x-http-method",
	"x-http-method-override",
	"x-method-override",
	"x-ms-date",
	"x-ms-version",
	"x-request-id",
	"x-requested-with",
	"x-session-id",
	"x-trace-id",
	"x-xsrf-token",
}
