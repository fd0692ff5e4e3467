package fetchtest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/weburl"
)

// Hosts maps origins, such as "https://api.example" or "http://localhost:8080",
// to what serves them.
type Hosts map[string]http.Handler

// A Network is a set of hosts, each an [http.Handler] in this process, and an
// [http.RoundTripper] that reaches them: no ports, no certificates, no sockets.
// It is made for [fetch.Client.Base] and is what a [Browser] uses. The zero
// Network has no hosts. It is safe for concurrent use and must not be copied after
// first use.
//
// A handler runs on a goroutine of its own and sees what net/http's server would
// show it over HTTP/1.1: RemoteAddr, TLS for https, RequestURI, a context that
// ends when the client goes away, or when the handler returns, and that has none
// of the client's values. The response gets what the server would add: Date, a
// sniffed Content-Type, Content-Length. Up to 2 KiB that are written are held back
// until Flush or the handler's end, as the server does; a client that does not
// read stops a handler after 64 KiB. Informational responses, trailers and
// reading the request's body while writing the response work. Hijack and
// deadlines are not supported.
//
// Where the server only writes to its error log, or not even that, a Network is
// strict: a panic, or a header that cannot be written, is a transport error that
// says so, a [*HandlerError].
//
// If the request ends early while the handler reads the body, the body is closed
// during the Read, which must then return, as that of an [io.Pipe] does.
type Network struct {
	// MaxExchanges is how many exchanges are kept for [Network.Exchanges], the
	// latest ones. Zero means 1000.
	MaxExchanges int

	mu      sync.Mutex // guards the fields below
	hosts   map[address]*host
	running map[*exchange]struct{}
	closed  bool
	idle    chan struct{} // closed when nothing runs; nil unless Close waits
	log     []*record     // a ring once it is full
	oldest  int           // index of the oldest entry in a full log
}

// An address is where a host is: scheme, and host with port unless that is the
// scheme's default.
type address struct{ scheme, host string }

// A host serves one origin.
type host struct {
	origin  string
	handler http.Handler
	ctx     context.Context // parent of its requests' contexts
	request *http.Request   // what all requests have in common; not modified
}

// hostAddr is the address of a host or a client, which has no number.
type hostAddr string

func (hostAddr) Network() string  { return "tcp" }
func (a hostAddr) String() string { return string(a) }

// clientAddr is the RemoteAddr of all requests: one from the range for
// documentation.
const clientAddr = "192.0.2.1:1234"

// Handle makes h what serves origin, such as "https://api.example", instead of
// what did before. A nil h takes the host off the network. Handle panics if origin
// is not the origin of an http: or https: URL.
func (n *Network) Handle(origin string, h http.Handler) {
	o, err := fetch.ParseOrigin(origin)
	if err != nil {
		panic("fetchtest: Network.Handle: " + err.Error())
	}
	scheme, hostport, _ := strings.Cut(o.String(), "://")
	if scheme != "http" && scheme != "https" {
		panic(fmt.Sprintf("fetchtest: Network.Handle: %q is no origin of http or https", origin))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	at := address{scheme, hostport}
	if h == nil {
		delete(n.hosts, at)
		return
	}
	if n.hosts == nil {
		n.hosts = make(map[address]*host)
	}
	n.hosts[at] = newHost(o.String(), at, h)
}

func newHost(origin string, at address, h http.Handler) *host {
	// Middleware finds these two in the context of any request.
	ctx := context.WithValue(context.Background(), http.ServerContextKey, &http.Server{Handler: h})
	ctx = context.WithValue(ctx, http.LocalAddrContextKey, hostAddr(withPort(at)))
	common := &http.Request{
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Body:       http.NoBody,
		RemoteAddr: clientAddr,
	}
	if at.scheme == "https" {
		name, _, err := net.SplitHostPort(at.host)
		if err != nil {
			name = at.host
		}
		common.TLS = &tls.ConnectionState{
			Version:           tls.VersionTLS13,
			HandshakeComplete: true,
			CipherSuite:       tls.TLS_AES_128_GCM_SHA256,
			ServerName:        name,
		}
	}
	return &host{origin: origin, handler: h, ctx: ctx, request: common}
}

// withPort returns the host and port to dial.
func withPort(a address) string {
	if _, _, err := net.SplitHostPort(a.host); err == nil {
		return a.host
	}
	if a.scheme == "https" {
		return a.host + ":443"
	}
	return a.host + ":80"
}

// RoundTrip implements [http.RoundTripper]. An origin without handler is a dial
// error around a [*NoHostError].
func (n *Network) RoundTrip(req *http.Request) (*http.Response, error) {
	x, err := n.accept(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	go x.serve()
	return x.await()
}

// accept makes the exchange for a request, if there is a host for it.
func (n *Network) accept(req *http.Request) (*exchange, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if req.URL == nil || req.URL.Scheme != "http" && req.URL.Scheme != "https" || req.URL.Host == "" {
		return nil, errors.New("fetchtest: the request has no http: or https: URL")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	h, err := n.dial(req.URL)
	if err != nil {
		return nil, err
	}
	x := newExchange(n, h, req)
	if n.running == nil {
		n.running = make(map[*exchange]struct{})
	}
	n.running[x] = struct{}{}
	n.keep(x.record)
	storyFrom(req.Context()).add(x.record)
	return x, nil
}

// dial finds the host of a URL. The mutex must be held.
func (n *Network) dial(u *url.URL) (*host, error) {
	at := address{u.Scheme, u.Host}
	fail := func(err error) (*host, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: hostAddr(withPort(at)), Err: err}
	}
	if n.closed {
		return fail(net.ErrClosed)
	}
	if h := n.hosts[at]; h != nil {
		return h, nil
	}
	// Perhaps another spelling: the engine's URLs are canonical, others need not be.
	origin := fetch.OriginOf(u).String()
	if scheme, hostport, ok := strings.Cut(origin, "://"); ok {
		if h := n.hosts[address{scheme, hostport}]; h != nil {
			return h, nil
		}
	}
	known := make([]string, 0, len(n.hosts))
	for h := range maps.Values(n.hosts) {
		known = append(known, h.origin)
	}
	slices.Sort(known)
	return fail(&NoHostError{Origin: origin, Known: known})
}

// keep adds r to the log. The mutex must be held.
func (n *Network) keep(r *record) {
	limit := n.MaxExchanges
	if limit <= 0 {
		limit = 1000
	}
	if len(n.log) < limit {
		n.log = append(n.log, r)
		return
	}
	n.log[n.oldest] = r
	n.oldest = (n.oldest + 1) % len(n.log)
}

// ended takes note that the handler of x has returned.
func (n *Network) ended(x *exchange) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.running, x)
	if len(n.running) == 0 && n.idle != nil {
		close(n.idle)
		n.idle = nil
	}
}

// Exchanges returns the requests that the hosts have got so far and what became
// of them, in the order in which they arrived.
func (n *Network) Exchanges() []Exchange {
	n.mu.Lock()
	all := slices.Concat(n.log[n.oldest:], n.log[:n.oldest])
	n.mu.Unlock()
	return snapshots(all)
}

// Forget empties what Exchanges returns.
func (n *Network) Forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log, n.oldest = nil, 0
}

// closeGrace is how long Close waits for handlers whose context has ended.
const closeGrace = 5 * time.Second

// Close ends the contexts of all requests that are being served, and waits until
// their handlers have returned, for five seconds at most: then it returns a
// [*BlockedError]. A closed Network refuses all connections. Calling Close again
// waits again.
func (n *Network) Close() error {
	n.mu.Lock()
	n.closed = true
	running := slices.Collect(maps.Keys(n.running))
	if len(running) == 0 {
		n.mu.Unlock()
		return nil
	}
	if n.idle == nil {
		n.idle = make(chan struct{})
	}
	idle := n.idle
	n.mu.Unlock()

	for _, x := range running {
		x.abandon(net.ErrClosed)
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-idle:
		return nil
	case <-timer.C:
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	blocked := new(BlockedError)
	for x := range n.running {
		blocked.Requests = append(blocked.Requests, x.String())
	}
	if len(blocked.Requests) == 0 {
		return nil
	}
	slices.Sort(blocked.Requests)
	return blocked
}

// originForm returns u with nothing in Opaque, as a client writes it in a request
// line.
func originForm(u *url.URL) *url.URL {
	if u.Opaque == "" {
		return u
	}
	return weburl.OriginForm(u)
}
