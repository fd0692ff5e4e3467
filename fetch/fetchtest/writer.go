package fetchtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// maxHeld is how much a handler can write before the response is sent, if it does
// not flush.
const maxHeld = 2048

// A writer is the [http.ResponseWriter] of one exchange. What net/http's server
// does is done here in the same order, so that middleware sees the same. All state
// is guarded by the exchange's mutex, since handlers hand writers to goroutines
// that outlive them.
type writer struct {
	x      *exchange
	head   bool        // the method is HEAD
	header http.Header // the handler's; not touched by others once it has returned

	wrote    bool    // WriteHeader was called
	status   int     // if wrote
	lines    []field // of header as it was then
	declared int64   // Content-Length of the handler, -1 if none
	unknown  bool    // the handler set a Content-Length that is no number
	written  int64   // bytes of the body so far
	held     []byte  // of these, what has not been sent
	sent     bool    // the header is with the client
	trailers bool    // the handler has announced some
}

// Header implements [http.ResponseWriter].
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status))
	}
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	switch {
	case w.x.done:
		w.note("WriteHeader(%d) after the handler has returned", status)
	case w.wrote:
		w.note("superfluous WriteHeader(%d): the status is %d", status, w.status)
	case status < 200 && status != http.StatusSwitchingProtocols:
		if lines, ok := w.check(); ok {
			w.x.info = append(w.x.info, informational{status, headerOf(lines)})
			signal(w.x.wake)
		}
	default:
		w.writeHeader(status)
	}
}

// writeHeader fixes status and header. The mutex must be held.
func (w *writer) writeHeader(status int) {
	w.wrote, w.status = true, status
	w.lines, _ = w.check()
	for name := range w.header {
		w.trailers = w.trailers || strings.HasPrefix(name, http.TrailerPrefix)
	}
	w.declareTrailers()
	length, ok := value(w.lines, "Content-Length")
	if !ok {
		return
	}
	n, err := strconv.ParseUint(length, 10, 63)
	if err != nil {
		w.note("invalid Content-Length of %q", length)
		w.lines, w.unknown = without(w.lines, "Content-Length"), true
		return
	}
	w.declared = int64(n)
}

// check returns the lines of the handler's header. If some cannot be written, the
// exchange fails: the server would drop them or change their values. The mutex must
// be held.
func (w *writer) check() ([]field, bool) {
	lines := fields(w.header)
	if err := writable(lines); err != nil {
		w.failLocked(err)
		return nil, false
	}
	return lines, true
}

// failLocked ends the response early. The mutex must be held.
func (w *writer) failLocked(err error) {
	if w.x.err == nil {
		w.x.err = &HandlerError{Method: w.x.method, URL: w.x.url, Err: err}
	}
	signal(w.x.wake)
}

// note adds to the problems of the exchange. The mutex must be held.
func (w *writer) note(format string, args ...any) {
	if len(w.x.problems) < 100 {
		w.x.problems = append(w.x.problems, fmt.Sprintf(format, args...))
	}
}

// Write implements [http.ResponseWriter].
func (w *writer) Write(p []byte) (int, error) { return write(w, p) }

// WriteString implements [io.StringWriter].
func (w *writer) WriteString(s string) (int, error) { return write(w, s) }

func write[T []byte | string](w *writer, p T) (int, error) {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	if w.x.done {
		w.note("Write after the handler has returned")
		return 0, ErrHandlerReturned
	}
	if w.x.gone != nil {
		return 0, w.goneError()
	}
	if !w.wrote {
		w.writeHeader(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	w.written += int64(len(p))
	if w.declared >= 0 && w.written > w.declared {
		return 0, http.ErrContentLength
	}
	if w.head && w.sent {
		return len(p), nil
	}
	if len(w.held)+len(p) <= maxHeld {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	// In pieces, so that a long one is not copied as a whole.
	rest := p
	for len(rest) > 0 {
		n := min(len(rest), max(maxHeld, maxUnread-len(w.held)))
		w.held = append(w.held, rest[:n]...)
		rest = rest[n:]
		if err := w.flush(); err != nil {
			return len(p) - len(rest), err
		}
	}
	return len(p), nil
}

// flush sends what is held, and the header before it. The mutex must be held; it
// is released while waiting for the client to read.
func (w *writer) flush() error {
	w.send(false)
	data := w.held
	w.held = nil
	if w.head {
		return nil
	}
	for len(data) > 0 {
		switch {
		case w.x.gone != nil:
			return w.goneError()
		case w.x.err != nil:
			return w.x.err
		}
		if room := maxUnread - len(w.x.pending); room > 0 {
			n := min(room, len(data))
			w.x.pending = append(w.x.pending, data[:n]...)
			data = data[n:]
			signal(w.x.wake)
			continue
		}
		if w.x.room == nil {
			w.x.room = make(chan struct{}, 1)
		}
		room := w.x.room
		w.x.mu.Unlock()
		select {
		case <-room:
		case <-w.x.ctx.Done():
		}
		w.x.mu.Lock()
	}
	if w.x.gone != nil {
		return w.goneError()
	}
	return nil
}

// goneError returns what writes fail with after the client has gone.
func (w *writer) goneError() error {
	if errors.Is(w.x.gone, errClientGone) {
		return w.x.gone
	}
	return fmt.Errorf("%w: %w", errClientGone, w.x.gone)
}

// send hands status and header to the client. final says that the whole body is
// held. The mutex must be held.
func (w *writer) send(final bool) {
	if w.sent {
		return
	}
	w.sent = true
	if !w.wrote {
		w.writeHeader(http.StatusOK)
	}
	x := w.x
	if x.err != nil {
		return
	}
	w.complete(final)
	x.status, x.header, x.answered, x.started = w.status, headerOf(w.lines), w.lines, true
	if length, ok := value(w.lines, "Content-Length"); ok {
		x.length, _ = strconv.ParseInt(length, 10, 64)
	} else if !bodyAllowed(w.status) {
		x.length = 0
	}
	signal(x.wake)
}

// complete adds to the lines what the server adds, and takes away what it does not
// send.
func (w *writer) complete(final bool) {
	w.lines = without(w.lines, "Transfer-Encoding") // the server's own business
	if !bodyAllowed(w.status) {
		w.lines = without(w.lines, "Content-Length")
		if w.status == http.StatusNotModified {
			w.lines = without(w.lines, "Content-Type")
		}
	} else {
		_, typed := w.header["Content-Type"] // nil keeps the server from guessing
		if _, encoded := value(w.lines, "Content-Encoding"); !typed && !encoded && len(w.held) > 0 {
			w.lines = append(w.lines, field{"Content-Type", http.DetectContentType(w.held)})
		}
		if final && w.declared < 0 && !w.unknown && !w.trailers && (!w.head || len(w.held) > 0) {
			w.lines = append(w.lines, field{"Content-Length", strconv.Itoa(len(w.held))})
		}
	}
	if _, dated := w.header["Date"]; !dated {
		w.lines = append(w.lines, field{"Date", time.Now().UTC().Format(http.TimeFormat)})
	}
}

// declareTrailers takes the announcement of trailers from the lines.
func (w *writer) declareTrailers() {
	announced := false
	for _, l := range w.lines {
		if l.name != "Trailer" {
			continue
		}
		announced, w.trailers = true, true
		for name := range strings.SplitSeq(l.value, ",") {
			name = http.CanonicalHeaderKey(strings.Trim(name, " \t"))
			if !httpguts.ValidTrailerHeader(name) || !httpguts.ValidHeaderFieldName(name) {
				w.failLocked(fmt.Errorf("announced the trailer %q, which cannot be one", name))
				return
			}
			if w.x.trailer == nil {
				w.x.trailer = make(http.Header)
			}
			w.x.trailer[name] = nil
		}
	}
	if announced {
		w.lines = without(w.lines, "Trailer")
	}
}

// finish is what happens when the handler has returned.
func (w *writer) finish() {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	first := !w.sent
	w.send(true)
	switch {
	case w.head:
	case first:
		w.x.pending = w.held
	default:
		w.x.pending = append(w.x.pending, w.held...)
	}
	if w.declared >= 0 && w.written < w.declared && !w.head && bodyAllowed(w.status) {
		w.failLocked(fmt.Errorf("declared a Content-Length of %d and wrote %d bytes: %w", w.declared, w.written, io.ErrUnexpectedEOF))
	}
	w.finishTrailers()
	w.x.done = true
	signal(w.x.wake)
}

// finishTrailers collects the trailers, for which there is no room after a body of
// known length. The mutex must be held.
func (w *writer) finishTrailers() {
	if w.x.length >= 0 {
		return
	}
	for name := range w.x.trailer {
		if values := w.header[name]; len(values) > 0 {
			w.x.trailer[name] = slices.Clone(values)
		}
	}
	for key, values := range w.header {
		name, ok := strings.CutPrefix(key, http.TrailerPrefix)
		if !ok || !httpguts.ValidTrailerHeader(http.CanonicalHeaderKey(name)) {
			continue
		}
		if w.x.trailer == nil {
			w.x.trailer = make(http.Header)
		}
		w.x.trailer[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
}

// abort is what happens instead of finish if the handler has not returned.
func (w *writer) abort(failure *HandlerError) {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	if w.x.err == nil {
		w.x.err = failure
	} else if failure.Panic != nil {
		w.note("panic: %v", failure.Panic)
	}
	w.x.done = true
	signal(w.x.wake)
}

// Flush implements [http.Flusher].
func (w *writer) Flush() { w.FlushError() }

// FlushError is what [http.ResponseController.Flush] calls.
func (w *writer) FlushError() error {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	if w.x.done {
		w.note("Flush after the handler has returned")
		return ErrHandlerReturned
	}
	return w.flush()
}

// EnableFullDuplex is what [http.ResponseController.EnableFullDuplex] calls. Both
// directions are always open here.
func (w *writer) EnableFullDuplex() error { return nil }

// Hijack refuses: there is no connection.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errNoHijack }
