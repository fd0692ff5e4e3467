package header_test

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/header"
)

func ExampleForbiddenRequest() {
	fmt.Println(header.ForbiddenRequest("cookie", "a=b"))
	fmt.Println(header.ForbiddenRequest("Sec-Fetch-Site", "none"))
	fmt.Println(header.ForbiddenRequest("X-HTTP-Method-Override", "PUT"))
	fmt.Println(header.ForbiddenRequest("X-HTTP-Method-Override", "PUT, Trace"))
	// Output:
	// true
	// true
	// false
	// true
}

func ExampleForbiddenResponseName() {
	fmt.Println(header.ForbiddenResponseName("set-cookie"), header.ForbiddenResponseName("Cookie"))
	// Output: true false
}

func ExampleSafelistedRequest() {
	fmt.Println(header.SafelistedRequest("Content-Type", "text/plain; charset=utf-8"))
	fmt.Println(header.SafelistedRequest("Content-Type", "application/json"))
	fmt.Println(header.SafelistedRequest("Range", "bytes=0-499"))
	fmt.Println(header.SafelistedRequest("Range", "bytes=-500"))
	// Output:
	// true
	// false
	// true
	// false
}

func ExampleSafelistedNoCORS() {
	fmt.Println(header.SafelistedNoCORS("Accept", "image/*"), header.SafelistedNoCORS("Range", "bytes=0-"))
	// Output: true false
}

func ExamplePrivilegedNoCORSName() {
	fmt.Println(header.PrivilegedNoCORSName("range"), header.PrivilegedNoCORSName("accept"))
	// Output: true false
}

func ExampleNonWildcardRequestName() {
	fmt.Println(header.NonWildcardRequestName("AUTHORIZATION"), header.NonWildcardRequestName("X-Token"))
	// Output: true false
}

func ExampleRequestBodyName() {
	fmt.Println(header.RequestBodyName("Content-Encoding"), header.RequestBodyName("Accept-Encoding"))
	// Output: true false
}

func ExampleSafelistedResponseName() {
	fmt.Println(header.SafelistedResponseName("Content-Length"), header.SafelistedResponseName("ETag"))
	// Output: true false
}

func ExampleUnsafeNames() {
	h := http.Header{
		"Accept":           {"*/*"},
		"Content-Type":     {"application/json"},
		"X-Requested-With": {"XMLHttpRequest"},
		"Authorization":    {"Bearer x"},
	}
	fmt.Println(header.UnsafeNames(nil, h))
	// Output: [authorization content-type x-requested-with]
}

func ExampleSingleRange() {
	fmt.Println(header.SingleRange("bytes=0-499", false))
	fmt.Println(header.SingleRange("bytes=500-", false))
	fmt.Println(header.SingleRange("bytes=-500", false))
	fmt.Println(header.SingleRange("bytes = 0 - 499", true))
	fmt.Println(header.SingleRange("bytes=0-1,5-6", false))
	// Output:
	// 0 499 true
	// 500 -1 true
	// -1 500 true
	// 0 499 true
	// 0 0 false
}
