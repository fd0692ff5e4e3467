package corscheck

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/cors"
)

// SafelistedMethod reports whether method is GET, HEAD or POST, case-sensitively.
// It does not allocate.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-method.
func SafelistedMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "POST"
}

// NeedsPreflight reports whether method or one of unsafe (see header.UnsafeNames)
// requires a preflight. It does not allocate.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func NeedsPreflight(method string, unsafe []string) bool {
	return !SafelistedMethod(method) || len(unsafe) > 0
}

// PreflightHeader sets on dst the headers of the preflight for a request with
// method and unsafe header names: Accept, Access-Control-Request-Method and,
// if unsafe is not empty, Access-Control-Request-Headers joined with "," (no
// space), all lowercase, sorted and unique. It does not set Origin. If unsafe is
// empty it deletes a leftover Access-Control-Request-Headers.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func PreflightHeader(dst http.Header, method string, unsafe []string) {
	dst["Accept"] = []string{"*/*"}
	dst["Access-Control-Request-Method"] = []string{method}
	if len(unsafe) == 0 {
		delete(dst, "Access-Control-Request-Headers")
		return
	}
	dst["Access-Control-Request-Headers"] = []string{strings.Join(sortedLower(unsafe), ",")}
}

// A Grant is what a successful preflight allows, and for how long. Its strings
// are copies that share no memory with the response. A duplicate grants what
// the first one does.
//
// See https://fetch.spec.whatwg.org/#concept-cache-create-entry.
type Grant struct {
	Methods []string      // as listed, duplicates included; may contain "*"
	Headers []string      // likewise, but byte-lowercase; may contain "*"
	MaxAge  time.Duration // default and cap not applied: -1 if absent or malformed
}

// A Request is the part of a request that a preflight response is judged on.
// [Preflight] does not modify it.
//
// See https://fetch.spec.whatwg.org/#concept-request.
type Request struct {
	Origin      string   // byte-serialized
	Credentials bool     // credentials mode is "include", although no preflight carries any
	Method      string   // normalized as by the Request constructor
	Unsafe      []string // header.UnsafeNames; other orders and cases cost a copy
	Forced      bool     // use-CORS-preflight flag
}

// Preflight judges a preflight response. The [Grant] is complete, that is, what
// the response lists beyond r's needs is in it too; it is zero on failure.
//
// On failure name is the method or (lowercase) header name that was refused;
// with [PreflightMalformed] it is the response header that does not parse,
// "Access-Control-Allow-Methods" or "Access-Control-Allow-Headers"; otherwise
// it is "". Authorization is judged first, then r.Unsafe in sorted order.
//
// It takes time linear in h and r, up to a logarithmic factor.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func Preflight(r *Request, status int, h http.Header) (g Grant, name string, o Outcome) {
	if o := Check(r.Origin, r.Credentials, h); !o.OK() {
		return Grant{}, "", o
	}
	if status < 200 || status > 299 {
		return Grant{}, "", PreflightStatus
	}
	methods, headers := cors.Lookup(h, cors.AllowMethods), cors.Lookup(h, cors.AllowHeaders)
	if !methods.WellFormed() {
		return Grant{}, cors.AllowMethods, PreflightMalformed
	}
	if !headers.WellFormed() {
		return Grant{}, cors.AllowHeaders, PreflightMalformed
	}

	for method := range methods.Tokens {
		g.Methods = append(g.Methods, strings.Clone(method))
	}
	// An empty header is not an absent one: it lists no method.
	if r.Forced && !methods.Present() {
		g.Methods = []string{r.Method}
	}
	if !slices.Contains(g.Methods, r.Method) && !SafelistedMethod(r.Method) &&
		(r.Credentials || !slices.Contains(g.Methods, "*")) {
		return Grant{}, r.Method, MethodNotAllowed
	}

	unsafe := sortedLower(r.Unsafe)
	listed := make([]bool, len(unsafe))
	star := false
	for header := range headers.Tokens {
		header = asciix.Lower(strings.Clone(header))
		g.Headers = append(g.Headers, header)
		if i, ok := slices.BinarySearch(unsafe, header); ok {
			listed[i] = true
		}
		star = star || header == "*"
	}
	wildcard := star && !r.Credentials
	if i, ok := slices.BinarySearch(unsafe, "authorization"); ok && !listed[i] {
		if wildcard {
			return Grant{}, unsafe[i], AuthorizationNotListed
		}
		return Grant{}, unsafe[i], HeaderNotAllowed
	}
	for i, header := range unsafe {
		if !listed[i] && !wildcard {
			return Grant{}, header, HeaderNotAllowed
		}
	}

	g.MaxAge = deltaSeconds(cors.Lookup(h, cors.MaxAge))
	return g, "", Allowed
}

// deltaSeconds returns the duration in f, or -1 if there is none or it is
// malformed. What exceeds a Duration becomes the longest one in whole seconds.
//
// See https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2.
func deltaSeconds(f cors.Field) time.Duration {
	const limit = math.MaxInt64 / int64(time.Second)
	value, n := f.Sole()
	if n != 1 || value == "" {
		return -1
	}
	var seconds int64
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c < '0' || '9' < c {
			return -1
		}
		// seconds ≤ limit, so that this cannot overflow.
		seconds = min(seconds*10+int64(c-'0'), limit)
	}
	return time.Duration(seconds) * time.Second
}

// sortedLower returns names in lowercase, sorted and unique, which is names
// itself if it comes from header.UnsafeNames.
//
// See https://fetch.spec.whatwg.org/#convert-header-names-to-a-sorted-lowercase-set.
func sortedLower(names []string) []string {
	done := true
	for i, name := range names {
		if asciix.Lower(name) != name || i > 0 && names[i-1] >= name {
			done = false
			break
		}
	}
	if done {
		return names
	}
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = asciix.Lower(name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
