package header

import (
	"errors"
	"math"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

// stringsOf returns b as strings; nil stays nil.
func stringsOf(b []testtable.Bytes) []string {
	if b == nil {
		return nil
	}
	s := make([]string, len(b))
	for i := range b {
		s[i] = string(b[i])
	}
	return s
}

func TestGet(t *testing.T) {
	tests := []struct {
		h    http.Header
		want string
		ok   bool
	}{
		{nil, "", false},
		{http.Header{}, "", false},
		{http.Header{"X-B": {"1"}}, "", false},
		{http.Header{"X-A": nil}, "", false},
		{http.Header{"X-A": {""}}, "", true},
		{http.Header{"X-A": {"1"}}, "1", true},
		{http.Header{"X-A": {"1", "2"}}, "1, 2", true},
		{http.Header{"X-A": {"", ""}}, ", ", true},
		{http.Header{"X-A": {"1,2", "3"}}, "1,2, 3", true},
		{http.Header{"x-a": {"1"}}, "1", true},
		{http.Header{"x-a": {"2"}, "X-A": {"1"}}, "1, 2", true},
	}
	for _, tt := range tests {
		for _, name := range []string{"X-A", "x-a", "x-A"} {
			if got, ok := Get(tt.h, name); got != tt.want || ok != tt.ok {
				t.Errorf("Get(%v, %q) = %q, %v; want %q, %v", tt.h, name, got, ok, tt.want, tt.ok)
			}
		}
	}
}

func TestSplit(t *testing.T) {
	testtable.Run(t, "header-split.json", func(t *testing.T, in testtable.Header, want []testtable.Bytes) {
		if got := Split(nil, in.HTTP(), "A"); !slices.Equal(got, stringsOf(want)) || (got == nil) != (want == nil) {
			t.Errorf("got %q; want %q", got, want)
		}
	})
}

func TestSplitAppends(t *testing.T) {
	h := http.Header{"A": {"2,3"}}
	if got := Split([]string{"1"}, h, "a"); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("got %q", got)
	}
	if got := Split([]string{"1"}, h, "b"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("absent: got %q", got)
	}
}

type valuesWant struct {
	Values  *[]testtable.Bytes `json:"values"`
	Failure bool               `json:"failure"`
}

func TestValues(t *testing.T) {
	testtable.Run(t, "header-values.json", func(t *testing.T, in testtable.Header, want valuesWant) {
		got, err := Values(nil, in.HTTP(), "Access-Control-Expose-Headers")
		switch {
		case want.Failure:
			if got != nil || !errors.Is(err, ErrMalformed) {
				t.Errorf("got %q, %v; want failure", got, err)
			}
		case want.Values == nil:
			if got != nil || err != nil {
				t.Errorf("got %q, %v; want null", got, err)
			}
		default:
			if got == nil || err != nil || !slices.Equal(got, stringsOf(*want.Values)) {
				t.Errorf("got %q, %v; want %q", got, err, *want.Values)
			}
		}
	})
}

func TestValuesAppends(t *testing.T) {
	h := http.Header{"A": {"2,3", "4"}, "Bad": {"5", "6 7"}}
	dst := append(make([]string, 0, 8), "1")
	if got, err := Values(dst, h, "a"); err != nil || !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := Values(dst, h, "bad"); got != nil || err != ErrMalformed {
		t.Errorf("malformed: got %q, %v", got, err)
	}
	if got, err := Values(dst, h, "absent"); got != nil || err != nil {
		t.Errorf("absent: got %q, %v", got, err)
	}
	if dst[0] != "1" {
		t.Errorf("dst holds %q", dst)
	}
}

func TestDeltaSeconds(t *testing.T) {
	testtable.Run(t, "header-delta-seconds.json", func(t *testing.T, in testtable.Header, want *string) {
		got, ok := DeltaSeconds(in.HTTP(), "Access-Control-Max-Age")
		if want == nil {
			if ok || got != 0 {
				t.Errorf("got %d, %v; want none", got, ok)
			}
			return
		}
		if w := clampDigits(t, *want); !ok || got != w {
			t.Errorf("got %d, %v; want %d", got, ok, w)
		}
	})
}

// clampDigits returns the number that digits stand for, or math.MaxInt64 if it
// is greater.
func clampDigits(t *testing.T, digits string) int64 {
	t.Helper()
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		t.Fatalf("%q is no number", digits)
	}
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return n.Int64()
}

func FuzzSplit(f *testing.F) {
	for _, c := range testtable.Load[testtable.Header, []testtable.Bytes](f, "header-split.json") {
		lines := append(c.In.HTTP()["A"], "", "")
		f.Add(lines[0], lines[1], uint8(len(lines)-2))
	}
	f.Fuzz(func(t *testing.T, a, b string, n uint8) {
		h := http.Header{"X": []string{a, b, b + a}[:n%4]}
		var want []string
		if n%4 > 0 {
			want = slowSplit(strings.Join(h["X"], ", "))
		}
		if got := Split(nil, h, "x"); !slices.Equal(got, want) {
			t.Errorf("%q: got %q; want %q", h["X"], got, want)
		}
		method := func(v string) bool {
			v = slowLower(v)
			return v == "connect" || v == "trace" || v == "track"
		}
		if got, want := ForbiddenRequest("X-Method-Override", a), slices.ContainsFunc(slowSplit(a), method); got != want {
			t.Errorf("override with %q: got %v; want %v", a, got, want)
		}
		if n%4 > 0 {
			h := http.Header{"X-Content-Type-Options": h["X"]}
			if got, want := Nosniff(h), slowLower(want[0]) == "nosniff"; got != want {
				t.Errorf("nosniff of %q: got %v; want %v", h, got, want)
			}
		}
	})
}

func FuzzValues(f *testing.F) {
	for _, c := range testtable.Load[testtable.Header, valuesWant](f, "header-values.json") {
		lines := append(c.In.HTTP()["Access-Control-Expose-Headers"], "", "")
		f.Add(lines[0], lines[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, lines := range [][]string{{a}, {a, b}} {
			want, ok := slowValues(lines)
			got, err := Values(nil, http.Header{"X": lines}, "X")
			if (err == nil) != ok || !slices.Equal(got, want) || (got == nil) == ok {
				t.Errorf("%q: got %q, %v; want %q, %v", lines, got, err, want, ok)
			}
		}
	})
}
