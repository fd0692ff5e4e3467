package header_test

import (
	"fmt"
	"mime"
	"net/http"

	"github.com/corsengine/corsengine/header"
)

func ExampleParseMIME() {
	const s = `Text/HTML; charset=utf-8; charset=latin1; title="a;\"b"`
	m, ok := header.ParseMIME(s)
	fmt.Println(ok, m.Type, m.Subtype)
	for _, p := range m.Params {
		fmt.Printf("%s = %s\n", p.Name, p.Value)
	}
	_, _, err := mime.ParseMediaType(s)
	fmt.Println("mime.ParseMediaType accepts it:", err == nil)
	// Output:
	// true text html
	// charset = utf-8
	// title = a;"b
	// mime.ParseMediaType accepts it: false
}

func ExampleExtractMIME() {
	h := http.Header{"Content-Type": {"text/html; charset=gbk; a=b", "text/html; x=y", "*/*"}}
	fmt.Println(header.ExtractMIME(h))
	// Output: text/html;x=y;charset=gbk true
}

func ExampleMIME_Essence() {
	m, _ := header.ParseMIME("Image/SVG+XML;charset=utf-8")
	fmt.Println(m.Essence())
	// Output: image/svg+xml
}

func ExampleMIME_JavaScript() {
	for _, s := range []string{"text/javascript;charset=utf-8", "application/json"} {
		m, _ := header.ParseMIME(s)
		fmt.Println(m.JavaScript())
	}
	// Output:
	// true
	// false
}

func ExampleNosniff() {
	fmt.Println(header.Nosniff(http.Header{"X-Content-Type-Options": {"NoSniff, x"}}))
	fmt.Println(header.Nosniff(http.Header{"X-Content-Type-Options": {"x", "nosniff"}}))
	// Output:
	// true
	// false
}

func ExampleBlocked() {
	h := http.Header{"Content-Type": {"text/plain"}}
	fmt.Println(header.Blocked(h, "script"))
	h.Set("X-Content-Type-Options", "nosniff")
	fmt.Println(header.Blocked(h, "script"), header.Blocked(h, "image"))
	h.Set("Content-Type", "image/png")
	h.Del("X-Content-Type-Options")
	fmt.Println(header.Blocked(h, "script"))
	// Output:
	// false
	// true false
	// true
}
