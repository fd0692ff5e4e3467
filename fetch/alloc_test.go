//go:build !race

package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// What the engine allocates for a fetch, besides what Base does. More would be a
// surprise: whoever adds to it should know what for.
//
// Source: measured. By design it is no more than 8, 14 and 18.
func TestAllocsOfFetch(t *testing.T) {
	for _, tt := range []struct {
		name, method, url, body string
		lines                   []string
		params                  fetch.Params
		most                    float64
	}{
		{"same-origin GET", "GET", "https://app.example/items?page=2", "", nil, fetch.Params{}, 7},
		{"cross-origin GET", "GET", "https://api.example/items?page=2", "", nil, fetch.Params{}, 9},
		{"cross-origin PUT, granted before", "PUT", "https://api.example/items/7", `{"a":1}`, []string{"Content-Type: application/json"}, fetch.Params{}, 11},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := newRequest(t, tt.method, tt.url, nil, tt.lines...)
			if tt.body != "" {
				// Reading a body is up to Base, which here does not.
				req.ContentLength = int64(len(tt.body))
				req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(tt.body)), nil }
				req.Body, _ = req.GetBody()
			}
			bare := testing.AllocsPerRun(100, func() {
				resp, err := benchBase{}.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			})
			sent := 0
			client := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
				sent++
				return benchBase{}.RoundTrip(r)
			})}
			tt.params.Environment = app
			const runs = 100
			engine := testing.AllocsPerRun(runs, func() {
				resp, err := client.Fetch(req, &tt.params)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			})
			if got := engine - bare; got > tt.most {
				t.Errorf("%v allocations; want at most %v", got, tt.most)
			} else if got < 1 {
				t.Errorf("%v allocations, which cannot be: %v with the engine, %v without", got, engine, bare)
			}
			preflights := 0
			if tt.method == "PUT" {
				preflights = 1 // in the run that warms up
			}
			if want := 1 + runs + preflights; sent != want {
				t.Errorf("%d requests; want %d", sent, want)
			}
		})
	}
}
