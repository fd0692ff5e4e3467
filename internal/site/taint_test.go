package site

import (
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type taintCase struct {
	Origin string
	URLs   []string
}

// fold computes the taint of a whole list with [Taint.Next].
func fold(list cookiejar.PublicSuffixList, origin string, urls []string) Taint {
	var t Taint
	for i := 1; i < len(urls); i++ {
		t = t.Next(list, origin, urls[i-1], urls[i])
	}
	return t
}

func TestTaint(t *testing.T) {
	testtable.Run(t, "redirect-taint.json", func(t *testing.T, in taintCase, want string) {
		if got := fold(list, in.Origin, in.URLs); got.String() != want {
			t.Errorf("origin %q, URLs %q: %v; want %s", in.Origin, in.URLs, got, want)
		}
		if got := oracleTaint(in.Origin, in.URLs); got != want {
			t.Errorf("oracle says %s for origin %q, URLs %q; want %s", got, in.Origin, in.URLs, want)
		}
	})
}

func TestSerializeOrigin(t *testing.T) {
	tests := []struct {
		taint        Taint
		origin, want string
	}{
		{SameOrigin, "https://example.com", "https://example.com"},
		{SameSite, "https://example.com", "null"},
		{CrossSite, "https://example.com", "null"},
		{SameOrigin, "wails://wails", "wails://wails"},
		{SameOrigin, "", "null"},
		{SameOrigin, "null", "null"},
	}
	for _, tt := range tests {
		if got := tt.taint.SerializeOrigin(tt.origin); got != tt.want {
			t.Errorf("%v: SerializeOrigin(%q) = %q; want %q", tt.taint, tt.origin, got, tt.want)
		}
	}
}

// oracleTaint is the algorithm as the standard has it, over the whole URL list.
func oracleTaint(origin string, urls []string) string {
	lastURL := ""
	first := true
	taint := "same-origin"
	for _, url := range urls {
		if first {
			lastURL, first = url, false
			continue
		}
		if !oracleSameSite(url, lastURL) && !oracleSameSite(origin, lastURL) {
			return "cross-site"
		}
		if !oracleSameOrigin(url, lastURL) && !oracleSameOrigin(origin, lastURL) {
			taint = "same-site"
		}
		lastURL = url
	}
	return taint
}

func oracleSameOrigin(a, b string) bool {
	return a != "" && a != "null" && a == b
}

// oracleSameSite obtains both sites and compares them.
func oracleSameSite(a, b string) bool {
	if a == "" || a == "null" || b == "" || b == "null" {
		return false
	}
	schemeA, hostA := oracleSplit(a)
	schemeB, hostB := oracleSplit(b)
	return schemeA == schemeB && oracleDomain(hostA) == oracleDomain(hostB)
}

func oracleSplit(origin string) (scheme, host string) {
	scheme, host, _ = strings.Cut(origin, "://")
	if i := strings.LastIndex(host, ":"); i > strings.LastIndex(host, "]") {
		host = host[:i]
	}
	return scheme, host
}

// oracleDomain returns the registrable domain of a host, or the host if it has
// none. Of suffixes it knows those in the tests only.
func oracleDomain(host string) string {
	dot := ""
	if strings.HasSuffix(host, ".") {
		host, dot = host[:len(host)-1], "."
	}
	for _, suffix := range []string{".co.uk", ".com", ".test", ".example", ".localhost"} {
		if name, ok := strings.CutSuffix(host, suffix); ok {
			labels := strings.Split(name, ".")
			return labels[len(labels)-1] + suffix + dot
		}
	}
	return host + dot
}

// FuzzTaint picks a request origin and a URL list from a fixed set of origins,
// by the bytes of the input.
func FuzzTaint(f *testing.F) {
	origins := []string{
		"", "null",
		"https://example.com", "https://www.example.com", "https://a.www.example.com", "http://example.com",
		"https://example.com:8443", "https://example.com.", "https://www.example.com.", "https://com",
		"https://a.co.uk", "https://b.co.uk", "https://x.a.co.uk", "https://co.uk",
		"http://localhost", "http://a.localhost", "http://localhost:81",
		"http://127.0.0.1", "http://127.0.0.1:81", "http://[::1]", "http://[::1]:81", "http://[::2]",
	}
	index := make(map[string]byte)
	for i, o := range origins {
		index[o] = byte(i)
	}
	for _, c := range testtable.Load[taintCase, string](f, "redirect-taint.json") {
		seed := []byte{index[c.In.Origin]}
		for _, u := range c.In.URLs {
			seed = append(seed, index[u])
		}
		f.Add(seed)
	}
	f.Add([]byte{2, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{10, 12, 11, 10, 13})
	f.Add([]byte{14, 15, 16, 17, 18, 19, 20, 21})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		var urls []string
		for _, i := range data[1:] {
			urls = append(urls, origins[int(i)%len(origins)])
		}
		origin := origins[int(data[0])%len(origins)]
		if got, want := fold(list, origin, urls), oracleTaint(origin, urls); got.String() != want {
			t.Errorf("origin %q, URLs %q: %v; want %s", origin, urls, got, want)
		}
	})
}

func BenchmarkTaint(b *testing.B) {
	for name, next := range map[string]string{
		"next=same-origin": "https://cdn.example.net",
		"next=cross-site":  "https://example.org",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SameOrigin.Next(list, "https://example.com", "https://cdn.example.net", next)
			}
		})
	}
}
