package fetchtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// The tests in this file run in bubbles: a goroutine that is left behind fails them.

// Handlers whose response never begins.
func TestBrokenHandlers(t *testing.T) {
	cause := errors.New("database on fire")
	tests := []struct {
		name    string
		source  string
		handler http.HandlerFunc
		is      error // nil for none
		text    []string
		panics  bool
	}{
		{"panics with a text", "https://pkg.go.dev/net/http#Handler",
			func(http.ResponseWriter, *http.Request) { panic("out of cheese") },
			nil, []string{"the handler of GET https://api.example/x panicked: out of cheese"}, true},
		{"panics with an error", "https://pkg.go.dev/net/http#Handler",
			func(http.ResponseWriter, *http.Request) { panic(cause) },
			cause, []string{"panicked: database on fire"}, true},
		{"panics with nil", "https://go.dev/ref/spec#Handling_panics",
			func(http.ResponseWriter, *http.Request) { panic(nil) }, //nolint
			nil, []string{"panic called with nil argument"}, true},
		{"aborts", "https://pkg.go.dev/net/http#ErrAbortHandler",
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			http.ErrAbortHandler, []string{"closed the connection"}, false},
		{"ends its goroutine", "https://pkg.go.dev/testing#T.FailNow",
			func(http.ResponseWriter, *http.Request) { runtime.Goexit() },
			nil, []string{"ended its goroutine", "FailNow"}, false},
		{"status 0", "https://pkg.go.dev/net/http#ResponseWriter",
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(0) },
			nil, []string{"panicked: invalid WriteHeader code 0"}, true},
		{"status 99", "https://pkg.go.dev/net/http#ResponseWriter",
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(99) },
			nil, []string{"invalid WriteHeader code 99"}, true},
		{"status 1000", "https://pkg.go.dev/net/http#ResponseWriter",
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(1000) },
			nil, []string{"invalid WriteHeader code 1000"}, true},
		{"header name with a space", "https://www.rfc-editor.org/rfc/rfc9110#section-5.1",
			func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Access-Control-Allow-Origin ", "*") },
			nil, []string{`set a header with the invalid name "Access-Control-Allow-Origin "`}, false},
		{"empty header name", "https://www.rfc-editor.org/rfc/rfc9110#section-5.1",
			func(w http.ResponseWriter, _ *http.Request) { w.Header()[""] = []string{"x"} },
			nil, []string{`the invalid name ""`}, false},
		{"line break in a value", "https://www.rfc-editor.org/rfc/rfc9110#section-5.5",
			func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-A", "1\r\nX-Evil: 2") },
			nil, []string{`set X-A to "1\\r\\nX-Evil: 2"`}, false},
		{"NUL in a value", "https://www.rfc-editor.org/rfc/rfc9110#section-5.5",
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-A", "\x00")
				w.WriteHeader(200)
				if _, err := io.WriteString(w, strings.Repeat("x", 5000)); err == nil {
					panic("a write succeeds after that")
				}
			},
			nil, []string{`set X-A to`}, false},
		{"invalid name in early hints", "https://www.rfc-editor.org/rfc/rfc9110#section-5.1",
			func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("a b", "*"); w.WriteHeader(103) },
			nil, []string{`the invalid name "a b"`}, false},
		{"a length as trailer", "https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1",
			func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Trailer", "Content-Length") },
			nil, []string{`announced the trailer "Content-Length"`}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("the case has no source")
			}
			synctest.Test(t, func(t *testing.T) {
				_, page := open(t, tt.handler)
				_, err := page.Fetch(t.Context(), api+"/x", nil)
				var h *fetchtest.HandlerError
				if !errors.As(err, &h) || !errors.Is(err, fetch.ReasonTransport) {
					t.Fatalf("error %v", err)
				}
				if tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("%v is not %v", err, tt.is)
				}
				wantText(t, err.Error(), tt.text...)
				if tt.panics != (h.Panic != nil) {
					t.Errorf("Panic is %v", h.Panic)
				}
				if tt.panics {
					wantText(t, err.Error(), "badhandler_test.go") // the stack
				}
			})
		})
	}
}

// Handlers whose response breaks off.
func TestBrokenBodies(t *testing.T) {
	start := func(w http.ResponseWriter) {
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
	}
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		text    string
	}{
		"panic":  {func(w http.ResponseWriter, _ *http.Request) { start(w); panic("halfway") }, "panicked: halfway"},
		"abort":  {func(w http.ResponseWriter, _ *http.Request) { start(w); panic(http.ErrAbortHandler) }, "closed the connection"},
		"Goexit": {func(w http.ResponseWriter, _ *http.Request) { start(w); runtime.Goexit() }, "ended its goroutine"},
		"too short": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9"); start(w) },
			"declared a Content-Length of 9 and wrote 5 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, page := open(t, share(tt.handler))
				resp := mustFetch(t, page, api+"/", nil)
				body, err := io.ReadAll(resp.Body)
				if string(body) != "begun" || err == nil || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("the body is %q, %v; want an error with %q", body, err, tt.text)
				}
				if recorded := b.Hosts().Exchanges()[0]; recorded.Err == nil || recorded.Status != 200 {
					t.Errorf("recorded %+v", recorded)
				}
			})
		})
	}
}

// A handler that writes after it has returned fails to, and disturbs nobody.
func TestWriteAfterReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late http.ResponseWriter
		var body io.Reader
		b, page := open(t, share(func(w http.ResponseWriter, r *http.Request) {
			late, body = w, r.Body
			io.WriteString(w, "in time")
		}))
		resp := mustFetch(t, page, api+"/", &fetchtest.Init{Method: "POST", Body: "x"})
		done := make(chan bool)
		go func() { // while the client reads
			defer close(done)
			late.Header().Set("X-Late", "1")
			late.WriteHeader(500)
			if _, err := io.WriteString(late, "late"); err != fetchtest.ErrHandlerReturned {
				t.Errorf("Write: %v", err)
			}
			if err := http.NewResponseController(late).Flush(); err != fetchtest.ErrHandlerReturned {
				t.Errorf("Flush: %v", err)
			}
			if _, err := body.Read(make([]byte, 1)); err == nil {
				t.Error("the request's body can still be read")
			}
		}()
		if got := readAll(t, resp.Body); got != "in time" || resp.Status != 200 {
			t.Errorf("the page got %d %q", resp.Status, got)
		}
		<-done
		problems := b.Hosts().Exchanges()[0].Problems
		wantText(t, strings.Join(problems, "\n"), "WriteHeader(500) after", "Write after", "Flush after")
		for range 200 {
			late.WriteHeader(500)
		}
		if n := len(b.Hosts().Exchanges()[0].Problems); n > 100 {
			t.Errorf("%d problems are kept", n)
		}
	})
}

// The end of a fetch reaches its handler, whatever that does.
func TestCancellation(t *testing.T) {
	why := errors.New("enough")
	for name, h := range map[string]http.HandlerFunc{
		"waits":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"reads":  func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) },
		"writes": func(w http.ResponseWriter, r *http.Request) { forever(w) },
		"hangs after the header": func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, page := open(t, share(h))
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
				defer cancel()
				pr, pw := io.Pipe()
				resp, err := page.Fetch(ctx, api+"/", &fetchtest.Init{Method: "POST", Body: pr})
				if err == nil {
					if name == "writes" {
						time.Sleep(2 * time.Second) // the handler waits for us to read
					}
					_, err = io.Copy(io.Discard, resp.Body)
					defer resp.Body.Close() // not what ends the handler
				} else if !errors.Is(err, fetch.ReasonAborted) || !errors.Is(err, why) {
					t.Errorf("error %v", err)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				synctest.Wait()
				if !b.Hosts().Exchanges()[1].Done {
					t.Error("the handler still runs")
				}
				if _, err := pw.Write([]byte("x")); err == nil {
					t.Error("the request's body is still open")
				}
			})
		})
	}
}

// forever writes until that fails, and returns how.
func forever(w io.Writer) error {
	for {
		if _, err := w.Write(make([]byte, 1000)); err != nil {
			return err
		}
	}
}

// Closing a body ends the handler's writes, its context and its reads.
func TestClosedBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed, again, flushed, ended error
		_, page := open(t, share(func(w http.ResponseWriter, r *http.Request) {
			failed = forever(w)
			_, again = w.Write([]byte("x"))
			flushed = http.NewResponseController(w).Flush()
			ended = r.Context().Err()
		}))
		resp := mustFetch(t, page, api+"/", nil)
		resp.Body.Read(make([]byte, 10))
		resp.Body.Close()
		synctest.Wait()
		for _, err := range []error{failed, again, flushed} {
			if !errors.Is(err, syscall.EPIPE) {
				t.Errorf("error %v", err)
			}
		}
		if ended == nil {
			t.Error("the handler's context goes on")
		}
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("reading a closed body: %v", err)
		}
	})
}

// A Read that waits for the handler ends when the body is closed, even if the handler
// goes on.
func TestCloseDuringRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		n := networkOf(t, func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			<-release
		})
		resp := get(t, n)
		got := make(chan error, 1)
		go func() {
			_, err := resp.Body.Read(make([]byte, 1))
			got <- err
		}()
		synctest.Wait()
		resp.Body.Close()
		synctest.Wait()
		select {
		case err := <-got:
			if err == nil || err == io.EOF {
				t.Errorf("error %v", err)
			}
		default:
			t.Error("the Read goes on")
		}
		close(release)
	})
}

// A handler that blocks for ever does not hold up the fetch, and is reported when
// the test ends.
func TestBlockedHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		recorder := &recordingTB{TB: t}
		b := fetchtest.NewBrowser(recorder, fetchtest.Hosts{api: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := b.Open(app).Fetch(ctx, api+"/stuck", nil)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, fetch.ReasonAborted) {
			t.Errorf("error %v", err)
		}
		for _, f := range recorder.cleanups {
			f()
		}
		if len(recorder.failures) != 1 {
			t.Fatalf("failures: %q", recorder.failures)
		}
		wantText(t, recorder.failures[0], "have not returned", "GET https://api.example/stuck")
		_, err = b.Open(app).Fetch(t.Context(), api+"/", nil)
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("a closed network: %v", err)
		}
		close(release)
		synctest.Wait()
		if err := b.Network.Close(); err != nil {
			t.Errorf("after the handler has returned: %v", err)
		}
	})
}

// Close ends the fetches that are under way.
func TestCloseEndsFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(fetchtest.Network)
		n.Handle(api, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		got := make(chan error)
		for range 2 {
			go func() {
				_, err := n.RoundTrip(newRequest(t, "GET", api, nil))
				got <- err
			}()
		}
		synctest.Wait()
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-got; !errors.Is(err, net.ErrClosed) {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestHijackIsRefused(t *testing.T) {
	n := networkOf(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _, err := http.NewResponseController(w).Hijack()
		fmt.Fprint(w, errors.Is(err, http.ErrNotSupported), " ", err)
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
	})
	wantText(t, readAll(t, get(t, n).Body), "true ", "httptest")
}

// The client's body is at fault.
func TestBrokenRequestBodies(t *testing.T) {
	broken := errors.New("disk full")
	tests := []struct {
		name   string
		body   io.Reader
		length int64
		text   string
	}{
		{"fails", io.MultiReader(strings.NewReader("ab"), &failing{broken}), 0, "disk full"},
		{"shorter than declared", strings.NewReader("abc"), 5, "ContentLength=5 with a body of length 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen error
				n := networkOf(t, func(w http.ResponseWriter, r *http.Request) { _, seen = io.ReadAll(r.Body) })
				req := newRequest(t, "POST", api, io.NopCloser(tt.body))
				req.ContentLength = tt.length
				_, err := n.RoundTrip(req)
				if err == nil || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("error %v; want one with %q", err, tt.text)
				}
				synctest.Wait()
				if seen != io.ErrUnexpectedEOF {
					t.Errorf("the handler saw %v", seen)
				}
			})
		})
	}
	// One that is longer is cut.
	n := networkOf(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	req := newRequest(t, "POST", api, io.NopCloser(strings.NewReader("abcdef")))
	req.ContentLength = 3
	resp, err := n.RoundTrip(req)
	if err != nil || readAll(t, resp.Body) != "abc" {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// A panic after the response has failed for another reason is not lost.
func TestPanicAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, page := open(t, func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic("in the dark")
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		page.Fetch(ctx, api, nil)
		synctest.Wait()
		wantText(t, strings.Join(b.Hosts().Exchanges()[0].Problems, ""), "panic: in the dark")
	})
}

// The CORS headers of careless middleware, twice.
func TestDuplicateHeaders(t *testing.T) {
	_, page := open(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Access-Control-Allow-Origin", app)
		w.Header().Add("access-control-allow-origin", app)
		w.Header()["access-control-allow-origin"] = []string{app}
	})
	resp, err := page.Fetch(t.Context(), api, nil)
	fetchtest.WantRefused(t, resp, err, fetch.ReasonMultipleAllowOrigin)
	wantText(t, err.Error(), "To allow it, the answer to GET has to have\n\t\tAccess-Control-Allow-Origin: https://app.example\n")
}
