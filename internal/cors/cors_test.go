package cors

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
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
			filtered := e.Filter(h)
			ask := func(names []testtable.Bytes, want bool) {
				for _, name := range names {
					name := string(name)
					if got := e.Readable(name); got != want {
						t.Errorf("%q: Readable(%q) = %t", h, name, got)
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

// TestListedAmong compares the walk through the lines of a small header with the
// answers one by one, which TestExposed checks.
func TestListedAmong(t *testing.T) {
	testtable.Run(t, "cors-expose.json", func(t *testing.T, in exposeIn, _ exposeWant) {
		h := in.Headers.HTTP()
		var names []string
		for name := range h {
			if !header.SafelistedResponseName(name) && !header.ForbiddenResponseName(name) && asciix.IsToken(name) {
				names = append(names, name, strings.ToLower(name))
			}
		}
		e := Exposed(Lines(h[ExposeHeaders]), in.Credentials)
		for len(names) > 0 {
			some := names[:min(32, len(names))]
			names = names[len(some):]
			listed := ListedAmong(some, h[ExposeHeaders], in.Credentials)
			for i, name := range some {
				if got := listed>>i&1 == 1; got != e.Readable(name) {
					t.Errorf("%q: %q is listed: %t; want %t", h, name, got, !got)
				}
			}
		}
	})
	// Source: https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list;
	// "*" is for all names, of which there are as many as there can be.
	all := make([]string, 32)
	for i := range all {
		all[i] = "X-" + strconv.Itoa(i)
	}
	for _, tt := range []struct {
		lines       []string
		credentials bool
		want        uint32
	}{
		{nil, false, 0},
		{[]string{"*"}, false, 1<<32 - 1},
		{[]string{"*"}, true, 0},
		{[]string{"x-0", "", ", x-31"}, true, 1<<31 | 1},
		{[]string{"x-0", "*", "x y"}, false, 0}, // malformed
	} {
		if got := ListedAmong(all, tt.lines, tt.credentials); got != tt.want {
			t.Errorf("%q: %#x; want %#x", tt.lines, got, tt.want)
		}
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

// TestListedOf compares the two ways in which Filter asks whether a name is
// listed, whichever it would choose. Package corscheck runs the same table for the
// result.
func TestListedOf(t *testing.T) {
	testtable.Run(t, "cors-expose.json", func(t *testing.T, in exposeIn, _ exposeWant) {
		for _, h := range spellings(in.Headers) {
			e := Exposed(Lookup(h, ExposeHeaders), in.Credentials)
			var asked, want []string
			for name := range h {
				if header.SafelistedResponseName(name) || header.ForbiddenResponseName(name) {
					continue
				}
				asked = append(asked, name)
				if e.listed(name) {
					want = append(want, name)
				}
			}
			if got := e.listedOf(asked); !slices.Equal(got, want) {
				t.Errorf("%q are listed in one walk, %q in others", got, want)
			}
		}
	})
}

// What is withheld costs no allocation for each name.
//
// Source: own reasoning. 10 000 names withheld are in nothing but the names to look
// for, in one string of all of them, and in a map.
func TestFilterAllocs(t *testing.T) {
	h := make(http.Header)
	for i := range 10_000 {
		h["X-"+strconv.Itoa(i)] = []string{"v"}
	}
	for _, tt := range []struct {
		list string
		most float64
	}{
		{"ETag", 1}, // the result
		{strings.Repeat("X-None-Of-Them, ", 100), 200}, // the map has several tables
	} {
		e := Exposed(Lines([]string{tt.list}), true)
		if n := testing.AllocsPerRun(5, func() { e.Filter(h) }); n > tt.most {
			t.Errorf("a list of %d bytes: %v allocations; want at most %v", len(tt.list), n, tt.most)
		}
	}
}
