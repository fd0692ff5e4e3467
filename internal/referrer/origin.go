package referrer

import (
	"strings"

	"github.com/corsengine/corsengine/internal/site"
)

// An OriginRequest is what the Origin header depends on.
type OriginRequest struct {
	Origin  string     // the request's origin; "" if it is opaque
	Taint   site.Taint // its redirect-taint
	Method  string     // its method, normalized and not empty
	Mode    string     // its mode, such as "no-cors"
	Policy  Policy     // its referrer policy; one that is none counts as [Default]
	Current string     // the origin of its current URL

	// CORS says that the request's response tainting is "cors".
	CORS bool
}

// OriginHeader returns the value of the Origin header for r, or "" if the header
// is not sent. It does not allocate.
//
// Who uses the CORS protocol shows the origin. In other modes, where only
// methods other than GET and HEAD have the header at all, "null" takes its place
// if the referrer policy would not show it either.
//
// See https://fetch.spec.whatwg.org/#append-a-request-origin-header.
func OriginHeader(r OriginRequest) string {
	serialized := r.Taint.SerializeOrigin(r.Origin)
	switch {
	case r.CORS, r.Mode == "websocket", r.Mode == "webtransport":
		return serialized
	case r.Method == "GET", r.Method == "HEAD":
		return ""
	case r.Mode != "cors" && r.hidesOrigin():
		return "null"
	}
	return serialized
}

// hidesOrigin reports whether r's referrer policy keeps the origin from the
// current URL.
func (r OriginRequest) hidesOrigin() bool {
	switch r.Policy.Effective("") {
	case NoReferrer:
		return true
	case NoReferrerWhenDowngrade, StrictOrigin, StrictOriginWhenCrossOrigin:
		return isHTTPS(r.Origin) && !isHTTPS(r.Current)
	case SameOrigin:
		return !site.EqualOrigins(r.Origin, r.Current)
	}
	return false
}

func isHTTPS(origin string) bool { return strings.HasPrefix(origin, "https://") }
