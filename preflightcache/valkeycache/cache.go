package valkeycache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// A Cache is a [preflightcache.Cache] on a Valkey or Redis server. It is created by
// [New] and safe for concurrent use by multiple goroutines.
//
// Besides the bounds of [Options] there are those of preflightcache.Memory:
// nothing is stored for a key whose strings are longer than 2 KiB in total, and
// no method or header name longer than 128 bytes is kept.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-cache.
type Cache struct {
	opts    Options // with defaults
	genName string  // of the key with the generation
	names   keyspace
	now     func() time.Time

	extraScript string // see script; for tests

	local   *local
	server  serverClock
	breaker breaker
	counters

	background sync.WaitGroup // sessions being established or closed

	mu      sync.Mutex // guards the fields below
	closed  bool
	current *session
	attempt *attempt
}

var _ preflightcache.Cache = (*Cache)(nil)

// New returns a new Cache. It copies *o. The error is about o; the server
// is not contacted before the first operation, so a program can start while it is
// down. The Cache has to be closed when it is no longer needed.
func New(o *Options) (*Cache, error) {
	if o == nil {
		o = new(Options)
	}
	return newCache(*o, time.Now)
}

func newCache(o Options, now func() time.Time) (*Cache, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	names := newKeyspace(opts.Namespace)
	return &Cache{
		opts:    opts,
		genName: names.prefix + "generation",
		names:   names,
		now:     now,
		local:   newLocal(&opts, now, names),
		server:  serverClock{now: now, memory: opts.MaxAge, late: late(opts.Timeout)},
		breaker: breaker{now: now, cooldown: opts.Cooldown},
	}, nil
}

// Close closes the connections and waits until everything that the Cache has
// started has ended. Operations under way fail, as do all later ones, with
// ErrClosed. Close can be called more than once; the error is nil.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.closed = true
	s := c.current
	c.mu.Unlock()
	c.local.invalidateAll()
	if s != nil {
		c.lost(s)
	}
	c.background.Wait()
	return nil
}

// Covers implements [preflightcache.Cache]. If method and headers are both empty
// it reports true. It answers from the local copy if there is one, without
// allocating, and otherwise from the server.
//
// Deviation: a * stored with credentials is used as a wildcard only for
// requests without credentials; see the design notes of preflightcache.
//
// See https://fetch.spec.whatwg.org/#concept-cache-match-method and
// https://fetch.spec.whatwg.org/#concept-cache-match-header.
func (c *Cache) Covers(ctx context.Context, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
	if method == "" && len(headers) == 0 {
		return true, nil
	}
	if tooLong(k) {
		c.misses.Add(1)
		return false, nil
	}
	switch c.local.covers(k, credentials, method, headers) {
	case granted:
		return true, nil
	case refused:
		return false, nil
	case denied:
		c.misses.Add(1)
		return false, c.settle(ctx, k)
	}
	adm, err := c.admit()
	if err != nil {
		c.misses.Add(1)
		return false, c.failed("covers", err)
	}
	cmd := c.local.begin(k, false)
	l, err := c.read(ctx, adm, cmd)
	if err != nil {
		c.local.fail(cmd, 0)
		c.misses.Add(1)
		return false, c.failed("covers", err)
	}
	if !c.local.endRead(cmd, l, credentials, method, headers) {
		c.misses.Add(1)
		return false, nil
	}
	c.hits.Add(1)
	return true, nil
}

// Store implements [preflightcache.Cache]. If g alone lists more names than
// [Options.MaxNames], it replaces what is stored for k, and of its names only
// the first are kept. If Store fails, nothing is granted for k until the server
// has been told so, as what g may have shortened is not known to be.
//
// Deviation: entries for other names than those of g, such as *, and entries
// stored with credentials if g was obtained without, may be shortened by g but
// not prolonged; see the design notes of preflightcache.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (c *Cache) Store(ctx context.Context, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
	c.stores.Add(1)
	if tooLong(k) || len(g.Methods)+len(g.Headers) == 0 {
		return nil
	}
	gr := grant{
		credentials: credentials, age: g.MaxAge, limit: c.opts.MaxNames,
		methods: g.Methods, headers: g.Headers,
	}
	if gr.age < 0 {
		gr.age = preflightcache.DefaultMaxAge
	}
	gr.age = min(gr.age, c.opts.MaxAge)
	if n := gr.limit; len(gr.methods) > n || len(gr.headers) > n-len(gr.methods) {
		gr.replace = true
		gr.methods = gr.methods[:min(len(gr.methods), n)]
		gr.headers = gr.headers[:min(len(gr.headers), n-len(gr.methods))]
	}
	cmd := c.local.begin(k, true)
	gr.replace = gr.replace || cmd.denied
	if cmd.early {
		c.fail(cmd, 0)
		return c.failed("store", ErrUncertain)
	}
	l, sent, err := c.store(ctx, cmd, &gr)
	if err != nil {
		var wait time.Duration
		if sent && !isReply(err) { // a refusal is not changed afterwards
			wait = late(c.opts.Timeout)
		}
		c.fail(cmd, wait)
		return c.failed("store", err)
	}
	c.local.endStore(cmd, l)
	return nil
}

// Clear implements [preflightcache.Cache]. If it fails, nothing is granted for k by
// this Cache until the server has been told, which is tried along with the next
// operation that reaches it.
//
// See https://fetch.spec.whatwg.org/#concept-cache-clear.
func (c *Cache) Clear(ctx context.Context, k preflightcache.Key) error {
	c.clears.Add(1)
	if tooLong(k) {
		return nil
	}
	return c.clear(ctx, "clear", c.local.begin(k, true))
}

// settle, for Covers, clears k, which is denied, if it can be done by now.
func (c *Cache) settle(ctx context.Context, k preflightcache.Key) error {
	cmd := c.local.begin(k, true)
	if cmd.early {
		c.fail(cmd, 0)
		return nil
	}
	return c.clear(ctx, "covers", cmd)
}

func (c *Cache) clear(ctx context.Context, op string, cmd *command) error {
	adm, err := c.admit()
	if err != nil {
		c.fail(cmd, 0)
		return c.failed(op, err)
	}
	err = c.do(ctx, adm, func(ctx context.Context, s *session) error {
		del := s.client.B().Del().Key(c.names.name(cmd.r.digest)).Build()
		return c.send(ctx, s, cmd, del).Error()
	})
	if err != nil {
		c.fail(cmd, 0)
		return c.failed(op, err)
	}
	c.local.endClear(cmd)
	return nil
}

// late returns for how long after a failed Store the server might still carry it
// out. The deadline that it was given is a timeout after what its clock showed at
// most; that it shows so much later takes at most another timeout, within which
// the reply came that the clock is known from, and what the clocks drift apart.
func late(timeout time.Duration) time.Duration { return 2*timeout + 2*maxReading/rate }

// fail ends the write cmd, which has failed.
func (c *Cache) fail(cmd *command, late time.Duration) {
	if !c.local.fail(cmd, late) {
		c.server.distrust()
		c.local.invalidateAll()
	}
}

// failed counts an error and returns it with the operation's name.
func (c *Cache) failed(op string, err error) error {
	c.errors.Add(1)
	if err == ErrUnavailable && op == coversUnavailable.Op {
		return coversUnavailable // the one that every fetch may get
	}
	return &Error{Op: op, Err: err}
}

var coversUnavailable = &Error{Op: "covers", Err: ErrUnavailable}

// read returns what the server has for the key of cmd, with expiries counted from
// when cmd was begun.
func (c *Cache) read(ctx context.Context, adm admission, cmd *command) (l entries, err error) {
	err = c.do(ctx, adm, func(ctx context.Context, s *session) error {
		l, err = c.run(ctx, s, cmd, generation.readScript)
		return err
	})
	return l, err
}

// store has the server add g to what it has for the key of cmd, and returns what it
// has then as read does. It also reports whether a command was sent.
func (c *Cache) store(ctx context.Context, cmd *command, g *grant) (l entries, sent bool, err error) {
	adm, err := c.admit()
	if err != nil {
		return nil, false, err
	}
	err = c.do(ctx, adm, func(ctx context.Context, s *session) error {
		deadline, ok := c.server.deadline(c.opts.Timeout)
		if !ok {
			if _, err := c.run(ctx, s, cmd, generation.readScript); err != nil && !errors.Is(err, ErrValue) {
				return err
			}
			deadline, _ = c.server.deadline(c.opts.Timeout)
		}
		arg := g.encode(deadline)
		sent = true
		l, err = c.run(ctx, s, cmd, generation.storeScript, arg)
		return err
	})
	return l, sent, err
}

// run runs one of the generation's scripts for the key of cmd and returns the
// entries of the value that it returns.
func (c *Cache) run(ctx context.Context, s *session, cmd *command, script func(generation) string, args ...string) (entries, error) {
	name := c.names.name(cmd.r.digest)
	var stale generation
	for tries := 3; ; tries-- {
		g, err := s.generation(ctx, stale)
		if err != nil {
			return nil, err
		}
		// What has been noticed so far does not concern the reply.
		cmd.epoch = c.local.epoch.Load()
		sent := c.server.read()
		evalsha := s.client.B().Evalsha().Sha1(script(g)).Numkeys(1).Key(name).Arg(args...).Build()
		reply, err := c.send(ctx, s, cmd, evalsha).ToArray()
		switch {
		case err == nil:
			return c.entries(name, g.tag, reply, sent)
		case !isReply(err, "NOSCRIPT") || tries == 0:
			return nil, err
		}
		stale = g
	}
}

// entries returns the entries in the reply of a script, without those that are
// not to be granted, with expiries counted from sent.
func (c *Cache) entries(name, tag string, reply []valkey.ValkeyMessage, sent time.Duration) (entries, error) {
	if len(reply) != 2 {
		return nil, ErrValue
	}
	reading, err := reply[0].AsInt64()
	if err != nil {
		return nil, ErrValue
	}
	value, err := reply[1].ToString()
	if err != nil {
		return nil, ErrValue
	}
	judged, floor := c.server.observe(reading, sent)
	if value == "" {
		return nil, nil
	}
	stored, err := parseValue(name, tag, value)
	if err != nil {
		return nil, err
	}
	limit := c.opts.MaxAge.Milliseconds()
	l := make(entries, 0, len(stored))
	for _, e := range stored {
		left := min(e.expires, e.stored+limit) - judged
		// What was stored later than now is from before the server's clock
		// was set back, by an unknown amount.
		if left <= 0 || e.stored > reading || e.stored <= floor {
			continue
		}
		l = append(l, entry{
			name:        e.name,
			expires:     time.Duration(left) * time.Millisecond,
			header:      e.flags&flagHeader != 0,
			credentials: e.flags&flagCredentials != 0,
		})
	}
	return l, nil
}

// An admission is that of an operation by the breaker.
type admission struct{ probe bool }

// admit admits an operation, which then has to be done, unless the breaker is open.
func (c *Cache) admit() (admission, error) {
	ok, probe := c.breaker.allow()
	if ok {
		return admission{probe}, nil
	}
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return admission{}, ErrClosed
	}
	c.rejected.Add(1)
	return admission{}, ErrUnavailable
}

// do does an operation that was admitted.
func (c *Cache) do(ctx context.Context, adm admission, op func(context.Context, *session) error) error {
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	s, err := c.session(bounded)
	if err == nil {
		err = op(bounded, s)
	}
	c.latency.add(time.Since(start))
	o := judge(ctx, err)
	if s == nil && o == success {
		o = failure // the server has answered, but not let us in
	}
	opened := c.breaker.done(o, adm.probe)
	if s != nil && (opened || isReply(err, "READONLY")) {
		// The connection may be one that leads nowhere any more, or to a
		// server that is not the primary any more.
		c.lost(s)
	}
	return err
}

// judge says what an operation that has ended with err says about the server. ctx
// is the caller's.
func judge(ctx context.Context, err error) outcome {
	switch {
	case err == nil:
		return success
	case isReply(err, "LOADING", "MASTERDOWN", "CLUSTERDOWN", "READONLY", "NOAUTH", "BUSY", "TRYAGAIN"):
		return failure
	case isReply(err), errors.Is(err, ErrValue):
		return success
	case ctx.Err() != nil, errors.Is(err, ErrClosed):
		return neutral
	}
	return failure
}

// send sends the one command of cmd, along with some that are overdue, and returns
// the reply to it.
func (c *Cache) send(ctx context.Context, s *session, cmd *command, completed valkey.Completed) valkey.ValkeyResult {
	riders := c.local.riders(cmd.r)
	if len(riders) == 0 {
		return s.client.Do(ctx, completed)
	}
	all := make([]valkey.Completed, 1, 1+len(riders))
	all[0] = completed
	for _, r := range riders {
		all = append(all, s.client.B().Del().Key(c.names.name(r.r.digest)).Build())
	}
	replies := s.client.DoMulti(ctx, all...)
	for i, r := range riders {
		c.local.endRider(r, replies[i+1].Error() == nil)
	}
	return replies[0]
}

// counters are what Stats is made from.
type counters struct {
	hits, misses, stores, clears, errors, rejected atomic.Uint64
	invalidations, connections                     atomic.Uint64
	latency                                        histogram
}
