package samesite_test

import (
	"fmt"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/samesite"
)

func ExampleSiteForCookies() {
	const top = "https://example.com"
	fmt.Printf("%q\n", samesite.SiteForCookies(publicsuffix.List, "https://www.example.com", top, false))
	fmt.Printf("%q\n", samesite.SiteForCookies(publicsuffix.List, "https://ads.test", top, false))
	// Output:
	// "https://example.com"
	// ""
}

// A page fetches from its own site, is redirected to another one and back.
func ExampleChain_Next() {
	const page = "https://example.com"
	var c samesite.Chain
	for _, url := range []string{page, "https://api.example.com", "https://other.test", page} {
		c = c.Next(publicsuffix.List, page, url)
		fmt.Println(c.Send("GET", false))
	}
	// Output:
	// strict-or-less
	// strict-or-less
	// unset-or-less
	// unset-or-less
}

// A link to another site, and a form that posts there.
func ExampleChain_Send() {
	c := samesite.SameSite.Next(publicsuffix.List, "https://example.com", "https://other.test")
	fmt.Println(c.Send("GET", true))
	fmt.Println(c.Send("POST", true))
	// Output:
	// lax-or-less
	// unset-or-less
}

func ExampleChain_Store() {
	c := samesite.SameSite.Next(publicsuffix.List, "https://example.com", "https://other.test")
	fmt.Println("page: ", c.Store(true))
	fmt.Println("image:", c.Store(false))
	// Output:
	// page:  strict-or-less
	// image: unset-or-less
}
