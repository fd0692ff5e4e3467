package fetch_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// The production handler, with whatever CORS middleware it has.
var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
	w.Header().Set("Access-Control-Allow-Headers", "content-type")
})

func TestFrontEndCanPostJSON(t *testing.T) {
	api := httptest.NewServer(handler)
	defer api.Close()

	req, err := http.NewRequest("POST", api.URL+"/items", strings.NewReader(`{"name":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json") // needs a preflight

	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	resp, err := new(fetch.Client).Fetch(req, &fetch.Params{Environment: page})
	if err != nil {
		t.Fatal(err) // says which header is missing, and what it would have to be
	}
	defer resp.Body.Close()
}

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

// TestReadme checks that the code in the README is the code above, and that the
// message it shows is the one that is printed.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	unindented := strings.ReplaceAll(string(source), "\n\t", "\n")
	blocks := strings.Split(string(readme), "```go\n")[1:]
	if len(blocks) != 2 {
		t.Fatalf("the README has %d blocks of Go; want two", len(blocks))
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if _, body, ok := strings.Cut(code, "\n)\n\n"); ok {
			code = body // without the imports
		}
		if !strings.Contains(string(source), code) && !strings.Contains(unindented, code) {
			t.Errorf("this code of the README is not compiled:\n%s", code)
		}
	}

	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
	}))
	defer api.Close()
	req := newRequest(t, "POST", api.URL+"/items", `{"name":"x"}`, "Content-Type: application/json")
	_, err = new(fetch.Client).Fetch(req, &fetch.Params{Environment: app})
	wantReason(t, err, fetch.ReasonHeaderNotAllowed)
	message := strings.ReplaceAll(string(readme), "\n", " ")
	if got := strings.ReplaceAll(err.Error(), api.URL, "http://127.0.0.1:41513"); !strings.Contains(message, got) {
		t.Errorf("the README shows another message than\n%s", got)
	}
}
