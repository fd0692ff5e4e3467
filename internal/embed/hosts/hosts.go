// Package hosts serves any number of origins in process, for the tests and the
// demonstration of package embed.
package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Hosts is an [http.RoundTripper] that calls handlers. The keys are origins, such as
// "https://api.example". There are no sockets: a handler runs on a goroutine of its
// own until it returns, and its request's context ends when the client's does or the
// response's body is closed. It must not be modified once in use.
type Hosts map[string]http.Handler

// RoundTrip implements [http.RoundTripper].
func (h Hosts) RoundTrip(req *http.Request) (*http.Response, error) {
	origin := req.URL.Scheme + "://" + req.URL.Host
	handler, ok := h[origin]
	if !ok {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("hosts: there is no %s", origin)
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	in := req.Clone(ctx)
	in.RequestURI = req.URL.RequestURI()
	in.Host = req.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	w := &responseWriter{request: req, header: make(http.Header), reader: reader, writer: writer,
		cancel: cancel, ready: make(chan *http.Response, 1)}
	context.AfterFunc(ctx, func() { writer.CloseWithError(context.Cause(ctx)) })
	go w.serve(handler, in)
	select {
	case resp := <-w.ready:
		if resp == nil {
			return nil, context.Cause(ctx)
		}
		return resp, nil
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
}

// A responseWriter turns what a handler writes into a response.
type responseWriter struct {
	request *http.Request
	header  http.Header
	reader  *io.PipeReader
	writer  *io.PipeWriter
	cancel  context.CancelCauseFunc
	ready   chan *http.Response // gets one, or nil if there will not be any
	once    sync.Once
}

// errDone ends the context of a request whose handler has returned.
var errDone = errors.New("hosts: the handler has returned")

func (w *responseWriter) serve(handler http.Handler, in *http.Request) {
	defer in.Body.Close()
	defer func() {
		if x := recover(); x != nil {
			err := fmt.Errorf("hosts: the handler panicked: %v", x)
			w.writer.CloseWithError(err)
			w.cancel(err)
			w.once.Do(func() { w.ready <- nil })
			return
		}
		w.WriteHeader(http.StatusOK)
		w.writer.Close()
		w.cancel(errDone)
	}()
	handler.ServeHTTP(w, in)
}

// Header implements [http.ResponseWriter].
func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *responseWriter) WriteHeader(status int) {
	w.once.Do(func() {
		length, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
		if err != nil {
			length = -1
		}
		w.ready <- &http.Response{
			Status:        strconv.Itoa(status) + " " + http.StatusText(status),
			StatusCode:    status,
			Proto:         "HTTP/1.1",
			ProtoMajor:    1,
			ProtoMinor:    1,
			Header:        w.header.Clone(),
			ContentLength: length,
			Body:          &responseBody{w.reader, w.cancel},
			Request:       w.request,
		}
	})
}

// Write implements [http.ResponseWriter]. It returns when the client has read b.
func (w *responseWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.writer.Write(b)
}

// Flush implements [http.Flusher].
func (w *responseWriter) Flush() { w.WriteHeader(http.StatusOK) }

// A responseBody is what the client reads.
type responseBody struct {
	*io.PipeReader
	cancel context.CancelCauseFunc
}

// Close implements [io.Closer]. The handler is told.
func (b *responseBody) Close() error {
	b.cancel(context.Canceled)
	return b.PipeReader.Close()
}
