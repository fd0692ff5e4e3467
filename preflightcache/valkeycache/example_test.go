package valkeycache_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/valkeycache"
)

// A process of a fleet. The server need not be up when it starts: until it is,
// each request that needs a preflight has one.
func ExampleNew() {
	cache, err := valkeycache.New(&valkeycache.Options{
		Addrs:     []string{"127.0.0.1:1"}, // nobody listens there
		Namespace: "crawler",
		Timeout:   20 * time.Millisecond,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cache.Close()
	client := &fetch.Client{Preflights: cache}

	k := preflightcache.Key{Origin: "https://page.example", URL: "https://api.example/cart"}
	ok, err := client.Preflights.Covers(context.Background(), k, false, "PUT", nil)
	fmt.Println(ok, err != nil)
	// Output: false true
}

// Options that cannot be meant are reported all at once.
func ExampleNew_invalid() {
	_, err := valkeycache.New(&valkeycache.Options{Timeout: time.Hour, MaxNames: 1000})
	fmt.Println(err)
	// Output:
	// valkeycache: Options.Addrs []: an address is missing
	// valkeycache: Options.Timeout 1h0m0s: is negative or above 5s
	// valkeycache: Options.MaxNames 1000: is above 256
}

// What is to be counted and drawn as a graph.
func ExampleCache_Stats() {
	cache, err := valkeycache.New(&valkeycache.Options{Addrs: []string{"127.0.0.1:1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cache.Close()
	k := preflightcache.Key{Origin: "https://page.example", URL: "https://api.example/cart"}
	for range 10 {
		cache.Covers(context.Background(), k, false, "PUT", nil)
	}
	s := cache.Stats()
	fmt.Println("hit rate:", float64(s.Hits)/float64(s.Hits+s.Misses))
	fmt.Println("asked:", s.Latency.Count, "not asked:", s.Rejected)
	// Output:
	// hit rate: 0
	// asked: 3 not asked: 7
}

// Which error it was says whether it is worth looking at.
func ExampleError() {
	cache, err := valkeycache.New(&valkeycache.Options{Addrs: []string{"127.0.0.1:1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	cache.Close()
	k := preflightcache.Key{Origin: "https://page.example", URL: "https://api.example/cart"}
	err = cache.Store(context.Background(), k, false, corscheck.Grant{Methods: []string{"PUT"}, MaxAge: time.Minute})
	var e *valkeycache.Error
	fmt.Println(errors.As(err, &e), e.Op, errors.Is(err, valkeycache.ErrClosed))
	fmt.Println(err)
	// Output:
	// true store true
	// valkeycache: store: cache is closed
}
