package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// A Web is what the fleet crawls: who calls what and when. It is the same however
// many nodes there are.
type Web struct {
	targets []target
	calls   []call // in the order of their times
	origins int    // API origins that are called at all
}

// A target is what can be granted at once: the requests of one site to one URL, which
// all have the same method and header names.
type target struct {
	key         preflightcache.Key
	credentials bool
	asked       string   // the method, as the preflight names it
	method      string   // as it is looked up: "" if it is safelisted
	unsafe      []string // header names
	grant       corscheck.Grant
	refused     bool // the server refuses the preflight
	site        int32

	expected       float64 // calls in the crawl, on average over all crawls; 0 for a URL of one page
	preflightBytes int64   // of each preflight
}

// A call is one request that needs a preflight, unless the cache has the grant.
type call struct {
	at     time.Duration // since the crawl began
	target int32
	page   int32
	fails  bool // once the preflight has allowed it
}

// shapes are the requests that need a preflight, and what a server that allows them
// says. They are there for their sizes.
var shapes = []struct {
	method  string
	unsafe  []string
	methods []string
	headers []string
}{
	{"POST", []string{"content-type"}, []string{"GET", "POST", "OPTIONS"}, []string{"content-type"}},
	{"GET", []string{"authorization"}, []string{"GET", "POST", "PUT", "DELETE", "OPTIONS"}, []string{"authorization", "content-type"}},
	{"POST", []string{"authorization", "content-type"}, []string{"GET", "POST", "PUT", "PATCH", "DELETE"}, []string{"authorization", "content-type", "x-requested-with"}},
	{"PUT", []string{"content-type"}, []string{"GET", "PUT", "DELETE"}, []string{"content-type"}},
}

// NewWeb makes the web and the crawl that p describes.
func NewWeb(p *Params) (*Web, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	r := rand.New(rand.NewPCG(p.Seed, 0x666c656574)) // any second word
	w := new(Web)

	ages := make([]time.Duration, p.Origins)
	for i := range ages {
		ages[i] = p.MaxAges.Draw(r)
	}
	popularity := NewZipf(p.Origins, p.OriginExponent)
	sites := make([]simSite, p.Sites)
	for i := range sites {
		sites[i] = w.newSite(p, r, popularity, ages, i)
	}
	w.crawl(p, r, sites, ages)
	used := make(map[string]bool)
	for _, c := range w.calls {
		used[originOf(w.targets[c.target].key.URL)] = true
	}
	w.origins = len(used)
	return w, nil
}

// A simSite is a site that is crawled.
type simSite struct {
	apis    []int   // the API origins that its pages call
	targets []int32 // Endpoints for each of these
}

func (w *Web) newSite(p *Params, r *rand.Rand, popularity *Zipf, ages []time.Duration, i int) simSite {
	s := simSite{apis: make([]int, 0, p.OriginsPerSite)}
	for len(s.apis) < min(p.OriginsPerSite, p.Origins) {
		if api := popularity.Draw(r); !slices.Contains(s.apis, api) {
			s.apis = append(s.apis, api)
		}
	}
	for _, api := range s.apis {
		for e := range p.Endpoints {
			s.targets = append(s.targets, w.newTarget(p, r, i, api, "/v1/endpoint-"+strconv.Itoa(e), ages[api]))
		}
	}
	return s
}

func (w *Web) newTarget(p *Params, r *rand.Rand, site, api int, path string, age time.Duration) int32 {
	shape := shapes[r.IntN(len(shapes))]
	name := "site" + strconv.Itoa(site) + ".example"
	t := target{
		// The partition is what the engine makes of the top-level site.
		key: preflightcache.Key{
			Partition: "https://" + name,
			Origin:    "https://www." + name,
			URL:       apiOrigin(api) + path,
		},
		credentials: r.Float64() < p.Credentials,
		asked:       shape.method,
		unsafe:      shape.unsafe,
		grant:       corscheck.Grant{Methods: shape.methods, Headers: shape.headers, MaxAge: age},
		refused:     r.Float64() < p.Refused,
		site:        int32(site),
	}
	if !corscheck.SafelistedMethod(shape.method) {
		t.method = shape.method // others are not looked up
	}
	t.preflightBytes = t.preflightLen()
	w.targets = append(w.targets, t)
	return int32(len(w.targets) - 1)
}

func apiOrigin(api int) string { return "https://api" + strconv.Itoa(api) + ".test" }

// originOf returns the part of a URL made by newTarget that is its origin.
func originOf(url string) string {
	for i := len("https://"); i < len(url); i++ {
		if url[i] == '/' {
			return url[:i]
		}
	}
	return url
}

// crawl visits the pages.
func (w *Web) crawl(p *Params, r *rand.Rand, sites []simSite, ages []time.Duration) {
	sizes := NewZipf(p.Sites, p.SiteExponent)
	for n, site := range sites {
		calls := sizes.P(n) * float64(p.Pages*p.CallsPerPage) * (1 - p.OwnURL)
		for _, t := range site.targets {
			w.targets[t].expected = calls / float64(len(site.targets))
		}
	}
	for page := range p.Pages {
		n := sizes.Draw(r)
		site := &sites[n]
		begin := time.Duration(r.Int64N(int64(p.Duration)))
		for c := range p.CallsPerPage {
			i := r.IntN(len(site.targets))
			t := site.targets[i]
			if r.Float64() < p.OwnURL {
				api := site.apis[i/p.Endpoints]
				t = w.newTarget(p, r, n, api, "/v1/items/"+strconv.Itoa(page*p.CallsPerPage+c), ages[api])
			}
			w.calls = append(w.calls, call{
				at:     begin + time.Duration(r.Int64N(int64(p.PageTime)+1)),
				target: t,
				page:   int32(page),
				fails:  r.Float64() < p.Failing,
			})
		}
	}
	slices.SortStableFunc(w.calls, func(a, b call) int { return int(a.at - b.at) })
}
