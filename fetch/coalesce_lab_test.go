package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// A lab is a Client that coalesces preflights, and a Base that answers these when
// the test says so and everything else at once. It lives in a bubble of
// testing/synctest, so that a test can wait for everybody to wait.
type lab struct {
	t      *testing.T
	client *fetch.Client
	cache  *labCache
	base   *accountingBase // around the lab

	mu       sync.Mutex // guards the fields below
	inAir    []*labPreflight
	sent     int       // preflights
	requests int       // all others
	answer   labAnswer // to these
	fetches  []*labFetch
	first    labAnswer // to the first preflight, if not nil
}

// A labAnswer is what Base does about a request.
type labAnswer func() (*http.Response, error)

// A labPreflight is one that Base has got and not answered.
type labPreflight struct {
	req   *http.Request
	by    *labFetch
	reply chan labAnswer
}

// A labFetch is a fetch, and what became of it.
type labFetch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	body   *requestBody // nil for none

	// As its trace has it.
	preflights []fetch.PreflightInfo
	requests   []fetch.RequestInfo
	responses  []fetch.ResponseInfo
	checks     []fetch.CORSCheckInfo

	ended    chan struct{} // closed at the end
	done     bool
	exited   bool // by runtime.Goexit
	panicked any
	status   int
	err      *fetch.NetworkError
}

// A labRequest says what to fetch; the zero one is a PUT from app to labURL.
type labRequest struct {
	method, url string
	lines       []string
	body        string
	close       bool
	params      *fetch.Params // nil for those of app
	transport   bool
	trace       *fetch.Trace // before that of the lab
}

const labURL = "https://api.example/x"

var errLab = errors.New("no connection")

// inLab runs a test, after which all fetches must have ended, all bodies be closed,
// except by fetches that have panicked, and no flights be left.
func inLab(t *testing.T, test func(l *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &lab{t: t, cache: &labCache{Cache: new(preflightcache.Memory)}, answer: allow()}
		l.base = &accountingBase{next: l}
		l.client = &fetch.Client{Base: l.base, Preflights: l.cache, CoalescePreflights: true}
		defer l.check()
		test(l)
	})
}

// check is what inLab does at the end. After a test that has failed, it ends what
// has not.
func (l *lab) check() {
	t := l.t
	synctest.Wait()
	lost := int64(0)
	for i, f := range l.fetches {
		if !f.done {
			t.Errorf("fetch %d has not ended", i)
			f.cancel(errors.New("end of test"))
		}
		if f.panicked != nil || f.exited {
			lost++
			continue
		}
		if f.body != nil && f.body.closed.Load() == 0 {
			t.Errorf("fetch %d has not closed the request's body", i)
		}
	}
	if n := l.client.Flights(); n != 0 {
		t.Errorf("%d flights are left", n)
	}
	if n := len(l.inAir); n != 0 {
		t.Errorf("%d preflights have not been answered", n)
	}
	if opened, closed := l.base.opened.Load(), l.base.closed.Load(); opened-closed > lost {
		t.Errorf("%d response bodies were opened and %d closed", opened, closed)
	}
}

func (l *lab) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	if r.Header["Access-Control-Request-Method"] == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.requests++
		return l.answer()
	}
	by, _ := r.Context().Value(userKey{}).(*labFetch)
	p := &labPreflight{req: r, by: by, reply: make(chan labAnswer, 1)}
	l.mu.Lock()
	l.inAir = append(l.inAir, p)
	l.sent++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.inAir = slices.DeleteFunc(l.inAir, func(other *labPreflight) bool { return p == other })
	}()
	select {
	case answer := <-p.reply:
		return answer()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// says is an answer with a status and header lines.
func says(status int, lines ...string) labAnswer {
	return func() (*http.Response, error) {
		resp := &http.Response{StatusCode: status, Header: make(http.Header), Body: newBody("")}
		addLines(resp.Header, lines)
		return resp, nil
	}
}

// allow is an answer that allows everything without credentials.
func allow(lines ...string) labAnswer { return says(200, share(lines...).lines...) }

// fails is the answer of a network that does not work.
func fails() (*http.Response, error) { return nil, errLab }

// start starts a fetch, and returns when everybody waits for something.
func (l *lab) start(r labRequest) *labFetch {
	l.t.Helper()
	f := l.prepare(r)
	synctest.Wait()
	return f
}

// startAll starts n fetches of the same.
func (l *lab) startAll(n int, r labRequest) []*labFetch {
	l.t.Helper()
	fetches := make([]*labFetch, n)
	for i := range fetches {
		fetches[i] = l.start(r)
	}
	return fetches
}

// prepare starts a fetch.
func (l *lab) prepare(r labRequest) *labFetch {
	l.t.Helper()
	f := &labFetch{ended: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancelCause(context.WithValue(context.Background(), userKey{}, f))
	if r.trace != nil {
		f.ctx = fetch.WithTrace(f.ctx, r.trace)
	}
	f.ctx = fetch.WithTrace(f.ctx, &fetch.Trace{
		Preflight: func(i fetch.PreflightInfo) { f.preflights = append(f.preflights, i) },
		Request:   func(i fetch.RequestInfo) { f.requests = append(f.requests, i) },
		Response:  func(i fetch.ResponseInfo) { f.responses = append(f.responses, i) },
		CORSCheck: func(i fetch.CORSCheckInfo) { f.checks = append(f.checks, i) },
	})
	if r.method == "" {
		r.method = "PUT"
	}
	if r.url == "" {
		r.url = labURL
	}
	if r.params == nil {
		r.params = &fetch.Params{Environment: app}
	}
	req := newRequest(l.t, r.method, r.url, nil, r.lines...).WithContext(f.ctx)
	req.Close = r.close
	if r.body != "" {
		f.body = newBody(r.body)
		req.Body, req.ContentLength = f.body, int64(len(r.body))
		req.GetBody = func() (io.ReadCloser, error) { return newBody(r.body), nil }
	}
	l.fetches = append(l.fetches, f)
	go func() {
		completed := false
		defer func() {
			f.panicked = recover()
			f.exited = !completed && f.panicked == nil
			f.done = true
			close(f.ended)
		}()
		f.run(l.client, req, r)
		completed = true
	}()
	return f
}

func (f *labFetch) run(c *fetch.Client, req *http.Request, r labRequest) {
	if r.transport {
		resp, err := c.Transport(r.params).RoundTrip(req)
		if err != nil {
			f.err = err.(*fetch.NetworkError)
			return
		}
		resp.Body.Close()
		f.status = resp.StatusCode
		return
	}
	resp, err := c.Fetch(req, r.params)
	if err != nil {
		f.err = err.(*fetch.NetworkError)
		return
	}
	resp.Body.Close()
	f.status = resp.Status
}

// reply answers a preflight that is in the air, and returns when everybody waits
// again.
func (l *lab) reply(i int, a labAnswer) {
	l.t.Helper()
	l.mu.Lock()
	if i >= len(l.inAir) {
		l.mu.Unlock()
		l.t.Fatalf("there is no preflight %d in the air; %d are", i, len(l.inAir))
	}
	p := l.inAir[i]
	l.mu.Unlock()
	p.reply <- a
	synctest.Wait()
}

// wantSent checks how many preflights have been sent, and are in the air.
func (l *lab) wantSent(sent, inAir int) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent != sent || len(l.inAir) != inAir {
		l.t.Fatalf("%d preflights sent and %d in the air; want %d and %d", l.sent, len(l.inAir), sent, inAir)
	}
}

// wantOK checks that fetches have ended well.
func (l *lab) wantOK(fetches ...*labFetch) {
	l.t.Helper()
	for i, f := range fetches {
		if !f.done || f.err != nil || f.panicked != nil || f.status != 200 {
			l.t.Errorf("fetch %d: done %t, status %d, panic %v, error %v", i, f.done, f.status, f.panicked, f.err)
		}
	}
}

// wantWaiting checks that fetches have not ended.
func (l *lab) wantWaiting(fetches ...*labFetch) {
	l.t.Helper()
	for i, f := range fetches {
		if f.done {
			l.t.Errorf("fetch %d is done: status %d, panic %v, error %v", i, f.status, f.panicked, f.err)
		}
	}
}

// wantFailed checks that a fetch has failed.
func (l *lab) wantFailed(f *labFetch, reason fetch.Reason) {
	l.t.Helper()
	if !f.done || f.err == nil {
		l.t.Fatalf("done %t, status %d, panic %v, no error; want %s", f.done, f.status, f.panicked, reason)
	}
	wantReason(l.t, f.err, reason)
}

// shared returns how many of the fetches say that they have shared a preflight.
func shared(fetches []*labFetch) (n int) {
	for _, f := range fetches {
		for _, i := range f.preflights {
			if i.Shared {
				n++
			}
		}
	}
	return n
}

// A labCache counts what is stored, and calls a hook before.
type labCache struct {
	preflightcache.Cache
	mu             sync.Mutex
	asked          int
	stores, clears int
	store          func()            // if not nil, called before anything is stored
	covers         func(covers bool) // if not nil, called before an answer is given
	err            error             // what all methods return
}

func (c *labCache) Covers(ctx context.Context, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
	c.mu.Lock()
	c.asked++
	c.mu.Unlock()
	ok, err := c.Cache.Covers(ctx, k, credentials, method, headers)
	if c.covers != nil {
		c.covers(ok)
	}
	if c.err != nil {
		return true, c.err
	}
	return ok, err
}

func (c *labCache) Store(ctx context.Context, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
	if c.store != nil {
		c.store()
	}
	c.mu.Lock()
	c.stores++
	c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	return c.Cache.Store(ctx, k, credentials, g)
}

func (c *labCache) Clear(ctx context.Context, k preflightcache.Key) error {
	c.mu.Lock()
	c.clears++
	c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	return c.Cache.Clear(ctx, k)
}

// sharePreflight makes a fetch with ctx that shares the preflight of another one,
// which is done without.
func sharePreflight(t *testing.T, ctx context.Context) {
	t.Helper()
	p := &fetch.Params{Environment: app}
	sent, joined := make(chan struct{}), make(chan struct{})
	client := &fetch.Client{
		CoalescePreflights: true,
		Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == "OPTIONS" {
				close(sent)
				<-joined
			}
			return allow()()
		}),
		CheckRequest: func(r *http.Request, asking *fetch.Params) error {
			if asking == p && r.Method == "OPTIONS" {
				close(joined)
			}
			return nil
		},
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	put := func(ctx context.Context, p *fetch.Params) error {
		resp, err := client.Fetch(newRequest(t, "PUT", labURL, nil).WithContext(ctx), p)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	wg.Go(func() {
		if err := put(context.Background(), &fetch.Params{Environment: app}); err != nil {
			t.Error(err)
		}
	})
	<-sent
	if err := put(ctx, p); err != nil {
		t.Error(err)
	}
}
