package main

import (
	"container/heap"
	"context"
	"math/bits"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// A Setup is where the nodes of a fleet keep what preflights have granted.
type Setup uint8

const (
	LocalOnly Setup = iota // each node in a cache of its own
	Shared                 // all in one store, which they ask every time
	Tracked                // likewise, with local copies that the store ends when they change
)

func (s Setup) String() string {
	return [...]string{"local caches", "shared store", "shared, client-side caching"}[s]
}

// An Assignment says which node visits a page.
type Assignment uint8

const (
	ByPage Assignment = iota // any, at random
	BySite                   // the one that visits all pages of the site
)

// node returns the node, of n, that visits the page. That of half as many nodes is the
// union of two of these.
func (a Assignment) node(page, site int32, n int) int {
	if a == BySite {
		return int(scramble(uint64(site)) % uint64(n))
	}
	return int(scramble(uint64(page)) % uint64(n))
}

// scramble returns a number that looks unrelated to x and is different for each: the
// finalizer of SplitMix64.
//
// See https://doi.org/10.1145/2714064.2660195.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// A Result is what came of a crawl.
type Result struct {
	Lookups    int // calls that need a preflight, or a grant in a cache
	Hits       int // lookups that found one
	LocalHits  int // those among them that took no round trip to the store
	Preflights int // those sent: lookups that found none
	Stores     int
	Clears     int
	RoundTrips int // to the store, of all operations
	Notices    int // from the store, of changed keys
	StaleHits  int // hits on a copy of what another node had cleared just before
	Evictions  int // keys that a full local cache has given up

	StoreTraffic   traffic
	PreflightBytes int64         // in both directions
	Waited         time.Duration // of all calls, for preflights and the store

	byTarget []int32 // preflights
}

// A simulation runs a crawl in virtual time.
type simulation struct {
	w     *Web
	p     *Params
	nodes int
	setup Setup
	res   Result

	now     time.Duration
	pending events
	seq     int

	caches []*preflightcache.Memory // one for each node, or the shared one

	// Of the shared store with client-side caching.
	expires []time.Duration    // by target: until when the store has a value; 0 for none
	readers []uint64           // by target: the nodes that the store will notify
	copies  []map[int32]copied // by node and target
}

// A copied value is a local copy of what the store has.
type copied struct {
	// until is when it is to be read anew: when it has served for LocalTTL, or its
	// value expires, of which the store gives notice. In a store that takes its time
	// to find what has expired the notice is later, and until then the copy denies what
	// it would deny anyway.
	until time.Duration
}

// maxNodes is how many nodes there can be: as many as readers have bits.
const maxNodes = 64

// epoch is when the crawl begins.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// ageLimit is preflightcache.Options.MaxAge by default.
const ageLimit = 2 * time.Hour

// Simulate runs the crawl of w with a number of nodes. It panics if that is not from 1
// to 64.
func Simulate(w *Web, p *Params, nodes int, setup Setup, assign Assignment) *Result {
	if nodes < 1 || nodes > maxNodes {
		panic("fleet: the number of nodes has to be from 1 to 64")
	}
	s := &simulation{w: w, p: p, nodes: nodes, setup: setup}
	s.res.byTarget = make([]int32, len(w.targets))
	caches, keys := nodes, p.LocalKeys
	if setup != LocalOnly {
		caches, keys = 1, unbounded
	}
	for range caches {
		s.caches = append(s.caches, preflightcache.New(&preflightcache.Options{
			MaxKeys: keys,
			MaxAge:  ageLimit,
			Now:     func() time.Time { return epoch.Add(s.now) },
		}))
	}
	if setup != LocalOnly {
		s.expires = make([]time.Duration, len(w.targets))
		s.readers = make([]uint64, len(w.targets))
		s.copies = make([]map[int32]copied, nodes)
		for i := range s.copies {
			s.copies[i] = make(map[int32]copied)
		}
	}
	for i := range w.calls {
		c := &w.calls[i]
		s.advance(c.at)
		s.call(c, assign.node(c.page, w.targets[c.target].site, nodes))
	}
	s.advance(max(p.Duration, s.now) + time.Hour) // what is under way ends
	s.finish()
	return new(s.res) // a copy, lest the result keep the simulation alive
}

// advance carries out what is due, up to the time t.
func (s *simulation) advance(t time.Duration) {
	for len(s.pending) > 0 && s.pending[0].at <= t {
		e := heap.Pop(&s.pending).(event)
		s.now = e.at
		e.do()
	}
	s.now = max(s.now, t)
}

// after does something later.
func (s *simulation) after(d time.Duration, do func()) {
	s.seq++
	heap.Push(&s.pending, event{s.now + d, s.seq, do})
}

// call is one call of a page on a node: what fetch.Client does of it that concerns the
// preflight cache.
func (s *simulation) call(c *call, node int) {
	t := &s.w.targets[c.target]
	s.res.Lookups++
	covered, waited := s.covers(node, c.target)
	var ready time.Duration // when the request itself has been answered
	switch {
	case covered:
		s.res.Hits++
		ready = waited + s.p.PreflightRTT
	default:
		s.res.Preflights++
		s.res.byTarget[c.target]++
		s.res.PreflightBytes += t.preflightBytes
		waited += s.p.PreflightRTT
		if t.refused {
			s.after(waited, func() { s.clear(node, c.target) })
			break
		}
		s.after(waited, func() { s.store(node, c.target) })
		if s.setup != LocalOnly {
			waited += s.p.StoreRTT
		}
		ready = waited + s.p.PreflightRTT
	}
	s.res.Waited += waited
	if c.fails && !(t.refused && !covered) {
		s.after(ready, func() { s.clear(node, c.target) })
	}
}

// covers looks a target up and says how long that took.
func (s *simulation) covers(node int, id int32) (covered bool, waited time.Duration) {
	t := &s.w.targets[id]
	cache := s.caches[0]
	if s.setup == LocalOnly {
		cache = s.caches[node]
	}
	ask := func() bool {
		ok, _ := cache.Covers(context.Background(), t.key, t.credentials, t.method, t.unsafe) // a Memory has no errors
		return ok
	}
	if s.setup == LocalOnly {
		covered = ask()
		if covered {
			s.res.LocalHits++
		}
		return covered, 0
	}
	if s.setup == Tracked {
		if c, ok := s.copies[node][id]; ok {
			if s.now < c.until {
				if s.res.LocalHits++; !ask() {
					s.res.StaleHits++
				}
				return true, 0
			}
			delete(s.copies[node], id)
		}
	}
	s.expire(id)
	present := s.expires[id] > 0
	s.res.RoundTrips++
	s.res.StoreTraffic.add(t.lookup(present))
	if s.setup == Tracked {
		s.readers[id] |= 1 << node
		if present {
			s.copies[node][id] = copied{min(s.now+s.p.LocalTTL, s.expires[id])}
		}
	}
	return ask(), s.p.StoreRTT
}

// store records the grant of a target.
func (s *simulation) store(node int, id int32) {
	t := &s.w.targets[id]
	s.res.Stores++
	if s.setup == LocalOnly {
		s.caches[node].Store(context.Background(), t.key, t.credentials, t.grant)
		return
	}
	s.caches[0].Store(context.Background(), t.key, t.credentials, t.grant)
	s.expire(id)
	had := s.expires[id] > 0
	s.expires[id] = 0
	if age := t.lifetime(ageLimit); age > 0 {
		s.expires[id] = s.now + age
	}
	present := s.expires[id] > 0
	s.res.RoundTrips++
	s.res.StoreTraffic.add(t.store(present))
	if s.setup != Tracked {
		return
	}
	if had || present {
		s.notify(node, id)
	}
	s.readers[id] |= 1 << node // it reads what it has written
	delete(s.copies[node], id)
	if present {
		s.copies[node][id] = copied{min(s.now+s.p.LocalTTL, s.expires[id])}
	}
}

// clear forgets what was granted to a target.
func (s *simulation) clear(node int, id int32) {
	t := &s.w.targets[id]
	s.res.Clears++
	if s.setup == LocalOnly {
		s.caches[node].Clear(context.Background(), t.key)
		return
	}
	s.caches[0].Clear(context.Background(), t.key)
	s.expire(id)
	had := s.expires[id] > 0
	s.expires[id] = 0
	s.res.RoundTrips++
	s.res.StoreTraffic.add(clearTraffic)
	if s.setup != Tracked {
		return
	}
	if had {
		s.notify(node, id)
	}
	delete(s.copies[node], id)
}

// notify makes the store tell the nodes that have read a target that it has changed,
// but for the one that has changed it. Having told them it need not again.
func (s *simulation) notify(by int, id int32) {
	others := s.readers[id] &^ (1 << by)
	s.readers[id] = 0
	n := bits.OnesCount64(others)
	s.res.Notices += n
	s.res.StoreTraffic.from += int64(n) * notice
	if others == 0 {
		return
	}
	s.after(s.p.StoreRTT, func() {
		for ; others != 0; others &= others - 1 {
			delete(s.copies[bits.TrailingZeros64(others)], id)
		}
	})
}

// expire removes the value of a target from the store if its time is over, of which
// the store tells those who have read it.
func (s *simulation) expire(id int32) {
	if s.expires[id] == 0 || s.expires[id] > s.now {
		return
	}
	s.expires[id] = 0
	n := bits.OnesCount64(s.readers[id])
	s.readers[id] = 0
	s.res.Notices += n
	s.res.StoreTraffic.from += int64(n) * notice
}

// finish adds up what is left.
func (s *simulation) finish() {
	if s.setup == LocalOnly {
		for _, c := range s.caches {
			s.res.Evictions += int(c.Stats().Evictions)
		}
		return
	}
	for id := range s.expires {
		s.expire(int32(id))
	}
}

// An event happens at some time; those of the same time in the order in which they were
// scheduled.
type event struct {
	at  time.Duration
	seq int
	do  func()
}

// events are a heap.
type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	if e[i].at != e[j].at {
		return e[i].at < e[j].at
	}
	return e[i].seq < e[j].seq
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return x
}
