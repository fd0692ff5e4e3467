package corscheck

import (
	"net/http"

	"github.com/corsengine/corsengine/internal/cors"
)

// Check performs a CORS check on the response headers h for a request whose
// byte-serialized origin is origin ("null" included) and whose credentials mode
// is "include" iff credentials. It does not look at the status: redirects and
// errors are checked like any response.
//
// An empty origin, which is none, matches nothing but the wildcard. Check does
// not allocate.
//
// See https://fetch.spec.whatwg.org/#concept-cors-check.
func Check(origin string, credentials bool, h http.Header) Outcome {
	var allowCredentials cors.Field
	if credentials {
		allowCredentials = cors.Lookup(h, cors.AllowCredentials)
	}
	return Outcome(cors.Check(origin, credentials, cors.Lookup(h, cors.AllowOrigin), allowCredentials))
}

// The outcomes of package cors are the first ones here.
var _ = [1]struct{}{}[int(CredentialsNotAllowed)-int(cors.CredentialsNotAllowed)]
