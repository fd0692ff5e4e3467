package main

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// An account counts bodies. Each that is opened has to be closed, be it that of a
// request, which the engine or its Base closes, or that of a response, which the
// engine or its caller closes.
type account struct {
	requests, responses struct{ opened, closed atomic.Uint64 }
}

// balanced reports whether all bodies are closed.
func (a *account) balanced() bool {
	return a.requests.opened.Load() == a.requests.closed.Load() &&
		a.responses.opened.Load() == a.responses.closed.Load()
}

// errBroken is how reading a broken body ends.
var errBroken = errors.New("the connection is broken")

// A body is in memory, and ends with err, or io.EOF if that is nil. It is used by
// one goroutine, but may be closed by another.
type body struct {
	rest   []byte
	err    error
	count  *atomic.Uint64
	closed atomic.Bool
}

func (b *body) Read(p []byte) (int, error) {
	switch {
	case b.closed.Load():
		return 0, http.ErrBodyReadAfterClose
	case len(b.rest) > 0:
		n := copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	case b.err != nil:
		return 0, b.err
	}
	return 0, io.EOF
}

func (b *body) Close() error {
	if b.closed.CompareAndSwap(false, true) {
		b.count.Add(1)
	}
	return nil
}

// A connection is the body of a response that switches protocols: what is written
// to it can be read from it.
type connection struct{ *body }

func (c connection) Write(p []byte) (int, error) {
	c.rest = append(c.rest, p...)
	return len(p), nil
}

// A countedBody is a body from net/http.
type countedBody struct {
	io.ReadCloser
	count  *atomic.Uint64
	closed atomic.Bool
}

func (b *countedBody) Close() error {
	if b.closed.CompareAndSwap(false, true) {
		b.count.Add(1)
	}
	return b.ReadCloser.Close()
}

// requestBody opens the body of a request.
func (a *account) requestBody(text []byte) io.ReadCloser {
	a.requests.opened.Add(1)
	return &body{rest: text, count: &a.requests.closed}
}

// responseBody opens the body of a response.
func (a *account) responseBody(text []byte, err error) *body {
	a.responses.opened.Add(1)
	return &body{rest: text, err: err, count: &a.responses.closed}
}
