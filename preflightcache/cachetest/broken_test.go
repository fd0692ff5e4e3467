package cachetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/internal/listcache"
)

type (
	coversFunc = func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error)
	storeFunc  = func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error
	clearFunc  = func(c preflightcache.Cache, k preflightcache.Key) error
)

// A broken cache is a good one of which some methods were replaced. They are
// not called at the same time.
type broken struct {
	preflightcache.Cache
	mu     sync.Mutex
	rekey  func(preflightcache.Key) preflightcache.Key
	covers coversFunc
	store  storeFunc
	clear  clearFunc
}

func (b *broken) Covers(ctx context.Context, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
	if b.rekey != nil {
		k = b.rekey(k)
	}
	if b.covers != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.covers(b.Cache, k, credentials, method, headers)
	}
	return b.Cache.Covers(ctx, k, credentials, method, headers)
}

func (b *broken) Store(ctx context.Context, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
	if b.rekey != nil {
		k = b.rekey(k)
	}
	if b.store != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.store(b.Cache, k, credentials, g)
	}
	return b.Cache.Store(ctx, k, credentials, g)
}

func (b *broken) Clear(ctx context.Context, k preflightcache.Key) error {
	if b.rekey != nil {
		k = b.rekey(k)
	}
	if b.clear != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.clear(b.Cache, k)
	}
	return b.Cache.Clear(ctx, k)
}

// TestBroken checks that the suite finds what implementations get wrong.
func TestBroken(t *testing.T) {
	ctx := t.Context()
	tests := []struct {
		name string
		make func() *broken
		want string // a case that fails
	}{
		{"ignores the partition", func() *broken {
			return &broken{rekey: func(k preflightcache.Key) preflightcache.Key { k.Partition = ""; return k }}
		}, "partitions are separate"},
		{"ignores the origin", func() *broken {
			return &broken{rekey: func(k preflightcache.Key) preflightcache.Key { k.Origin = ""; return k }}
		}, "origins are separate"},
		{"ignores the query", func() *broken {
			return &broken{rekey: func(k preflightcache.Key) preflightcache.Key {
				k.URL, _, _ = strings.Cut(k.URL, "?")
				return k
			}}
		}, "URLs are separate"},
		{"concatenates the key", func() *broken {
			return &broken{rekey: func(k preflightcache.Key) preflightcache.Key {
				return preflightcache.Key{URL: k.Partition + k.Origin + k.URL}
			}}
		}, "the parts of a key do not run into each other"},
		{"joins the key with colons", func() *broken {
			return &broken{rekey: func(k preflightcache.Key) preflightcache.Key {
				return preflightcache.Key{URL: k.Partition + ":" + k.Origin + ":" + k.URL}
			}}
		}, "the parts of a key do not run into each other"},
		{"joins the key with NUL", func() *broken {
			return &broken{rekey: func(k preflightcache.Key) preflightcache.Key {
				return preflightcache.Key{URL: k.Partition + "\x00" + k.Origin + "\x00" + k.URL}
			}}
		}, "the parts of a key do not run into each other"},
		{"ignores credentials", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, _ bool, method string, headers []string) (bool, error) {
				return c.Covers(ctx, k, omit, method, headers)
			}}
		}, "grants without credentials do not serve requests with"},
		{"wants the very credentials flag", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				without := k
				without.Partition += "!"
				if !credentials {
					k = without
				}
				return c.Covers(ctx, k, credentials, method, headers)
			}, store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				if !credentials {
					k.Partition += "!"
				}
				return c.Store(ctx, k, credentials, g)
			}}
		}, "grants with credentials serve all requests"},
		{"* covers Authorization", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				if ok, _ := c.Covers(ctx, k, credentials, "", []string{"*"}); ok {
					headers = nil
				}
				return c.Covers(ctx, k, credentials, method, headers)
			}}
		}, "* without credentials is any header name but Authorization"},
		{"* covers Authorization in capitals", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				headers = slices.DeleteFunc(slices.Clone(headers), func(h string) bool { return h == "Authorization" })
				return c.Covers(ctx, k, credentials, method, headers)
			}}
		}, "* without credentials is any header name but Authorization"},
		{"* is never a wildcard", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				star := func(s string) bool { return s == "*" }
				g.Methods = slices.DeleteFunc(slices.Clone(g.Methods), star)
				g.Headers = slices.DeleteFunc(slices.Clone(g.Headers), star)
				return c.Store(ctx, k, credentials, g)
			}}
		}, "* without credentials is any method"},
		{"* with credentials is a wildcard", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				if ok, _ := c.Covers(ctx, k, credentials, "*", nil); ok {
					method = ""
				}
				return c.Covers(ctx, k, credentials, method, headers)
			}}
		}, "* with credentials is no wildcard for requests with credentials"},
		{"folds methods", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				return c.Covers(ctx, k, credentials, strings.ToUpper(method), headers)
			}}
		}, "a method is granted by name"},
		{"compares header names with case", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				if slices.ContainsFunc(headers, func(h string) bool { return h != strings.ToLower(h) }) {
					return false, nil
				}
				return c.Covers(ctx, k, credentials, method, headers)
			}}
		}, "a header name is granted by name"},
		{"looks up the method alone", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, _ []string) (bool, error) {
				return c.Covers(ctx, k, credentials, method, nil)
			}}
		}, "method and every header name are needed"},
		{"looks up the first header name alone", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				return c.Covers(ctx, k, credentials, method, headers[:min(len(headers), 1)])
			}}
		}, "method and every header name are needed"},
		{"looks up no method without credentials", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				if method == "GET" || method == "POST" {
					method = ""
				}
				return c.Covers(ctx, k, credentials, method, headers)
			}}
		}, "no method is granted unless listed"},
		{"mixes methods and header names", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				g.Headers = append(slices.Clone(g.Headers), g.Methods...)
				return c.Store(ctx, k, credentials, g)
			}}
		}, "methods are not header names"},
		{"replaces", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				c.Clear(ctx, k)
				return c.Store(ctx, k, credentials, g)
			}}
		}, "a later grant adds to what is there"},
		{"does not clear", func() *broken {
			return &broken{clear: func(preflightcache.Cache, preflightcache.Key) error { return nil }}
		}, "clearing removes both kinds of entries"},
		{"clears what has no credentials", func() *broken {
			return &broken{clear: func(c preflightcache.Cache, k preflightcache.Key) error {
				return c.Store(ctx, k, include, corscheck.Grant{Methods: []string{"PUT"}, Headers: []string{"*"}})
			}}
		}, "clearing removes both kinds of entries"},
		{"clears the partition", func() *broken {
			return &broken{clear: func(c preflightcache.Cache, k preflightcache.Key) error {
				c.(*listcache.List).ClearPartition(k.Partition)
				return nil
			}}
		}, "clearing leaves other keys alone"},
		{"stores an age of zero", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				if g.MaxAge == 0 {
					g.MaxAge = -1
				}
				return c.Store(ctx, k, credentials, g)
			}}
		}, "an age of zero stores nothing"},
		{"ignores an age of zero", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				if g.MaxAge == 0 {
					return nil
				}
				return c.Store(ctx, k, credentials, g)
			}}
		}, "an age of zero expires what it lists"},
		{"clears on an age of zero", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				if g.MaxAge == 0 {
					return c.Clear(ctx, k)
				}
				return c.Store(ctx, k, credentials, g)
			}}
		}, "an age of zero expires what it lists"},
		{"takes an absent age for zero", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				g.MaxAge = max(g.MaxAge, 0)
				return c.Store(ctx, k, credentials, g)
			}}
		}, "an absent age is five seconds"},
		{"takes an absent age for a minute", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				if g.MaxAge < 0 {
					g.MaxAge = time.Minute
				}
				return c.Store(ctx, k, credentials, g)
			}}
		}, "an absent age is five seconds"},
		{"overflows", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				if g.MaxAge > 0 && time.Duration(int64(g.MaxAge)*2) < 0 {
					g.MaxAge = 0
				}
				return c.Store(ctx, k, credentials, g)
			}}
		}, "an enormous age does not overflow"},
		{"never expires", func() *broken {
			return &broken{Cache: &listcache.List{Now: newClock().now, MaxAge: time.Hour}}
		}, "entries expire"},
		{"prolongs what is looked up", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				ok, err := c.Covers(ctx, k, credentials, method, headers)
				if ok {
					c.Store(ctx, k, credentials, corscheck.Grant{Methods: []string{method}, MaxAge: time.Minute})
				}
				return ok, err
			}}
		}, "looking does not prolong"},
		{"sorts its arguments", func() *broken {
			return &broken{covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				slices.Sort(headers)
				return c.Covers(ctx, k, credentials, method, headers)
			}}
		}, "arguments are neither kept nor modified"},
		{"sorts what it stores", func() *broken {
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				slices.Sort(g.Headers)
				return c.Store(ctx, k, credentials, g)
			}}
		}, "arguments are neither kept nor modified"},
		{"shares memory with its caller", func() *broken {
			var methods []string
			return &broken{store: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) error {
				methods = g.Methods
				return c.Store(ctx, k, credentials, g)
			}, covers: func(c preflightcache.Cache, k preflightcache.Key, credentials bool, method string, headers []string) (bool, error) {
				if slices.Contains(methods, method) {
					method = ""
				}
				return c.Covers(ctx, k, credentials, method, headers)
			}}
		}, "arguments are neither kept nor modified"},
		{"forgets everything at once", func() *broken {
			return &broken{Cache: preflightcache.Disabled}
		}, "a method is granted by name"},
		{"fails to store", func() *broken {
			return &broken{store: func(preflightcache.Cache, preflightcache.Key, bool, corscheck.Grant) error { return errStore }}
		}, "arguments are neither kept nor modified"},
		{"fails to clear", func() *broken {
			return &broken{clear: func(preflightcache.Cache, preflightcache.Key) error { return errStore }}
		}, "concurrent use loses nothing"},
		{"fails to look up", func() *broken {
			return &broken{covers: func(preflightcache.Cache, preflightcache.Key, bool, string, []string) (bool, error) {
				return false, errStore
			}}
		}, "concurrent use loses nothing"},
		{"stores what it does not grant", func() *broken {
			return &broken{covers: func(preflightcache.Cache, preflightcache.Key, bool, string, []string) (bool, error) {
				return false, nil
			}}
		}, "concurrent use loses nothing"},
		{"loses updates", loseUpdates, "concurrent use loses nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := newClock()
			got := failures(t, clock, func() preflightcache.Cache {
				b := tt.make()
				if b.Cache == nil {
					b.Cache = &listcache.List{Now: clock.now, MaxAge: time.Hour}
				}
				return b
			})
			if !slices.Contains(got, tt.want) {
				t.Errorf("fails %q; want %q among them", got, tt.want)
			}
		})
	}
}

// loseUpdates returns a cache that keeps the last grant alone, but behaves well
// towards a caller that asks only for the header name it has just stored.
func loseUpdates() *broken {
	var last []string
	return &broken{store: func(_ preflightcache.Cache, k preflightcache.Key, _ bool, g corscheck.Grant) error {
		if k != preflightcache.Key(page) {
			return nil
		}
		last = g.Headers
		return nil
	}, covers: func(_ preflightcache.Cache, _ preflightcache.Key, _ bool, method string, headers []string) (bool, error) {
		if len(headers) == 1 && method == "" {
			return true, nil
		}
		return slices.Equal(last, headers), nil
	}}
}
