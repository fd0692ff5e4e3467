package interop

import (
	"net/http"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// secretive is a network with one API that no other origin may read.
func secretive() *fetchtest.Network {
	network := new(fetchtest.Network)
	network.Handle(api, http.HandlerFunc(hello))
	return network
}

// Retries go below the engine, in a client that follows no redirects and hands out
// the last response. What the engine refuses is asked for once.
func Example_retryablehttp() {
	network := secretive()
	retry := retrying(network) // a retryablehttp.Client
	retry.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	retry.ErrorHandler = retryablehttp.PassthroughErrorHandler
	engine := &fetch.Client{Base: &retryablehttp.RoundTripper{Client: retry}}
	show(&http.Client{Transport: engine.Transport(&fetch.Params{Environment: page})}, network)
	// Output:
	// Get "https://api.example": fetch: GET https://api.example/ from https://app.example: missing-allow-origin: Access-Control-Allow-Origin is missing; it has to be "https://app.example" or "*"
	// GET https://api.example/
}

// Above the engine, a fetch that is refused is repeated, in vain.
func Example_retryablehttp_incorrect() {
	network := secretive()
	engine := &fetch.Client{Base: network}
	retry := retrying(engine.Transport(&fetch.Params{Environment: page}))
	show(retry.StandardClient(), network)
	// Output:
	// Get "https://api.example": GET https://api.example giving up after 3 attempt(s): Get "https://api.example": fetch: GET https://api.example/ from https://app.example: missing-allow-origin: Access-Control-Allow-Origin is missing; it has to be "https://app.example" or "*"
	// GET https://api.example/
	// GET https://api.example/
	// GET https://api.example/
}
