package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/signal"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// The exit codes, which are documented in doc.go.
const (
	exitAllowed   = 0
	exitRefused   = 1
	exitUsage     = 2
	exitTransport = 3
)

// maxAge is how long a grant is kept at most.
const maxAge = 2 * time.Hour

//go:embed doc.go
var doc string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the command without the process around it. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "demo" {
		if len(args) > 1 {
			return usageError(stderr, errors.New("demo takes no arguments"))
		}
		return runDemo(ctx, demoCases(), stdout, stderr)
	}
	o, err := parseOptions(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage())
		return exitAllowed
	case err != nil:
		return usageError(stderr, err)
	}
	return runFetch(ctx, o, stdout, stderr)
}

func usageError(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "corsfetch: %s\nUsage: corsfetch -origin ORIGIN [flags] URL, or corsfetch demo. For all of it: corsfetch -h\n",
		printable(redactBroadly(err.Error())))
	return exitUsage
}

// usage returns the package's documentation, which is also the help text.
func usage() string {
	_, text, _ := strings.Cut(doc, "/*\n")
	text, _, _ = strings.Cut(text, "*/")
	return text
}

// runFetch performs the one fetch that o describes, and reports it.
func runFetch(ctx context.Context, o *options, stdout, stderr io.Writer) int {
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	r := newReport(o)
	ctx = fetch.WithTrace(ctx, r.trace())
	tell := &story{w: io.Discard, o: o, r: r}
	log := slog.New(slog.DiscardHandler)
	switch {
	case o.log:
		log = newLogger(stderr)
		ctx = fetch.WithTrace(ctx, fetch.TraceLogger(log))
	case !o.json:
		tell.w = stderr
	}
	ctx = fetch.WithTrace(ctx, tell.trace())
	body := stdout
	if o.json {
		body = io.Discard
	}

	tell.begin()
	resp, err := r.newClient().Fetch(o.request(ctx), o.params())
	if e, ok := errors.AsType[*fetch.NetworkError](err); ok {
		r.fail(e)
	} else {
		r.succeed(resp)
		tell.allowed()
		if err := r.read(body, resp.Body); err != nil {
			r.breakOff(ctx, fmt.Errorf("copying the body: %w", err))
			log.Info("body failed", "error", redact(err.Error()))
		} else {
			tell.body()
		}
	}
	if r.Verdict != allowed {
		tell.notAllowed()
	}
	if o.json {
		if err := r.write(stdout); err != nil {
			fmt.Fprintln(stderr, "corsfetch:", err)
			return exitTransport
		}
	}
	return r.exitCode()
}

// newLogger returns the logger of -log.
func newLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindString {
				a.Value = slog.StringValue(redact(a.Value.String()))
			}
			return a
		},
	}))
}

// newClient returns a client without any history, for one fetch.
func (r *report) newClient() *fetch.Client {
	// The error is always nil.
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	c := &fetch.Client{
		Base:       http.DefaultTransport,
		Jar:        jar,
		Preflights: preflightcache.New(&preflightcache.Options{MaxAge: maxAge}),
		UserAgent:  "corsfetch",
		Decoders:   r.meter.decoders(),
	}
	if r.o.cachedOnly() {
		c.Base, c.Anonymous = emptyCache{}, emptyCache{}
	}
	return c
}
