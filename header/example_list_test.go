package header_test

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/header"
)

func ExampleGet() {
	h := http.Header{"Vary": {"Origin", "Accept-Encoding"}}
	fmt.Println(header.Get(h, "vary"))
	// Output: Origin, Accept-Encoding true
}

// The first line looks like permission for everyone; the response as a whole
// gives none, since the combined value is no origin.
func ExampleGet_incorrect() {
	h := http.Header{"Access-Control-Allow-Origin": {"*", "https://app.example"}}
	fmt.Println("http.Header.Get:", h.Get("Access-Control-Allow-Origin"))
	value, _ := header.Get(h, "Access-Control-Allow-Origin")
	fmt.Println("header.Get:", value)
	// Output:
	// http.Header.Get: *
	// header.Get: *, https://app.example
}

func ExampleSplit() {
	h := http.Header{"Content-Type": {`text/html; title="a, b"`, "text/plain,"}}
	fmt.Printf("%q\n", header.Split(nil, h, "Content-Type"))
	// Output: ["text/html; title=\"a, b\"" "text/plain" ""]
}

func ExampleValues() {
	h := http.Header{
		"Access-Control-Allow-Methods":  {"PUT, DELETE", "PATCH"},
		"Access-Control-Allow-Headers":  {"x-a x-b"}, // a comma is missing
		"Access-Control-Expose-Headers": {""},
	}
	for _, suffix := range []string{"Allow-Methods", "Allow-Headers", "Expose-Headers", "Max-Age"} {
		values, err := header.Values(nil, h, "Access-Control-"+suffix)
		fmt.Printf("%s: %q, nil %v, %v\n", suffix, values, values == nil, err)
	}
	// Output:
	// Allow-Methods: ["PUT" "DELETE" "PATCH"], nil false, <nil>
	// Allow-Headers: [], nil true, header: malformed list value
	// Expose-Headers: [], nil false, <nil>
	// Max-Age: [], nil true, <nil>
}

func ExampleDeltaSeconds() {
	for _, age := range []string{"600", "-1", "99999999999999999999"} {
		h := http.Header{"Access-Control-Max-Age": {age}}
		fmt.Println(header.DeltaSeconds(h, "Access-Control-Max-Age"))
	}
	// Output:
	// 600 true
	// 0 false
	// 9223372036854775807 true
}

func ExampleValidName() {
	fmt.Println(header.ValidName("X-Test"), header.ValidName("X Test"), header.ValidName(""))
	// Output: true false false
}

func ExampleValidValue() {
	fmt.Println(header.ValidValue("a b"), header.ValidValue("a\r\nX-Injected: b"), header.ValidValue(" a"))
	// Output: true false false
}

func ExampleNormalize() {
	fmt.Printf("%q\n", header.Normalize("\r\n a b \t"))
	// Output: "a b"
}
