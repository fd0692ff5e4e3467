package main

import (
	"errors"
	"io"

	"github.com/corsengine/corsengine/internal/decode"
)

// A meter notes which content codings were undone, and counts the bytes that
// were read for that. It is for one response.
type meter struct {
	codings []string // in the order in which they were undone
	bytes   int64    // of the body as the server sent it
}

// decoders returns the decoders that package fetch uses anyway, with m in them.
func (m *meter) decoders() map[string]decode.Decoder {
	return map[string]decode.Decoder{"gzip": m.decoder("gzip"), "deflate": m.decoder("deflate")}
}

func (m *meter) decoder(coding string) decode.Decoder {
	return func(r io.Reader) (io.ReadCloser, error) {
		if m.codings = append(m.codings, coding); len(m.codings) == 1 {
			r = &countingReader{r, &m.bytes} // this one reads what the server sent
		}
		body, err := decode.Reader(io.NopCloser(r), []string{coding}, nil)
		return plainErrors{body}, err
	}
}

// A countingReader adds what is read from it to n.
type countingReader struct {
	io.Reader
	n *int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.n += int64(n)
	return n, err
}

// plainErrors is a decoder whose errors do not name the coding: the one around it
// does.
type plainErrors struct{ io.ReadCloser }

func (d plainErrors) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	if e, ok := errors.AsType[*decode.Error](err); ok {
		err = e.Err
	}
	return n, err
}
