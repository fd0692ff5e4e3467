package corscheck_test

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/corscheck"
)

func ExampleSafelistedMethod() {
	fmt.Println(corscheck.SafelistedMethod("POST"), corscheck.SafelistedMethod("post"), corscheck.SafelistedMethod("PUT"))
	// Output: true false false
}

func ExampleNeedsPreflight() {
	fmt.Println(corscheck.NeedsPreflight("GET", nil))
	fmt.Println(corscheck.NeedsPreflight("PUT", nil))
	fmt.Println(corscheck.NeedsPreflight("GET", []string{"x-api-key"}))
	// Output:
	// false
	// true
	// true
}

func ExamplePreflightHeader() {
	h := make(http.Header)
	corscheck.PreflightHeader(h, "PUT", []string{"content-type", "x-api-key"})
	fmt.Println(h.Get("Access-Control-Request-Method"))
	fmt.Println(h.Get("Access-Control-Request-Headers"))
	// Output:
	// PUT
	// content-type,x-api-key
}

func ExamplePreflight() {
	req := &corscheck.Request{
		Origin: "https://app.example",
		Method: "PUT",
		Unsafe: []string{"authorization", "content-type"},
	}
	response := http.Header{
		"Access-Control-Allow-Origin":  {"*"},
		"Access-Control-Allow-Methods": {"PUT, DELETE"},
		"Access-Control-Allow-Headers": {"Authorization, Content-Type"},
		"Access-Control-Max-Age":       {"600"},
	}
	grant, _, outcome := corscheck.Preflight(req, http.StatusNoContent, response)
	fmt.Println(outcome, grant.Methods, grant.Headers, grant.MaxAge)

	// The wildcard stands for any header but Authorization.
	response.Set("Access-Control-Allow-Headers", "*")
	_, name, outcome := corscheck.Preflight(req, http.StatusNoContent, response)
	fmt.Println(outcome, name)

	// Methods are case-sensitive.
	response.Set("Access-Control-Allow-Methods", "put, delete")
	_, name, outcome = corscheck.Preflight(req, http.StatusNoContent, response)
	fmt.Println(outcome, name)
	// Output:
	// allowed [PUT DELETE] [authorization content-type] 10m0s
	// authorization-not-listed authorization
	// method-not-allowed PUT
}
