package decode

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// gzipHeader is a gzip header without anything optional.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// raceEnabled is whether the race detector runs, under which decoding a lot
// takes long.
var raceEnabled bool

// skipUnderRace skips a test that decodes a lot in one goroutine.
func skipUnderRace(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("slow, and of no use to the race detector")
	}
}

// A bomb is a stream that begins with head and repeats block without end.
type bomb struct{ head, block []byte }

// pack returns b with gzip around it.
func (b bomb) pack(tb testing.TB) bomb {
	tb.Helper()
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, flate.BestSpeed)
	if err != nil {
		tb.Fatal(err)
	}
	// After a flush the compressor refers to what came before it. The first
	// block does so to the head, and every later one to the one before, so the
	// second is the one to repeat.
	block := bytes.Repeat(b.block, 1+1<<20/len(b.block))
	var ends []int
	for _, part := range [][]byte{b.head, block, block} {
		_, err := w.Write(part)
		if err := errors.Join(err, w.Flush()); err != nil {
			tb.Fatal(err)
		}
		ends = append(ends, buf.Len())
	}
	packed := buf.Bytes()
	return bomb{append([]byte(gzipHeader), packed[:ends[1]]...), packed[ends[1]:ends[2]]}
}

// body returns b as a body.
func (b bomb) body() io.ReadCloser {
	e := &endless{block: b.block, started: make(chan struct{})}
	return io.NopCloser(io.MultiReader(bytes.NewReader(b.head), e))
}

// repeat returns coding n times.
func repeat(coding string, n int) []string { return strings.Fields(strings.Repeat(coding+" ", n)) }

// TestBomb reads a part of endless zeros, and measures what that allocates.
func TestBomb(t *testing.T) {
	skipUnderRace(t)
	const want = 200 << 20
	zeros := bomb{nil, make([]byte, 1<<20)}
	for n := 1; n <= 3; n++ {
		zeros = zeros.pack(t)
		r, err := Reader(zeros.body(), repeat("gzip", n), nil)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := io.Copy(io.Discard, io.LimitReader(r, want/int64(n)))
		runtime.ReadMemStats(&after)
		if got != want/int64(n) || err != nil {
			t.Errorf("%d codings: %d bytes, %v", n, got, err)
		}
		if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 1<<20 {
			t.Errorf("%d codings: %d bytes were allocated", n, bytes)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestHollow has streams that keep the decoders busy for nothing.
func TestHollow(t *testing.T) {
	skipUnderRace(t)
	emptyBlock := []byte{0, 0, 0, 0xFF, 0xFF}
	hello := encode(t, []string{"gzip"}, []byte("Hello, World!"))
	tests := []struct {
		name string
		b    bomb
		want string
	}{
		{"empty blocks", bomb{[]byte(gzipHeader), emptyBlock}, ""},
		{"trailing data", bomb{hello, make([]byte, 1<<10)}, "Hello, World!"},
	}
	for _, tt := range tests {
		b := tt.b
		for n := 2; n <= MaxCodings; n++ {
			b = b.pack(t)
			r, err := Reader(b.body(), repeat("gzip", n), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if string(got) != tt.want || !errors.Is(err, errHollow) {
				t.Errorf("%s, %d codings: got %q, %v", tt.name, n, got, err)
			}
			if e, ok := errors.AsType[*Error](err); !ok || e.Coding != "gzip" {
				t.Errorf("%s, %d codings: %T is no *Error for gzip", tt.name, n, err)
			}
			r.Close()
		}
	}
}

// TestNotHollow has a stream that is as wordy as one can be in earnest: each
// byte is flushed, through several codings.
func TestNotHollow(t *testing.T) {
	skipUnderRace(t)
	const size = 5 << 19
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.Write([]byte("x"))
		w.Flush()
	}
	block := buf.Bytes()[buf.Len()/2:]
	wordy := bytes.Repeat(block, size)
	r, err := Reader(io.NopCloser(bytes.NewReader(encode(t, []string{"gzip"}, wordy))), []string{"deflate", "gzip"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if reason(err) != "truncated" || n != size {
		t.Errorf("%d bytes out of %d, %v", n, len(wordy), err)
	}
	if len(wordy) <= innerSlack {
		t.Errorf("%d bytes do not put the bound to the test", len(wordy))
	}
}
