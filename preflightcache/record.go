package preflightcache

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"
)

// A record holds what is known about a key. Records are published in a table,
// where Covers finds them without a lock. But for the time of expiry of a batch,
// see there, what is known is changed by putting another record in the place of
// the old one, so that every reader sees one state or the other.
//
// What Covers reads comes first: a hit on common names needs the first half of
// the 128 bytes and the text, and the second half to note the use.
type record struct {
	hash         uint64 // of the key
	text         string // Origin and URL of the key, then the rare names
	part         *partition
	nOrigin      uint16
	nURL         uint16
	first        batch
	used         atomic.Int64 // stamp of the last use that was noted
	placed       int64        // stamp of when it got its place among the partition's records
	older, newer *record      // in the partition; like placed, guarded by Memory.mu
}

// recordSize is what a record takes without its strings, its share of the table
// included.
const recordSize = int64(unsafe.Sizeof(record{})) + 24

// newRecord returns a record of l for k, in no partition yet. Its batches are
// numbered in the order of l, after *stored. Precondition: l is not empty.
func newRecord(hash uint64, k Key, l entries, stored *uint64) *record {
	r := &record{hash: hash, nOrigin: uint16(len(k.Origin)), nURL: uint16(len(k.URL))}
	size := len(k.Origin) + len(k.URL)
	for i := range l {
		if l[i].common() == 0 {
			size += 1 + len(l[i].name)
		}
	}
	// A copy, lest the record keep alive what the strings were cut from.
	var text strings.Builder
	text.Grow(size)
	text.WriteString(k.Origin)
	text.WriteString(k.URL)
	var e *batch
	for i := range l {
		switch {
		case e == nil:
			e = &r.first
		case e.credentials != l[i].credentials || e.expires.Load() != int64(l[i].expires):
			e.next = new(batch)
			e = e.next
		}
		if e.stored == 0 {
			*stored++
			e.stored = *stored
			e.credentials = l[i].credentials
			e.expires.Store(int64(l[i].expires))
		}
		if s := l[i].common(); s != 0 {
			e.common |= s
			continue
		}
		appendRare(&text, l[i].header, l[i].name)
		// The names of a batch are next to each other.
		e.rare = rareNames(text.String()[text.Len()-len(e.rare)-1-len(l[i].name):])
	}
	r.text = text.String()
	return r
}

// key returns the key of r.
func (r *record) key() Key {
	return Key{r.part.name, r.text[:r.nOrigin], r.text[r.nOrigin:][:r.nURL]}
}

// size returns how much memory r takes, without its partition.
func (r *record) size() int64 {
	n := recordSize + int64(len(r.text))
	for e := r.first.next; e != nil; e = e.next {
		n += int64(unsafe.Sizeof(*e))
	}
	return n
}

// covers reports whether r grants method, unless that is empty, and every name in
// headers.
func (r *record) covers(now time.Duration, credentials bool, method string, headers []string) bool {
	// Most likely there is one batch, of common names.
	var common commonSet
	if r.first.serves(now, credentials) {
		common = r.first.granted(credentials)
	}
	if method != "" {
		set := commonMethod(method)
		if set&common == 0 && !r.grants(now, credentials, false, method, set) {
			return false
		}
	}
	for _, name := range headers {
		set := commonHeader(name)
		if set&common == 0 && !r.grants(now, credentials, true, name, set) {
			return false
		}
	}
	return true
}

// grants reports whether a batch of r grants name, whose set is that given.
func (r *record) grants(now time.Duration, credentials, header bool, name string, set commonSet) bool {
	for e := &r.first; e != nil; e = e.next {
		if e.serves(now, credentials) && e.grants(credentials, header, name, set) {
			return true
		}
	}
	return false
}

// live reports whether r has an unexpired entry.
func (r *record) live(now time.Duration) bool {
	for e := &r.first; e != nil; e = e.next {
		if time.Duration(e.expires.Load()) > now {
			return true
		}
	}
	return false
}

// renew does what storing methods and headers amounts to, and reports true, if
// that is merely to prolong one batch.
func (r *record) renew(expires time.Duration, credentials bool, methods, headers []string, stored *uint64) bool {
	var own *batch
	for e := &r.first; e != nil; e = e.next {
		if time.Duration(e.expires.Load()) > expires {
			return false // to be shortened, perhaps
		}
		if e.credentials == credentials && e.lists(methods, headers) {
			own = e
		}
	}
	if own == nil {
		return false
	}
	*stored++
	own.stored = *stored
	own.expires.Store(int64(expires))
	return true
}

// appendTo appends the unexpired entries of r to l.
func (r *record) appendTo(l entries, now time.Duration) entries {
	var buf [8]*batch
	batches := buf[:0]
	for e := &r.first; e != nil; e = e.next {
		if time.Duration(e.expires.Load()) > now {
			batches = append(batches, e)
		}
	}
	slices.SortFunc(batches, func(a, b *batch) int { return cmp.Compare(a.stored, b.stored) })
	for _, b := range batches {
		e := entry{expires: time.Duration(b.expires.Load()), credentials: b.credentials}
		l = b.common.appendTo(l, e)
		l = b.rare.appendTo(l, e)
	}
	return l
}

// is reports whether r is the record of k.
func (r *record) is(k *Key) bool {
	return len(k.Origin) == int(r.nOrigin) && len(k.URL) == int(r.nURL) &&
		r.text[:r.nOrigin] == k.Origin && r.text[r.nOrigin:][:r.nURL] == k.URL &&
		r.part.name == k.Partition
}
