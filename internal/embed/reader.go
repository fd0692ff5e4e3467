package embed

import "github.com/dop251/goja"

// A reader is what is behind a ReadableStreamDefaultReader.
//
// Deviation: There is no attribute "closed".
//
// See https://streams.spec.whatwg.org/#default-reader-class.
type reader struct {
	stream   *stream // nil once released
	requests []*promise
}

// defineStreams defines ReadableStream and its reader. Scripts get streams from
// bodies, and cannot make any.
func (p *Page) defineStreams() {
	streams := newClass[*stream](p, "ReadableStream", 0, nil)
	p.classes.readableStream = streams
	streams.getter("locked", func(s *stream) any { return s.locked })
	streams.promising("cancel", 0, func(s *stream, args arguments) *goja.Promise {
		if s.locked {
			panic(p.vm.NewTypeError("the stream is locked: a reader has it"))
		}
		return p.cancelStream(s, args.at(0))
	})
	streams.method("getReader", 0, func(s *stream, args arguments) goja.Value {
		if v, ok := p.dictionary(args.at(0), "options", "mode")["mode"]; ok {
			panic(p.vm.NewTypeError("there is no reader of mode %s", quote(p.scalar(v))))
		}
		if s.locked {
			panic(p.vm.NewTypeError("the stream is locked: another reader has it"))
		}
		s.locked = true
		return p.classes.reader.wrap(&reader{stream: s})
	})
	streams.method("tee", 0, func(s *stream, _ arguments) goja.Value {
		if s.locked {
			panic(p.vm.NewTypeError("the stream is locked: a reader has it"))
		}
		a, b := s.tee()
		return p.array(a.value(), b.value())
	})

	readers := newClass[*reader](p, "ReadableStreamDefaultReader", 0, nil)
	p.classes.reader = readers
	readers.promising("read", 0, func(r *reader, _ arguments) *goja.Promise {
		r.check(p)
		return r.read(p)
	})
	readers.promising("cancel", 0, func(r *reader, args arguments) *goja.Promise {
		r.check(p)
		return p.cancelStream(r.stream, args.at(0))
	})
	readers.method("releaseLock", 0, func(r *reader, _ arguments) goja.Value {
		r.release(p)
		return goja.Undefined()
	})
}

// value returns the ReadableStream of s.
func (s *stream) value() *goja.Object {
	if s.object == nil {
		s.object = s.page.classes.readableStream.wrap(s)
	}
	return s.object
}

func (p *Page) cancelStream(s *stream, reason goja.Value) *goja.Promise {
	result := p.newPromise()
	failure := s.failure
	s.stop(reason)
	if failure != nil {
		result.fail(failure)
	} else {
		result.fulfil(goja.Undefined())
	}
	return result.promise
}

func (r *reader) check(p *Page) {
	if r.stream == nil {
		panic(p.vm.NewTypeError("the reader has released its stream"))
	}
}

// read returns a promise of the next chunk.
//
// See https://streams.spec.whatwg.org/#default-reader-read.
func (r *reader) read(p *Page) *goja.Promise {
	result := p.newPromise()
	from := r.stream
	r.requests = append(r.requests, &result)
	from.read(func(c chunk) {
		if r.stream != from { // released, and the promise rejected
			from.unread(c)
			return
		}
		r.requests = r.requests[1:]
		if c.failure != nil {
			result.fail(c.failure)
			return
		}
		value := goja.Undefined()
		if !c.done {
			value = p.byteArray(c.bytes)
		}
		item := p.vm.NewObject()
		p.defineProperty(item, "value", value)
		p.defineProperty(item, "done", p.vm.ToValue(c.done))
		result.fulfil(item)
	})
	return result.promise
}

// release unlocks the stream. What has been asked for and not come is left for the
// next reader.
//
// See https://streams.spec.whatwg.org/#default-reader-release-lock.
func (r *reader) release(p *Page) {
	if r.stream == nil {
		return
	}
	from := r.stream
	requests := r.requests
	r.stream, r.requests, from.locked = nil, nil, false
	for _, request := range requests {
		request.fail(p.typeError("the reader has released its stream"))
	}
}
