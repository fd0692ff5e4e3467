package corscheck_test

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/corscheck"
)

func ExampleExposed() {
	h := http.Header{"Access-Control-Expose-Headers": {"*"}}

	e := corscheck.Exposed(h, false)
	fmt.Println(e.Readable("X-Request-Id"), e.Readable("Set-Cookie"))

	// With credentials, * is the name of a header.
	e = corscheck.Exposed(h, true)
	fmt.Println(e.Readable("X-Request-Id"), e.Readable("*"))
	// Output:
	// true false
	// false true
}

func ExampleExposure_Readable() {
	e := corscheck.Exposed(http.Header{"Access-Control-Expose-Headers": {"ETag, X-Request-Id"}}, false)
	fmt.Println(e.Readable("x-request-id"), e.Readable("Content-Type"), e.Readable("Server"))

	// One bad element spoils the list.
	e = corscheck.Exposed(http.Header{"Access-Control-Expose-Headers": {"ETag, X Request Id"}}, false)
	fmt.Println(e.Readable("ETag"), e.Readable("Content-Type"))
	// Output:
	// true true false
	// false true
}

func ExampleExposure_Filter() {
	h := http.Header{
		"Access-Control-Expose-Headers": {"X-Request-Id"},
		"Content-Type":                  {"text/plain"},
		"Server":                        {"example"},
		"Set-Cookie":                    {"session=1"},
		"X-Request-Id":                  {"7"},
	}
	fmt.Println(corscheck.Exposed(h, false).Filter(h))
	// Output: map[Content-Type:[text/plain] X-Request-Id:[7]]
}
