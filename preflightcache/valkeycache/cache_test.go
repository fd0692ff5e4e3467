package valkeycache

import (
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/cachetest"
)

// TestCache holds a Cache to the rules for all caches, with local copies and
// without.
func TestCache(t *testing.T) {
	s := startServer(t)
	for _, tt := range []struct {
		name   string
		change func(*Options)
	}{
		{"local=true", func(*Options) {}},
		{"local=false", func(o *Options) { o.LocalTTL = -1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w *world
			cachetest.RunTimed(t, func() preflightcache.Cache {
				w = newStoppedWorld(t, s)
				return w.cache(t, tt.change)
			}, func(d time.Duration) { w.advance(d) })
		})
	}
}
