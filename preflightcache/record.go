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
// The Origin and URL of the key follow in memory: with a million keys, a lookup
// mostly waits for memory, and so for both at once. What Covers seldom reads comes
// first and fills a line of the processor's cache, so that what it does read and a
// text of ordinary length are on the two lines after that.
type record struct {
	hash         uint64  // of the key
	placed       int64   // stamp of when it got its place among the partition's records
	older, newer *record // in the partition; like placed, guarded by Memory.mu
	first        batch
	used         atomic.Int64 // stamp of the last use that was noted
	part         *partition
	nOrigin      uint16
	nURL         uint16
}

// recordSize is what a record takes without its strings, its share of the table
// included.
const recordSize = int64(unsafe.Sizeof(record{})) + 24

// A sizedRecord is a record and the room for its text. No record is allocated
// otherwise.
type sizedRecord[Text any] struct {
	record
	text Text
}

// allocate returns a record with room for n bytes of text. The sizes are those
// that the runtime allocates in, and up to 512 bytes in total, multiples of the
// length of a cache line; what is larger has a header of a word.
func allocate(n int) *record {
	switch textRoom(n) {
	case 80:
		return &new(sizedRecord[[80]byte]).record
	case 144:
		return &new(sizedRecord[[144]byte]).record
	case 208:
		return &new(sizedRecord[[208]byte]).record
	case 272:
		return &new(sizedRecord[[272]byte]).record
	case 400:
		return &new(sizedRecord[[400]byte]).record
	case 776:
		return &new(sizedRecord[[776]byte]).record
	case 1160:
		return &new(sizedRecord[[1160]byte]).record
	}
	return &new(sizedRecord[[2184]byte]).record
}

// textRoom returns how much room for text a record has that needs n bytes.
// Precondition: n is at most maxKeyLen.
func textRoom(n int) int {
	for _, room := range [...]int{80, 144, 208, 272, 400, 776, 1160} {
		if n <= room {
			return room
		}
	}
	return 2184
}

// textAt returns a pointer to the room for text.
func (r *record) textAt(offset int) *byte {
	return (*byte)(unsafe.Add(unsafe.Pointer(r), int(unsafe.Sizeof(*r))+offset))
}

// text returns n bytes of text.
func (r *record) text(offset, n int) string { return unsafe.String(r.textAt(offset), n) }

// newRecord returns a record of l for k, in no partition yet. Its batches are
// numbered in the order of l, after *stored. Precondition: l is not empty, and k
// is not too long.
func newRecord(hash uint64, k Key, l entries, stored *uint64) *record {
	n := len(k.Origin) + len(k.URL)
	r := allocate(n)
	r.hash, r.nOrigin, r.nURL = hash, uint16(len(k.Origin)), uint16(len(k.URL))
	text := unsafe.Slice(r.textAt(0), n)
	copy(text[copy(text, k.Origin):], k.URL)

	// Copies of the names as well, lest the record keep alive what they were cut
	// from.
	size := 0
	for i := range l {
		if l[i].common() == 0 {
			size += 1 + len(l[i].name)
		}
	}
	var rare strings.Builder
	rare.Grow(size)
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
		appendRare(&rare, l[i].header, l[i].name)
		// The names of a batch are next to each other.
		e.rare = rareNames(rare.String()[rare.Len()-len(e.rare)-1-len(l[i].name):])
	}
	return r
}

// key returns the key of r.
func (r *record) key() Key {
	return Key{r.part.name, r.text(0, int(r.nOrigin)), r.text(int(r.nOrigin), int(r.nURL))}
}

// is reports whether r is the record of k.
func (r *record) is(k *Key) bool {
	// It mostly is, as its tag is that of k. The hash would tell with certainty if
	// it is not, but is on another line. As the places of the strings are taken
	// from k, not from r, the processor need not wait for r before it fetches them.
	return len(k.Origin) == int(r.nOrigin) && len(k.URL) == int(r.nURL) &&
		r.text(0, len(k.Origin)) == k.Origin && r.text(len(k.Origin), len(k.URL)) == k.URL &&
		r.part.name == k.Partition
}

// size returns how much memory r takes, without its partition.
func (r *record) size() int64 {
	n := recordSize + int64(textRoom(int(r.nOrigin)+int(r.nURL))+len(r.first.rare))
	for e := r.first.next; e != nil; e = e.next {
		n += int64(unsafe.Sizeof(*e)) + int64(len(e.rare))
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
		// And the name is in lowercase.
		if lowerHeader(name)&common == 0 && !r.grants(now, credentials, true, name, commonHeader(name)) {
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
