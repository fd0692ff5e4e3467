package main

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// A session is a browser: clients of the engine that live as long as the soak, and
// what is behind them.
type session struct {
	scheme  string // of all URLs
	hosts   uint64 // how many hosts there are to connect to; 0 for as many as fetches
	server  *server
	account *account

	warmKeys uint64 // how many keys of the preflight cache are used again and again

	client *fetch.Client
	logged *fetch.Client // one that has a Logger, too
	log    *countingLog

	http     *http.Client // in front of client
	stopping *http.Client // one that does not follow redirects
	refusing *http.Client // one that refuses to
}

// errRefused is what CheckRequest, and one CheckRedirect, say.
var errRefused = errors.New("refused by the embedder")

func newSession(scheme string, hosts uint64, base http.RoundTripper, s *server, a *account) (*session, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	newClient := func() *fetch.Client {
		return &fetch.Client{
			Base:      base,
			Jar:       jar,
			UserAgent: "soak",
			Authenticate: func(*http.Request, []string) (string, error) {
				return "Basic c29hazpzb2Fr", nil
			},
			CheckRequest: func(r *http.Request, _ *fetch.Params) error {
				if r.URL.Path == "/forbidden" {
					return errRefused
				}
				return nil
			},
		}
	}
	se := &session{
		scheme: scheme, hosts: hosts, server: s, account: a, warmKeys: 64,
		client: newClient(), logged: newClient(), log: new(countingLog),
	}
	// Clients that do few fetches have preflight caches that these fill during warm-up.
	se.logged.Preflights = cacheOf(512)
	if hosts > 0 {
		se.client.Preflights, se.warmKeys = cacheOf(512), 4
		se.logged.Preflights = cacheOf(32)
	}
	se.logged.Logger = slog.New(se.log)
	t := se.client.Transport(nil)
	se.http = &http.Client{Transport: t, Timeout: time.Minute}
	se.stopping = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	se.refusing = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errRefused
	}}
	return se, nil
}

func cacheOf(keys int) preflightcache.Cache {
	return preflightcache.New(&preflightcache.Options{MaxKeys: keys})
}

// api returns the origin of a server for fetch i.
func (s *session) api(i uint64) string { return s.origin("api", i, ".test") }

// home returns the origin of a server that has pages for fetch i.
func (s *session) home(i uint64) string { return s.origin("home", i, ".example") }

func (s *session) origin(prefix string, i uint64, suffix string) string {
	if s.hosts > 0 {
		i = scramble(i) % s.hosts
	}
	return s.scheme + "://" + prefix + number(i) + suffix
}

// number returns i as text that is as long as that of every other fetch: otherwise the
// heap would grow with the number of digits.
func number(i uint64) string {
	const places = 36 * 36 * 36 * 36 * 36 * 36 * 36 // more than there are fetches
	return strconv.FormatUint(places+i%places, 36)
}

// page returns a page of its own for fetch i, whose server is not needed.
func (s *session) page(i uint64) *fetch.Environment {
	return &fetch.Environment{Origin: fetch.MustParseOrigin(s.scheme + "://page" + number(i) + ".example")}
}

// A countingLog is a slog.Handler that drops what it has counted.
type countingLog struct{ records atomic.Uint64 }

func (l *countingLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *countingLog) Handle(context.Context, slog.Record) error {
	l.records.Add(1)
	return nil
}
func (l *countingLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *countingLog) WithGroup(string) slog.Handler      { return l }

// An inProcess is a Base without a network.
type inProcess struct {
	server  *server
	account *account
}

func (b *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	var text []byte
	if r.Body != nil {
		var err error
		text, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	switch r.URL.Path {
	case "/down":
		return nil, errors.New("connection refused")
	case "/cancel":
		b.server.cancel(r.URL.RawQuery)
		<-r.Context().Done()
		return nil, r.Context().Err()
	case "/socket":
		return b.upgrade(r), nil
	}
	a := b.server.serve(r, text)
	resp := response(r, a.status, a.header)
	if r.URL.Path == "/part" {
		// As from a cache that has it from a request for that range.
		resp.Request = r.Clone(r.Context())
		resp.Request.Header["Range"] = []string{"bytes=0-11"}
	}
	switch {
	case a.broken:
		resp.Body = b.account.responseBody(a.body[:len(a.body)/2], errBroken)
	case r.Method == http.MethodHead:
		resp.Body = b.account.responseBody(nil, nil)
	default:
		resp.Body = b.account.responseBody(a.body, nil)
	}
	resp.ContentLength = int64(len(a.body))
	return resp, nil
}

// upgrade answers the handshake of a WebSocket, which the embedder checks.
func (b *inProcess) upgrade(r *http.Request) *http.Response {
	resp := response(r, http.StatusSwitchingProtocols, http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
	})
	resp.Body = connection{b.account.responseBody(nil, nil)}
	return resp
}

func response(r *http.Request, status int, h http.Header) *http.Response {
	return &http.Response{
		Status: statusLine(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Request: r,
	}
}

// An overSockets is a Base that counts the bodies of another.
type overSockets struct {
	*http.Transport
	account *account
}

func (b *overSockets) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.Transport.RoundTrip(r)
	if err == nil {
		b.account.responses.opened.Add(1)
		resp.Body = &countedBody{ReadCloser: resp.Body, count: &b.account.responses.closed}
	}
	return resp, err
}

// Sessions are the one without sockets, and one with.
type sessions struct {
	process, socket *session // socket is nil if there are to be no sockets
	listener        *httptest.Server
	transport       *http.Transport
	goroutines      int // how many there are when all is quiet; 0 before the first sample
}

func newSessions(sockets bool) (*sessions, error) {
	s, a := new(server), new(account)
	process, err := newSession("https", 0, &inProcess{s, a}, s, a)
	if err != nil {
		return nil, err
	}
	all := &sessions{process: process}
	if !sockets {
		return all, nil
	}
	s, a = new(server), new(account)
	all.listener = httptest.NewUnstartedServer(s)
	all.listener.Config.ErrorLog = log.New(io.Discard, "", 0) // it reports aborted handlers
	all.listener.Start()
	addr := all.listener.Listener.Addr().String()
	all.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, addr)
		},
		DisableCompression: true,
	}
	// Few hosts, since each has connections of its own.
	all.socket, err = newSession("http", 4, &overSockets{all.transport, a}, s, a)
	if err != nil {
		all.close()
		return nil, err
	}
	return all, nil
}

// each calls f for each session with its name.
func (s *sessions) each(f func(name string, s *session)) {
	f("in process", s.process)
	if s.socket != nil {
		f("sockets", s.socket)
	}
}

// quiesce closes what is idle and waits until what is about to end has ended, but
// not for long: what has not ended by then is what we are here to see.
func (s *sessions) quiesce(goroutines int) int {
	const patience = 5 * time.Second
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if s.transport != nil {
			s.transport.CloseIdleConnections()
		}
		settled := true
		s.each(func(_ string, s *session) { settled = settled && s.account.balanced() })
		n := countGoroutines()
		if settled && n <= goroutines || time.Now().After(deadline) {
			return n
		}
	}
}

func (s *sessions) close() {
	if s.listener == nil {
		return
	}
	s.transport.CloseIdleConnections()
	s.listener.Close()
}
