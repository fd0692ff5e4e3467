package decode_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/corsengine/corsengine/internal/decode"
)

func ExampleReader() {
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	io.WriteString(w, "Hello, World!")
	w.Close()
	resp := &http.Response{
		Header: http.Header{"Content-Encoding": {"gzip"}},
		Body:   io.NopCloser(&body),
	}

	if codings, ok := decode.Codings(resp.Header); ok {
		r, err := decode.Reader(resp.Body, codings, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body = r
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	fmt.Printf("%s, %v\n", text, err)
	// Output:
	// Hello, World!, <nil>
}

func ExampleError() {
	body := io.NopCloser(strings.NewReader("<!DOCTYPE html>"))
	r, _ := decode.Reader(body, []string{"gzip"}, nil)
	defer r.Close()
	_, err := io.ReadAll(r)
	fmt.Println(err)
	fmt.Println(errors.Is(err, gzip.ErrHeader))
	// Output:
	// content coding gzip: gzip: invalid header
	// true
}

func ExampleCodings() {
	fmt.Println(decode.Codings(http.Header{"Content-Encoding": {"GZIP", "br"}}))
	fmt.Println(decode.Codings(http.Header{"Content-Encoding": {"gzip;q=1"}}))
	// Output:
	// [gzip br] true
	// [] false
}

func ExampleSupported() {
	codings := []string{"gzip", "br"}
	fmt.Println(decode.Supported(codings, nil))
	fmt.Println(decode.Supported(codings, map[string]decode.Decoder{"br": brotli}))
	// Output:
	// false
	// true
}

func ExampleAcceptEncoding() {
	fmt.Println(decode.AcceptEncoding(nil))
	fmt.Println(decode.AcceptEncoding(map[string]decode.Decoder{"br": brotli}))
	// Output:
	// gzip, deflate
	// gzip, deflate, br
}

func ExampleCheckDecoders() {
	fmt.Println(decode.CheckDecoders(map[string]decode.Decoder{"br": brotli}))
	fmt.Println(decode.CheckDecoders(map[string]decode.Decoder{"Brotli!": nil}))
	// Output:
	// <nil>
	// decode: "Brotli!" is no content coding in lowercase
}

// brotli stands for a decoder from another module.
func brotli(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(r), nil }
