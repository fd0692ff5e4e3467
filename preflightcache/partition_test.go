package preflightcache

import (
	"fmt"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
)

// TestBetweenSweeps does what others may do while ClearPartition is at work.
func TestBetweenSweeps(t *testing.T) {
	ctx := t.Context()
	put := corscheck.Grant{Methods: []string{"PUT"}, MaxAge: time.Hour}
	key := func(i int) Key { return Key{"p", "o", fmt.Sprint(i)} }
	covers := func(m *Memory, k Key, method string) bool {
		ok, _ := m.Covers(ctx, k, true, method, nil)
		return ok
	}
	const keys = 200 // more than one sweep removes
	setup := func(o Options) (*Memory, *index, *partition) {
		m := New(&o)
		for i := range keys {
			m.Store(ctx, key(i), true, put)
		}
		x, p := m.doom("p")
		if !m.sweep(x, p) {
			t.Fatal("one sweep removes everything")
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		return m, x, p
	}
	finish := func(m *Memory, x *index, p *partition, want uint64) {
		t.Helper()
		for m.sweep(x, p) {
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		if n := m.Stats().Keys; n != want {
			t.Errorf("%d keys are left; want %d", n, want)
		}
	}

	t.Run("asked", func(t *testing.T) {
		m, x, p := setup(Options{})
		for i := range keys {
			if covers(m, key(i), "PUT") {
				t.Fatalf("key %d is there", i)
			}
		}
		finish(m, x, p, 0)
	})
	t.Run("stored again", func(t *testing.T) {
		m, x, p := setup(Options{})
		del := corscheck.Grant{Methods: []string{"DELETE"}, MaxAge: time.Hour}
		m.Store(ctx, key(0), true, del)
		m.Store(ctx, key(keys-1), true, del)
		finish(m, x, p, 2)
		for _, i := range []int{0, keys - 1} {
			if covers(m, key(i), "PUT") || !covers(m, key(i), "DELETE") {
				t.Errorf("key %d is not just what was stored since", i)
			}
		}
	})
	t.Run("cleared", func(t *testing.T) {
		m, x, p := setup(Options{})
		m.Clear(ctx, key(0))
		m.Clear(ctx, key(keys-1))
		finish(m, x, p, 0)
	})
	t.Run("cleared twice", func(t *testing.T) {
		m, x, p := setup(Options{})
		m.Store(ctx, key(0), true, put)
		m.ClearPartition("p")
		if covers(m, key(0), "PUT") {
			t.Error("a key is there after ClearPartition")
		}
		finish(m, x, p, 0)
	})
	t.Run("room needed", func(t *testing.T) {
		m, x, p := setup(Options{MaxKeys: keys})
		other := func(i int) Key { return Key{"q", "o", fmt.Sprint(i)} }
		for i := range keys {
			m.Store(ctx, other(i), true, put)
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
		// What was removed from p has made room for all of q.
		for i := range keys {
			if !covers(m, other(i), "PUT") {
				t.Fatalf("key %d of another partition is gone", i)
			}
		}
		finish(m, x, p, keys)
	})
	t.Run("everything expires", func(t *testing.T) {
		now := time.Unix(1e9, 0)
		m, x, p := setup(Options{Now: func() time.Time { return now }})
		now = now.Add(-1)
		m.Store(ctx, key(0), true, put)
		finish(m, x, p, 1)
	})
}

// TestShareOf checks that shares grow by one with an eighth more, or less.
func TestShareOf(t *testing.T) {
	last := 0
	for n := int64(0); n < 1<<22; n += 97 {
		s := share(n)
		if s < last || s > last+1 || n < 4096 && s != 0 {
			t.Fatalf("share(%d) = %d after %d", n, s, last)
		}
		if n >= 4096 && share(n+n/7) == s {
			t.Fatalf("%d and a seventh more have the same share, %d", n, s)
		}
		last = s
	}
	if s := share(1<<63 - 1); s < last || s > 1000 {
		t.Errorf("the greatest share is %d", s)
	}
}
