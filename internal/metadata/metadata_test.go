package metadata

import (
	"fmt"
	"net/http/cookiejar"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/testtable"
)

var list = publicsuffix.List

type metadataCase struct {
	Origin         string
	URLs           []string
	Mode           string
	Destination    string
	UserActivation bool
	UserInitiated  bool
}

// fold computes the site of a whole URL list with [Site.Next].
func fold(list cookiejar.PublicSuffixList, userInitiated bool, origin string, urls []string) Site {
	var s Site
	if userInitiated {
		s = None
	}
	for _, u := range urls {
		s = s.Next(list, origin, u)
	}
	return s
}

func TestFor(t *testing.T) {
	testtable.Run(t, "fetch-metadata.json", func(t *testing.T, in metadataCase, want *Headers) {
		if want == nil {
			want = new(Headers)
		}
		r := Request{
			Site:           fold(list, in.UserInitiated, in.Origin, in.URLs),
			Mode:           in.Mode,
			Destination:    in.Destination,
			UserActivation: in.UserActivation,
		}
		if got := For(r, in.URLs[len(in.URLs)-1]); got != *want {
			t.Errorf("got %+v; want %+v", got, *want)
		}
	})
}

// oracleSite is the algorithm as the text has it, over the whole URL list.
func oracleSite(userInitiated bool, origin string, urls []string) string {
	header := "same-origin"
	if userInitiated {
		header = "none"
	}
	if header != "none" {
		for _, url := range urls {
			if site.EqualOrigins(url, origin) {
				continue
			}
			header = "cross-site"
			if !site.Same(list, origin, url) {
				break
			}
			header = "same-site"
		}
	}
	return header
}

// FuzzSite picks an origin and a URL list from a fixed set of origins, by the
// bytes of the input.
func FuzzSite(f *testing.F) {
	origins := []string{
		"", "null", "https://example.com", "https://www.example.com", "http://example.com",
		"https://example.com:8443", "https://example.org", "http://localhost", "http://a.localhost", "http://[::1]",
	}
	for _, c := range testtable.Load[metadataCase, *Headers](f, "fetch-metadata.json") {
		f.Add(c.In.UserInitiated, []byte(c.Name))
	}
	f.Add(false, []byte{2, 2, 3, 5, 2})
	f.Add(false, []byte{2, 3, 6, 2})
	f.Fuzz(func(t *testing.T, userInitiated bool, data []byte) {
		if len(data) == 0 {
			return
		}
		var urls []string
		for _, i := range data[1:] {
			urls = append(urls, origins[int(i)%len(origins)])
		}
		origin := origins[int(data[0])%len(origins)]
		got, want := fold(list, userInitiated, origin, urls), oracleSite(userInitiated, origin, urls)
		if got.String() != want {
			t.Errorf("origin %q, URLs %q: %v; want %s", origin, urls, got, want)
		}
	})
}

func TestAllocs(t *testing.T) {
	r := Request{Site: CrossSite, Mode: "navigate", Destination: "document", UserActivation: true}
	for name, f := range map[string]func(){
		"For":                func() { For(r, "https://example.com") },
		"For, not sent":      func() { For(r, "http://example.com") },
		"Next, equal":        func() { SameOrigin.Next(list, "https://example.com", "https://example.com") },
		"Next, other port":   func() { SameOrigin.Next(list, "https://example.com", "https://example.com:81") },
		"Next, other scheme": func() { SameOrigin.Next(list, "https://example.com", "http://www.example.com") },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkFor(b *testing.B) {
	r := Request{Mode: "cors"}
	for _, current := range []string{"https://example.com", "http://example.com"} {
		b.Run(fmt.Sprintf("current=%s", current), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				For(r, current)
			}
		})
	}
}

func ExampleFor() {
	const page = "https://example.com"
	var s Site
	for _, url := range []string{page, "https://cdn.example.com", "http://example.com", page} {
		s = s.Next(publicsuffix.List, page, url)
		fmt.Printf("%q\n", For(Request{Site: s, Mode: "no-cors", Destination: "image"}, url).Site)
	}
	// Output:
	// "same-origin"
	// "same-site"
	// ""
	// "cross-site"
}
