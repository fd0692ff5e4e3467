package main

import (
	"errors"
	"fmt"
	"time"
)

// Params are what a simulated crawl is made of. Where a figure was measured by
// somebody, its source is here; where not, it says so, and the report repeats the
// simulation with other values.
type Params struct {
	Seed uint64

	// Pages is how many pages the fleet visits, once each.
	Pages int

	// Sites is how many sites these pages belong to. How many pages a site has
	// is drawn: a page belongs to the site of a rank that is distributed like
	// Zipf's law with exponent SiteExponent. Assumption; the sizes of crawled
	// sites differ by orders of magnitude, and this makes them.
	Sites        int
	SiteExponent float64

	// Origins is how many API origins there are. Each site uses OriginsPerSite of
	// them, drawn by Zipf's law with exponent OriginExponent. Requests to web
	// servers through proxies follow the law with exponents from 0.64 to 0.83:
	// Breslau, Cao, Fan, Phillips, Shenker: Web Caching and Zipf-like
	// Distributions: Evidence and Implications, INFOCOM 1999. That API origins
	// do, too, is an assumption.
	Origins        int
	OriginsPerSite int
	OriginExponent float64

	// Endpoints is how many URLs of an API origin a site calls from all of its
	// pages, such as /session or /graphql, with requests that need a preflight.
	// Assumption.
	Endpoints int

	// CallsPerPage is how many requests with the need for a preflight a page
	// makes, within PageTime. Assumption.
	CallsPerPage int
	PageTime     time.Duration

	// OwnURL is the share of these calls that go to a URL that no other page
	// calls, such as /items/4711. Their grants are of no use to anybody.
	// Assumption.
	OwnURL float64

	// Credentials is the share of endpoints that are called with credentials.
	// Assumption; it matters to bytes only.
	Credentials float64

	// Refused is the share of endpoints that refuse every preflight, and Failing
	// the share of other calls that fail although the preflight allowed them.
	// Either clears the key. Assumption.
	Refused, Failing float64

	// MaxAges is the distribution of Access-Control-Max-Age over API origins.
	MaxAges *Distribution

	// Duration is how long the crawl takes; pages begin at random times in it.
	Duration time.Duration

	// PreflightRTT is how long a preflight takes, and StoreRTT an operation of the
	// shared store. Assumptions: a connection that is open to a server elsewhere,
	// and one in the same data centre. The report gives what follows without them.
	PreflightRTT, StoreRTT time.Duration

	// LocalKeys is preflightcache.Options.MaxKeys of each node's own cache. Zero
	// means that of a Memory by default, 4096. The command's default is more than
	// there are keys, as who runs a crawler would set it, so that what is compared
	// is sharing and not capacity; the report shows what the smaller one costs. The
	// shared store has no bound.
	LocalKeys int

	// LocalTTL is valkeycache.Options.LocalTTL, where there is client-side
	// caching. The bound on bytes is not simulated.
	LocalTTL time.Duration
}

// Defaults are those of the command.
func Defaults() Params {
	return Params{
		Seed:           1,
		Pages:          100_000,
		Sites:          5_000,
		SiteExponent:   0.8,
		Origins:        10_000,
		OriginsPerSite: 6,
		OriginExponent: 0.8,
		Endpoints:      3,
		CallsPerPage:   4,
		PageTime:       3 * time.Second,
		OwnURL:         0.3,
		Credentials:    0.3,
		Refused:        0.02,
		Failing:        0.005,
		MaxAges:        Measured,
		Duration:       time.Hour,
		PreflightRTT:   80 * time.Millisecond,
		StoreRTT:       500 * time.Microsecond,
		LocalKeys:      1 << 20,
		LocalTTL:       10 * time.Second,
	}
}

// check says what is wrong with p.
func (p *Params) check() error {
	var errs []error
	positive := func(name string, v int) {
		if v < 1 {
			errs = append(errs, fmt.Errorf("%s is %d: at least 1 is needed", name, v))
		}
	}
	positive("Pages", p.Pages)
	positive("Sites", p.Sites)
	positive("Origins", p.Origins)
	positive("OriginsPerSite", p.OriginsPerSite)
	positive("Endpoints", p.Endpoints)
	positive("CallsPerPage", p.CallsPerPage)
	for _, f := range []struct {
		name string
		v    float64
	}{{"OwnURL", p.OwnURL}, {"Credentials", p.Credentials}, {"Refused", p.Refused}, {"Failing", p.Failing}} {
		if !(f.v >= 0 && f.v <= 1) {
			errs = append(errs, fmt.Errorf("%s is %v: it is a share", f.name, f.v))
		}
	}
	for _, f := range []struct {
		name string
		v    float64
	}{{"SiteExponent", p.SiteExponent}, {"OriginExponent", p.OriginExponent}} {
		if !(f.v >= 0 && f.v <= 10) {
			errs = append(errs, fmt.Errorf("%s is %v: 0 to 10", f.name, f.v))
		}
	}
	if d := min(p.PageTime, p.PreflightRTT, p.StoreRTT, p.LocalTTL); d < 0 {
		errs = append(errs, errors.New("a duration is negative"))
	}
	if p.Duration <= 0 {
		errs = append(errs, errors.New("the Duration is not positive"))
	}
	if p.MaxAges == nil {
		errs = append(errs, errors.New("the MaxAges are missing"))
	}
	return errors.Join(errs...)
}

// unbounded is more keys than any simulation has.
const unbounded = 1 << 30
