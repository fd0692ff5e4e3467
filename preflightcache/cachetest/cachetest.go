// Package cachetest tests implementations of [preflightcache.Cache].
//
// The cases are those of testdata/preflight-cache.json in the root of the
// module, where other implementations can read them, and a few that are about Go.
// Each names the rule it is about and the section of the standard, or of the
// documentation of preflightcache, that the rule comes from.
package cachetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// Run tests the caches that newCache returns, each case as a subtest of t with
// a cache of its own. They must be empty and may go by any clock; cases in which
// time has to pass are skipped. It is for stores whose clock cannot be changed;
// [RunTimed] tests the others completely.
//
// newCache is called from the goroutine of the subtest. A cache that has to be
// closed can be, in a function that newCache passes to the Cleanup method of t.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-cache.
func Run(t *testing.T, newCache func() preflightcache.Cache) {
	t.Helper()
	RunTimed(t, newCache, nil)
}

// RunTimed is like [Run] and has the cases with an expiry too: advance lets d
// pass on the clock of the caches that newCache returns, by moving that clock or
// by waiting. If advance is nil, those cases are skipped.
//
// Ages up to 10 minutes are used, which the cache must not cap.
func RunTimed(t *testing.T, newCache func() preflightcache.Cache, advance func(d time.Duration)) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.timed() && advance == nil {
				t.Skip("time has to pass; see RunTimed")
			}
			if err := c.run(t.Context(), newCache(), advance); err != nil {
				t.Error(err)
			}
		})
	}
}

// A testCase is a sequence of operations on a new cache.
type testCase struct {
	name   string
	why    string // the rule
	source string // where the rule comes from
	steps  []step

	// code follows the steps, for what they cannot express. It may be nil.
	code func(context.Context, preflightcache.Cache) error
}

// run returns an error if c breaks the rule of tc.
func (tc *testCase) run(ctx context.Context, c preflightcache.Cache, advance func(time.Duration)) error {
	for i, s := range tc.steps {
		if err := s.do(ctx, c, advance); err != nil {
			return fmt.Errorf("step %d: %w\n\t%s\n\tsee %s", i+1, err, tc.why, tc.source)
		}
	}
	if tc.code != nil {
		if err := tc.code(ctx, c); err != nil {
			return fmt.Errorf("%w\n\t%s\n\tsee %s", err, tc.why, tc.source)
		}
	}
	return nil
}

// timed reports whether tc needs time to pass.
func (tc *testCase) timed() bool {
	for _, s := range tc.steps {
		if s.Op == opWait {
			return true
		}
	}
	return false
}

// The operations of a step.
const (
	opStore  = "store"
	opCovers = "covers"
	opClear  = "clear"
	opWait   = "wait"
)

// A step is one operation. Which fields have a meaning depends on Op.
type step struct {
	Op          string   `json:"op"`
	Key         *key     `json:"key,omitempty"`
	Credentials bool     `json:"credentials,omitempty"`
	Method      string   `json:"method,omitempty"`  // covers
	Methods     []string `json:"methods,omitempty"` // store
	Headers     []string `json:"headers,omitempty"`
	MaxAge      *int64   `json:"maxAge,omitempty"`  // store, in seconds; nil if absent or malformed
	Seconds     int64    `json:"seconds,omitempty"` // wait

	want bool // covers
}

// A key is a [preflightcache.Key].
type key struct {
	Partition string `json:"partition"`
	Origin    string `json:"origin"`
	URL       string `json:"url"`
}

func (s *step) do(ctx context.Context, c preflightcache.Cache, advance func(time.Duration)) error {
	// Copies, lest a cache that modifies its arguments spoil the next run.
	methods, headers := slices.Clone(s.Methods), slices.Clone(s.Headers)
	var k preflightcache.Key
	if s.Key != nil {
		k = preflightcache.Key(*s.Key)
	}
	switch s.Op {
	case opStore:
		g := corscheck.Grant{Methods: methods, Headers: headers, MaxAge: -1}
		if s.MaxAge != nil {
			g.MaxAge = time.Duration(*s.MaxAge) * time.Second
		}
		if err := c.Store(ctx, k, s.Credentials, g); err != nil {
			return fmt.Errorf("Store(%q, credentials %t, %+v): %w", k, s.Credentials, g, err)
		}
	case opCovers:
		ok, err := c.Covers(ctx, k, s.Credentials, s.Method, headers)
		if err != nil || ok != s.want {
			return fmt.Errorf("Covers(%q, credentials %t, %q, %q) = %t, %v; want %t",
				k, s.Credentials, s.Method, s.Headers, ok, err, s.want)
		}
	case opClear:
		if err := c.Clear(ctx, k); err != nil {
			return fmt.Errorf("Clear(%q): %w", k, err)
		}
	case opWait:
		advance(time.Duration(s.Seconds) * time.Second)
	}
	return nil
}
