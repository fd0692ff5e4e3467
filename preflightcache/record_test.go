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

// TestRecordLines checks that a lookup of common names reads nothing of a record
// that is on its first line.
func TestRecordLines(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the layout is for 64-bit systems")
	}
	var r record
	first := unsafe.Offsetof(r.first)
	for name, at := range map[string]uintptr{
		"first.expires":     first + unsafe.Offsetof(r.first.expires),
		"first.common":      first + unsafe.Offsetof(r.first.common),
		"first.credentials": first + unsafe.Offsetof(r.first.credentials),
		"used":              unsafe.Offsetof(r.used),
		"part":              unsafe.Offsetof(r.part),
		"nOrigin":           unsafe.Offsetof(r.nOrigin),
		"nURL":              unsafe.Offsetof(r.nURL),
	} {
		if at < 64 || at >= 128 {
			t.Errorf("%s is at %d; want it on the second line", name, at)
		}
	}
	for n := range 512 - int(unsafe.Sizeof(r)) + 1 {
		// Made by newRecord, as it must not be on the stack.
		r := newRecord(1, Key{URL: strings.Repeat("u", n)}, entries{{name: "PUT", expires: 1}}, new(uint64))
		if at := uintptr(unsafe.Pointer(r)); at%64 != 0 {
			t.Fatalf("a record with %d bytes of text is at %#x", n, at)
		}
	}
}
