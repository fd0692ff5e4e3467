package main

import (
	"sync"
	"time"
)

// fleets are the numbers of nodes that are simulated.
var fleets = []int{1, 2, 4, 8, 16, 32, 64}

// reference is the number of nodes for comparisons of something else.
const reference = 16

// A study is all that the report is about.
type study struct {
	p    Params
	web  *Web
	runs int

	// By index in fleets.
	local   []*Result // pages assigned at random
	small   []*Result // likewise, caches of the default size
	bySite  []*Result // pages assigned by site
	tracked []*Result

	// The store does not know which node asks, so that this is the same for all
	// numbers of nodes; a test holds the simulation to that.
	shared *Result

	variants []*variant
	ttls     []ttl
}

// A variant is the crawl with something changed, on as many nodes as reference says.
type variant struct {
	name          string
	change        func(*Params)
	local, shared *Result
	err           error
}

// A ttl is client-side caching with another LocalTTL.
type ttl struct {
	d      time.Duration
	result *Result
}

// variants are what the result might depend on.
func variants() []*variant {
	one := func(name string, change func(*Params)) *variant { return &variant{name: name, change: change} }
	all := []*variant{one("as above", func(*Params) {})}
	for _, d := range []*Distribution{
		Constant(absent), PessimisticMaxAges, Constant(10 * time.Minute), Constant(time.Hour), Constant(2 * time.Hour), AlwaysSet,
	} {
		all = append(all, one("Max-Age "+d.Name, func(p *Params) { p.MaxAges = d }))
	}
	return append(all,
		one("crawl in 10 minutes", func(p *Params) { p.Duration = 10 * time.Minute }),
		one("crawl in a day", func(p *Params) { p.Duration = 24 * time.Hour }),
		one("no URL of a single page", func(p *Params) { p.OwnURL = 0 }),
		one("most URLs of a single page (80 %)", func(p *Params) { p.OwnURL = 0.8 }),
		one("sites of 5 pages", func(p *Params) { p.Sites = max(p.Pages/5, 1) }),
		one("sites of 200 pages", func(p *Params) { p.Sites = max(p.Pages/200, 1) }),
		one("sites of 2000 pages", func(p *Params) { p.Sites = max(p.Pages/2000, 1) }),
		one("sites of equal sizes", func(p *Params) { p.SiteExponent = 0 }),
		one("API origins by Zipf's law, exponent 0.64", func(p *Params) { p.OriginExponent = 0.64 }),
		one("API origins by Zipf's law, exponent 1", func(p *Params) { p.OriginExponent = 1 }),
		one("every Max-Age an hour and no URL of a single page", func(p *Params) {
			p.MaxAges, p.OwnURL = Constant(time.Hour), 0
		}),
		one("likewise, sites of 2000 pages", func(p *Params) {
			p.Sites, p.MaxAges, p.OwnURL = max(p.Pages/2000, 1), Constant(time.Hour), 0
		}),
	)
}

// newStudy runs all simulations, a number of them at once.
func newStudy(p Params, workers int) (*study, error) {
	web, err := NewWeb(&p)
	if err != nil {
		return nil, err
	}
	n := len(fleets)
	s := &study{
		p: p, web: web,
		local: make([]*Result, n), small: make([]*Result, n), bySite: make([]*Result, n), tracked: make([]*Result, n),
		variants: variants(),
	}
	for _, d := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour} {
		s.ttls = append(s.ttls, ttl{d: d})
	}
	small := p
	small.LocalKeys = 0
	var jobs []func()
	add := func(job func()) { jobs = append(jobs, job) }
	simulate := func(r **Result, p Params, nodes int, setup Setup, assign Assignment) {
		add(func() {
			*r = Simulate(web, &p, nodes, setup, assign)
			if setup == Tracked || assign == BySite || nodes != reference && setup == LocalOnly {
				(*r).byTarget = nil // classes needs that of two results only
			}
		})
	}
	simulate(&s.shared, p, 1, Shared, ByPage)
	for i, nodes := range fleets {
		simulate(&s.local[i], p, nodes, LocalOnly, ByPage)
		simulate(&s.small[i], small, nodes, LocalOnly, ByPage)
		simulate(&s.bySite[i], p, nodes, LocalOnly, BySite)
		simulate(&s.tracked[i], p, nodes, Tracked, ByPage)
	}
	for i := range s.ttls {
		p := p
		p.LocalTTL = s.ttls[i].d
		simulate(&s.ttls[i].result, p, reference, Tracked, ByPage)
	}
	for _, v := range s.variants {
		add(func() { v.err = v.run(p) })
	}
	parallel(jobs, workers)
	s.runs = len(jobs) + len(s.variants)
	for _, v := range s.variants {
		if v.err != nil {
			return nil, v.err
		}
	}
	return s, nil
}

func (v *variant) run(p Params) error {
	v.change(&p)
	web, err := NewWeb(&p)
	if err != nil {
		return err
	}
	v.local = Simulate(web, &p, reference, LocalOnly, ByPage)
	v.shared = Simulate(web, &p, 1, Shared, ByPage)
	v.local.byTarget, v.shared.byTarget = nil, nil
	return nil
}

// parallel runs jobs, some at once.
func parallel(jobs []func(), workers int) {
	todo := make(chan func())
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for job := range todo {
				job()
			}
		})
	}
	for _, job := range jobs {
		todo <- job
	}
	close(todo)
	wg.Wait()
}

// A class is the URLs that are called about equally often in a max-age window.
type class struct {
	low, high    float64 // calls per window, of the whole fleet
	targets      int
	calls        float64 // on average per window, weighted by calls
	local, share float64 // preflights of separate caches; how much of that sharing saves
	formula      float64
}

// bounds are those between classes.
var bounds = []float64{0, 0.03, 0.1, 0.3, 1, 3, 10, 30, 1e9}

// classes sorts the URLs by calls per max-age window, with the reference number of
// nodes. URLs that only one page calls are left out, and those that refuse preflights.
func (s *study) classes() []class {
	local := s.local[at()]
	var all []class
	for i := range len(bounds) - 1 {
		c := class{low: bounds[i], high: bounds[i+1]}
		var separate, shared, expected, weight float64
		for id := range s.web.targets {
			t := &s.web.targets[id]
			x := s.p.callsPerWindow(t)
			if t.refused || t.expected == 0 || x < c.low || x >= c.high {
				continue
			}
			c.targets++
			separate += float64(local.byTarget[id])
			shared += float64(s.shared.byTarget[id])
			expected += t.expected
			weight += x * t.expected
		}
		if separate == 0 {
			continue
		}
		c.calls = weight / expected
		c.local = separate
		c.share = 1 - shared/separate
		c.formula = savedShare(c.calls, reference)
		all = append(all, c)
	}
	return all
}

// callsPerWindow is how many calls of t the fleet makes, on average, in the time for
// which a grant is kept, or in the crawl if that is shorter.
func (p *Params) callsPerWindow(t *target) float64 {
	window := min(t.lifetime(ageLimit), p.Duration)
	return t.expected * float64(window) / float64(p.Duration)
}

// preflightsPerCall is how many preflights n separate caches send for each call of a
// URL that is called x times per max-age window, at random times, forever.
//
// A cache that is asked at rate r sends a preflight, is silent for the window T, and
// sends the next one at the first call after that, on average 1/r later: that is
// 1/(T + 1/r) preflights in a unit of time, or 1/(rT + 1) for each call. Each of n has
// rT = x/n.
func preflightsPerCall(x float64, n int) float64 { return 1 / (1 + x/float64(n)) }

// savedPerCall is how many of these sharing saves: the one store is asked for all calls.
func savedPerCall(x float64, n int) float64 { return preflightsPerCall(x, n) - preflightsPerCall(x, 1) }

// savedShare is the share of the preflights of n separate caches that sharing saves,
// which is (n-1)/n x/(1+x).
func savedShare(x float64, n int) float64 { return savedPerCall(x, n) / preflightsPerCall(x, n) }

// breakEven is how many times as long as a round trip to the store a preflight has to
// take, at least, for sharing to save time. A call takes a round trip, and another one if
// what its preflight has granted is to be stored.
func breakEven(x float64, n int) float64 {
	return (1 + preflightsPerCall(x, 1)) / savedPerCall(x, n)
}
