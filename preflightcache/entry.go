package preflightcache

import (
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/internal/asciix"
)

// maxNameLen is the length of the longest method or header name that is kept.
// The names in use are half as long.
const maxNameLen = 128

// wildcard is the listed name that may stand for all others.
const wildcard = "*"

// An entry is a cache entry without what all entries of a key have in common.
//
// See https://fetch.spec.whatwg.org/#concept-cache.
type entry struct {
	name        string
	expires     time.Duration // on the cache's clock; the entry is gone from then on
	header      bool          // name is a header name, not a method
	credentials bool
}

// names reports whether e is about name itself: methods are case-sensitive,
// header names are not.
func (e *entry) names(header bool, name string) bool {
	switch {
	case e.header != header:
		return false
	case header:
		return asciix.EqualFold(e.name, name)
	}
	return e.name == name
}

// matches reports whether there is a method (or header-name) cache entry match
// between e and name for a request with the given credentials flag.
//
// See https://fetch.spec.whatwg.org/#concept-cache-match-method and
// https://fetch.spec.whatwg.org/#concept-cache-match-header.
func (e *entry) matches(credentials, header bool, name string) bool {
	if credentials && !e.credentials {
		return false
	}
	return e.names(header, name) ||
		e.header == header && e.name == wildcard && !(header && nonWildcard(name))
}

// grants reports whether e saves a request with the given credentials flag the
// preflight for name.
//
// Deviation: in the standard, the * that a credentialed preflight has listed
// matches whatever a credentialed request asks for later, although the check of
// that same preflight's response takes * literally. Here it is literal both
// times, and a wildcard only for requests without credentials.
func (e *entry) grants(credentials, header bool, name string) bool {
	return e.matches(credentials, header, name) && (!credentials || e.names(header, name))
}

// nonWildcard reports whether name is a CORS non-wildcard request-header name.
//
// See https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func nonWildcard(name string) bool { return asciix.EqualFold(name, "authorization") }

// entries are those of one key, the most recently stored last.
type entries []entry

// grant reports whether one of l grants name. All of l must be unexpired.
func (l entries) grant(credentials, header bool, name string) bool {
	for i := range l {
		if l[i].grants(credentials, header, name) {
			return true
		}
	}
	return false
}

// store records that a preflight with the given credentials flag listed names,
// and returns at most limit entries, dropping the least recently stored.
// Precondition: len(l) and len(names) are at most limit.
//
// Deviation: where a listed name matches entries that are not its own, namely
// * or, for a preflight without credentials, the same name stored with, the
// standard overwrites their age and stores nothing else. A server that allows
// PUT for an hour would so have allowed everything for an hour. Here such
// entries are shortened as in the standard but never lengthened, and the name
// gets an entry of its own.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (l entries) store(credentials, header bool, names []string, now, expires time.Duration, limit int) entries {
	for _, name := range names {
		own := -1
		for i := range l {
			e := &l[i]
			switch {
			case e.credentials == credentials && e.names(header, name):
				own = i
			case e.matches(credentials, header, name):
				e.expires = min(e.expires, expires)
			}
		}
		var e entry
		switch {
		case own >= 0:
			e = l[own]
			l = slices.Delete(l, own, own+1)
		case expires <= now || name == "" || len(name) > maxNameLen:
			continue
		default:
			// A copy, lest the entry keep the whole field value alive.
			e = entry{name: strings.Clone(name), header: header, credentials: credentials}
			if len(l) == limit {
				l = slices.Delete(l, 0, 1)
			}
		}
		e.expires = expires
		l = append(l, e)
	}
	return l.prune(now)
}

// prune removes what has expired.
func (l entries) prune(now time.Duration) entries {
	return slices.DeleteFunc(l, func(e entry) bool { return e.expires <= now })
}
