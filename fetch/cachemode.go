package fetch

import "net/http"

// cacheMode returns the cache mode of the hop. A page that makes a conditional
// request of its own is its own cache.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func (f *state) cacheMode() Cache {
	if f.params.Mode == ModeWebSocket {
		return CacheNoStore
	}
	if f.params.Cache != CacheDefault {
		return f.params.Cache
	}
	if !f.conditional {
		return CacheDefault
	}
	for _, name := range [...]string{"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"} {
		if has(f.author, name) {
			return CacheNoStore
		}
	}
	return CacheDefault
}

// addCacheControl adds what the cache mode tells caches on the way.
//
// Deviation: In the standard, only-if-cached never sends a request. Here the
// cache is part of Base, and the directive of that name tells it.
func (f *state) addCacheControl(h http.Header) {
	control, pragma := "", ""
	switch f.cacheMode() {
	case CacheNoCache:
		control = "max-age=0"
	case CacheNoStore, CacheReload:
		control, pragma = "no-cache", "no-cache"
	case CacheOnlyIfCached:
		control = "only-if-cached"
	}
	if pragma != "" && !has(h, "Pragma") {
		h["Pragma"] = []string{pragma}
	}
	if control != "" && (!has(h, "Cache-Control") || f.params.Cache == CacheOnlyIfCached) {
		h["Cache-Control"] = []string{control}
	}
}

// checkCached fails a fetch that was to be answered by a cache and was not.
func (f *state) checkCached(resp *http.Response) *NetworkError {
	if f.params.Cache != CacheOnlyIfCached || resp.StatusCode != http.StatusGatewayTimeout {
		return nil
	}
	e := f.fail(ReasonNotCached)
	e.Status = resp.StatusCode
	e.detail = "the cache mode is only-if-cached, and Base has no stored response"
	return e
}
