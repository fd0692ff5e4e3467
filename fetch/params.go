package fetch

import "context"

// Destination is a request destination; "" is the standard's empty destination,
// that of fetch() and XMLHttpRequest. It decides on the Accept header and is
// sent as Sec-Fetch-Dest. What is no destination counts as "".
//
// See https://fetch.spec.whatwg.org/#concept-request-destination.
type Destination string

// ReferrerPolicy is a referrer policy; "" means the environment's, and so does
// what is no policy.
//
// See https://w3c.github.io/webappsec-referrer-policy/#referrer-policies.
type ReferrerPolicy string

// NoReferrer as [Params.Referrer] suppresses the Referer header.
const NoReferrer = "no-referrer"

// Params are the properties of one fetch that [http.Request] has no field for.
// The zero Params are those of fetch(url) in a page, but for the page, which is
// required. Params must not be modified once in use and may be shared by any
// number of requests.
type Params struct {
	// Environment is the page or worker that fetches. It may be nil for a
	// navigation without initiator only, such as one typed into an address bar.
	Environment *Environment

	// Mode decides what may be requested and what the page sees of the
	// response. [ParseMode] keeps a script from choosing the privileged ones.
	Mode Mode

	// Credentials decides whether cookies are sent and stored.
	Credentials Credentials

	// Redirect decides what happens to redirects. [ModeWebSocket] follows none
	// in any case. With [ModeNavigate] under an http.Client, whether to follow
	// is the http.Client's decision, unless it is RedirectError.
	Redirect Redirect

	// Destination is what the response will be used for.
	Destination Destination

	// Referrer is the referrer: "" for the Environment's URL, [NoReferrer], or
	// an absolute URL. As for fetch(), a URL of another origin than the
	// Environment's counts as "".
	Referrer string

	// ReferrerPolicy overrides the Environment's.
	ReferrerPolicy ReferrerPolicy

	// Cache is the cache mode.
	Cache Cache

	// Integrity is integrity metadata, such as "sha384-" and a digest in
	// base64. If it names a known algorithm the body is read to its end, up to
	// Client.MaxIntegrityBytes, before Fetch returns.
	Integrity string

	// Keepalive lets the fetch outlive its environment. The bodies of such
	// requests that are in flight are limited to 64 KiB per environment, and
	// have to be of known length and replayable. It is up to the embedder not
	// to cancel the context when the page goes away.
	Keepalive bool

	// Prefetch marks the initiator "prefetch" (Sec-Purpose, Accept).
	Prefetch bool

	// UserActivation marks a navigation the user asked for (Sec-Fetch-User).
	UserActivation bool

	// ForcePreflight sets the use-CORS-preflight flag, as XMLHttpRequest does
	// when an upload listener is registered. A body that cannot be replayed
	// ([http.Request.GetBody] is nil) sets it as well.
	ForcePreflight bool
}

// paramsKey is the key of the [Params] in a context: a *Params that a caller has
// chosen, or sentParams.
type paramsKey struct{}

// sentParams are those of the fetch that a request handed to Base belongs to.
// They are of another type than those that a caller has chosen, lest a Transport
// that code in Base uses with the same context become as privileged as the fetch
// around it.
type sentParams struct{ *Params }

// A sentContext is the context of the requests of a fetch: that of the caller's
// request, with its Params.
type sentContext struct {
	context.Context
	params *Params
}

// Value implements [context.Context].
func (c *sentContext) Value(key any) any {
	if key == (paramsKey{}) {
		return sentParams{c.params}
	}
	return c.Context.Value(key)
}

// NewContext returns a context that makes a [Transport] use p, instead of its
// own Params and not merged with them. p must not be modified afterwards.
func NewContext(ctx context.Context, p *Params) context.Context {
	return context.WithValue(ctx, paramsKey{}, p)
}

// FromContext returns the Params stored by [NewContext], or nil. The context of
// every request that the engine hands to [Client.Base], preflights included,
// holds the Params of the fetch; a Transport does not use these.
func FromContext(ctx context.Context) *Params {
	switch p := ctx.Value(paramsKey{}).(type) {
	case *Params:
		return p
	case sentParams:
		return p.Params
	}
	return nil
}

// chosenParams returns the Params that a caller has stored for a Transport, or
// nil.
func chosenParams(ctx context.Context) *Params {
	p, _ := ctx.Value(paramsKey{}).(*Params)
	return p
}
