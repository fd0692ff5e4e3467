package corscheck_test

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/corscheck"
)

func ExampleCheck() {
	const origin = "https://app.example"

	named := http.Header{
		"Access-Control-Allow-Origin":      {"https://app.example"},
		"Access-Control-Allow-Credentials": {"true"},
	}
	fmt.Println(corscheck.Check(origin, true, named))

	wildcard := http.Header{"Access-Control-Allow-Origin": {"*"}}
	fmt.Println(corscheck.Check(origin, false, wildcard))
	fmt.Println(corscheck.Check(origin, true, wildcard))

	// A proxy that adds what the server has sent already.
	twice := http.Header{"Access-Control-Allow-Origin": {"https://app.example", "https://app.example"}}
	fmt.Println(corscheck.Check(origin, false, twice))

	slash := http.Header{"Access-Control-Allow-Origin": {"https://app.example/"}}
	fmt.Println(corscheck.Check(origin, false, slash))
	// Output:
	// allowed
	// allowed
	// wildcard-with-credentials
	// multiple-allow-origin
	// origin-mismatch
}

func ExampleOutcome() {
	o := corscheck.Check("https://app.example", false, http.Header{})
	fmt.Println(o.OK(), o, o == corscheck.MissingAllowOrigin)
	// Output: false missing-allow-origin true
}
