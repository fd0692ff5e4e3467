// Package corscheck decides, without doing any I/O, what the CORS protocol
// decides: whether a request needs a preflight, whether a preflight response
// permits it, whether a response may be shared, and which of its headers are
// readable.
//
// The functions follow a fetch in this order:
//
//   - [NeedsPreflight] looks at the method and the unsafe header names of a
//     request, and [PreflightHeader] writes what the preflight says about them.
//   - [Preflight] judges the answer and returns the [Grant] to be cached.
//   - [Check] is the CORS check on the response itself, redirects included.
//   - [Exposed] reads which headers the response exposes; [Exposure.Filter]
//     and [Exposure.Readable] apply that.
//
// All functions are pure, and none modifies or keeps a header given to it
// beyond what its documentation says. [Check], [NeedsPreflight],
// [SafelistedMethod], [Exposed] and [Exposure.Readable] do not allocate,
// whatever the input; [Preflight] allocates the [Grant] it returns.
//
// # Reading headers
//
// The standard works on lists of field lines, Go on maps. A name counts in
// every spelling that the map has it under, because a transport or a test may
// have filled the map by hand: two lines of Access-Control-Allow-Origin are two
// lines, even if one is filed under "access-control-allow-origin". HTTP tabs
// and spaces around a value are not part of it. Anything else is: a vertical
// tab, a form feed, a no-break space or a NUL makes a value another value.
//
// # Design notes
//
// An [Exposure] refers to the field lines of Access-Control-Expose-Headers and
// scans them anew for each name, which is cheapest for the lists that servers
// send and needs no memory. A server may also send a list of a megabyte and a
// hundred thousand headers, and asking for each of them would take hours. That is
// why there is [Exposure.Filter]: it takes time linear in the list and the
// header together, because it switches to walking the list once, looking up its
// elements among the header's names, where scanning per name would cost more.
// Both ways give the same answer, so no list is too long to be honoured. The
// same holds for [Preflight], which walks Access-Control-Allow-Headers once,
// however many names the request has.
//
// A [Grant] holds copies, so that caching one method does not keep a megabyte
// of header alive.
package corscheck
