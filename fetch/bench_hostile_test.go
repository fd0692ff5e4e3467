package fetch_test

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// BenchmarkFetchHostile measures what a server, or a script, can make the engine do
// with the largest header that it gets through. Compare with via=bare: a copy of the
// header has to be made in any case.
func BenchmarkFetchHostile(b *testing.B) {
	commas := strings.Repeat(",", 1<<20)
	lines := make(http.Header)
	for i := range 10_000 {
		lines["X-Line-"+strconv.Itoa(i)] = []string{"x"}
	}
	fill := func(name string, values ...string) http.Header { return http.Header{name: values} }
	for _, bm := range []struct {
		name   string
		answer http.Header // besides what benchBase has
		header http.Header // of the request
	}{
		{"res=lines", lines, nil},
		{"res=lines-exposed", merge(lines, fill("Access-Control-Expose-Headers", "*")), nil},
		{"res=lines-of-one-name", fill("X-Line", make([]string, 10_000)...), nil},
		{"res=expose-commas", fill("Access-Control-Expose-Headers", commas), nil},
		{"res=lines-and-expose-commas", merge(lines, fill("Access-Control-Expose-Headers", commas+"x-line-7")), nil},
		{"res=lines-and-expose-long", merge(lines, fill("Access-Control-Expose-Headers", longNames(1<<20))), nil},
		{"res=allow-headers-commas", merge(fill("Access-Control-Allow-Headers", commas+"x-unsafe"), fill("Access-Control-Max-Age", "0")), fill("X-Unsafe", "x")},
		{"res=allow-headers-long", merge(fill("Access-Control-Allow-Headers", longNames(1<<20)+"x-unsafe"), fill("Access-Control-Max-Age", "0")), fill("X-Unsafe", "x")},
		{"req=lines/cache=warm", fill("Access-Control-Allow-Headers", "*"), lines},
		{"req=lines/cache=cold", merge(fill("Access-Control-Allow-Headers", "*"), fill("Access-Control-Max-Age", "0")), lines},
	} {
		base := roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := benchBase{}.RoundTrip(req)
			maps.Copy(resp.Header, bm.answer)
			return resp, err
		})
		c := crossGET
		c.header = bm.header
		b.Run(bm.name+"/via=bare", func(b *testing.B) { benchBare(b, base, c.newRequest(b)) })
		b.Run(bm.name+"/via=engine", func(b *testing.B) {
			benchFetch(b, &fetch.Client{Base: base}, c.newRequest(b), &fetch.Params{Environment: app})
		})
	}
}

// merge returns a header with the lines of both.
func merge(a, b http.Header) http.Header {
	h := maps.Clone(a)
	maps.Copy(h, b)
	return h
}

// longNames returns a list of different names of about n bytes, with a comma at the
// end.
func longNames(n int) string {
	var list strings.Builder
	for i := 0; list.Len() < n; i++ {
		list.WriteString("y-" + strconv.Itoa(i) + ",")
	}
	return list.String()
}
