package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/corsengine/corsengine/fetch"
)

// opaqueResponse shows a page nothing, and its embedder everything.
func opaqueResponse(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Mode: fetch.ModeNoCORS, Destination: "image"}
	resp, err := s.client.Fetch(s.get(s.api(i)+"/plain"+query(i)), p)
	if err != nil {
		return err
	}
	if len(resp.Header) > 0 || resp.URL != nil {
		resp.Body.Close()
		return fmt.Errorf("an opaque response has URL %v and header %v", resp.URL, resp.Header)
	}
	if i%2 == 0 { // an image decoder reads it, or nobody does
		text, err := io.ReadAll(resp.Internal().Body)
		if err != nil || string(text) != string(hello) {
			resp.Body.Close()
			return fmt.Errorf("internal body %.40q, %v", text, err)
		}
	}
	return want{fetch.TypeOpaque, 0, nil}.check(resp, nil)
}

// blocked are the ways for a response of mode no-cors to be withheld.
var blocked = []struct {
	path        string
	destination fetch.Destination
	redirect    fetch.Redirect
	reason      fetch.Reason
}{
	{"/own-site-only", "image", fetch.RedirectFollow, fetch.ReasonCORP},
	{"/nosniff", "script", fetch.RedirectFollow, fetch.ReasonNosniff},
	{"/image", "script", fetch.RedirectFollow, fetch.ReasonMIMEType},
	{"/plain", "image", fetch.RedirectError, fetch.ReasonNoCORSRedirectMode},
}

func blockedResponse(s *session, i uint64) error {
	c := blocked[i%uint64(len(blocked))]
	p := &fetch.Params{Environment: s.page(i), Mode: fetch.ModeNoCORS, Destination: c.destination, Redirect: c.redirect}
	resp, err := s.client.Fetch(s.get(s.api(i)+c.path+query(i)), p)
	return fails(resp, err, c.reason)
}

// cachedPart gets a part of what it asked the whole of.
func cachedPart(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Mode: fetch.ModeNoCORS, Destination: "video"}
	resp, err := s.client.Fetch(s.get(s.api(i)+"/part"+query(i)), p)
	return fails(resp, err, fetch.ReasonRangeNotRequested)
}

func sameOriginMode(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Mode: fetch.ModeSameOrigin}
	resp, err := s.client.Fetch(s.get(s.api(i)+"/star"), p)
	return fails(resp, err, fetch.ReasonSameOriginMode)
}

func dataURL(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i)}
	text := "page " + number(i)
	req := s.get("data:text/plain," + strings.ReplaceAll(text, " ", "%20"))
	return want{fetch.TypeBasic, 200, []byte(text)}.check(s.client.Fetch(req, p))
}

// handshake speaks over the connection that it gets.
func handshake(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Mode: fetch.ModeWebSocket}
	req := s.newRequest(context.Background(), http.MethodGet, "wss"+strings.TrimPrefix(s.api(i), s.scheme)+"/socket", nil,
		"Connection", "Upgrade", "Upgrade", "websocket", "Sec-Websocket-Version", "13", "Sec-Websocket-Key", "c29ha3NvYWtzb2Frc29haw==")
	resp, err := s.client.Fetch(req, p)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	conn, ok := resp.Body.(io.ReadWriter)
	if !ok || resp.Status != http.StatusSwitchingProtocols {
		return fmt.Errorf("status %d and a body of type %T; want 101 and a connection", resp.Status, resp.Body)
	}
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	back := make([]byte, len(hello))
	if _, err := io.ReadFull(conn, back); err != nil || string(back) != string(hello) {
		return fmt.Errorf("the connection says %q, %v", back, err)
	}
	return nil
}

// with returns a request with p for a Transport.
func (s *session) with(p *fetch.Params, url string) *http.Request {
	return s.newRequest(fetch.NewContext(context.Background(), p), http.MethodGet, url, nil)
}

func httpClient(s *session, i uint64) error {
	req := s.with(&fetch.Params{Environment: s.page(i)}, s.api(i)+"/star"+query(i))
	return want{status: 200, body: hello}.checkHTTP(s.http.Do(req))
}

// to returns the URL of a redirect on a server to location.
func to(server string, status int, location string) string {
	return server + "/to?status=" + strconv.Itoa(status) + "&location=" + url.QueryEscape(location)
}

func (s *session) navigate(i uint64) *http.Request {
	p := &fetch.Params{Environment: s.page(i), Mode: fetch.ModeNavigate, Destination: "document"}
	return s.with(p, to(s.home(i), http.StatusFound, s.api(i)+"/plain"+query(i)))
}

func navigation(s *session, i uint64) error {
	return want{status: 200, body: hello}.checkHTTP(s.http.Do(s.navigate(i)))
}

func navigationStopped(s *session, i uint64) error {
	return want{status: http.StatusFound, body: hello}.checkHTTP(s.stopping.Do(s.navigate(i)))
}

func navigationRefused(s *session, i uint64) error {
	resp, err := s.refusing.Do(s.navigate(i))
	if resp != nil {
		resp.Body.Close()
	}
	if !errors.Is(err, errRefused) {
		return fmt.Errorf("error %v; want that of CheckRedirect", err)
	}
	return nil
}
