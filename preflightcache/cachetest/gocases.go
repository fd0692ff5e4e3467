package cachetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// goCases are about the interface in Go rather than about the standard.
var goCases = []testCase{
	{
		name:   "arguments are neither kept nor modified",
		why:    "the caller may reuse the slices that it passes",
		source: contract,
		code:   testArguments,
	},
	{
		name:   "concurrent use loses nothing",
		why:    "grants that are stored at the same time add up, and are seen by later calls",
		source: contract,
		code:   testConcurrent,
	},
}

func testArguments(ctx context.Context, c preflightcache.Cache) error {
	k := preflightcache.Key(page)
	g := corscheck.Grant{
		Methods: []string{"PUT", "DELETE"},
		Headers: []string{"x-b", "x-a"},
		MaxAge:  time.Minute,
	}
	methods, headers := slices.Clone(g.Methods), slices.Clone(g.Headers)
	if err := c.Store(ctx, k, omit, g); err != nil {
		return err
	}
	if !slices.Equal(g.Methods, methods) || !slices.Equal(g.Headers, headers) {
		return fmt.Errorf("the argument of Store was modified: %+v", g)
	}
	g.Methods[0], g.Headers[0] = "PATCH", "x-c"

	names := []string{"x-b", "x-a"}
	if ok, err := c.Covers(ctx, k, omit, "PUT", names); err != nil || !ok {
		return fmt.Errorf("after the caller changed the stored slices: Covers = %t, %v; want true", ok, err)
	}
	if !slices.Equal(names, headers) {
		return fmt.Errorf("the argument of Covers was modified: %q", names)
	}
	if ok, err := c.Covers(ctx, k, omit, "PATCH", nil); err != nil || ok {
		return fmt.Errorf("the cache shares memory with its caller: Covers = %t, %v; want false", ok, err)
	}
	return nil
}

func testConcurrent(ctx context.Context, c preflightcache.Cache) error {
	k := preflightcache.Key(page)
	other := preflightcache.Key{Partition: k.Partition, Origin: k.Origin, URL: "https://other.example/"}
	names := []string{"x-a", "x-b", "x-c", "x-d", "x-e", "x-f", "x-g", "x-h"}
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			g := corscheck.Grant{Headers: []string{name}, MaxAge: time.Minute}
			ok, err := true, c.Store(ctx, k, omit, g)
			if err == nil {
				ok, err = c.Covers(ctx, k, omit, "", g.Headers)
			}
			if err == nil && !ok {
				err = fmt.Errorf("%s is not covered after it was stored", name)
			}
			errs[i] = errors.Join(err, c.Store(ctx, other, omit, g), c.Clear(ctx, other))
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if ok, err := c.Covers(ctx, k, omit, "", names); err != nil || !ok {
		return fmt.Errorf("after storing %q one by one at the same time: Covers = %t, %v; want true", names, ok, err)
	}
	return nil
}
