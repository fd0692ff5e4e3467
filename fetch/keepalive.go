package fetch

import (
	"fmt"
	"io"
	"net/http"
	"sync"
)

// maxKeepalive is how many bytes of bodies the keepalive requests of an
// environment may have in flight.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
const maxKeepalive = 64 << 10

// keepaliveBytes counts the bytes of keepalive requests in flight.
type keepaliveBytes struct {
	mu    sync.Mutex
	bytes map[*Environment]int64 // no entry for 0
}

// add reports whether e may have n more bytes in flight, and if so counts them.
func (k *keepaliveBytes) add(e *Environment, n int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n > maxKeepalive-k.bytes[e] {
		return false
	}
	if k.bytes == nil {
		k.bytes = make(map[*Environment]int64)
	}
	k.bytes[e] += n
	return true
}

// remove takes back what add has counted.
func (k *keepaliveBytes) remove(e *Environment, n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bytes[e] -= n; k.bytes[e] == 0 {
		delete(k.bytes, e)
	}
}

// reserveKeepalive counts the request's body as in flight, once for all hops.
func (f *state) reserveKeepalive() *NetworkError {
	n := f.req.ContentLength
	if !f.params.Keepalive || f.body == nil || f.kept > 0 {
		return nil
	}
	if !f.client.keepalive.add(f.env, n) {
		e := f.fail(ReasonKeepalive)
		e.detail = fmt.Sprintf("the body has %d bytes; all that are in flight for a page may have %d together", n, maxKeepalive)
		return e
	}
	f.kept = n
	return nil
}

// releaseKeepalive counts the request's body as no longer in flight.
func (f *state) releaseKeepalive() {
	if f.kept > 0 {
		f.client.keepalive.remove(f.env, f.kept)
		f.kept = 0
	}
}

// keptBody wraps the body of a successful response to a keepalive request, which
// is in flight until the body has been read or closed.
func (f *state) keptBody(body io.ReadCloser) io.ReadCloser {
	if f.kept == 0 {
		return body
	}
	if body == http.NoBody {
		f.releaseKeepalive()
		return body
	}
	client, env, n := f.client, f.env, f.kept
	return &releasingBody{ReadCloser: body, release: sync.OnceFunc(func() { client.keepalive.remove(env, n) })}
}

// A releasingBody calls release when the body ends, or is closed.
type releasingBody struct {
	io.ReadCloser
	release func()
}

func (b *releasingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.release()
	}
	return n, err
}

func (b *releasingBody) Close() error {
	b.release()
	return b.ReadCloser.Close()
}
