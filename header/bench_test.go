package header

import (
	"net/http"
	"testing"
)

func BenchmarkHostile(b *testing.B) {
	for _, c := range hostileCases() {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.f()
			}
		})
	}
}

func BenchmarkForbiddenRequest(b *testing.B) {
	for _, name := range []string{"cookie", "Cookie", "Sec-Fetch-Site", "X-Custom"} {
		b.Run("name="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ForbiddenRequest(name, "v")
			}
		})
	}
}

func BenchmarkSafelistedRequest(b *testing.B) {
	for _, c := range []struct{ name, key, value string }{
		{"accept", "Accept", "application/json, text/plain, */*"},
		{"language", "Accept-Language", "de-DE,de;q=0.9,en;q=0.8"},
		{"type", "Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"},
		{"json", "Content-Type", "application/json"},
		{"range", "Range", "bytes=0-1023"},
		{"other", "X-Custom", "x"},
	} {
		b.Run("header="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SafelistedRequest(c.key, c.value)
			}
		})
	}
}

func BenchmarkUnsafeNames(b *testing.B) {
	h := http.Header{
		"Accept":        {"*/*"},
		"Authorization": {"Bearer x"},
		"Content-Type":  {"application/json"},
		"X-Csrf-Token":  {"x"},
		"X-Custom":      {"x"},
	}
	b.ReportAllocs()
	dst := make([]string, 0, 8)
	for b.Loop() {
		dst = UnsafeNames(dst[:0], h)
	}
}

func BenchmarkList(b *testing.B) {
	h := response()
	dst := make([]string, 0, 8)
	for name, f := range map[string]func(){
		"Get":          func() { Get(h, "Access-Control-Max-Age") },
		"Split":        func() { dst = Split(dst[:0], h, "X-Content-Type-Options") },
		"Values":       func() { dst, _ = Values(dst[:0], h, "Access-Control-Allow-Headers") },
		"DeltaSeconds": func() { DeltaSeconds(h, "Access-Control-Max-Age") },
		"Nosniff":      func() { Nosniff(h) },
		"Blocked":      func() { Blocked(h, "script") },
	} {
		b.Run("func="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

func BenchmarkParseMIME(b *testing.B) {
	for _, c := range []struct{ name, value string }{
		{"plain", "application/json"},
		{"charset", "text/html; charset=utf-8"},
		{"quoted", `multipart/form-data; boundary="a\"b"`},
	} {
		b.Run("type="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseMIME(c.value)
			}
		})
	}
}
