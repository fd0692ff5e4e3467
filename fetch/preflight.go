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
	method := f.method
	if corscheck.SafelistedMethod(method) && !f.forced {
		method = ""
	}
	covered, err := f.client.preflights().Covers(f.ctx, key, f.includesMode(), method, f.unsafe)
	if err != nil {
		f.traceCacheError(err)
	}
	if err == nil && covered {
		if f.trace != nil {
			f.tracePreflight(PreflightInfo{URL: f.url.Redacted(), Key: key, Method: f.method, Unsafe: f.unsafe, Cached: true})
		}
		return nil
	}
	return f.corsPreflightFetch(key)
}

// corsPreflightFetch sends a preflight and remembers what it allows.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (f *state) corsPreflightFetch(key preflightcache.Key) *NetworkError {
	info := PreflightInfo{URL: f.url.Redacted(), Key: key, Method: f.method, Unsafe: f.unsafe}
	grant, status, err := f.sendPreflight()
	info.Status, info.Grant = status, grant
	if err != nil {
		info.Err = err
	} else {
		f.store(key, grant)
	}
	f.tracePreflight(info)
	f.logPreflight(status, err)
	return err
}

func (f *state) sendPreflight() (g corscheck.Grant, status int, nerr *NetworkError) {
	own := f.countOwn() + 2 // Access-Control-Request-Method and -Headers
	b := newHeaderBuilder(own, own)
	corscheck.PreflightHeader(b.fields, f.method, f.unsafe)
	origin := f.serializedOrigin()
	if f.transport {
		// The author's User-Agent is the environment's; see setUnsafe.
		if ua, ok := f.author["User-Agent"]; ok {
			b.set("User-Agent", ua...)
		}
	}
	f.addOwn(&b, origin, ModeCORS)
	resp, nerr := f.sendAndStore(&exchange{
		via:       f.client.anonymous(),
		method:    http.MethodOptions,
		header:    b.fields,
		preflight: true,
	})
	if nerr != nil {
		return g, 0, nerr
	}
	defer discard(resp)
	g, name, outcome := corscheck.Preflight(&corscheck.Request{
		Origin:      origin,
		Credentials: f.includesMode(),
		Method:      f.method,
		Unsafe:      f.unsafe,
		Forced:      f.forced,
	}, resp.StatusCode, resp.Header)
	f.tracePreflightCheck(origin, resp, outcome)
	if !outcome.OK() {
		return g, resp.StatusCode, f.failCORS(outcome, resp, name, true)
	}
	return g, resp.StatusCode, nil
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
