package corp_test

import (
	"fmt"
	"net/http"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/corp"
	"github.com/corsengine/corsengine/internal/site"
)

func ExampleCheck() {
	const page = "https://example.com"
	for _, policy := range []string{"cross-origin", "same-site", ""} {
		resp := corp.Response{
			Header: http.Header{"Cross-Origin-Resource-Policy": {policy}},
			Origin: "https://cdn.test",
		}
		fmt.Println(
			corp.Check(publicsuffix.List, page, corp.UnsafeNone, resp, false),
			corp.Check(publicsuffix.List, page, corp.RequireCORP, resp, false),
		)
	}
	// Output:
	// allowed allowed
	// CorpNotSameSite CorpNotSameSite
	// allowed CorpNotSameOriginAfterDefaultedToSameOriginByCoep
}

func ExampleAllowsCredentials() {
	const page = "https://example.com"
	for _, current := range []string{page, "https://cdn.test"} {
		fmt.Println(corp.AllowsCredentials(corp.Credentialless, "no-cors", site.SameOrigin, page, current))
	}
	// Output:
	// true
	// false
}
