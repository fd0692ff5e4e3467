package corscheck

import (
	"net/http"

	"github.com/corsengine/corsengine/internal/cors"
)

// An Exposure answers which response headers a CORS response exposes. It refers
// to the header it was made from, which must not change in the meantime. The
// zero Exposure exposes the safelist only. An Exposure may be copied, and used
// by several goroutines at once.
//
// See https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list.
type Exposure struct{ list cors.Exposure }

// Exposed reads Access-Control-Expose-Headers. A malformed value exposes nothing
// beyond the safelist, even if other elements or field lines are well-formed.
// Whether the credentials mode is "include" decides what * means: any header, or
// one that is called "*". It does not allocate.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func Exposed(h http.Header, credentials bool) Exposure {
	return Exposure{cors.Exposed(cors.Lookup(h, cors.ExposeHeaders), credentials)}
}

// Readable reports whether a script may read the header called name. It is
// always false for Set-Cookie and Set-Cookie2, and for what is no header name.
// It does not allocate, and takes time linear in the value of
// Access-Control-Expose-Headers; see [Exposure.Filter] for many names.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func (e Exposure) Readable(name string) bool { return e.list.Readable(name) }

// Filter returns a header with the fields of h whose names are readable, under
// the keys they have in h. It shares the values with h, but appending to them
// leaves h alone. The names withheld are those of h that the result does not have.
//
// In contrast to calling [Exposure.Readable] for each name it takes time linear
// in h and the value of Access-Control-Expose-Headers together, whatever a
// server sends.
//
// See https://fetch.spec.whatwg.org/#concept-filtered-response-cors.
func (e Exposure) Filter(h http.Header) http.Header { return e.list.Filter(h) }
