package fetch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"

	"github.com/corsengine/corsengine/fetch"
)

// proxyTo returns a proxy that asks target as a page would, in the given mode.
func proxyTo(target string, mode fetch.Mode) http.Handler {
	to, err := url.Parse(target)
	if err != nil {
		panic(err)
	}
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: new(fetch.Client).Transport(&fetch.Params{Environment: page, Mode: mode}),
	}
}

// A proxy hands out what a page could read: its mode is cors. What a page could not
// read becomes a 502.
func ExampleTransport() {
	api := exampleAPI()
	defer api.Close()

	answer := httptest.NewRecorder()
	proxyTo(api.URL, fetch.ModeCORS).ServeHTTP(answer, httptest.NewRequest("GET", "/greeting", nil))
	fmt.Println(answer.Code, answer.Body)
	// Output: 200 hello
}

// A response that is opaque has no status, which an http.ResponseWriter cannot
// write: httputil.ReverseProxy panics.
func ExampleTransport_incorrect() {
	api := exampleAPI()
	defer api.Close()

	defer func() { fmt.Println("panic:", recover()) }()
	proxyTo(api.URL, fetch.ModeNoCORS).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/greeting", nil))
	// Output: panic: invalid WriteHeader code 0
}
