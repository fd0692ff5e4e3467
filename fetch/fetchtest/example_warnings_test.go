package fetchtest_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// All works, but not for as long as the server thinks, and not for Set-Cookie.
func ExampleNetwork_Warnings() {
	var browser fetchtest.Browser
	browser.Hosts().Handle("https://api.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Max-Age", "31536000")
		w.Header().Set("Access-Control-Expose-Headers", "ETag, Set-Cookie")
	}))
	page := browser.Open("https://app.example/")
	resp, err := page.Fetch(context.Background(), "https://api.example/items/7", &fetchtest.Init{Method: "PUT"})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	for _, f := range browser.Hosts().Warnings() {
		fmt.Println(f.Kind, f.Fix)
	}
	// Output:
	// expose-forbidden [Access-Control-Expose-Headers: ETag]
	// max-age [Access-Control-Max-Age: 7200]
}
