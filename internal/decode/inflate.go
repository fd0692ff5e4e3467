package decode

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"sync"
)

// inflaters holds inflaters whose input is reset.
var inflaters = sync.Pool{New: newInflater}

func newInflater() any { return &inflater{in: bufio.NewReader(nil)} }

// An inflater has the decoders for the codings built in, each made when it is
// needed for the first time. They take tens of kilobytes, and most responses are
// shorter than that.
type inflater struct {
	in   *bufio.Reader
	gzip *gzip.Reader
	zlib io.ReadCloser
	raw  io.ReadCloser
}

// open returns the decoder of in for k.
//
// Precondition: k is gzipped or deflated, and in has at least one byte.
func (f *inflater) open(k kind) (io.Reader, error) {
	switch {
	case k == gzipped:
		return f.openGzip()
	case f.hasZlibHeader():
		return f.openZlib()
	}
	return f.openRaw(), nil
}

// hasZlibHeader reports whether in starts with a zlib header. One cannot be
// mistaken for a stream without: that would have to start with a stored block
// whose padding is not zero.
//
// See https://www.rfc-editor.org/rfc/rfc1950#section-2.2.
func (f *inflater) hasZlibHeader() bool {
	b, err := f.in.Peek(2)
	if err != nil {
		return false // whatever it is, it is too short
	}
	const method, maxWindow = 8, 7
	return b[0]&0xF == method && b[0]>>4 <= maxWindow && (uint(b[0])<<8|uint(b[1]))%31 == 0
}

func (f *inflater) openGzip() (io.Reader, error) {
	if f.gzip == nil {
		f.gzip = new(gzip.Reader)
	}
	if err := f.gzip.Reset(f.in); err != nil {
		return nil, err
	}
	f.gzip.Multistream(false)
	return f.gzip, nil
}

func (f *inflater) openZlib() (io.Reader, error) {
	if f.zlib == nil {
		r, err := zlib.NewReader(f.in)
		f.zlib = r
		return r, err
	}
	return f.zlib, f.zlib.(zlib.Resetter).Reset(f.in, nil)
}

func (f *inflater) openRaw() io.Reader {
	if f.raw == nil {
		f.raw = flate.NewReader(f.in)
	} else {
		// Reset fails for no input, and there is no dictionary.
		f.raw.(flate.Resetter).Reset(f.in, nil)
	}
	return f.raw
}
