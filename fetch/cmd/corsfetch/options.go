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
	"github.com/corsengine/corsengine/internal/corp"
)

// options are what the command line asks for.
type options struct {
	page           *url.URL // nil if there is none
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

	destination    fetch.Destination
	cache          fetch.Cache
	integrity      string // "" for none
	referrer       string // "" for page
	referrerPolicy fetch.ReferrerPolicy
	embedderPolicy string
	languages      []string
	keepalive      bool
	prefetch       bool

	timeout time.Duration
	json    bool
	log     bool
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
	switch {
	case o.origin.Opaque():
	case o.page == nil:
		// A page of a scheme that only its application knows has no URL here.
		o.page, _ = fetch.ParseURL(nil, o.origin.String()+"/")
	default:
		if own := fetch.OriginOf(o.page); own != o.origin && !own.Opaque() {
			return nil, fmt.Errorf("-page is of the origin %s, which is not that of -origin, %s", own, o.origin)
		}
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
	fs.Func("destination", "", into(&o.destination, parseDestination))
	fs.Func("cache", "", into(&o.cache, fetch.ParseCache))
	fs.Func("integrity", "", into(&o.integrity, parseIntegrity))
	fs.Func("page", "", into(&o.page, func(s string) (*url.URL, error) { return fetch.ParseURL(nil, s) }))
	fs.Func("referrer", "", into(&o.referrer, parseReferrer))
	fs.Func("referrer-policy", "", into(&o.referrerPolicy, parseReferrerPolicy))
	fs.Func("embedder-policy", "", into(&o.embedderPolicy, parseEmbedderPolicy))
	fs.Func("language", "", o.addLanguage)
	fs.BoolVar(&o.keepalive, "keepalive", false, "")
	fs.BoolVar(&o.prefetch, "prefetch", false, "")
	fs.DurationVar(&o.timeout, "timeout", 0, "")
	fs.BoolVar(&o.json, "json", false, "")
	fs.BoolVar(&o.log, "log", false, "")
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

func (o *options) addLanguage(s string) error {
	language, err := parseLanguage(s)
	o.languages = append(o.languages, language)
	return err
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

// isData reports whether the URL is one that nobody has to be asked for.
func (o *options) isData() bool { return o.url.Scheme == "data" }

// cachedOnly reports whether nothing is to be sent.
func (o *options) cachedOnly() bool { return o.cache == fetch.CacheOnlyIfCached }

// embedder returns the page's embedder policy.
func (o *options) embedder() corp.EmbedderPolicy {
	p, _ := corp.ParseEmbedderPolicy(o.embedderPolicy) // the flag has been checked
	return p
}

// bodySize returns the number of bytes of the request's body.
func (o *options) bodySize() int64 {
	if o.body == nil {
		return 0
	}
	return o.body.size
}

// shownURL returns the URL without what is secret and what is not sent.
func (o *options) shownURL() string { return urlForDisplay(o.url) }

func (o *options) params() *fetch.Params {
	return &fetch.Params{
		Environment: &fetch.Environment{
			Origin:         o.origin,
			URL:            o.page,
			TopLevel:       o.topLevel,
			EmbedderPolicy: o.embedderPolicy,
			Languages:      o.languages,
		},
		Mode:           o.mode,
		Credentials:    o.credentials,
		Redirect:       o.redirect,
		Destination:    o.destination,
		Referrer:       o.referrer,
		ReferrerPolicy: o.referrerPolicy,
		Cache:          o.cache,
		Integrity:      o.integrity,
		Keepalive:      o.keepalive,
		Prefetch:       o.prefetch,
		ForcePreflight: o.forcePreflight,
	}
}

func (o *options) request(ctx context.Context) *http.Request {
	req := (&http.Request{Method: o.method, URL: o.url, Header: o.header}).WithContext(ctx)
	switch {
	case o.body == nil:
	case o.body.isEmpty() && o.normalized() != http.MethodGet && o.normalized() != http.MethodHead:
		req.Body = http.NoBody // for a length of 0 with another body means unknown
	default:
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

// isEmpty reports whether there is nothing in b. A file may have more in it than
// it says.
func (b *body) isEmpty() bool { return b.size == 0 && b.mediaType != "" }

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
