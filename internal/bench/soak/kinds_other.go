package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/corsengine/corsengine/fetch"
)

// cookies are set and sent, and not shown to the page. Few hosts have any, because
// a cookiejar.Jar keeps them all.
func cookies(s *session, i uint64) error {
	home := s.scheme + "://jar" + strconv.FormatUint(i%4, 10) + ".example"
	p := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(home)}}
	resp, err := s.client.Fetch(s.get(home+"/cookie"+query(i)), p)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	sent, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.Header["Set-Cookie"] != nil:
		return errors.New("the page sees Set-Cookie")
	case len(sent) > 0 && !bytes.HasPrefix(sent, []byte("n=")):
		return fmt.Errorf("cookie %.40q; want n=something", sent)
	}
	return nil
}

func password(s *session, i uint64) error {
	home := s.home(i)
	p := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(home)}}
	return want{fetch.TypeBasic, 200, hello}.check(s.client.Fetch(s.get(home+"/password"+query(i)), p))
}

func misdirected(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i)}
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(s.get(s.api(i)+"/misplaced"+query(i)), p))
}

func keepalive(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Keepalive: true}
	req := s.newRequest(context.Background(), http.MethodPost, s.api(i)+"/star"+query(i), hello, "Content-Type", "text/plain")
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(req, p))
}

// tooMuch is one byte more than a page may have in flight.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
var tooMuch = make([]byte, 64<<10+1)

func keepaliveTooMuch(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Keepalive: true}
	req := s.newRequest(context.Background(), http.MethodPost, s.api(i)+"/star"+query(i), tooMuch, "Content-Type", "text/plain")
	resp, err := s.client.Fetch(req, p)
	return fails(resp, err, fetch.ReasonKeepalive)
}

func cancelledBefore(s *session, i uint64) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	req := s.newRequest(ctx, http.MethodPut, s.api(i)+"/grant"+query(i), hello, "X-A", "1")
	resp, err := s.client.Fetch(req, &fetch.Params{Environment: s.page(i)})
	return fails(resp, err, fetch.ReasonAborted)
}

// cancelledInFlight is cancelled by its server, so that the moment is certain.
func cancelledInFlight(s *session, i uint64) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q := query(i)
	s.server.expectCancel(q[1:], cancel)
	req := s.newRequest(ctx, http.MethodPost, s.api(i)+"/cancel"+q, hello, "Content-Type", "text/plain")
	resp, err := s.client.Fetch(req, &fetch.Params{Environment: s.page(i)})
	return fails(resp, err, fetch.ReasonAborted)
}

func serverDown(s *session, i uint64) error {
	resp, err := s.client.Fetch(s.get(s.api(i)+"/down"+query(i)), &fetch.Params{Environment: s.page(i)})
	return fails(resp, err, fetch.ReasonTransport)
}

// traced counts what a Trace hears of a PUT with a preflight.
func traced(s *session, i uint64) error {
	var got struct{ requests, preflights, checks, responses, filtered, done int }
	ctx := fetch.WithTrace(context.Background(), &fetch.Trace{
		Request: func(fetch.RequestInfo) { got.requests++ },
		Preflight: func(info fetch.PreflightInfo) {
			if !info.Cached {
				got.preflights++
			}
		},
		CORSCheck:  func(fetch.CORSCheckInfo) { got.checks++ },
		Response:   func(fetch.ResponseInfo) { got.responses++ },
		Filtered:   func(fetch.FilteredInfo) { got.filtered++ },
		CacheError: func(error) { got.preflights += 100 },
		Done:       func(*fetch.NetworkError) { got.done++ },
	})
	req := s.newRequest(ctx, http.MethodPut, s.api(i)+"/grant"+query(i), hello, "X-A", "1")
	resp, err := s.client.Fetch(req, &fetch.Params{Environment: s.page(i)})
	if err := (want{fetch.TypeCORS, 200, hello}).check(resp, err); err != nil {
		return err
	}
	want := got
	want.requests, want.preflights, want.checks, want.responses, want.filtered, want.done = 2, 1, 2, 2, 1, 1
	if got != want {
		return fmt.Errorf("hooks were called %+v times; want %+v", got, want)
	}
	return nil
}

func logged(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i)}
	return want{fetch.TypeCORS, 200, hello}.check(s.logged.Fetch(s.put(s.api(i)+"/grant"+query(i)), p))
}

// refusedOtherwise are failures that have no kind of their own.
func refusedOtherwise(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i)}
	reason := fetch.ReasonInvalidRequest
	var req *http.Request
	switch i % 6 {
	case 0:
		req, reason = s.get(s.scheme+"://api.test:25/"), fetch.ReasonBadPort
	case 1:
		req = s.newRequest(context.Background(), "TRACE", s.api(i)+"/star", hello)
	case 2:
		req = s.newRequest(context.Background(), http.MethodGet, s.api(i)+"/star", hello)
	case 3:
		req, reason = s.get(s.api(i)+"/forbidden"), fetch.ReasonCheckRequest
	case 4:
		req, reason = s.get(s.api(i)+"/star"), fetch.ReasonNoEnvironment
		p.Environment = nil
	case 5:
		home := s.home(i)
		req, reason = s.get(home+"/not-stored"), fetch.ReasonNotCached
		p = &fetch.Params{
			Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(home)},
			Mode:        fetch.ModeSameOrigin,
			Cache:       fetch.CacheOnlyIfCached,
		}
	}
	resp, err := s.client.Fetch(req, p)
	return fails(resp, err, reason)
}
