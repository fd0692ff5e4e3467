package valkeycache

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

var page = preflightcache.Key{
	Partition: "https://top.example", Origin: "https://page.example", URL: "https://api.example/a?b=c",
}

// grantOf returns what a preflight has allowed. methods and headers are separated
// by spaces.
func grantOf(methods, headers string, age time.Duration) corscheck.Grant {
	return corscheck.Grant{Methods: strings.Fields(methods), Headers: strings.Fields(headers), MaxAge: age}
}

func mustStore(t testing.TB, c preflightcache.Cache, k preflightcache.Key, methods string) {
	t.Helper()
	if err := c.Store(context.Background(), k, false, grantOf(methods, "", time.Hour)); err != nil {
		t.Fatalf("Store: %v", err)
	}
}

func mustClear(t testing.TB, c preflightcache.Cache, k preflightcache.Key) {
	t.Helper()
	if err := c.Clear(context.Background(), k); err != nil {
		t.Fatalf("Clear: %v", err)
	}
}

// want fails the test unless c answers as it should, without an error.
func want(t testing.TB, c preflightcache.Cache, k preflightcache.Key, method string, want bool) {
	t.Helper()
	if ok, err := c.Covers(context.Background(), k, false, method, nil); ok != want || err != nil {
		t.Fatalf("Covers(%q) = %t, %v; want %t", method, ok, err, want)
	}
}

// wantError fails the test unless c does not grant method and says why.
func wantError(t testing.TB, c preflightcache.Cache, k preflightcache.Key, method string, target error) {
	t.Helper()
	ok, err := c.Covers(context.Background(), k, false, method, nil)
	checkError(t, "covers", err, target)
	if ok {
		t.Errorf("Covers(%q) = true with error %v", method, err)
	}
}

// checkError fails the test unless err is an Error of op that wraps target; a nil
// target stands for any error.
func checkError(t testing.TB, op string, err, target error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Op != op || target != nil && !errors.Is(err, target) {
		t.Errorf("%s: error %#v (%v); want an Error that wraps %v", op, err, err, target)
	}
}

// isLocal reports whether f was answered from a local copy.
func isLocal(t testing.TB, c *Cache, f func()) bool {
	t.Helper()
	before := c.Stats()
	f()
	after := c.Stats()
	return after.LocalHits+after.LocalMisses > before.LocalHits+before.LocalMisses
}
