package dataurl_test

import (
	"fmt"

	"github.com/corsengine/corsengine/internal/dataurl"
	"github.com/corsengine/corsengine/internal/weburl"
)

func ExampleProcess() {
	for _, s := range []string{
		"data:text/html;charset=utf-8,%3Cb%3EHello%3C/b%3E#ignored",
		"data:;base64,SGVsbG8sIFdvcmxkIQ",
		"data:text/plain;base64,Hello, World!",
	} {
		u, err := weburl.Parse(s, nil)
		if err != nil {
			fmt.Println(err)
			continue
		}
		mime, body, err := dataurl.Process(u)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s: %s\n", mime, body)
	}
	// Output:
	// text/html;charset=utf-8: <b>Hello</b>
	// text/plain;charset=US-ASCII: Hello, World!
	// data URL with malformed base64
}
