package fetch_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// readmeGet is the README's use as a RoundTripper.
func readmeGet() (*http.Response, error, bool) {
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	engine := &fetch.Client{}
	client := &http.Client{Transport: engine.Transport(&fetch.Params{Environment: page})}
	resp, err := client.Get("https://api.example/items")
	refused := errors.Is(err, fetch.ReasonMissingAllowOrigin) // the page could not read this
	return resp, err, refused
}

var _ = readmeGet // it would leave the machine

// TestReadme checks that the code in the README is compiled: here, or in package
// fetchtest.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, name := range []string{"readme_test.go", "fetchtest/readme_test.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(source)
	}
	source := sources.String()
	unindented := strings.ReplaceAll(source, "\n\t", "\n")
	blocks := strings.Split(string(readme), "```go\n")[1:]
	if len(blocks) != 3 {
		t.Fatalf("the README has %d blocks of Go; want three", len(blocks))
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if _, body, ok := strings.Cut(code, "\n)\n\n"); ok {
			code = body // without the imports
		}
		if !strings.Contains(source, code) && !strings.Contains(unindented, code) {
			t.Errorf("this code of the README is not compiled:\n%s", code)
		}
	}
}
