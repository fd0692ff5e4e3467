package preflightcache

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/corsengine/corsengine/internal/asciix"
)

// A batch is the cache entries of a key that have the credentials flag and the
// time of expiry in common, such as those of one preflight. It is what is kept,
// and what Covers reads without a lock.
//
// See https://fetch.spec.whatwg.org/#concept-cache.
type batch struct {
	stored uint64 // the greater, the later; guarded by Memory.mu
	rare   rareNames
	next   *batch // of the same key, in no particular order

	// What is below is all that is read if the names are in common use, and is on
	// one line of the processor's cache with what a record has next.
	expires     atomic.Int64 // on the cache's clock; the entries are gone from then on
	common      commonSet
	credentials bool

	// Nothing but stored is modified after publication, and expires, which only
	// ever grows: so whoever has read that a name is granted can rely on it still
	// being granted when the next name of the same question is looked up.
}

// serves reports whether e has not expired and is for requests with the given
// credentials flag.
//
// See https://fetch.spec.whatwg.org/#concept-cache-match.
func (e *batch) serves(now time.Duration, credentials bool) bool {
	if credentials && !e.credentials {
		return false
	}
	return now < time.Duration(e.expires.Load())
}

// granted returns the common names for which e saves the preflight of a request
// that it serves. If they include *, then so they do all others that * stands for
// in the table, and * stands for the rare ones as well.
//
// Deviation: in the standard, the * that a credentialed preflight has listed
// matches whatever a credentialed request asks for later, although the check of
// that same preflight's response takes * literally. Here it is literal both
// times, and a wildcard only for requests without credentials.
//
// See https://fetch.spec.whatwg.org/#concept-cache-match-method and
// https://fetch.spec.whatwg.org/#concept-cache-match-header.
func (e *batch) granted(credentials bool) commonSet {
	s := e.common
	if !credentials && s&(anyMethod|anyHeader) != 0 {
		if s&anyMethod != 0 {
			s |= allMethods
		}
		if s&anyHeader != 0 {
			s |= allHeaders &^ authorization // which is only granted by name
		}
	}
	return s
}

// grants reports whether e, which serves the request, saves it the preflight for
// name, whose set is that given.
func (e *batch) grants(credentials, header bool, name string, set commonSet) bool {
	s := e.granted(credentials)
	if set != 0 {
		return s&set != 0
	}
	wild := anyMethod
	if header {
		wild = anyHeader
	}
	return !credentials && s&wild != 0 || e.rare.contains(header, name)
}

// lists reports whether methods and headers are the names of e, the rare ones
// of which have to come in the order of e.
func (e *batch) lists(methods, headers []string) bool {
	var common commonSet
	rare, ok := e.rare, true
	for _, name := range methods {
		if s := commonMethod(name); s != 0 {
			common |= s
		} else if rare, ok = rare.cutPrefix(false, name); !ok {
			return false
		}
	}
	for _, name := range headers {
		if s := commonHeader(name); s != 0 {
			common |= s
		} else if rare, ok = rare.cutPrefix(true, name); !ok {
			return false
		}
	}
	return rare == "" && common == e.common
}

// An entry is a cache entry without what all entries of a key have in common. It
// is what Store works on.
type entry struct {
	name        string // a header name is in lowercase
	expires     time.Duration
	header      bool // name is a header name, not a method
	credentials bool
}

// common returns the set of e's name, or the empty one if it is a rare name.
func (e *entry) common() commonSet {
	if e.header {
		return lowerHeader(e.name)
	}
	return commonMethod(e.name)
}

// matches reports whether there is a method (or header-name) cache entry match
// between e and name for a request with the given credentials flag.
//
// See https://fetch.spec.whatwg.org/#concept-cache-match-method and
// https://fetch.spec.whatwg.org/#concept-cache-match-header.
func (e *entry) matches(credentials, header bool, name string) bool {
	return e.header == header && (e.credentials || !credentials) &&
		(e.name == name || e.name == wildcard && !(header && nonWildcard(name)))
}

// nonWildcard reports whether name, which is in lowercase, is a CORS non-wildcard
// request-header name.
//
// See https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func nonWildcard(name string) bool { return name == "authorization" }

// entries are those of one key, the most recently stored last.
type entries []entry

// store records that a preflight with the given credentials flag listed names,
// and returns at most limit entries, dropping the least recently stored. They
// share the names' strings. Precondition: len(l) and len(names) are at most limit.
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
		if header {
			name = asciix.Lower(name)
		}
		own := -1
		for i := range l {
			e := &l[i]
			switch {
			case !e.matches(credentials, header, name):
			case e.credentials == credentials && e.name == name:
				own = i
			default:
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
			e = entry{name: name, header: header, credentials: credentials}
			if len(l) == limit {
				l = slices.Delete(l, 0, 1)
			}
		}
		e.expires = expires
		l = append(l, e)
	}
	return slices.DeleteFunc(l, func(e entry) bool { return e.expires <= now })
}
