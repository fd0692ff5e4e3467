package fetchtest

import (
	"fmt"
	"io"
	"net/http"
	"sync"
)

// A requestBody is what a handler reads of the client's body. It reads on the
// handler's goroutine, straight from the client's reader.
type requestBody struct {
	x        *exchange
	src      io.ReadCloser // nil if there is no body
	declared int64         // Content-Length, -1 if unknown

	once sync.Once // for closing src

	mu     sync.Mutex // guards the fields below
	left   int64      // to be read of declared
	closed bool       // by the handler, or because it has returned
	shutOK bool       // src is closed, or about to be
}

func (b *requestBody) init(x *exchange, req *http.Request) {
	b.x = x
	if req.Body == nil || req.Body == http.NoBody {
		return
	}
	b.src, b.declared = req.Body, req.ContentLength
	if b.declared == 0 {
		b.declared = -1
	}
	b.left = b.declared
}

// Read implements io.Reader.
func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	closed, shut, left := b.closed, b.shutOK, b.left
	b.mu.Unlock()
	switch {
	case closed:
		return 0, http.ErrBodyReadAfterClose
	case shut:
		return 0, io.ErrUnexpectedEOF // as from a connection that the client has closed
	case left == 0:
		return 0, io.EOF
	case left > 0 && int64(len(p)) > left:
		p = p[:left]
	}
	n, err := b.src.Read(p) // may block; shut ends it
	b.mu.Lock()
	defer b.mu.Unlock()
	b.x.keep(p[:n])
	if b.left > 0 {
		b.left -= int64(n)
	}
	switch {
	case err == nil || err == io.EOF && b.left <= 0:
		return n, err
	case b.shutOK:
		return n, io.ErrUnexpectedEOF
	case err == io.EOF:
		err = fmt.Errorf("fetchtest: ContentLength=%d with a body of length %d", b.declared, b.declared-b.left)
	}
	// The client is at fault, and is told so. The handler sees what a server does
	// when a client breaks off.
	b.x.fail(err)
	return n, io.ErrUnexpectedEOF
}

// Close implements io.Closer for the handler.
func (b *requestBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}

// shut closes the client's body, since nobody will read on.
func (b *requestBody) shut() {
	if b.src == nil {
		return
	}
	b.mu.Lock()
	b.shutOK = true
	b.mu.Unlock()
	b.once.Do(func() { b.src.Close() })
}
