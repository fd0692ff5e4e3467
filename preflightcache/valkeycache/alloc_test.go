package valkeycache

import (
	"context"
	"net"
	"testing"
	"time"
)

// TestAllocs pins what does not allocate: answers from copies, and those that are
// given because the server has failed.
func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t, func(o *Options) { o.LocalTTL = time.Hour })
	k := keyOf(1)
	if err := c.Store(ctx, k, true, benchGrant); err != nil {
		t.Fatal(err)
	}
	ask := func(method string, wanted bool) func() {
		return func() {
			if ok, _ := c.Covers(ctx, k, true, method, benchHeaders); ok != wanted {
				t.Errorf("Covers(%q) = %t", method, ok)
			}
		}
	}
	check := func(what string, f func()) {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations; want none", what, n)
		}
	}
	check("local hit", ask("PUT", true))
	check("local miss", ask("PATCH", false))
	// Allocations are counted for the whole process, so that no connection must be
	// lost meanwhile, which takes some.
	nobody := net.JoinHostPort("127.0.0.1", reservePort(t))
	dead := w.cache(t, func(o *Options) { o.Addrs = []string{nobody}; o.Cooldown = time.Hour })
	for range maxFailures {
		dead.Covers(ctx, k, true, "PUT", nil)
	}
	check("rejected", func() {
		if ok, err := dead.Covers(ctx, k, true, "PUT", benchHeaders); ok || err == nil {
			t.Errorf("Covers = %t, %v", ok, err)
		}
	})
}
