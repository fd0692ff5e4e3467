package browser_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsengine/corsengine/internal/differential/browser"
)

func TestClose(t *testing.T) {
	s := serve(t, http.HandlerFunc(echo))
	for name := range starters {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			b := start(t, name)
			page, err := b.Open(t.Context(), s.url("http", "a.test", "/"))
			if err != nil {
				t.Fatal(err)
			}
			if len(profiles(t)) == 0 {
				t.Error("the profile is not where temporary files are")
			}
			if len(children(t)) < 2 {
				t.Error("the browser has no processes")
			}
			called := make(chan error, 1)
			go func() { called <- page.Call(t.Context(), `() => new Promise(() => {})`, nil, nil) }()
			time.Sleep(100 * time.Millisecond) // let the call begin; it fails in any case
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if err := <-called; err == nil {
				t.Error("a call survived the browser")
			} else {
				t.Log(err)
			}
			if err := page.Call(t.Context(), `() => 1`, nil, nil); err == nil {
				t.Error("a page survived the browser")
			}
			if _, err := b.Open(t.Context(), s.url("http", "a.test", "/")); err == nil {
				t.Error("a closed browser opened a page")
			}
			if err := b.Close(); err != nil {
				t.Errorf("closing twice: %v", err)
			}
			checkGone(t)
		})
	}
}

func testCallCanceled(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	page := open(t, b, s.url("http", "a.test", "/"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := page.Call(ctx, `() => new Promise(() => {})`, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want one of the context", err)
	}
	if got := call[int](t, page, `() => 1`, nil); got != 1 {
		t.Errorf("got %d after a call that was given up", got)
	}
}

func testPageClosed(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	page, err := b.Open(t.Context(), s.url("http", "a.test", "/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := page.Call(t.Context(), `() => 1`, nil, nil); err == nil {
		t.Error("a closed page was called")
	} else {
		t.Log(err)
	}
}

func testConcurrentUse(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	shared := open(t, b, s.url("http", "a.test", "/"))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			page, err := b.Open(t.Context(), s.url("https", hosts[i%len(hosts)], "/"))
			if err != nil {
				t.Error(err)
				return
			}
			defer page.Close(t.Context())
			for j := range 5 {
				for _, p := range []browser.Page{page, shared} {
					var got int
					late := `n => new Promise(resolve => setTimeout(resolve, 5, n))`
					if err := p.Call(t.Context(), late, i*10+j, &got); err != nil || got != i*10+j {
						t.Errorf("got %d, %v", got, err)
					}
				}
			}
			cookie := browser.Cookie{Name: strconv.Itoa(i), Value: "1", Domain: "b.test", Path: "/"}
			if err := b.SetCookies(t.Context(), []browser.Cookie{cookie}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// testHiddenTabs checks that the timers of a tab are not slowed down when others
// are opened.
func testHiddenTabs(t *testing.T, b browser.Browser) {
	s := serve(t, http.HandlerFunc(echo))
	page := open(t, b, s.url("http", "a.test", "/"))
	open(t, b, s.url("http", "b.test", "/"))
	started := time.Now()
	call[any](t, page, `async () => {
		for (let i = 0; i < 20; i++) await new Promise(resolve => setTimeout(resolve, 10));
	}`, nil)
	if d := time.Since(started); d > 12*time.Second { // one second each if throttled, and 20 in all
		t.Errorf("twenty timers of 10 ms took %v", d)
	}
}

func TestStartFails(t *testing.T) {
	for name, start := range starters {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			if _, err := start(t.Context(), &browser.Options{Path: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, browser.ErrNotInstalled) {
				t.Errorf("got error %v, want ErrNotInstalled", err)
			}

			var log bytes.Buffer
			dies := script(t, "echo one; echo the reason >&2; exit 3")
			_, err := start(t.Context(), &browser.Options{Path: dies, Log: &log})
			if err == nil || !strings.Contains(err.Error(), "the reason") || !strings.Contains(err.Error(), "exit status 3") {
				t.Errorf("got error %v", err)
			}
			if got := log.String(); got != "one\nthe reason\n" {
				t.Errorf("the log is %q", got)
			}

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			hangs := script(t, "echo waiting for nothing; sleep 1000 & sleep 1000")
			_, err = start(ctx, &browser.Options{Path: hangs, Log: printed(cancel)})
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "waiting for nothing") {
				t.Errorf("got error %v", err)
			}
			deaf := script(t, "echo waiting for nothing; echo DevTools listening on ws://127.0.0.1:1/; sleep 1000") // where nothing listens
			if _, err := start(t.Context(), &browser.Options{Path: deaf}); err == nil || !strings.Contains(err.Error(), "waiting for nothing") {
				t.Errorf("got error %v", err)
			}
			checkGone(t)
		})
	}
}

// printed is called when a browser has printed something.
type printed func()

func (f printed) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

// script writes a shell script that stands in for a browser.
func script(t *testing.T, commands string) string {
	path := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+commands+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkGone checks that closed browsers have left nothing.
func checkGone(t *testing.T) {
	t.Helper()
	if left := profiles(t); len(left) > 0 {
		t.Errorf("profiles are left: %q", left)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes are left: %q", left)
	}
	// Those of a call that was given up may take a moment.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		stacks := goroutines()
		if !strings.Contains(stacks, "differential/browser.(*") && !strings.Contains(stacks, "chromedp") {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("goroutines are left:\n%s", stacks)
			break
		}
	}
}

// profiles returns what is among the temporary files.
func profiles(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func goroutines() string {
	stacks := make([]byte, 1<<20)
	return string(stacks[:runtime.Stack(stacks, true)])
}

// children returns the processes that have the test's folder of temporary files
// in their environment, and so are a browser's.
func children(t *testing.T) (names []string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		environ, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !bytes.Contains(environ, []byte("TMPDIR="+os.TempDir()+"/")) {
			continue // it is gone, or another user's, or has nothing to do with the test
		}
		command, _ := os.ReadFile(filepath.Join(dir, "comm"))
		names = append(names, filepath.Base(dir)+" "+strings.TrimSpace(string(command)))
	}
	return names
}
