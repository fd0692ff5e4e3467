package valkeycache

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
)

func TestOptions(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		bad    []string // the fields that are complained about
	}{
		{"defaults", func(o *Options) {}, nil},
		{"cluster", func(o *Options) { o.Addrs = []string{"a:1", "b:1"} }, nil},
		{"greatest", func(o *Options) {
			o.Timeout, o.LocalTTL, o.MaxNames, o.MaxAge = 5*time.Second, time.Hour, 256, 365*24*time.Hour
			o.Namespace = strings.Repeat("a", 256)
		}, nil},
		{"negative where it has a meaning", func(o *Options) { o.LocalTTL, o.LocalBytes, o.MaxNames, o.MaxAge = -1, -1, -1, -1 }, nil},
		{"no address", func(o *Options) { o.Addrs = nil }, []string{"Addrs"}},
		{"empty address", func(o *Options) { o.Addrs = []string{"a:1", ""} }, []string{"Addrs"}},
		{"database of a cluster", func(o *Options) { o.Addrs = []string{"a:1", "b:1"}; o.DB = 1 }, []string{"DB"}},
		{"long namespace", func(o *Options) { o.Namespace = strings.Repeat("a", 257) }, []string{"Namespace"}},
		{"all too great", func(o *Options) {
			o.Timeout, o.LocalTTL, o.MaxNames, o.MaxAge = 5*time.Second+1, time.Hour+1, 257, 365*24*time.Hour+1
		}, []string{"Timeout", "LocalTTL", "MaxNames", "MaxAge"}},
		{"negative where it has none", func(o *Options) { o.DB, o.Timeout, o.Cooldown = -1, -1, -1 }, []string{"DB", "Timeout", "Cooldown"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Addrs: []string{"127.0.0.1:1"}}
			tt.change(&o)
			c, err := New(&o)
			if (err == nil) != (len(tt.bad) == 0) || (c == nil) != (err != nil) {
				t.Fatalf("New: %v, %v; want complaints about %q", c, err, tt.bad)
			}
			if err != nil && strings.Count(err.Error(), "Options.") != len(tt.bad) {
				t.Errorf("New: %v; want complaints about %q", err, tt.bad)
			}
			for _, field := range tt.bad {
				if !strings.Contains(err.Error(), "Options."+field+" ") {
					t.Errorf("New: %v; want a complaint about %s", err, field)
				}
			}
		})
	}
	if _, err := New(nil); err == nil {
		t.Error("New(nil) has no error; want one about Addrs")
	}
}

// TestOptionsCopied checks that a Cache does not depend on what becomes of the
// options that it was made with.
func TestOptionsCopied(t *testing.T) {
	o := Options{Addrs: []string{"127.0.0.1:1"}}
	c, err := New(&o)
	if err != nil {
		t.Fatal(err)
	}
	o.Addrs[0], o.Namespace = "", "x"
	if c.opts.Addrs[0] != "127.0.0.1:1" || c.opts.Namespace != DefaultNamespace {
		t.Errorf("the cache's options are %+v", c.opts)
	}
}

// TestBeyondBounds checks what is not kept, for which the server need not be asked.
func TestBeyondBounds(t *testing.T) {
	c, err := New(&Options{Addrs: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := context.Background()
	long := page
	long.URL += strings.Repeat("a", maxKeyLen)
	if ok, err := c.Covers(ctx, long, false, "PUT", nil); ok || err != nil {
		t.Errorf("Covers with a long key = %t, %v; want false", ok, err)
	}
	if ok, err := c.Covers(ctx, page, false, "", nil); !ok || err != nil {
		t.Errorf("Covers without names = %t, %v; want true", ok, err)
	}
	if err := c.Store(ctx, long, false, grantOf("PUT", "", time.Hour)); err != nil {
		t.Errorf("Store with a long key: %v", err)
	}
	if err := c.Store(ctx, page, false, corscheck.Grant{MaxAge: time.Hour}); err != nil {
		t.Errorf("Store of nothing: %v", err)
	}
	if err := c.Clear(ctx, long); err != nil {
		t.Errorf("Clear with a long key: %v", err)
	}
	if s := c.Stats(); s.Latency.Count != 0 || s.Errors != 0 || s.Stores != 2 || s.Clears != 1 || s.Misses != 1 || s.Hits != 0 {
		t.Errorf("Stats = %+v", s)
	}
}
