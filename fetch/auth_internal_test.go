package fetch

import (
	"strconv"
	"testing"
)

func entryKey(i int) authKey {
	return authKey{"https://top.example", "https://h" + strconv.Itoa(i) + ".example"}
}

// Source: own reasoning, on a client that meets more servers with authentication
// than it remembers.
func TestAuthEntries(t *testing.T) {
	var a authEntries
	if a.get(entryKey(0)) != "" || a.some.Load() {
		t.Error("there is an entry in the zero authEntries")
	}
	const n = 10 * maxAuthEntries
	for i := range n {
		a.set(entryKey(i), strconv.Itoa(i))
		if kept := len(a.young) + len(a.old); kept > maxAuthEntries {
			t.Fatalf("%d entries after %d; want at most %d", kept, i+1, maxAuthEntries)
		}
		if got := a.get(entryKey(7)); i >= 7 && got != "7" {
			t.Fatalf("an entry in use is %q after %d others", got, i)
		}
	}
	for i := n - maxAuthEntries/2 + 1; i < n; i++ {
		if a.get(entryKey(i)) != strconv.Itoa(i) {
			t.Errorf("entry %d of %d is gone", i, n)
		}
	}
	if a.get(entryKey(0)) != "" {
		t.Error("an old entry that was not used is still there")
	}

	a.set(entryKey(1), "old")
	for i := range maxAuthEntries / 2 { // makes entry 1 an old one, to be found in both
		a.set(entryKey(n+i), "x")
	}
	a.set(entryKey(1), "new")
	a.forget(entryKey(1), "other")
	if got := a.get(entryKey(1)); got != "new" {
		t.Errorf("after forgetting another value: %q", got)
	}
	a.forget(entryKey(1), "new")
	if got := a.get(entryKey(1)); got != "" {
		t.Errorf("after forgetting the entry there is %q", got)
	}
	a.clear()
	if a.get(entryKey(n)) != "" || a.get(entryKey(7)) != "" {
		t.Error("entries are left after clear")
	}
}
