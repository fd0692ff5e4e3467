package cors

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type checkIn struct {
	Origin      testtable.Bytes  `json:"origin"`
	Credentials bool             `json:"credentials"`
	Headers     testtable.Header `json:"headers"`
}

// TestCheckOfLines gives the field lines themselves, as the engine does. Package
// corscheck runs the same table on headers.
func TestCheckOfLines(t *testing.T) {
	outcomes := map[string]Outcome{
		"allowed":                   Allowed,
		"missing-allow-origin":      MissingAllowOrigin,
		"multiple-allow-origin":     MultipleAllowOrigin,
		"wildcard-with-credentials": WildcardWithCredentials,
		"origin-mismatch":           OriginMismatch,
		"credentials-not-allowed":   CredentialsNotAllowed,
	}
	testtable.Run(t, "cors-check.json", func(t *testing.T, in checkIn, want string) {
		h := in.Headers.HTTP()
		outcome, known := outcomes[want]
		if !known {
			t.Fatalf("unknown outcome %q", want)
		}
		if got := Check(string(in.Origin), in.Credentials, Lines(h[AllowOrigin]), Lines(h[AllowCredentials])); got != outcome {
			t.Errorf("Check(%q, %t, %q) = %d; want %s", in.Origin, in.Credentials, h, got, want)
		}
	})
}

// TestSole compares the lines filed under one spelling with the same lines spread
// over two.
func TestSole(t *testing.T) {
	for _, lines := range [][]string{nil, {}, {""}, {" x\t"}, {"x", ""}, {"x", "y", "z"}} {
		for split := range len(lines) + 1 {
			h := http.Header{AllowOrigin: lines[:split], strings.ToLower(AllowOrigin): lines[split:]}
			one, spread := Lines(lines), Lookup(h, AllowOrigin)
			value, n := one.Sole()
			if v, m := spread.Sole(); n != min(len(lines), 2) || m != n || v != value || one.Present() != spread.Present() {
				t.Errorf("%q, split at %d: %q, %d and %q, %d", lines, split, value, n, v, m)
			}
		}
	}
}

type exposeIn struct {
	Credentials bool             `json:"credentials"`
	Headers     testtable.Header `json:"headers"`
}

type exposeWant struct {
	Readable []testtable.Bytes `json:"readable"`
	Withheld []testtable.Bytes `json:"withheld"`
}

// TestExposed asks in every way that there is whether a name is readable. Package
// corscheck runs the same table on its own functions.
func TestExposed(t *testing.T) {
	testtable.Run(t, "cors-expose.json", func(t *testing.T, in exposeIn, want exposeWant) {
		for _, h := range spellings(in.Headers) {
			e := Exposed(Lookup(h, ExposeHeaders), in.Credentials)
			var few Few
			hasFew := e.Few(&few)
			filtered := e.Filter(h)
			ask := func(names []testtable.Bytes, want bool) {
				for _, name := range names {
					name := string(name)
					if got := e.Readable(name); got != want {
						t.Errorf("%q: Readable(%q) = %t", h, name, got)
					}
					if hasFew && few.Readable(name) != want {
						t.Errorf("%q: Few.Readable(%q) = %t", h, name, !want)
					}
					if lines, ok := h[name]; ok {
						if got, ok := filtered[name]; ok != want || ok && !slices.Equal(got, lines) {
							t.Errorf("%q: Filter has %q for %q", h, got, name)
						}
					}
				}
			}
			ask(want.Readable, true)
			ask(want.Withheld, false)
		}
	})
}

// TestFew checks which lists are short.
func TestFew(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  bool
	}{
		{nil, true},
		{[]string{"a, b, c", "d,,e, f", "", "g, h"}, true},
		{[]string{"a, b, c", "d, e, f", "g, h, i"}, false},
		{[]string{strings.Repeat(",", 1000)}, true},
		{[]string{"a b"}, true}, // malformed, and so empty
	} {
		var few Few
		e := Exposed(Lines(tt.lines), true)
		if got := e.Few(&few); got != tt.want {
			t.Errorf("Few of %q = %t; want %t", tt.lines, got, tt.want)
		}
	}
	var few Few
	e := Exposed(Lookup(http.Header{ExposeHeaders: {"a"}, strings.ToLower(ExposeHeaders): {"b"}}, ExposeHeaders), true)
	if e.Few(&few) {
		t.Error("Few knows lines under several spellings")
	}
}

// TestFilterOfMany compares Filter with Readable where Filter goes through the list
// once instead of once for each name.
func TestFilterOfMany(t *testing.T) {
	h := http.Header{ExposeHeaders: {strings.Repeat("x-none, ", 1000) + "x-1, x-7"}}
	for i := range 100 {
		h["X-"+strconv.Itoa(i)] = []string{"v"}
	}
	e := Exposed(Lookup(h, ExposeHeaders), true)
	if !e.Long(len(h)) {
		t.Fatal("the list counts as short")
	}
	filtered := e.Filter(h)
	for name := range h {
		if _, ok := filtered[name]; ok != e.Readable(name) || ok != (name == "X-1" || name == "X-7") {
			t.Errorf("%s is in the filtered header: %t", name, ok)
		}
	}
}

// spellings returns the header with canonical keys, with lowercase keys, and with
// its lines under several.
func spellings(l testtable.Header) []http.Header {
	canonical := l.HTTP()
	lower, mixed := make(http.Header), make(http.Header)
	for name, lines := range canonical {
		lower[strings.ToLower(name)] = lines
		mixed[name], mixed[strings.ToUpper(name)] = lines[:len(lines)/2], lines[len(lines)/2:]
	}
	return []http.Header{canonical, lower, mixed}
}

// TestListedAmong compares the two ways in which Filter asks whether a name is
// listed, whichever it would choose. Package corscheck runs the same table for the
// result.
func TestListedAmong(t *testing.T) {
	testtable.Run(t, "cors-expose.json", func(t *testing.T, in exposeIn, _ exposeWant) {
		for _, h := range spellings(in.Headers) {
			e := Exposed(Lookup(h, ExposeHeaders), in.Credentials)
			among := e.listedAmong(h)
			for name := range h {
				if judge(name) == byList && among(name) != e.listed(name) {
					t.Errorf("%q is listed in one walk: %t, in the other: %t", name, among(name), !among(name))
				}
			}
		}
	})
}
