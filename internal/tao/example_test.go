package tao_test

import (
	"fmt"

	"github.com/corsengine/corsengine/internal/tao"
)

// One response of the redirect chain that says nothing is enough.
func ExampleFailed_Next() {
	r := tao.Request{Origin: "https://example.com", Current: "https://cdn.test"}
	var failed tao.Failed
	for _, lines := range [][]string{{"https://example.com"}, nil, {"*"}} {
		failed = failed.Next(r, lines)
		fmt.Println(failed)
	}
	// Output:
	// false
	// true
	// true
}
