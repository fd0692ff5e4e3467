package preflightcache

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/asciix"
)

// TestCommonNames checks that the table and the switches agree.
func TestCommonNames(t *testing.T) {
	for i, name := range commonNames {
		want := commonSet(1) << i
		header := i >= firstHeader
		before := commonNames[:i]
		if header {
			before = commonNames[firstHeader:i]
		}
		if slices.Contains(before, name) {
			t.Errorf("%q is there twice", name)
		}
		if name == "" || len(name) > maxNameLen || name != wildcard && !asciix.IsToken(name) {
			t.Errorf("%q is no name", name)
		}
		if !header {
			if got := commonMethod(name); got != want {
				t.Errorf("commonMethod(%q) = %b; want %b", name, got, want)
			}
			if lower := strings.ToLower(name); lower != name && commonMethod(lower) != 0 {
				t.Errorf("commonMethod(%q) is not empty", lower)
			}
			continue
		}
		if got := lowerHeader(name); got != want {
			t.Errorf("lowerHeader(%q) = %b; want %b", name, got, want)
		}
		for _, name := range []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
			if got := commonHeader(name); got != want {
				t.Errorf("commonHeader(%q) = %b; want %b", name, got, want)
			}
		}
		if lower := strings.ToLower(name); lower != name {
			t.Errorf("%q is not in lowercase", name)
		}
		if got := (entry{name: name, header: true}); got.common() != want {
			t.Errorf("common of %q is %b; want %b", name, got.common(), want)
		}
	}
	for _, name := range []string{"", "x", "PUTS", "Put", "content-typ", "content-type ", "K", "\u212aeep-alive"} {
		if commonMethod(name) != 0 || commonHeader(name) != 0 {
			t.Errorf("%q is a common name", name)
		}
	}
	if got := commonSet(0).appendTo(nil, entry{}); len(got) != 0 {
		t.Errorf("the empty set has %v", got)
	}
	l := (^commonSet(0)).appendTo(nil, entry{expires: 1})
	for i, e := range l {
		if want := (entry{name: commonNames[i], expires: 1, header: i >= firstHeader}); e != want {
			t.Errorf("entry %d is %+v; want %+v", i, e, want)
		}
	}
	if len(l) != len(commonNames) {
		t.Errorf("%d entries", len(l))
	}
	if authorization != commonHeader("authorization") || anyHeader != commonHeader("*") || anyMethod != commonMethod("*") {
		t.Error("the names with a part in matching are elsewhere")
	}
}

func TestRareNames(t *testing.T) {
	long := strings.Repeat("n", maxNameLen)
	want := []entry{
		{name: "x", header: true}, {name: "x"}, {name: long, header: true}, {name: long},
		{name: "purge"}, {name: "x-a", header: true}, {name: "X-A"},
	}
	var b strings.Builder
	for _, e := range want {
		appendRare(&b, e.header, e.name)
	}
	s := rareNames(b.String())
	if got := s.appendTo(nil, entry{}); !slices.Equal(got, want) {
		t.Errorf("%q has %+v; want %+v", s, got, want)
	}
	for _, tt := range []struct {
		header bool
		name   string
		want   bool
	}{
		{true, "x", true}, {true, "X", true}, {false, "x", true}, {false, "X", false},
		{true, long, true}, {true, strings.ToUpper(long), true}, {false, strings.ToUpper(long), false},
		{true, long + "n", false}, {true, long[1:], false}, {true, "", false}, {false, "", false},
		{true, "purge", false}, {false, "purge", true}, {false, "PURGE", false},
		{true, "X-a", true}, {false, "x-a", false}, {false, "X-A", true}, {true, "x-b", false},
		// The bytes before names are not part of any.
		{true, "x\x00x", false}, {false, "x\x00x", false},
	} {
		if got := s.contains(tt.header, tt.name); got != tt.want {
			t.Errorf("contains(%t, %q) = %t; want %t", tt.header, tt.name, got, tt.want)
		}
	}
	rest, ok := s.cutPrefix(true, "X")
	if !ok || rest != s[2:] {
		t.Errorf("cutPrefix = %q, %t", rest, ok)
	}
	if _, ok := s.cutPrefix(false, "x"); ok {
		t.Error("a header name is taken for a method")
	}
	if _, ok := rest.cutPrefix(false, "X"); ok {
		t.Error("methods are compared without regard to case")
	}
	if _, ok := rareNames("").cutPrefix(false, ""); ok {
		t.Error("the empty string begins with a name")
	}
}
