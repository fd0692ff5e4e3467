package valkeycache

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// numShards is how many locks the local copies are spread over.
const numShards = 32

// recordSize is what a record takes besides its strings, with its places in the
// maps; entrySize is what an entry takes besides its name.
const (
	recordSize = 384
	entrySize  = 48
)

// A local holds what a Cache knows about keys without asking the server: copies
// of values, and which keys have to be denied because a write may have failed.
// It is safe for concurrent use.
//
// A copy must not be used when something has happened to the value that a call
// which has returned, or the server's notice of it, says. So every write and
// every notice moves the key's generation number on, and what was read is kept
// only if the number is what it was before the command was sent. A connection
// that is lost, along with an unknown number of notices, moves the epoch on, and
// thus all keys.
type local struct {
	now   func() time.Time
	ttl   time.Duration
	limit int // bytes of copies per shard
	names keyspace

	epoch  atomic.Uint64
	seed   maphash.Seed
	shards [numShards]shard
	index  [numShards]index

	pending pending
}

// A shard has the records of some of the keys.
type shard struct {
	mu           sync.Mutex // guards the fields below, and those of the records
	clock        clock
	records      map[preflightcache.Key]*record
	copies       copies
	hits, misses uint64 // answers from copies
	_            [64]byte
}

// An index finds keys by their digests, for which notices come.
type index struct {
	mu   sync.Mutex
	keys map[digest]preflightcache.Key
}

// A record is what there is for a key: a copy of its value, commands under way,
// or a denial.
type record struct {
	key    preflightcache.Key
	digest digest
	shard  *shard

	gen   uint64 // moved on by writes and notices
	users int    // commands under way

	partition  *partition // nil if there is no copy; else the fields below are valid
	entries    entries
	epoch      uint64
	until      time.Duration // on the shard's clock; the copy is stale from then on
	size       int
	prev, next *record // in the partition

	// A denied key is not granted, and not looked up either, until a Clear that
	// was sent at notBefore or later has been carried out.
	denied    bool
	denials   uint64 // how often it was denied
	notBefore time.Duration
	queued    bool // it is in the queue of pending
}

func newLocal(o *Options, now func() time.Time, names keyspace) *local {
	l := &local{
		now:   now,
		ttl:   o.LocalTTL,
		limit: o.LocalBytes / numShards,
		names: names,
		seed:  maphash.MakeSeed(),
	}
	for i := range l.shards {
		s := &l.shards[i]
		s.records = make(map[preflightcache.Key]*record)
		s.copies.partitions = make(map[string]*partition)
		l.index[i].keys = make(map[digest]preflightcache.Key)
	}
	return l
}

func (l *local) shardOf(k preflightcache.Key) *shard {
	return &l.shards[maphash.Comparable(l.seed, k)%numShards]
}

func (l *local) indexOf(d digest) *index { return &l.index[d[0]%numShards] }

// A knowledge is what is known locally about a question.
type knowledge uint8

const (
	unknown knowledge = iota
	granted
	refused // by the copy: entries are missing
	denied  // because of a write that may have failed
)

// covers answers from the copy of k. It does not allocate.
func (l *local) covers(k preflightcache.Key, credentials bool, method string, headers []string) knowledge {
	s := l.shardOf(k)
	now := l.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[k]
	switch {
	case r == nil:
		return unknown
	case r.denied:
		return denied
	case r.partition == nil:
		return unknown
	}
	t := s.clock.advance(now)
	if r.until <= t || r.epoch != l.epoch.Load() {
		s.drop(r)
		l.release(r)
		return unknown
	}
	s.copies.use(r)
	if r.entries.cover(t, credentials, method, headers) {
		s.hits++
		return granted
	}
	s.misses++
	return refused
}

// A command is one that is under way for a key. It is used by one goroutine.
type command struct {
	r       *record
	write   bool
	gen     uint64        // the key's, when the command was begun
	epoch   uint64        // likewise
	sent    time.Duration // likewise, on the shard's clock
	denied  bool          // likewise: nothing but a Clear or a replacing Store is of use
	early   bool          // likewise: not even these
	denials uint64        // likewise
}

// begin registers a command before it is sent. A write makes an end to the copy
// and to those that are being fetched. One of the functions that end commands has
// to be called afterwards.
func (l *local) begin(k preflightcache.Key, write bool) *command {
	s := l.shardOf(k)
	epoch := l.epoch.Load()
	now := l.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[k]
	if r == nil {
		r = &record{key: k, digest: digestOf(k), shard: s}
		s.records[k] = r
		i := l.indexOf(r.digest)
		i.mu.Lock()
		i.keys[r.digest] = k
		i.mu.Unlock()
	}
	r.users++
	if write {
		s.change(r)
	}
	t := s.clock.advance(now)
	return &command{
		r: r, write: write, gen: r.gen, epoch: epoch, sent: t,
		denied: r.denied, early: r.denied && t < r.notBefore, denials: r.denials,
	}
}

// endRead ends a command that has read the value of the key. entries are what is
// in it, with their expiry counted from c.sent. It reports whether the key is
// granted by them and not denied.
func (l *local) endRead(c *command, entries entries, credentials bool, method string, headers []string) bool {
	s := c.r.shard
	now := l.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range entries {
		entries[i].expires += c.sent
	}
	l.keep(c, entries)
	defer l.end(c)
	return !c.r.denied && entries.cover(s.clock.advance(now), credentials, method, headers)
}

// endStore ends a Store that was carried out, after which the value has entries.
func (l *local) endStore(c *command, entries entries) {
	s := c.r.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range entries {
		entries[i].expires += c.sent
	}
	if c.denied {
		l.allow(c)
	}
	unchanged := c.r.gen == c.gen
	// What is being fetched now may have been read before the Store.
	s.change(c.r)
	if unchanged {
		c.gen = c.r.gen
		l.keep(c, entries)
	}
	l.end(c)
}

// endClear ends a Clear that was carried out.
func (l *local) endClear(c *command) {
	s := c.r.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	l.allow(c)
	s.change(c.r)
	l.end(c)
}

// fail ends a command that was perhaps not carried out. If it was a write, the key
// is denied from now on, until a Clear succeeds that was sent no earlier than
// late from now. fail reports false if there are too many such keys: then the key
// is not denied and nothing may be granted that was stored until now.
func (l *local) fail(c *command, late time.Duration) bool {
	s := c.r.shard
	now := l.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	defer l.end(c)
	if !c.write {
		return true
	}
	r := c.r
	s.change(r)
	if !r.queued && !l.pending.push(r) {
		return false
	}
	r.queued = true
	r.denied = true
	r.denials++
	r.notBefore = max(r.notBefore, s.clock.advance(now)+late)
	return true
}

// keep makes entries the copy of c's key, unless something has happened to it.
// Precondition: the shard's lock is held.
func (l *local) keep(c *command, entries entries) {
	r, s := c.r, c.r.shard
	if r.gen != c.gen || r.denied || c.epoch != l.epoch.Load() || len(entries) == 0 {
		return
	}
	size := recordSize + len(r.key.Partition) + len(r.key.Origin) + len(r.key.URL)
	for i := range entries {
		size += entrySize + len(entries[i].name)
	}
	if s.drop(r); size+partitionSize+len(r.key.Partition) > l.limit {
		return
	}
	r.entries, r.epoch, r.until, r.size = entries, c.epoch, c.sent+l.ttl, size
	s.copies.add(r)
	for s.copies.size > l.limit {
		v := s.copies.victim()
		s.drop(v)
		l.release(v)
	}
}

// allow ends the denial of c's key, if c was sent late enough and no other denial
// has come since. Precondition: the shard's lock is held.
func (l *local) allow(c *command) {
	if r := c.r; r.denied && !c.early && r.denials == c.denials {
		r.denied = false
	}
}

// end ends c. Precondition: the shard's lock is held.
func (l *local) end(c *command) {
	c.r.users--
	l.release(c.r)
}

// release removes r if there is no use for it. Precondition: the shard's lock is
// held.
func (l *local) release(r *record) {
	if r.partition != nil || r.denied || r.queued || r.users > 0 {
		return
	}
	delete(r.shard.records, r.key)
	i := l.indexOf(r.digest)
	i.mu.Lock()
	delete(i.keys, r.digest)
	i.mu.Unlock()
}

// invalidate takes note of the server's notice that the value with the given name
// has changed. It reports whether it is the name of a key.
func (l *local) invalidate(name string) bool {
	d, ok := l.names.digest(name)
	if !ok {
		return false
	}
	i := l.indexOf(d)
	i.mu.Lock()
	k, ok := i.keys[d]
	i.mu.Unlock()
	if !ok {
		return true
	}
	s := l.shardOf(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.records[k]; r != nil {
		s.change(r)
		l.release(r)
	}
	return true
}

// invalidateAll takes note of all values having changed, perhaps.
func (l *local) invalidateAll() { l.epoch.Add(1) }

// stats returns how many answers copies have given.
func (l *local) stats() (hits, misses uint64) {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		hits += s.hits
		misses += s.misses
		s.mu.Unlock()
	}
	return hits, misses
}

// change moves the generation number of r on. Precondition: s.mu is held.
func (s *shard) change(r *record) {
	r.gen++
	s.drop(r)
}

// drop removes the copy of r, if there is one. Precondition: s.mu is held.
func (s *shard) drop(r *record) {
	if r.partition == nil {
		return
	}
	s.copies.remove(r)
	r.entries = nil
}
