package preflightcache

import (
	"cmp"
	"context"
	"math"
	"sync"
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

	// MaxNames bounds the methods and header names kept per key, where a name
	// stored with and without credentials counts twice. When there are more,
	// the least recently stored go first. Zero means 64.
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

// Memory is an in-memory, bounded [Cache]. The zero value is ready to use.
//
// Besides the bounds of [Options] there are two fixed ones: nothing is stored
// for a [Key] whose strings are longer than 2 KiB in total, and no method or
// header name longer than 128 bytes is kept.
//
// A Memory is safe for concurrent use by multiple goroutines and must not be
// copied after first use. It starts no goroutine: entries expire when they are
// looked at, and are counted until then. All methods ignore their context, and
// the errors they return are nil.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-cache.
type Memory struct {
	opts Options // not modified

	mu    sync.Mutex // guards the fields below
	clock clock
	index index
	stats Stats // but Keys
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
	m.mu.Lock()
	defer m.mu.Unlock()
	ok := m.covers(m.lookup(k), credentials, method, headers)
	if ok {
		m.stats.Hits++
	} else {
		m.stats.Misses++
	}
	return ok, nil
}

func (m *Memory) covers(r *record, credentials bool, method string, headers []string) bool {
	if r == nil {
		return false
	}
	m.index.touch(r)
	if method != "" && !r.entries.grant(credentials, false, method) {
		return false
	}
	for _, name := range headers {
		if !r.entries.grant(credentials, true, name) {
			return false
		}
	}
	return true
}

// Store implements [Cache]. If g alone lists more names than
// [Options.MaxNames], it replaces what is stored for k, and of its names only
// the first are kept. Store does not allocate if it merely renews entries.
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
	r := m.lookup(k)
	var l entries
	if r != nil {
		l = r.entries
	}

	limit := max(cmp.Or(m.opts.MaxNames, 64), 0)
	methods, headers := g.Methods, g.Headers
	if len(methods) > limit || len(headers) > limit-len(methods) {
		// Comparing everything with everything would let a server choose how
		// long the lock is held.
		clear(l)
		l = l[:0]
		methods = methods[:min(len(methods), limit)]
		headers = headers[:min(len(headers), limit-len(methods))]
	}

	age := g.MaxAge
	if age < 0 {
		age = DefaultMaxAge
	}
	if r == nil {
		l = make(entries, 0, len(methods)+len(headers))
	}
	now := m.clock.now
	expires := now + max(min(age, cmp.Or(m.opts.MaxAge, 2*time.Hour)), 0)
	if expires < now {
		expires = math.MaxInt64 // overflow
	}
	l = l.store(credentials, false, methods, now, expires, limit)
	l = l.store(credentials, true, headers, now, expires, limit)

	switch {
	case r != nil && len(l) == 0:
		m.expire(r)
	case r != nil:
		r.entries = l
		m.index.touch(r)
	case len(l) != 0:
		m.add(k, l)
	}
	return nil
}

// Clear implements [Cache].
//
// See https://fetch.spec.whatwg.org/#concept-cache-clear.
func (m *Memory) Clear(_ context.Context, k Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.index.records[k]; r != nil {
		m.index.remove(r)
	}
	return nil
}

// ClearPartition removes every entry of a partition, as "clear site data" does.
// It takes time proportional to the number of keys removed.
//
// See https://w3c.github.io/webappsec-clear-site-data/.
func (m *Memory) ClearPartition(partition string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := m.index.partitions[partition]; p != nil && p.level != nil; {
		m.index.remove(p.records.next.owner)
	}
}

// Stats are counters since creation, plus the current size.
type Stats struct {
	Hits        uint64 // calls of Covers that reported true
	Misses      uint64 // calls of Covers that reported false
	Stores      uint64 // calls of Store
	Evictions   uint64 // keys removed to make room for others
	Expirations uint64 // keys removed because their last entry had expired
	Keys        uint64 // keys held, expired ones that were not looked at included
}

// Stats returns a snapshot.
func (m *Memory) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Keys = uint64(len(m.index.records))
	return s
}

// lookup sets the clock and returns the record of k, without its expired
// entries, or nil if nothing is left of it. Precondition: m.mu is held.
func (m *Memory) lookup(k Key) *record {
	now := time.Now
	if m.opts.Now != nil {
		now = m.opts.Now
	}
	if !m.clock.advance(now()) && m.index.records != nil {
		m.stats.Expirations += uint64(len(m.index.records))
		m.index.reset()
	}
	if tooLong(k) {
		return nil
	}
	r := m.index.records[k]
	if r == nil {
		return nil
	}
	r.entries = r.entries.prune(m.clock.now)
	if len(r.entries) == 0 {
		m.expire(r)
		return nil
	}
	return r
}

// add adds a record for k, making room if needed. Precondition: m.mu is held.
func (m *Memory) add(k Key, l entries) {
	limit := cmp.Or(m.opts.MaxKeys, 4096)
	if limit < 0 || tooLong(k) {
		return
	}
	if m.index.records == nil {
		m.index.reset()
	}
	if len(m.index.records) == limit {
		v := m.index.victim(k.Partition)
		if v.entries = v.entries.prune(m.clock.now); len(v.entries) == 0 {
			m.stats.Expirations++
		} else {
			m.stats.Evictions++
		}
		m.index.remove(v)
	}
	m.index.add(k, l)
}

// expire removes r, whose entries have all expired. Precondition: m.mu is held.
func (m *Memory) expire(r *record) {
	m.index.remove(r)
	m.stats.Expirations++
}

// tooLong reports whether k is not to be kept.
func tooLong(k Key) bool {
	return len(k.Partition)+len(k.Origin)+len(k.URL) > maxKeyLen
}
