package decode

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/corsengine/corsengine/internal/testtable"
)

// slowDecode undoes codings one after the other, each on the whole of what the
// one before left, up to limit bytes. It uses nothing of the package.
func slowDecode(codings []string, body []byte, limit int64) (data []byte, ok bool) {
	data = body
	for i := len(codings) - 1; i >= 0; i-- {
		if len(data) == 0 {
			return nil, true
		}
		var r io.Reader
		var err error
		switch in := bytes.NewReader(data); codings[i] {
		case "identity":
			continue
		case "gzip", "x-gzip":
			var z *gzip.Reader
			if z, err = gzip.NewReader(in); err == nil {
				z.Multistream(false)
				r = z
			}
		case "deflate":
			r, err = zlib.NewReader(in)
			if errors.Is(err, zlib.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) && len(data) < 2 {
				in.Reset(data)
				r, err = flate.NewReader(in), nil
			}
		}
		if err != nil {
			return nil, false
		}
		if data, err = io.ReadAll(io.LimitReader(r, limit)); err != nil {
			return nil, false
		}
	}
	return data, true
}

// FuzzReader decodes any bytes under up to three codings, of which each byte of
// list stands for one, and what was encoded under the same.
func FuzzReader(f *testing.F) {
	names := []string{"gzip", "deflate", "identity", "x-gzip", "deflate", "raw"}
	for _, c := range testtable.Load[decodeIn, decodeWant](f, "content-codings-decode.json") {
		var list []byte
		for _, coding := range c.In.Codings {
			list = append(list, byte(max(0, strings.Index("gdix", coding[:1]))))
		}
		f.Add(list, []byte(c.In.Body))
	}
	f.Fuzz(func(t *testing.T, list, data []byte) {
		var applied, named []string
		for _, b := range list[:min(len(list), 3)] {
			coding := names[int(b)%len(names)]
			applied = append(applied, coding)
			if coding == "raw" {
				coding = "deflate"
			}
			named = append(named, coding)
		}
		const limit = 1 << 20
		read := func(data []byte) ([]byte, error) {
			body := newBody(string(data))
			if len(data)%2 == 1 {
				body.r = iotest.OneByteReader(body.r)
			}
			r, err := Reader(body, named, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(io.LimitReader(r, limit))
			r.Close()
			if body.closed != 1 {
				t.Errorf("the body is closed %d times", body.closed)
			}
			return got, err
		}

		got, err := read(data)
		want, ok := slowDecode(named, data, limit)
		if ok != (err == nil) || ok && !bytes.Equal(got, want) {
			// Where the limit cuts the one short it does not the other.
			if len(got) < limit && len(data) < limit/1000 {
				t.Errorf("%q of %q: got %q, %v; want %q, %v", named, data, got, err, want, ok)
			}
		}
		if len(data) < limit {
			got, err = read(encode(t, applied, data))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%q: %q comes back as %q, %v", applied, data, got, err)
			}
		}
	})
}
