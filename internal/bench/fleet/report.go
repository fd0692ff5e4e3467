package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/corsengine/corsengine/corscheck"
)

const preface = `# When sharing a preflight cache pays

Written by ` + "`go run ./fleet`" + ` in ` + "`internal/bench`" + `; a change of the program is to be followed by
another run. What is here is a simulation: the caches are those of package preflightcache,
in virtual time, and the web is a model. It says what follows from its figures.

`

const modelText = `## The model

A page belongs to a site and calls URLs of API origins, with requests that need a
preflight. A grant is kept under the partition (the page's site), the page's origin and
the URL that is called. So two nodes have something to share only if they visit pages of
the same site that call the same URL, within the time for which the grant is kept: a
popular API does not help by itself, since every site that calls it has keys of its own.

A page is visited once, by one node. On a miss the preflight takes a round trip, and only
then is the grant in the cache; calls that come in the meantime send theirs (the engine's
coalescing is off). A call that fails after all, or whose preflight fails, clears the key.

Set-ups: **local caches**, each node has a preflightcache.Memory; **shared store**, every
look-up is a round trip to one store; **shared, client-side caching**, a node keeps a copy
of what it has read or stored for up to %s, as package valkeycache does, and the store
tells it when the value changes or expires. Absence is not copied: a miss is always a
round trip.

| figure | | source |
|---|--:|---|
`

// rows are the model's figures.
func (p *Params) rows() [][3]string {
	f := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
	const assumption = "assumption; varied below"
	const plain = "assumption"
	present := float64(archiveMaxAge) / archiveAllowHeaders
	return [][3]string{
		{"pages", f("%d", p.Pages), "given"},
		{"API origins", f("%d", p.Origins), "given"},
		{"their popularity with sites", f("Zipf, %.2g", p.OriginExponent), "the law, for requests to web servers, with exponents of 0.64 to 0.83: Breslau et al., Web Caching and Zipf-like Distributions, INFOCOM 1999; that it holds here is an " + assumption},
		{"sites", f("%d", p.Sites), assumption},
		{"pages per site", f("Zipf, %.2g", p.SiteExponent), assumption},
		{"API origins per site", f("%d", p.OriginsPerSite), plain},
		{"URLs of each that all pages of the site may call", f("%d", p.Endpoints), plain},
		{"calls per page with the need for a preflight", f("%d in %s", p.CallsPerPage, span(p.PageTime)), plain},
		{"of these, to a URL of that page alone", f("%.0f %%", 100*p.OwnURL), assumption},
		{"URLs called with credentials", f("%.0f %%", 100*p.Credentials), plain + "; matters to bytes only"},
		{"URLs that refuse every preflight", f("%.1f %%", 100*p.Refused), plain},
		{"other calls that fail", f("%.1f %%", 100*p.Failing), plain},
		{"Access-Control-Max-Age is set", f("%.1f %%", 100*present), "measured: HTTP Archive, September 2021, " +
			"9,549,494 fields beside 25,980,519 Access-Control-Allow-Headers (draft-nottingham-http-structure-retrofit, appendix). " +
			"That an answer to a preflight has the latter is an assumption; beside Access-Control-Allow-Methods it is 29.8 %, see below"},
		{"its values then", "sample", "counted in 134 places of public code, as no measurement is known: " + sampleText()},
		{"otherwise", "5 s", "the Fetch Standard"},
		{"cap", span(ageLimit), "preflightcache's default"},
		{"crawl", span(p.Duration), assumption},
		{"a preflight takes", span(p.PreflightRTT), plain + "; matters to waiting only"},
		{"an operation of the store takes", span(p.StoreRTT), plain + "; matters to waiting only"},
		{"keys in a node's own cache", f("%d", p.LocalKeys), "more than there are; the default of 4096 is compared below"},
	}
}

func sampleText() string {
	total := 0
	for _, v := range sampledValues {
		total += v.places
	}
	var parts []string
	rest := 0
	for _, v := range sampledValues {
		if v.places == 1 {
			rest++
			continue
		}
		parts = append(parts, fmt.Sprintf("%d (%.0f %%)", v.seconds, 100*float64(v.places)/float64(total)))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(", others (%.0f %%)", 100*float64(rest)/float64(total))
}

// markdown is the report.
func (s *study) markdown() string {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("## What to do\n\n" + s.conclusion() + ruleTable())
	fmt.Fprintf(&b, modelText, span(s.p.LocalTTL))
	for _, r := range s.p.rows() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r[0], r[1], r[2])
	}
	fmt.Fprintf(&b, "\nSeed %d makes that %d calls of %d URLs by pages of %d sites, to %d API origins.\n\n",
		s.p.Seed, len(s.web.calls), len(s.web.targets), s.p.Sites, s.web.origins)
	b.WriteString(s.mainTable())
	b.WriteString(s.assignmentTable())
	b.WriteString(s.classTable())
	b.WriteString(s.variantTable())
	b.WriteString(s.ttlTable())
	b.WriteString(bytesText())
	return b.String()
}

// span is d without the units that it has none of: 1h for 1h0m0s.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }

func percent(part, whole float64) string {
	if whole == 0 {
		return "–"
	}
	// Adding 0 makes a zero of a negative one.
	return fmt.Sprintf("%.1f %%", math.Round(1000*part/whole)/10+0)
}

// saved is the share of the preflights of one result that another saves.
func saved(from, to *Result) float64 {
	return float64(from.Preflights-to.Preflights) / float64(from.Preflights)
}

// each calls f for each number of nodes and set-up.
func (s *study) each(f func(nodes int, setup Setup, r, local *Result)) {
	for i, n := range fleets {
		for setup, r := range []*Result{s.local[i], s.shared, s.tracked[i]} {
			f(n, Setup(setup), r, s.local[i])
		}
	}
}

func (s *study) mainTable() string {
	var b strings.Builder
	b.WriteString("## One to 64 nodes, pages assigned at random\n\n")
	b.WriteString("| nodes | set-up | preflights | saved | hit rate | of which local | preflight MB | to store MB | from store MB | store round trips | waited per call, ms |\n")
	b.WriteString("|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	s.each(func(n int, setup Setup, r, local *Result) {
		fmt.Fprintf(&b, "| %d | %s | %d | %s | %s | %s | %s | %s | %s | %d | %.1f |\n",
			n, setup, r.Preflights, percent(float64(local.Preflights-r.Preflights), float64(local.Preflights)),
			percent(float64(r.Hits), float64(r.Lookups)), percent(float64(r.LocalHits), float64(r.Hits)),
			megabytes(r.PreflightBytes), megabytes(r.StoreTraffic.to), megabytes(r.StoreTraffic.from),
			r.RoundTrips, r.waitedPerCall())
	})
	b.WriteString("\n![preflights](fleet-preflights.svg) ![hit rate](fleet-hits.svg) ![bytes](fleet-bytes.svg)\n\n")
	stale := 0
	for _, r := range s.tracked {
		stale += r.StaleHits
	}
	fmt.Fprintf(&b, "Hits on a copy that another node had cleared while the notice was on its way: %d in all of these runs.\n\n", stale)
	return b.String()
}

// waitedPerCall is in milliseconds.
func (r *Result) waitedPerCall() float64 {
	return float64(r.Waited) / float64(time.Millisecond) / float64(r.Lookups)
}

func (s *study) assignmentTable() string {
	var b strings.Builder
	b.WriteString("## Assigning pages by site, and the size of the caches\n\n")
	b.WriteString("Preflights with local caches only. If a node visits all pages of a site, no other node ever asks for its keys.\n\n")
	b.WriteString("| nodes | at random | by site | at random, caches of 4096 keys | keys given up by these | shared store |\n|--:|--:|--:|--:|--:|--:|\n")
	for i, n := range fleets {
		fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %d |\n", n, s.local[i].Preflights, s.bySite[i].Preflights,
			s.small[i].Preflights, s.small[i].Evictions, s.shared.Preflights)
	}
	return b.String() + "\n"
}

func (s *study) classTable() string {
	var b strings.Builder
	b.WriteString("## By calls per max-age window\n\n")
	fmt.Fprintf(&b, "URLs that all pages of a site may call, by how often the whole fleet calls one in the time for which its grant is kept, x; %d nodes. "+
		"For calls at random times that go on forever, sharing saves (n−1)/n · x/(1+x) of the preflights of n separate caches, as study.go derives; measured are URLs with the x that the model gives them. "+
		"The crawl ends, and begins with empty caches: where the grant outlives it, the formula promises more than there is.\n\n", reference)
	b.WriteString("| x | on average | URLs | preflights of separate caches | saved | formula |\n|---|--:|--:|--:|--:|--:|\n")
	for _, c := range s.classes() {
		bound := fmt.Sprintf("%v to %v", c.low, c.high)
		if c.high == bounds[len(bounds)-1] {
			bound = fmt.Sprintf("above %v", c.low)
		}
		fmt.Fprintf(&b, "| %s | %.3g | %d | %.0f | %.0f %% | %.0f %% |\n", bound, c.calls, c.targets, c.local, 100*c.share, 100*c.formula)
	}
	b.WriteString("\n![saved](fleet-rule.svg)\n\n")
	return b.String()
}

// tripsPerSaved is how many round trips to the store each preflight that it saves costs:
// sharing saves time if a preflight takes longer than these.
func tripsPerSaved(local, r *Result) string {
	n := local.Preflights - r.Preflights
	if n <= 0 {
		return "none saved"
	}
	return fmt.Sprintf("%.1f", float64(r.RoundTrips)/float64(n))
}

func (s *study) variantTable() string {
	var b strings.Builder
	b.WriteString("## What it depends on\n\n")
	fmt.Fprintf(&b, "%d nodes, pages assigned at random, and one thing changed. Sharing saves time where a preflight takes longer than the round trips to the store in the last column.\n\n", reference)
	b.WriteString("| | preflights, local | shared | saved | hit rate, local | shared | round trips per preflight saved |\n|---|--:|--:|--:|--:|--:|--:|\n")
	for _, v := range s.variants {
		fmt.Fprintf(&b, "| %s | %d | %d | %.1f %% | %s | %s | %s |\n", v.name, v.local.Preflights, v.shared.Preflights,
			100*saved(v.local, v.shared), percent(float64(v.local.Hits), float64(v.local.Lookups)),
			percent(float64(v.shared.Hits), float64(v.shared.Lookups)), tripsPerSaved(v.local, v.shared))
	}
	return b.String() + "\n"
}

func (s *study) ttlTable() string {
	var b strings.Builder
	b.WriteString("## For how long copies serve\n\n")
	fmt.Fprintf(&b, "Client-side caching, %d nodes. The time bounds for how long a node may act on what another has cleared, should the notice be lost.\n\n", reference)
	b.WriteString("| LocalTTL | hits without a round trip | round trips | notices | to store MB | from store MB |\n|--:|--:|--:|--:|--:|--:|\n")
	for _, t := range s.ttls {
		r := t.result
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %s | %s |\n", span(t.d), percent(float64(r.LocalHits), float64(r.Hits)),
			r.RoundTrips, r.Notices, megabytes(r.StoreTraffic.to), megabytes(r.StoreTraffic.from))
	}
	return b.String() + "\n"
}

// bytesText says how bytes are counted.
func bytesText() string {
	t := &target{grant: corscheck.Grant{Methods: []string{"PUT"}, Headers: []string{"authorization", "content-type"}}}
	miss, hit, store := t.lookup(false), t.lookup(true), t.store(true)
	return fmt.Sprintf(`## Bytes

Counted are those of the application protocols, in both directions; not TLS, TCP, IP and
connections being opened. A preflight is the HTTP/1.1 request of the engine and a response
with what it needs; over HTTP/2 it is shorter. Operations of the store are those of package
valkeycache in RESP3, whose key names have %d bytes whatever the key. Examples, which are
what a server counted, too: a look-up sends %d bytes and gets %d if there is nothing, or
%d for a grant of PUT, authorization and content-type; storing that sends %d and gets %d,
clearing it %d and %d; the notice of a change has %d.
`, keyName, miss.to, miss.from, hit.from, store.to, store.from, clearTraffic.to, clearTraffic.from, notice)
}

// at returns the index in fleets of the reference.
func at() int {
	for i, n := range fleets {
		if n == reference {
			return i
		}
	}
	panic("the reference is none of the fleets")
}

// conclusion is what the numbers come to.
func (s *study) conclusion() string {
	local, tracked := s.local[at()], s.tracked[at()]
	perLookup := float64(s.shared.StoreTraffic.to+s.shared.StoreTraffic.from) / float64(s.shared.Lookups)
	perPreflight := float64(local.PreflightBytes) / float64(local.Preflights)
	least, most := s.variants[0], s.variants[0]
	for _, v := range s.variants {
		if saved(v.local, v.shared) < saved(least.local, least.shared) {
			least = v
		}
		if saved(v.local, v.shared) > saved(most.local, most.shared) {
			most = v
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "1. **Give each node a cache that is large enough first.** With the default of 4096 keys, %d nodes send %d preflights in this crawl, and with caches that hold all keys %d: URLs that are called once push out those that are called again. On one node it is %d and %d.\n",
		reference, s.small[at()].Preflights, local.Preflights, s.small[0].Preflights, s.local[0].Preflights)
	fmt.Fprintf(&b, "2. **Assign pages to nodes by site if you can.** %d nodes then send %d preflights with local caches, as one node does (%d), and a shared store has nothing to add (%d): keys contain the site, so that no two nodes ask for the same.\n",
		reference, s.bySite[at()].Preflights, s.bySite[0].Preflights, s.shared.Preflights)
	fmt.Fprintf(&b, "3. **Otherwise count calls per max-age window.** Let x be how often the whole fleet calls one URL from pages of one site within the time for which the grant is kept (Access-Control-Max-Age, at most 2 h; 5 s if there is none), and n the number of nodes. Of 100 calls, separate caches send preflights for 100/(1 + x/n) and a shared one for 100/(1 + x). Sharing is worth the most at x = √n, and next to nothing below x = 0.1, where nobody asks again in time, and above 10 n, where each node has the grant anyway. The table below has numbers.\n")
	fmt.Fprintf(&b, "4. **In this crawl sharing saves %.0f %% of the preflights of %d nodes** (%d of %d). Most calls have no one to share with: URLs of a single page, URLs that are called for the first time, servers that set no Max-Age. With other figures it is from %.0f %% (%s) to %.0f %% (%s).\n",
		100*saved(local, s.shared), reference, local.Preflights-s.shared.Preflights, local.Preflights,
		100*saved(least.local, least.shared), least.name, 100*saved(most.local, most.shared), most.name)
	fmt.Fprintf(&b, "5. **Time.** Each preflight saved costs %s round trips to the store, %s with client-side caching. A preflight that takes longer than that many is worth it: with %s and %s, calls wait %.1f ms on average instead of %.1f. A store in the same data centre therefore pays in time wherever there is more than next to nothing to share; one as far away as the servers does not.\n",
		tripsPerSaved(local, s.shared), tripsPerSaved(local, tracked), span(s.p.PreflightRTT), span(s.p.StoreRTT), s.shared.waitedPerCall(), local.waitedPerCall())
	fmt.Fprintf(&b, "6. **Client-side caching** answers %s of the hits without a round trip with copies that serve for %s, and costs a notice for each copy that ends; it pays where a node calls the same URL again within that time. It does not change the number of preflights.\n",
		percent(float64(tracked.LocalHits), float64(tracked.Hits)), span(s.p.LocalTTL))
	fmt.Fprintf(&b, "7. **Bytes.** A preflight takes %.0f bytes, the store %.0f for each call. Sharing moves fewer bytes only if it saves more than %.0f preflights per 100 calls, which it hardly ever does; but they go to your own store instead of to other people's servers.\n",
		perPreflight, perLookup, math.Ceil(100*perLookup/perPreflight))
	return b.String()
}

// ruleTable is what study.go's formulas say.
func ruleTable() string {
	var b strings.Builder
	b.WriteString("\nBy the formulas in study.go, for n nodes and x calls of a URL per max-age window: the share of preflights that sharing saves, how many that is per 100 calls, and how many times as long as a round trip to the store a preflight has to take for sharing to save time.\n\n| x |")
	for _, n := range ruleNodes {
		fmt.Fprintf(&b, " n = %d | per 100 calls | time |", n)
	}
	b.WriteString("\n|--:|" + strings.Repeat("--:|--:|--:|", len(ruleNodes)) + "\n")
	for _, x := range []float64{0.01, 0.1, 0.3, 1, 3, 10, 30, 100, 1000} {
		fmt.Fprintf(&b, "| %v |", x)
		for _, n := range ruleNodes {
			fmt.Fprintf(&b, " %.0f %% | %.1f | %.1f |", 100*savedShare(x, n), 100*savedPerCall(x, n), breakEven(x, n))
		}
		b.WriteString("\n")
	}
	return b.String() + "\n"
}

var ruleNodes = []int{4, 16, 64}
