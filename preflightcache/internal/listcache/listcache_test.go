package listcache_test

import (
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/cachetest"
	"github.com/corsengine/corsengine/preflightcache/internal/listcache"
)

func TestList(t *testing.T) {
	now := time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)
	cachetest.RunTimed(t, func() preflightcache.Cache {
		return &listcache.List{Now: func() time.Time { return now }, MaxAge: time.Hour}
	}, func(d time.Duration) { now = now.Add(d) })
}
