package preflightcache_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

var (
	ctx  = context.Background()
	page = preflightcache.Key{
		Partition: "https://top.example",
		Origin:    "https://page.example",
		URL:       "https://api.example/items?sort=name",
	}
)

// A fakeClock is a time source that tests advance. It has no monotonic clock.
type fakeClock struct{ t time.Time }

func newClock() *fakeClock {
	return &fakeClock{time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) now() time.Time          { return c.t }
func (c *fakeClock) advance(d time.Duration) { c.t = c.t.Add(d) }

// grant makes a Grant from lists separated by spaces.
func grant(methods, headers string, age time.Duration) corscheck.Grant {
	return corscheck.Grant{Methods: strings.Fields(methods), Headers: strings.Fields(headers), MaxAge: age}
}

func store(t testing.TB, c preflightcache.Cache, k preflightcache.Key, credentials bool, g corscheck.Grant) {
	t.Helper()
	if err := c.Store(ctx, k, credentials, g); err != nil {
		t.Fatal(err)
	}
}

func covers(t testing.TB, c preflightcache.Cache, k preflightcache.Key, credentials bool, method, headers string) bool {
	t.Helper()
	ok, err := c.Covers(ctx, k, credentials, method, strings.Fields(headers))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func check(t testing.TB, m *preflightcache.Memory) {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
}

// TestZero uses a zero Memory by every method, before and after a Store.
func TestZero(t *testing.T) {
	var m preflightcache.Memory
	if covers(t, &m, page, false, "PUT", "x-a") {
		t.Error("a zero Memory grants something")
	}
	if err := m.Clear(ctx, page); err != nil {
		t.Error(err)
	}
	m.ClearPartition(page.Partition)
	if got, want := m.Stats(), (preflightcache.Stats{Misses: 1}); got != want {
		t.Errorf("Stats() = %+v; want %+v", got, want)
	}
	store(t, &m, page, false, grant("PUT", "x-a", time.Minute))
	if !covers(t, &m, page, false, "PUT", "x-a") {
		t.Error("a Memory that was zero does not keep a grant")
	}
	check(t, &m)
}

func TestNothingToCover(t *testing.T) {
	if !covers(t, preflightcache.New(nil), page, true, "", "") {
		t.Error("nothing needs a grant, but Covers reports false")
	}
}

func TestDisabled(t *testing.T) {
	c := preflightcache.Disabled
	store(t, c, page, true, grant("PUT", "", time.Minute))
	if covers(t, c, page, true, "PUT", "") {
		t.Error("Disabled remembers something")
	}
	if err := c.Clear(ctx, page); err != nil {
		t.Error(err)
	}
}

// TestExpiry checks ages to the nanosecond, caps included.
func TestExpiry(t *testing.T) {
	tests := []struct {
		name           string
		limit, age     time.Duration
		want           time.Duration
		source, reason string
	}{
		{"as given", 0, time.Minute, time.Minute, "#cors-preflight-cache", "removed when the seconds have passed"},
		{"absent", 0, -1, 5 * time.Second, "#cors-preflight-fetch-0", "failure or null is 5"},
		{"any negative", 0, -time.Hour, 5 * time.Second, "#cors-preflight-fetch-0", "failure or null is 5"},
		{"default limit", 0, 24 * time.Hour, 2 * time.Hour, "Options.MaxAge", "imposed limit"},
		{"limit", time.Minute, time.Hour, time.Minute, "Options.MaxAge", "imposed limit"},
		{"raised limit", 48 * time.Hour, 24 * time.Hour, 24 * time.Hour, "Options.MaxAge", "imposed limit"},
		{"limit below the default age", time.Second, -1, time.Second, "#cors-preflight-fetch-0", "the limit is applied after the default"},
		{"longest", 1<<63 - 1, 1<<63 - 1, 1<<63 - 1, "reasoning: ages are added to the time", "no overflow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := newClock()
			m := preflightcache.New(&preflightcache.Options{MaxAge: tt.limit, Now: clock.now})
			store(t, m, page, true, grant("PUT", "x-a", tt.age))
			clock.advance(tt.want - 1)
			if !covers(t, m, page, true, "PUT", "x-a") {
				t.Errorf("expired a nanosecond early (%s, see %s)", tt.reason, tt.source)
			}
			clock.advance(1)
			if covers(t, m, page, true, "PUT", "") || covers(t, m, page, true, "", "x-a") {
				t.Errorf("did not expire (%s, see %s)", tt.reason, tt.source)
			}
			check(t, m)
			if s := m.Stats(); s.Keys != 0 || s.Expirations != 1 {
				t.Errorf("Stats() = %+v; want no keys and one expiration", s)
			}
		})
	}
}

// TestRenewalShortens stores again what is stored, for a shorter time, so that
// other entries that it matches end too: a renewal is not always one.
func TestRenewalShortens(t *testing.T) {
	tests := []struct {
		name             string
		credentials      bool // of the entries that are to end
		methods, headers string
		renewal          string // without credentials
		method, header   string // to ask for
	}{
		{"*", false, "*", "", "PUT", "DELETE", ""},
		{"* of header names", false, "", "*", "x-a", "", "x-b"},
		{"the same method, with credentials", true, "PUT", "", "PUT", "PUT", ""},
		{"the same header name, with credentials", true, "", "x-a", "x-a", "", "x-a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := newClock()
			m := preflightcache.New(&preflightcache.Options{Now: clock.now})
			renew := func(age time.Duration) {
				if tt.method != "" {
					store(t, m, page, false, grant(tt.renewal, "", age))
				} else {
					store(t, m, page, false, grant("", tt.renewal, age))
				}
			}
			renew(time.Minute) // has an entry of its own from here on
			clock.advance(time.Second)
			store(t, m, page, tt.credentials, grant(tt.methods, tt.headers, time.Minute))
			renew(time.Minute)
			renew(10 * time.Second)
			check(t, m)
			clock.advance(10*time.Second - 1)
			if !covers(t, m, page, tt.credentials, tt.method, tt.header) {
				t.Error("ended early")
			}
			clock.advance(1)
			if covers(t, m, page, tt.credentials, tt.method, tt.header) {
				t.Error("did not end with what matches it")
			}
		})
	}
}

// TestOverflow stores for the longest age when time has already passed.
func TestOverflow(t *testing.T) {
	clock := newClock()
	m := preflightcache.New(&preflightcache.Options{MaxAge: 1<<63 - 1, Now: clock.now})
	store(t, m, page, true, grant("PUT", "", time.Minute))
	clock.advance(time.Hour)
	store(t, m, page, true, grant("PUT", "", 1<<63-1))
	if !covers(t, m, page, true, "PUT", "") {
		t.Error("an age that ends beyond the end of time grants nothing")
	}
}

// TestSynctest checks that the default time source is one that testing/synctest
// fakes.
func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := preflightcache.New(nil)
		store(t, m, page, true, grant("PUT", "", time.Minute))
		time.Sleep(time.Minute - 1)
		if !covers(t, m, page, true, "PUT", "") {
			t.Error("expired early")
		}
		time.Sleep(1 * time.Nanosecond)
		if covers(t, m, page, true, "PUT", "") {
			t.Error("did not expire")
		}
	})
}

// TestBackwards checks that a clock that is set back prolongs nothing.
func TestBackwards(t *testing.T) {
	clock := newClock()
	m := preflightcache.New(&preflightcache.Options{Now: clock.now})
	other := page
	other.Partition = "https://other.example"
	store(t, m, page, true, grant("PUT", "", time.Hour))
	store(t, m, other, true, grant("PUT", "", time.Hour))
	clock.advance(-1)
	if covers(t, m, page, true, "PUT", "") || covers(t, m, other, true, "PUT", "") {
		t.Error("grants survive a clock that goes back")
	}
	if s := m.Stats(); s.Expirations != 2 || s.Keys != 0 {
		t.Errorf("Stats() = %+v; want two expirations", s)
	}
	store(t, m, page, true, grant("PUT", "", time.Minute))
	clock.advance(time.Minute - 1)
	if !covers(t, m, page, true, "PUT", "") {
		t.Error("the cache does not recover")
	}
	clock.advance(1)
	if covers(t, m, page, true, "PUT", "") {
		t.Error("did not expire")
	}
	// Also if Store is the first to see it.
	store(t, m, page, true, grant("PUT", "", time.Minute))
	clock.advance(-time.Hour)
	store(t, m, page, true, grant("DELETE", "", time.Minute))
	if covers(t, m, page, true, "PUT", "") || !covers(t, m, page, true, "DELETE", "") {
		t.Error("after the clock was set back, Store keeps old entries or loses the new one")
	}
	check(t, m)
}

func TestNegativeBounds(t *testing.T) {
	for name, o := range map[string]preflightcache.Options{
		"MaxKeys":  {MaxKeys: -1},
		"MaxNames": {MaxNames: -1},
		"MaxAge":   {MaxAge: -1},
	} {
		m := preflightcache.New(&o)
		store(t, m, page, true, grant("PUT", "x-a", time.Minute))
		if covers(t, m, page, true, "PUT", "") || m.Stats().Keys != 0 {
			t.Errorf("%s: something is kept", name)
		}
		check(t, m)
	}
}

func TestOptionsAreCopied(t *testing.T) {
	o := preflightcache.Options{}
	m := preflightcache.New(&o)
	o.MaxKeys = -1
	store(t, m, page, true, grant("PUT", "", time.Minute))
	if !covers(t, m, page, true, "PUT", "") {
		t.Error("changing the options changes the Memory")
	}
}

func TestMaxNames(t *testing.T) {
	m := preflightcache.New(&preflightcache.Options{MaxNames: 3})
	store(t, m, page, true, grant("A B", "", time.Minute))
	store(t, m, page, true, grant("", "x", time.Minute))
	store(t, m, page, true, grant("A", "", time.Minute)) // renewed: B is the oldest now
	store(t, m, page, true, grant("C", "", time.Minute))
	check(t, m)
	if !covers(t, m, page, true, "A", "x") || !covers(t, m, page, true, "C", "") {
		t.Error("a name that was stored lately is gone")
	}
	if covers(t, m, page, true, "B", "") {
		t.Error("four names are kept")
	}
	// A name with and without credentials counts twice.
	store(t, m, page, false, grant("C", "", time.Minute))
	if covers(t, m, page, true, "", "x") || !covers(t, m, page, true, "A", "") {
		t.Error("the least recently stored name is not the one that is dropped")
	}
	// What has expired does not count.
	store(t, m, page, true, grant("A", "", 0))
	store(t, m, page, true, grant("D", "", time.Minute))
	if !covers(t, m, page, true, "C", "") || !covers(t, m, page, true, "D", "") {
		t.Error("an expired name takes up room")
	}
	check(t, m)
}

// TestLargeGrant stores more names at once than are kept.
func TestLargeGrant(t *testing.T) {
	m := preflightcache.New(&preflightcache.Options{MaxNames: 3})
	store(t, m, page, true, grant("PUT", "x", time.Minute))
	store(t, m, page, true, grant("A B", "y z", time.Minute))
	check(t, m)
	if !covers(t, m, page, true, "A", "y") || !covers(t, m, page, true, "B", "") {
		t.Error("the first names are not kept")
	}
	for _, name := range []string{"x", "z"} {
		if covers(t, m, page, true, "", name) {
			t.Errorf("%s is kept", name)
		}
	}
	store(t, m, page, true, grant("A B C D E", "", 0))
	if covers(t, m, page, true, "A", "") || covers(t, m, page, true, "", "y") || m.Stats().Keys != 0 {
		t.Error("a large grant with an age of zero leaves something")
	}
	check(t, m)
	store(t, m, page, true, grant(strings.Repeat("a ", 1<<20), "", time.Minute))
	if !covers(t, m, page, true, "a", "") {
		t.Error("the first of many names is not kept")
	}
	check(t, m)
}

func TestLongStrings(t *testing.T) {
	m := preflightcache.New(nil)
	long := page
	long.URL += strings.Repeat("a", 2<<10-len(page.Partition)-len(page.Origin)-len(page.URL))
	store(t, m, long, true, grant("PUT", "", time.Minute))
	if !covers(t, m, long, true, "PUT", "") {
		t.Error("a key of 2 KiB is not kept")
	}
	for _, k := range []preflightcache.Key{
		{Partition: long.Partition, Origin: long.Origin, URL: long.URL + "a"},
		{Partition: long.Partition + "a", Origin: long.Origin, URL: long.URL},
		{Partition: long.Partition, Origin: long.Origin + "a", URL: long.URL},
	} {
		store(t, m, k, true, grant("PUT", "", time.Minute))
		if covers(t, m, k, true, "PUT", "") {
			t.Error("a key of more than 2 KiB is kept")
		}
		check(t, m)
		if err := m.Clear(ctx, k); err != nil {
			t.Error(err)
		}
	}
	name := strings.Repeat("a", 128)
	store(t, m, page, true, grant(name+" "+name+"a", name+" "+name+"a", time.Minute))
	if !covers(t, m, page, true, name, name) {
		t.Error("a name of 128 bytes is not kept")
	}
	if covers(t, m, page, true, name+"a", "") || covers(t, m, page, true, "", name+"a") {
		t.Error("a name of 129 bytes is kept")
	}
	// A name that is not kept expires * nevertheless, and empty ones are ignored.
	store(t, m, page, false, grant("*", "", time.Minute))
	store(t, m, page, false, grant(name+"a", "", 0))
	store(t, m, page, false, corscheck.Grant{Methods: []string{""}, Headers: []string{""}, MaxAge: time.Minute})
	if covers(t, m, page, false, "PUT", "") {
		t.Error("a long name leaves * alone")
	}
	check(t, m)
}

// TestStringsAreCopied checks that entries do not keep alive the field values and
// URLs that keys and names were cut from.
func TestStringsAreCopied(t *testing.T) {
	const text = "partition origin url PUT x-a"
	source := strings.Clone(text)
	f := strings.Fields(source)
	m := preflightcache.New(nil)
	store(t, m, preflightcache.Key{Partition: f[0], Origin: f[1], URL: f[2]}, true, corscheck.Grant{
		Methods: f[3:4], Headers: f[4:5], MaxAge: time.Minute,
	})
	start := uintptr(unsafe.Pointer(unsafe.StringData(source)))
	for _, s := range m.Strings() {
		if p := uintptr(unsafe.Pointer(unsafe.StringData(s))); start <= p && p < start+uintptr(len(source)) {
			t.Errorf("%q is part of a string of the caller", s)
		}
	}
	runtime.KeepAlive(source)
}

func TestClearPartition(t *testing.T) {
	m := preflightcache.New(nil)
	key := func(partition, url string) preflightcache.Key {
		return preflightcache.Key{Partition: partition, Origin: "null", URL: url}
	}
	for _, p := range []string{"a", "b", ""} {
		for _, u := range []string{"1", "2", "3"} {
			store(t, m, key(p, u), p == "a", grant("PUT", "", time.Minute))
		}
	}
	m.ClearPartition("a")
	m.ClearPartition("c")
	check(t, m)
	for _, u := range []string{"1", "2", "3"} {
		if covers(t, m, key("a", u), false, "PUT", "") {
			t.Error("a partition's entries survive its removal")
		}
		if !covers(t, m, key("b", u), false, "PUT", "") || !covers(t, m, key("", u), false, "PUT", "") {
			t.Error("entries of another partition are gone")
		}
	}
	m.ClearPartition("")
	if s := m.Stats(); s.Keys != 3 || s.Evictions != 0 || s.Expirations != 0 {
		t.Errorf("Stats() = %+v; want 3 keys, and clearing not counted", s)
	}
}

func TestStats(t *testing.T) {
	clock := newClock()
	m := preflightcache.New(&preflightcache.Options{MaxKeys: 2, Now: clock.now})
	key := func(url string) preflightcache.Key { return preflightcache.Key{URL: url} }
	store(t, m, key("a"), true, grant("PUT", "", time.Minute))
	store(t, m, key("b"), true, grant("PUT", "", time.Hour))
	store(t, m, key("c"), true, grant("PUT", "", time.Hour)) // evicts a
	store(t, m, key("d"), true, grant("PUT", "", 0))         // stores nothing, evicts nothing
	covers(t, m, key("a"), true, "PUT", "")
	covers(t, m, key("b"), true, "PUT", "")
	covers(t, m, key("b"), true, "DELETE", "")
	covers(t, m, key("c"), true, "PUT", "")
	clock.advance(time.Hour)
	store(t, m, key("e"), true, grant("PUT", "", time.Minute)) // b has expired
	covers(t, m, key("c"), true, "PUT", "")                    // expires
	want := preflightcache.Stats{Hits: 2, Misses: 3, Stores: 5, Evictions: 1, Expirations: 2, Keys: 1}
	got := m.Stats()
	if got.Bytes == 0 {
		t.Error("Stats().Bytes is 0 with a key held")
	}
	if got.Bytes = 0; got != want {
		t.Errorf("Stats() = %+v; want %+v", got, want)
	}
	check(t, m)
}

// TestMixedCase stores names that the engine would have lowercased.
func TestMixedCase(t *testing.T) {
	m := preflightcache.New(nil)
	store(t, m, page, false, grant("", "X-A AUTHORIZATION *", time.Minute))
	if !covers(t, m, page, false, "", "x-a Authorization") {
		t.Error("header names are compared with case")
	}
	store(t, m, page, false, grant("", "Authorization", 0))
	if covers(t, m, page, false, "", "authorization") || !covers(t, m, page, false, "", "x-b") {
		t.Error("Authorization in other case does not expire, or * did")
	}
	check(t, m)
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	m := preflightcache.New(&preflightcache.Options{MaxKeys: 8, MaxNames: 4})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 500 {
				k := preflightcache.Key{Partition: string(rune('a' + i%4)), URL: string(rune('a' + j%7))}
				g := grant("PUT", "x-a *", time.Duration(j%3)*time.Minute)
				switch (i + j) % 8 {
				case 0:
					m.Clear(ctx, k)
				case 1:
					m.ClearPartition(k.Partition)
				case 2:
					m.Stats()
				case 3, 4:
					m.Store(ctx, k, j%2 == 0, g)
				default:
					m.Covers(ctx, k, j%2 == 0, "PUT", g.Headers)
				}
			}
		})
	}
	wg.Wait()
	check(t, m)
}

func TestAllocs(t *testing.T) {
	m := preflightcache.New(nil)
	g := grant("PUT DELETE", "x-a x-b x-c", time.Hour)
	miss := page
	miss.URL += "&page=2"
	store(t, m, page, true, g)
	store(t, m, page, false, g)
	unsorted := slices.Clone(g.Headers)
	slices.Reverse(unsorted)
	for name, f := range map[string]func(){
		"hit":          func() { m.Covers(ctx, page, true, "PUT", unsorted) },
		"hit, no name": func() { m.Covers(ctx, page, false, "DELETE", nil) },
		"miss":         func() { m.Covers(ctx, miss, true, "PUT", unsorted) },
		"other method": func() { m.Covers(ctx, page, true, "PATCH", unsorted) },
		"hit, case":    func() { m.Covers(ctx, page, true, "PUT", []string{"X-A", "X-C"}) },
		"common, case": func() { m.Covers(ctx, page, true, "PUT", []string{"Content-Type", "AUTHORIZATION"}) },
		"renewal":      func() { m.Store(ctx, page, true, g) },
		"clear":        func() { m.Clear(ctx, miss) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations; want 0", name, n)
		}
	}
}
