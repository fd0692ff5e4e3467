package fetch_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"
	"os"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
)

// The first argument is a page, the others are what its scripts fetch.
func main() {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		log.Fatal(err)
	}
	engine := &fetch.Client{Jar: jar, UserAgent: "examplebot/1.0 (+https://example.com/bot)"}

	// The page is loaded as from an address bar: the http.Client follows redirects.
	browser := &http.Client{
		Transport: engine.Transport(&fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}),
		Timeout:   30 * time.Second,
	}
	resp, err := browser.Get(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close() // once the page has been read

	// Everything else is loaded with the page's rights, and no more.
	page := &fetch.Environment{Origin: fetch.OriginOf(resp.Request.URL), URL: resp.Request.URL}
	for _, url := range os.Args[2:] {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			log.Fatal(err)
		}
		resp, err := engine.Fetch(req, &fetch.Params{Environment: page})
		if refused, ok := errors.AsType[*fetch.NetworkError](err); ok {
			fmt.Println(refused)
			continue
		}
		fmt.Println(url, resp.Status)
		resp.Body.Close()
	}
}

var _ = main // it would leave the machine
