package referrer_test

import (
	"fmt"

	"github.com/corsengine/corsengine/internal/referrer"
)

func ExampleDetermine() {
	const page = "https://example.com/account?id=7#top"
	for _, current := range []string{"https://example.com", "https://other.test", "http://other.test"} {
		fmt.Printf("%q\n", referrer.Determine(referrer.Default, page, current))
	}
	// Output:
	// "https://example.com/account?id=7"
	// "https://example.com/"
	// ""
}

// The referrer of one hop is the source for the next.
func ExampleDetermine_redirect() {
	policy, source := referrer.Default, "https://example.com/account"
	source = referrer.Determine(policy, source, "https://other.test")
	fmt.Println(source)
	source = referrer.Determine(policy, source, "https://example.com")
	fmt.Println(source)
	// Output:
	// https://example.com/
	// https://example.com/
}

func ExampleParse() {
	fmt.Println(referrer.Parse([]string{"no-referrer, strict-origin-when-cross-origin", "a-new-policy"}))
	// Output: strict-origin-when-cross-origin
}

func ExamplePolicy_Redirected() {
	fmt.Println(referrer.Origin.Redirected([]string{"no-referrer"}))
	fmt.Println(referrer.Origin.Redirected(nil))
	// Output:
	// no-referrer
	// origin
}

func ExampleStrip() {
	fmt.Println(referrer.Strip("https://user:secret@example.com/a?b#c", false))
	fmt.Println(referrer.Strip("https://user:secret@example.com/a?b#c", true))
	// Output:
	// https://example.com/a?b
	// https://example.com/
}

func ExampleOriginHeader() {
	r := referrer.OriginRequest{
		Origin:  "https://example.com",
		Method:  "POST",
		Mode:    "no-cors",
		Policy:  referrer.StrictOrigin,
		Current: "https://other.test",
	}
	fmt.Println(referrer.OriginHeader(r))
	r.Current = "http://other.test"
	fmt.Println(referrer.OriginHeader(r))
	// Output:
	// https://example.com
	// null
}
