package fetch

import (
	"context"
	"net/http"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// A Trace is a set of hooks. Any hook may be nil. Hooks run synchronously on
// the goroutine doing the fetch, and must not keep or modify the headers they
// are shown. What they are told is for the embedder, not for the page.
//
// URLs in a Trace have neither userinfo nor fragment.
type Trace struct {
	// Request is called before a request is handed to Client.Base, preflights
	// included.
	Request func(RequestInfo)

	// Preflight is called after a preflight was avoided by the cache, done, or
	// shared with another fetch.
	Preflight func(PreflightInfo)

	// CORSCheck is called with the result of every CORS check.
	CORSCheck func(CORSCheckInfo)

	// Response is called with the unfiltered status and headers of every
	// response, those of preflights, redirects and blocked requests included:
	// the page is kept from reading, its operator is not.
	Response func(ResponseInfo)

	// Redirect is called before a redirect is followed.
	Redirect func(RedirectInfo)

	// Filtered is called once, with the names of the headers withheld, if the
	// fetch succeeds.
	Filtered func(FilteredInfo)

	// CacheError is called when Client.Preflights returned an error.
	CacheError func(error)

	// Done is called once for each fetch. A fetch that code in Client.Base makes
	// with the context of a request is one, too. err is nil or what Fetch
	// returns.
	Done func(err *NetworkError)
}

// RequestInfo describes a request as it is handed to Client.Base, which may add
// headers of its own.
type RequestInfo struct {
	Method      string      // as on the wire
	URL         string      // of the hop
	Hop         int         // 0 for the first request, also for its preflight
	Preflight   bool        // the request is a preflight
	Credentials bool        // the request may carry credentials
	Header      http.Header // read-only, valid during the call
	Dropped     []string    // lowercase names of the author's headers that were refused; nil for a preflight
}

// PreflightInfo describes what became of the need for a preflight.
type PreflightInfo struct {
	URL    string             // of the hop
	Key    preflightcache.Key // under which the cache has, or gets, the grant
	Method string             // that permission was needed for
	Unsafe []string           // header names that permission was needed for
	Cached bool               // the cache covered it all: nothing was sent
	Shared bool               // that of another fetch was waited for, and nothing sent; see Client.CoalescePreflights
	Status int                // of the preflight response, 0 if there is none
	Grant  corscheck.Grant    // what the preflight response allows
	Err    error              // why the preflight failed, a *NetworkError, or nil
}

// CORSCheckInfo describes one CORS check.
type CORSCheckInfo struct {
	URL         string            // of the hop
	Origin      string            // serialized request origin
	Credentials bool              // the credentials mode is include
	Preflight   bool              // the response is that of a preflight
	AllowOrigin string            // combined value of Access-Control-Allow-Origin
	Outcome     corscheck.Outcome // of the check alone, which for a preflight is not all
}

// ResponseInfo describes a response as the server sent it.
type ResponseInfo struct {
	Method      string      // of the request
	URL         string      // of the hop
	Hop         int         // 0 for the first request, also for its preflight
	Preflight   bool        // the response is that of a preflight
	Credentials bool        // the request carried credentials, if there were any
	Status      int         // as on the wire
	Header      http.Header // read-only, valid during the call
}

// RedirectInfo describes a redirect that is about to be followed.
type RedirectInfo struct {
	From           string   // the URL that redirects
	To             string   // the URL that it redirects to
	Status         int      // of the redirect
	Taint          string   // "same-origin", "same-site", "cross-site"
	Origin         string   // serialized request origin from now on
	Method         string   // after rewriting
	HeadersRemoved []string // lowercase
}

// FilteredInfo describes what a page does not get to see.
type FilteredInfo struct {
	Type     ResponseType // of the response that the page gets
	Withheld []string     // lowercase, sorted
}

// traceKey is the key of the [Trace] in a context.
type traceKey struct{}

// WithTrace returns a context whose fetches call the hooks of t, after those of
// any earlier Trace in ctx. It panics if t is nil.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	if t == nil {
		panic("fetch: WithTrace with a nil Trace")
	}
	all := *t
	if old := traceFrom(ctx); old != nil {
		all = Trace{
			Request:    both(old.Request, t.Request),
			Preflight:  both(old.Preflight, t.Preflight),
			CORSCheck:  both(old.CORSCheck, t.CORSCheck),
			Response:   both(old.Response, t.Response),
			Redirect:   both(old.Redirect, t.Redirect),
			Filtered:   both(old.Filtered, t.Filtered),
			CacheError: both(old.CacheError, t.CacheError),
			Done:       both(old.Done, t.Done),
		}
	}
	return context.WithValue(ctx, traceKey{}, &all)
}

func traceFrom(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

// both returns a hook that calls two others, either of which may be nil.
func both[T any](first, second func(T)) func(T) {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func(v T) { first(v); second(v) }
}
