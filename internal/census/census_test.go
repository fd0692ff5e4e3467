package census

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/cors"
	"github.com/corsengine/corsengine/internal/testtable"
)

// compare compares a census of h with what is found by a walk for each name.
func compare(t *testing.T, h http.Header) {
	t.Helper()
	for _, readable := range []bool{false, true} {
		compareCensus(t, h, readable)
	}
}

func compareCensus(t *testing.T, h http.Header, readable bool) {
	t.Helper()
	var c Census
	c.Take(http.Header{"Access-Control-Allow-Origin": {"left over"}, "X-Left": {"over"}, "Set-Cookie": {"a=b"}}, !readable)
	c.Take(h, readable)
	for n := range Name(names) {
		if got, want := c.Lines(n), asciix.Lines(h, canonical[n]); !slices.Equal(got, want) {
			t.Errorf("%q: lines of %s = %q; want %q", h, canonical[n], got, want)
		}
	}

	visible := make(http.Header)
	for name, lines := range h {
		if !header.ForbiddenResponseName(name) && header.ValidName(name) {
			visible[name] = lines
		}
	}
	if diff := cmp.Diff(visible, c.Visible()); diff != "" {
		t.Errorf("%q: Visible (-want +got):\n%s", h, diff)
	}
	for _, credentials := range []bool{false, true} {
		exposed := cors.Exposed(cors.Lookup(h, cors.ExposeHeaders), credentials)
		if diff := cmp.Diff(exposed.Filter(h), c.Readable(credentials)); diff != "" {
			t.Errorf("%q: Readable(%t) (-want +got):\n%s", h, credentials, diff)
		}
	}
}

// TestCensus takes the headers of the tables about headers that pages may read and
// about the CORS check, in the spelling of the tables and in others.
func TestCensus(t *testing.T) {
	type in struct {
		Origin      testtable.Bytes  `json:"origin"`
		Credentials bool             `json:"credentials"`
		Headers     testtable.Header `json:"headers"`
	}
	run := func(t *testing.T, in in) {
		canonical := in.Headers.HTTP()
		compare(t, canonical)
		lower := make(http.Header)
		mixed := make(http.Header)
		for name, lines := range canonical {
			lower[strings.ToLower(name)] = lines
			mixed[name], mixed[strings.ToUpper(name)] = lines[:1], lines[1:]
		}
		compare(t, lower)
		compare(t, mixed)
	}
	testtable.Run(t, "cors-check.json", func(t *testing.T, in in, _ string) { run(t, in) })
	testtable.Run(t, "cors-expose.json", func(t *testing.T, in in, _ any) { run(t, in) })
}

// Source: own reasoning, on what hand-made maps and hostile servers can hold.
func TestOddHeaders(t *testing.T) {
	many := http.Header{"Access-Control-Expose-Headers": {"x-3, X-17"}, "Content-Type": {"text/plain"}}
	for i := range 3 * room {
		many[fmt.Sprintf("X-%d", i)] = []string{"v"}
	}
	long := http.Header{"Access-Control-Expose-Headers": {strings.Repeat("x-a, ", 10_000)}, "X-A": {"v"}, "X-B": {"v"}}
	for name, h := range map[string]http.Header{
		"nil":                         nil,
		"empty":                       {},
		"no lines":                    {"Set-Cookie": nil, "Content-Encoding": {}, "Access-Control-Allow-Origin": nil},
		"two spellings":               {"content-encoding": {"gzip"}, "Content-Encoding": {"br"}, "CONTENT-ENCODING": {"deflate"}},
		"one without lines":           {"content-encoding": nil, "Content-Encoding": {"br"}},
		"cookies":                     {"set-cookie": {"a=b"}, "Set-Cookie": {"c=d"}, "SET-COOKIE2": {"e=f"}, "Etag": {`"x"`}},
		"no names":                    {"Set-Cookie ": {"a=b"}, "": {"x"}, "X\x00Y": {"x"}, "Etag": {`"x"`}},
		"same lengths":                {"Bccess-Control-Allow-Origin": {"*"}, "Set-Cooki3": {"x"}, "Content-Encodin9": {"gzip"}},
		"more than there is room for": many,
		"a long list":                 long,
		"everything exposed":          {"Access-Control-Expose-Headers": {"*"}, "X-A": {"v"}, "Set-Cookie": {"a=b"}, "X Y": {"z"}},
	} {
		t.Run(name, func(t *testing.T) { compare(t, h) })
	}
}

// TestHidden compares the short cut for common names with the rule.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func TestHidden(t *testing.T) {
	for name, want := range map[string]bool{
		"Content-Type": false, "content-type": false, "X-Anything": false, "Etag": false,
		"Set-Cookie": true, "set-cookie": true, "SET-COOKIE2": true, "Set-Cookie3": false,
		"Set-Cookie ": true, "": true, "Content-Type ": true,
	} {
		if got := Hidden(name); got != want {
			t.Errorf("Hidden(%q) = %t; want %t", name, got, want)
		}
	}
}

// Source: as documented.
func TestSharedLinesAreClipped(t *testing.T) {
	lines := make([]string, 1, 2)
	lines[0] = "a"
	h := http.Header{"Content-Type": lines, "Set-Cookie": {"a=b"}}
	var c Census
	c.Take(h, true)
	for _, out := range []http.Header{c.Visible(), c.Readable(false)} {
		out.Add("Content-Type", "b")
		if lines[:2][1] != "" {
			t.Fatal("appending to a filtered header writes to the response's")
		}
	}
}

// A header of which a page may see everything is not copied.
//
// Source: as documented.
func TestNothingToFilter(t *testing.T) {
	h := http.Header{"Access-Control-Expose-Headers": {"*"}, "Content-Type": {"text/plain"}, "Etag": {`"x"`}}
	var c Census
	c.Take(h, true)
	for _, f := range []struct {
		name string
		same bool
		call func() http.Header
	}{
		{"Visible", true, c.Visible},
		{"Readable(false)", true, func() http.Header { return c.Readable(false) }},
		{"Readable(true)", false, func() http.Header { return c.Readable(true) }}, // * is a name then
	} {
		got := f.call()
		h["X-Later"] = []string{"v"}
		if _, same := got["X-Later"]; same != f.same {
			t.Errorf("%s returns the header itself: %t; want %t", f.name, same, f.same)
		}
		delete(h, "X-Later")
	}
}

func TestTakeDoesNotAllocate(t *testing.T) {
	h := http.Header{"Content-Type": {"text/plain"}, "set-cookie": {"a=b"}, "X-Other": {"x"}}
	var c Census
	if n := testing.AllocsPerRun(100, func() { c.Take(h, true) }); n != 0 {
		t.Errorf("Take allocates %v times", n)
	}
}

func BenchmarkTake(b *testing.B) {
	h := http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"1"}, "Date": {"x"}, "Etag": {"x"}, "Vary": {"Origin"},
		"Access-Control-Allow-Origin": {"*"}, "Cache-Control": {"no-cache"}, "Server": {"x"}, "X-Other": {"x"}, "Age": {"1"}}
	var c Census
	b.ReportAllocs()
	for b.Loop() {
		c.Take(h, true)
	}
}
