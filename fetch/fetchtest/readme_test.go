package fetchtest_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// The production handler, with whatever CORS middleware it has.
var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
	w.Header().Set("Access-Control-Allow-Headers", "content-type")
})

func TestFrontEndCanPostJSON(t *testing.T) {
	browser := fetchtest.NewBrowser(t, fetchtest.Hosts{"https://api.example": handler})
	page := browser.Open("https://app.example/")
	resp, err := page.Fetch(t.Context(), "https://api.example/items", &fetchtest.Init{
		Method: "POST",
		Header: http.Header{"Content-Type": {"application/json"}}, // needs a preflight
		Body:   `{"name":"x"}`,
	})
	if err != nil {
		t.Fatal(err) // what was asked and answered, which rule refused it, what to change
	}
	defer resp.Body.Close()
}

func TestCORS(t *testing.T) {
	policy := &fetchtest.Policy{
		Paths:   []string{"/items", "/missing"}, // a page has to be able to read errors, too
		Origins: []string{"https://app.example"},
		Methods: []string{"GET", "POST"},
		Headers: []string{"Content-Type: application/json"},
		MaxAge:  5 * time.Second, // what browsers assume if the server says nothing
	}
	findings, err := policy.Check(t.Context(), handler)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range findings {
		t.Error(finding)
	}
}

// TestReadmeMessage checks that the message in the README is the one that is
// printed. That the code in the README is the code above is for a test of package
// fetch.
func TestReadmeMessage(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	browser := fetchtest.NewBrowser(t, fetchtest.Hosts{"https://api.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
	})})
	_, err = browser.Open("https://app.example/").Fetch(t.Context(), "https://api.example/items", &fetchtest.Init{
		Method: "POST",
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   `{"name":"x"}`,
	})
	if err == nil {
		t.Fatal("the fetch was allowed")
	}
	got := strings.ReplaceAll(err.Error(), "\t", "    ")
	if !strings.Contains(string(readme), "```\n"+got+"\n```") {
		t.Errorf("the README shows another message than\n%s", got)
	}
}
