package preflightcache

import (
	"strings"
	"testing"
	"unsafe"
)

// TestRecordText checks that there is room for the text of every record, and that
// it is where it is looked for.
func TestRecordText(t *testing.T) {
	if at, want := unsafe.Offsetof(sizedRecord[[80]byte]{}.text), unsafe.Sizeof(record{}); at != want {
		t.Errorf("the text is at %d; want %d", at, want)
	}
	if n := textRoom(maxKeyLen); n < maxKeyLen {
		t.Errorf("room for %d bytes; want %d at least", n, maxKeyLen)
	}
	var kept []*record
	var keys []Key
	for n := range maxKeyLen + 1 {
		if room := textRoom(n); room < n || n > 0 && room < textRoom(n-1) {
			t.Fatalf("%d bytes get room for %d", n, room)
		}
		k := Key{Origin: strings.Repeat("o", n/3), URL: strings.Repeat("u", n-n/3)}
		r := newRecord(1, k, entries{{name: "PUT", expires: 1}}, new(uint64))
		r.part = new(partition)
		kept, keys = append(kept, r), append(keys, k)
		if n%64 == 0 || n == maxKeyLen {
			// None has written into another one's room.
			for i, r := range kept {
				if r.key() != keys[i] || !r.is(&keys[i]) {
					t.Fatalf("the record of %q has the key %q", keys[i], r.key())
				}
			}
		}
	}
}
