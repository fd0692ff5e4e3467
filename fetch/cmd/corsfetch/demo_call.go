package main

import (
	"fmt"
	"strings"

	"github.com/corsengine/corsengine/fetch"
)

// call returns the request as the author of the page would write it.
func (r demoRequest) call() string {
	if r.params.Destination != "" {
		return r.element()
	}
	var options []string
	add := func(name string, value any) { options = append(options, fmt.Sprintf("%s: %v", name, value)) }
	if r.method != "" {
		add("method", quoteJS(r.method))
	}
	if len(r.header) > 0 {
		var pairs []string
		for _, line := range r.header {
			name, value, _ := strings.Cut(line, ": ")
			pairs = append(pairs, quoteJS(name)+": "+quoteJS(value))
		}
		add("headers", "{"+strings.Join(pairs, ", ")+"}")
	}
	if r.body != "" {
		add("body", quoteJS(r.body))
	}
	// What is a zero value here is a default there.
	if r.params.Credentials != 0 {
		add("credentials", quoteJS(r.params.Credentials.String()))
	}
	if r.params.Mode != 0 {
		add("mode", quoteJS(r.params.Mode.String()))
	}
	if r.params.Redirect != 0 {
		add("redirect", quoteJS(r.params.Redirect.String()))
	}
	if r.params.ReferrerPolicy != "" {
		add("referrerPolicy", quoteJS(string(r.params.ReferrerPolicy)))
	}
	if len(options) == 0 {
		return "fetch(" + quoteJS(r.url) + ")"
	}
	return "fetch(" + quoteJS(r.url) + ", {" + strings.Join(options, ", ") + "})"
}

// element returns the HTML that makes the request.
func (r demoRequest) element() string {
	var attributes string
	if r.params.Mode == fetch.ModeCORS {
		attributes += " crossorigin"
	}
	if r.params.Integrity != "" {
		attributes += " integrity=" + quoteJS(r.params.Integrity)
	}
	switch r.params.Destination {
	case "script":
		return "<script src=" + quoteJS(r.url) + attributes + "></script>"
	case "style":
		return "<link rel='stylesheet' href=" + quoteJS(r.url) + attributes + ">"
	}
	return "<img src=" + quoteJS(r.url) + attributes + ">"
}

// failure is what the page gets if there is no response for it.
func (r demoRequest) failure() string {
	if r.params.Destination != "" {
		return "an error event"
	}
	return "TypeError"
}

func quoteJS(s string) string { return "'" + s + "'" }
