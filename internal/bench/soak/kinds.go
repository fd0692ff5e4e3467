package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
)

// kinds are all there are. The weights make ordinary fetches frequent and slow ones
// rare; none is so rare that a leak of it would not show.
var kinds = []kind{
	{name: "same-origin GET", weight: 120, fetch: sameOriginGET},
	{name: "cross-origin GET", weight: 120, fetch: crossOriginGET},
	{name: "cross-origin GET with credentials", weight: 60, fetch: credentialedGET},
	{name: "PUT, preflight sent", weight: 100, preflights: 1, fetch: coldPUT},
	{name: "PUT, preflight cached", weight: 120, warm: true, fetch: warmPUT},
	{name: "PUT with credentials, preflight sent", weight: 40, preflights: 1, fetch: credentialedPUT},
	{name: "body that cannot be replayed", weight: 15, preflights: 1, fetch: streamingPOST},
	{name: "CORS check fails", weight: 50, fetch: failedCheck},
	{name: "preflight fails", weight: 50, preflights: 1, fetch: failedPreflight},
	{name: "opaque origin GET", weight: 15, fetch: opaqueGET},
	{name: "opaque origin PUT", weight: 15, preflights: 1, fetch: opaquePUT},

	{name: "no-cors", weight: 40, fetch: opaqueResponse},
	{name: "no-cors, blocked", weight: 30, fetch: blockedResponse},
	{name: "no-cors, part from a cache", weight: 6, inProcess: true, fetch: cachedPart},
	{name: "mode same-origin, refused", weight: 10, fetch: sameOriginMode},
	{name: "data: URL", weight: 20, fetch: dataURL},
	{name: "WebSocket handshake", weight: 10, inProcess: true, fetch: handshake},
	{name: "http.Client, mode cors", weight: 20, fetch: httpClient},
	{name: "navigation, followed", weight: 20, fetch: navigation},
	{name: "navigation, redirect handed out", weight: 10, fetch: navigationStopped},
	{name: "navigation, redirect refused", weight: 10, fetch: navigationRefused},

	{name: "redirect, same origin", weight: 20, fetch: redirectHome},
	{name: "redirect, other origins", weight: 20, fetch: redirectTainted},
	{name: "redirect, preflight on each hop", weight: 20, preflights: 2, fetch: redirectWithBody},
	{name: "redirect, body gone", weight: 10, fetch: redirectWithoutBody},
	{name: "redirect, mode error or manual", weight: 10, fetch: redirectMode},
	{name: "redirect, endless", weight: 3, fetch: redirectEndless},

	{name: "gzip", weight: 8, fetch: gzipped},
	{name: "gzip, damaged", weight: 4, fetch: gzippedWrong},
	{name: "integrity", weight: 15, fetch: integrity},
	{name: "integrity, wrong", weight: 15, fetch: integrityWrong},
	{name: "HEAD and 204", weight: 15, fetch: nullBody},
	{name: "body left unread", weight: 15, fetch: abandonedBody},
	{name: "body breaks off", weight: 5, fetch: brokenBody},

	{name: "cookies", weight: 30, fetch: cookies},
	{name: "401 answered", weight: 15, fetch: password},
	{name: "421 sent again", weight: 15, fetch: misdirected},
	{name: "keepalive", weight: 20, fetch: keepalive},
	{name: "keepalive, too much", weight: 10, fetch: keepaliveTooMuch},
	{name: "cancelled before", weight: 15, fetch: cancelledBefore},
	{name: "cancelled in flight", weight: 15, fetch: cancelledInFlight},
	{name: "server down", weight: 15, fetch: serverDown},
	{name: "Trace", weight: 20, preflights: 1, fetch: traced},
	{name: "Logger", weight: 20, preflights: 1, logged: true, fetch: logged},
	{name: "refused for other reasons", weight: 30, fetch: refusedOtherwise},
}

// A kind is a sort of fetch and what has to come of it.
type kind struct {
	name       string
	weight     int
	inProcess  bool   // never over sockets
	preflights uint64 // how many each fetch sends
	warm       bool   // preflights are cached, as a rule
	logged     bool   // each fetch is logged, once

	// fetch performs the i-th fetch and returns an error if the outcome is not
	// the expected one, which it often is that the fetch fails.
	fetch func(s *session, i uint64) error
}

// query tells the URLs of fetches apart.
func query(i uint64) string { return "?" + number(i) }

// newRequest returns a request with a body unless text is nil, and header fields
// given as names and values.
func (s *session) newRequest(ctx context.Context, method, url string, text []byte, fields ...string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		panic(err) // the URLs are ours
	}
	if text != nil {
		req.ContentLength = int64(len(text))
		req.Body = s.account.requestBody(text)
		req.GetBody = func() (io.ReadCloser, error) { return s.account.requestBody(text), nil }
	}
	for ; len(fields) > 1; fields = fields[2:] {
		req.Header[fields[0]] = []string{fields[1]}
	}
	return req
}

func (s *session) get(url string) *http.Request {
	return s.newRequest(context.Background(), http.MethodGet, url, nil)
}

// want is a response that is to be.
type want struct {
	typ    fetch.ResponseType // "" if it comes from an http.Client
	status int
	body   []byte
}

// check reads and closes the response, and compares.
func (w want) check(resp *fetch.Response, err error) error {
	if err != nil {
		return err
	}
	if resp.Type != w.typ {
		resp.Body.Close()
		return fmt.Errorf("type %q; want %q", resp.Type, w.typ)
	}
	return w.checkBody(resp.Status, resp.Body)
}

// checkHTTP is check for a response from an http.Client.
func (w want) checkHTTP(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	return w.checkBody(resp.StatusCode, resp.Body)
}

func (w want) checkBody(status int, r io.ReadCloser) error {
	text, err := io.ReadAll(r)
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	switch {
	case err != nil:
		return fmt.Errorf("body: %w", err)
	case status != w.status:
		return fmt.Errorf("status %d; want %d", status, w.status)
	case !bytes.Equal(text, w.body):
		return fmt.Errorf("body %.40q; want %.40q", text, w.body)
	}
	return nil
}

// fails checks that a fetch failed for a reason.
func fails(resp *fetch.Response, err error, reason fetch.Reason) error {
	if err == nil {
		resp.Body.Close()
		return fmt.Errorf("it succeeded with status %d; want %s", resp.Status, reason)
	}
	if !errors.Is(err, reason) {
		return fmt.Errorf("%w; want %s", err, reason)
	}
	return nil
}
