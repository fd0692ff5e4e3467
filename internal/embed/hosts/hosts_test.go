package hosts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/corsengine/corsengine/internal/embed/hosts"
)

func get(t *testing.T, ctx context.Context, h http.HandlerFunc) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "POST", "https://a.example/path?query", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	return hosts.Hosts{"https://a.example": h}.RoundTrip(req)
}

func TestRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		resp, err := get(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Length", "30")
			w.WriteHeader(http.StatusTeapot)
			w.Header().Set("Too", "late")
			w.WriteHeader(http.StatusOK)
			io.WriteString(w, r.Host+" "+r.RequestURI+" "+string(body))
		})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if got, want := string(body), "a.example /path?query body"; got != want || err != nil {
			t.Errorf("the body is %q, %v; want %q", got, err, want)
		}
		if resp.Status != "418 I'm a teapot" || resp.ContentLength != 30 || resp.Header.Get("Too") != "" {
			t.Errorf("the response is %s, length %d, header %v", resp.Status, resp.ContentLength, resp.Header)
		}
	})
}

func TestUnknownHost(t *testing.T) {
	req, err := http.NewRequest("POST", "http://a.example/", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (hosts.Hosts{}).RoundTrip(req); err == nil {
		t.Error("there is a response from a host that is not there")
	}
}

func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := get(t, t.Context(), func(http.ResponseWriter, *http.Request) { panic("x") }); err == nil {
			t.Error("there is a response from a handler that panicked")
		}
		resp, err := get(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			panic("x")
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err == nil || err == io.EOF {
			t.Errorf("the body of a handler that panicked ends with %v", err)
		}
	})
}

// TestCancellation checks that handlers learn of a client that has gone, before and
// after the header. The bubble fails the test if one is left.
func TestCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			cancel()
		}()
		wait := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		if _, err := get(t, ctx, wait); !errors.Is(err, context.Canceled) {
			t.Errorf("RoundTrip returned %v; want %v", err, context.Canceled)
		}
		resp, err := get(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			wait(w, r)
		})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	})
}
