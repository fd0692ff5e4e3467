package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// options are what the command line asks for.
type options struct {
	page           *url.URL // nil if origin is opaque, or of no use as a URL
	origin         fetch.Origin
	topLevel       fetch.Origin
	url            *url.URL
	method         string
	header         http.Header
	addedType      bool  // header has a Content-Type that the body brought along
	body           *body // nil for none
	mode           fetch.Mode
	credentials    fetch.Credentials
	redirect       fetch.Redirect
	forcePreflight bool
	timeout        time.Duration
	json           bool
}

// parseOptions parses a command line without "demo". Its error is
// [flag.ErrHelp] if help is wanted.
func parseOptions(args []string) (*options, error) {
	o := &options{header: make(http.Header)}
	var data *string
	fs := o.flags(&data)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case o.origin == fetch.Origin{}:
		return nil, errors.New("-origin is missing: whose page is it that makes the request? For example -origin https://app.example")
	case fs.NArg() == 0:
		return nil, errors.New("the URL is missing")
	case fs.NArg() > 1:
		return nil, fmt.Errorf("one URL is enough, and flags come before it; there is also %q", fs.Arg(1))
	case o.timeout < 0:
		return nil, errors.New("-timeout is negative")
	}
	var err error
	if o.url, err = fetch.ParseURL(nil, fs.Arg(0)); err != nil {
		return nil, fmt.Errorf("this is no URL; it has to look like https://api.example/path: %w", err)
	}
	if !o.origin.Opaque() {
		// A page of a scheme that only its application knows has no URL here.
		o.page, _ = fetch.ParseURL(nil, o.origin.String()+"/")
	}
	if data != nil {
		// The last thing that can fail, because it may open a file.
		if o.body, err = newBody(*data); err != nil {
			return nil, fmt.Errorf("-d: %w", err)
		}
	}
	o.complete()
	return o, nil
}

// flags returns the flags that set o, and data if there is a body.
func (o *options) flags(data **string) *flag.FlagSet {
	fs := flag.NewFlagSet("corsfetch", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run reports errors, and doc.go is the help
	fs.Func("origin", "", into(&o.origin, fetch.ParseOrigin))
	fs.StringVar(&o.method, "X", "", "")
	fs.Func("H", "", o.addHeader)
	fs.Func("d", "", func(s string) error { *data = &s; return nil })
	fs.Func("credentials", "", into(&o.credentials, fetch.ParseCredentials))
	fs.Func("mode", "", into(&o.mode, fetch.ParseMode))
	fs.Func("redirect", "", into(&o.redirect, fetch.ParseRedirect))
	fs.Func("top-level", "", into(&o.topLevel, fetch.ParseOrigin))
	fs.BoolVar(&o.forcePreflight, "force-preflight", false, "")
	fs.DurationVar(&o.timeout, "timeout", 0, "")
	fs.BoolVar(&o.json, "json", false, "")
	return fs
}

// into returns a flag's function that parses its value into p.
func into[T any](p *T, parse func(string) (T, error)) func(string) error {
	return func(s string) (err error) {
		*p, err = parse(s)
		return err
	}
}

func (o *options) addHeader(line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" {
		return errors.New("a header looks like 'Name: value'")
	}
	o.header.Add(name, header.Normalize(value))
	return nil
}

// complete fills in what follows from the rest.
func (o *options) complete() {
	if o.body == nil {
		o.method = cmp.Or(o.method, http.MethodGet)
		return
	}
	o.method = cmp.Or(o.method, http.MethodPost)
	if _, ok := header.Get(o.header, "Content-Type"); !ok && o.body.mediaType != "" {
		o.header.Set("Content-Type", o.body.mediaType)
		o.addedType = true
	}
}

// normalized returns the method that the page's fetch() makes of o.method.
func (o *options) normalized() string { return fetch.NormalizeMethod(o.method) }

// sameOrigin reports whether the URL is of the page's own origin.
func (o *options) sameOrigin() bool { return fetch.OriginOf(o.url) == o.origin }

// shownURL returns the URL without what is secret and what is not sent.
func (o *options) shownURL() string { return urlForDisplay(o.url) }

func (o *options) params() *fetch.Params {
	return &fetch.Params{
		Environment: &fetch.Environment{
			Origin:   o.origin,
			URL:      o.page,
			TopLevel: o.topLevel,
		},
		Mode:           o.mode,
		Credentials:    o.credentials,
		Redirect:       o.redirect,
		ForcePreflight: o.forcePreflight,
	}
}

func (o *options) request(ctx context.Context) *http.Request {
	req := (&http.Request{Method: o.method, URL: o.url, Header: o.header}).WithContext(ctx)
	if o.body != nil {
		req.Body = o.body
		req.GetBody = o.body.open
		req.ContentLength = o.body.size
	}
	return req
}

// A body is that of a request. It can be read once, and opened anew as often as
// redirects ask for it.
type body struct {
	io.ReadCloser
	open      func() (io.ReadCloser, error)
	size      int64
	mediaType string // "" for none
}

// newBody returns the body for a value of -d: a string, or @ and a file's name.
func newBody(value string) (*body, error) {
	name, isFile := strings.CutPrefix(value, "@")
	if !isFile {
		open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(value)), nil }
		first, _ := open()
		// See https://fetch.spec.whatwg.org/#concept-bodyinit-extract.
		return &body{first, open, int64(len(value)), "text/plain;charset=UTF-8"}, nil
	}
	info, err := os.Stat(name) // first, because opening a pipe would wait
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file, so it could not be sent again after a redirect", name)
	}
	open := func() (io.ReadCloser, error) { return os.Open(name) }
	first, err := open()
	if err != nil {
		return nil, err
	}
	return &body{first, open, info.Size(), ""}, nil
}
