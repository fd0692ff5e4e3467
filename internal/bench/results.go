package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// results are what has been measured.
type results struct {
	machine  string
	command  string
	versions []string // of foreign clients, such as "Node 20.19.2"

	aims    []*aimResult
	http    []*httpResult
	foreign []string // names of foreign clients, installed or not
}

// An httpResult is what a load has brought.
type httpResult struct {
	load

	bare, dressed, engine          summary // requests per second
	engineRatio, dressedRatio      summary // to bare, by round
	ownRatio                       summary // of engine to dressed, by round
	bareCPU, dressedCPU, engineCPU summary // seconds of the client for a request
	foreign                        []foreignResult
}

// aim returns what the ratio of engine to bare has to be at least.
func (r *httpResult) aim() float64 {
	if r.Method == "GET" {
		return 0.97
	}
	return 0.95
}

// A foreignResult is what another client has brought, in rounds with bare net/http. The
// zero value stands for one that is not installed.
type foreignResult struct {
	rate, ratio summary
}

func (f foreignResult) measured() bool { return f.rate.median > 0 }

// measureHTTP measures all loads over loopback: first the lanes of this process, while
// nothing else runs, then those of others beside bare net/http.
func (r *results) measureHTTP(ctx context.Context, o *options, progress io.Writer) error {
	srv, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer srv.close()
	transport := newTransport()
	defer transport.CloseIdleConnections()
	bare, engine := bareLane(transport), engineLane(transport)
	for _, l := range loads {
		l.URL, l.Body, l.Length = srv.url, putBody, len(answerBody)
		dressed, err := dressedLane(ctx, transport, l)
		if err != nil {
			return err
		}
		names := []string{"bare net/http", "net/http with the same header", "engine"}
		s, err := measureLanes(ctx, srv, []lane{bare, dressed, engine}, names, l, o.rounds, o.slice)
		if err != nil {
			return err
		}
		h := &httpResult{
			load: l,
			bare: summarize(s[0].rate), dressed: summarize(s[1].rate), engine: summarize(s[2].rate),
			dressedRatio: summarize(ratios(s[1].rate, s[0].rate)), engineRatio: summarize(ratios(s[2].rate, s[0].rate)),
			ownRatio: summarize(ratios(s[2].rate, s[1].rate)),
			bareCPU:  summarize(s[0].cpu), dressedCPU: summarize(s[1].cpu), engineCPU: summarize(s[2].cpu),
		}
		fmt.Fprintf(progress, "%v: engine %.1f %% of bare net/http, %.1f %% of net/http with the same header\n",
			l, 100*h.engineRatio.median, 100*h.ownRatio.median)
		r.http = append(r.http, h)
	}
	return r.measureForeign(ctx, o, srv, bare, progress)
}

// measureForeign measures the clients of others.
func (r *results) measureForeign(ctx context.Context, o *options, srv *server, bare lane, progress io.Writer) error {
	lanes, names := []lane{bare}, []string{"bare net/http"}
	defer func() { closeLanes(lanes[1:], progress) }()
	index := map[int]int{} // of lanes, by index of o.foreign
	for i, name := range o.foreign {
		lane, version, err := startForeign(ctx, name)
		r.foreign = append(r.foreign, foreignTitles[name])
		if errors.Is(err, errNotInstalled) {
			fmt.Fprintln(progress, err)
			continue
		}
		if err != nil {
			return err
		}
		index[i] = len(lanes)
		lanes, names = append(lanes, lane), append(names, name)
		r.versions = append(r.versions, foreignTitles[name]+" "+version)
	}
	for _, h := range r.http {
		h.foreign = make([]foreignResult, len(o.foreign))
		if len(lanes) == 1 {
			continue
		}
		s, err := measureLanes(ctx, srv, lanes, names, h.load, max(1, o.rounds/3), o.slice)
		if err != nil {
			return err
		}
		for i, lane := range index {
			h.foreign[i] = foreignResult{summarize(s[lane].rate), summarize(ratios(s[lane].rate, s[0].rate))}
			fmt.Fprintf(progress, "%v: %s %.1f %% of bare net/http\n", h.load, names[lane], 100*h.foreign[i].ratio.median)
		}
	}
	return nil
}

// foreignTitles are the clients' names for people.
var foreignTitles = map[string]string{"node": "Node", "chromium": "Chromium"}

func startForeign(ctx context.Context, name string) (lane, string, error) {
	if name == "node" {
		return startNode(ctx)
	}
	return startChromium(ctx)
}

// rates returns the medians of one client by load; NaN stands for what was not measured.
func (r *results) rates(median func(*httpResult) float64) []float64 {
	rates := make([]float64, len(r.http))
	for i, h := range r.http {
		if rates[i] = median(h); rates[i] == 0 {
			rates[i] = math.NaN()
		}
	}
	return rates
}
