package samesite

import (
	"net/http/cookiejar"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/testtable"
)

var list = publicsuffix.List

type input struct {
	URLs              []string
	Method            string
	Mode              string
	Destination       string
	UserInitiated     bool
	Origin            string
	TopLevel          string
	CrossSiteAncestor bool
}

type want struct{ Send, Store string }

func (in input) topLevel() bool { return in.Mode == "navigate" && in.Destination == "document" }

// fold computes the chain of a whole URL list with [Chain.Next].
func fold(list cookiejar.PublicSuffixList, in input) Chain {
	var c Chain
	if in.UserInitiated {
		c = NoClient
	}
	site := SiteForCookies(list, in.Origin, in.TopLevel, in.CrossSiteAncestor)
	for _, u := range in.URLs {
		c = c.Next(list, site, u)
	}
	return c
}

func TestLevels(t *testing.T) {
	testtable.Run(t, "samesite.json", func(t *testing.T, in input, want want) {
		c := fold(list, in)
		if got := c.Send(in.Method, in.topLevel()); got.String() != want.Send {
			t.Errorf("send: %v; want %v", got, want.Send)
		}
		if got := c.Store(in.topLevel()); got.String() != want.Store {
			t.Errorf("store: %v; want %v", got, want.Store)
		}
	})
}

func TestSiteForCookies(t *testing.T) {
	type frame struct {
		Origin, TopLevel  string
		CrossSiteAncestor bool
	}
	testtable.Run(t, "samesite-site-for-cookies.json", func(t *testing.T, in frame, want string) {
		if got := SiteForCookies(list, in.Origin, in.TopLevel, in.CrossSiteAncestor); got != want {
			t.Errorf("got %q; want %q", got, want)
		}
	})
}

// oracleSend decides like RFC 6265bis for the current URL, and then withholds what
// Fetch's redirect-taint withholds, computed from the whole URL list.
func oracleSend(in input) Level {
	if in.UserInitiated {
		return StrictOrLess
	}
	siteForCookies := "an opaque origin"
	if site.Same(list, in.Origin, in.TopLevel) && !in.CrossSiteAncestor {
		siteForCookies = in.TopLevel
	}
	sameSite := site.Same(list, in.URLs[len(in.URLs)-1], siteForCookies)
	for i := 1; i < len(in.URLs); i++ {
		last, url := in.URLs[i-1], in.URLs[i]
		if !site.Same(list, url, last) && !site.Same(list, in.Origin, last) {
			sameSite = false
		}
	}
	safe := in.Method == "GET" || in.Method == "HEAD" || in.Method == "OPTIONS" || in.Method == "TRACE"
	switch {
	case sameSite:
		return StrictOrLess
	case safe && in.Mode == "navigate" && in.Destination == "document":
		return LaxOrLess
	}
	return UnsetOrLess
}

// FuzzChain picks the origins and the rest from fixed sets, by the bytes of the
// input.
func FuzzChain(f *testing.F) {
	origins := []string{
		"", "https://example.com", "https://www.example.com", "http://example.com", "https://example.com:8443",
		"https://example.org", "https://a.github.io", "https://b.github.io", "http://localhost", "http://127.0.0.1",
	}
	methods := []string{"GET", "POST", "HEAD", "get", "PUT"}
	modes := []string{"navigate", "cors", "no-cors"}
	destinations := []string{"document", "iframe", "", "image"}
	pick := func(from []string, b byte) string { return from[int(b)%len(from)] }
	f.Add(false, false, []byte{0, 0, 0, 1, 1, 1, 5, 1})
	f.Add(false, false, []byte{1, 1, 2, 1, 1, 5, 1})
	f.Add(false, true, []byte{1, 0, 0, 1, 1, 1})
	f.Add(true, false, []byte{1, 0, 0, 1, 1, 5, 6})
	f.Add(false, false, []byte{0, 0, 0, 5, 1, 5, 5})
	f.Fuzz(func(t *testing.T, user, ancestor bool, data []byte) {
		if len(data) < 6 {
			return
		}
		in := input{
			Method: pick(methods, data[0]), Mode: pick(modes, data[1]), Destination: pick(destinations, data[2]),
			Origin: pick(origins, data[3]), TopLevel: pick(origins, data[4]),
			UserInitiated: user, CrossSiteAncestor: ancestor,
		}
		for _, b := range data[5:] {
			in.URLs = append(in.URLs, pick(origins, b))
		}
		c := fold(list, in)
		got := c.Send(in.Method, in.topLevel())
		if want := oracleSend(in); got != want {
			t.Errorf("%+v: %v; want %v", in, got, want)
		}
		store := c.Store(in.topLevel())
		if want := got == StrictOrLess || in.topLevel(); (store == StrictOrLess) != want || !want && store != UnsetOrLess {
			t.Errorf("%+v: sends %v, stores %v", in, got, store)
		}
	})
}

// com is a list that knows one suffix and does not allocate, which
// publicsuffix.List does.
type com struct{}

func (com) PublicSuffix(string) string { return "com" }
func (com) String() string             { return "com" }

func TestAllocs(t *testing.T) {
	const page = "https://example.com"
	for name, f := range map[string]func(){
		"SiteForCookies": func() { SiteForCookies(com{}, "https://www.example.com", page, false) },
		"Next, equal":    func() { SameSite.Next(com{}, page, page) },
		"Next, same":     func() { SameSite.Next(com{}, page, "https://www.example.com") },
		"Next, cross":    func() { SameSite.Next(com{}, page, "https://other.com") },
		"Send":           func() { _ = CrossSite.Send("GET", true) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for name, url := range map[string]string{"url=equal": "https://example.com", "url=cross": "https://example.org"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SameSite.Next(list, "https://example.com", url)
			}
		})
	}
}
