package site_test

import (
	"fmt"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/site"
)

func ExampleOf() {
	fmt.Println(site.Of(publicsuffix.List, "https://www.example.co.uk:8443"))
	fmt.Println(site.Of(publicsuffix.List, "https://alice.github.io"))
	// Output:
	// https://example.co.uk
	// https://alice.github.io
}

func ExampleSame() {
	fmt.Println(site.Same(publicsuffix.List, "https://www.example.com", "https://api.example.com:8443"))
	fmt.Println(site.Same(publicsuffix.List, "https://alice.github.io", "https://bob.github.io"))
	fmt.Println(site.Same(publicsuffix.List, "https://example.com", "http://example.com"))
	// Output:
	// true
	// false
	// false
}

func ExampleTaint_Next() {
	const page = "https://example.com"
	urls := []string{page, "https://other.example", page}
	var taint site.Taint
	for i := 1; i < len(urls); i++ {
		taint = taint.Next(publicsuffix.List, page, urls[i-1], urls[i])
		fmt.Println(taint)
	}
	// Output:
	// same-origin
	// cross-site
}

func ExamplePotentiallyTrustworthyOrigin() {
	fmt.Println(site.PotentiallyTrustworthyOrigin("https://example.com"))
	fmt.Println(site.PotentiallyTrustworthyOrigin("http://example.com"))
	fmt.Println(site.PotentiallyTrustworthyOrigin("http://localhost:8080"))
	// Output:
	// true
	// false
	// true
}
