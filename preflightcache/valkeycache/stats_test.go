package valkeycache

import (
	"context"
	"testing"
	"time"
)

func TestStats(t *testing.T) {
	w := newWorld(t, startServer(t))
	c := w.cache(t)
	want(t, c, page, "PUT", false)    // miss
	mustStore(t, c, page, "PUT")      //
	want(t, c, page, "PUT", true)     // local hit
	want(t, c, page, "PUT", true)     // local hit
	want(t, c, page, "DELETE", false) // local miss
	mustStore(t, c, page, "DELETE")   //
	c.local.invalidateAll()           //
	want(t, c, page, "DELETE", true)  // hit
	mustClear(t, c, page)             //
	w.side.do("SET", c.names.name(digestOf(page)), c.current.gen.tag)
	wantError(t, c, page, "PUT", ErrValue) // miss
	got := c.Stats()
	wanted := Stats{
		Hits: 3, Misses: 3, LocalHits: 2, LocalMisses: 1, Stores: 2, Clears: 1, Errors: 1, Connections: 1,
	}
	if l := got.Latency; l.Count != 6 || l.Max <= 0 || l.Total < l.Max || l.Total > time.Minute {
		t.Errorf("Latency = %+v; want 6 operations", l)
	}
	got.Latency, got.Invalidations = Latency{}, 0
	if got != wanted {
		t.Errorf("Stats = %+v; want %+v", got, wanted)
	}
	invalidations := c.Stats().Invalidations
	w.side.do("DEL", c.names.name(digestOf(page)))
	waitFor(t, "a notice", func() bool { return c.Stats().Invalidations > invalidations })
	c.Covers(context.Background(), page, false, "", nil)
}

func TestHistogram(t *testing.T) {
	var h histogram
	for _, tt := range []struct {
		d      time.Duration
		bucket int
	}{
		{0, 0}, {999 * time.Nanosecond, 0}, {time.Microsecond, 1}, {2*time.Microsecond - 1, 1},
		{2 * time.Microsecond, 2}, {3 * time.Microsecond, 2}, {4 * time.Microsecond, 3},
		{time.Millisecond, 10}, {time.Second, 20}, {4 * time.Second, 22}, {5 * time.Second, 23}, {time.Hour, 23},
	} {
		before := h.load()
		h.add(tt.d)
		after := h.load()
		if after.Buckets[tt.bucket] != before.Buckets[tt.bucket]+1 || after.Count != before.Count+1 || after.Total != before.Total+tt.d {
			t.Errorf("%v: %+v; want it in bucket %d", tt.d, after, tt.bucket)
		}
	}
	if l := h.load(); l.Max != time.Hour {
		t.Errorf("Max = %v; want 1h", l.Max)
	}
}
