package interop

import (
	"context"
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// hosts is a network with one API, for all origins and without preflights.
func hosts() *fetchtest.Network {
	network := new(fetchtest.Network)
	network.Handle(api, readable(hello))
	return network
}

// show prints the outcome of a GET by client, and what the hosts got.
func show(client *http.Client, network *fetchtest.Network) {
	defer network.Close()
	req, err := http.NewRequestWithContext(inTrace(context.Background()), http.MethodGet, api, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
	} else {
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	for _, x := range network.Exchanges() {
		fmt.Println(x)
	}
}

// Tracing goes below the engine: its headers are not the page's.
func Example_otelhttp() {
	network := hosts()
	engine := &fetch.Client{Base: traced(network)} // otelhttp.NewTransport(network)
	show(&http.Client{Transport: engine.Transport(&fetch.Params{Environment: page})}, network)
	// Output:
	// 200 OK
	// GET https://api.example/
}

// Outside the engine, traceparent is a header of the page, which needs a preflight
// and a server that has heard of it.
func Example_otelhttp_incorrect() {
	network := hosts()
	engine := &fetch.Client{Base: network}
	transport := traced(engine.Transport(&fetch.Params{Environment: page})) // otelhttp.NewTransport(...)
	show(&http.Client{Transport: transport}, network)
	// Output:
	// Get "https://api.example": fetch: GET https://api.example/ from https://app.example: preflight: header-not-allowed "traceparent": Access-Control-Allow-Headers is ""; it has to list "traceparent" or "*"
	// OPTIONS https://api.example/ (preflight)
}
