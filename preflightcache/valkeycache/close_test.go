package valkeycache

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// goroutines returns the stacks of the goroutines that run code of this module or
// of the client, but for tests.
func goroutines() (stacks []string) {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for _, s := range strings.Split(string(buf), "\n\n") {
		if strings.Contains(s, "valkey-go") ||
			strings.Contains(s, "valkeycache.(*Cache)") || strings.Contains(s, "valkeycache.(*session)") {
			stacks = append(stacks, s)
		}
	}
	return stacks
}

// TestClose checks that nothing is left of a Cache after Close, whatever state the
// server and the connection are in.
func TestClose(t *testing.T) {
	ctx := context.Background()
	tests := []struct {
		name    string
		prepare func(t *testing.T, w *world, c *Cache)
	}{
		{"never used", func(*testing.T, *world, *Cache) {}},
		{"used", func(t *testing.T, w *world, c *Cache) { mustStore(t, c, page, "PUT") }},
		{"server killed", func(t *testing.T, w *world, c *Cache) {
			mustStore(t, c, page, "PUT")
			w.kill()
		}},
		{"server down", func(t *testing.T, w *world, c *Cache) {
			w.kill()
			c.Covers(ctx, page, false, "PUT", nil)
		}},
		{"server paused", func(t *testing.T, w *world, c *Cache) {
			mustStore(t, c, page, "PUT")
			w.pause()
			t.Cleanup(w.resume)
			hasty(c, func() { c.Clear(ctx, page) })
		}},
		{"server paused before", func(t *testing.T, w *world, c *Cache) {
			w.pause()
			t.Cleanup(w.resume)
			hasty(c, func() {
				for range 2 * maxFailures {
					c.Covers(ctx, page, false, "PUT", nil)
				}
			})
		}},
		{"operations under way", func(t *testing.T, w *world, c *Cache) {
			mustStore(t, c, page, "PUT")
			w.pause()
			t.Cleanup(w.resume)
			var started, done sync.WaitGroup
			for i := range 20 {
				started.Add(1)
				done.Go(func() {
					started.Done()
					c.Covers(ctx, keyOf(i), false, "PUT", nil)
				})
			}
			started.Wait()
			t.Cleanup(done.Wait)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, startServer(t))
			w.side.c.Close()
			settled := func() bool { return len(goroutines()) == 0 }
			waitFor(t, "the test's own client to end", settled)
			c, err := New(&Options{Addrs: []string{w.addr}, Timeout: maxTimeout})
			if err != nil {
				t.Fatal(err)
			}
			tt.prepare(t, w, c)
			for range 2 {
				if err := c.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			// Those that wait for the network end after it is closed, and there
			// is no way to wait for their last instructions.
			waitFor(t, "the goroutines to end", settled)

			// Also what was known locally is not used any more.
			ok, err := c.Covers(ctx, page, false, "PUT", nil)
			if ok || !errors.Is(err, ErrClosed) {
				t.Errorf("Covers after Close = %t, %v; want ErrClosed", ok, err)
			}
			checkError(t, "store", c.Store(ctx, keyOf(1), false, grantOf("PUT", "", time.Hour)), ErrClosed)
			checkError(t, "clear", c.Clear(ctx, page), ErrClosed)
			if n := len(goroutines()); n != 0 {
				t.Errorf("%d goroutines after operations on a closed cache", n)
			}
		})
	}
}

// TestContext checks that an operation ends with its context, and that this does
// not count against the server.
func TestContext(t *testing.T) {
	w := newWorld(t, startServer(t))
	c := w.cache(t, func(o *Options) { o.Cooldown = time.Hour })
	mustStore(t, c, page, "PUT")
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for range 2 * maxFailures {
		_, err := c.Covers(canceled, keyOf(1), false, "PUT", nil)
		checkError(t, "covers", err, context.Canceled)
	}
	if ok, err := c.Covers(canceled, page, false, "PUT", nil); !ok || err != nil {
		t.Errorf("Covers from a copy = %t, %v; want true, which takes no time", ok, err)
	}
	w.pause()
	for range 2 * maxFailures {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		_, err := c.Covers(ctx, keyOf(1), false, "PUT", nil)
		cancel()
		checkError(t, "covers", err, context.DeadlineExceeded)
	}
	checkError(t, "clear", c.Clear(canceled, page), context.Canceled)
	w.resume()
	want(t, c, keyOf(1), "PUT", false)
	want(t, c, page, "PUT", false)
	mustStore(t, c, page, "PUT")
	want(t, c, page, "PUT", true)
}
