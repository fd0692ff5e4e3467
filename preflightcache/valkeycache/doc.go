// Package valkeycache is a preflight cache that many processes share: a
// [preflightcache.Cache] on a Valkey or Redis server.
//
// A [Cache] is what fetch.Client.Preflights is set to, in each process of a fleet:
//
//	cache, err := valkeycache.New(&valkeycache.Options{Addrs: []string{"valkey.internal:6379"}})
//	if err != nil {
//		return err // the options are wrong
//	}
//	defer cache.Close()
//	client := &fetch.Client{Preflights: cache}
//
// What a server has allowed in answer to one process's preflight then saves the
// others theirs. The rules are those of [preflightcache.Memory], with which it is
// compared in tests, name by name and age by age; see the design notes there.
//
// # When sharing pays
//
// It does where a preflight is more expensive than asking a server nearby, which
// is almost always the case, and where several processes send requests that need
// the same one within the lifetime of the grant, which is often a few seconds:
// that is Access-Control-Max-Age, or five seconds without it. It does not if each
// process has URLs of its own: then it costs one round trip more for each URL that
// is seen for the first time, and a Memory does as well.
//
// What operations cost, of which BenchmarkWire counts the bytes:
//
//   - Covers with a local copy: nothing on the network, no allocation, and about
//     the time that Memory takes.
//   - Covers without: one round trip, 136 bytes to the server and 26 from it if it
//     has nothing, or about 60 and 22 for each name. If what was read grants
//     nothing it is not kept.
//   - Store: one round trip, about 160 bytes and 12 per name to the server, and as
//     much as for Covers from it. A local copy is there afterwards.
//   - Clear: one round trip, 78 bytes to the server and 4 from it.
//   - A notice that a value has changed: 90 bytes to every other process that has
//     read it since it last changed.
//   - A connection that is idle is tested once a second.
//   - A value takes about 220 bytes of the server's memory for three names and 300
//     for six, its key included.
//
// # Client
//
// The server is spoken to by valkey-go rather than by rueidis. The two are one code
// base, by the same authors, and differ in names for all that matters here;
// valkey-go is the one that Valkey's own project maintains, and it speaks to
// Redis just as well. It puts all that is to be said at a moment into one write on
// one connection, which is read by one goroutine in the order in which the server
// wrote; so a reply and the notices around it come in the order in which things
// happened. The client's own cache of replies is not used: it does not say what
// becomes of a reply that was on its way when the value was changed by the same
// process, it goes by the local clock, and an answer from it costs a command. Nor
// are its retries and its reconnecting to a single server.
//
// # Requirements
//
// Valkey, or Redis 7.0 or later, with the RESP3 protocol, without a proxy. A cluster
// will do as well. Not supported are servers that are written to in several
// places at once. A user with these permissions can do everything, where
// corsengine is the namespace:
//
//	~corsengine:* +hello +ping +client|tracking +cluster|shards +cluster|slots
//	+time +script|load +eval +evalsha +getrange +strlen +set +del
//
// and role in a cluster. Persistence is of no use, see below, and can be off. With
// a limit on memory, an eviction policy of the volatile family fits best: all
// values have an expiry, and what does not is the one key that must stay. Other
// policies work too.
//
// # A wrong grant
//
// A cache that forgets costs preflights, and one that grants too much breaks the
// protocol. So what is not known to hold is a miss:
//
//   - What Clear has removed, or Store has ended, is never granted by the same Cache
//     afterwards. This does not depend on the server's notices: a copy goes when
//     a write begins, and what is read meanwhile is not kept.
//   - Other Caches are told by the server, normally within a millisecond. If the
//     connection is lost, all copies go at once. If it is not lost, but nothing
//     comes through it, as when the server is stopped, a copy serves for no longer
//     than [Options.LocalTTL] since it was read: that is the bound. It is mostly
//     less, as a connection that does not answer is given up within about four
//     seconds, and with the first operations that fail.
//   - A Clear that fails, or a Store that fails and might have ended something, has
//     this Cache deny the key until the server has been told. That is tried along
//     with the next operation that reaches it, at no extra round trip. The others
//     may use the grant until then, or until it expires should this process end.
//     4096 such keys are remembered. If there are more, nothing is granted by this
//     Cache that was stored before, and the others are not told about the
//     remaining ones.
//   - A Store that has failed might be carried out later, by a server that was
//     stopped. It is sent with a deadline, by the server's clock, after which it is
//     refused, and until then the key is denied.
//   - A server that is restarted, from an old copy on disk, or a replica that takes
//     over from its primary may have what was cleared. Values belong to a
//     generation, which ends with either: the server is asked to run a script
//     whose name stands for the generation, and one that has lost it has lost
//     its memory. Then the cache is as good as empty. Also SCRIPT FLUSH does that.
//     Replicas are never asked.
//   - A value has a checksum over itself, its generation and its key. What is
//     truncated, damaged, moved from elsewhere or of another type is a miss with
//     an [ErrValue]; what begins with something else than the generation is
//     a plain miss. No more than 36 KiB are read, whatever there is.
//   - Keys are named by the namespace, the version of the format and the SHA-256 of
//     the three strings with their lengths. Nothing of a URL is part of a command.
//     The names of caches with different namespaces or formats are different.
//
// These have one assumption in common: that the server does what it says. Whoever
// can write to it can forge grants, with a checksum that is as good as any, or
// bring back old ones, and so have the engine send requests that it would have
// asked about. The response is still checked, so what they gain is that a
// request is sent. The name of a script, too, is taken from the server. Whoever
// can read it learns which methods and headers were allowed, and can
// find out about URLs that they guess. The network between should be trusted, or
// [Options.TLS] be used. The client ends the program with a panic if the server
// breaks the protocol by replying to what it was not asked.
//
// A server that is made a replica and a primary again while connections stay open
// may have lost what it acknowledged before, and does not forget its scripts. The
// usual tools for that close the connections, and a Cache that comes anew finds
// another generation if anybody has used the other primary in between.
//
// # Time
//
// Grants expire by the server's clock, so that those of the processes do not
// matter. Store has it read the time and add the age, Covers compares, and the
// key as a whole is left to the server to remove when its last entry expires. The
// expiry of a name must not be judged by an earlier time than the server's, and
// that is also so for copies:
//
//   - Each reply has the time that the server's clock showed when it carried the
//     command out. That was not before the command was sent, so what then had d
//     left to live expires no earlier than d after sending, by the local clock.
//     That is taken for the expiry of the copy: it can be early, by no more
//     than the time to the reply, and not late. No difference between the clocks
//     has to be known, and none is estimated.
//   - Over the lifetime of a copy the two clocks must advance equally fast. They do so
//     but for 1/2000, which is as much as clocks are usually adjusted by: five
//     milliseconds for the default LocalTTL.
//   - The local clock is the greater of what the monotonic and the wall clock say, as
//     in Memory. A machine that slept finds its copies expired.
//   - The server's clock may be set. Forward, everything expires earlier. Back, what
//     was stored before would live longer. Each Cache therefore remembers the
//     latest time that it was told and what has passed since, and judges by that
//     if it is told less, for as long as values from before may live,
//     [Options.MaxAge]. What is stored meanwhile expires early by the difference. A
//     Cache that was not there before cannot know; it refuses only what claims
//     to be stored in the future. So a clock that is set back by d can prolong by d
//     what a newcomer grants, and no more. The same goes for a virtual
//     machine that was stopped and thinks that no time has passed.
//   - The deadline of a Store is the time that the server's clock shows at most when
//     it is sent, plus the timeout. It needs a reading that is no older than a
//     minute, which a Covers has usually just brought; if not, Store takes two
//     round trips. If the clock is set while a Store is under way, the deadline is
//     off by as much.
//   - In a cluster each node has its own clock, which should not differ by more than
//     the timeout: else Stores are refused, which costs preflights.
//
// # A partition that floods the cache
//
// Of the local copies it displaces its own, so that others keep theirs. Nor can it
// choose keys of which many are under one lock, as the hash has a secret seed. On the
// server its values are as good as others': when the memory there is full, those go
// that the server's policy says, whoever stored them, which costs preflights. A
// fleet that loads hostile pages needs a limit on memory there, and room beyond what
// its pages store within [Options.MaxAge].
//
// # A server that does not answer
//
// New does not connect: a crawler should start while the cache is down. Every
// operation is bounded by [Options.Timeout]. After three failures in a row the
// connection is given up and operations fail at once, in less than a microsecond
// and without allocating, for [Options.Cooldown]; then one at a time tries whether
// the server is back, and the others still do not wait. Thus a server that is down
// costs one timeout per cooldown, in one fetch, and a preflight in each. The
// timeout must be longer than a round trip, or nothing will ever be granted.
//
// Errors are returned for the trace; the engine takes them for misses.
package valkeycache
