package fetchtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// A failure tells its story, and has the lines that would help.
func ExampleFailure() {
	var browser fetchtest.Browser
	browser.Hosts().Handle("https://api.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	page := browser.Open("https://app.example/")
	_, err := page.Fetch(context.Background(), "https://api.example/me", &fetchtest.Init{Credentials: fetch.CredentialsInclude})
	fmt.Println(err)
	fmt.Println()
	if failure, ok := errors.AsType[*fetchtest.Failure](err); ok {
		fmt.Printf("%q\n", failure.Fix())
	}
	// Output:
	// fetch: GET https://api.example/me from https://app.example: wildcard-with-credentials: Access-Control-Allow-Origin is "*" and the credentials mode include; it has to be "https://app.example"
	// The browser asked
	// 	GET https://api.example/me
	// 		Origin: https://app.example
	// 		Sec-Fetch-Site: cross-site
	// The handler of https://api.example answered
	// 	200 OK
	// 		Access-Control-Allow-Origin: *
	// To allow it, the answer to GET has to have
	// 		Access-Control-Allow-Origin: https://app.example
	// 		Vary: Origin
	// 		Access-Control-Allow-Credentials: true
	// See https://fetch.spec.whatwg.org/#cors-protocol-and-credentials
	//
	// ["Access-Control-Allow-Origin: https://app.example" "Vary: Origin" "Access-Control-Allow-Credentials: true"]
}
