package header

import (
	"net/http"
	"slices"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type safelistWant struct {
	CORS   bool `json:"cors"`
	NoCORS bool `json:"noCORS"`
}

func TestSafelisted(t *testing.T) {
	testtable.Run(t, "header-safelisted-request.json", func(t *testing.T, in field, want safelistWant) {
		for _, name := range spellings(string(in.Name)) {
			if got := SafelistedRequest(name, string(in.Value)); got != want.CORS {
				t.Errorf("SafelistedRequest(%q, %q) = %v", name, in.Value, got)
			}
			if got := SafelistedNoCORS(name, string(in.Value)); got != want.NoCORS {
				t.Errorf("SafelistedNoCORS(%q, %q) = %v", name, in.Value, got)
			}
		}
	})
}

func TestUnsafeNames(t *testing.T) {
	testtable.Run(t, "header-unsafe-names.json", func(t *testing.T, in testtable.Header, want []testtable.Bytes) {
		// Once with canonical keys, and once with the keys as they are written.
		raw := http.Header{}
		for _, f := range in {
			raw[string(f[0])] = append(raw[string(f[0])], string(f[1]))
		}
		for _, h := range []http.Header{in.HTTP(), raw} {
			if got := UnsafeNames(nil, h); !slices.Equal(got, stringsOf(want)) {
				t.Errorf("%v: got %q; want %q", h, got, want)
			}
		}
	})
}

func TestUnsafeNamesAppends(t *testing.T) {
	h := http.Header{"X-B": {"1"}, "A": {"1"}, "X-C": {}, "X-D": nil}
	dst := []string{"z", "x-b", "z"}
	if got := UnsafeNames(dst, h); !slices.Equal(got, []string{"z", "x-b", "z", "a", "x-b"}) {
		t.Errorf("got %q", got)
	}
}

func TestCommonNames(t *testing.T) {
	for i, name := range commonNames {
		if slowLower(name) != name || !ValidName(name) {
			t.Errorf("%q is no lowercase header name", name)
		}
		if i > 0 && commonNames[i-1] >= name {
			t.Errorf("%q is not in order", name)
		}
		if got := lowerName(http.CanonicalHeaderKey(name)); got != name {
			t.Errorf("lowered to %q; want %q", got, name)
		}
	}
}

func FuzzSafelisted(f *testing.F) {
	for _, c := range testtable.Load[field, safelistWant](f, "header-safelisted-request.json") {
		f.Add(string(c.In.Name), string(c.In.Value), "X-A", "", uint8(1))
	}
	f.Add("Accept", "0123456789", "Content-Type", "text/plain;012345", uint8(100))
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string, n uint8) {
		want := slowSafelisted(name, value)
		if got := SafelistedRequest(name, value); got != want {
			t.Errorf("SafelistedRequest(%q, %q) = %v; want %v", name, value, got, want)
		}
		want = want && slowLower(name) != "range"
		if got := SafelistedNoCORS(name, value); got != want {
			t.Errorf("SafelistedNoCORS(%q, %q) = %v; want %v", name, value, got, want)
		}
		if !ValidName(name) || !ValidName(name2) {
			return // UnsafeNames is for header names only
		}
		h := http.Header{name: slices.Repeat([]string{value}, int(n)), name2: {value2}}
		if got, want := UnsafeNames(nil, h), slowUnsafeNames(h); !slices.Equal(got, want) {
			t.Errorf("%d of (%q, %q) and (%q, %q): got %q; want %q", n, name, value, name2, value2, got, want)
		}
	})
}
