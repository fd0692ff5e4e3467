//go:build !race

package fetch_test

import (
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// Coalescing costs a fetch nothing that needs no preflight, or whose grant is cached.
func TestCoalesceAllocs(t *testing.T) {
	for _, method := range []string{"GET", "PUT"} {
		t.Run(method, func(t *testing.T) {
			allocs := func(coalesce bool) float64 {
				client := &fetch.Client{Base: benchBase{}, CoalescePreflights: coalesce}
				req := newRequest(t, method, "https://api.example/items/7", nil)
				params := &fetch.Params{Environment: app}
				return testing.AllocsPerRun(100, func() {
					resp, err := client.Fetch(req, params)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
				})
			}
			if off, on := allocs(false), allocs(true); on != off || off < 1 {
				t.Errorf("%v allocations; without coalescing %v", on, off)
			}
		})
	}
}
