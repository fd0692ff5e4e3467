package cachetest_test

import (
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/cachetest"
)

// A test of a store whose clock the test provides.
func ExampleRunTimed() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		now := time.Now()
		newStore := func() preflightcache.Cache {
			return preflightcache.New(&preflightcache.Options{
				Now: func() time.Time { return now },
			})
		}
		cachetest.RunTimed(t, newStore, func(d time.Duration) { now = now.Add(d) })
	}
}

// A test of a store that goes by the time of a machine elsewhere.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		cachetest.Run(t, func() preflightcache.Cache {
			store := new(preflightcache.Memory)
			t.Cleanup(func() { store.ClearPartition("") })
			return store
		})
	}
}
