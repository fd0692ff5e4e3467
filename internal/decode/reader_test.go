package decode

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/corsengine/corsengine/internal/testtable"
)

// A testBody is a body that knows how often it was closed and read after its
// end.
type testBody struct {
	r      io.Reader
	reads  int
	closed int
	ended  bool
}

func (b *testBody) Read(p []byte) (int, error) {
	b.reads++
	if b.closed > 0 {
		return 0, errors.New("read after close")
	}
	n, err := b.r.Read(p)
	b.ended = err == io.EOF
	return n, err
}

func (b *testBody) Close() error {
	b.closed++
	return errClose
}

var errClose = errors.New("close")

func newBody(s string) *testBody { return &testBody{r: strings.NewReader(s)} }

// reason returns the word that the tables have for err.
func reason(err error) string {
	var e *Error
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		return "not of type *Error"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	case errors.Is(err, gzip.ErrHeader):
		return "header"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zlib.ErrChecksum):
		return "checksum"
	case errors.Is(err, zlib.ErrDictionary):
		return "dictionary"
	case corrupt:
		return "corrupt"
	}
	return "unknown"
}

type (
	decodeIn struct {
		Codings []string
		Body    testtable.Bytes
	}
	decodeWant struct {
		Body  testtable.Bytes
		Error string
	}
)

func TestReader(t *testing.T) {
	ways := map[string]func(io.Reader) io.Reader{
		"whole":     func(r io.Reader) io.Reader { return r },
		"bytewise":  iotest.OneByteReader,
		"with EOF":  iotest.DataErrReader,
		"in halves": iotest.HalfReader,
	}
	testtable.Run(t, "content-codings-decode.json", func(t *testing.T, in decodeIn, want decodeWant) {
		for name, way := range ways {
			for _, size := range []int{1, 3, 4096} {
				body := newBody(string(in.Body))
				body.r = way(body.r)
				r, err := Reader(body, in.Codings, nil)
				if err != nil {
					t.Fatal(err)
				}
				if body.reads > 0 {
					t.Fatal("read before the first Read")
				}
				got, err := readAll(r, size)
				if reason(err) != want.Error {
					t.Errorf("%s, %d bytes at a time: error %v; want %q", name, size, err, want.Error)
				}
				if err == nil && got != string(want.Body) || err != nil && !strings.HasPrefix(string(want.Body), got) {
					t.Errorf("%s, %d bytes at a time: got %q; want %q", name, size, got, want.Body)
				}
				if err == nil && !body.ended {
					t.Errorf("%s, %d bytes at a time: the body is not read to its end", name, size)
				}
				reads := body.reads
				if n, again := r.Read(make([]byte, 1)); n != 0 || again != err && (err != nil || again != io.EOF) {
					t.Errorf("another Read gives %d, %v", n, again)
				}
				if _, coded := r.(*chain); coded && body.reads != reads {
					t.Error("the body is read after the end")
				}
				if body.closed > 0 {
					t.Error("the body is closed without Close")
				}
				if err := r.Close(); err != errClose {
					t.Errorf("Close: %v", err)
				}
				if body.closed != 1 {
					t.Errorf("the body is closed %d times", body.closed)
				}
			}
		}
	})
}

// readAll reads r in pieces of size bytes.
func readAll(r io.Reader, size int) (string, error) {
	var got strings.Builder
	p := make([]byte, size)
	for {
		n, err := r.Read(p)
		got.Write(p[:n])
		if err == io.EOF {
			return got.String(), nil
		} else if err != nil {
			return got.String(), err
		}
	}
}

// TestFaultAfterData has faults behind the data, all of which is to be read
// before the error.
func TestFaultAfterData(t *testing.T) {
	for _, c := range testtable.Load[decodeIn, decodeWant](t, "content-codings-decode.json") {
		if c.Want.Error != "checksum" && !strings.Contains(c.Name, "trailer") {
			continue
		}
		r, err := Reader(newBody(string(c.In.Body)), c.In.Codings, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != string(c.Want.Body) || err == nil {
			t.Errorf("%s: got %q, %v", c.Name, got, err)
		}
	}
}

func TestErrorText(t *testing.T) {
	r, _ := Reader(newBody("\x1f\x8b"), []string{"x-gzip"}, nil)
	_, err := io.ReadAll(r)
	if got, want := err.Error(), "content coding x-gzip: unexpected EOF"; got != want {
		t.Errorf("error %q; want %q", got, want)
	}
}

func TestTooMany(t *testing.T) {
	for _, tt := range []struct {
		codings string
		want    error
	}{
		{strings.Repeat("gzip ", MaxCodings), nil},
		{strings.Repeat("gzip identity ", MaxCodings), nil},
		{strings.Repeat("gzip ", MaxCodings+1), ErrTooMany},
		{strings.Repeat("br ", MaxCodings+1), ErrTooMany},
		{strings.Repeat("identity ", 100), nil},
		{strings.Repeat("gzip ", MaxCodings+1) + "made-up", nil},
	} {
		body := newBody("")
		r, err := Reader(body, strings.Fields(tt.codings), decoders("br"))
		if err != tt.want || (r == nil) != (err != nil) {
			t.Errorf("%s: %v, %v; want error %v", tt.codings, r, err, tt.want)
		}
		if body.closed+body.reads > 0 {
			t.Errorf("%s: the body is touched", tt.codings)
		}
	}
}

// TestBodyError wants errors of the body to come out as they are, whatever
// decodes it, and wherever in the stream they occur.
func TestBodyError(t *testing.T) {
	broken := errors.New("connection reset")
	extra := map[string]Decoder{
		"wrapping": func(io.Reader) (io.ReadCloser, error) {
			r, w := io.Pipe()
			defer w.CloseWithError(errors.New("something went wrong"))
			return r, nil
		},
		"slurping": func(r io.Reader) (io.ReadCloser, error) {
			if _, err := io.ReadAll(r); err != nil {
				return nil, errors.New("cannot read")
			}
			return http.NoBody, nil
		},
	}
	stream := string(encode(t, []string{"gzip", "deflate"}, []byte("Hello, World!")))
	for _, broken := range []error{broken, io.ErrUnexpectedEOF} {
		for _, codings := range [][]string{{"deflate"}, {"gzip", "deflate"}, {"slurping", "gzip", "deflate"}, {"slurping"}} {
			for i := 0; i <= len(stream); i++ {
				body := &testBody{r: io.MultiReader(strings.NewReader(stream[:i]), iotest.ErrReader(broken))}
				r, err := Reader(body, codings, extra)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadAll(r); err != broken {
					t.Errorf("%q, after %d bytes: error %v", codings, i, err)
				}
			}
		}
	}
	// An error of the decoder is its own as long as the body is fine.
	r, _ := Reader(newBody(stream), []string{"wrapping"}, extra)
	if _, err := io.ReadAll(r); err == nil || err.Error() != "content coding wrapping: something went wrong" {
		t.Errorf("error of a decoder: %v", err)
	}
}

// encode applies codings to data in their order.
func encode(t testing.TB, codings []string, data []byte) []byte {
	t.Helper()
	for _, coding := range codings {
		var buf bytes.Buffer
		var w io.WriteCloser
		switch coding {
		case "gzip", "x-gzip":
			w = gzip.NewWriter(&buf)
		case "deflate":
			w = zlib.NewWriter(&buf)
		case "raw":
			w, _ = flate.NewWriter(&buf, flate.BestSpeed)
		case "identity":
			continue
		default:
			t.Fatalf("no encoder for %s", coding)
		}
		_, err := w.Write(data)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		data = buf.Bytes()
	}
	return data
}

// TestStreaming wants what was flushed to be readable before more arrives.
func TestStreaming(t *testing.T) {
	type flusher interface {
		io.WriteCloser
		Flush() error
	}
	for _, codings := range [][]string{{"gzip"}, {"deflate"}, {"gzip", "deflate"}} {
		pr, pw := io.Pipe()
		defer pr.Close()
		var outer flusher = gzip.NewWriter(pw)
		if codings[len(codings)-1] == "deflate" {
			outer = zlib.NewWriter(pw)
		}
		inner := outer
		if len(codings) == 2 {
			inner = gzip.NewWriter(outer)
		}
		events := make(chan string, 1) // the writer can be busy with the rest of a flush
		go func() {
			for event := range events {
				io.WriteString(inner, event)
				inner.Flush()
				outer.Flush()
			}
			pw.Close()
		}()
		r, err := Reader(pr, codings, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range []string{"data: 1\n\n", "data: 2\n\n", strings.Repeat("x", 1000)} {
			events <- event
			got := make([]byte, len(event))
			if _, err := io.ReadFull(r, got); err != nil || string(got) != event {
				t.Fatalf("%q: got %q, %v; want %q", codings, got, err, event)
			}
		}
		close(events)
		if _, err := r.Read(make([]byte, 1)); reason(err) != "truncated" {
			t.Errorf("%q: error %v; want a truncated stream", codings, err)
		}
		r.Close()
	}
}

func TestEmptyRead(t *testing.T) {
	body := newBody("\x1f\x8b")
	r, _ := Reader(body, []string{"gzip"}, nil)
	if n, err := r.Read(nil); n != 0 || err != nil || body.reads > 0 {
		t.Errorf("Read(nil) = %d, %v", n, err)
	}
	io.ReadAll(r)
	if n, err := r.Read(nil); n != 0 || reason(err) != "truncated" {
		t.Errorf("Read(nil) after an error = %d, %v", n, err)
	}
}
