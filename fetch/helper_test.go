package fetch_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// userKey is the key of something that users of the package have in a context.
type userKey struct{}

// A web is a set of servers with names of our choosing, behind real sockets on
// loopback. Whatever host and port a URL has, its scheme decides which of two
// listeners a connection goes to.
//
// When the test ends, every response body that Base has opened must have been
// closed, and every goroutine gone.
type web struct {
	t         testing.TB
	client    *fetch.Client   // its Base is base; tests change the rest of it
	base      *accountingBase // around transport
	transport *http.Transport

	plain, secure *httptest.Server

	mu       sync.Mutex // guards the fields below
	handlers map[string]http.Handler
	log      []*received
	dialed   []string
}

// A received is a request as a server saw it.
type received struct {
	Method string
	URL    string // scheme, Host header and request URI
	Proto  string
	Header http.Header
	Body   string
}

func (r *received) String() string { return r.Method + " " + r.URL }

// newWeb starts the servers. handlers are keyed by URL without query, such as
// "https://api.example/x"; all other URLs answer 404.
func newWeb(t testing.TB, handlers map[string]http.Handler) *web {
	t.Helper()
	goroutines := runtime.NumGoroutine()
	w := &web{t: t, handlers: maps.Clone(handlers)}
	if w.handlers == nil {
		w.handlers = make(map[string]http.Handler)
	}
	quiet := log.New(io.Discard, "", 0)
	w.plain = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.plain.Config.ErrorLog = quiet
	w.plain.Start()
	w.secure = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.secure.Config.ErrorLog = quiet
	w.secure.EnableHTTP2 = true
	w.secure.StartTLS()
	w.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return w.dial(ctx, addr, w.plain)
		},
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := w.dial(ctx, addr, w.secure)
			if err != nil {
				return nil, err
			}
			return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}), nil
		},
		DisableCompression: true,
	}
	w.base = &accountingBase{next: w.transport}
	w.client = &fetch.Client{Base: w.base}
	t.Cleanup(func() {
		w.base.check(t)
		w.transport.CloseIdleConnections()
		w.plain.Close()
		w.secure.Close()
		checkGoroutines(t, goroutines)
	})
	return w
}

// useHTTP2 makes HTTPS connections speak HTTP/2. It has to be called before the
// first request.
func (w *web) useHTTP2() {
	w.transport.DialTLSContext = nil
	w.transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return w.dial(ctx, addr, w.secure)
	}
	w.transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	w.transport.ForceAttemptHTTP2 = true
}

func (w *web) dial(ctx context.Context, addr string, s *httptest.Server) (net.Conn, error) {
	w.mu.Lock()
	w.dialed = append(w.dialed, addr)
	w.mu.Unlock()
	var d net.Dialer
	return d.DialContext(ctx, "tcp", s.Listener.Addr().String())
}

func (w *web) serve(rw http.ResponseWriter, r *http.Request) {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	body, bodyErr := io.ReadAll(r.Body)
	w.mu.Lock()
	w.log = append(w.log, &received{
		Method: r.Method,
		URL:    scheme + r.Host + strings.TrimPrefix(r.RequestURI, scheme+r.Host),
		Proto:  r.Proto,
		Header: r.Header.Clone(),
		Body:   string(body),
	})
	path, _, _ := strings.Cut(strings.TrimPrefix(r.RequestURI, scheme+r.Host), "?")
	h := w.handlers[scheme+r.Host+path]
	w.mu.Unlock()
	if bodyErr != nil {
		// An answer to half a body could still arrive at a client that gave up.
		panic(http.ErrAbortHandler)
	}
	if h == nil {
		h = http.NotFoundHandler()
	}
	h.ServeHTTP(rw, r)
}

// handle makes h the handler for a URL without query.
func (w *web) handle(url string, h http.Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers[url] = h
}

// received returns what the servers have got so far.
func (w *web) received() []*received {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.log)
}

// last returns the last request that the servers got.
func (w *web) last() *received {
	w.t.Helper()
	log := w.received()
	if len(log) == 0 {
		w.t.Fatal("no server got a request")
	}
	return log[len(log)-1]
}

// forget empties the log.
func (w *web) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log, w.dialed = nil, nil
}

// dials returns the addresses dialled so far.
func (w *web) dials() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dialed)
}

// wantReceived checks the requests that the servers got, each as "METHOD url",
// since the start or the last call.
func (w *web) wantReceived(want ...string) {
	w.t.Helper()
	got := make([]string, 0, len(want))
	for _, r := range w.received() {
		got = append(got, r.String())
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("the servers got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	w.forget()
}

// fetch performs a fetch that has to succeed, and closes its body when the test
// ends.
func (w *web) fetch(req *http.Request, p *fetch.Params) *fetch.Response {
	w.t.Helper()
	resp, err := w.client.Fetch(req, p)
	if err != nil {
		w.t.Fatalf("Fetch: %v", err)
	}
	w.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// refuse performs a fetch that has to fail for the given reason.
func (w *web) refuse(req *http.Request, p *fetch.Params, reason fetch.Reason) *fetch.NetworkError {
	w.t.Helper()
	resp, err := w.client.Fetch(req, p)
	if err == nil {
		resp.Body.Close()
		w.t.Fatalf("Fetch succeeded with status %d; want %s", resp.Status, reason)
	}
	return wantReason(w.t, err, reason)
}

// wantReason checks that err is or wraps a NetworkError with the given reason,
// and returns that.
func wantReason(t testing.TB, err error, reason fetch.Reason) *fetch.NetworkError {
	t.Helper()
	e, ok := errors.AsType[*fetch.NetworkError](err)
	if !ok {
		t.Fatalf("error is %v; want a NetworkError with reason %s", err, reason)
	}
	if e.Reason != reason {
		t.Fatalf("reason is %s; want %s\n%v", e.Reason, reason, e)
	}
	return e
}

// newRequest returns a request with header lines such as "X-A: b" and, unless it
// is nil, a body: a string, which can be replayed, or an io.Reader.
func newRequest(t testing.TB, method, url string, body any, lines ...string) *http.Request {
	t.Helper()
	var r io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(body)
	case io.Reader:
		r = body
	default:
		t.Fatalf("body of type %T", body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	addLines(req.Header, lines)
	return req
}

// addLines adds lines such as "X-A: b" to h.
func addLines(h http.Header, lines []string) {
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			panic("no colon in header line " + line)
		}
		h[name] = append(h[name], strings.TrimLeft(value, " "))
	}
}

// page returns the environment of a page of the given origin.
func page(origin string) *fetch.Environment {
	return &fetch.Environment{Origin: fetch.MustParseOrigin(origin)}
}

// app is a page that most tests fetch from.
var app = page("https://app.example")

// An answer is a handler that always says the same.
type answer struct {
	status int      // 0 means 200
	lines  []string // "Name: value"
	body   string
}

func (a answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	addLines(w.Header(), a.lines)
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	io.WriteString(w, a.body)
}

// share is an answer that allows everything to everybody without credentials.
func share(lines ...string) answer {
	return answer{lines: append(lines,
		"Access-Control-Allow-Origin: *",
		"Access-Control-Allow-Methods: *",
		"Access-Control-Allow-Headers: *, authorization")}
}

// shareWith is an answer that allows the methods and headers given, each as a
// list, to one origin with credentials.
func shareWith(origin, methods, headers string, lines ...string) answer {
	return answer{lines: append(lines,
		"Access-Control-Allow-Origin: "+origin,
		"Access-Control-Allow-Credentials: true",
		"Access-Control-Allow-Methods: "+methods,
		"Access-Control-Allow-Headers: "+headers)}
}

// redirectTo is a redirect that everybody may read, and whose preflights pass.
func redirectTo(status int, location string, lines ...string) http.Handler {
	return split(share(), answer{status: status, lines: append(lines,
		"Access-Control-Allow-Origin: *", "Location: "+location)})
}

// split lets one handler answer preflights and another one everything else.
func split(preflight, request http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions && r.Header["Access-Control-Request-Method"] != nil {
			preflight.ServeHTTP(w, r)
			return
		}
		request.ServeHTTP(w, r)
	})
}

// raw answers with whatever f writes to the connection, which is then closed.
func raw(f func(conn net.Conn)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		f(conn)
	})
}

// rawText answers with text, whose line ends are "\n", and closes the
// connection.
func rawText(text string) http.Handler {
	return raw(func(conn net.Conn) { io.WriteString(conn, strings.ReplaceAll(text, "\n", "\r\n")) })
}

// A roundTripper is a function as a Base.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// unreachable is a Base that must not be reached.
func unreachable(t testing.TB) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("a request is sent: %s %s", r.Method, r.URL)
		return nil, errors.New("unreachable")
	})
}

// An accountingBase counts the response bodies that were opened and closed, and
// the bytes read from them.
type accountingBase struct {
	next           http.RoundTripper
	opened, closed atomic.Int64
	read           atomic.Int64
}

func (b *accountingBase) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if resp != nil && resp.Body != nil {
		b.opened.Add(1)
		body := accountedBody{ReadCloser: resp.Body, base: b, once: new(sync.Once)}
		if rw, ok := resp.Body.(io.Writer); ok {
			resp.Body = accountedConn{body, rw}
		} else {
			resp.Body = body
		}
	}
	return resp, err
}

// check reports bodies that were not closed.
func (b *accountingBase) check(t testing.TB) {
	t.Helper()
	if opened, closed := b.opened.Load(), b.closed.Load(); opened != closed {
		t.Errorf("%d response bodies were opened and %d closed", opened, closed)
	}
}

type accountedBody struct {
	io.ReadCloser
	base *accountingBase
	once *sync.Once
}

func (b accountedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.base.read.Add(int64(n))
	return n, err
}

func (b accountedBody) Close() error {
	b.once.Do(func() { b.base.closed.Add(1) })
	return b.ReadCloser.Close()
}

// An accountedConn is the body of a response that switches protocols.
type accountedConn struct {
	accountedBody
	io.Writer
}

// checkGoroutines reports goroutines that were not there when there were n. It
// gives them the time to end that they need, within reason.
func checkGoroutines(t testing.TB, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		if runtime.NumGoroutine() <= n {
			return
		}
	}
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	t.Errorf("%d goroutines; there were %d before\n%s", runtime.NumGoroutine(), n, buf)
}

// A requestBody is a request body that knows what happened to it. It may be
// read and closed by the transport's goroutines.
type requestBody struct {
	r      io.Reader
	read   atomic.Bool
	closed atomic.Int32
}

func newBody(text string) *requestBody { return &requestBody{r: strings.NewReader(text)} }

func (b *requestBody) Read(p []byte) (int, error) {
	b.read.Store(true)
	return b.r.Read(p)
}

func (b *requestBody) Close() error {
	b.closed.Add(1)
	return nil
}

// readAll reads the rest of a body.
func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading a body: %v", err)
	}
	return string(b)
}

// wantHeader checks that h has the given value lines for name, or none.
func wantHeader(t testing.TB, h http.Header, name string, want ...string) {
	t.Helper()
	if got := h[http.CanonicalHeaderKey(name)]; !slices.Equal(got, want) {
		t.Errorf("%s is %q; want %q", name, got, want)
	}
}

// newJar returns a jar with cookies for a URL, each as in Set-Cookie.
func newJar(t testing.TB, rawURL string, cookies ...string) *cookiejar.Jar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var set []*http.Cookie
	for _, line := range cookies {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		set = append(set, c)
	}
	jar.SetCookies(mustURL(t, rawURL), set)
	return jar
}

// cookiesIn returns what jar would send to a URL.
func cookiesIn(t testing.TB, jar http.CookieJar, rawURL string) string {
	t.Helper()
	var all []string
	for _, c := range jar.Cookies(mustURL(t, rawURL)) {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A requestState is what a RoundTripper must leave alone in a request.
type requestState struct {
	Method           string
	URL              *url.URL
	URLText          string
	Header, Trailer  http.Header
	ContentLength    int64
	TransferEncoding []string
	Close            bool
	Host             string
}

func stateOf(req *http.Request) requestState {
	s := requestState{
		Method:           req.Method,
		Header:           req.Header.Clone(),
		Trailer:          req.Trailer.Clone(),
		ContentLength:    req.ContentLength,
		TransferEncoding: slices.Clone(req.TransferEncoding),
		Close:            req.Close,
		Host:             req.Host,
	}
	if req.URL != nil {
		u := *req.URL
		s.URL, s.URLText = &u, u.String()
	}
	return s
}

// wantUntouched checks that req is as it was.
func wantUntouched(t testing.TB, req *http.Request, before requestState) {
	t.Helper()
	userinfo := cmp.Comparer(func(a, b *url.Userinfo) bool { return a.String() == b.String() })
	if diff := cmp.Diff(before, stateOf(req), userinfo); diff != "" {
		t.Errorf("the caller's request has changed (-before +after):\n%s", diff)
	}
}

// wantPanic checks that f panics with a text that contains part.
func wantPanic(t testing.TB, part string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), part) {
			t.Errorf("panic with %v; want one with %q", v, part)
		}
	}()
	f()
}

// endless is a reader without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte{'x'}, min(len(p), 512))), nil
}

// resolver adapts a function on strings to Client.ResolveURL.
func resolver(f func(base, ref string) (string, error)) func(*url.URL, string) (*url.URL, error) {
	return func(base *url.URL, ref string) (*url.URL, error) {
		s, err := f(base.String(), ref)
		if err != nil {
			return nil, err
		}
		return url.Parse(s)
	}
}

// wantReceivedBody checks the body of the last request that the servers got.
func (w *web) wantReceivedBody(want string) {
	w.t.Helper()
	if got := w.last().Body; got != want {
		w.t.Errorf("the server got the body %q; want %q", got, want)
	}
}

// silent says nothing, or nothing more, until the client goes away.
var silent = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
})
