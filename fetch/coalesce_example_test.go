package fetch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/corsengine/corsengine/fetch"
)

// Ten uploads start at once. The server gets one preflight for all of them.
func ExampleClient_coalesce() {
	const uploads = 10
	var started sync.WaitGroup
	started.Add(uploads)

	var preflights, puts atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		if r.Method == http.MethodOptions {
			preflights.Add(1)
			started.Wait() // a slow server
			return
		}
		puts.Add(1)
	}))
	defer api.Close()

	client := &fetch.Client{
		CoalescePreflights: true,
		CheckRequest: func(r *http.Request, _ *fetch.Params) error {
			if r.Method == http.MethodOptions {
				started.Done() // it is asked about each fetch's preflight, sent or not
			}
			return nil
		},
	}
	page := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}}

	var wg sync.WaitGroup
	for i := range uploads {
		wg.Go(func() {
			req, err := http.NewRequest("PUT", api.URL+"/photos", strings.NewReader(fmt.Sprint("photo ", i)))
			if err != nil {
				panic(err)
			}
			resp, err := client.Fetch(req, page)
			if err != nil {
				fmt.Println(err)
				return
			}
			resp.Body.Close()
		})
	}
	wg.Wait()
	fmt.Println(preflights.Load(), "preflight,", puts.Load(), "uploads")
	// Output: 1 preflight, 10 uploads
}
