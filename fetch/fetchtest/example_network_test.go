package fetchtest_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// A Network below an engine of one's own, which has options that a Browser has not.
func ExampleNetwork() {
	network := new(fetchtest.Network)
	defer network.Close()
	network.Handle("https://api.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
	}))
	engine := &fetch.Client{Base: network, UserAgent: "example/1.0"}

	req, err := http.NewRequestWithContext(context.Background(), "PUT", "https://api.example/items/7", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	resp, err := engine.Fetch(req, &fetch.Params{Environment: page})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	for _, x := range network.Exchanges() {
		fmt.Println(x, x.Header.Get("User-Agent"))
	}
	// Output:
	// OPTIONS https://api.example/items/7 (preflight) example/1.0
	// PUT https://api.example/items/7 example/1.0
}
