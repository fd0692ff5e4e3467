package valkeycache

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valkey-io/valkey-go"
)

// eager has a cache try soon again whether the server is back.
func eager(o *Options) { o.Cooldown = 20 * time.Millisecond }

// hasty calls f while c gives up soon. It is for what cannot succeed, so that it does
// not take long; all else may take as long as it does on a machine that is busy.
func hasty(c *Cache, f func()) {
	defer func(d time.Duration) { c.opts.Timeout = d }(c.opts.Timeout)
	c.opts.Timeout = 100 * time.Millisecond
	f()
}

// recovers waits until c reaches the server again.
func recovers(t testing.TB, c *Cache) {
	t.Helper()
	waitFor(t, "the cache to reach the server", func() bool {
		_, err := c.Covers(context.Background(), keyOf(1<<30), false, "PUT", nil)
		return err == nil
	})
}

// notices waits until c knows that its connection is lost.
func notices(t testing.TB, c *Cache) {
	t.Helper()
	waitFor(t, "the cache to notice", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.current == nil
	})
}

// TestServerDown checks that a cache can be made and used while there is no
// server, that it answers at once then, and that it finds the server later.
func TestServerDown(t *testing.T) {
	w := newWorld(t, startServer(t))
	w.kill()
	c := w.cache(t, func(o *Options) { o.Cooldown = time.Hour })
	ctx := context.Background()
	for range maxFailures {
		wantError(t, c, page, "PUT", nil)
	}
	wantError(t, c, page, "PUT", ErrUnavailable)
	checkError(t, "store", c.Store(ctx, page, false, grantOf("PUT", "", time.Hour)), ErrUnavailable)
	checkError(t, "clear", c.Clear(ctx, page), ErrUnavailable)
	if s := c.Stats(); s.Rejected != 3 || s.Latency.Count != maxFailures || s.Errors != 3+maxFailures {
		t.Errorf("Stats = %+v; want 3 rejected and %d operations", s, maxFailures)
	}

	w.start()
	wantError(t, c, page, "PUT", ErrUnavailable)
	w.shift.Store(int64(time.Hour)) // the cooldown
	want(t, c, keyOf(0), "PUT", false)
	want(t, c, page, "PUT", false)
	mustStore(t, c, page, "PUT")
	want(t, c, page, "PUT", true)
}

// TestOneConnection checks that a session with a single server does not go on with
// another connection, and that one that is lost early does not become current.
func TestOneConnection(t *testing.T) {
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager)
	want(t, c, page, "PUT", false)
	if conn, err := c.current.dial(context.Background(), w.addr, new(net.Dialer), nil); !errors.Is(err, errLost) {
		t.Errorf("dial = %v, %v; want %v", conn, err, errLost)
	}
	s, err := c.connect()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	conns := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	for _, conn := range conns {
		(&sessionConn{conn, s}).Close()
	}
	if !s.isEnded() || c.current == nil || c.current == s {
		t.Errorf("ended: %t, current: %p; want it ended, and the other one current", s.isEnded(), c.current)
	}
	s.close()
	want(t, c, keyOf(1), "PUT", false)
}

// TestKilled checks that a server that is killed takes all grants with it, also
// the local copies, whose invalidation nobody would notice.
func TestKilled(t *testing.T) {
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager)
	mustStore(t, c, page, "PUT")
	want(t, c, page, "PUT", true)
	w.kill()
	waitFor(t, "the copy to go", func() bool {
		ok, err := c.Covers(context.Background(), page, false, "PUT", nil)
		return !ok && err != nil
	})
	w.start()
	recovers(t, c)
	want(t, c, page, "PUT", false)
	mustStore(t, c, page, "PUT")
	want(t, c, page, "PUT", true)
}

// TestRestored checks that what a server has on disk from before it was restarted
// is not granted: clearings since then would be undone.
func TestRestored(t *testing.T) {
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager)
	other := keyOf(1)
	mustStore(t, c, page, "PUT")
	mustStore(t, c, other, "PUT")
	name := c.names.name(digestOf(page))
	w.side.do("SAVE")
	mustClear(t, c, page)
	w.kill()
	w.start()
	if got := w.admin(t).do("EXISTS", name); got != "1" {
		t.Fatalf("EXISTS after the restart = %s; the test needs the key to be back", got)
	}
	recovers(t, c)
	want(t, c, page, "PUT", false)
	want(t, c, other, "PUT", false)
	newcomer := w.cache(t, eager)
	want(t, newcomer, page, "PUT", false)
	mustStore(t, newcomer, page, "DELETE")
	want(t, c, page, "DELETE", true)
	want(t, c, page, "PUT", false)
}

// TestPaused checks that a server that does not answer costs little, and that
// neither what it is late with nor what could not be sent leads to a wrong grant.
func TestPaused(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager)
	recovers(t, c)
	kept, stored, cleared := keyOf(1), keyOf(2), keyOf(3)
	mustStore(t, c, kept, "PUT")
	mustStore(t, c, cleared, "PUT")
	w.pause()
	hasty(c, func() {
		if err := c.Store(ctx, stored, false, grantOf("PUT", "", time.Hour)); err == nil {
			t.Fatal("Store: no error from a server that is paused")
		}
		if err := c.Clear(ctx, cleared); err == nil {
			t.Fatal("Clear: no error from a server that is paused")
		}
		want(t, c, kept, "PUT", true) // a copy that nobody has invalidated
		// The Clear was sent and will be carried out, but nobody knows.
		if ok, _ := c.Covers(ctx, cleared, false, "PUT", nil); ok {
			t.Error("the key that was cleared in vain is granted")
		}
		waitFor(t, "the breaker to open", func() bool {
			_, err := c.Covers(ctx, keyOf(4), false, "PUT", nil)
			return errors.Is(err, ErrUnavailable)
		})
	})
	if ok, _ := c.Covers(ctx, kept, false, "PUT", nil); ok {
		t.Error("a copy is used although the connection was given up")
	}
	w.resume()
	recovers(t, c)
	want(t, c, cleared, "PUT", false)
	want(t, c, kept, "PUT", true)
	// The Store is not to be carried out late. If it was in time, it is not
	// granted all the same, since it has failed.
	want(t, c, stored, "PUT", false)
	waitFor(t, "the key to be usable again", func() bool {
		return c.Store(ctx, stored, false, grantOf("DELETE", "", time.Hour)) == nil
	})
	want(t, c, stored, "DELETE", true)
	want(t, c, stored, "PUT", false)
}

// TestLateStore checks that the server does not carry out a Store after its
// deadline, when nobody reckons with it any more.
func TestLateStore(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager)
	recovers(t, c)
	w.pause()
	var wait time.Duration
	hasty(c, func() {
		checkError(t, "store", c.Store(ctx, page, false, grantOf("PUT", "", time.Hour)), context.DeadlineExceeded)
		wait = late(c.opts.Timeout)
	})
	time.Sleep(wait) // a real server has real time
	w.resume()
	if got := w.side.do("EXISTS", c.names.name(digestOf(page))); got != "0" {
		t.Error("a Store was carried out long after it had failed")
	}
}

// TestNoScript checks that a server that forgets the scripts gets them again.
// What it had is lost, since it might as well be another server.
func TestNoScript(t *testing.T) {
	w := newWorld(t, startServer(t))
	a, b := w.cache(t), w.cache(t)
	mustStore(t, a, page, "PUT")
	want(t, b, page, "PUT", true)
	w.side.do("SCRIPT", "FLUSH")
	mustStore(t, a, keyOf(1), "PUT")
	want(t, b, keyOf(1), "PUT", true)
	mustStore(t, b, page, "DELETE")
	want(t, a, page, "DELETE", true)
	want(t, a, page, "PUT", false)
	if got := a.Stats().Errors + b.Stats().Errors; got != 0 {
		t.Errorf("%d errors; want none", got)
	}
	if ga, gb := a.current.gen, b.current.gen; ga != gb {
		t.Errorf("the generations differ: %v, %v", ga, gb)
	}
}

// TestGenerationKey checks what becomes of the key that has the generation, which
// might be evicted, deleted or overwritten.
func TestGenerationKey(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   [][]string
	}{
		{"deleted", [][]string{{"DEL", "KEY"}}},
		{"garbage", [][]string{{"SET", "KEY", "garbage"}}},
		{"long", [][]string{{"SET", "KEY", strings.Repeat("a", 1000)}}},
		{"empty", [][]string{{"SET", "KEY", ""}}},
		{"list", [][]string{{"DEL", "KEY"}, {"RPUSH", "KEY", "a"}}},
		{"scripts that do not exist", [][]string{{"SET", "KEY", strings.Repeat("0", generationLen)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, startServer(t))
			a := w.cache(t)
			mustStore(t, a, page, "PUT")
			for _, cmd := range tt.do {
				for i := range cmd {
					cmd[i] = strings.Replace(cmd[i], "KEY", a.genName, 1)
				}
				w.side.do(cmd...)
			}
			b := w.cache(t)
			// Whoever comes first, both agree in the end.
			waitFor(t, "a grant to be shared", func() bool {
				mustStore(t, a, page, "PUT")
				ok, err := b.Covers(context.Background(), page, false, "PUT", nil)
				if err != nil {
					t.Fatal(err)
				}
				return ok
			})
			if got := w.side.do("GET", a.genName); got != b.current.gen.String() {
				t.Errorf("the key has %q; want %q", got, b.current.gen)
			}
		})
	}
}

// TestFlushed checks that a server that is emptied grants nothing, and that this
// does not end the generation.
func TestFlushed(t *testing.T) {
	w := newWorld(t, startServer(t))
	a, b := w.cache(t), w.cache(t)
	mustStore(t, a, page, "PUT")
	want(t, b, page, "PUT", true)
	gen := a.current.gen
	w.side.do("FLUSHALL")
	for _, c := range []*Cache{a, b} {
		waitFor(t, "the grant to go", func() bool {
			ok, err := c.Covers(context.Background(), page, false, "PUT", nil)
			return !ok && err == nil
		})
	}
	mustStore(t, b, page, "DELETE")
	want(t, a, page, "DELETE", true)
	if a.current.gen != gen || b.current.gen != gen {
		t.Error("another generation has begun")
	}
}

// TestGarbage checks that nothing that the server may have under a key makes a
// grant, unless it is the value that was stored there.
func TestGarbage(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t, func(o *Options) { o.LocalTTL = -1 })
	other := keyOf(1)
	mustStore(t, c, other, "PUT")
	copied := w.side.do("GET", c.names.name(digestOf(other)))
	mustStore(t, c, page, "PUT")
	name := c.names.name(digestOf(page))
	value := w.side.do("GET", name)
	want(t, c, page, "PUT", true)

	type change struct {
		name  string
		value string
		err   error // a plain miss if nil
	}
	changes := []change{
		{"empty", "", nil},
		{"garbage", "garbage", nil},
		{"other generation", strings.Repeat("0", tagLen) + value[tagLen:], nil},
		{"tag alone", value[:tagLen], ErrValue},
		{"of another key", copied, ErrValue},
		{"with more behind", value + "x", ErrValue},
		{"twice", value + value, ErrValue},
		{"too long", value + strings.Repeat("x", maxValueLen), ErrValue},
		{"very long", value + strings.Repeat("x", 8<<20), ErrValue},
	}
	for i := tagLen; i < len(value); i++ {
		changes = append(changes,
			change{fmt.Sprintf("truncated to %d", i), value[:i], ErrValue},
			change{fmt.Sprintf("byte %d changed", i), value[:i] + string(value[i]^1) + value[i+1:], ErrValue})
	}
	for _, tt := range changes {
		w.side.do("SET", name, tt.value)
		if tt.err == nil {
			want(t, c, page, "PUT", false)
			continue
		}
		ok, err := c.Covers(ctx, page, false, "PUT", nil)
		if ok || !errors.Is(err, tt.err) {
			t.Errorf("%s: Covers = %t, %v; want false, %v", tt.name, ok, err, tt.err)
		}
		checkError(t, "covers", err, tt.err)
	}
	w.side.do("SET", name, value)
	want(t, c, page, "PUT", true)

	for _, tt := range []struct {
		name string
		do   []string
	}{
		{"list", []string{"RPUSH", name, value}},
		{"hash", []string{"HSET", name, "a", value}},
		{"garbage", []string{"SET", name, "garbage"}},
		{"damaged", []string{"SET", name, value[:len(value)-1]}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.side.do("DEL", name)
			w.side.do(tt.do...)
			if ok, _ := c.Covers(ctx, page, false, "PUT", nil); ok {
				t.Error("it is granted")
			}
			mustStore(t, c, page, "DELETE")
			want(t, c, page, "DELETE", true)
			want(t, c, page, "PUT", false)
			w.side.do("DEL", name)
			w.side.do(tt.do...)
			mustClear(t, c, page)
			want(t, c, page, "DELETE", false)
			w.side.do(tt.do...)
			if err := c.Store(ctx, page, false, grantOf("PUT", "", 0)); err != nil {
				t.Errorf("Store with age 0: %v", err)
			}
			if got := w.side.do("EXISTS", name); got != "0" {
				t.Error("the value is still there after a Store that has nothing to keep")
			}
		})
	}
}

// TestOutOfMemory checks what a server does that has no memory left: it stores
// nothing and goes on answering. A grant that was to be shortened is not granted.
func TestOutOfMemory(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager)
	mustStore(t, c, page, "PUT DELETE")
	mustStore(t, c, keyOf(1), "PUT")
	w.side.do("CONFIG", "SET", "maxmemory", "1")
	checkError(t, "store", c.Store(ctx, page, false, grantOf("PUT", "", 0)), nil)
	if ok, _ := c.Covers(ctx, page, false, "PUT", nil); ok {
		t.Error("a grant that was ended in vain is still there")
	}
	want(t, c, keyOf(1), "PUT", true)
	mustClear(t, c, keyOf(1))
	want(t, c, keyOf(1), "PUT", false)
	w.side.do("CONFIG", "SET", "maxmemory", "0")
	waitFor(t, "the key to be usable again", func() bool {
		return c.Store(ctx, page, false, grantOf("PATCH", "", time.Hour)) == nil
	})
	want(t, c, page, "PATCH", true)
	want(t, c, page, "DELETE", false)
	if got := c.Stats().Rejected; got != 0 {
		t.Errorf("%d operations were rejected; the server has answered all the time", got)
	}
}

// TestReadOnly checks that a server that has become a replica grants nothing.
func TestReadOnly(t *testing.T) {
	w := newWorld(t, startServer(t))
	c := w.cache(t, eager, func(o *Options) { o.LocalTTL = -1 })
	mustStore(t, c, page, "PUT")
	want(t, c, page, "PUT", true)
	w.side.do("REPLICAOF", "127.0.0.1", "1")
	wantError(t, c, page, "PUT", nil)
	w.side.do("REPLICAOF", "NO", "ONE")
	recovers(t, c)
}

// TestPassword checks that a wrong password is an error that says so, and that a
// right one works.
func TestPassword(t *testing.T) {
	s := startServer(t, "--requirepass", "secret")
	for _, tt := range []struct {
		name, username, password, want string
	}{
		{"right", "", "secret", ""},
		{"right with username", "default", "secret", ""},
		{"wrong", "", "wrong", "WRONGPASS"},
		{"none", "", "", "NOAUTH"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(&Options{Addrs: []string{s.addr}, Username: tt.username, Password: tt.password, Timeout: maxTimeout})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, err = c.Covers(context.Background(), page, false, "PUT", nil)
			if (err == nil) != (tt.want == "") {
				t.Errorf("Covers: %v; want %s", err, tt.want)
			}
			for range 2 * maxFailures {
				c.Covers(context.Background(), page, false, "PUT", nil)
			}
			if rejected := c.Stats().Rejected > 0; rejected != (tt.want != "") {
				t.Errorf("rejected afterwards: %t; a server that lets nobody in is to be left alone", rejected)
			}
			if e := new(valkey.ValkeyError); err != nil && (!errors.As(err, &e) || !strings.HasPrefix(e.Error(), tt.want)) {
				t.Errorf("Covers: %v; want %s", err, tt.want)
			}
		})
	}
}
