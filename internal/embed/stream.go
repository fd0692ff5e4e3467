package embed

import (
	"slices"

	"github.com/dop251/goja"
)

// A stream is a readable byte stream: what is behind a ReadableStream, and inside
// every body. It asks its source for more when someone reads, and not before.
//
// See https://streams.spec.whatwg.org/#rs-class.
type stream struct {
	page   *Page
	object *goja.Object // that scripts know; nil until one asks

	pull   func()                  // asks for what follows; nil if nothing does
	cancel func(reason goja.Value) // tells the source that nobody will read; may be nil

	queue     [][]byte
	requests  []func(chunk) // waiting, in order
	pulling   bool          // since pull was called, nothing has come
	serving   bool          // serve is running
	finished  bool          // nothing comes after queue
	failure   goja.Value    // why reading fails, or nil
	locked    bool          // has a reader
	disturbed bool          // has been read from or cancelled
}

// A chunk is what comes of reading: bytes, or the end, or a failure.
type chunk struct {
	bytes   []byte
	done    bool
	failure goja.Value
}

// bytesStream returns a stream of b.
func (p *Page) bytesStream(b []byte) *stream {
	s := &stream{page: p, finished: true}
	if len(b) > 0 {
		s.queue = [][]byte{b}
	}
	return s
}

// unusable reports whether the stream is somebody's already.
//
// See https://fetch.spec.whatwg.org/#body-unusable.
func (s *stream) unusable() bool { return s.disturbed || s.locked }

// read calls f with the next chunk, now or later.
func (s *stream) read(f func(chunk)) {
	s.disturbed = true
	s.requests = append(s.requests, f)
	s.serve()
}

// serve answers as many requests as it can, and asks the source for the rest.
func (s *stream) serve() {
	if s.serving {
		return
	}
	s.serving = true
	defer func() { s.serving = false }()
	for len(s.requests) > 0 {
		var c chunk
		switch {
		case s.failure != nil:
			c.failure = s.failure
		case len(s.queue) > 0:
			c.bytes = s.queue[0]
			s.queue = s.queue[1:]
		case s.finished:
			c.done = true
		case s.pulling:
			return
		default:
			s.pulling = true
			s.pull()
			if s.pulling {
				return
			}
			continue
		}
		f := s.requests[0]
		s.requests = s.requests[1:]
		f(c)
	}
}

// unread puts back what a request got that nobody waits for any more.
func (s *stream) unread(c chunk) {
	if c.bytes != nil {
		s.queue = slices.Insert(s.queue, 0, c.bytes)
	}
}

// enqueue, finish and fail are for the source, which calls one of them for each
// call of pull.

func (s *stream) enqueue(b []byte) {
	s.pulling = false
	if s.finished || s.failure != nil {
		return
	}
	s.queue = append(s.queue, b)
	s.serve()
}

func (s *stream) finish() {
	s.pulling, s.finished = false, true
	s.serve()
}

// fail may be called at any time. It does nothing to a stream that is at its end.
func (s *stream) fail(reason goja.Value) {
	s.pulling = false
	if s.failure != nil || s.finished && len(s.queue) == 0 {
		return
	}
	s.queue, s.failure = nil, reason
	s.serve()
}

// stop cancels the stream: its source is told, and whoever reads sees the end.
//
// See https://streams.spec.whatwg.org/#readable-stream-cancel.
func (s *stream) stop(reason goja.Value) {
	s.disturbed = true
	if s.finished && len(s.queue) == 0 || s.failure != nil {
		return
	}
	s.queue = nil
	if !s.finished && s.cancel != nil {
		s.cancel(reason)
	}
	s.finish()
}

// readAll reads to the end and calls f with everything, or with the failure.
//
// See https://fetch.spec.whatwg.org/#body-fully-read.
func (s *stream) readAll(f func(all []byte, failure goja.Value)) {
	s.locked = true
	var all []byte
	var next func(c chunk)
	next = func(c chunk) {
		switch {
		case c.failure != nil:
			f(nil, c.failure)
		case c.done:
			f(all, nil)
		default:
			all = append(all, c.bytes...)
			s.read(next)
		}
	}
	s.read(next)
}

// tee returns two streams of what s has. What one of them has read and the other
// has not, is kept.
//
// See https://streams.spec.whatwg.org/#readable-stream-tee.
func (s *stream) tee() (a, b *stream) {
	s.locked = true
	a, b = &stream{page: s.page}, &stream{page: s.page}
	branches := []*stream{a, b}
	reading, cancelled := false, 0
	pull := func() {
		if reading {
			return
		}
		reading = true
		s.read(func(c chunk) {
			reading = false
			for i, branch := range branches {
				switch {
				case c.failure != nil:
					branch.fail(c.failure)
				case c.done:
					branch.finish()
				case i == 0:
					branch.enqueue(c.bytes)
				default:
					branch.enqueue(slices.Clone(c.bytes))
				}
			}
		})
	}
	cancel := func(reason goja.Value) {
		if cancelled++; cancelled == len(branches) {
			s.stop(reason)
		}
	}
	for _, branch := range branches {
		branch.pull, branch.cancel = pull, cancel
	}
	return a, b
}
