// Command page runs a script as a page of https://app.example, between three
// origins that are served in process, and prints what the page and its developer
// see, and what the servers do.
//
//	go run ./cmd/page [script.js]
//
// Without a script it runs a demonstration of what a page can do and what it cannot.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/embed"
)

//go:embed demo.js
var demo string

func main() {
	log.SetFlags(0)
	name, script := "demo.js", demo
	if len(os.Args) > 1 {
		name = os.Args[1]
		source, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		script = string(source)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, name, script, func(line string) { fmt.Println(line) }); err != nil {
		log.Fatal(err)
	}
}

// run runs a script, and calls print with each line of what happens. print is not
// called by two goroutines at once.
func run(ctx context.Context, name, script string, print func(line string)) error {
	lines := make(chan string)
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		for line := range lines {
			print(line)
		}
	}()
	defer func() {
		close(lines)
		<-printed
	}()

	u, err := fetch.ParseURL(nil, app+"/index.html")
	if err != nil {
		return err
	}
	network := servers()
	defer network.Close()
	page := embed.New(embed.Options{
		Client: &fetch.Client{Base: logged{network, lines}},
		Environment: &fetch.Environment{
			Origin: fetch.OriginOf(u),
			URL:    u,
		},
		Console: func(level, text string) {
			if level == "error" {
				text = "console: " + text
			}
			lines <- text
		},
	})
	defer page.Close()
	return page.Run(ctx, name, script)
}

// logged writes a line for each request that reaches a server.
type logged struct {
	http.RoundTripper
	lines chan<- string
}

// RoundTrip implements [http.RoundTripper].
func (l logged) RoundTrip(req *http.Request) (*http.Response, error) {
	l.lines <- fmt.Sprintf("    -> %s %s", req.Method, req.URL)
	return l.RoundTripper.RoundTrip(req)
}
