package redirect

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/internal/weburl"
)

type locationIn struct {
	Headers testtable.Header `json:"headers"`
	Base    string           `json:"base"`
}

type locationWant struct {
	None    bool   `json:"none"`
	Failure bool   `json:"failure"`
	URL     string `json:"url"`
}

// header returns the header list without canonicalizing names.
func (in *locationIn) header() http.Header {
	h := make(http.Header)
	for _, f := range in.Headers {
		h[string(f[0])] = append(h[string(f[0])], string(f[1]))
	}
	return h
}

func TestLocation(t *testing.T) {
	testtable.Run(t, "redirect-location.json", func(t *testing.T, in locationIn, want locationWant) {
		h, base := in.header(), mustParse(t, in.Base)
		check := func(who string, u weburl.URL, ok bool, err error) {
			t.Helper()
			switch {
			case want.None:
				if ok || err != nil {
					t.Errorf("%s: %v, %v, %v; want none", who, u, ok, err)
				}
			case want.Failure:
				if !ok || err == nil {
					t.Errorf("%s: %v, %v, %v; want a failure", who, u, ok, err)
				}
			default:
				if !ok || err != nil || u.String() != want.URL {
					t.Errorf("%s: %v, %v, %v; want %s", who, u, ok, err, want.URL)
				}
			}
		}
		u, ok, err := Location(h, base, weburl.Parse)
		check("Location", u, ok, err)
		u, ok, err = oracleLocation(h, base)
		check("oracle", u, ok, err)
	})
}

func TestLocationSeveral(t *testing.T) {
	h := http.Header{"Location": {"/x", "/x"}}
	_, ok, err := Location(h, mustParse(t, "https://a.example/"), weburl.Parse)
	if !ok || !errors.Is(err, ErrSeveral) {
		t.Errorf("%v, %v; want ErrSeveral", ok, err)
	}
}

// TestLocationResolver checks that the resolver gets ASCII, and that what it
// returns is given the base's fragment.
func TestLocationResolver(t *testing.T) {
	base := mustParse(t, "https://a.example/#f")
	var got string
	u, ok, err := Location(http.Header{"Location": {"\xe2\x98\x83%e2 x"}}, base,
		func(ref string, b *weburl.URL) (weburl.URL, error) {
			if *b != base {
				t.Errorf("base %v; want %v", b, base)
			}
			got = ref
			return weburl.Parse("https://b.example/", nil)
		})
	if want := "%E2%98%83%e2 x"; got != want {
		t.Errorf("the resolver got %q; want %q", got, want)
	}
	if !ok || err != nil || u.String() != "https://b.example/#f" {
		t.Errorf("%v, %v, %v; want https://b.example/#f", u, ok, err)
	}
}

// TestLocationLong has values of a megabyte.
func TestLocationLong(t *testing.T) {
	const n = 1 << 20
	base := mustParse(t, "https://a.example/dir/page")
	for _, tt := range []struct {
		name, value string
		want        string // "" for a failure
	}{
		{"path", "/" + strings.Repeat("a", n), "https://a.example/" + strings.Repeat("a", n)},
		{"bytes beyond ASCII", "/" + strings.Repeat("\xff", n), "https://a.example/" + strings.Repeat("%FF", n)},
		{"dot segments", strings.Repeat("../", n) + "x", "https://a.example/x"},
		{"tabs", strings.Repeat("\t", n) + "/x", "https://a.example/x"},
		{"backslashes", strings.Repeat("\\", n) + "b.example", "https://b.example/"},
		{"at signs", "//" + strings.Repeat("@", n) + "b.example", "https://" + strings.Repeat("%40", n-1) + "@b.example/"},
		{"port zeros", "//b.example:" + strings.Repeat("0", n) + "1", "https://b.example:1/"},
		{"port digits", "//b.example:" + strings.Repeat("9", n), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, ok, err := Location(http.Header{"Location": {tt.value}}, base, weburl.Parse)
			if !ok || (err != nil) != (tt.want == "") || u.String() != tt.want {
				t.Errorf("%.100q, %v, %v; want %.100q", u.String(), ok, err, tt.want)
			}
		})
	}
}

func TestLocationAllocs(t *testing.T) {
	base := mustParse(t, "https://a.example/dir/page")
	h := http.Header{"Content-Type": {"text/plain"}}
	if got := testing.AllocsPerRun(100, func() { Location(h, base, weburl.Parse) }); got != 0 {
		t.Errorf("%v allocations without Location; want 0", got)
	}
	if got := testing.AllocsPerRun(100, func() { escapeNonASCII("/a%20path?q") }); got != 0 {
		t.Errorf("%v allocations to escape nothing; want 0", got)
	}
	if got := testing.AllocsPerRun(100, func() { escapeNonASCII("/\xe2\x98\x83\xe2\x98\x83") }); got != 1 {
		t.Errorf("%v allocations to escape; want 1", got)
	}
}

func BenchmarkLocation(b *testing.B) {
	for _, bench := range []struct{ name, value string }{
		{"value=absolute", "https://b.example/path?q=1"},
		{"value=relative", "../x"},
		{"value=megabyte", "/" + strings.Repeat("\xff", 1<<20)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			base, _ := weburl.Parse("https://a.example/dir/page#f", nil)
			h := http.Header{"Location": {bench.value}, "Content-Type": {"text/plain"}}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Location(h, base, weburl.Parse); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
