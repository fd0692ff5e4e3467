package fetchtest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// A login form on one site, which leads to a page of another.
func ExamplePage_Submit() {
	var browser fetchtest.Browser
	browser.Hosts().Handle("https://login.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Redirect(w, r, "https://shop.example/?user="+url.QueryEscape(r.PostFormValue("name")), http.StatusSeeOther)
		}
	}))
	browser.Hosts().Handle("https://shop.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
		fmt.Fprintf(w, "hello, %s", r.FormValue("user"))
	}))

	ctx := context.Background()
	form, err := browser.Navigate(ctx, "https://login.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := form.Submit(ctx, "/", url.Values{"name": {"eve"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.Environment.URL, page.Environment.Origin, string(page.Body))
	// Output: https://shop.example/?user=eve null hello, eve
}

// XMLHttpRequest with a listener to the progress of its upload needs a preflight,
// however simple the request.
func ExamplePage_Send() {
	var browser fetchtest.Browser
	browser.Hosts().Handle("https://api.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	page := browser.Open("https://app.example/")
	resp, err := page.Send(context.Background(), "https://api.example/upload", &fetchtest.XHR{
		Method:         "POST",
		Body:           "hello",
		UploadListener: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(browser.Hosts().Exchanges())
	// Output: [OPTIONS https://api.example/upload (preflight) POST https://api.example/upload]
}
