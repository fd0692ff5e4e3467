package valkeycache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// formatValue is the inverse of parseValue. It is what the script does.
func formatValue(name, tag string, l []storedEntry) string {
	var b []byte
	for _, e := range l {
		b = append(b, e.flags)
		b = appendUint48(b, e.stored)
		b = appendUint48(b, e.expires)
		b = append(b, byte(len(e.name)))
		b = append(b, e.name...)
	}
	return tag + string(b) + checksum(name, tag, string(b))
}

const (
	testTag  = "0123456789abcdef"
	testName = "test:pf1:key"
)

func TestParseValue(t *testing.T) {
	put := storedEntry{"PUT", 0, 1000, 2000}
	long := storedEntry{strings.Repeat("x", maxNameLen), flagHeader | flagCredentials, 1, 1<<48 - 1}
	most := slices.Repeat([]storedEntry{long}, maxNames)
	tests := []struct {
		name string
		l    []storedEntry
		ok   bool
	}{
		{"one", []storedEntry{put}, true},
		{"two", []storedEntry{put, long}, true},
		{"as many and as long as can be", most, true},
		{"one more", append(slices.Clone(most), put), false},
		{"none", nil, false},
		{"no name", []storedEntry{{"", 0, 1, 2}}, false},
		{"name too long", []storedEntry{{strings.Repeat("x", maxNameLen+1), 0, 1, 2}}, false},
		{"unknown flag", []storedEntry{{"PUT", 4, 1, 2}}, false},
		{"expired when it was stored", []storedEntry{{"PUT", 0, 2, 2}}, false},
		{"expired before it was stored", []storedEntry{put, {"PUT", 0, 2, 1}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseValue(testName, testTag, formatValue(testName, testTag, tt.l))
			if (err == nil) != tt.ok || err != nil && err != ErrValue {
				t.Fatalf("error %v; want ok %t", err, tt.ok)
			}
			if err == nil && !slices.Equal(got, tt.l) {
				t.Errorf("got %v; want %v", got, tt.l)
			}
		})
	}
	value := formatValue(testName, testTag, []storedEntry{put})
	for _, tt := range []struct{ name, key, tag, value string }{
		{"other key", testName + "x", testTag, value},
		{"other tag", testName, strings.Repeat("0", tagLen), value},
		{"tag moved into the key", testName + testTag[:1], testTag, value},
		{"empty", testName, testTag, ""},
		{"name cut off", testName, testTag, testTag + value[tagLen:tagLen+5] + checksum(testName, testTag, value[tagLen:tagLen+5])},
		{"length too great", testName, testTag, testTag + value[tagLen:tagLen+15] + checksum(testName, testTag, value[tagLen:tagLen+15])},
	} {
		if l, err := parseValue(tt.key, tt.tag, tt.value); err != ErrValue || l != nil {
			t.Errorf("%s: got %v, %v; want ErrValue", tt.name, l, err)
		}
	}
}

// FuzzParseValue checks that a value is either refused or exactly what its entries
// are formatted as, however it came about, and that the work is bounded.
func FuzzParseValue(f *testing.F) {
	f.Add([]byte("PUT"), true)
	f.Add([]byte(formatValue(testName, testTag, []storedEntry{{"PUT", 0, 1000, 2000}})), false)
	body := formatValue(testName, testTag, []storedEntry{{"PUT", 0, 1000, 2000}, {"x-a", 3, 1, 5}})
	body = body[tagLen : len(body)-sumLen]
	for i := range len(body) + 1 {
		f.Add([]byte(body[:i]), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, seal bool) {
		value := string(data)
		if seal { // lest the checksum refuse everything
			value = testTag + value + checksum(testName, testTag, value)
		}
		l, err := parseValue(testName, testTag, value)
		if err != nil {
			if !errors.Is(err, ErrValue) || l != nil {
				t.Fatalf("got %v, %v", l, err)
			}
			return
		}
		if len(l) == 0 || len(l) > maxNames || len(value) > maxValueLen {
			t.Fatalf("%d entries of %d bytes", len(l), len(value))
		}
		if again := formatValue(testName, testTag, l); again != value {
			t.Fatalf("%q has entries %v, which are formatted as %q", value, l, again)
		}
	})
}

// FuzzDigest checks that keys are digested unambiguously: what is digested can be
// taken apart again, so that two keys are never the same.
func FuzzDigest(f *testing.F) {
	f.Add("", "", "", "", "", "")
	f.Add("a", "b", "c", "ab", "", "c")
	f.Add("a\x00", "\x00\x00\x01b", "c", "a", "\x00\x00\x00\x00\x01b", "c")
	s := newKeyspace("test")
	f.Fuzz(func(t *testing.T, p1, o1, u1, p2, o2, u2 string) {
		a := preflightcache.Key{Partition: p1, Origin: o1, URL: u1}
		b := preflightcache.Key{Partition: p2, Origin: o2, URL: u2}
		if tooLong(a) || tooLong(b) {
			return
		}
		da, db := digestOf(a), digestOf(b)
		if (da == db) != (a == b) {
			t.Fatalf("digests of %q and %q: equal is %t", a, b, da == db)
		}
		if got, ok := s.digest(s.name(da)); !ok || got != da {
			t.Fatalf("%q is not recognized", s.name(da))
		}
	})
}

// TestNames checks that the names of keys are those of no other namespace, and of
// nothing else.
func TestNames(t *testing.T) {
	spaces := []string{"", "a", "a:pf1:", "a:pf1:a", "{a}", "a b", "a\r\n", "\xff", strings.Repeat("a", 256)}
	seen := make(map[string]string)
	for _, ns := range spaces {
		s := newKeyspace(ns)
		for i := range 100 {
			name := s.name(digestOf(keyOf(i)))
			if other, ok := seen[name]; ok {
				t.Errorf("%q is in the namespaces %q and %q", name, ns, other)
			}
			seen[name] = ns
			for _, other := range spaces {
				if _, ok := newKeyspace(other).digest(name); ok != (ns == other) {
					t.Errorf("namespace %q takes %q of %q for its own: %t", other, name, ns, ok)
				}
			}
		}
		c, err := New(&Options{Addrs: []string{"-"}, Namespace: ns})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := c.names.digest(c.genName); ok {
			t.Errorf("%q is the name of a key", c.genName)
		}
	}
}

func TestEncode(t *testing.T) {
	g := grant{
		credentials: true, replace: true, age: 90 * time.Minute, limit: 64,
		methods: []string{"PUT", strings.Repeat("M", maxNameLen+1)},
		headers: []string{"X-a", "", strings.Repeat("h", maxNameLen)},
	}
	want := binary.BigEndian.AppendUint16(nil, 0x0001)
	want = binary.BigEndian.AppendUint32(want, 0x02030405)
	want = binary.BigEndian.AppendUint16(want, 0)
	want = binary.BigEndian.AppendUint32(want, 5_400_000)
	want = append(want, 0, 64, 3)
	want = append(want, "\x00\x03PUT\x00\x00\x01\x03x-a\x01\x00\x01\x80"+strings.Repeat("h", maxNameLen)...)
	if got := g.encode(0x000102030405); !bytes.Equal([]byte(got), want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestParseGeneration(t *testing.T) {
	g := generation{testTag, strings.Repeat("1", sha1Len), strings.Repeat("e", sha1Len)}
	s := g.String()
	if got, ok := parseGeneration(s); !ok || got != g {
		t.Errorf("got %v, %t; want %v", got, ok, g)
	}
	for _, bad := range []string{"", notAString, s[1:], s + "0", strings.ToUpper(s), strings.Replace(s, "1", "\n", 1), strings.Replace(s, "1", "'", 1)} {
		if _, ok := parseGeneration(bad); ok {
			t.Errorf("%q is taken for a generation", bad)
		}
	}
}

func TestLower(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"x-a", "x-a"}, {"X-A", "x-a"}, {"x-Ab", "x-ab"}, {"@[`{", "@[`{"}, {"K\u212a\xc9", "k\u212a\xc9"},
	} {
		if got := lower(tt.in); got != tt.want {
			t.Errorf("lower(%q) = %q; want %q", tt.in, got, tt.want)
		}
		if !equalFold(tt.want, tt.in) {
			t.Errorf("equalFold(%q, %q) = false", tt.want, tt.in)
		}
	}
	for _, tt := range [][2]string{{"k", "\u212a"}, {"a", "ab"}, {"a", "b"}, {"[", "{"}, {"@", "`"}} {
		if equalFold(tt[0], tt[1]) {
			t.Errorf("equalFold(%q, %q) = true", tt[0], tt[1])
		}
	}
}
