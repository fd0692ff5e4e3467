package fetchtest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// A server compares origins by their beginning, and sets the headers only if all
// goes well.
func ExamplePolicy_Check() {
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		if origin := r.Header.Get("Origin"); strings.HasPrefix(origin, "https://app.example") {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
	})
	policy := &fetchtest.Policy{
		Paths:   []string{"/", "/missing"},
		Origins: []string{"https://app.example"},
	}
	findings, err := policy.Check(context.Background(), server)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range findings {
		fmt.Printf("%s: %s\n", f.Kind, f.Message)
	}
	// Output:
	// origin-allowed: the server allows GET https://server.example/ from https://app.example.evil.example, which the policy does not
	// refused: a browser refuses GET https://server.example/missing from https://app.example
}
