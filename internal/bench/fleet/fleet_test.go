package main

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// small are parameters of a crawl that is over soon, but has something of everything.
func small() Params {
	p := Defaults()
	p.Pages, p.Sites, p.Origins = 1000, 40, 200
	p.Duration = 10 * time.Minute
	p.Refused, p.Failing = 0.05, 0.05
	return p
}

// instant makes everything but the crawl take no time.
func instant(p Params) Params {
	p.PreflightRTT, p.StoreRTT = 0, 0
	return p
}

// harmless makes nothing fail, so that nothing is cleared.
func harmless(p Params) Params {
	p.Refused, p.Failing = 0, 0
	return p
}

func newWeb(t *testing.T, p Params) *Web {
	t.Helper()
	w, err := NewWeb(&p)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var setups = []Setup{LocalOnly, Shared, Tracked}

// What comes in goes out, in every set-up and with every number of nodes.
func TestConservation(t *testing.T) {
	p := small()
	w := newWeb(t, p)
	refused := 0
	for _, c := range w.calls {
		if w.targets[c.target].refused {
			refused++
		}
	}
	for _, setup := range setups {
		for _, n := range []int{1, 3, 16, 64} {
			for _, assign := range []Assignment{ByPage, BySite} {
				r := Simulate(w, &p, n, setup, assign)
				if r.Lookups != p.Pages*p.CallsPerPage || r.Hits+r.Preflights != r.Lookups {
					t.Errorf("%s, %d nodes: %d hits and %d preflights of %d look-ups; want those of %d calls",
						setup, n, r.Hits, r.Preflights, r.Lookups, p.Pages*p.CallsPerPage)
				}
				// Every preflight has a grant to store, or was refused and clears.
				if r.Stores != r.Preflights-refused || r.Clears < refused {
					t.Errorf("%s, %d nodes: %d preflights, %d of them refused, %d stores, %d clears", setup, n, r.Preflights, refused, r.Stores, r.Clears)
				}
				var sum int32
				for _, x := range r.byTarget {
					sum += x
				}
				if int(sum) != r.Preflights {
					t.Errorf("%s, %d nodes: the URLs have %d preflights; want %d", setup, n, sum, r.Preflights)
				}
				switch setup {
				case LocalOnly:
					if r.LocalHits != r.Hits || r.RoundTrips != 0 || r.StoreTraffic != (traffic{}) || r.Notices != 0 {
						t.Errorf("%d nodes with local caches: %+v", n, *r)
					}
				case Shared:
					if r.LocalHits != 0 || r.RoundTrips != r.Lookups+r.Stores+r.Clears || r.Notices != 0 {
						t.Errorf("%d nodes with a shared store: %+v", n, *r)
					}
				}
			}
		}
	}
}

// More nodes with caches of their own never send fewer preflights, if caches have no
// bounds, nothing takes time and nothing is cleared: the grants of one cache begin at
// calls and cover all calls of a key, and greedily so, hence with the fewest possible
// grants; those of several caches cover them as well. For 2n and n nodes it holds for
// the calls of each of the n, which are those of two of the 2n.
func TestMoreNodesSendNoFewerPreflights(t *testing.T) {
	p := harmless(instant(small()))
	w := newWeb(t, p)
	last, grew := 0, false
	for _, n := range fleets {
		r := Simulate(w, &p, n, LocalOnly, ByPage)
		if r.Preflights < last {
			t.Errorf("%d nodes send %d preflights, and half as many send %d", n, r.Preflights, last)
		}
		grew = grew || last > 0 && r.Preflights > last
		last = r.Preflights
	}
	if !grew {
		t.Error("the number of nodes makes no difference; the crawl is no test")
	}
}

// A store that all nodes share is asked the same questions in the same order however
// many there are, and if it takes no time these are those of one node's own cache. Copies
// that end when they change answer the same.
func TestSharingMakesOneNodeOfMany(t *testing.T) {
	for _, p := range []Params{instant(small()), instant(harmless(small()))} {
		w := newWeb(t, p)
		want := Simulate(w, &p, 1, LocalOnly, ByPage)
		for _, n := range []int{1, 2, 7, 64} {
			for _, setup := range []Setup{Shared, Tracked} {
				r := Simulate(w, &p, n, setup, ByPage)
				if r.Preflights != want.Preflights || !slices.Equal(r.byTarget, want.byTarget) {
					t.Errorf("%s, %d nodes: %d preflights; want %d, as one node sends", setup, n, r.Preflights, want.Preflights)
				}
				if r.StaleHits != 0 {
					t.Errorf("%s, %d nodes: %d stale hits although notices take no time", setup, n, r.StaleHits)
				}
			}
		}
	}
}

// If the store takes time, the answers are still the same for all numbers of nodes.
func TestSharedDoesNotDependOnNodes(t *testing.T) {
	p := small()
	w := newWeb(t, p)
	want := Simulate(w, &p, 1, Shared, ByPage)
	for _, n := range fleets {
		if r := Simulate(w, &p, n, Shared, BySite); !reflect.DeepEqual(r, want) {
			t.Errorf("%d nodes: %+v; want %+v", n, *r, *want)
		}
	}
}

// A key contains the site. Nodes that divide sites among themselves send what one does.
func TestBySiteNeedsNoSharing(t *testing.T) {
	p := small()
	w := newWeb(t, p)
	want := Simulate(w, &p, 1, LocalOnly, BySite)
	for _, n := range []int{2, 3, 64} {
		if r := Simulate(w, &p, n, LocalOnly, BySite); !slices.Equal(r.byTarget, want.byTarget) {
			t.Errorf("%d nodes send %d preflights; want %d", n, r.Preflights, want.Preflights)
		}
	}
}

// Client-side caching saves round trips, and costs notices; with copies that end at once
// it is a shared store.
func TestClientSideCaching(t *testing.T) {
	p := small()
	w := newWeb(t, p)
	shared := Simulate(w, &p, 4, Shared, ByPage)
	tracked := Simulate(w, &p, 4, Tracked, ByPage)
	if tracked.RoundTrips >= shared.RoundTrips || tracked.LocalHits == 0 || tracked.Notices == 0 {
		t.Errorf("client-side caching: %+v; shared store: %+v", *tracked, *shared)
	}
	if got, want := tracked.LocalHits+tracked.RoundTrips, tracked.Lookups+tracked.Stores+tracked.Clears; got > want {
		t.Errorf("%d local hits and %d round trips are more than %d operations", tracked.LocalHits, tracked.RoundTrips, want)
	}
	p.LocalTTL = 0
	none := Simulate(w, &p, 4, Tracked, ByPage)
	if none.LocalHits != 0 || none.Preflights != shared.Preflights || none.RoundTrips != shared.RoundTrips {
		t.Errorf("copies that end at once: %+v; want as shared: %+v", *none, *shared)
	}
}

// A notice that is late lets a node act on what another has cleared, until it comes.
func TestLateNotice(t *testing.T) {
	p := Params{LocalTTL: time.Hour, StoreRTT: time.Second, Duration: time.Minute}
	put := target{
		key:   preflightcache.Key{Partition: "p", Origin: "o", URL: "u"},
		asked: "PUT", method: "PUT",
		grant: corscheck.Grant{Methods: []string{"PUT"}, MaxAge: time.Hour},
	}
	one, other := pageOn(0, 2), pageOn(1, 2)
	w := &Web{targets: []target{put}, calls: []call{
		{at: 0, page: one},                                       // asks, sends, stores at 1 s
		{at: 5 * time.Second, page: other},                       // asks, and has a copy
		{at: 10 * time.Second, page: one, fails: true},           // with its copy; clears at once
		{at: 10*time.Second + 500*time.Millisecond, page: other}, // notice not there
		{at: 12 * time.Second, page: other},                      // notice there: asks, sends
	}}
	r := Simulate(w, &p, 2, Tracked, ByPage)
	if r.Hits != 3 || r.LocalHits != 2 || r.StaleHits != 1 || r.Preflights != 2 || r.Clears != 1 {
		t.Errorf("%+v; want 3 hits, 2 of them local, 1 stale, 2 preflights, 1 clear", *r)
	}
}

// pageOn returns a page that node visits, of n.
func pageOn(node, n int) int32 {
	for page := int32(0); ; page++ {
		if ByPage.node(page, 0, n) == node {
			return page
		}
	}
}

// A simulation of calls at random times of one URL sends as many preflights as the
// formulas say, and sharing saves what they say. The tolerance is that of the number of
// preflights as a sum of independent gaps, five standard deviations of at most sqrt(n).
func TestFormulas(t *testing.T) {
	const calls = 20_000
	for _, tt := range []struct {
		x     float64
		nodes int
	}{{0.1, 4}, {1, 4}, {1, 16}, {5, 16}, {20, 64}} {
		p := instant(Params{Duration: 1500 * time.Hour, LocalKeys: unbounded})
		age := time.Duration(tt.x / calls * float64(p.Duration))
		if age > ageLimit {
			t.Fatalf("x = %v: max-age of %s is above the cap", tt.x, age)
		}
		r := rand.New(rand.NewPCG(1, 2))
		w := &Web{targets: []target{{asked: "PUT", method: "PUT", grant: corscheck.Grant{Methods: []string{"PUT"}, MaxAge: age}}}}
		for i := range calls {
			w.calls = append(w.calls, call{at: time.Duration(r.Int64N(int64(p.Duration))), page: int32(i)})
		}
		slices.SortFunc(w.calls, func(a, b call) int { return int(a.at - b.at) })
		local := float64(Simulate(w, &p, tt.nodes, LocalOnly, ByPage).Preflights)
		shared := float64(Simulate(w, &p, tt.nodes, Shared, ByPage).Preflights)
		for _, c := range []struct {
			what      string
			got, want float64
		}{
			{"local", local, calls * preflightsPerCall(tt.x, tt.nodes)},
			{"shared", shared, calls * preflightsPerCall(tt.x, 1)},
		} {
			if math.Abs(c.got-c.want) > 5*math.Sqrt(c.want) {
				t.Errorf("x = %v, %d nodes, %s: %v preflights; want about %.0f", tt.x, tt.nodes, c.what, c.got, c.want)
			}
		}
	}
}

// By hand: with x = 1 and two nodes, each sends for 1/(1 + 1/2) of its calls and one
// cache for 1/2; 2/3 - 1/2 = 1/6, which is a quarter of 2/3. A call costs 1 + 1/2 round
// trips, nine for each sixth.
func TestRuleOfThumb(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"saved per call", savedPerCall(1, 2), 1. / 6},
		{"saved share", savedShare(1, 2), 1. / 4},
		{"break-even", breakEven(1, 2), 9},
		{"one node has nothing to share", savedPerCall(5, 1), 0},
		{"(n-1)/n x/(1+x)", savedShare(3, 16), 15. / 16 * 3 / 4},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s: %v; want %v", c.what, c.got, c.want)
		}
	}
	for n := 2; n <= 64; n *= 2 {
		best := savedPerCall(math.Sqrt(float64(n)), n)
		for x := 0.01; x < 1000; x *= 1.1 {
			if savedPerCall(x, n) > best+1e-12 {
				t.Errorf("n = %d: x = %v saves more than √n", n, x)
			}
		}
	}
}

// The same parameters give the same report, byte for byte, however many simulations run
// at once; another seed another one.
func TestDeterministic(t *testing.T) {
	p := small()
	p.Pages = 300
	report := func(p Params, workers int) string {
		s, err := newStudy(p, workers)
		if err != nil {
			t.Fatal(err)
		}
		return s.markdown()
	}
	first := report(p, 1)
	if second := report(p, 4); first != second {
		t.Errorf("two reports differ:\n%s\n%s", first, second)
	}
	p.Seed++
	if report(p, 2) == first {
		t.Error("the seed makes no difference")
	}
}

// The command writes its files.
func TestRun(t *testing.T) {
	p := small()
	p.Pages = 300
	dir := filepath.Join(t.TempDir(), "docs")
	var out bytes.Buffer
	if err := run(p, dir, &out); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"fleet.md": "| 64 | shared, client-side caching |", "fleet-preflights.svg": "<svg", "fleet-hits.svg": "<svg",
		"fleet-bytes.svg": "<svg", "fleet-rule.svg": "<svg",
	} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not contain %q, %v", name, want, err)
		}
	}
	if !strings.Contains(out.String(), "1. **") {
		t.Errorf("the conclusion is missing:\n%s", out.String())
	}
	if err := run(p, "/dev/null/docs", &out); err == nil {
		t.Error("no error for a directory that cannot be made")
	}
}

func TestBadParams(t *testing.T) {
	for name, spoil := range map[string]func(*Params){
		"Pages":          func(p *Params) { p.Pages = 0 },
		"Sites":          func(p *Params) { p.Sites = -1 },
		"Origins":        func(p *Params) { p.Origins = 0 },
		"OriginsPerSite": func(p *Params) { p.OriginsPerSite = 0 },
		"Endpoints":      func(p *Params) { p.Endpoints = 0 },
		"CallsPerPage":   func(p *Params) { p.CallsPerPage = 0 },
		"OwnURL":         func(p *Params) { p.OwnURL = 1.1 },
		"Failing":        func(p *Params) { p.Failing = math.NaN() },
		"SiteExponent":   func(p *Params) { p.SiteExponent = -1 },
		"a duration":     func(p *Params) { p.StoreRTT = -1 },
		"Duration":       func(p *Params) { p.Duration = 0 },
		"MaxAges":        func(p *Params) { p.MaxAges = nil },
	} {
		p := small()
		spoil(&p)
		if _, err := NewWeb(&p); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, tt := range []struct {
		part, whole float64
		want        string
	}{{1, 4, "25.0 %"}, {-1, 1e6, "0.0 %"}, {-1, 4, "-25.0 %"}, {0, 0, "–"}} {
		if got := percent(tt.part, tt.whole); got != tt.want {
			t.Errorf("%v of %v: %s; want %s", tt.part, tt.whole, got, tt.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"1h": time.Hour, "10m": 10 * time.Minute, "1h30m": 90 * time.Minute, "10s": 10 * time.Second,
		"1m30s": 90 * time.Second, "500µs": 500 * time.Microsecond, "0s": 0,
	} {
		if got := span(d); got != want {
			t.Errorf("%d: %s; want %s", d, got, want)
		}
	}
}

// A popular origin has more sites; there are never fewer origins than a site needs.
func TestFewOrigins(t *testing.T) {
	p := small()
	p.Origins, p.OriginsPerSite = 2, 6
	if w := newWeb(t, p); w.origins != 2 {
		t.Errorf("%d origins are called; want both", w.origins)
	}
}
