package decode

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// Reader returns a reader of what body decodes to, or body itself if there is
// nothing to undo or codings are not [Supported]. It returns [ErrTooMany] if they
// are more than [MaxCodings], and then leaves body to the caller.
//
// The result owns body. Nothing is read, and no decoder of extra called, before
// the first Read; what comes of a coding that fails is an *Error from Read.
// Errors of body are passed on as they are, so that a connection that breaks is
// no fault of the coding. When the coded stream has ended, the rest of the body
// is read and dropped, so that its connection can be used again.
//
// Close closes body, exactly once, and the decoders of extra, whose errors it
// drops. It may be called while a Read is under way, as far as that of body may,
// and does not wait for it.
//
// See https://fetch.spec.whatwg.org/#handle-content-codings.
func Reader(body io.ReadCloser, codings []string, extra map[string]Decoder) (io.ReadCloser, error) {
	n := 0
	for _, coding := range codings {
		switch kindOf(coding, extra) {
		case unsupported:
			return body, nil
		case identity:
		default:
			n++
		}
	}
	switch {
	case n == 0:
		return body, nil
	case n > MaxCodings:
		return nil, ErrTooMany
	}
	c := &chain{body: body, layers: make([]layer, 0, n)}
	var from io.Reader = body
	// What was applied last has to be undone first.
	for i := len(codings) - 1; i >= 0; i-- {
		k := kindOf(codings[i], extra)
		if k == identity {
			continue
		}
		c.layers = append(c.layers, layer{
			coding:  codings[i],
			kind:    k,
			decoder: decoderOf(codings[i], extra),
			src:     source{chain: c, from: from, inner: len(c.layers) > 0},
		})
		from = &c.layers[len(c.layers)-1]
	}
	return c, nil
}

// Bounds on the bytes that decoders get from one another. No encoder makes more
// than some ten bytes out of one, even if it flushes after each.
const (
	innerSlack   = 16 << 20
	innerPerByte = 64
)

// A chain is a body with the decoders for its codings.
type chain struct {
	body   io.ReadCloser
	closed atomic.Bool
	inner  atomic.Int64 // bytes that layers got from other layers
	out    atomic.Int64 // bytes that the reader got

	mu     sync.Mutex // held while reading
	layers []layer    // the first one reads the body
}

// Read implements [io.Reader].
func (c *chain) Read(p []byte) (int, error) {
	if c.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	c.mu.Lock()
	n, err := c.layers[len(c.layers)-1].Read(p)
	c.mu.Unlock()
	c.out.Add(int64(n))
	if c.closed.Load() {
		c.release()
	}
	return n, err
}

// Close implements [io.Closer].
func (c *chain) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	err := c.body.Close()
	c.release()
	return err
}

// release gives back what the layers hold, unless a Read is under way, which
// will do so at its end.
//
// Precondition: c is closed.
func (c *chain) release() {
	if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	// A decoder that is closed no longer reads from the layer before.
	for i := len(c.layers) - 1; i >= 0; i-- {
		l := &c.layers[i]
		l.release()
		if l.err == nil {
			l.err = http.ErrBodyReadAfterClose
		}
	}
}

// hollow reports whether the decoders have done too much work for too little.
func (c *chain) hollow() bool {
	return c.inner.Load() > innerSlack+innerPerByte*c.out.Load()
}
