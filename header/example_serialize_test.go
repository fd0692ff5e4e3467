package header_test

import (
	"fmt"

	"github.com/corsengine/corsengine/header"
)

func ExampleMIME_String() {
	m, _ := header.ParseMIME(`Text/HTML; Charset="utf-8"; title="a b"`)
	fmt.Println(m)
	// Output:
	// text/html;charset=utf-8;title="a b"
}
