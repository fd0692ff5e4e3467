package fetch_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// One Client, one Transport, and Params shared by many goroutines that fetch
// everything there is to fetch. The race detector is one judge; the other is
// that every answer is the one that a single goroutine would get.
func TestRaceOneClient(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"http://api.example/shared":   share("Access-Control-Max-Age: 60", "Access-Control-Expose-Headers: x-a", "X-A: a", "X-B: b", "Set-Cookie: c=1"),
		"http://api.example/unshared": answer{},
		"http://api.example/moved":    redirectTo(307, "http://b.example/shared"),
		"http://b.example/shared":     share(),
		"http://app.example/":         answer{body: "home"},
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.client.Jar = jar
	w.client.UserAgent = "client/1"
	var checked, done atomic.Int64
	w.client.CheckRequest = func(*http.Request, *fetch.Params) error { checked.Add(1); return nil }
	env := page("http://app.example")
	cors := &fetch.Params{Environment: env}
	opaque := &fetch.Params{Environment: env, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}
	navigate := &fetch.Params{Mode: fetch.ModeNavigate}
	client := &http.Client{Transport: w.client.Transport(cors)}
	ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Done: func(*fetch.NetworkError) { done.Add(1) }})

	steps := []func(t *testing.T) error{
		func(t *testing.T) error {
			resp, err := w.client.Fetch(newRequest(t, "PUT", "http://api.example/shared", "b", "X-A: a").WithContext(ctx), cors)
			return wantResponse(resp, err, fetch.TypeCORS, "")
		},
		func(t *testing.T) error {
			_, err := w.client.Fetch(newRequest(t, "GET", "http://api.example/unshared", nil).WithContext(ctx), cors)
			if e, ok := err.(*fetch.NetworkError); !ok || e.Reason != fetch.ReasonMissingAllowOrigin || e.Error() == "" {
				return fmt.Errorf("error %v; want missing-allow-origin", err)
			}
			return nil
		},
		func(t *testing.T) error {
			resp, err := w.client.Fetch(newRequest(t, "GET", "http://api.example/unshared", nil).WithContext(ctx), opaque)
			return wantResponse(resp, err, fetch.TypeOpaque, "")
		},
		func(t *testing.T) error {
			resp, err := w.client.Fetch(newRequest(t, "GET", "http://app.example/", nil).WithContext(ctx), cors)
			return wantResponse(resp, err, fetch.TypeBasic, "home")
		},
		func(t *testing.T) error {
			resp, err := client.Do(newRequest(t, "POST", "http://api.example/moved", strings.Repeat("b", 10_000)).WithContext(ctx))
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			r, ok := fetch.FromHTTP(resp)
			if !ok || !r.Redirected || resp.Request.URL.Host != "b.example" {
				return fmt.Errorf("response of %s, redirected %t", resp.Request.URL, ok && r.Redirected)
			}
			return nil
		},
		func(t *testing.T) error {
			req := newRequest(t, "GET", "http://api.example/moved", nil)
			resp, err := client.Do(req.WithContext(fetch.NewContext(ctx, navigate)))
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != 200 {
				return fmt.Errorf("navigation ends with status %d", resp.StatusCode)
			}
			return nil
		},
	}
	const goroutines, rounds = 8, 5
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for j := range rounds * len(steps) {
				if err := steps[(i+j)%len(steps)](t); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := int64(goroutines * rounds * len(steps)); done.Load() < n {
		t.Errorf("%d fetches were done; want at least %d", done.Load(), n)
	}
	if n := int64(len(w.received())); checked.Load() != n {
		t.Errorf("%d requests were checked; the servers got %d", checked.Load(), n)
	}
}

// wantResponse checks a response of a fetch, and closes it.
func wantResponse(resp *fetch.Response, err error, typ fetch.ResponseType, body string) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.Type != typ || string(b) != body {
		return fmt.Errorf("response of type %s with body %q; want %s and %q", resp.Type, b, typ, body)
	}
	if resp.Header["X-B"] != nil {
		return fmt.Errorf("the header shows X-B: %v", resp.Header)
	}
	return nil
}

// The private preflight cache of a Client is made once, by whoever needs it
// first.
func TestRaceFirstUse(t *testing.T) {
	for range 20 {
		client := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			h := make(http.Header)
			addLines(h, share("Access-Control-Max-Age: 60").lines)
			return &http.Response{StatusCode: 200, Header: h}, nil
		})}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := client.Fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: app}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var cached bool
		ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Preflight: func(i fetch.PreflightInfo) { cached = i.Cached }})
		if _, err := client.Fetch(newRequest(t, "PUT", "https://api.example/", nil).WithContext(ctx), &fetch.Params{Environment: app}); err != nil || !cached {
			t.Fatalf("cached %t, error %v", cached, err)
		}
	}
}

// The partition of an opaque origin gets its name once.
func TestRaceOpaquePartition(t *testing.T) {
	client := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
		h := make(http.Header)
		addLines(h, share().lines)
		return &http.Response{StatusCode: 200, Header: h}, nil
	})}
	env := &fetch.Environment{Origin: fetch.OpaqueOrigin()}
	var mu sync.Mutex
	partitions := make(map[string]bool)
	ctx := fetch.WithTrace(t.Context(), &fetch.Trace{Preflight: func(i fetch.PreflightInfo) {
		mu.Lock()
		defer mu.Unlock()
		partitions[i.Key.Partition] = true
	}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := client.Fetch(newRequest(t, "PUT", "https://api.example/", nil).WithContext(ctx), &fetch.Params{Environment: env}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(partitions) != 1 || partitions[""] {
		t.Errorf("partitions %v; want one", partitions)
	}
}
