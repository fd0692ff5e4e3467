package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// The origins of the demonstration. The page is the first one's.
const (
	app      = "https://app.example"
	api      = "https://api.example"      // lets the page in
	internal = "https://internal.example" // has never heard of CORS
)

// servers returns the origins of the demonstration.
func servers() *fetchtest.Network {
	same := http.NewServeMux()
	same.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Set-Cookie", "session=1")
		io.WriteString(w, "hello from home")
	})
	same.Handle("GET /moved", http.RedirectHandler("/hello", http.StatusFound))
	same.HandleFunc("GET /slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })

	cross := http.NewServeMux()
	cross.HandleFunc("GET /items", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Total", "2")
		w.Header().Set("X-Hidden", "from the page")
		w.Header().Set("Access-Control-Expose-Headers", "x-total")
		io.WriteString(w, `[{"name":"a"},{"name":"b"}]`)
	})
	cross.HandleFunc("PUT /items", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "stored %s", body)
	})
	cross.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(r.ContentLength))
		io.Copy(w, r.Body)
	})
	cross.HandleFunc("GET /endless", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return // the page has had enough
			}
		}
	})
	cross.HandleFunc("OPTIONS /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Allow-Headers", "content-type, x-request-id")
		w.Header().Set("Access-Control-Max-Age", fmt.Sprint(int(time.Hour/time.Second)))
	})
	allowed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", app)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Vary", "Origin")
		cross.ServeHTTP(w, r)
	})
	secret := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "for the staff only")
	})
	network := new(fetchtest.Network)
	network.Handle(app, same)
	network.Handle(api, allowed)
	network.Handle(internal, secret)
	return network
}
