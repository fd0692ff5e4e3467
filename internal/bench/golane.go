package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corsengine/corsengine/fetch"
)

// newTransport returns what all lanes in this process send with. They share one, and with
// it the connections: no lane has luckier ones.
func newTransport() *http.Transport {
	return &http.Transport{MaxIdleConns: 128, MaxIdleConnsPerHost: 128}
}

// A goLane is a client in this process. do sends a request as a careful user would: the
// request is made anew each time, the body read to its end and closed.
type goLane struct {
	transport http.RoundTripper
	do        func(req *http.Request) (status int, body io.ReadCloser, err error)
	header    http.Header // further header of requests, or nil
}

// bareLane is net/http without the engine. It calls RoundTrip, as the engine does: an
// http.Client would add its own cost.
func bareLane(transport http.RoundTripper) *goLane {
	l := &goLane{transport: transport}
	l.do = func(req *http.Request) (int, io.ReadCloser, error) {
		resp, err := l.transport.RoundTrip(req)
		if err != nil {
			return 0, nil, err
		}
		return resp.StatusCode, resp.Body, nil
	}
	return l
}

// pageOrigin is the origin of the page that the engine fetches for.
const pageOrigin = "http://app.test"

// engineLane is the engine on top of transport.
func engineLane(transport http.RoundTripper) *goLane {
	client := &fetch.Client{Base: transport}
	origin := fetch.MustParseOrigin(pageOrigin)
	page, err := fetch.ParseURL(nil, pageOrigin+"/")
	if err != nil {
		panic(err) // of a constant
	}
	params := &fetch.Params{Environment: &fetch.Environment{Origin: origin, URL: page}}
	return &goLane{transport: transport, do: func(req *http.Request) (int, io.ReadCloser, error) {
		resp, err := client.Fetch(req, params)
		if err != nil {
			return 0, nil, err
		}
		return resp.Status, resp.Body, nil
	}}
}

// dressedLane is net/http without the engine, but with the header that the engine sends.
// What it is slower than bareLane is the price of the longer requests, which the
// standard prescribes.
func dressedLane(ctx context.Context, transport http.RoundTripper, l load) (*goLane, error) {
	recorder := &headerRecorder{base: transport, method: l.Method}
	l.N, l.InFlight = 1, 1
	if _, err := engineLane(recorder).run(ctx, l); err != nil {
		return nil, err
	}
	lane := bareLane(transport)
	lane.header = recorder.header
	return lane, nil
}

// A headerRecorder keeps the header of a request.
type headerRecorder struct {
	base   http.RoundTripper
	method string
	header http.Header
}

func (r *headerRecorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == r.method {
		r.header = req.Header.Clone()
	}
	return r.base.RoundTrip(req)
}

func (g *goLane) run(ctx context.Context, l load) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var left atomic.Int64
	left.Store(int64(l.N))
	start := time.Now()
	var wg sync.WaitGroup
	for range l.InFlight {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := g.one(ctx, l); err != nil {
					cancel(err)
					left.Store(0)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return took, nil
}

// one makes one request.
func (g *goLane) one(ctx context.Context, l load) error {
	var body io.Reader
	if l.Method != http.MethodGet {
		body = strings.NewReader(l.Body)
	}
	req, err := http.NewRequestWithContext(ctx, l.Method, l.URL, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header["Content-Type"] = []string{"application/json"}
	}
	for name, values := range g.header {
		req.Header[name] = values
	}
	status, answer, err := g.do(req)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, answer)
	answer.Close()
	if err != nil {
		return err
	}
	return checkAnswer(l, status, n)
}

// checkAnswer fails if an answer is not the server's.
func checkAnswer(l load, status int, length int64) error {
	if status != http.StatusOK || length != int64(l.Length) {
		return fmt.Errorf("%s: status %d and %d bytes; want 200 and %d", l.Method, status, length, l.Length)
	}
	return nil
}

func (g *goLane) close() error { return nil }
