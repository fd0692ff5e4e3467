// Package preflightcache implements the CORS-preflight cache: what servers have
// granted to origins in answer to preflights, for how long, and whether that
// makes the next preflight unnecessary.
//
// [Cache] is the interface that the engine uses, [Memory] the implementation it
// uses unless told otherwise, [Disabled] the one that never saves a preflight.
// Implementations on top of other stores are held to the same rules by the
// package cachetest.
//
// # What is matched
//
// There is one entry for every method and every header name that a preflight
// response lists, for the partition, origin and URL of the request and for
// whether it was made with credentials. Each expires by itself; a later
// preflight adds to what is there instead of replacing it. A request needs no
// preflight if there are entries for its method and for each of its unsafe
// header names. * stands for all of either, except for Authorization, which has
// to be listed by name.
//
// # Design notes
//
// The standard leaves some questions open and answers others in a way that its
// own checks contradict. The cache follows one rule in all of these: it may cost
// a preflight more than the standard, but every grant is one that a server gave
// in so many words, and that the standard's own algorithm could be holding too.
//
//   - Deviation: a * listed by a credentialed preflight is kept and serves
//     requests without credentials. To a request with credentials it means the
//     method or header named *, which is how that preflight's own check read it.
//     As written, the standard turns it into a wildcard on the way through the
//     cache. See https://fetch.spec.whatwg.org/#concept-cache-match-method.
//   - Deviation: the standard overwrites the age of every matching entry. Thus
//     PUT for an hour prolongs a cached *, which then allows DELETE for an hour,
//     and an answer to a request without credentials prolongs what requests
//     with credentials may do. Here a matching entry that is not the listed
//     name's own is shortened if the new age ends sooner and else left alone,
//     and the listed name gets an entry in any case. That shortening uses the
//     standard's match, in which * is a wildcard with credentials too. The rule
//     has a property that the standard's has not: a cache that forgot entries
//     never grants what one that kept them would refuse, so bounds are safe. See
//     https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
//   - Since that own entry exists, it can outlive *: after * and PUT for an hour,
//     DELETE for no time ends * but not PUT. The standard's list would have
//     merged PUT into *, unless it had happened to drop * early, which it may.
//   - An entry's age counts from when it was last stored. The standard says since
//     storing and does not say whether an update is one; engines say it is.
//   - An entry is gone at the very moment its max-age is over, so that an age of
//     zero stores nothing and expires the entries it matches.
//   - The age of a malformed Access-Control-Max-Age, such as -1, is that of an
//     absent one, five seconds; the cap applies after that.
//   - Opaque origins and redirect-tainted requests have the origin null, and
//     share entries within their partition, as specified.
//   - Asked about no method and no header names, Covers reports true: nothing
//     needs a grant. The engine does not ask.
//   - Header names are compared without regard to case, as in the standard,
//     although both sides ought to be in lowercase already: a caller's
//     "Authorization" must not slip under a *.
//
// On the bounds of [Memory]:
//
//   - The partition that has the most keys gives one up when there is no room,
//     its least recently used. A page that makes requests to a million URLs
//     therefore displaces its own grants and those of partitions that hold more
//     than it does, never those of a smaller one. Partitions that hold equally
//     many take turns, starting with the least recently used; with one key each,
//     that is plain LRU. Whoever can act as very many top-level sites can
//     displace the grants of others, which costs them preflights.
//   - The time limit on entries is not a reason to look for expired ones: they
//     are found when asked for, or when they become the least recently used.
//   - A grant of more names than are kept per key replaces the key's entries
//     instead of being compared with them, since otherwise the server would
//     decide how long the cache is locked.
//   - Nothing is kept for keys of more than 2 KiB or for names of more than 128
//     bytes; strings are copied, so no response header is kept alive by an entry.
//   - With the default options a cache full of the longest keys and names takes
//     about 60 MB; with ordinary ones, about 2 MB.
//
// On time:
//
//   - The time that has passed is the greater of what the monotonic and the wall
//     clock say, so setting the wall clock back prolongs nothing, and a machine
//     that slept, during which some systems stop the monotonic clock, finds its
//     entries expired.
//   - If [Options.Now] has no monotonic readings and goes back, the time that has
//     passed is unknown and everything expires.
//
// One mutex around a map lookup is far below the cost of a request; the cache is
// not sharded. Simultaneous preflights for one key are not merged: both answers
// are stored, and their entries add up.
package preflightcache
