package preflightcache_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// rounds is how often concurrent tests do what they do.
func rounds() int {
	if testing.Short() || raceEnabled {
		return 2000
	}
	return 20_000
}

// TestVisible checks that what has returned has happened: what was stored is
// found, what was shortened or cleared is not, by whoever learns of it, while the
// table grows and shrinks.
func TestVisible(t *testing.T) {
	m := preflightcache.New(&preflightcache.Options{MaxKeys: 1 << 20})
	n := rounds()
	g, over := grant("PUT", "x-a", time.Hour), grant("PUT", "", 0)
	var (
		wg              sync.WaitGroup
		stored, revoked atomic.Int64 // that many were
	)
	ask := func(i int) bool { return covers(t, m, keyOf("p", i), true, "PUT", "x-a") }
	wg.Go(func() {
		for i := range n {
			m.Store(ctx, keyOf("p", i), true, g)
			stored.Store(int64(i + 1))
			if !ask(i) {
				t.Errorf("key %d is not there after Store", i)
				return
			}
			if i < 100 {
				continue
			}
			k := keyOf("p", i-100)
			if i%2 == 0 {
				m.Clear(ctx, k)
			} else {
				m.Store(ctx, k, true, over)
			}
			revoked.Store(int64(i - 100 + 1))
			if ask(i - 100) {
				t.Errorf("key %d is there after it was revoked", i-100)
				return
			}
		}
	})
	for range 2 {
		wg.Go(func() {
			for stored.Load() < int64(n) && !t.Failed() {
				if i := int(revoked.Load()) - 1; i >= 0 && ask(i) {
					t.Errorf("key %d is there after it was revoked elsewhere", i)
					return
				}
				i := int(stored.Load()) - 1
				if i < 0 || ask(i) {
					continue
				}
				if int(revoked.Load()) <= i-1 { // the next may be under way
					t.Errorf("key %d is not there after Store elsewhere", i)
					return
				}
			}
		})
	}
	wg.Wait()
	check(t, m)
}

// TestSnapshot moves a grant between two names of one key, so that there is never
// one for both, and asks for both.
func TestSnapshot(t *testing.T) {
	for name, names := range map[string][2]string{
		"common names": {"content-type", "x-csrf-token"},
		"rare names":   {"x-a", "x-b"},
	} {
		t.Run(name, func(t *testing.T) {
			m := preflightcache.New(nil)
			a, b := names[0], names[1]
			var (
				wg   sync.WaitGroup
				done atomic.Bool
			)
			wg.Go(func() {
				for range rounds() {
					store(t, m, page, true, grant("", b, 0))
					store(t, m, page, true, grant("", a, time.Hour))
					store(t, m, page, true, grant("", a, 0))
					store(t, m, page, true, grant("", b, time.Hour))
				}
				done.Store(true)
			})
			for _, both := range []string{a + " " + b, b + " " + a} {
				wg.Go(func() {
					for !done.Load() {
						if covers(t, m, page, true, "", both) {
							t.Errorf("%s are granted, which they never were together", both)
							return
						}
					}
				})
			}
			wg.Wait()
			check(t, m)
		})
	}
}

// TestRenewalWhileAsked prolongs a grant all the time: it is always there.
func TestRenewalWhileAsked(t *testing.T) {
	m := preflightcache.New(nil)
	g, other := grant("PUT", "x-a", time.Hour), grant("", "x-b", time.Hour)
	store(t, m, page, true, g)
	var (
		wg   sync.WaitGroup
		done atomic.Bool
	)
	wg.Go(func() {
		for i := range rounds() {
			m.Store(ctx, page, true, g)
			m.Store(ctx, page, i%2 == 0, other) // another batch, changed
		}
		done.Store(true)
	})
	for range 2 {
		wg.Go(func() {
			for !done.Load() {
				if !covers(t, m, page, true, "PUT", "x-a") {
					t.Error("a grant is gone while it is prolonged")
					return
				}
			}
		})
	}
	wg.Wait()
	check(t, m)
}

// TestClearPartitionWhileAsked checks that of a partition that is being removed
// nothing is there when ClearPartition has returned, but for what was stored
// since, and that no caller sees some of it go before the rest.
func TestClearPartitionWhileAsked(t *testing.T) {
	const keys = 500
	m := preflightcache.New(nil)
	g := grant("PUT", "", time.Hour)
	for range rounds() / 500 {
		for i := range keys {
			store(t, m, keyOf("p", i), true, g)
		}
		store(t, m, keyOf("q", 0), true, g)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				gone := false
				for i := range keys {
					switch ok := covers(t, m, keyOf("p", i), true, "PUT", ""); {
					case !ok:
						gone = true
					case gone:
						t.Errorf("key %d is there after another one was gone", i)
						return
					}
				}
			})
		}
		wg.Go(func() {
			m.ClearPartition("p")
			for i := range keys {
				if covers(t, m, keyOf("p", i), true, "PUT", "") {
					t.Errorf("key %d is there after ClearPartition", i)
					return
				}
			}
		})
		wg.Wait()
		check(t, m)
		if n := m.Stats().Keys; n != 1 {
			t.Fatalf("%d keys are left", n)
		}
	}
}

// TestMayhem does everything at once, with little room, and looks whether the
// data structures are still in order.
func TestMayhem(t *testing.T) {
	for name, o := range map[string]preflightcache.Options{
		"few keys":         {MaxKeys: 8, MaxNames: 5},
		"many keys":        {MaxKeys: 300},
		"few bytes":        {MaxBytes: 5000},
		"clock in a mutex": {MaxKeys: 40, Now: time.Now},
	} {
		t.Run(name, func(t *testing.T) {
			m := preflightcache.New(&o)
			var (
				wg            sync.WaitGroup
				asked, stores atomic.Uint64
			)
			for i := range 8 {
				wg.Go(func() {
					for j := range rounds() / 4 {
						k := keyOf(fmt.Sprint("p", (i+j/16)%5), j/16*7%23)
						age := time.Duration(j*j%4) * time.Minute
						if j%5 == 0 {
							age = time.Nanosecond // expires at once
						}
						switch j % 16 {
						case 0:
							m.ClearPartition(k.Partition)
						case 1:
							m.Clear(ctx, k)
						case 2, 3:
							m.Store(ctx, k, j%3 == 0, grant("PUT", "*", age))
							stores.Add(1)
						case 4, 5:
							m.Store(ctx, k, j%3 == 0, grant("PUT PURGE", "x-a X-B authorization", age))
							stores.Add(1)
						case 6:
							m.Stats()
						case 7:
							if err := m.Check(); err != nil {
								t.Error(err)
							}
						default:
							m.Covers(ctx, k, j%2 == 0, "PUT", []string{"x-a", "authorization"})
							asked.Add(1)
						}
					}
				})
			}
			wg.Wait()
			check(t, m)
			if s := m.Stats(); s.Hits+s.Misses != asked.Load() || s.Stores != stores.Load() || s.Hits == 0 {
				t.Errorf("Stats() = %+v; want %d hits and misses, %d stores", s, asked.Load(), stores.Load())
			}
			for i := range 5 {
				m.ClearPartition(fmt.Sprint("p", i))
			}
			if s := m.Stats(); s.Keys != 0 || s.Bytes != 0 {
				t.Errorf("with nothing left, Stats() = %+v", s)
			}
			check(t, m)
		})
	}
}
