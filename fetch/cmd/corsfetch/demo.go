package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
)

// A demoCase is one fetch of the demo, with all that is expected of it.
type demoCase struct {
	group   string // heading to print before it, or ""
	name    string
	why     string // in one sentence
	spec    string // anchor in the Fetch Standard
	answers []answer

	request demoRequest
	later   time.Duration // how much later than the previous fetch this one is
	again   bool          // the page is that of the previous fetch: its permissions are remembered

	verdict string   // "allowed", or a reason
	seen    []string // what servers see, in the form of [sighting]
	page    string   // what the page gets, in the form of [pageView]; "" if refused
}

// A demoRequest is what the page passes to fetch(), or has in its HTML if there
// is a destination.
type demoRequest struct {
	page     string // its URL, "" for none
	embedder string // its Cross-Origin-Embedder-Policy, "" for none

	method string // "" means GET
	url    string
	header []string // lines
	body   string   // "" for none
	params fetch.Params
}

// demoTimeout bounds the whole demo, which takes a fraction of a second.
const demoTimeout = 30 * time.Second

// runDemo performs the cases and compares what happens with what is expected.
func runDemo(ctx context.Context, cases []demoCase, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	servers, err := startServers(appOrigin, apiOrigin, otherOrigin)
	if err != nil {
		fmt.Fprintln(stderr, "corsfetch: demo:", err)
		return exitTransport
	}
	defer servers.close()

	fmt.Fprintf(stdout, `A page of %s makes fetches. Three servers, all on this machine, answer:
  %-26s its own origin
  %-26s another origin of the same site
  %-26s another site
The browser has a cookie for the second, session=7. Lines with > are what the
servers saw, lines with < what they answered; headers that do not matter are left
out. A page that is refused learns nothing about the reason, so that it cannot
tell what it must not read.
`, appOrigin, appOrigin, apiOrigin, otherOrigin)

	d := &demo{servers: servers, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	good := 0
	for i, c := range cases {
		got := d.perform(ctx, c)
		if ctx.Err() != nil {
			fmt.Fprintln(stderr, "corsfetch: demo:", context.Cause(ctx))
			return exitTransport
		}
		if c.group != "" {
			fmt.Fprintf(stdout, "\n# %s\n", c.group)
		}
		got.print(stdout, i+1, c)
		if problems := got.compare(c); len(problems) > 0 {
			fmt.Fprintf(stdout, "   NOT AS EXPECTED (- expected, + happened)\n%s", problems)
			continue
		}
		good++
	}
	fmt.Fprintf(stdout, "\n%d fetches, %d as expected\n", len(cases), good)
	if good != len(cases) {
		return exitRefused
	}
	return exitAllowed
}

// A demo is what the cases share.
type demo struct {
	servers *servers
	now     time.Time
	client  *fetch.Client
}

// A demoResult is what became of a case.
type demoResult struct {
	verdict string
	seen    []sighting
	page    string
}

func (d *demo) perform(ctx context.Context, c demoCase) demoResult {
	d.now = d.now.Add(c.later)
	if !c.again {
		d.client = d.newClient()
	}
	d.servers.expect(c.answers)
	req, err := c.request.http(ctx)
	if err != nil {
		return demoResult{verdict: err.Error()}
	}
	params := c.request.params
	params.Environment = c.request.environment()
	var withheld []string
	req = req.WithContext(fetch.WithTrace(ctx, &fetch.Trace{
		Filtered: func(i fetch.FilteredInfo) { withheld = slices.Clone(i.Withheld) },
	}))
	resp, err := d.client.Fetch(req, &params)
	got := demoResult{verdict: allowed}
	if e, failed := errors.AsType[*fetch.NetworkError](err); failed {
		got.verdict = string(e.Reason)
		if e.Reason == fetch.ReasonTransport || e.Reason == fetch.ReasonAborted {
			got.verdict = e.Error()
		}
	} else {
		content, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return demoResult{verdict: err.Error()}
		}
		got.page = pageView(resp, withheld, string(content))
	}
	got.seen = d.servers.sightings()
	return got
}

// newClient returns a browser that has logged in at api and done nothing else.
func (d *demo) newClient() *fetch.Client {
	// The error is always nil.
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	jar.SetCookies(mustParseURL(apiOrigin+"/"), []*http.Cookie{{Name: "session", Value: "7"}})
	return &fetch.Client{
		Base: d.servers.transport,
		Jar:  jar,
		Now:  func() time.Time { return d.now },
	}
}

func (r demoRequest) environment() *fetch.Environment {
	e := &fetch.Environment{Origin: fetch.MustParseOrigin(appOrigin), EmbedderPolicy: r.embedder}
	if r.page != "" {
		e.URL = mustParseURL(r.page)
	}
	return e
}

func (r demoRequest) http(ctx context.Context) (*http.Request, error) {
	// Unlike http.NoBody, a nil interface is no body.
	var content io.Reader
	if r.body != "" {
		content = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, content)
	if err != nil {
		return nil, err
	}
	for _, line := range r.header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	return req, nil
}

// pageView describes a response as the page sees it.
func pageView(resp *fetch.Response, withheld []string, content string) string {
	if resp.Type == fetch.TypeOpaque || resp.Type == fetch.TypeOpaqueRedirect {
		return fmt.Sprintf("%s response: neither status, headers nor body", resp.Type)
	}
	var names []string
	for name := range resp.Header {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	view := fmt.Sprintf("%s response, status %d; headers it can read: %s", resp.Type, resp.Status, orNone(names))
	withheld = slices.DeleteFunc(withheld, func(name string) bool { return strings.HasPrefix(name, "access-control-") })
	if len(withheld) > 0 {
		view += "; it cannot: " + strings.Join(withheld, ", ")
	}
	if content != "" {
		view += "; body: " + content
	}
	return view
}

func (r demoResult) print(w io.Writer, n int, c demoCase) {
	if r.verdict == allowed {
		fmt.Fprintf(w, "\n%2d ALLOWED  %s\n", n, c.name)
	} else {
		fmt.Fprintf(w, "\n%2d REFUSED  %s (%s)\n", n, c.name, r.verdict)
		r.page = c.request.failure()
	}
	fmt.Fprintf(w, "   %s\n   https://fetch.spec.whatwg.org/#%s\n", c.why, c.spec)
	fmt.Fprint(w, "   ")
	if c.later > 0 {
		fmt.Fprintf(w, "%v later: ", c.later)
	}
	if c.request.page != "" {
		fmt.Fprintf(w, "on %s: ", c.request.page)
	}
	if c.request.embedder != "" {
		fmt.Fprintf(w, "with Cross-Origin-Embedder-Policy: %s: ", c.request.embedder)
	}
	fmt.Fprintln(w, c.request.call())
	if len(r.seen) == 0 {
		fmt.Fprintf(w, "     nothing was sent\n")
	}
	for _, s := range r.seen {
		for _, line := range strings.Split(s.request, "\n") {
			fmt.Fprintf(w, "     > %s\n", line)
		}
		for _, line := range strings.Split(s.answer, "\n") {
			fmt.Fprintf(w, "     < %s\n", line)
		}
	}
	fmt.Fprintf(w, "   the page gets: %s\n", r.page)
}

// compare returns a diff of c's expectations and r, or "".
func (r demoResult) compare(c demoCase) string {
	var b strings.Builder
	differ := func(want, got string) {
		if want != got {
			diffLines(&b, want, got)
		}
	}
	differ("verdict: "+c.verdict, "verdict: "+r.verdict)
	differ("page: "+c.page, "page: "+r.page)
	requests := make([]string, len(r.seen))
	for i, s := range r.seen {
		requests[i] = s.request
	}
	differ(strings.Join(c.seen, "\n"), strings.Join(requests, "\n"))
	return b.String()
}

// diffLines writes the lines of two texts: those that both begin and end with
// are common, the others are not.
func diffLines(w io.Writer, want, got string) {
	a, b := splitLines(want), splitLines(got)
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	write := func(sign string, lines []string) {
		for _, line := range lines {
			fmt.Fprintf(w, "   %s %s\n", sign, line)
		}
	}
	write(" ", a[:start])
	write("-", a[start:len(a)-end])
	write("+", b[start:len(b)-end])
	write(" ", a[len(a)-end:])
}

// splitLines returns the lines of text, none if it is empty.
func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
