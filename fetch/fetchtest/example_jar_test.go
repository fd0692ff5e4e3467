package fetchtest_test

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// Which cookies a request carries depends on who makes it.
func ExampleJar() {
	var jar fetchtest.Jar
	u := &url.URL{Scheme: "https", Host: "shop.example", Path: "/"}
	for _, line := range []string{"strict=1; SameSite=Strict", "lax=1; SameSite=Lax", "old=1", "widget=1; SameSite=None; Secure"} {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			fmt.Println(err)
			return
		}
		jar.SetCookies(u, []*http.Cookie{cookie})
	}
	fmt.Println("same site:", jar.CookiesFor(u, fetch.StrictOrLess))
	fmt.Println("link from elsewhere:", jar.CookiesFor(u, fetch.LaxOrLess))
	fmt.Println("fetch from elsewhere:", jar.CookiesFor(u, fetch.UnsetOrLess))
	// Output:
	// same site: [strict=1 lax=1 old=1 widget=1]
	// link from elsewhere: [lax=1 old=1 widget=1]
	// fetch from elsewhere: [widget=1]
}
