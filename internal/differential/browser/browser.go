// Package browser drives the browsers that the engine is compared with: headless
// ones, with fresh profiles, that reach nothing but the servers on loopback.
//
// Their settings take away what is not of the Fetch Standard: mixed content
// blocking, upgrades to https, checks for access to the local network, tracking
// protection. Certificates are not verified.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// ErrNotInstalled is wrapped by the error of a browser that has no executable.
var ErrNotInstalled = errors.New("not installed")

// A Browser is a running browser with a fresh profile. Whoever started it has to
// close it; its pages end with it. Its methods may be called concurrently.
//
// If the browser dies, calls under way and later ones fail.
type Browser interface {
	// Name returns "chromium" or "firefox".
	Name() string

	// Version returns the version number that the browser reports.
	Version() string

	// Open opens a tab and returns when the URL's document has loaded, whatever
	// its status. It fails, and the tab is closed, if the URL cannot be loaded.
	Open(ctx context.Context, url string) (Page, error)

	// SetCookies stores cookies that no site partitions, as if each had come
	// from its host on a visit there.
	SetCookies(ctx context.Context, cookies []Cookie) error

	// DeleteCookies deletes the cookies of a path, whatever their host. Browsers
	// keep a limited number of them for a site.
	DeleteCookies(ctx context.Context, path string) error

	// Close ends the browser with all of its processes and removes the profile.
	// The error says what of that did not work. Only the first call does
	// anything.
	Close() error
}

// A Page is a loaded tab. Its methods may be called concurrently.
type Page interface {
	// Call calls a JavaScript function in the page, with the value that the JSON
	// of arg describes, awaits its result and stores the JSON of that in result,
	// unless result is nil. An undefined result counts as null.
	//
	// function is the source text of a function or arrow expression. If it
	// throws or is no function, the error is an [*Exception].
	//
	// If ctx ends, Call returns, but the function goes on.
	Call(ctx context.Context, function string, arg, result any) error

	// Close closes the tab.
	Close(ctx context.Context) error
}

// A Cookie is a cookie of a session, for one host and not its subdomains.
type Cookie struct {
	Name, Value  string
	Domain, Path string // Domain is a host
	Secure       bool
	HTTPOnly     bool
	SameSite     string // "none", "lax", "strict"; "" for a cookie without the attribute
}

// Options say how to start a browser.
type Options struct {
	// Path is the executable, or "" for what PATH has under the names that
	// Debian gives it.
	Path string

	// Hosts are the names that resolve to 127.0.0.1, besides localhost. No other
	// does.
	Hosts []string

	// Log receives what the browser prints, if it is not nil. It is written to
	// from one goroutine, until Close returns.
	Log io.Writer
}

// An Exception is what a JavaScript function threw.
type Exception struct {
	Message string // the thrown value as a string
}

func (e *Exception) Error() string { return "exception in page: " + e.Message }

// find returns the path of the executable.
func (o *Options) find(names ...string) (string, error) {
	if o.Path != "" {
		names = []string{o.Path}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%q: %w", names, ErrNotInstalled)
}

// expression returns JavaScript source of a function that takes JSON and resolves
// to the JSON of an outcome, so that values are passed in the same way to every
// browser.
func expression(function string) string {
	return `async (json) => {
		try {
			return JSON.stringify({value: await (` + function + `
			)(JSON.parse(json))});
		} catch (e) {
			return JSON.stringify({thrown: String(e)});
		}
	}`
}

// An outcome is what an expression resolves to.
type outcome struct {
	Value  json.RawMessage `json:"value"`
	Thrown *string         `json:"thrown"`
}

// decode stores the value of an outcome in result.
func decode(text string, result any) error {
	var o outcome
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("result of a function: %w", err)
	}
	switch {
	case o.Thrown != nil:
		return &Exception{*o.Thrown}
	case result == nil:
		return nil
	case o.Value == nil: // of undefined there is no JSON
		o.Value = json.RawMessage("null")
	}
	if err := json.Unmarshal(o.Value, result); err != nil {
		return fmt.Errorf("result of a function: %w", err)
	}
	return nil
}
