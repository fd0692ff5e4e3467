package site

import (
	"fmt"
	"sync"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// TestCache compares the cache with its list, for more domains than it has room
// for, asked for by several goroutines.
func TestCache(t *testing.T) {
	c := NewCache(publicsuffix.List)
	if got, want := c.String(), publicsuffix.List.String(); got != want {
		t.Errorf("String is %q; want the list's, %q", got, want)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 1000 {
				domain := fmt.Sprintf("%d.example.%s", i%200, [...]string{"com", "co.uk", "github.io", "invalid"}[i%4])
				if got, want := c.PublicSuffix(domain), publicsuffix.List.PublicSuffix(domain); got != want {
					t.Errorf("PublicSuffix(%q) is %q; want %q", domain, got, want)
				}
			}
		})
	}
	wg.Wait()
	if n := testing.AllocsPerRun(100, func() { c.PublicSuffix("www.example.com") }); n != 0 {
		t.Errorf("a hit allocates %v times", n)
	}
}
