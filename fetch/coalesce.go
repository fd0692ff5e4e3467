package fetch

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/corsengine/corsengine/preflightcache"
)

// maxRounds is how often a fetch looks for a preflight to wait for before it sends
// one of its own that nobody waits for. Without a bound, fetches that come and are
// cancelled, each in its turn the one to send, could keep a patient one waiting
// for as long as there are any.
const maxRounds = 3

// A flightKey is what preflights have to have in common to be equal: all that a
// server gets to see, and all that the answer is judged by. Method and header
// names are in the header.
type flightKey struct {
	cache       preflightcache.Key
	header      string // as in HTTP/1.1
	close       bool   // the connection is not kept
	credentials bool   // the credentials mode is include
	forced      bool   // use-CORS-preflight flag
}

// A flight is a preflight under way. The fetch that sends it leads it, on its own
// goroutine; others wait until it is over.
type flight struct {
	key    flightKey
	landed bool          // there is a response; guarded by flights.mu
	over   chan struct{} // closed when the flight is over

	// What came of it: set by the leader, and read by others when it is over.
	ended  bool
	result flightResult
	status int         // of the response
	header http.Header // of the response, read-only
}

// A flightResult says what those who waited for a flight do next.
type flightResult uint8

const (
	// abandoned: the leader was aborted, refused or panicked, which is its own
	// affair. One of the others leads the next flight.
	abandoned flightResult = iota

	// failed: there was no response. What the network does to one request it need
	// not do to the next, so that this is nobody's answer but the leader's. Each of
	// the others sends its own, all at once as they would have to begin with: in
	// turn, the last of n would wait for n timeouts.
	failed

	// answered: there was a response, whatever it says.
	answered
)

// flights are the preflights of a [Client] under way that others may wait for. The
// zero value is ready for use.
type flights struct {
	landings atomic.Uint64 // flights that are over and had an answer; changes under mu

	mu     sync.Mutex // guards the fields below; never held during I/O or hooks
	byKey  map[flightKey]*flight
	landed []preflightcache.Key // the last of landings, number n at n modulo maxLanded
}

// maxLanded is how many of the flights that are over are known: more than usually end
// while somebody asks a cache.
const maxLanded = 32

// board returns the flight with key k and whether the caller leads it, because it
// has just begun. It returns nil if there is none, but was one that ended with an
// answer after the first seen landings: the cache may have the grant by now.
//
// What a landed flight has brought is no answer to those who board it so late:
// their own preflights would have been sent after the server had answered.
func (t *flights) board(k flightKey, seen uint64) (fl *flight, lead, late bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if fl := t.byKey[k]; fl != nil {
		return fl, false, fl.landed
	}
	if t.landedSince(k.cache, seen) {
		return nil, false, false
	}
	fl = &flight{key: k, over: make(chan struct{})}
	if t.byKey == nil {
		t.byKey = make(map[flightKey]*flight)
	}
	t.byKey[k] = fl
	return fl, true, false
}

// landedSince reports whether a flight for k may have been among the landings after
// the first seen. Precondition: t.mu is locked.
func (t *flights) landedSince(k preflightcache.Key, seen uint64) bool {
	landings := t.landings.Load()
	if landings-seen > maxLanded {
		return true
	}
	for ; seen < landings; seen++ {
		if t.landed[seen%maxLanded] == k {
			return true
		}
	}
	return false
}

// land notes the response, from which on fl cannot be boarded. A nil fl is one that
// nobody waits for.
func (t *flights) land(fl *flight, resp *http.Response) {
	if fl == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	fl.landed = true
	fl.result, fl.status, fl.header = answered, resp.StatusCode, resp.Header
}

// fail notes that there is no response because of err. A nil fl is one that nobody
// waits for.
func (t *flights) fail(fl *flight, err *NetworkError) {
	if fl != nil && err.Reason == ReasonTransport {
		fl.result = failed
	}
}

// end makes those go on who wait for fl, unless they have been told already. A nil
// fl is one that nobody waits for.
func (t *flights) end(fl *flight) {
	if fl == nil || fl.ended {
		return
	}
	fl.ended = true
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byKey, fl.key)
	if fl.result == answered {
		if t.landed == nil {
			t.landed = make([]preflightcache.Key, maxLanded)
		}
		t.landed[t.landings.Load()%maxLanded] = fl.key.cache
		t.landings.Add(1)
	}
	close(fl.over)
}

// leadingKey is the key of a context in which a flight is led. What fetches there
// must not wait for a flight: it could be the one that it is a part of, or one
// whose leader waits for that.
type leadingKey struct{}

// coalescePreflight is ensurePreflight if [Client.CoalescePreflights] is set.
//
// No fetch starts a goroutine, or waits for a flight while others wait for its own.
func (f *state) coalescePreflight(key preflightcache.Key) *NetworkError {
	flights := &f.client.flights
	seen := flights.landings.Load()
	if f.covered(key) {
		return nil
	}
	x := f.newPreflight()
	if f.ctx.Value(leadingKey{}) != nil {
		return f.corsPreflightFetch(key, x, nil)
	}
	k := f.flightKey(key, x)
	asked := false
	for range maxRounds {
		fl, lead, late := flights.board(k, seen)
		if lead {
			return f.leadPreflight(key, x, fl)
		}
		if fl != nil {
			if !asked {
				asked = true
				if err := f.askAbout(x); err != nil {
					return f.preflightDone(f.preflightInfo(key), err)
				}
			}
			if err := f.waitFor(fl, x); err != nil {
				info := f.preflightInfo(key)
				info.Shared = true
				return f.preflightDone(info, err)
			}
			switch {
			case fl.result == abandoned:
				continue
			case fl.result == failed:
				return f.corsPreflightFetch(key, x, nil)
			case !late:
				return f.sharePreflight(key, fl)
			}
		}
		seen = flights.landings.Load()
		if f.covered(key) {
			return nil
		}
	}
	return f.corsPreflightFetch(key, x, nil)
}

// flightKey returns the key of the flight for a preflight x, whose grant belongs
// under key in the preflight cache.
func (f *state) flightKey(key preflightcache.Key, x *exchange) flightKey {
	var header strings.Builder
	x.header.Write(&header) // sorted
	return flightKey{
		cache:       key,
		header:      header.String(),
		close:       f.req.Close,
		credentials: f.includesMode(),
		forced:      f.forced,
	}
}

// leadPreflight sends a preflight that others may wait for.
func (f *state) leadPreflight(key preflightcache.Key, x *exchange, fl *flight) *NetworkError {
	// A hook or Base may panic. That is for the caller; those who wait are not to
	// wait for ever.
	defer f.client.flights.end(fl)
	defer func(ctx context.Context) { f.ctx = ctx }(f.ctx)
	f.ctx = context.WithValue(f.ctx, leadingKey{}, true)
	return f.corsPreflightFetch(key, x, fl)
}

// askAbout asks [Client.CheckRequest] about a preflight that another fetch is
// sending: what is forbidden to one fetch may be allowed to another.
func (f *state) askAbout(x *exchange) *NetworkError {
	if check := f.client.CheckRequest; check != nil {
		f.handed = true // the hook gets a URL of its own
		if err := check(f.outgoing(x), f.params); err != nil {
			return f.failExchange(x, ReasonCheckRequest, err)
		}
	}
	return nil
}

// waitFor waits until fl is over, unless the context ends first.
func (f *state) waitFor(fl *flight, x *exchange) *NetworkError {
	select {
	case <-fl.over:
	case <-f.ctx.Done():
	}
	if f.ctx.Err() != nil {
		return f.failExchange(x, ReasonAborted, abortCause(f.ctx))
	}
	return nil
}

// sharePreflight judges the answer that another fetch's preflight got, which the
// own one would have got. The cache has the grant already.
func (f *state) sharePreflight(key preflightcache.Key, fl *flight) *NetworkError {
	info := f.preflightInfo(key)
	info.Shared, info.Status = true, fl.status
	g, err := f.judgePreflight(&http.Response{StatusCode: fl.status, Header: fl.header})
	info.Grant = g
	return f.preflightDone(info, err)
}
