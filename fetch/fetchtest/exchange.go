package fetchtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
)

// maxUnread is how much of a response the handler may be ahead of the client.
const maxUnread = 64 << 10

// An exchange is one request and what becomes of it. Its handler runs on one
// goroutine, the client on another.
type exchange struct {
	*record
	network *Network
	host    *host
	client  *http.Request // what RoundTrip was called with
	body    requestBody
	writer  writer       // used by the handler
	reader  responseBody // used by the client

	ctx    context.Context // of the handler's request
	cancel context.CancelFunc

	wake chan struct{} // has an element if there is something new for the client

	// The mutex of the record guards the fields below, too.
	info    []informational
	header  http.Header   // of the response
	length  int64         // of the response's body, -1 if unknown
	trailer http.Header   // nil values until done
	pending []byte        // of the response's body: written and not read
	closed  bool          // the client has closed the response's body
	gone    error         // why nobody reads the response
	room    chan struct{} // gets an element if the client has read something; nil until the handler waits
	stop    func() bool   // stops watching the client's context
}

// An informational is a 1xx response.
type informational struct {
	status int
	header http.Header
}

// newExchange makes the exchange for a request to h.
func newExchange(n *Network, h *host, req *http.Request) *exchange {
	x := &exchange{
		record:  newRecord(h, req),
		network: n,
		host:    h,
		client:  req,
		wake:    make(chan struct{}, 1),
		length:  -1,
	}
	x.ctx, x.cancel = context.WithCancel(h.ctx)
	x.body.init(x, req)
	return x
}

// request returns what the handler is given, or an error if the server would not
// take it.
func (x *exchange) request() (*http.Request, error) {
	target := originForm(x.client.URL)
	r := x.host.request.WithContext(x.ctx)
	r.Method = x.method
	r.Header = headerOf(x.sent)
	r.ContentLength = x.body.declared
	r.Host = x.client.Host
	r.RequestURI = target.RequestURI()
	r.Close = x.client.Close
	if r.Host == "" {
		r.Host = target.Host
	}
	if x.body.src != nil {
		r.Body = &x.body
		if r.ContentLength < 0 {
			r.TransferEncoding = []string{"chunked"}
		}
	}
	if target.Opaque == "" {
		path := target.Path
		if path == "" {
			path = "/"
		}
		r.URL = &url.URL{Path: path, RawPath: target.RawPath, RawQuery: target.RawQuery, ForceQuery: target.ForceQuery}
		return r, nil
	}
	u, err := url.ParseRequestURI(r.RequestURI)
	r.URL = u
	return r, err
}

// serve runs the handler.
func (x *exchange) serve() {
	defer x.network.ended(x)
	defer x.end()
	w := &x.writer
	*w = writer{x: x, header: make(http.Header), declared: -1, head: x.method == http.MethodHead}
	r, err := x.request()
	if err != nil {
		// As the server does, without asking the handler.
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusBadRequest)
		w.WriteString("400 Bad Request")
		w.finish()
		return
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		failure := &HandlerError{Method: x.method, URL: x.url, Err: errGoexit}
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			failure.Err = http.ErrAbortHandler
		default:
			failure.Panic, failure.Stack = v, debug.Stack()
			failure.Err, _ = v.(error)
		}
		w.abort(failure)
	}()
	x.host.handler.ServeHTTP(w, r)
	w.finish()
	returned = true
}

// end is the last thing that happens to an exchange on the server's side.
func (x *exchange) end() {
	x.cancel()
	x.body.shut()
	x.mu.Lock()
	stop := x.stop
	x.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// await waits for the response, on the client's goroutine.
func (x *exchange) await() (*http.Response, error) {
	ctx := x.client.Context()
	for {
		x.mu.Lock()
		info, started, err := x.info, x.started, x.err
		x.info = nil
		if started && !x.done && x.hasBody() {
			x.stop = context.AfterFunc(ctx, func() { x.abandon(context.Cause(ctx)) })
		}
		x.mu.Unlock()
		if err := inform(ctx, info); err != nil {
			x.abandon(err)
			return nil, err
		}
		if started {
			return x.response(), nil
		}
		if err != nil {
			x.abandon(err)
			return nil, err
		}
		select {
		case <-x.wake:
		case <-ctx.Done():
			x.abandon(context.Cause(ctx))
			return nil, ctx.Err()
		}
	}
}

// inform tells the client's trace of informational responses.
func inform(ctx context.Context, info []informational) error {
	if len(info) == 0 {
		return nil
	}
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil {
		return nil
	}
	for _, i := range info {
		if i.status == http.StatusContinue && trace.Got100Continue != nil {
			trace.Got100Continue()
		}
		if trace.Got1xxResponse != nil {
			if err := trace.Got1xxResponse(i.status, textproto.MIMEHeader(i.header)); err != nil {
				return err
			}
		}
	}
	return nil
}

// response makes the client's response once the exchange has started.
func (x *exchange) response() *http.Response {
	resp := &http.Response{
		Status:        statusLine(x.status),
		StatusCode:    x.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        x.header,
		ContentLength: x.length,
		Body:          http.NoBody,
		Request:       x.client,
		TLS:           x.host.request.TLS,
	}
	if !x.hasBody() {
		return resp
	}
	if x.length < 0 {
		resp.TransferEncoding = []string{"chunked"}
	}
	x.mu.Lock()
	if len(x.trailer) > 0 {
		resp.Trailer = make(http.Header, len(x.trailer))
		for name := range x.trailer {
			resp.Trailer[name] = nil
		}
	}
	x.mu.Unlock()
	x.reader = responseBody{x: x, ctx: x.client.Context(), resp: resp}
	resp.Body = &x.reader
	return resp
}

func statusLine(status int) string {
	text := http.StatusText(status)
	if text == "" {
		text = "status code " + strconv.Itoa(status)
	}
	return strconv.Itoa(status) + " " + text
}

// hasBody reports whether a response that has started can have a body.
func (x *exchange) hasBody() bool {
	return x.method != http.MethodHead && bodyAllowed(x.status)
}

// bodyAllowed reports whether a response with the given status can have a body.
//
// See https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1.
func bodyAllowed(status int) bool { return status >= 200 && status != 204 && status != 304 }

// abandon ends the exchange on the client's side: nobody reads on.
func (x *exchange) abandon(err error) {
	x.mu.Lock()
	if x.gone == nil {
		x.gone = err
	}
	if x.err == nil && !x.done {
		x.err = err
	}
	x.mu.Unlock()
	x.cancel()
	x.body.shut()
	signal(x.wake)
}

// fail ends the response early, because of err.
func (x *exchange) fail(err error) {
	x.mu.Lock()
	if x.err == nil {
		x.err = err
	}
	x.mu.Unlock()
	signal(x.wake)
}

// signal leaves an element in c.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// errClosedBody is what reading a closed response body fails with.
var errClosedBody = errors.New("fetchtest: read on a closed response body")

// A responseBody is the client's end of a response.
type responseBody struct {
	x    *exchange
	ctx  context.Context
	resp *http.Response // whose Trailer gets its values at the end
}

// Read waits for the handler to write something.
func (b *responseBody) Read(p []byte) (int, error) {
	x := b.x
	for {
		if err := b.ctx.Err(); err != nil {
			return 0, err
		}
		x.mu.Lock()
		switch {
		case x.closed:
			x.mu.Unlock()
			return 0, errClosedBody
		case len(x.pending) > 0:
			n := copy(p, x.pending)
			x.pending = x.pending[n:]
			if x.room != nil {
				signal(x.room)
			}
			x.mu.Unlock()
			return n, nil
		case x.err != nil:
			defer x.mu.Unlock()
			return 0, x.err
		case x.done:
			defer x.mu.Unlock()
			for name, values := range x.trailer {
				if values != nil {
					if b.resp.Trailer == nil {
						b.resp.Trailer = make(http.Header)
					}
					b.resp.Trailer[name] = slices.Clone(values)
				}
			}
			return 0, io.EOF
		}
		x.mu.Unlock()
		select {
		case <-x.wake:
		case <-b.ctx.Done():
		}
	}
}

// Close ends the response: a handler that still writes fails to.
func (b *responseBody) Close() error {
	x := b.x
	x.mu.Lock()
	x.closed = true
	done := x.done
	if !done && x.gone == nil {
		x.gone = errClientGone
	}
	x.mu.Unlock()
	if !done {
		x.cancel()
		x.body.shut()
		signal(x.wake) // a Read under way ends
	}
	return nil
}
