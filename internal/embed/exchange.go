package embed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
)

// An exchange is one fetch of the engine's on behalf of the page, from the request
// to the end of the response's body. It is the only place where a page blocks, and
// it does so on goroutines of its own: one for the fetch, and one for each piece of
// the body that somebody wants to have.
type exchange struct {
	page   *Page
	ctx    context.Context
	cancel context.CancelFunc

	response atomic.Pointer[fetch.Response] // set by the fetch's goroutine, if it succeeds

	onEnd func() // called once, when the exchange ends; may be nil
	read  int64  // bytes of the body so far
	ended bool
}

// chunkSize is how much of a body is read at once.
const chunkSize = 32 << 10

// start fetches, and calls done on the loop with the response, or with nil for a
// network error, whose reason is then in the console. The request's context is the
// exchange's. Nothing is called for an exchange that has ended before.
//
// If done keeps the response, reading the body to its end, or end, or closing the
// page frees its connection.
func (p *Page) start(req *http.Request, params *fetch.Params, done func(*fetch.Response)) *exchange {
	x := &exchange{page: p}
	x.ctx, x.cancel = context.WithCancel(p.ctx)
	p.exchanges[x] = struct{}{}
	req = req.WithContext(x.ctx)
	p.loop.async(func() func() {
		response, err := p.options.Client.Fetch(req, params)
		x.response.Store(response)
		return func() {
			switch {
			case err != nil:
				delete(p.exchanges, x)
				if !x.ended {
					x.end()
					p.logNetworkError(err)
					done(nil)
				}
			case x.ended:
				x.close()
			default:
				done(response)
			}
		}
	})
	return x
}

// end aborts what is left of the exchange. Ending it again does nothing.
func (x *exchange) end() {
	if x.ended {
		return
	}
	x.ended = true
	x.cancel()
	if x.onEnd != nil {
		x.onEnd()
	}
	x.close()
}

// close closes the response's body. If there is no response so far, the fetch's task
// closes it, or the page when it is closed.
func (x *exchange) close() {
	if response := x.response.Load(); response != nil {
		response.Body.Close()
		delete(x.page.exchanges, x)
	}
}

// body returns a stream of the response's body. The stream reads when it is read.
func (x *exchange) body() *stream {
	s := &stream{page: x.page, cancel: func(goja.Value) { x.end() }}
	s.pull = func() { x.next(s) }
	return s
}

// next reads a piece of the body into s.
func (x *exchange) next(s *stream) {
	p, from := x.page, x.response.Load().Body
	p.loop.async(func() func() {
		b := make([]byte, chunkSize)
		n, err := readSome(from, b)
		return func() {
			if x.ended {
				return // and whoever has ended it, has ended s
			}
			if x.read += int64(n); err == nil && x.read > p.options.MaxBody {
				err = fmt.Errorf("embed: the body has more than %d bytes", p.options.MaxBody)
			}
			if n > 0 {
				s.enqueue(b[:n])
			}
			switch {
			case x.ended: // by whoever got the bytes
			case err == io.EOF:
				x.end()
				s.finish()
			case err != nil:
				x.end()
				p.logNetworkError(err)
				s.fail(p.failedToFetch())
			}
		}
	})
}

// readSome reads until there is something, or an error.
func readSome(r io.Reader, b []byte) (n int, err error) {
	for n == 0 && err == nil {
		n, err = r.Read(b)
	}
	return n, err
}

// logNetworkError tells the developer what the page must not know.
func (p *Page) logNetworkError(err error) {
	text := err.Error()
	if network, ok := errors.AsType[*fetch.NetworkError](err); ok {
		if url := network.Reason.SpecURL(); url != "" {
			text += " (" + url + ")"
		}
	}
	p.log("error", text)
}
