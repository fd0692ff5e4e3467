package fetch

import "net/http"

// originHeader returns the value of Origin, or "" if the hop's request has none.
//
// See https://fetch.spec.whatwg.org/#append-a-request-origin-header.
func (f *state) originHeader() string {
	if f.tainting == taintCORS || f.params.Mode == ModeWebSocket {
		return f.serializedOrigin()
	}
	if f.method == http.MethodGet || f.method == http.MethodHead {
		return ""
	}
	return f.serializedOrigin()
}
