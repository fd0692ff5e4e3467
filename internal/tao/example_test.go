package tao_test

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/internal/tao"
)

// One response of the redirect chain that says nothing is enough.
func ExampleFailed_Next() {
	r := tao.Request{Origin: "https://example.com", Current: "https://cdn.test"}
	var failed tao.Failed
	for _, h := range []http.Header{
		{"Timing-Allow-Origin": {"https://example.com"}},
		{},
		{"Timing-Allow-Origin": {"*"}},
	} {
		failed = failed.Next(r, h)
		fmt.Println(failed)
	}
	// Output:
	// false
	// true
	// true
}
