package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/corsengine/corsengine/fetch"
)

// The same-origin policy does not keep a request from being sent. What does, for
// a program that fetches on behalf of others, is a rule of its own, which sees
// preflights and redirects too. A name that resolves to such an address takes the
// Control function of the dialer.
func ExampleClient_checkRequest() {
	errPrivate := errors.New("not for you")
	client := &fetch.Client{
		CheckRequest: func(req *http.Request, _ *fetch.Params) error {
			if ip, err := netip.ParseAddr(req.URL.Hostname()); err == nil && (ip.IsPrivate() || ip.IsLoopback()) {
				return errPrivate
			}
			return nil
		},
	}
	req, err := http.NewRequest("GET", "http://0x7f.1/admin", nil) // a spelling of 127.0.0.1
	if err != nil {
		fmt.Println(err)
		return
	}
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	_, err = client.Fetch(req, &fetch.Params{Environment: page})
	fmt.Println(errors.Is(err, fetch.ReasonCheckRequest), errors.Is(err, errPrivate))
	// Output: true true
}

// An application's own pages and what they load.
func ExampleClient_schemes() {
	client := &fetch.Client{Schemes: map[string]http.RoundTripper{
		"wails": roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/css"}}, Request: r}, nil
		}),
	}}
	for _, origin := range []string{"wails://wails", "https://evil.example"} {
		page := &fetch.Environment{Origin: fetch.MustParseOrigin(origin)}
		req, err := http.NewRequest("GET", "wails://wails/style.css", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp, err := client.Fetch(req, &fetch.Params{Environment: page})
		if err != nil {
			fmt.Println(errors.Is(err, fetch.ReasonNotHTTP))
			continue
		}
		fmt.Println(resp.Type, resp.Header.Get("Content-Type"))
		resp.Body.Close()
	}
	// Output:
	// basic text/css
	// true
}

func ExampleParseCredentials() {
	c, err := fetch.ParseCredentials("include")
	fmt.Println(c, err)
	// Output: include <nil>
}

func ExampleParseRedirect() {
	r, err := fetch.ParseRedirect("")
	fmt.Println(r, err)
	// Output: follow <nil>
}

func ExampleParseCache() {
	c, err := fetch.ParseCache("no-store")
	fmt.Println(c, err)
	// Output: no-store <nil>
}

func ExampleForbiddenMethod() {
	fmt.Println(fetch.ForbiddenMethod("Trace"), fetch.ForbiddenMethod("patch"))
	// Output: true false
}

func ExampleOriginOf() {
	u, err := fetch.ParseURL(nil, "https://APP.example:443/page#top")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fetch.OriginOf(u))
	// Output: https://app.example
}
