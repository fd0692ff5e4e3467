package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"
)

// A load is a number of equal requests.
type load struct {
	Method   string `json:"method"`
	InFlight int    `json:"inFlight"` // at once
	N        int    `json:"n"`

	// For clients in other languages.
	URL    string `json:"url"`
	Body   string `json:"body"`
	Length int    `json:"length"` // of the answer
}

func (l load) String() string {
	if l.InFlight == 1 {
		return l.Method + ", one after the other"
	}
	return fmt.Sprintf("%s, %d in flight", l.Method, l.InFlight)
}

// loads are the cases that are measured over loopback.
var loads = []load{
	{Method: "GET", InFlight: 1},
	{Method: "GET", InFlight: 32},
	{Method: "PUT", InFlight: 1},
	{Method: "PUT", InFlight: 32},
}

// A lane is a client that is compared with others.
type lane interface {
	// run makes the requests of l and returns how long they took together. It
	// fails if one does not get the server's answer.
	run(ctx context.Context, l load) (time.Duration, error)

	// close ends the client.
	close() error
}

// samples are the results of a lane, by round.
type samples struct {
	rate []float64 // requests per second
	cpu  []float64 // seconds of this process for a request
}

// measureLanes runs the lanes in turns, each for about slice in each round, and returns
// the samples of each. Every second round goes through the lanes backwards, so that what
// changes steadily changes for all alike. The server's counts have to agree.
func measureLanes(ctx context.Context, srv *server, lanes []lane, names []string, l load, rounds int, slice time.Duration) ([]samples, error) {
	l.URL, l.Body, l.Length = srv.url, putBody, len(answerBody)
	n := make([]int, len(lanes))
	for i, lane := range lanes { // which opens connections and fills the preflight caches
		run := func(n int) error {
			l.N = n
			_, err := lane.run(ctx, l)
			return err
		}
		if err := run(l.InFlight); err != nil {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
		var err error
		if n[i], err = calibrate(ctx, run, slice); err != nil {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	all := make([]samples, len(lanes))
	for round := range rounds {
		for i := range lanes {
			if round%2 == 1 {
				i = len(lanes) - 1 - i
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			l.N = n[i]
			if err := all[i].measure(ctx, srv, lanes[i], l); err != nil {
				return nil, fmt.Errorf("%s: %w", names[i], err)
			}
		}
	}
	return all, nil
}

// measure adds a sample.
func (s *samples) measure(ctx context.Context, srv *server, lane lane, l load) error {
	before, err := srv.counts()
	if err != nil {
		return err
	}
	runtime.GC() // of what others have left
	cpu, err := processTime()
	if err != nil {
		return err
	}
	took, err := lane.run(ctx, l)
	if err != nil {
		return err
	}
	cpuAfter, err := processTime()
	if err != nil {
		return err
	}
	after, err := srv.counts()
	if err != nil {
		return err
	}
	var want counts
	switch l.Method {
	case "GET":
		want.GET = int64(l.N)
	case "PUT":
		want.PUT = int64(l.N)
	}
	if got := after.minus(before); got != want {
		return fmt.Errorf("the server has had %+v; want %+v", got, want)
	}
	s.rate = append(s.rate, float64(l.N)/took.Seconds())
	s.cpu = append(s.cpu, (cpuAfter-cpu).Seconds()/float64(l.N))
	return nil
}

// closeLanes ends all lanes and says what of that did not work.
func closeLanes(lanes []lane, progress io.Writer) {
	for _, lane := range lanes {
		if err := lane.close(); err != nil {
			fmt.Fprintln(progress, "closing a client:", err)
		}
	}
}
