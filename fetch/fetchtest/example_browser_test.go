package fetchtest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// In a test, NewBrowser(t, hosts) closes the network when the test ends. The zero
// Browser is for everything else.
func ExampleBrowser() {
	var browser fetchtest.Browser
	browser.Hosts().Handle("https://api.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		fmt.Fprintf(w, "hello, %s", r.Header.Get("Origin"))
	}))
	page := browser.Open("https://app.example/")
	resp, err := page.Fetch(context.Background(), "https://api.example/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.Type, string(body), err)
	// Output: cors hello, https://app.example <nil>
}
