// Package fetch does to outgoing requests what a browser would do: it is the
// client half of the Fetch Standard, on top of net/http.
//
// A [Client] performs fetches on behalf of a page, which an [Environment]
// describes. It refuses what a browser would refuse, sends the headers that a
// browser would send, and returns the part of the response that a browser would
// show to the page's scripts:
//
//	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
//	client := new(fetch.Client)
//	resp, err := client.Fetch(req, &fetch.Params{Environment: page})
//
// [Client.Transport] offers the same as a [net/http.RoundTripper], for the many
// libraries that take one.
//
// # What happens in a fetch
//
// The sections of the standard are functions of their names here.
//
//  1. The request is validated as by the Request constructor and forbidden
//     headers are dropped. Nothing has been sent so far.
//  2. Main fetch decides, for each URL on the way, whether the response will be
//     basic, cors or opaque, and whether a preflight is needed.
//  3. The preflight is sent, unless an earlier one is in the cache.
//  4. The request is sent with the headers that are a browser's to set: Origin,
//     Referer, Sec-Fetch-*, and cookies if the credentials mode says so. Cookies
//     of the response are stored, even if the response is then refused.
//  5. The CORS check is made, on redirects too, or for a response that will be
//     opaque, the cross-origin resource policy check.
//  6. A redirect changes the request and starts over at step 2.
//  7. The final response is checked for its MIME type and integrity, its content
//     coding undone, and filtered.
//
// What is decided there is in packages of its own, which do no I/O: corscheck,
// header and preflightcache can be used without this one.
//
// # Why it failed
//
// A fetch that a browser would fail returns a [*NetworkError] with a [Reason].
// Its text says what was seen and what is needed. It is for the embedder, the
// developer's console or a test: a page must learn no more than that the fetch
// failed, since which check failed is information about another origin. The same
// holds for everything that a [Trace] tells and for [Response.Internal].
//
// If the Timeout of an http.Client runs out, its own error takes the place of the
// NetworkError, which only a Trace then gets to see.
//
// # What it does not protect from
//
// The same-origin policy limits what a page may read, and not which servers it
// may send a request to. A program that fetches URLs on behalf of others, and
// can reach servers that they cannot, needs another policy for that, known as
// protection from server-side request forgery: [Client.CheckRequest] sees every
// request, preflights and redirects included, and the Control function of a
// [net.Dialer] sees the address after name resolution.
//
// Connections are not partitioned by the top-level site, nor is an HTTP cache in
// [Client.Base], unless it does so itself: the context of each request holds the
// [Params].
//
// Mixed content, content security policies and permissions are the embedder's, in
// CheckRequest. There is no list of HSTS hosts: "http" stays "http". Opaque response
// blocking is not in the standard yet, and not here.
//
// # Trusted code
//
// There is no switch that weakens the checks. Code that may do what pages may
// not uses the RoundTripper in [Client.Base] directly.
//
// # Design notes
//
// Choices in the API that may surprise:
//
//   - [NetworkError.Status] is the status of the response that was judged. The
//     DevTools name of a failed preflight depends on it, and people ask for it.
//   - [RedirectInfo.Origin] is the origin from the redirect on: the surprise of
//     most redirects is that it is "null".
//   - [CORSCheckInfo.AllowOrigin] is the value that the check compared.
//   - There is no Environment.SecureContext: nothing in the engine depends on it,
//     and a bool cannot mean "as the origin is" and "no" at once.
//   - A [Transport] does not use the Params that the engine has left in the context
//     of a request for Base, only those of [NewContext]: middleware in Base that has
//     a Transport of its own would otherwise become as privileged as a navigation.
//   - [Transport.CloseIdleConnections] makes that of http.Client work.
//   - [Reason.SpecURL] for nosniff and mime-type ends in a question mark, because
//     the standard's anchors do.
//   - A redirect to a URL that is not HTTP(S) has the reason [ReasonNotHTTP] and
//     not [ReasonRedirectLocation]: DevTools has the name CorsDisabledScheme
//     for it, as it has for the first URL.
//
// Where the standard leaves room:
//
//   - The body of a preflight response or a redirect is read to its end only if
//     its length is declared, at most 4 KiB, and it arrives within 100 ms. Otherwise
//     its connection is closed, rather than waiting for what may be endless.
//   - The entries of the preflight cache are cleared when a fetch fails after any
//     of its hops needed a preflight, as the recursion of the standard has it,
//     and the key is that of the last hop.
//   - Bytes beyond ASCII in a Location are percent-encoded one by one.
//   - A 407 is a transport error: credentials for a proxy are part of its URL, in
//     Base.
//   - For the range-not-requested rule, a response is to the request that Base
//     names in [http.Response.Request]: a cache in Base may have stored it for
//     another one.
//   - net/http adds Cache-Control to a response that has only Pragma: no-cache, and
//     a page sees that.
//
// For speed:
//
//   - What the standard's steps find out about a page and an origin is remembered
//     for the next request of an equal page to that origin, in 64 places for each
//     Client: referrer, fetch metadata, and the engine's own headers, which are
//     copied as a map. Pages are compared by value, so that an Environment that was
//     changed against its contract is never mistaken for the one it was.
//   - The values of these headers are shared between requests, and so a RoundTripper
//     in Base must not write to them. What one has written is not sent in the next
//     request, unless the two are under way at the same time, which is a data race.
//   - A response header is walked through once for each hop, and all that is asked
//     of it is found on the way. Content that nobody reads is not copied; a
//     Response gets a header of its own only if there is something to hide, as
//     there mostly is in a CORS response.
//   - A fetch allocates seven times besides what Base does, and two times more for a
//     CORS response. Tests pin that.
//
// See https://fetch.spec.whatwg.org/.
package fetch
