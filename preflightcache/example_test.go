package preflightcache_test

import (
	"context"
	"fmt"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

func ExampleMemory() {
	ctx := context.Background()
	m := preflightcache.New(nil)
	k := preflightcache.Key{
		Partition: "https://shop.example",
		Origin:    "https://shop.example",
		URL:       "https://api.example/cart",
	}

	// Two preflights, without credentials, were answered like this:
	m.Store(ctx, k, false, corscheck.Grant{
		Methods: []string{"PUT"},
		Headers: []string{"content-type"},
		MaxAge:  10 * time.Minute,
	})
	m.Store(ctx, k, false, corscheck.Grant{
		Methods: []string{"DELETE"},
		MaxAge:  -1, // no Access-Control-Max-Age
	})

	ask := func(credentials bool, method string, headers ...string) {
		ok, _ := m.Covers(ctx, k, credentials, method, headers)
		fmt.Println(credentials, method, headers, ok)
	}
	ask(false, "PUT", "content-type")
	ask(false, "DELETE", "content-type")
	ask(false, "PUT", "x-requested-with")
	ask(true, "PUT", "content-type")
	// Output:
	// false PUT [content-type] true
	// false DELETE [content-type] true
	// false PUT [x-requested-with] false
	// true PUT [content-type] false
}

// A simulation provides the time by which grants expire.
func ExampleNew() {
	ctx := context.Background()
	now := time.Date(2026, time.July, 2, 0, 0, 0, 0, time.UTC)
	m := preflightcache.New(&preflightcache.Options{
		MaxKeys: 100_000,
		MaxAge:  10 * time.Minute,
		Now:     func() time.Time { return now },
	})
	k := preflightcache.Key{Origin: "null", URL: "https://api.example/"}
	m.Store(ctx, k, false, corscheck.Grant{Methods: []string{"PUT"}, MaxAge: 24 * time.Hour})

	for range 2 {
		now = now.Add(9 * time.Minute)
		ok, _ := m.Covers(ctx, k, false, "PUT", nil)
		fmt.Println(ok)
	}
	// Output:
	// true
	// false
}

func ExampleMemory_ClearPartition() {
	ctx := context.Background()
	m := preflightcache.New(nil)
	for _, site := range []string{"https://news.example", "https://shop.example"} {
		k := preflightcache.Key{Partition: site, Origin: site, URL: "https://api.example/"}
		m.Store(ctx, k, false, corscheck.Grant{Methods: []string{"PUT"}, MaxAge: time.Minute})
	}
	m.ClearPartition("https://shop.example")
	fmt.Println(m.Stats().Keys)
	// Output: 1
}

func ExampleDisabled() {
	ctx := context.Background()
	c := preflightcache.Disabled
	k := preflightcache.Key{Origin: "null", URL: "https://api.example/"}
	c.Store(ctx, k, false, corscheck.Grant{Methods: []string{"PUT"}, MaxAge: time.Minute})
	fmt.Println(c.Covers(ctx, k, false, "PUT", nil))
	// Output: false <nil>
}
