package corscheck

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// typical is a response header as an API sends it.
var typical = http.Header{
	"Access-Control-Allow-Credentials": {"true"},
	"Access-Control-Allow-Headers":     {"Content-Type, X-Requested-With, X-Request-Id"},
	"Access-Control-Allow-Methods":     {"GET, POST, PUT, PATCH, DELETE"},
	"Access-Control-Allow-Origin":      {"https://app.example"},
	"Access-Control-Expose-Headers":    {"ETag, Link, X-Request-Id, X-RateLimit-Remaining"},
	"Access-Control-Max-Age":           {"7200"},
	"Cache-Control":                    {"no-store"},
	"Content-Length":                   {"1024"},
	"Content-Type":                     {"application/json"},
	"Date":                             {"Tue, 07 Jul 2026 10:00:00 GMT"},
	"Etag":                             {`"1"`},
	"Link":                             {"</2>; rel=next"},
	"Server":                           {"example"},
	"Set-Cookie":                       {"session=1"},
	"Strict-Transport-Security":        {"max-age=31536000"},
	"Vary":                             {"Origin"},
	"X-Request-Id":                     {"7"},
}

func BenchmarkCheck(b *testing.B) {
	for _, bm := range []struct {
		name   string
		header http.Header
	}{
		{"res=typical", typical},
		{"res=star", adversarial["star"]},
		{"res=none", adversarial["none"]},
		{"res=commas", adversarial["commas"]},
		{"res=spaces", adversarial["spaces"]},
		{"res=lines", adversarial["lines"]},
		{"res=spread", adversarial["spread"]},
		{"res=crowd", adversarial["crowd"]},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Check("https://app.example", true, bm.header)
			}
		})
	}
}

func BenchmarkOutcome(b *testing.B) {
	b.Run("func=OK", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			OriginMismatch.OK()
		}
	})
	b.Run("func=String", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = OriginMismatch.String()
		}
	})
}

func BenchmarkSafelistedMethod(b *testing.B) {
	for _, bm := range []struct{ name, method string }{
		{"method=GET", "GET"},
		{"method=PUT", "PUT"},
		{"method=long", strings.Repeat("X", 1<<20)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = SafelistedMethod(bm.method)
			}
		})
	}
}

func BenchmarkNeedsPreflight(b *testing.B) {
	for _, bm := range []struct {
		name, method string
		unsafe       []string
	}{
		{"method=GET", "GET", nil},
		{"method=PUT", "PUT", nil},
		{"method=POST/unsafe=1", "POST", []string{"content-type"}},
		{"method=long", strings.Repeat("X", 1<<20), nil},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NeedsPreflight(bm.method, bm.unsafe)
			}
		})
	}
}

func BenchmarkPreflight(b *testing.B) {
	put := &Request{Origin: "https://app.example", Credentials: true, Method: "PUT", Unsafe: []string{"content-type", "x-request-id"}}
	many := &Request{Origin: put.Origin, Credentials: true, Method: "PUT", Unsafe: manyNames(10_000)}
	get := &Request{Origin: put.Origin, Method: "GET", Unsafe: []string{"authorization"}}
	for _, bm := range []struct {
		name   string
		req    *Request
		header http.Header
	}{
		{"res=typical", put, typical},
		{"res=commas", put, adversarial["commas"]},
		{"res=list", put, adversarial["list"]},
		{"res=lines", put, adversarial["lines"]},
		{"res=malformed", put, adversarial["malformed"]},
		{"res=bytes", put, adversarial["bytes"]},
		{"res=star", get, adversarial["star"]},
		{"res=list/unsafe=10000", many, adversarial["list"]},
	} {
		h := bm.header.Clone()
		h[allowOrigin], h[allowCredentials] = []string{bm.req.Origin}, []string{"true"}
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Preflight(bm.req, 204, h)
			}
		})
	}
}

// manyNames returns n names as [header.UnsafeNames] gives them.
func manyNames(n int) []string {
	names := make([]string, 0, n)
	for name := range manyHeaders(n) {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	return names
}

func BenchmarkPreflightHeader(b *testing.B) {
	for _, bm := range []struct {
		name  string
		names []string
	}{
		{"unsafe=0", nil},
		{"unsafe=2", []string{"content-type", "x-request-id"}},
		{"unsafe=10000", manyNames(10_000)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			h := make(http.Header)
			b.ReportAllocs()
			for b.Loop() {
				PreflightHeader(h, "PUT", bm.names)
			}
		})
	}
}

func BenchmarkExposed(b *testing.B) {
	for _, bm := range []struct {
		name string
		res  http.Header
	}{
		{"res=typical", typical},
		{"res=none", adversarial["none"]},
		{"res=star", adversarial["star"]},
		{"res=commas", adversarial["commas"]},
		{"res=list", adversarial["list"]},
		{"res=lines", adversarial["lines"]},
		{"res=crowd", adversarial["crowd"]},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Exposed(bm.res, false)
			}
		})
	}
}

func BenchmarkReadable(b *testing.B) {
	for _, bm := range []struct {
		name, header string
		res          http.Header
	}{
		{"name=Content-Type/res=typical", "Content-Type", typical},
		{"name=X-Request-Id/res=typical", "X-Request-Id", typical},
		{"name=X-Unknown/res=typical", "X-Unknown", typical},
		{"name=X-Unknown/res=commas", "X-Unknown", adversarial["commas"]},
		{"name=X-Unknown/res=list", "X-Unknown", adversarial["list"]},
		{"name=X-Unknown/res=lines", "X-Unknown", adversarial["lines"]},
		{"name=Set-Cookie/res=star", "Set-Cookie", adversarial["star"]},
		{"name=long/res=typical", strings.Repeat("X", 1<<20), typical},
	} {
		e := Exposed(bm.res, true)
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Readable(bm.header)
			}
		})
	}
}

func BenchmarkFilter(b *testing.B) {
	crowd := manyHeaders(10_000)
	crowd[exposeHeaders] = []string{longList("Y-", 1<<20)}
	star := manyHeaders(10_000)
	star[exposeHeaders] = []string{"*"}
	commas := manyHeaders(10_000)
	commas[exposeHeaders] = []string{strings.Repeat(",", 1<<20)}
	for _, bm := range []struct {
		name        string
		res         http.Header
		credentials bool
	}{
		{"res=typical", typical, true},
		{"res=none", adversarial["none"], true},
		{"res=star", star, false},
		{"res=list", crowd, true},
		{"res=commas", commas, true},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Exposed(bm.res, bm.credentials).Filter(bm.res)
			}
		})
	}
}
