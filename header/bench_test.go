package header

import (
	"fmt"
	"net/http"
	"strings"
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

// BenchmarkName measures what is asked about a name alone. The long one is a
// megabyte.
func BenchmarkName(b *testing.B) {
	for _, c := range []struct {
		f     string
		call  func(name string) bool
		names []string
	}{
		{"ForbiddenResponseName", ForbiddenResponseName, []string{"Set-Cookie", "set-cookie", "Content-Type"}},
		{"NonWildcardRequestName", NonWildcardRequestName, []string{"Authorization", "authorization", "X-Custom"}},
		{"PrivilegedNoCORSName", PrivilegedNoCORSName, []string{"Range", "range", "X-Custom"}},
		{"RequestBodyName", RequestBodyName, []string{"Content-Type", "content-language", "X-Custom"}},
		{"SafelistedResponseName", SafelistedResponseName, []string{"Content-Type", "last-modified", "X-Request-Id"}},
		{"ValidName", ValidName, []string{"Accept", "X-Requested-With", "X Custom"}},
	} {
		for _, name := range append(c.names, strings.Repeat("X", 1<<20)) {
			b.Run("func="+c.f+"/name="+short(name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.call(name)
				}
			})
		}
	}
}

// BenchmarkValue measures what is asked about a value alone.
func BenchmarkValue(b *testing.B) {
	const mb = 1 << 20
	for _, c := range []struct{ name, value string }{
		{"usual", "application/json, text/plain, */*"},
		{"spaces", strings.Repeat(" \t", mb/2)},
		{"padded", strings.Repeat(" ", mb/2) + "x" + strings.Repeat("\r\n", mb/4)},
		{"long", strings.Repeat("x", mb)},
		{"invalid", strings.Repeat("x", mb) + "\x00"},
	} {
		b.Run("func=ValidValue/in="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ValidValue(c.value)
			}
		})
		b.Run("func=Normalize/in="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Normalize(c.value)
			}
		})
	}
}

func BenchmarkForbiddenRequest(b *testing.B) {
	for _, c := range []struct{ name, value string }{
		{"cookie", "v"},
		{"Cookie", "v"},
		{"Sec-Fetch-Site", "v"},
		{"X-Custom", "v"},
		{"X-Http-Method-Override", "PATCH, connect"},
	} {
		b.Run("name="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ForbiddenRequest(c.name, c.value)
			}
		})
	}
}

// safelistCases are header fields of requests, usual ones and those of scripts that
// mean harm.
var safelistCases = []struct{ name, key, value string }{
	{"accept", "Accept", "application/json, text/plain, */*"},
	{"language", "Accept-Language", "de-DE,de;q=0.9,en;q=0.8"},
	{"type", "Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"},
	{"json", "Content-Type", "application/json"},
	{"range", "Range", "bytes=0-1023"},
	{"other", "X-Custom", "x"},
	{"accept-128", "Accept", strings.Repeat("a", 128)}, // the longest that is looked at
	{"accept-long", "Accept", strings.Repeat("a", 1<<20)},
	{"language-long", "Accept-Language", strings.Repeat("de,", 1<<18)},
	{"type-long", "Content-Type", "text/plain" + strings.Repeat(";a=b", 1<<18)},
	{"range-long", "Range", "bytes=" + strings.Repeat("9", 1<<20) + "-"},
}

func BenchmarkSafelistedRequest(b *testing.B) {
	for _, c := range safelistCases {
		b.Run("header="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SafelistedRequest(c.key, c.value)
			}
		})
	}
}

func BenchmarkSafelistedNoCORS(b *testing.B) {
	for _, c := range safelistCases {
		b.Run("header="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SafelistedNoCORS(c.key, c.value)
			}
		})
	}
}

func BenchmarkSingleRange(b *testing.B) {
	for _, value := range []string{"bytes=0-1023", "bytes = 1 - 2", "bytes=-500", "bytes=0-1,2-3"} {
		b.Run("range="+strings.ReplaceAll(value, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SingleRange(value, true)
			}
		})
	}
}

func BenchmarkUnsafeNames(b *testing.B) {
	dst := make([]string, 0, 8)
	for _, c := range []struct {
		name   string
		header http.Header
	}{
		{"none", nil},
		{"safelisted", http.Header{"Accept": {"*/*"}, "Content-Type": {"text/plain"}}},
		{"json", http.Header{"Content-Type": {"application/json"}}},
		{"typical", http.Header{
			"Accept":        {"*/*"},
			"Authorization": {"Bearer x"},
			"Content-Type":  {"application/json"},
			"X-Csrf-Token":  {"x"},
			"X-Custom":      {"x"},
		}},
		// Safelisted one by one, but of 1024 bytes and more together.
		{"together", http.Header{
			"Accept":           {strings.Repeat("a", 128), strings.Repeat("b", 128), strings.Repeat("c", 128), strings.Repeat("d", 128)},
			"Accept-Language":  {strings.Repeat("a", 128), strings.Repeat("b", 128), strings.Repeat("c", 128)},
			"Content-Language": {strings.Repeat("a", 128), strings.Repeat("b", 128)},
		}},
	} {
		b.Run("header="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = UnsafeNames(dst[:0], c.header)
			}
		})
	}
}

func BenchmarkList(b *testing.B) {
	h := response()
	dst := make([]string, 0, 8)
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"Get", func() { Get(h, "Access-Control-Max-Age") }},
		{"Get/name=absent", func() { Get(h, "X-Absent") }},
		{"Get/name=key-by-hand", func() { Get(h, "Content-Type") }},
		{"Split", func() { dst = Split(dst[:0], h, "X-Content-Type-Options") }},
		{"Values", func() { dst, _ = Values(dst[:0], h, "Access-Control-Allow-Headers") }},
		{"Values/name=absent", func() { Values(nil, h, "X-Absent") }},
		{"DeltaSeconds", func() { DeltaSeconds(h, "Access-Control-Max-Age") }},
		{"Nosniff", func() { Nosniff(h) }},
		{"Blocked", func() { Blocked(h, "script") }},
		{"ExtractMIME", func() { ExtractMIME(h) }},
	} {
		b.Run("func="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.f()
			}
		})
	}
}

func BenchmarkParseMIME(b *testing.B) {
	for _, c := range []struct{ name, value string }{
		{"plain", "application/json"},
		{"charset", "text/html; charset=utf-8"},
		{"quoted", `multipart/form-data; boundary="a\"b"`},
		{"upper", "Text/HTML; Charset=UTF-8"},
	} {
		b.Run("type="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseMIME(c.value)
			}
		})
	}
}

func BenchmarkMIME(b *testing.B) {
	var params strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&params, `;a%d="\""`, i)
	}
	for _, c := range []struct{ name, value string }{
		{"javascript", "text/javascript"},
		{"charset", "text/html; charset=utf-8"},
		{"quoted", `multipart/form-data; boundary="a\"b"`},
		{"params", "text/plain" + params.String()},
	} {
		m, ok := ParseMIME(c.value)
		if !ok {
			b.Fatalf("%s is no MIME type", c.name)
		}
		b.Run("func=JavaScript/type="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.JavaScript()
			}
		})
		b.Run("func=Essence/type="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = m.Essence()
			}
		})
		b.Run("func=String/type="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = m.String()
			}
		})
	}
}

// short returns a name that is fit for that of a benchmark.
func short(name string) string {
	if len(name) > 40 {
		return "long"
	}
	return strings.ReplaceAll(name, " ", "_")
}
