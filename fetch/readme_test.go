package fetch_test

import (
	"errors"
	"net/http"
	"os"
	"regexp"
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
	for _, name := range []string{"readme_test.go", "readme_crawl_test.go", "fetchtest/readme_test.go",
		"fetchtest/readme_embed_test.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(source)
	}
	source := sources.String()
	unindented := strings.ReplaceAll(source, "\n\t", "\n")
	blocks := strings.Split(string(readme), "```go\n")[1:]
	if len(blocks) != 5 {
		t.Fatalf("the README has %d blocks of Go; want five", len(blocks))
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

// TestReadmeReasons checks that the README says what to do about every Reason.
func TestReadmeReasons(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	reasons := regexp.MustCompile(`Reason = "([a-z-]+)"`).FindAllSubmatch(source, -1)
	if len(reasons) < 30 {
		t.Fatalf("only %d reasons in reason.go", len(reasons))
	}
	for _, m := range reasons {
		if row := "| `" + string(m[1]) + "` |"; strings.Count(string(readme), row) != 1 {
			t.Errorf("the README has %q %d times; want once", row, strings.Count(string(readme), row))
		}
	}
}
