package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/corsengine/corsengine/internal/bench/plot"
)

// plots writes the plots of the report.
func (s *study) plots(dir string) error {
	for name, c := range map[string]*plot.Chart{
		"fleet-preflights.svg": s.preflightsPlot(),
		"fleet-hits.svg":       s.hitsPlot(),
		"fleet-bytes.svg":      s.bytesPlot(),
		"fleet-rule.svg":       s.rulePlot(),
	} {
		var b bytes.Buffer
		if err := plot.Line(&b, c); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// byNodes is a chart over the number of nodes.
func (s *study) byNodes(title, y string, series ...plot.Series) *plot.Chart {
	c := &plot.Chart{
		Title: title, XLabel: "nodes", YLabel: y, LogX: true, YZero: true,
		Note:   fmt.Sprintf("go run ./fleet: %d pages of %d sites, %d API origins, %s; a model", s.p.Pages, s.p.Sites, s.p.Origins, span(s.p.Duration)),
		Series: series,
	}
	for _, n := range fleets {
		c.XTicks = append(c.XTicks, float64(n))
	}
	return c
}

// line is a series of a value of each result.
func line(name string, results []*Result, value func(*Result) float64) plot.Series {
	s := plot.Series{Name: name}
	for i, r := range results {
		s.Points = append(s.Points, plot.Point{X: float64(fleets[i]), Y: value(r)})
	}
	return s
}

// sharedResults is the one result, for each number of nodes.
func (s *study) sharedResults() []*Result {
	all := make([]*Result, len(fleets))
	for i := range all {
		all[i] = s.shared
	}
	return all
}

func (s *study) preflightsPlot() *plot.Chart {
	count := func(r *Result) float64 { return float64(r.Preflights) / 1000 }
	return s.byNodes("Preflights sent by a fleet", "thousand preflights",
		line("local, 4096 keys", s.small, count),
		line("local", s.local, count),
		line("local, pages by site", s.bySite, count),
		line("shared", s.sharedResults(), count),
		line("shared, client-side caching", s.tracked, count))
}

func (s *study) hitsPlot() *plot.Chart {
	rate := func(r *Result) float64 { return 100 * float64(r.Hits) / float64(r.Lookups) }
	own := func(r *Result) float64 { return 100 * float64(r.LocalHits) / float64(r.Lookups) }
	return s.byNodes("Calls that found a grant", "% of calls",
		line("local", s.local, rate),
		line("local, pages by site", s.bySite, rate),
		line("shared", s.sharedResults(), rate),
		line("shared, client-side caching", s.tracked, rate),
		line("of which without round trip", s.tracked, own))
}

func (s *study) bytesPlot() *plot.Chart {
	preflights := func(r *Result) float64 { return float64(r.PreflightBytes) / 1e6 }
	both := func(r *Result) float64 { return preflights(r) + float64(r.StoreTraffic.to+r.StoreTraffic.from)/1e6 }
	return s.byNodes("Bytes of preflights and of the store", "MB",
		line("local: preflights", s.local, preflights),
		line("shared: preflights", s.sharedResults(), preflights),
		line("shared: with the store", s.sharedResults(), both),
		line("client-side caching: with the store", s.tracked, both))
}

func (s *study) rulePlot() *plot.Chart {
	simulated := plot.Series{Name: "simulated"}
	formula := plot.Series{Name: "(n−1)/n · x/(1+x)"}
	for _, c := range s.classes() {
		simulated.Points = append(simulated.Points, plot.Point{X: c.calls, Y: 100 * c.share})
	}
	for x := 0.01; x < 200; x *= 1.3 {
		formula.Points = append(formula.Points, plot.Point{X: x, Y: 100 * savedShare(x, reference)})
	}
	return &plot.Chart{
		Title:  fmt.Sprintf("What sharing among %d nodes saves", reference),
		XLabel: "calls of a URL from one site, by the whole fleet, per max-age window (x)",
		YLabel: "% of preflights",
		LogX:   true, YZero: true,
		Note:   "go run ./fleet; a model",
		Series: []plot.Series{formula, simulated},
	}
}
