package preflightcache

import (
	"context"
	"time"

	"github.com/corsengine/corsengine/corscheck"
)

// DefaultMaxAge is what the standard prescribes when a preflight response has
// no usable Access-Control-Max-Age.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
const DefaultMaxAge = 5 * time.Second

// A Key identifies the entries that one preflight populates. It is comparable,
// and every field is a plain string so that remote stores need no codec. The
// zero Key is a key like any other.
//
// Deviation: the standard, and the browsers, compare URLs with their fragments.
// A server never sees the fragment, so its answer cannot depend on it, but who
// runs a shared store or reads a trace would, and there are secrets in fragments.
//
// See https://fetch.spec.whatwg.org/#concept-cache-key.
type Key struct {
	Partition string // network partition key; "" for none
	Origin    string // byte-serialized request origin, "null" included
	URL       string // request's current URL, without fragment
}

// A Cache stores preflight grants. Implementations must be safe for concurrent
// use, and each call must see the effects of all calls that returned before it.
// They may forget entries at any time but must not invent any. An error from
// any method is reported through the trace and otherwise treated as a miss: a
// broken store costs preflights, never correctness.
//
// Implementations can be tested with the package cachetest.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-cache.
type Cache interface {
	// Covers reports whether unexpired entries of k grant method and every
	// name in headers to a request with the given credentials flag, which is
	// whether its credentials mode is "include". An empty method is not
	// looked up. Entries stored with credentials also serve requests without;
	// not the other way round.
	//
	// Header names are compared without regard to ASCII case, although the
	// engine passes them in lowercase. Covers must not keep headers.
	//
	// See https://fetch.spec.whatwg.org/#concept-cache-match-method and
	// https://fetch.spec.whatwg.org/#concept-cache-match-header.
	Covers(ctx context.Context, k Key, credentials bool, method string, headers []string) (bool, error)

	// Store records g. Entries for other methods and names of k are kept. The
	// entries for what g lists are valid for g.MaxAge from now on, or for
	// [DefaultMaxAge] if that is negative: a MaxAge of 0 expires them. Store
	// must not keep the slices of g.
	//
	// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
	Store(ctx context.Context, k Key, credentials bool, g corscheck.Grant) error

	// Clear removes the entries of k, whatever their credentials flag.
	//
	// See https://fetch.spec.whatwg.org/#concept-cache-clear.
	Clear(ctx context.Context, k Key) error
}

// Disabled is a Cache that remembers nothing, so that every request that needs
// a preflight is preceded by one.
var Disabled Cache = disabled{}

type disabled struct{}

func (disabled) Covers(context.Context, Key, bool, string, []string) (bool, error) {
	return false, nil
}
func (disabled) Store(context.Context, Key, bool, corscheck.Grant) error { return nil }
func (disabled) Clear(context.Context, Key) error                        { return nil }
