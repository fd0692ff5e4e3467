package sri_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/corsengine/corsengine/internal/sri"
)

func ExampleParse() {
	m := sri.Parse("sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng= sha384-AAAA?x md5-AAAA")
	fmt.Println(m)
	fmt.Println(sri.Parse("md5-AAAA").Empty())
	// Output:
	// sha384-AAAA
	// true
}

func ExampleMetadata_NewVerifier() {
	m := sri.Parse("sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=")
	for _, body := range []string{"alert('Hello, world.');", "alert('Goodbye.');"} {
		v := m.NewVerifier()
		io.Copy(v, strings.NewReader(body))
		fmt.Println(v.Match())
	}
	// Output:
	// true
	// false
}

func ExampleVerifier_Digest() {
	v := sri.Parse("sha256-AAAA").NewVerifier()
	io.Copy(v, strings.NewReader("alert('Hello, world.');"))
	fmt.Println(v.Digest())
	// Output: sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=
}
