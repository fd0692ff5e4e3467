package preflightcache

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corsengine/corsengine/corscheck"
)

// maxKeyLen is how long the strings of a key may be in total.
const maxKeyLen = 2 << 10

// Options configures a [Memory]. The zero value stands for the defaults given
// below; a negative bound means that nothing is kept at all.
type Options struct {
	// MaxKeys bounds the number of distinct keys. When there are more, the
	// partition that has the most gives up its least recently used one. Zero
	// means 4096.
	MaxKeys int

	// MaxBytes bounds the memory taken, as far as it depends on what is stored:
	// the strings of keys, the names that are not in common use, and the
	// structures around them, which are about 140 bytes for a key and 220 for a
	// partition, all in the sizes in which memory is allocated. When there is
	// more, the partition that has the most, to within an eighth, gives up its
	// least recently used key, and so on until there is room; those with less
	// than 4 KiB count as having the same. Zero means 1 KiB for each of MaxKeys,
	// but at least 64 KiB.
	MaxBytes int64

	// MaxNames bounds the methods and header names kept per key, where a name
	// stored with and without credentials counts twice. When there are more,
	// the least recently stored go first, those of one preflight in no
	// particular order. Zero means 64.
	MaxNames int

	// MaxAge caps Access-Control-Max-Age. Zero means 2 hours, as in Chromium;
	// the standard leaves the limit open.
	MaxAge time.Duration

	// Now returns the current time. Nil means time.Now. Embedders with
	// simulated time set it; tests usually want testing/synctest instead.
	// Calls are serialized; Now must not call the Memory. If it ever returns
	// an earlier time than before, all entries expire.
	Now func() time.Time
}

// maxKeys returns the effective bound on the number of keys.
func (o *Options) maxKeys() int { return max(cmp.Or(o.MaxKeys, 4096), 0) }

// maxNames returns the effective bound on the number of names per key.
func (o *Options) maxNames() int { return max(cmp.Or(o.MaxNames, 64), 0) }

// maxBytes returns the effective bound on memory.
func (o *Options) maxBytes() int64 {
	if o.MaxBytes != 0 {
		return max(o.MaxBytes, 0)
	}
	return max(min(int64(o.maxKeys()), math.MaxInt64>>10)<<10, 64<<10)
}

// exact reports whether every use is noted, in the order in which they happen.
// That makes all processors write to the same place. If the calls are serialized
// for the sake of Now it makes no difference, and among so few keys the order
// matters the most.
func (o *Options) exact() bool { return o.Now != nil || o.maxKeys() <= window }

// Memory is an in-memory, bounded [Cache]. The zero value is ready to use.
//
// Besides the bounds of [Options] there are two fixed ones: nothing is stored
// for a [Key] whose strings are longer than 2 KiB in total, and no method or
// header name longer than 128 bytes is kept.
//
// A Memory is safe for concurrent use by multiple goroutines and must not be
// copied after first use. Covers takes no lock, unless [Options.Now] is set or
// what it finds has expired; the other methods take turns. It starts no
// goroutine: entries expire when they are looked at, and are counted until then.
// All methods ignore their context, and the errors they return are nil.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-cache.
type Memory struct {
	opts  Options // not modified
	clock clock
	index atomic.Pointer[index] // nil if empty; modified with mu held
	count counter

	mu      sync.Mutex // guards the fields below, and what index points to
	stats   Stats      // but for what the index and the counter know
	scratch entries    // for Store
}

// New returns a new Memory. A nil o is equivalent to a zero Options. New copies
// *o.
func New(o *Options) *Memory {
	m := new(Memory)
	if o != nil {
		m.opts = *o
	}
	return m
}

// Covers implements [Cache]. If method and headers are both empty it reports
// true, as there is nothing that needs a grant. It does not allocate.
//
// Deviation: a * stored with credentials is used as a wildcard only for
// requests without credentials; see the package's design notes.
//
// See https://fetch.spec.whatwg.org/#concept-cache-match-method and
// https://fetch.spec.whatwg.org/#concept-cache-match-header.
func (m *Memory) Covers(_ context.Context, k Key, credentials bool, method string, headers []string) (bool, error) {
	if method == "" && len(headers) == 0 {
		return true, nil
	}
	ok := m.covers(&k, credentials, method, headers)
	m.count.count(ok)
	return ok, nil
}

func (m *Memory) covers(k *Key, credentials bool, method string, headers []string) bool {
	var now time.Duration
	if m.opts.Now != nil {
		now = m.serialNow()
	}
	x := m.index.Load()
	if x == nil || tooLong(k) {
		return false
	}
	r := x.find(k)
	if r == nil {
		return false
	}
	if m.opts.Now == nil {
		var ok bool
		if now, ok = m.clock.shared(time.Now()); !ok {
			m.expireAll()
			return false
		}
	}
	ok := r.covers(now, credentials, method, headers)
	if ok || r.live(now) {
		x.note(r, int64(now))
	} else {
		m.expire(r, now)
	}
	return ok
}

// serialNow is now for when m.mu is not held.
func (m *Memory) serialNow() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now()
}

// now reads the clock. Precondition: m.mu is held.
func (m *Memory) now() time.Duration {
	var (
		now time.Duration
		ok  bool
	)
	if m.opts.Now != nil {
		now, ok = m.clock.serial(m.opts.Now())
	} else {
		now, ok = m.clock.shared(time.Now())
	}
	if !ok {
		m.reset()
	}
	return now
}

// expireAll is reset for when m.mu is not held.
func (m *Memory) expireAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reset()
}

// reset expires everything, by starting anew with nothing. Precondition: m.mu is
// held.
func (m *Memory) reset() {
	if x := m.index.Swap(nil); x != nil {
		m.stats.Expirations += uint64(x.keys)
	}
}

// expire removes r, which has been found and had expired by now.
func (m *Memory) expire(r *record, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// Another one may have removed, replaced or prolonged it in the meantime.
	x := m.index.Load()
	if x == nil || r.live(now) {
		return
	}
	if b, _ := x.table.slot(r); b == nil {
		return
	}
	x.begin(int64(now))
	m.remove(x, r)
	m.stats.Expirations++
}

// remove removes r from x, and a large table with the last record. Precondition:
// m.mu is held.
func (m *Memory) remove(x *index, r *record) {
	x.remove(r)
	if x.keys == 0 && x.table.n.Load() > segmentLen {
		m.index.Store(nil)
	}
}

// Store implements [Cache]. If g alone lists more names than
// [Options.MaxNames], it replaces what is stored for k, and of its names only
// the first are kept. Store does not allocate if it merely prolongs the entries
// that one earlier Store made.
//
// Deviation: entries for other names than those of g, such as *, and entries
// stored with credentials if g was obtained without, may be shortened by g but
// not prolonged; see the package's design notes.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (m *Memory) Store(_ context.Context, k Key, credentials bool, g corscheck.Grant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Stores++
	now := m.now()
	if tooLong(&k) || m.opts.maxKeys() == 0 {
		return nil
	}
	x := m.index.Load()
	var r *record
	if x != nil {
		x.begin(int64(now))
		r = m.current(x, &k, now)
	}

	limit := m.opts.maxNames()
	methods, headers := g.Methods, g.Headers
	fits := len(methods) <= limit && len(headers) <= limit-len(methods)
	if !fits {
		// Comparing everything with everything would let a server choose how
		// long the lock is held.
		methods = methods[:min(len(methods), limit)]
		headers = headers[:min(len(headers), limit-len(methods))]
	}

	age := g.MaxAge
	if age < 0 {
		age = DefaultMaxAge
	}
	expires := now + max(min(age, cmp.Or(m.opts.MaxAge, 2*time.Hour)), 0)
	if expires < now {
		expires = math.MaxInt64 // overflow
	}

	l := m.scratch[:0]
	if r != nil && fits {
		if expires > now && r.renew(expires, credentials, methods, headers, &x.stored) {
			x.touch(r)
			return nil
		}
		l = r.appendTo(l, now)
	}
	l = l.store(credentials, false, methods, now, expires, limit)
	l = l.store(credentials, true, headers, now, expires, limit)
	switch {
	case len(l) != 0:
		m.put(x, r, k, l, now)
	case r != nil:
		m.remove(x, r)
		m.stats.Expirations++
	}
	if cap(l) <= maxScratch {
		clear(l[:cap(l)]) // lest it keep the names' strings alive
		m.scratch = l
	}
	return nil
}

// maxScratch is the greatest capacity of a slice of entries that is used again.
const maxScratch = 128

// current returns the record of k, or nil if there is none that is live. A record
// that is not is removed. Precondition: m.mu is held.
func (m *Memory) current(x *index, k *Key, now time.Duration) *record {
	r := x.table.find(x.hash(k), k)
	switch {
	case r == nil:
		return nil
	case r.part.cleared.Load(): // by a call that is about to remove it
		x.remove(r)
		return nil
	case !r.live(now):
		x.remove(r)
		m.stats.Expirations++
		return nil
	}
	return r
}

// put stores l for k, whose present record is old, making room if needed.
// Precondition: m.mu is held, and k is not too long.
func (m *Memory) put(x *index, old *record, k Key, l entries, now time.Duration) {
	if x == nil {
		x = newIndex(m.opts.exact())
		x.begin(int64(now))
		m.index.Store(x)
	}
	r := newRecord(x.hash(&k), k, l, &x.stored)
	if old != nil {
		x.unlist(old)
	}
	maxKeys, maxBytes := m.opts.maxKeys(), m.opts.maxBytes()
	for {
		need, by := x.need(r, k.Partition), byBytes
		switch {
		case need > maxBytes:
			if old != nil {
				x.table.remove(old)
				m.stats.Evictions++
			}
			return
		case x.keys >= maxKeys:
			by = byKeys
		case x.bytes <= maxBytes-need:
			x.insert(r, old, k.Partition)
			return
		}
		v := x.victim(by, k.Partition)
		if v.live(now) {
			m.stats.Evictions++
		} else {
			m.stats.Expirations++
		}
		x.remove(v)
	}
}

// Clear implements [Cache].
//
// See https://fetch.spec.whatwg.org/#concept-cache-clear.
func (m *Memory) Clear(_ context.Context, k Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := m.index.Load()
	if x == nil || tooLong(&k) {
		return nil
	}
	if r := x.table.find(x.hash(&k), &k); r != nil {
		x.begin(x.last)
		m.remove(x, r)
	}
	return nil
}

// ClearPartition removes every entry of a partition, as "clear site data" does.
// It takes time proportional to the number of keys removed, but other calls need
// not wait for that, and none of them sees a part of the entries removed.
//
// See https://w3c.github.io/webappsec-clear-site-data/.
func (m *Memory) ClearPartition(partition string) {
	x, p := m.doom(partition)
	for p != nil && m.sweep(x, p) {
		runtime.Gosched() // to whoever waits for the lock
	}
}

// doom makes what is stored for a partition count no more.
func (m *Memory) doom(partition string) (*index, *partition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := m.index.Load()
	if x == nil {
		return nil, nil
	}
	return x, x.clear(partition)
}

// sweep removes some of the records of p, and reports whether there may be more.
func (m *Memory) sweep(x *index, p *partition) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range 64 {
		if p.keys == 0 || m.index.Load() != x {
			return false
		}
		m.remove(x, p.oldest)
	}
	return true
}

// Stats are counters since creation, plus the current size.
type Stats struct {
	Hits        uint64 // calls of Covers that reported true
	Misses      uint64 // calls of Covers that reported false
	Stores      uint64 // calls of Store
	Evictions   uint64 // keys removed to make room for others
	Expirations uint64 // keys removed because their last entry had expired
	Keys        uint64 // keys held, expired ones that were not looked at included
	Bytes       uint64 // the memory they take, in the sense of [Options.MaxBytes]
}

// Stats returns a snapshot.
func (m *Memory) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Hits, s.Misses = m.count.sum()
	if x := m.index.Load(); x != nil {
		s.Keys, s.Bytes = uint64(x.keys), uint64(x.bytes)
	}
	return s
}

// tooLong reports whether k is not to be kept.
func tooLong(k *Key) bool {
	return len(k.Partition)+len(k.Origin)+len(k.URL) > maxKeyLen
}
