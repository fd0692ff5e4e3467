package valkeycache

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch"
)

// TestFleet has the engines of two processes share what preflights learnt: what
// the one has asked the API, the other need not, until the API fails to allow
// something; with the cache's server down, both ask.
func TestFleet(t *testing.T) {
	var preflights atomic.Int64
	var refuse atomic.Bool
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "OPTIONS" {
			preflights.Add(1)
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
			w.Header().Set("Access-Control-Max-Age", "600")
		} else if refuse.Load() {
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
	}))
	defer api.Close()
	w := newWorld(t, startServer(t))
	var clients []*fetch.Client
	for range 2 {
		clients = append(clients, &fetch.Client{Preflights: w.cache(t, eager)})
	}
	put := func(i int, wanted int64) {
		t.Helper()
		before := preflights.Load()
		req, err := http.NewRequest("PUT", api.URL+"/items/7", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := clients[i].Fetch(req, &fetch.Params{
			Environment: &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")},
		})
		if (err == nil) == refuse.Load() {
			t.Fatalf("client %d: %v", i, err)
		}
		if err == nil {
			resp.Body.Close()
		}
		if got := preflights.Load() - before; got != wanted {
			t.Errorf("client %d: %d preflights; want %d", i, got, wanted)
		}
	}
	put(0, 1)
	put(0, 0)
	put(1, 0)
	put(1, 0)
	w.advance(10 * time.Minute)
	put(1, 1)
	put(0, 0)

	// A response that fails the CORS check clears the grant, for everyone.
	c := clients[1].Preflights.(*Cache)
	told := c.Stats().Invalidations
	refuse.Store(true)
	put(0, 0)
	refuse.Store(false)
	waitFor(t, "the notice", func() bool { return c.Stats().Invalidations > told })
	put(1, 1)
	put(0, 0)

	w.kill()
	for _, client := range clients {
		notices(t, client.Preflights.(*Cache))
	}
	put(0, 1)
	put(1, 1)
	w.start()
	w.side = w.admin(t)
	w.setServer() // it has forgotten which time it is
	for _, client := range clients {
		recovers(t, client.Preflights.(*Cache))
	}
	put(0, 1)
	put(1, 0)
}
