package corscheck

import (
	"net/http"
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
		{"res=commas", adversarial["commas"]},
		{"res=lines", adversarial["lines"]},
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

func BenchmarkNeedsPreflight(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NeedsPreflight("GET", nil)
	}
}

func BenchmarkPreflight(b *testing.B) {
	put := &Request{Origin: "https://app.example", Credentials: true, Method: "PUT", Unsafe: []string{"content-type", "x-request-id"}}
	for _, bm := range []struct {
		name   string
		header http.Header
	}{
		{"res=typical", typical},
		{"res=commas", adversarial["commas"]},
		{"res=list", adversarial["list"]},
	} {
		h := bm.header.Clone()
		h[allowOrigin], h[allowCredentials] = []string{put.Origin}, []string{"true"}
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Preflight(put, 204, h)
			}
		})
	}
}

func BenchmarkPreflightHeader(b *testing.B) {
	h := make(http.Header)
	names := []string{"content-type", "x-request-id"}
	b.ReportAllocs()
	for b.Loop() {
		PreflightHeader(h, "PUT", names)
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
	commas := manyHeaders(10_000)
	commas[exposeHeaders] = []string{strings.Repeat(",", 1<<20)}
	for _, bm := range []struct {
		name string
		res  http.Header
	}{
		{"res=typical", typical},
		{"res=list", crowd},
		{"res=commas", commas},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Exposed(bm.res, true).Filter(bm.res)
			}
		})
	}
}
