package embed_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/embed"
)

// A trackedBase counts the requests that are under way and the bodies that are open.
// A body ends with its context, or when it is closed.
type trackedBase struct {
	requests atomic.Int32

	mu   sync.Mutex
	open []string // URLs
}

func (b *trackedBase) RoundTrip(req *http.Request) (*http.Response, error) {
	b.requests.Add(1)
	defer b.requests.Add(-1)
	if req.URL.Path == "/late" {
		<-req.Context().Done()
		time.Sleep(time.Second) // of the bubble's: a transport that takes its time
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = append(b.open, req.URL.Path)
	reader, writer := io.Pipe()
	context.AfterFunc(req.Context(), func() { writer.CloseWithError(req.Context().Err()) })
	return &http.Response{
		Status: "200 OK", StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header), Body: &trackedBody{reader, b, req.URL.Path}, Request: req,
	}, nil
}

type trackedBody struct {
	*io.PipeReader
	base *trackedBase
	path string
}

func (b *trackedBody) Close() error {
	b.base.mu.Lock()
	defer b.base.mu.Unlock()
	b.base.open = slices.DeleteFunc(b.base.open, func(path string) bool { return path == b.path })
	return b.PipeReader.Close()
}

// trackedPage runs a script with a trackedBase until nothing happens any more.
func trackedPage(t *testing.T, script string) (*embed.Page, *trackedBase) {
	t.Helper()
	u, err := fetch.ParseURL(nil, "https://app.example/")
	if err != nil {
		t.Fatal(err)
	}
	base := new(trackedBase)
	page := embed.New(embed.Options{
		Client:      &fetch.Client{Base: base},
		Environment: &fetch.Environment{Origin: fetch.OriginOf(u), URL: u},
	})
	go page.Run(context.Background(), "page.js", script)
	synctest.Wait()
	return page, base
}

// TestBodiesAreClosed checks that a page gives connections back when it has no use for
// them, and all of them when it is closed.
func TestBodiesAreClosed(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		open         []string // before the page is closed
	}{
		{"no script sees them", `
			fetch("https://other.example/opaque", { mode: "no-cors" });
			fetch("/head", { method: "HEAD" });
			fetch("https://other.example/refused").catch(() => {})`, nil},
		{"nobody reads", `fetch("/unread")`, []string{"/unread"}},
		{"somebody reads", `fetch("/read").then((r) => r.text())`, []string{"/read"}},
		{"cancelled", `fetch("/a").then((r) => r.body.cancel())`, nil},
		{"cancelled by the reader", `fetch("/a").then((r) => { const x = r.body.getReader(); x.read(); x.cancel() })`, nil},
		{"one branch cancelled", `fetch("/a").then((r) => { r.clone().body.cancel() })`, []string{"/a"}},
		{"both branches cancelled", `fetch("/a").then((r) => { r.clone().body.cancel(); r.body.cancel() })`, nil},
		{"aborted after the headers", `
			const c = new AbortController();
			fetch("/a", { signal: c.signal }).then((r) => { r.text().catch(() => {}); c.abort() })`, nil},
		{"aborted before the headers", `
			const c = new AbortController();
			fetch("/late", { signal: c.signal }).catch(() => {});
			setTimeout(() => c.abort());
			setTimeout(() => {}, 1e4)`, nil},
		{"XMLHttpRequest aborted", `
			const x = new XMLHttpRequest(); x.open("GET", "/a"); x.send();
			x.onreadystatechange = () => { if (x.readyState == 2) x.abort() }`, nil},
		{"a response after the page is closed", `fetch("/late")`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				page, base := trackedPage(t, tt.script)
				if tt.name == "aborted before the headers" {
					time.Sleep(5 * time.Second) // of the bubble's: the transport takes its time
				}
				synctest.Wait()
				base.mu.Lock()
				if !slices.Equal(base.open, tt.open) {
					t.Errorf("the page has %q open; want %q", base.open, tt.open)
				}
				base.mu.Unlock()
				page.Close()
				base.mu.Lock()
				defer base.mu.Unlock()
				if len(base.open) > 0 || base.requests.Load() > 0 {
					t.Errorf("the closed page has %s open, and %d requests under way",
						strings.Join(base.open, ", "), base.requests.Load())
				}
			})
		})
	}
}
