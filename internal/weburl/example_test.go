package weburl_test

import (
	"fmt"
	"net/url"

	"github.com/corsengine/corsengine/internal/weburl"
)

// A Location value that net/url takes for a path leads to another origin.
func ExampleParse() {
	base, err := weburl.Parse("https://good.example/account", nil)
	if err != nil {
		panic(err)
	}
	location := `\\EVIL.example\account`
	u, err := weburl.Parse(location, &base)
	fmt.Println(u, u.Origin(), err)

	n, err := base.Net().Parse(location)
	fmt.Println(n, err)

	_, err = weburl.Parse("https://user:password@evil.example:70000/", nil)
	fmt.Println(err)
	// Output:
	// https://evil.example/account https://evil.example <nil>
	// https://good.example/%5C%5CEVIL.example%5Caccount <nil>
	// weburl: "https://...@evil.example:70000/": port-out-of-range
}

func ExampleFromNet() {
	u, err := weburl.FromNet(&url.URL{Scheme: "http", Host: "0x7F.1:80", Path: "/a b"})
	fmt.Println(u, err)
	// Output: http://127.0.0.1/a%20b <nil>
}

func ExampleURL_Net() {
	u, err := weburl.Parse("http://h/100%", nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(u.Net())
	fmt.Println(weburl.OriginForm(u.Net()).RequestURI())
	_, err = url.Parse(u.String())
	fmt.Println(err)
	// Output:
	// http://h/100%
	// /100%
	// parse "http://h/100%": invalid URL escape "%"
}

func ExampleParseHost() {
	for _, host := range []string{"Bücher.example", "0x7f.1", "[0:0::1]", "a b"} {
		fmt.Println(weburl.ParseHost(host, true))
	}
	// Output:
	// xn--bcher-kva.example <nil>
	// 127.0.0.1 <nil>
	// [::1] <nil>
	//  weburl: "a b": domain-to-ASCII
}
