package fetch

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// storeTimeout bounds what a preflight cache may take to record something.
const storeTimeout = 2 * time.Second

// ensurePreflight makes sure that a preflight allows the hop's request: an earlier
// one that the cache remembers, or one sent now.
//
// See https://fetch.spec.whatwg.org/#concept-http-fetch.
func (f *state) ensurePreflight() *NetworkError {
	key := f.cacheKey()
	if f.client.CoalescePreflights {
		return f.coalescePreflight(key)
	}
	if f.covered(key) {
		return nil
	}
	return f.corsPreflightFetch(key, f.newPreflight(), nil)
}

// covered reports whether the cache covers the hop's request.
func (f *state) covered(key preflightcache.Key) bool {
	method := f.method
	if corscheck.SafelistedMethod(method) && !f.forced {
		method = ""
	}
	covered, err := f.client.preflights().Covers(f.ctx, key, f.includesMode(), method, f.unsafe)
	if err != nil {
		f.traceCacheError(err)
		return false
	}
	if covered && f.trace != nil {
		info := f.preflightInfo(key)
		info.Cached = true
		f.tracePreflight(info)
	}
	return covered
}

// corsPreflightFetch sends the preflight x and remembers what it allows. Others wait
// for the answer if fl is not nil.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (f *state) corsPreflightFetch(key preflightcache.Key, x *exchange, fl *flight) *NetworkError {
	flights := &f.client.flights
	info := f.preflightInfo(key)
	resp, err := f.sendAndStore(x)
	if err != nil {
		flights.fail(fl, err)
	} else {
		flights.land(fl, resp)
		info.Status = resp.StatusCode
		if info.Grant, err = f.judgeAndDiscard(resp); err == nil {
			f.store(key, info.Grant)
		}
	}
	flights.end(fl)
	f.preflightDone(info, err)
	f.logPreflight(info.Status, err)
	return err
}

// preflightInfo returns what a trace learns of every preflight of the hop.
func (f *state) preflightInfo(key preflightcache.Key) PreflightInfo {
	return PreflightInfo{URL: f.url.Redacted(), Key: key, Method: f.method, Unsafe: f.unsafe}
}

// preflightDone reports a preflight that is done, and returns err.
func (f *state) preflightDone(info PreflightInfo, err *NetworkError) *NetworkError {
	if err != nil {
		info.Err = err
	}
	f.tracePreflight(info)
	return err
}

// newPreflight returns the preflight of the hop.
func (f *state) newPreflight() *exchange {
	own := f.countOwn() + 2 // Access-Control-Request-Method and -Headers
	b := newHeaderBuilder(own, own)
	corscheck.PreflightHeader(b.fields, f.method, f.unsafe)
	if f.transport {
		// The author's User-Agent is the environment's; see setUnsafe.
		if ua, ok := f.author["User-Agent"]; ok {
			b.set("User-Agent", ua...)
		}
	}
	f.addOwn(&b, f.serializedOrigin(), ModeCORS)
	return &exchange{
		via:       f.client.anonymous(),
		method:    http.MethodOptions,
		header:    b.fields,
		preflight: true,
	}
}

// judgeAndDiscard is judgePreflight of a response that has come for the fetch itself.
// Its connection is not kept while caches and hooks are called, which may want it.
func (f *state) judgeAndDiscard(resp *http.Response) (corscheck.Grant, *NetworkError) {
	defer discard(resp)
	return f.judgePreflight(resp)
}

// judgePreflight decides on the response to a preflight of the hop.
func (f *state) judgePreflight(resp *http.Response) (corscheck.Grant, *NetworkError) {
	origin := f.serializedOrigin()
	g, name, outcome := corscheck.Preflight(&corscheck.Request{
		Origin:      origin,
		Credentials: f.includesMode(),
		Method:      f.method,
		Unsafe:      f.unsafe,
		Forced:      f.forced,
	}, resp.StatusCode, resp.Header)
	f.tracePreflightCheck(origin, resp, outcome)
	if !outcome.OK() {
		return g, f.failCORS(outcome, resp, name, true)
	}
	return g, nil
}

// cacheKey returns the key of the hop in the preflight cache.
//
// See https://fetch.spec.whatwg.org/#concept-cache-create-entry.
func (f *state) cacheKey() preflightcache.Key {
	return preflightcache.Key{
		Partition: f.partition(),
		Origin:    f.serializedOrigin(),
		URL:       f.url.WithoutFragment(),
	}
}

// partition returns the network partition key of the hop.
func (f *state) partition() string {
	if f.route != nil {
		return f.route.partition
	}
	return f.env.partition(f.list)
}

func (f *state) store(key preflightcache.Key, g corscheck.Grant) {
	ctx, cancel := f.storeContext()
	defer cancel()
	if err := f.client.preflights().Store(ctx, key, f.includesMode(), g); err != nil {
		f.traceCacheError(err)
	}
}

// clearGrants forgets what preflights allowed for the current URL, since the
// server has changed its mind or never meant it.
//
// See https://fetch.spec.whatwg.org/#concept-cache-clear.
func (f *state) clearGrants() {
	ctx, cancel := f.storeContext()
	defer cancel()
	if err := f.client.preflights().Clear(ctx, f.cacheKey()); err != nil {
		f.traceCacheError(err)
	}
}

// storeContext returns a context for writing to the preflight cache, which a
// fetch that was aborted still has to do.
func (f *state) storeContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(f.ctx), storeTimeout)
}

// logPreflight logs a preflight that was sent. The status is 0 if there was no
// response.
func (f *state) logPreflight(status int, err *NetworkError) {
	if f.client.Logger == nil || !f.client.Logger.Enabled(f.ctx, slog.LevelDebug) {
		return
	}
	f.client.Logger.LogAttrs(f.ctx, slog.LevelDebug, "preflight",
		slog.String("url", f.url.Redacted()),
		slog.String("origin", f.serializedOrigin()),
		slog.String("method", f.method),
		slog.String("headers", strings.Join(f.unsafe, ",")),
		slog.Int("status", status),
		slog.Bool("allowed", err == nil),
	)
}
