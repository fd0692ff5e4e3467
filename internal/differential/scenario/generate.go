package scenario

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Generate returns the scenario with the given number of the series that seed
// begins. Most of them are near the border between allowed and refused: the
// servers answer what is needed, except for a thing or two.
func Generate(seed, number uint64) Scenario {
	g := &generator{rand: rand.New(rand.NewPCG(seed, number))}
	g.s.Name = fmt.Sprintf("seed %d number %d", seed, number)
	g.s.Source = "generated"
	g.page()
	g.cookies()
	for i := range pick(g, weighted[int]{{60, 1}, {25, 2}, {10, 3}, {5, 4}}) {
		if i > 0 && g.chance(40) {
			g.again()
		} else {
			g.fetch()
		}
	}
	return g.s
}

type generator struct {
	rand *rand.Rand
	s    Scenario
}

// A weighted is a list to choose from, with the weight of each element.
type weighted[T any] []struct {
	weight int
	value  T
}

func pick[T any](g *generator, list weighted[T]) T {
	total := 0
	for _, e := range list {
		total += e.weight
	}
	n := g.rand.IntN(total)
	for _, e := range list {
		if n -= e.weight; n < 0 {
			return e.value
		}
	}
	panic("unreachable")
}

func oneOf[T any](g *generator, list ...T) T { return list[g.rand.IntN(len(list))] }

// chance is true in so many percent of the calls.
func (g *generator) chance(percent int) bool { return g.rand.IntN(100) < percent }

func (g *generator) page() {
	p := &g.s.Page
	p.At = pick(g, weighted[Place]{{75, App}, {10, PlainApp}, {8, Local}, {3, IP}, {4, API}})
	if g.chance(20) {
		p.ReferrerPolicy = oneOf(g, ReferrerPolicies...)
	}
	if p.At == App && g.chance(12) {
		p.EmbedderPolicy = oneOf(g, "require-corp", "credentialless")
	}
	p.Sandboxed = g.chance(6)
}

func (g *generator) cookies() {
	for i, at := range []Place{App, API, Far, PlainApp} {
		if !g.chance(40) {
			continue
		}
		c := Cookie{At: at, Name: fmt.Sprintf("c%d", i), Value: string(at), Secure: at != PlainApp, HTTPOnly: g.chance(20)}
		c.SameSite = oneOf(g, "none", "none", "lax", "strict")
		if !c.Secure {
			c.SameSite = oneOf(g, "lax", "strict")
		}
		g.s.Cookies = append(g.s.Cookies, c)
	}
}

func (g *generator) place() Place {
	return pick(g, weighted[Place]{
		{20, g.s.Page.At}, {15, App}, {18, API}, {6, Port}, {30, Far}, {3, PlainApp}, {3, PlainAPI}, {4, PlainFar}, {3, Local}, {2, IP},
	})
}

// fetch adds a fetch and the servers it needs.
func (g *generator) fetch() {
	f := Fetch{
		Mode: pick(g, weighted[string]{
			{60, ""}, {15, "cors"}, {16, "no-cors"}, {8, "same-origin"}, {1, "navigate"},
		}),
		Credentials: pick(g, weighted[string]{
			{35, ""}, {10, "same-origin"}, {40, "include"}, {15, "omit"},
		}),
		Redirect: pick(g, weighted[string]{
			{82, ""}, {3, "follow"}, {8, "manual"}, {7, "error"},
		}),
		Cache: pick(g, weighted[string]{
			{80, ""}, {5, "no-store"}, {5, "reload"}, {5, "no-cache"}, {3, "force-cache"}, {2, "default"},
		}),
	}
	if g.chance(20) {
		f.ReferrerPolicy = oneOf(g, ReferrerPolicies...)
	}
	if g.chance(10) {
		f.Referrer = pick(g, weighted[string]{
			{4, "no-referrer"}, {4, "{" + string(g.s.Page.At) + "}/other?q=1#f"}, {2, "{far}/page"}, {1, "about:client"},
		})
	}
	g.method(&f)
	g.header(&f)
	if g.chance(4) {
		f.Integrity = oneOf(g, integrityOfBody, "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "md5-AAAA", integrityOfBody+" sha384-AAAA")
	}
	f.Keepalive = g.chance(4)
	g.chain(&f)
	g.s.Fetches = append(g.s.Fetches, f)
}

// again adds a fetch that is much like an earlier one, so that the preflight cache
// matters.
func (g *generator) again() {
	f := g.s.Fetches[g.rand.IntN(len(g.s.Fetches))]
	f.Header = slices.Clone(f.Header)
	switch g.rand.IntN(6) {
	case 0:
		f.Credentials = oneOf(g, "", "include", "omit")
	case 1:
		f.Body = Body{}
		g.method(&f)
	case 2:
		f.Header = append(f.Header, Field{oneOf(g, "X-A", "X-B", "Authorization"), "1"})
	case 3:
		f.Header = nil
	case 4:
		f.URL += "#f"
	}
	g.s.Fetches = append(g.s.Fetches, f)
}

func (g *generator) method(f *Fetch) {
	f.Method = pick(g, weighted[string]{
		{34, ""}, {22, "POST"}, {16, "PUT"}, {7, "DELETE"}, {5, "HEAD"}, {5, "PATCH"}, {3, "patch"}, {2, "put"},
		{2, "OPTIONS"}, {2, "CHICKEN"}, {1, "TRACE"}, {1, "get"},
	})
	if f.Method == "POST" || f.Method == "PUT" || f.Method == "PATCH" || g.chance(2) {
		f.Body = Body{
			Kind: pick(g, weighted[BodyKind]{{2, NoBody}, {5, String}, {3, Bytes}, {2, Form}}),
			Text: oneOf(g, "hello", "", "a=b"),
		}
		switch f.Body.Kind {
		case NoBody:
			f.Body.Text = ""
		case Form:
			f.Body.Text = "a=b"
		}
	}
}

func (g *generator) header(f *Fetch) {
	for range pick(g, weighted[int]{{50, 0}, {30, 1}, {15, 2}, {5, 3}}) {
		f.Header = append(f.Header, pick(g, weighted[Field]{
			{8, Field{oneOf(g, "X-A", "x-a", "X-B"), oneOf(g, "1", "", "a b")}},
			{6, Field{"Content-Type", oneOf(g, contentTypes...)}},
			{4, Field{"Authorization", "Bearer x"}},
			{3, Field{"Accept", oneOf(g, "text/html", "text/\"x\"", strings.Repeat("a", 128), strings.Repeat("a", 129))}},
			{2, Field{oneOf(g, "Accept-Language", "Content-Language"), oneOf(g, "de, en;q=0.5", "d_e", strings.Repeat("d", 129))}},
			{3, Field{"Range", oneOf(g, "bytes=0-4", "bytes=2-", "bytes=-5", "bytes=5-2", "bytes=0-1,3-4", "bytes=0 - 4")}},
			{2, Field{oneOf(g, "If-None-Match", "If-Modified-Since"), "\"x\""}},
			{2, Field{oneOf(g, "Cache-Control", "Pragma"), "no-cache"}},
			{1, Field{oneOf(g, "Sec-X", "Proxy-X", "Origin", "Cookie", "Referer", "Host", "Date", "DNT"), "x"}},
			{1, Field{oneOf(g, "X-HTTP-Method-Override", "X-Method-Override"), oneOf(g, "GET", "TRACE", "get, connect")}},
			{1, Field{oneOf(g, "bad name", "", "X-C"), oneOf(g, "v", "\x01", "\xe4", " pad ")}},
		}))
	}
}

// chain makes the resource that f fetches, and those that it redirects to.
func (g *generator) chain(f *Fetch) {
	hops := pick(g, weighted[int]{{55, 1}, {28, 2}, {13, 3}, {4, 4}})
	type stop struct {
		at   Place
		path string
	}
	var stops []stop
	for range hops {
		stops = append(stops, stop{g.place(), string(rune('a' + len(g.s.Servers) + len(stops)))})
	}
	url := fmt.Sprintf("{%s:%s}", stops[0].at, stops[0].path)
	f.URL = url + pick(g, weighted[string]{{85, ""}, {8, "?q=1"}, {7, "#frag"}})

	origin := "{" + string(g.s.Page.At) + "}" // as the servers should allow
	if g.s.Page.Sandboxed {
		origin = "null"
	}
	tainted := false
	for i, at := range stops {
		if i > 0 && stops[i-1].at != g.s.Page.At && at.at != stops[i-1].at {
			tainted = true
		}
		if tainted {
			origin = "null"
		}
		r := Resource{At: at.at, Path: at.path}
		if f.Method != "" && f.Method != "POST" || len(f.Header) > 0 || g.chance(10) {
			r.Preflight = []Answer{g.preflightAnswer(f, origin)}
			if g.chance(10) {
				r.Preflight = append(r.Preflight, g.preflightAnswer(f, origin))
			}
		}
		a := g.answer(f, origin)
		if i+1 < len(stops) {
			a.Status = oneOf(g, 301, 302, 303, 307, 308, 302, 307)
			a.Body = ""
			a.Gzip = false
			a.Header = append(a.Header, Field{"Location", g.location(stops[i+1].at, stops[i+1].path)})
			if g.chance(15) {
				a.Header = append(a.Header, Field{"Referrer-Policy", oneOf(g, "no-referrer", "origin, bogus", "unsafe-url", "bogus", "same-origin", "strict-origin", "")})
			}
		}
		r.Answer = []Answer{a}
		g.s.Servers = append(g.s.Servers, r)
	}
}
