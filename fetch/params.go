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
	// in any case.
	Redirect Redirect

	// Destination is what the response will be used for.
	Destination Destination

	// Referrer is the referrer: "" for the Environment's URL, [NoReferrer], or
	// an absolute URL. As for fetch(), a URL of another origin than the
	// Environment's counts as "".
	Referrer string

	// ReferrerPolicy overrides the Environment's.
	ReferrerPolicy ReferrerPolicy

	// UserActivation marks a navigation the user asked for (Sec-Fetch-User).
	UserActivation bool

	// ForcePreflight sets the use-CORS-preflight flag, as XMLHttpRequest does
	// when an upload listener is registered. A body that cannot be replayed
	// ([http.Request.GetBody] is nil) sets it as well.
	ForcePreflight bool
}

// paramsKey is the key of [Params] in a context.
type paramsKey struct{}

// NewContext returns a context that makes a [Transport] use p, instead of its
// own Params and not merged with them. p must not be modified afterwards.
func NewContext(ctx context.Context, p *Params) context.Context {
	return context.WithValue(ctx, paramsKey{}, p)
}

// FromContext returns the Params stored by [NewContext], or nil. The context of
// every request that the engine hands to [Client.Base], preflights included,
// holds the Params of the fetch.
func FromContext(ctx context.Context) *Params {
	p, _ := ctx.Value(paramsKey{}).(*Params)
	return p
}
