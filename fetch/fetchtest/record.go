package fetchtest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/corsengine/corsengine/internal/asciix"
)

// An Exchange is a request as a host got it, and what the host has made of it so
// far.
type Exchange struct {
	Origin string // of the host
	Method string
	URL    string // without userinfo and fragment
	Header http.Header

	// Body is what the handler has read of the body, 64 KiB of it at most.
	Body []byte

	// Preflight says that the request is a CORS-preflight request.
	//
	// See https://fetch.spec.whatwg.org/#cors-preflight-request.
	Preflight bool

	// Status and ResponseHeader are those of the response as it was sent, 0 and
	// nil if there is none yet.
	Status         int
	ResponseHeader http.Header

	// Done says that the handler has returned.
	Done bool

	// Problems are what net/http's server would write into its error log, such as
	// a superfluous WriteHeader, or would not even notice, such as a Write after
	// the handler has returned.
	Problems []string

	// Err is why the client did not get a whole response: a [*HandlerError], or
	// what has ended its context.
	Err error
}

// String returns method and URL, and says so if it is a preflight.
func (e Exchange) String() string {
	if e.Preflight {
		return fmt.Sprintf("%s %s (preflight)", e.Method, e.URL)
	}
	return e.Method + " " + e.URL
}

// A record is what is kept of an exchange when it is over.
type record struct {
	origin string // of the host
	method string
	url    string  // without userinfo and fragment
	sent   []field // the request's header

	mu       sync.Mutex // guards the fields below
	body     []byte     // of the request, what the handler has read of it
	started  bool       // the response's status and header are there
	status   int
	answered []field // the response's header
	done     bool    // the handler has returned
	err      error   // why the response ends early
	problems []string
}

// newRecord begins the record of a request to h.
func newRecord(h *host, req *http.Request) *record {
	target := *req.URL
	target.User, target.Fragment, target.RawFragment = nil, "", ""
	r := &record{origin: h.origin, method: req.Method, url: target.String(), sent: sentFields(req)}
	if r.method == "" {
		r.method = http.MethodGet
	}
	return r
}

// String returns method and URL.
func (r *record) String() string { return r.method + " " + r.url }

// maxRecorded is how much of a request's body is kept.
const maxRecorded = 64 << 10

// keep adds to what the handler has read of the request's body.
func (r *record) keep(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.body = append(r.body, p[:min(len(p), maxRecorded-len(r.body))]...)
}

// snapshot returns what is known so far.
func (r *record) snapshot() Exchange {
	sent := headerOf(r.sent)
	r.mu.Lock()
	defer r.mu.Unlock()
	e := Exchange{
		Origin:    r.origin,
		Method:    r.method,
		URL:       r.url,
		Header:    sent,
		Body:      bytes.Clone(r.body),
		Preflight: isPreflight(r.method, sent),
		Status:    r.status,
		Done:      r.done,
		Problems:  slices.Clone(r.problems),
		Err:       r.err,
	}
	if r.started {
		e.ResponseHeader = headerOf(r.answered)
	}
	return e
}

func snapshots(all []*record) []Exchange {
	out := make([]Exchange, len(all))
	for i, r := range all {
		out[i] = r.snapshot()
	}
	return out
}

// isPreflight reports whether a request is a CORS-preflight request.
func isPreflight(method string, h http.Header) bool {
	return method == http.MethodOptions && len(asciix.Lines(h, "Origin")) > 0 &&
		len(asciix.Lines(h, "Access-Control-Request-Method")) > 0
}
