package valkeycache

import "time"

// Bounds on what is kept, those of preflightcache.Memory.
const (
	maxKeyLen  = 2 << 10 // of the strings of a key in total
	maxNameLen = 128     // of a method or header name
)

// wildcard is the listed name that may stand for all others.
const wildcard = "*"

// An entry is a method or header name that a server has granted, as it is kept
// locally. Its fields but expires are those in the server's value.
type entry struct {
	name        string        // in lowercase if it is a header name
	expires     time.Duration // on the clock of the shard; the entry is gone from then on
	header      bool          // name is a header name, not a method
	credentials bool
}

// grants reports whether e saves a request with the given credentials flag the
// preflight for name.
//
// Deviation: a * that was stored with credentials is a wildcard for requests
// without only; see the design notes of preflightcache.
//
// See https://fetch.spec.whatwg.org/#concept-cache-match-method and
// https://fetch.spec.whatwg.org/#concept-cache-match-header.
func (e *entry) grants(credentials, header bool, name string) bool {
	switch {
	case e.header != header || credentials && !e.credentials:
		return false
	case e.name == name || header && equalFold(e.name, name):
		return true
	}
	return !credentials && e.name == wildcard && !(header && equalFold("authorization", name))
}

// entries are those of one key.
type entries []entry

// cover reports whether unexpired entries grant method and all headers.
func (l entries) cover(now time.Duration, credentials bool, method string, headers []string) bool {
	if method != "" && !l.grant(now, credentials, false, method) {
		return false
	}
	for _, name := range headers {
		if !l.grant(now, credentials, true, name) {
			return false
		}
	}
	return true
}

func (l entries) grant(now time.Duration, credentials, header bool, name string) bool {
	for i := range l {
		if l[i].expires > now && l[i].grants(credentials, header, name) {
			return true
		}
	}
	return false
}

// equalFold reports whether s, which is in lowercase, is name but for ASCII case.
// It and lower are here because a module should not depend on the internal
// packages of another.
func equalFold(s, name string) bool {
	if len(s) != len(name) {
		return false
	}
	for i := range len(s) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if s[i] != c {
			return false
		}
	}
	return true
}

// lower returns name in ASCII lowercase.
func lower(name string) string {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			b := []byte(name)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}
