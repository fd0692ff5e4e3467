package decode

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// TestClose closes bodies before, while and after they are read.
func TestClose(t *testing.T) {
	want := strings.Repeat("Hello, World!", 1000)
	for _, codings := range [][]string{{"gzip"}, {"deflate"}, {"gzip", "br", "deflate", "gzip"}} {
		encoded := string(encode(t, without(codings, "br"), []byte(want)))
		for _, n := range []int{0, 1, 5000, len(want), len(want) + 1} {
			body := newBody(encoded)
			closes := 0
			r, err := Reader(body, codings, map[string]Decoder{"br": closeCounter(&closes)})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(io.LimitReader(r, int64(n))); err != nil || !strings.HasPrefix(want, string(got)) {
				t.Fatalf("%q: %d bytes, %v", codings, len(got), err)
			}
			if err := r.Close(); err != errClose {
				t.Errorf("%q, after %d bytes: Close returns %v", codings, n, err)
			}
			if err := r.Close(); err != nil {
				t.Errorf("%q, after %d bytes: the second Close returns %v", codings, n, err)
			}
			reads := body.reads
			if n, err := r.Read(make([]byte, 1)); n != 0 || err != http.ErrBodyReadAfterClose {
				t.Errorf("%q: Read after Close gives %d, %v", codings, n, err)
			}
			if body.closed != 1 || body.reads != reads {
				t.Errorf("%q: closed %d times, %d reads after that", codings, body.closed, body.reads-reads)
			}
			for i := range r.(*chain).layers {
				if l := &r.(*chain).layers[i]; l.inflater != nil || l.r != nil {
					t.Errorf("%q, after %d bytes: layer %d keeps its decoder", codings, n, i)
				}
			}
			if started := n > 0 && len(codings) > 2; closes > 1 || started && closes != 1 {
				t.Errorf("%q, after %d bytes: the decoder is closed %d times", codings, n, closes)
			}
		}
	}
}

// without returns codings without coding.
func without(codings []string, coding string) (rest []string) {
	for _, c := range codings {
		if c != coding {
			rest = append(rest, c)
		}
	}
	return rest
}

// closeCounter returns a decoder that changes nothing and counts its Closes.
func closeCounter(n *int) Decoder {
	return func(r io.Reader) (io.ReadCloser, error) {
		return struct {
			io.Reader
			io.Closer
		}{r, closerFunc(func() error { *n++; return errors.New("dropped") })}, nil
	}
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

// TestReleaseOnce has a pooled decoder come back twice, in which case two
// bodies would share it.
func TestReleaseOnce(t *testing.T) {
	for range 10 {
		r, _ := Reader(newBody(string(encode(t, []string{"gzip"}, []byte("x")))), []string{"gzip"}, nil)
		if _, err := io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
		r.Close()
	}
	seen := make(map[*inflater]bool)
	for range 20 {
		f := inflaters.Get().(*inflater)
		if seen[f] {
			t.Fatal("one inflater is in the pool twice")
		}
		seen[f] = true
	}
}

// An endless body repeats a block until it is closed, and tells when it was read
// for the first time.
type endless struct {
	block   []byte
	at      int
	started chan struct{}
	once    sync.Once
}

func (e *endless) Read(p []byte) (int, error) {
	e.once.Do(func() { close(e.started) })
	n := copy(p, e.block[e.at:])
	e.at = (e.at + n) % len(e.block)
	return n, nil
}

func (e *endless) Close() error { return nil }

// TestCloseDuringRead closes a body whose Read never ends and whose source does
// not mind being closed.
func TestCloseDuringRead(t *testing.T) {
	body := &endless{block: []byte{0, 0, 0, 0xFF, 0xFF}, started: make(chan struct{})} // an empty block
	r, err := Reader(body, []string{"deflate"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := r.Read(make([]byte, 1))
		failed <- err
	}()
	<-body.started
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; err != http.ErrBodyReadAfterClose {
		t.Errorf("Read returns %v", err)
	}
	if c := r.(*chain); !c.mu.TryLock() || c.layers[0].inflater != nil {
		t.Error("the decoder is not released")
	}
}

// TestConcurrentBodies has bodies closed at any point of their Reads, while the
// decoders that they give back serve other bodies.
func TestConcurrentBodies(t *testing.T) {
	want := bytes.Repeat([]byte("Hello, World!"), 2000)
	encoded := string(encode(t, []string{"gzip", "deflate"}, want))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				aborted, _ := Reader(io.NopCloser(strings.NewReader(encoded)), []string{"gzip", "prefetch", "deflate"},
					map[string]Decoder{"prefetch": prefetch})
				whole, _ := Reader(io.NopCloser(strings.NewReader(encoded)), []string{"gzip", "deflate"}, nil)
				started := make(chan struct{})
				wg.Go(func() {
					close(started)
					io.Copy(io.Discard, aborted)
				})
				<-started
				aborted.Close()
				if got, err := io.ReadAll(whole); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				whole.Close()
			}
		})
	}
	wg.Wait()
}

// prefetch is a decoder that reads in a goroutine, which it ends in Close.
func prefetch(r io.Reader) (io.ReadCloser, error) {
	pr, pw := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := io.Copy(pw, r)
		pw.CloseWithError(err)
	}()
	return struct {
		io.Reader
		io.Closer
	}{pr, closerFunc(func() error { pr.Close(); <-done; return nil })}, nil
}

func TestUserDecoder(t *testing.T) {
	var calls, closes int
	extra := map[string]Decoder{
		"br": func(r io.Reader) (io.ReadCloser, error) {
			calls++
			if _, ok := r.(io.Closer); ok {
				t.Error("the decoder can close what it reads")
			}
			return closeCounter(&closes)(r)
		},
		"gzip":  closeCounter(&closes), // replaces the one built in
		"nil":   func(io.Reader) (io.ReadCloser, error) { return nil, nil },
		"eof":   func(r io.Reader) (io.ReadCloser, error) { return nil, io.EOF },
		"short": func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(r, 2)), nil },
		"bad": func(r io.Reader) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(io.LimitReader(r, 2), iotest.ErrReader(errClose))), nil
		},
	}
	tests := []struct {
		body    string
		codings string
		want    string
		err     string
	}{
		{"abc", "br", "abc", ""},
		{"abc", "br br", "abc", ""},
		{"abc", "gzip", "abc", ""},
		{"abc", "x-gzip", "abc", ""},
		{"", "br", "", ""},
		{"", "nil", "", ""},
		{"abc", "nil", "", "content coding nil: " + errNoReader.Error()},
		{"abc", "eof", "", "content coding eof: unexpected EOF"},
		{"abc", "short", "ab", ""},
		{"abc", "br short", "ab", ""},
		{"abc", "bad", "ab", "content coding bad: close"},
		{"abc", "br bad", "ab", "content coding bad: close"},
	}
	for _, tt := range tests {
		calls, closes = 0, 0
		body := newBody(tt.body)
		r, err := Reader(body, strings.Fields(tt.codings), extra)
		if err != nil {
			t.Fatal(err)
		}
		if calls > 0 {
			t.Errorf("%s: the decoder is called before the first Read", tt.codings)
		}
		got, err := io.ReadAll(r)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if string(got) != tt.want || text != tt.err {
			t.Errorf("%s: got %q, %v; want %q, %s", tt.codings, got, err, tt.want, tt.err)
		}
		if err == nil && !body.ended {
			t.Errorf("%s: the body is not read to its end", tt.codings)
		}
		r.Close()
		if want := strings.Count(tt.codings, "br"); tt.body != "" && calls != want {
			t.Errorf("%s: %d decoders made; want %d", tt.codings, calls, want)
		} else if tt.body == "" && calls > 0 {
			t.Errorf("%s: a decoder is made for an empty body", tt.codings)
		}
		if calls > 0 && closes != calls {
			t.Errorf("%s: %d decoders, %d Closes", tt.codings, calls, closes)
		}
		if body.closed != 1 {
			t.Errorf("%s: the body is closed %d times", tt.codings, body.closed)
		}
	}
}
