package fetchtest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// whoami answers with the cookies that it gets.
var whoami = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	io.WriteString(w, "cookies: "+r.Header.Get("Cookie"))
})

// ask prints what client gets from whoami.
func ask(client *http.Client) {
	resp, err := client.Get("https://api.example/whoami")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
}

// Code that takes an http.Client runs in a page, with the cookies of the browser.
func ExamplePage_Client() {
	var browser fetchtest.Browser
	browser.Hosts().Handle("https://api.example", whoami)
	if err := browser.SetCookie("https://api.example", "id=7; Secure; SameSite=None"); err != nil {
		fmt.Println(err)
		return
	}
	page := browser.Open("https://app.example/")
	ask(page.Client(&fetch.Params{Credentials: fetch.CredentialsInclude}))
	ask(page.Client(nil)) // as fetch() without credentials: "include"
	// Output:
	// cookies: id=7 <nil>
	// cookies:  <nil>
}

// A Jar in the http.Client does not work: whose cookies are sent, and when, is the
// browser's to say.
func ExamplePage_Client_incorrect() {
	var browser fetchtest.Browser
	browser.Hosts().Handle("https://api.example", whoami)
	client := browser.Open("https://app.example/").Client(&fetch.Params{Credentials: fetch.CredentialsInclude})

	jar, err := cookiejar.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	jar.SetCookies(&url.URL{Scheme: "https", Host: "api.example"}, []*http.Cookie{{Name: "id", Value: "7"}})
	client.Jar = jar // has no effect; Browser.SetCookie has
	ask(client)
	// Output: cookies:  <nil>
}
