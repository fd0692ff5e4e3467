package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/corsengine/corsengine/fetch"
)

// methodsServer allows all origins to read, and no headers. It prints the methods
// of the requests that it gets.
func methodsServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.UserAgent())
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
}

// The User-Agent of a program is that of its Client: it is the browser's, and not a
// header of the page. Transport counts it as such even if it is in the request,
// where many libraries put it.
func ExampleClient_userAgent() {
	api := methodsServer()
	defer api.Close()
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}

	client := &fetch.Client{UserAgent: "browser/1"}
	req, err := http.NewRequest("GET", api.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Fetch(req, &fetch.Params{Environment: page})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()

	req.Header.Set("User-Agent", "library/2")
	got, err := client.Transport(&fetch.Params{Environment: page}).RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	got.Body.Close()
	// Output:
	// GET browser/1
	// GET library/2
}

// In a request for Client.Fetch, User-Agent is a header that the page's script has
// set. It may, but it needs a preflight, and a server that allows it.
func ExampleClient_userAgent_incorrect() {
	api := methodsServer()
	defer api.Close()
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}

	client := new(fetch.Client)
	req, err := http.NewRequest("GET", api.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("User-Agent", "browser/1") // belongs into Client.UserAgent
	_, err = client.Fetch(req, &fetch.Params{Environment: page})
	if e, ok := errors.AsType[*fetch.NetworkError](err); ok {
		fmt.Println(errors.Is(err, fetch.ReasonHeaderNotAllowed), e.Name)
	}
	// Output:
	// OPTIONS Go-http-client/1.1
	// true user-agent
}
