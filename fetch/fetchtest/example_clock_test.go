package fetchtest_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// The answer to a preflight expires when the test says so.
func ExampleClock() {
	clock := new(fetchtest.Clock)
	browser := &fetchtest.Browser{Clock: clock}
	browser.Hosts().Handle("https://api.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "DELETE")
		w.Header().Set("Access-Control-Max-Age", "600")
	}))
	page := browser.Open("https://app.example/")
	for _, wait := range []time.Duration{0, 9 * time.Minute, time.Minute} {
		clock.Advance(wait)
		resp, err := page.Fetch(context.Background(), "https://api.example/items/7", &fetchtest.Init{Method: "DELETE"})
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
	}
	for _, x := range browser.Hosts().Exchanges() {
		fmt.Println(x)
	}
	// Output:
	// OPTIONS https://api.example/items/7 (preflight)
	// DELETE https://api.example/items/7
	// DELETE https://api.example/items/7
	// OPTIONS https://api.example/items/7 (preflight)
	// DELETE https://api.example/items/7
}
