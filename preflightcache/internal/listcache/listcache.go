// Package listcache is the CORS-preflight cache as the standard describes it: a
// list of entries, searched from one end to the other, without bounds. It is
// what tests compare other caches with, so it is meant to be read next to the
// standard and to be obviously right, not to be fast.
package listcache

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/preflightcache"
)

// A List is a [preflightcache.Cache]. It is safe for concurrent use. The fields
// must not be modified after first use.
type List struct {
	Now    func() time.Time // must not go backwards
	MaxAge time.Duration    // the imposed limit

	// Literal leaves out the deviations that the package preflightcache
	// documents.
	Literal bool

	mu      sync.Mutex
	entries []entry
}

// kind says which of an entry's method and header name is not null.
type kind bool

const (
	method     kind = false
	headerName kind = true
)

// See https://fetch.spec.whatwg.org/#concept-cache.
type entry struct {
	key         preflightcache.Key // with origin and URL
	maxAge      time.Duration
	credentials bool
	kind        kind
	name        string

	stored time.Time
}

// Covers implements [preflightcache.Cache].
func (l *List) Covers(_ context.Context, k preflightcache.Key, credentials bool, m string, headers []string) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire()
	if m != "" && !l.granted(k, credentials, method, m) {
		return false, nil
	}
	for _, h := range headers {
		if !l.granted(k, credentials, headerName, h) {
			return false, nil
		}
	}
	return true, nil
}

// Store implements [preflightcache.Cache] with what a CORS-preflight fetch does
// after its checks.
func (l *List) Store(_ context.Context, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire()
	maxAge := g.MaxAge
	if maxAge < 0 {
		maxAge = 5 * time.Second
	}
	if maxAge > l.MaxAge {
		maxAge = l.MaxAge
	}
	l.update(k, credentials, method, g.Methods, maxAge)
	l.create(k, credentials, method, g.Methods, maxAge)
	l.update(k, credentials, headerName, g.Headers, maxAge)
	l.create(k, credentials, headerName, g.Headers, maxAge)
	return nil
}

// update sets the max-age of the entries that match names.
func (l *List) update(k preflightcache.Key, credentials bool, kind kind, names []string, maxAge time.Duration) {
	now := l.Now()
	for _, name := range names {
		for i := range l.entries {
			e := &l.entries[i]
			if !e.matches(k, credentials, kind, name) {
				continue
			}
			shorter := now.Add(maxAge).Before(e.stored.Add(e.maxAge))
			if l.Literal || e.own(credentials, name) || shorter {
				e.maxAge, e.stored = maxAge, now
			}
		}
	}
}

// create appends entries for the names that have none.
func (l *List) create(k preflightcache.Key, credentials bool, kind kind, names []string, maxAge time.Duration) {
	now := l.Now()
	for _, name := range names {
		has := slices.ContainsFunc(l.entries, func(e entry) bool {
			return e.matches(k, credentials, kind, name) && (l.Literal || e.own(credentials, name))
		})
		if !has {
			l.entries = append(l.entries, entry{k, maxAge, credentials, kind, name, now})
		}
	}
}

// Clear implements [preflightcache.Cache].
func (l *List) Clear(_ context.Context, k preflightcache.Key) error {
	l.remove(func(e entry) bool { return e.key == k })
	return nil
}

// ClearPartition is [preflightcache.Memory.ClearPartition].
func (l *List) ClearPartition(partition string) {
	l.remove(func(e entry) bool { return e.key.Partition == partition })
}

func (l *List) remove(f func(entry) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = slices.DeleteFunc(l.entries, f)
}

// expire removes the entries whose max-age has passed since they were stored.
func (l *List) expire() {
	now := l.Now()
	l.entries = slices.DeleteFunc(l.entries, func(e entry) bool {
		return now.Sub(e.stored) >= e.maxAge
	})
}

// granted reports whether there is a match for name that saves a preflight.
func (l *List) granted(k preflightcache.Key, credentials bool, kind kind, name string) bool {
	return slices.ContainsFunc(l.entries, func(e entry) bool {
		if !l.Literal && credentials && e.name == "*" && name != "*" {
			return false
		}
		return e.matches(k, credentials, kind, name)
	})
}

// matches is "method cache entry match" or "header-name cache entry match".
func (e *entry) matches(k preflightcache.Key, credentials bool, kind kind, name string) bool {
	if e.key != k || e.kind != kind {
		return false
	}
	if !(e.credentials || !e.credentials && !credentials) {
		return false
	}
	if kind == method {
		return e.name == name || e.name == "*"
	}
	if asciix.Lower(e.name) == asciix.Lower(name) {
		return true
	}
	return e.name == "*" && asciix.Lower(name) != "authorization"
}

// own reports whether e, which matches, is what would be created for name.
func (e *entry) own(credentials bool, name string) bool {
	return e.credentials == credentials && (name == "*") == (e.name == "*")
}
