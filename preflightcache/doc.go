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
//   - The same goes for bytes, by which partitions are told apart to within an
//     eighth. So a page cannot displace many small grants with few large ones.
//   - The order of use is exact among 16 keys of a partition, and 16 partitions
//     that hold equally many. Among more, the one to go is the least recently
//     used of the 16 whose last use was noticed the longest ago: a lookup only
//     leaves a stamp, and whoever makes room notices. That takes the same time
//     however many were looked up in between. A cache of at most 16 keys, or with
//     [Options.Now], tells all uses apart; another one does not note a second
//     use within 10 microseconds.
//   - The time limit on entries is not a reason to look for expired ones: they
//     are found when asked for, or when they are the ones to make room.
//   - A grant of more names than are kept per key replaces the key's entries
//     instead of being compared with them, since otherwise the server would
//     decide how long the lock is held.
//   - Nothing is kept for keys of more than 2 KiB or for names of more than 128
//     bytes; strings are copied, so no response header is kept alive by an entry.
//   - A key with three methods and three header names that are in common use
//     takes about 165 bytes besides its Origin and URL, one with a name that is
//     not in the table of those about 30 more, and a partition about 240 besides
//     its name: so much did the heap grow by, on 64-bit systems, with a million
//     keys. With the default options a Memory takes about 4 MB at most, and about
//     1 MB full of ordinary keys. The memory of the hash table, 18 bytes a key, is
//     not given back when there are fewer keys, but for when there are none.
//
// On time:
//
//   - The time that has passed is the greater of what the monotonic and the wall
//     clock say, so setting the wall clock back prolongs nothing, and a machine
//     that slept, during which some systems stop the monotonic clock, finds its
//     entries expired. Reading both is half of what a lookup costs; to read the
//     wall clock less often would answer the first questions after a sleep from
//     what has expired.
//   - If [Options.Now] has no monotonic readings and goes back, the time that has
//     passed is unknown and everything expires.
//
// On simultaneous use:
//
//   - Covers takes no lock and writes next to nothing that others read, so that
//     it takes no longer with many processors. What it reads is not modified, but
//     replaced, or prolonged; a question about several names is answered from one
//     state of the key. Shards with a mutex each were measured as well: with two
//     processors, that doubled what a lookup of a popular key costs, as all that
//     look it up meet at one shard, where without a lock it stays the same.
//   - Among a million keys, a lookup mostly waits for memory, twice: for the bucket
//     of the hash table, which says where the record is, and for the record.
//   - Store and the clearing methods take turns by one mutex, as each preflight is
//     a round trip through a network, and the partition to give up a key is to be
//     found among all.
//   - Nothing takes longer in proportion to the number of keys, nor makes others
//     wait for that long: the hash table grows by a bucket at a time, everything
//     expires by starting a new one, and of a partition that is cleared all keys
//     are void at once, and removed 64 at a time.
//   - Keys are hashed with a secret of the Memory, so that nobody can choose ones
//     that are found slowly.
//   - Simultaneous preflights for one key are not merged: both answers are stored,
//     and their entries add up.
package preflightcache
