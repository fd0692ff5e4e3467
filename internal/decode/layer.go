package decode

import (
	"bufio"
	"io"
	"net/http"
	"sync/atomic"
)

// A layer undoes one coding.
type layer struct {
	coding  string
	kind    kind
	decoder Decoder // if kind is user
	src     source

	opened   bool
	ended    bool      // r has come to a good end
	r        io.Reader // decodes src; nil before and after
	inflater *inflater // what r uses, unless kind is user
	closer   io.Closer // r, if kind is user
	err      error     // what Read returns from now on
}

// Read implements [io.Reader].
func (l *layer) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, l.err
	}
	if !l.opened {
		l.opened = true
		if err := l.open(); err != nil {
			l.finish(err)
		}
	}
	for l.err == nil {
		if l.ended {
			l.err = l.drain()
			break
		}
		n, err := l.r.Read(p)
		if err != nil {
			l.finish(err)
		}
		if n > 0 {
			return n, nil // the error, if any, can wait
		}
	}
	return 0, l.err
}

// open gets a decoder going. It returns io.EOF if there is nothing to decode,
// which no decoder has to know is fine.
func (l *layer) open() error {
	if l.kind == user {
		return l.openUser()
	}
	l.inflater = inflaters.Get().(*inflater)
	l.inflater.in.Reset(&l.src)
	if _, err := l.inflater.in.Peek(1); err != nil {
		return err
	}
	var err error
	l.r, err = l.inflater.open(l.kind)
	return err
}

// openUser calls the user's decoder. What that reads from is not reused: nobody
// knows for how long it does.
func (l *layer) openUser() error {
	in := bufio.NewReader(&l.src)
	if _, err := in.Peek(1); err != nil {
		return err
	}
	r, err := l.decoder(struct{ io.Reader }{in})
	switch {
	case err != nil:
		return noEOF(err)
	case r == nil:
		return errNoReader
	}
	l.r, l.closer = r, r
	return nil
}

// noEOF keeps an end that came too early from being taken for a good one.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// finish records that decoding ended with err and releases the decoder.
func (l *layer) finish(err error) {
	l.release()
	switch broken := l.src.err.Load(); {
	case broken != nil:
		l.err = *broken
	case err == io.EOF:
		l.ended = true
	default:
		l.err = &Error{l.coding, err}
	}
}

// drain reads the rest of the source, which is ignored. It returns io.EOF at its
// end, or the error that came up instead. A server can delay the end of the
// stream in that way, but no more than it can by sending nothing.
func (l *layer) drain() error {
	if _, err := io.Copy(io.Discard, &l.src); err != nil {
		return err
	}
	return io.EOF
}

// release closes the decoder and gives back what it used.
func (l *layer) release() {
	if l.closer != nil {
		l.closer.Close()
	}
	if l.inflater != nil {
		l.inflater.in.Reset(nil)
		inflaters.Put(l.inflater)
	}
	l.r, l.closer, l.inflater = nil, nil, nil
}

// A source is what a layer decodes: the body, or what comes out of the layer
// before. Decoders cannot close it, and may read it in goroutines of their own.
type source struct {
	chain *chain
	from  io.Reader
	inner bool                  // from is a layer
	err   atomic.Pointer[error] // other than io.EOF
}

// Read implements [io.Reader].
func (s *source) Read(p []byte) (int, error) {
	// A reader that lost interest cannot tell decoders that are busy with one
	// another, except by closing the chain.
	if s.chain.closed.Load() {
		return 0, s.fail(http.ErrBodyReadAfterClose)
	}
	n, err := s.from.Read(p)
	if s.inner {
		s.chain.inner.Add(int64(n))
		if s.chain.hollow() {
			return 0, s.fail(&Error{s.from.(*layer).coding, errHollow})
		}
	}
	if err != nil && err != io.EOF {
		s.fail(err)
	}
	return n, err
}

// fail records err, for which the layer's own coding is not to blame.
func (s *source) fail(err error) error {
	s.err.Store(&err)
	return err
}
