package fetchtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// ErrTypeError is all that a page may learn: which check failed must not reach script.
var ErrTypeError = errors.New("TypeError: Failed to fetch")

// A Window is a page. Its scripts run on one goroutine, which runs the Tasks.
type Window struct {
	Client  *fetch.Client      // shared by all windows of the browser
	Env     *fetch.Environment // the page's origin, URL and policies
	Console func(msg string)   // the developer's
	Tasks   chan func()
}

// RequestInit is what the script has passed, as strings.
type RequestInit struct {
	Method, Mode, Credentials, Redirect string
	Header                              http.Header
	Body                                io.Reader
}

// Fetch is window.fetch. It returns at once; settle settles the promise, as a task.
func (w *Window) Fetch(ctx context.Context, href string, init RequestInit, settle func(*fetch.Response, error)) {
	u, errURL := fetch.ParseURL(w.Env.URL, href)
	req, errMethod := http.NewRequestWithContext(ctx, fetch.NormalizeMethod(init.Method), "", init.Body)
	mode, errMode := fetch.ParseMode(init.Mode) // refuses "navigate", as browsers do
	credentials, errCredentials := fetch.ParseCredentials(init.Credentials)
	redirect, errRedirect := fetch.ParseRedirect(init.Redirect)
	err := errors.Join(errURL, errMethod, errMode, errCredentials, errRedirect)
	params := &fetch.Params{Environment: w.Env, Mode: mode, Credentials: credentials, Redirect: redirect}
	go func() {
		var resp *fetch.Response
		if err == nil {
			req.URL, req.Header = u, init.Header
			resp, err = w.Client.Fetch(req, params)
		}
		w.Tasks <- func() {
			if err != nil {
				w.Console(err.Error())
				settle(nil, ErrTypeError)
				return
			}
			settle(resp, nil) // Type, Status, URL, Header and Body map one to one
		}
	}()
}

// The first argument is a page, the others are what its scripts fetch.
func main() {
	page, err := fetch.ParseURL(nil, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	w := &Window{
		Client:  &fetch.Client{},
		Env:     &fetch.Environment{Origin: fetch.OriginOf(page), URL: page},
		Console: func(msg string) { log.Print("console: ", msg) },
		Tasks:   make(chan func()),
	}
	hrefs := os.Args[2:]
	for _, href := range hrefs {
		w.Fetch(context.Background(), href, RequestInit{}, func(resp *fetch.Response, err error) {
			if err != nil {
				fmt.Println(href, "rejects with", err)
				return
			}
			defer resp.Body.Close()
			fmt.Println(href, "is of type", resp.Type, "with status", resp.Status)
		})
	}
	for range hrefs {
		(<-w.Tasks)()
	}
}

var _ = main // it would leave the machine

// TestReadmeWindow checks that the window of the README shows a page what a page may
// see, and its developer why.
func TestReadmeWindow(t *testing.T) {
	page, err := fetch.ParseURL(nil, "https://app.example/")
	if err != nil {
		t.Fatal(err)
	}
	network := new(fetchtest.Network)
	network.Handle("https://app.example", http.NotFoundHandler())
	network.Handle("https://api.example", http.NotFoundHandler())
	var seen, console []string
	w := &Window{
		Client:  &fetch.Client{Base: network},
		Env:     &fetch.Environment{Origin: fetch.OriginOf(page), URL: page},
		Console: func(msg string) { console = append(console, msg) },
		Tasks:   make(chan func()),
	}
	for _, tt := range []struct{ href, method, mode string }{
		{"/x", "", ""},
		{"https://api.example/", "", ""},
		{"https://api.example/", "", "no-cors"},
		{"/", "", "navigate"},
		{"http://:", "", ""},
		{"/", "A B", ""},
	} {
		w.Fetch(t.Context(), tt.href, RequestInit{Method: tt.method, Mode: tt.mode}, func(resp *fetch.Response, err error) {
			if err != nil {
				seen = append(seen, err.Error())
				return
			}
			resp.Body.Close()
			seen = append(seen, string(resp.Type))
		})
		(<-w.Tasks)()
	}
	failed := ErrTypeError.Error()
	if want := []string{"basic", failed, "opaque", failed, failed, failed}; !slices.Equal(seen, want) {
		t.Errorf("the page sees %q; want %q", seen, want)
	}
	if len(console) != 4 || !strings.Contains(console[0], string(fetch.ReasonMissingAllowOrigin)) {
		t.Errorf("the console has %q; want four messages, first %q", console, fetch.ReasonMissingAllowOrigin)
	}
}
