package fetchtest

import (
	"errors"
	"fmt"
	"net/http"
	"syscall"
)

// ErrHandlerReturned is what writing to a response fails with once the handler
// has returned. net/http's server leaves undefined what happens then.
var ErrHandlerReturned = errors.New("fetchtest: the handler has returned, and the response is complete")

// errClientGone is what writing to a response fails with once nobody will read
// it: the fetch was aborted, or the body closed.
var errClientGone = fmt.Errorf("fetchtest: the client has closed the connection: %w", syscall.EPIPE)

// errNoHijack is what Hijack returns.
var errNoHijack = fmt.Errorf("fetchtest: there is no connection to hijack: a host of a Network is called in process; WebSockets need a server such as that of net/http/httptest: %w", http.ErrNotSupported)

// A HandlerError is the transport error of a request whose handler did something
// after which there is no response, or only a part of one: it panicked, ended its
// goroutine, or set what cannot be written in HTTP. net/http's server would close
// the connection, or drop what it cannot write, and tell its error log at most.
type HandlerError struct {
	Method string
	URL    string

	// Panic is the value that the handler panicked with, or nil. Stack is where.
	Panic any
	Stack []byte

	// Err says what the handler did if it did not panic; [http.ErrAbortHandler] if
	// it asked for the connection to be closed. If Panic is an error, Err is that.
	Err error
}

// Error says what the handler did. It does not include the stack.
func (e *HandlerError) Error() string {
	text := fmt.Sprintf("fetchtest: the handler of %s %s ", e.Method, e.URL)
	switch {
	case e.Panic != nil:
		return text + fmt.Sprintf("panicked: %v", e.Panic)
	case e.Err == http.ErrAbortHandler:
		return text + "closed the connection (http.ErrAbortHandler)"
	}
	return text + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *HandlerError) Unwrap() error { return e.Err }

var errGoexit = errors.New("ended its goroutine; FailNow and Fatal of a test may be called by the goroutine of the test only")

// A NoHostError is the cause of a dial error for an origin that has no handler.
// errors.Is(err, syscall.ECONNREFUSED) is true of it.
type NoHostError struct {
	Origin string
	Known  []string // origins that have one, sorted
}

// Error says which origin has no handler, and which ones have.
func (e *NoHostError) Error() string {
	return fmt.Sprintf("connection refused: the Network has no handler for %s; it has one for %s", e.Origin, enumerate(e.Known))
}

// Unwrap returns syscall.ECONNREFUSED.
func (e *NoHostError) Unwrap() error { return syscall.ECONNREFUSED }

// A BlockedError reports handlers that were still running when a [Network] was
// closed, and did not return although their context had ended.
type BlockedError struct {
	Requests []string // such as "GET https://api.example/items"
}

// Error names the requests.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("fetchtest: %d handlers have not returned although the contexts of their requests have ended: %s",
		len(e.Requests), enumerate(e.Requests))
}
