package valkeycache

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestShared checks that what one cache learns serves another, that it is then
// there as a copy, and that the copy goes when somebody changes the value.
func TestShared(t *testing.T) {
	w := newWorld(t, startServer(t))
	a, b := w.cache(t), w.cache(t)
	want(t, b, page, "PUT", false)
	mustStore(t, a, page, "PUT")
	if !isLocal(t, a, func() { want(t, a, page, "PUT", true) }) {
		t.Error("what was just stored is not there as a copy")
	}
	if isLocal(t, b, func() { want(t, b, page, "PUT", true) }) {
		t.Error("a copy has answered that there cannot be")
	}
	// What was read is not kept if the notice of the Store came at that moment.
	waitFor(t, "a copy of what was read", func() bool {
		return isLocal(t, b, func() { want(t, b, page, "PUT", true) })
	})
	if !isLocal(t, b, func() { want(t, b, page, "DELETE", false) }) {
		t.Error("the copy is of no use for other methods")
	}

	mustStore(t, a, page, "DELETE")
	waitFor(t, "the grant to be seen", func() bool {
		ok, _ := b.Covers(context.Background(), page, false, "DELETE", nil)
		return ok
	})
	want(t, b, page, "PUT", true)
	mustClear(t, b, page)
	want(t, b, page, "PUT", false)
	waitFor(t, "the clearing to be seen", func() bool {
		ok, _ := a.Covers(context.Background(), page, false, "PUT", nil)
		return !ok
	})
	want(t, a, page, "DELETE", false)

	other := w.cache(t, func(o *Options) { o.Namespace += "x" })
	mustStore(t, a, page, "PUT")
	want(t, other, page, "PUT", false)
}

// TestExpiryOfKeys checks that the server removes values when their last entry
// expires.
func TestExpiryOfKeys(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t)
	name := c.names.name(digestOf(page))
	if err := c.Store(ctx, page, false, grantOf("PUT", "", 10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := c.Store(ctx, page, false, grantOf("DELETE", "", 5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	var ms int
	fmt.Sscan(w.side.do("PTTL", name), &ms)
	if left := time.Duration(ms) * time.Millisecond; left > 10*time.Minute || left < 9*time.Minute {
		t.Errorf("the key lives for %v; want 10m", left)
	}
	if err := c.Store(ctx, page, false, grantOf("PUT", "", 0)); err != nil {
		t.Fatal(err)
	}
	fmt.Sscan(w.side.do("PTTL", name), &ms)
	if left := time.Duration(ms) * time.Millisecond; left > 5*time.Minute || left < 4*time.Minute {
		t.Errorf("the key lives for %v; want 5m", left)
	}
}

// TestMaxAge checks that a cache caps what it stores and what others have stored.
func TestMaxAge(t *testing.T) {
	w := newWorld(t, startServer(t))
	long := w.cache(t)
	short := w.cache(t, func(o *Options) { o.MaxAge = time.Minute })
	none := w.cache(t, func(o *Options) { o.MaxAge = -1 })
	if err := long.Store(context.Background(), page, false, grantOf("PUT", "", 1<<62)); err != nil {
		t.Fatal(err)
	}
	mustStore(t, short, keyOf(1), "PUT")
	want(t, none, page, "PUT", false)
	want(t, short, page, "PUT", true)
	w.advance(time.Minute)
	want(t, short, page, "PUT", false)
	want(t, short, keyOf(1), "PUT", false)
	want(t, long, keyOf(1), "PUT", false)
	want(t, long, page, "PUT", true)
	w.advance(2*time.Hour - time.Minute)
	want(t, long, page, "PUT", false)
	mustStore(t, none, page, "PUT")
	want(t, long, page, "PUT", false)
}

// TestExpiredMakeRoom checks that names that have expired do not take the place of
// others, even if they were stored later.
func TestExpiredMakeRoom(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t, func(o *Options) { o.MaxNames = 2 })
	mustStore(t, c, page, "PUT")
	if err := c.Store(ctx, page, false, grantOf("DELETE", "", 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	w.advance(5 * time.Second)
	mustStore(t, c, page, "PATCH")
	want(t, c, page, "PUT", true)
	want(t, c, page, "PATCH", true)
	mustStore(t, c, page, "POST")
	want(t, c, page, "PUT", false)
}

// TestClockSetBack checks that grants do not live longer because the server's clock
// is set back, so far as that can be known.
func TestClockSetBack(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	fresh := func() *Cache { return w.cache(t, func(o *Options) { o.LocalTTL = -1 }) }
	c := fresh()
	if err := c.Store(ctx, page, false, grantOf("PUT", "", 10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.advance(5 * time.Minute)
	want(t, c, page, "PUT", true)
	w.setBack(4 * time.Minute)
	want(t, c, page, "PUT", true) // there is half of it left
	w.advance(5*time.Minute + time.Second)
	want(t, c, page, "PUT", false)
	// Documented: one that has not been there cannot know.
	want(t, fresh(), page, "PUT", true)
	// What is stored now expires early by as much.
	if err := c.Store(ctx, page, false, grantOf("DELETE", "", 10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	want(t, c, page, "DELETE", true)
	w.advance(6*time.Minute + time.Second) // clocks may differ by a thousandth
	want(t, c, page, "DELETE", false)
	want(t, fresh(), page, "DELETE", true)
	w.setBack(7 * time.Minute)
	want(t, fresh(), page, "DELETE", false) // it is from the future
	// A Store that comes upon a grant from the future ends it.
	w.setBack(time.Hour)
	if err := c.Store(ctx, page, false, grantOf("PATCH", "", 2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.setBack(-time.Hour - 7*time.Minute)
	want(t, fresh(), page, "DELETE", false)
	want(t, fresh(), page, "PATCH", true)
}

// TestLostNotice checks that a copy is used no longer than LocalTTL if the server's
// notices do not arrive, and not at all once it is known that they may not have.
func TestLostNotice(t *testing.T) {
	w := newWorld(t, startServer(t))
	p := newProxy(t, w.addr)
	a := w.cache(t)
	b := w.cache(t, eager, func(o *Options) { o.Addrs = []string{p.addr}; o.LocalTTL = time.Minute })
	mustStore(t, a, page, "PUT")
	recovers(t, b)
	want(t, b, page, "PUT", true)

	p.set(false, true)
	mustClear(t, a, page)
	if !isLocal(t, b, func() { want(t, b, page, "PUT", true) }) {
		t.Error("the copy is not used although nothing says that it is stale")
	}
	w.advance(time.Minute)
	hasty(b, func() {
		if ok, _ := b.Covers(context.Background(), page, false, "PUT", nil); ok {
			t.Error("the copy is used after LocalTTL")
		}
	})
	p.set(false, false)
	recovers(t, b)
	want(t, b, page, "PUT", false)

	mustStore(t, a, page, "PUT")
	want(t, b, page, "PUT", true)
	connections := b.Stats().Connections
	p.cut()
	notices(t, b)
	mustClear(t, a, page)
	if ok, _ := b.Covers(context.Background(), page, false, "PUT", nil); ok {
		t.Error("the copy is used although the connection was lost")
	}
	recovers(t, b)
	want(t, b, page, "PUT", false)
	if got := b.Stats().Connections; got <= connections {
		t.Errorf("Connections = %d after one was lost; before, %d", got, connections)
	}
}

// TestHalfOpen checks that a connection over which nothing comes is given up even
// if there is nothing to ask.
func TestHalfOpen(t *testing.T) {
	t.Parallel() // it mostly waits
	w := newWorld(t, startServer(t))
	p := newProxy(t, w.addr)
	c := w.cache(t, func(o *Options) { o.Addrs = []string{p.addr}; o.LocalTTL = time.Hour })
	mustStore(t, c, page, "PUT")
	p.set(true, true)
	waitFor(t, "the copy to go", func() bool {
		return !isLocal(t, c, func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			c.Covers(ctx, page, false, "PUT", nil)
		})
	})
}

// TestFailedWrites checks that writes that have failed are not forgotten: what
// they were to end is not granted, and the server is told as soon as it can be.
func TestFailedWrites(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	a, b := w.cache(t, eager), w.cache(t)
	const n = 100
	for i := range n {
		mustStore(t, b, keyOf(i), "PUT")
	}
	p := newProxy(t, w.addr)
	a.opts.Addrs = []string{p.addr} // not used yet
	recovers(t, a)
	p.set(true, true)
	hasty(a, func() {
		for i := range n {
			var err error
			if i%2 == 0 {
				err = a.Clear(ctx, keyOf(i))
			} else {
				err = a.Store(ctx, keyOf(i), false, grantOf("PUT", "", 0))
			}
			if err == nil {
				t.Fatal("a write has succeeded over a connection that is dead")
			}
		}
	})
	// What was sent over the dead connection must not arrive: then the
	// test would not test anything.
	p.cut()
	p.set(false, false)
	recovers(t, a)
	for i := range n {
		want(t, a, keyOf(i), "PUT", false)
	}
	// The others are told without anybody asking for the keys.
	waitFor(t, "the clearings to get through", func() bool {
		for i := range n {
			if ok, err := b.Covers(ctx, keyOf(i), false, "PUT", nil); ok || err != nil {
				want(t, a, keyOf(n), "PUT", false)
				return false
			}
		}
		return true
	})
	for i := range n {
		mustStore(t, a, keyOf(i), "DELETE")
		want(t, b, keyOf(i), "DELETE", true)
	}
	if got := a.local.pending.total; got != 0 {
		t.Errorf("%d keys are still to be cleared", got)
	}
}

// TestManyFailedWrites checks that even more clearings that fail than are
// remembered lead to no wrong grant.
func TestManyFailedWrites(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager, func(o *Options) { o.Cooldown = time.Minute })
	b := w.cache(t)
	beyond := keyOf(maxPending + 5)
	mustStore(t, b, keyOf(0), "PUT")
	mustStore(t, b, beyond, "PUT")
	mustStore(t, b, keyOf(-1), "PUT")
	w.pause()
	hasty(c, func() {
		for i := range maxPending + 10 {
			if err := c.Clear(ctx, keyOf(i)); err == nil {
				t.Fatal("Clear: no error from a server that is paused")
			}
		}
	})
	if got := len(c.local.pending.queue); got != maxPending {
		t.Errorf("%d keys are remembered; want %d", got, maxPending)
	}
	w.resume()
	w.advance(time.Minute)
	recovers(t, c)
	want(t, c, keyOf(0), "PUT", false)
	want(t, c, beyond, "PUT", false)
	want(t, c, keyOf(-1), "PUT", false) // it may cost others, too
	want(t, b, beyond, "PUT", true)     // documented: others are not told
	w.advance(time.Minute)
	mustStore(t, b, beyond, "PUT")
	want(t, c, beyond, "PUT", true)
	for range 2 * maxPending / maxRiders {
		recovers(t, c)
	}
	if got := c.local.pending.total; got != 0 {
		t.Errorf("%d keys are still to be cleared", got)
	}
}

// TestRace has several caches change and ask about the same keys at the same time.
// After each change, the cache that made it must not answer as if it had not.
func TestRace(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	const nodes, keys, rounds = 3, 4, 150
	var wg sync.WaitGroup
	for range nodes {
		c := w.cache(t, func(o *Options) { o.LocalBytes = 64 << 10 })
		for k := range keys {
			// Two goroutines per key and cache that do not change the same
			// method: a Clear by the other ends a grant, but makes none.
			own := fmt.Sprintf("M%d-%p", k, c)
			wg.Go(func() {
				for range rounds {
					if err := c.Store(ctx, keyOf(k), false, grantOf(own, "", time.Hour)); err != nil {
						t.Errorf("Store: %v", err)
					}
					c.Covers(ctx, keyOf(k), false, own, nil)
					if err := c.Store(ctx, keyOf(k), false, grantOf(own, "", 0)); err != nil {
						t.Errorf("Store: %v", err)
					}
					for range 3 {
						if ok, err := c.Covers(ctx, keyOf(k), false, own, nil); ok || err != nil {
							t.Errorf("Covers = %t, %v after the grant was ended", ok, err)
						}
					}
				}
			})
			wg.Go(func() {
				for i := range rounds {
					c.Covers(ctx, keyOf(k), false, own, nil)
					if i%10 == 0 {
						if err := c.Clear(ctx, keyOf(k)); err != nil {
							t.Errorf("Clear: %v", err)
						}
					}
				}
			})
		}
	}
	wg.Wait()
}
