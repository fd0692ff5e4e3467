package fetch_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/testtable"
)

// The types below are the schema that testdata/fetch-scenarios.md describes.

type scenarioIn struct {
	Page    scenarioPage            `json:"page"`
	Pages   map[string]scenarioPage `json:"pages"`
	Cookies [][2]string             `json:"cookies"`
	Servers []*scenarioEndpoint     `json:"servers"`
	Fetches []scenarioFetch         `json:"fetches"`
}

type scenarioPage struct {
	Origin         string `json:"origin"`
	TopLevel       string `json:"topLevel"`
	ReferrerPolicy string `json:"referrerPolicy"`
}

type scenarioEndpoint struct {
	Method  string           `json:"method"`
	URL     string           `json:"url"`
	Times   int              `json:"times"`
	Status  int              `json:"status"`
	Headers testtable.Header `json:"headers"`
	Body    string           `json:"body"`
}

type scenarioFetch struct {
	After          int              `json:"after"`
	Page           string           `json:"page"`
	Method         string           `json:"method"`
	URL            string           `json:"url"`
	Headers        testtable.Header `json:"headers"`
	Body           string           `json:"body"`
	Stream         bool             `json:"stream"`
	Mode           string           `json:"mode"`
	Credentials    string           `json:"credentials"`
	Redirect       string           `json:"redirect"`
	ForcePreflight bool             `json:"forcePreflight"`
}

type scenarioVerdict struct {
	Type       fetch.ResponseType `json:"type"`
	Status     int                `json:"status"`
	URL        string             `json:"url"`
	Redirected bool               `json:"redirected"`
	Headers    testtable.Header   `json:"headers"`
	Withheld   []string           `json:"withheld"`
	Body       *string            `json:"body"`

	Error     string `json:"error"`
	Preflight bool   `json:"preflight"`
	Hop       int    `json:"hop"`

	Requests []scenarioRequest `json:"requests"`
}

type scenarioRequest struct {
	Method  string                      `json:"method"`
	URL     string                      `json:"url"`
	Headers map[string]*testtable.Bytes `json:"headers"`
	Body    string                      `json:"body"`
}

// scenarioWatched are the headers that a request must not have unless its
// expectation says so.
var scenarioWatched = [...]string{
	"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers",
	"Cookie", "Authorization", "Content-Type",
}

// TestScenarios runs the tables of whole fetches, each scenario with a browser
// and servers of its own, and once for each of the two ways into the engine.
func TestScenarios(t *testing.T) {
	l := newScenarioListener(t)
	for _, topic := range []string{
		"cors-basic", "cors-preflight", "cors-preflight-cache", "cors-credentials",
		"cors-redirect", "cors-expose", "modes",
	} {
		t.Run(topic, func(t *testing.T) {
			testtable.Run(t, "fetch-scenarios-"+topic+".json", func(t *testing.T, in scenarioIn, want []scenarioVerdict) {
				if len(want) != len(in.Fetches) {
					t.Fatalf("%d verdicts for %d fetches", len(want), len(in.Fetches))
				}
				t.Run("Fetch", func(t *testing.T) {
					scenarioRun(t, l, in, want, (*fetch.Client).Fetch)
				})
				if scenarioSameForTransport(in) {
					t.Run("Transport", func(t *testing.T) {
						scenarioRun(t, l, in, want, scenarioRoundTrip)
					})
				}
			})
		})
	}
}

// scenarioSameForTransport reports whether a Transport is documented to behave
// like Client.Fetch: it does not follow the redirects of navigations, and a
// User-Agent does not cause a preflight.
func scenarioSameForTransport(in scenarioIn) bool {
	for _, f := range in.Fetches {
		if f.Mode == "navigate" {
			return false
		}
		for _, h := range f.Headers {
			if strings.EqualFold(string(h[0]), "User-Agent") {
				return false
			}
		}
	}
	return true
}

// scenarioRoundTrip is Client.Fetch by way of a Transport.
func scenarioRoundTrip(c *fetch.Client, req *http.Request, p *fetch.Params) (*fetch.Response, error) {
	resp, err := c.Transport(p).RoundTrip(req)
	if err != nil {
		return nil, err
	}
	r, ok := fetch.FromHTTP(resp)
	if !ok {
		return nil, errors.New("the response of a Transport does not lead back to a fetch.Response")
	}
	if resp.StatusCode != r.Status || !cmp.Equal(resp.Header, r.Header) {
		return nil, fmt.Errorf("a Transport shows status %d and %v; want %d and %v", resp.StatusCode, resp.Header, r.Status, r.Header)
	}
	r.Body = resp.Body
	return r, nil
}

type scenarioFetchFunc = func(*fetch.Client, *http.Request, *fetch.Params) (*fetch.Response, error)

func scenarioRun(t *testing.T, l *scenarioListener, in scenarioIn, want []scenarioVerdict, do scenarioFetchFunc) {
	network := newScenarioNet(t, l, in.Servers)
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range in.Cookies {
		scenarioSetCookie(t, jar, c[0], c[1])
	}
	now := time.Date(2026, 7, 2, 12, 0, 0, 0, time.UTC)
	client := &fetch.Client{Base: network, Jar: jar, Now: func() time.Time { return now }}
	pages := map[string]*fetch.Environment{"": scenarioEnvironment(t, in.Page)}
	for name, p := range in.Pages {
		pages[name] = scenarioEnvironment(t, p)
	}
	for i, f := range in.Fetches {
		env, ok := pages[f.Page]
		if !ok {
			t.Fatalf("fetch %d: there is no page %q", i, f.Page)
		}
		now = now.Add(time.Duration(f.After) * time.Second)
		resp, err := do(client, f.request(t, network), f.params(t, env))
		scenarioJudge(t, i, resp, err, want[i])
		network.judge(t, i, want[i].Requests)
	}
	network.finish(t)
}

// scenarioJudge checks what a fetch returned, and closes the response.
func scenarioJudge(t *testing.T, i int, resp *fetch.Response, err error, want scenarioVerdict) {
	t.Helper()
	if err == nil {
		defer resp.Body.Close()
	}
	if want.Error != "" {
		e, ok := errors.AsType[*fetch.NetworkError](err)
		if !ok {
			t.Errorf("fetch %d: %v, %v; want %s", i, resp, err, want.Error)
			return
		}
		if string(e.Reason) != want.Error || e.Preflight != want.Preflight || e.Hop != want.Hop {
			t.Errorf("fetch %d: %v\ngot  %s, preflight %v, hop %d\nwant %s, preflight %v, hop %d",
				i, e, e.Reason, e.Preflight, e.Hop, want.Error, want.Preflight, want.Hop)
		}
		return
	}
	if err != nil {
		t.Errorf("fetch %d: %v; want a response of type %s", i, err, want.Type)
		return
	}
	if resp.Type != want.Type || resp.Status != want.Status || resp.Redirected != want.Redirected {
		t.Errorf("fetch %d: type %s, status %d, redirected %v; want %s, %d, %v",
			i, resp.Type, resp.Status, resp.Redirected, want.Type, want.Status, want.Redirected)
	}
	got := ""
	if resp.URL != nil {
		got = resp.URL.String()
	}
	if want.URL != "" && got != want.URL || want.Type == fetch.TypeOpaque && got != "" {
		t.Errorf("fetch %d: URL %q; want %q", i, got, want.URL)
	}
	scenarioJudgeHeader(t, i, resp, want)
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("fetch %d: reading the body: %v", i, err)
	}
	if want.Body != nil && string(text) != *want.Body {
		t.Errorf("fetch %d: body %q; want %q", i, text, *want.Body)
	}
	if (want.Type == fetch.TypeOpaque || want.Type == fetch.TypeOpaqueRedirect) && len(text)+len(resp.Header) > 0 {
		t.Errorf("fetch %d: an opaque response shows %v and %q", i, resp.Header, text)
	}
}

func scenarioJudgeHeader(t *testing.T, i int, resp *fetch.Response, want scenarioVerdict) {
	t.Helper()
	if want.Headers != nil {
		got, readable := make(map[string]string), make(map[string]string)
		for name, values := range resp.Header {
			if name == "Content-Length" {
				continue // the test's servers add it
			}
			got[strings.ToLower(name)] = strings.Join(values, ", ")
		}
		for name, values := range want.Headers.HTTP() {
			readable[strings.ToLower(name)] = strings.Join(values, ", ")
		}
		if diff := cmp.Diff(readable, got); diff != "" {
			t.Errorf("fetch %d: readable headers (-want +got):\n%s", i, diff)
		}
	}
	has := func(h http.Header, name string) bool {
		for key := range h {
			if strings.EqualFold(key, name) {
				return true
			}
		}
		return false
	}
	for _, name := range want.Withheld {
		if has(resp.Header, name) {
			t.Errorf("fetch %d: %s is readable", i, name)
		}
		if !has(resp.Internal().Header, name) {
			t.Errorf("fetch %d: the server sent no %s that could be withheld", i, name)
		}
	}
}

func scenarioEnvironment(t *testing.T, p scenarioPage) *fetch.Environment {
	t.Helper()
	env := &fetch.Environment{ReferrerPolicy: fetch.ReferrerPolicy(p.ReferrerPolicy)}
	var err error
	if env.Origin, err = fetch.ParseOrigin(p.Origin); err != nil {
		t.Fatal(err)
	}
	if p.TopLevel != "" {
		if env.TopLevel, err = fetch.ParseOrigin(p.TopLevel); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

func scenarioSetCookie(t *testing.T, jar http.CookieJar, rawURL, value string) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := http.ParseSetCookie(value)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(u, []*http.Cookie{cookie})
}

func (f *scenarioFetch) params(t *testing.T, env *fetch.Environment) *fetch.Params {
	t.Helper()
	p := &fetch.Params{Environment: env, ForcePreflight: f.ForcePreflight}
	var errs [3]error
	switch f.Mode {
	case "navigate":
		p.Mode = fetch.ModeNavigate
	case "websocket":
		p.Mode = fetch.ModeWebSocket
	default:
		p.Mode, errs[0] = fetch.ParseMode(f.Mode)
	}
	p.Credentials, errs[1] = fetch.ParseCredentials(f.Credentials)
	p.Redirect, errs[2] = fetch.ParseRedirect(f.Redirect)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return p
}

// request makes the request by hand, because http.NewRequest refuses some that
// Fetch has to.
func (f *scenarioFetch) request(t *testing.T, network *scenarioNet) *http.Request {
	t.Helper()
	u, err := fetch.ParseURL(nil, f.URL)
	if err != nil {
		t.Fatal(err)
	}
	req := (&http.Request{Method: f.Method, URL: u, Header: f.Headers.HTTP()}).WithContext(t.Context())
	if f.Body != "" {
		req.ContentLength = int64(len(f.Body))
		req.Body = network.track(io.NopCloser(strings.NewReader(f.Body)))
		if !f.Stream {
			req.GetBody = func() (io.ReadCloser, error) {
				return network.track(io.NopCloser(strings.NewReader(f.Body))), nil
			}
		}
	}
	return req
}

// A scenarioListener is where all hosts of all scenarios are: a socket for http
// and one for https.
type scenarioListener struct {
	plain, secure net.Listener
	client        *tls.Config
	net           atomic.Pointer[scenarioNet] // the scenario that is running
}

func newScenarioListener(t *testing.T) *scenarioListener {
	t.Helper()
	s := httptest.NewTLSServer(nil) // for its certificate
	certificates := s.TLS.Certificates
	s.Close()
	l := &scenarioListener{
		plain:  scenarioListen(t),
		secure: tls.NewListener(scenarioListen(t), &tls.Config{Certificates: certificates}),
		// The certificate has other names. Sessions are kept to save time.
		client: &tls.Config{InsecureSkipVerify: true, ServerName: "all.example", ClientSessionCache: tls.NewLRUClientSessionCache(1)},
	}
	go l.accept(l.plain, "http://")
	go l.accept(l.secure, "https://")
	return l
}

func scenarioListen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func (l *scenarioListener) accept(from net.Listener, scheme string) {
	for {
		conn, err := from.Accept()
		if err != nil {
			return // closed
		}
		go l.serve(conn, scheme)
	}
}

// serve answers the requests of a connection. It does so by hand, because an
// http.Server adds headers, trims values, and sends no body with some statuses.
func (l *scenarioListener) serve(conn net.Conn, scheme string) {
	defer conn.Close()
	for r := bufio.NewReader(conn); ; {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		e := l.net.Load().answer(scenarioSeen{req.Method, scheme + req.Host + req.RequestURI, req.Header, string(body)})
		if _, err := conn.Write(e.response(req.Method == http.MethodHead)); err != nil {
			return
		}
	}
}

// dial connects to the socket for https, or else to that for http.
func (l *scenarioListener) dial(ctx context.Context, https bool) (net.Conn, error) {
	to := l.plain
	if https {
		to = l.secure
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", to.Addr().String())
	if err != nil || !https {
		return conn, err
	}
	c := tls.Client(conn, l.client)
	return c, c.HandshakeContext(ctx)
}

// A scenarioNet is the network of one scenario. It is the RoundTripper under the
// engine, and counts which bodies are open.
type scenarioNet struct {
	endpoints []*scenarioEndpoint
	transport *http.Transport
	open      sync.WaitGroup // bodies, of requests and responses

	mu       sync.Mutex
	answered map[*scenarioEndpoint]int
	seen     []scenarioSeen
	stray    []string // requests that no endpoint answers
}

// A scenarioSeen is a request as a server saw it.
type scenarioSeen struct {
	method, url string
	header      http.Header
	body        string
}

func newScenarioNet(t *testing.T, l *scenarioListener, endpoints []*scenarioEndpoint) *scenarioNet {
	t.Helper()
	n := &scenarioNet{
		endpoints: endpoints,
		answered:  make(map[*scenarioEndpoint]int),
		transport: &http.Transport{
			DialContext:    func(ctx context.Context, _, _ string) (net.Conn, error) { return l.dial(ctx, false) },
			DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.dial(ctx, true) },
		},
	}
	t.Cleanup(n.transport.CloseIdleConnections)
	l.net.Store(n)
	return n
}

// RoundTrip implements [http.RoundTripper].
func (n *scenarioNet) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.transport.RoundTrip(req)
	if err == nil {
		resp.Body = n.track(resp.Body)
	}
	return resp, err
}

// track returns a body that has to be closed.
func (n *scenarioNet) track(body io.ReadCloser) io.ReadCloser {
	n.open.Add(1)
	return &scenarioBody{ReadCloser: body, closed: sync.OnceFunc(n.open.Done)}
}

type scenarioBody struct {
	io.ReadCloser
	closed func()
}

func (b *scenarioBody) Close() error {
	b.closed()
	return b.ReadCloser.Close()
}

// answer records a request and returns the endpoint that answers it.
func (n *scenarioNet) answer(seen scenarioSeen) *scenarioEndpoint {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, seen)
	var last *scenarioEndpoint
	for _, anyMethod := range []bool{false, true} {
		for _, e := range n.endpoints {
			if e.URL != seen.url || anyMethod && e.Method != "" || !anyMethod && e.Method != seen.method {
				continue
			}
			last = e
			if n.answered[e] < max(e.Times, 1) {
				n.answered[e]++
				return e
			}
		}
		if last != nil {
			return last
		}
	}
	n.stray = append(n.stray, seen.method+" "+seen.url)
	return &scenarioEndpoint{Status: http.StatusNotImplemented}
}

// response returns the endpoint's answer as it goes over the wire.
func (e *scenarioEndpoint) response(head bool) []byte {
	status := e.Status
	if status == 0 {
		status = http.StatusOK
	}
	b := fmt.Appendf(nil, "HTTP/1.1 %d Status\r\n", status)
	for _, h := range e.Headers {
		b = fmt.Appendf(b, "%s: %s\r\n", h[0], h[1])
	}
	switch status {
	case http.StatusNoContent, http.StatusNotModified:
		return append(b, "\r\n"...)
	}
	b = fmt.Appendf(b, "Content-Length: %d\r\n\r\n", len(e.Body))
	if head {
		return b
	}
	return append(b, e.Body...)
}

// judge checks the requests that the servers saw since the last call.
func (n *scenarioNet) judge(t *testing.T, i int, want []scenarioRequest) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.stray {
		t.Errorf("fetch %d: no server answers %s", i, s)
	}
	var got, names []string
	for _, s := range n.seen {
		got = append(got, s.method+" "+s.url)
	}
	for _, r := range want {
		names = append(names, r.Method+" "+r.URL)
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("fetch %d: requests (-want +got):\n%s", i, diff)
	} else {
		for j := range want {
			want[j].judge(t, i, n.seen[j])
		}
	}
	n.seen, n.stray = nil, nil
}

func (r *scenarioRequest) judge(t *testing.T, i int, seen scenarioSeen) {
	t.Helper()
	expected := make(map[string]*testtable.Bytes)
	for _, name := range scenarioWatched {
		expected[name] = nil
	}
	for name, value := range r.Headers {
		expected[http.CanonicalHeaderKey(name)] = value
	}
	for name, value := range expected {
		values, has := seen.header[name]
		got := strings.Join(values, ", ")
		switch {
		case value == nil && has:
			t.Errorf("fetch %d: %s %s has %s: %s; want none", i, r.Method, r.URL, name, got)
		case value != nil && (!has || got != string(*value)):
			t.Errorf("fetch %d: %s %s has %s: %q, %v; want %q", i, r.Method, r.URL, name, got, has, *value)
		}
	}
	if r.Body != seen.body {
		t.Errorf("fetch %d: %s %s has the body %q; want %q", i, r.Method, r.URL, seen.body, r.Body)
	}
}

// finish checks that every body was closed. net/http may close a request's body
// some time after it has returned.
func (n *scenarioNet) finish(t *testing.T) {
	t.Helper()
	closed := make(chan struct{})
	go func() { n.open.Wait(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("a body was not closed")
	}
}
