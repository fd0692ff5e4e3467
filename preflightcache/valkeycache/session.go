package valkeycache

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/valkey-io/valkey-go"
)

const (
	// connectTimeout bounds the establishment of a session, which goes on
	// while operations that wait for it give up.
	connectTimeout = 2 * time.Second

	// keepAlive is after how long an idle connection is tested.
	keepAlive = time.Second

	// bufferSize is that of the two buffers of a connection.
	bufferSize = 32 << 10
)

// errLost is why a connection to a single server is not established anew.
var errLost = errors.New("connection was lost")

// A session is a client with the connections it has. To a single server that is one,
// and the session ends with it: a client that connects anew does so on behalf of
// one operation, and the others suffer if that is given up. To a cluster there
// is one for each node, and the client has to keep up with the nodes that come
// and go. In either case, when a connection ends, copies are not used any more,
// since notices may be missing.
type session struct {
	cache  *Cache
	client valkey.Client // not modified once the session is established

	mu     sync.Mutex // guards the fields below
	conns  map[net.Conn]struct{}
	single bool // the one connection to a single server has been established
	ended  bool
	gen    generation
	recent bool // the server has not said that gen's key has changed

	genMu sync.Mutex // held while gen is being found out
}

// connect establishes a session.
func (c *Cache) connect() (*session, error) {
	s := &session{cache: c, conns: make(map[net.Conn]struct{})}
	client, err := valkey.NewClient(valkey.ClientOption{
		InitAddress:           c.opts.Addrs,
		Username:              c.opts.Username,
		Password:              c.opts.Password,
		SelectDB:              c.opts.DB,
		TLSConfig:             c.opts.TLS,
		DialCtxFn:             s.dial,
		Dialer:                net.Dialer{Timeout: connectTimeout, KeepAlive: keepAlive},
		ConnWriteTimeout:      keepAlive,
		ReadBufferEachConn:    bufferSize,
		WriteBufferEachConn:   bufferSize,
		PipelineMultiplex:     -1, // one connection, lest a notice overtake a reply
		DisableRetry:          true,
		ClientTrackingOptions: []string{"NOLOOP"},
		OnInvalidations:       s.invalidate,
	})
	if err != nil {
		s.end()
		if client != nil {
			client.Close()
		}
		return nil, err
	}
	s.client = client
	s.mu.Lock()
	s.single = client.Mode() != valkey.ClientModeCluster
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if _, err = s.generation(ctx, generation{}); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// dial establishes a connection, unless it would be a second one to a single
// server. It does not end with ctx, which is that of the operation that happens
// to need the connection first.
func (s *session) dial(ctx context.Context, addr string, d *net.Dialer, config *tls.Config) (net.Conn, error) {
	if s.isOver() {
		return nil, errLost
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
	defer cancel()
	var (
		conn net.Conn
		err  error
	)
	if config != nil {
		conn, err = (&tls.Dialer{NetDialer: d, Config: config}).DialContext(ctx, "tcp", addr)
	} else {
		conn, err = d.DialContext(ctx, "tcp", addr)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		hangUp(conn)
		return nil, errLost
	}
	s.conns[conn] = struct{}{}
	return &sessionConn{conn, s}, nil
}

// isOver reports whether there are to be no more connections.
func (s *session) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended || s.single
}

// A sessionConn tells its session when the client closes it, which it does when the
// connection is lost, too.
type sessionConn struct {
	net.Conn
	session *session
}

func (c *sessionConn) Close() error {
	s := c.session
	s.mu.Lock()
	delete(s.conns, c.Conn)
	single := s.single
	s.ended = s.ended || single
	s.mu.Unlock()
	// Before the client can connect anew, which it does before it says so.
	s.cache.local.invalidateAll()
	if single {
		s.cache.lost(s)
	}
	return hangUp(c.Conn)
}

// hangUp closes conn without waiting for anything: the end of a TLS connection is
// announced, which takes time if nobody reads it.
func hangUp(conn net.Conn) error {
	if c, ok := conn.(*tls.Conn); ok {
		conn = c.NetConn()
	}
	return conn.Close()
}

// end closes the connections.
func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for conn := range s.conns {
		hangUp(conn)
	}
}

// close ends s and waits until the client has nothing to do any more.
func (s *session) close() {
	s.end()
	s.client.Close()
}

// invalidate is called by the client for each of the server's notices, and with
// nil if all keys have changed or the connection is lost.
func (s *session) invalidate(names []valkey.ValkeyMessage) {
	c := s.cache
	c.invalidations.Add(1)
	if names == nil {
		c.local.invalidateAll()
		s.doubt()
		return
	}
	for i := range names {
		name, err := names[i].ToString()
		if err == nil && !c.local.invalidate(name) && name == c.genName {
			c.local.invalidateAll()
			s.doubt()
		}
	}
}

// doubt has the generation looked up again before it is used.
func (s *session) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent = false
}

// current returns the generation, if it need not be looked up.
func (s *session) current() (generation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gen, s.recent
}

// generation returns the current generation, from the server unless it is known.
// It is not stale, whose scripts the server does not have; if that is still the
// current one, generation begins another.
func (s *session) generation(ctx context.Context, stale generation) (generation, error) {
	if g, ok := s.current(); ok && g != stale {
		return g, nil
	}
	s.genMu.Lock()
	defer s.genMu.Unlock()
	if g, ok := s.current(); ok && g != stale {
		return g, nil
	}
	s.mu.Lock()
	s.recent = true // until a notice says otherwise
	s.mu.Unlock()
	g, err := s.findGeneration(ctx, stale)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.recent = false
		return generation{}, err
	}
	if g != s.gen {
		s.cache.local.invalidateAll()
	}
	s.gen = g
	return g, nil
}

func (s *session) findGeneration(ctx context.Context, stale generation) (generation, error) {
	b := s.client.B
	key := s.cache.genName
	had, err := s.client.Do(ctx, b().Getrange().Key(key).Start(0).End(generationLen).Build()).ToString()
	switch {
	case isReply(err, "WRONGTYPE"):
		had = notAString
	case err != nil:
		return generation{}, err
	}
	if g, ok := parseGeneration(had); ok && g != stale {
		return g, nil
	}
	// If it is the key alone that is gone, the generation goes on.
	g, _ := s.current()
	if g == stale || g == (generation{}) {
		if g, err = s.newGeneration(ctx); err != nil {
			return generation{}, err
		}
	}
	has, err := s.client.Do(ctx, b().Eval().Script(proposeScript).Numkeys(1).Key(key).Arg(had, g.String()).Build()).ToString()
	if err != nil {
		return generation{}, err
	}
	g, ok := parseGeneration(has)
	if !ok {
		return generation{}, fmt.Errorf("key %q: %w", key, ErrValue)
	}
	// A write ends the tracking.
	err = s.client.Do(ctx, b().Strlen().Key(key).Build()).Error()
	return g, err
}

// newGeneration returns a generation that nobody knows of yet.
func (s *session) newGeneration(ctx context.Context) (g generation, err error) {
	var random [tagLen / 2]byte
	rand.Read(random[:])
	g.tag = hex.EncodeToString(random[:])
	if g.read, err = s.load(ctx, script(readScript, g.tag, s.cache.extraScript)); err != nil {
		return generation{}, err
	}
	if g.store, err = s.load(ctx, script(storeScript, g.tag, s.cache.extraScript)); err != nil {
		return generation{}, err
	}
	return g, nil
}

// load loads a script and returns its name. It is loaded on primaries only: a
// replica that has it would go on with the generation when it takes over.
func (s *session) load(ctx context.Context, text string) (name string, err error) {
	cluster := s.client.Mode() == valkey.ClientModeCluster
	for _, node := range s.client.Nodes() {
		if cluster && !isPrimary(ctx, node) {
			continue
		}
		if name, err = node.Do(ctx, node.B().ScriptLoad().Script(text).Build()).ToString(); err != nil {
			return "", err
		}
	}
	if len(name) != sha1Len {
		return "", fmt.Errorf("script is called %q", name)
	}
	return name, nil
}

// isPrimary reports whether node says that it is one. If one does not answer it is
// left out: should it be a primary, another generation begins when it is back.
func isPrimary(ctx context.Context, node valkey.Client) bool {
	reply, err := node.Do(ctx, node.B().Role().Build()).ToArray()
	if err != nil || len(reply) == 0 {
		return false
	}
	role, err := reply[0].ToString()
	return err == nil && role == "master"
}

// session returns the current session. If there is none, it has one established
// and waits for that, but no longer than ctx.
func (c *Cache) session(ctx context.Context) (*session, error) {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return nil, ErrClosed
	case c.current != nil:
		defer c.mu.Unlock()
		return c.current, nil
	}
	a := c.attempt
	if a == nil {
		a = &attempt{done: make(chan struct{})}
		c.attempt = a
		c.background.Go(func() { c.establish(a) })
	}
	c.mu.Unlock()
	select {
	case <-a.done:
		return a.session, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// An attempt is one to establish a session. Its other fields may be read after
// done is closed.
type attempt struct {
	done    chan struct{}
	session *session
	err     error
}

// establish makes the attempt a.
func (c *Cache) establish(a *attempt) {
	s, err := c.connect()
	c.local.invalidateAll()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempt = nil
	defer close(a.done)
	if err == nil {
		c.connections.Add(1)
		switch {
		case c.closed:
			err = ErrClosed
		case s.isEnded():
			err = errLost
		}
		if err != nil {
			c.background.Go(s.close)
		}
	}
	if a.err = err; err == nil {
		a.session, c.current = s, s
		c.breaker.done(success, false)
	}
}

func (s *session) isEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// lost ends the session s, if it is the current one.
func (c *Cache) lost(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == s {
		c.current = nil
		c.local.invalidateAll()
		c.background.Go(s.close)
	}
}

// isReply reports whether err is an error reply of the server that begins with
// one of the given words.
func isReply(err error, words ...string) bool {
	e, ok := valkey.IsValkeyErr(err)
	if !ok {
		return false
	}
	first, _, _ := strings.Cut(e.Error(), " ")
	for _, w := range words {
		if first == w {
			return true
		}
	}
	return len(words) == 0
}
