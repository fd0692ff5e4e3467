package preflightcache

import (
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
)

// TestExpireLate has a record removed as expired by one who found it so before
// others did something about it.
func TestExpireLate(t *testing.T) {
	ctx := t.Context()
	const age = time.Minute
	k := Key{"p", "o", "u"}
	put := corscheck.Grant{Methods: []string{"PUT"}, MaxAge: age}
	for _, tt := range []struct {
		name      string
		meanwhile func(m *Memory)
		keys      uint64
		expired   uint64
	}{
		{"nothing", func(*Memory) {}, 0, 1},
		{"prolonged", func(m *Memory) { m.Store(ctx, k, true, put) }, 1, 0},
		{"replaced", func(m *Memory) {
			m.Store(ctx, k, true, corscheck.Grant{Methods: []string{"PUT", "DELETE"}, MaxAge: age})
		}, 1, 0},
		{"cleared", func(m *Memory) { m.Clear(ctx, k) }, 0, 0},
		{"cleared, the last of all", func(m *Memory) { m.Clear(ctx, k); m.reset() }, 0, 0},
		{"cleared, stored again", func(m *Memory) { m.Clear(ctx, k); m.Store(ctx, k, true, put) }, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Unix(1e9, 0)
			m := New(&Options{Now: func() time.Time { return now }})
			m.Store(ctx, k, true, put)
			now = now.Add(age - 1)
			r := m.index.Load().find(&k)
			tt.meanwhile(m)
			m.expire(r, age) // a nanosecond later
			if s := m.Stats(); s.Keys != tt.keys || s.Expirations != tt.expired {
				t.Errorf("Stats() = %+v; want %d keys, %d expirations", s, tt.keys, tt.expired)
			}
			if err := m.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}
