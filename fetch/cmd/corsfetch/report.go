package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/preflightcache"
)

// The verdicts.
const (
	allowed = "allowed"
	refused = "refused"
	failed  = "failed"
)

// A report is all that is known about a fetch. It is what -json prints; doc.go
// documents the members.
type report struct {
	Verdict     string          `json:"verdict"`
	Reason      fetch.Reason    `json:"reason"`
	Explanation string          `json:"explanation"`
	Error       string          `json:"error"`
	Spec        string          `json:"spec"`
	DevTools    string          `json:"devtools"`
	Origin      string          `json:"origin"`
	URL         string          `json:"url"`
	Dropped     []string        `json:"dropped"`
	Requests    []sentRequest   `json:"requests"`
	Preflights  []preflight     `json:"preflights"`
	CORSChecks  []corsCheck     `json:"corsChecks"`
	Redirects   []redirectTaken `json:"redirects"`
	Response    *pageResponse   `json:"response"`
	Advice      *advice         `json:"advice"`

	o *options

	// The response that was judged last, as the server sent it.
	status int
	answer http.Header

	failing []string // header names that the failed preflight asked for
}

type sentRequest struct {
	Method      string              `json:"method"`
	URL         string              `json:"url"`
	Headers     map[string][]string `json:"headers"`
	Hop         int                 `json:"hop"`
	Preflight   bool                `json:"preflight"`
	Credentials bool                `json:"credentials"`
	Status      int                 `json:"status"`
}

type preflight struct {
	URL       string       `json:"url"`
	Method    string       `json:"method"`
	Headers   []string     `json:"headers"`
	Partition string       `json:"partition"`
	Cached    bool         `json:"cached"`
	Status    int          `json:"status"`
	Granted   *granted     `json:"granted"`
	Reason    fetch.Reason `json:"reason"`
}

type granted struct {
	Methods []string `json:"methods"`
	Headers []string `json:"headers"`
	MaxAge  int64    `json:"maxAge"`
	KeptFor int64    `json:"keptFor"`
}

type corsCheck struct {
	URL         string `json:"url"`
	Preflight   bool   `json:"preflight"`
	Origin      string `json:"origin"`
	Credentials bool   `json:"credentials"`
	AllowOrigin string `json:"allowOrigin"`
	Outcome     string `json:"outcome"`
}

type redirectTaken struct {
	From           string   `json:"from"`
	To             string   `json:"to"`
	Status         int      `json:"status"`
	Method         string   `json:"method"`
	Origin         string   `json:"origin"`
	Taint          string   `json:"taint"`
	HeadersRemoved []string `json:"headersRemoved"`
}

type pageResponse struct {
	Type       fetch.ResponseType  `json:"type"`
	Status     int                 `json:"status"`
	URL        string              `json:"url"`
	Redirected bool                `json:"redirected"`
	Headers    map[string][]string `json:"headers"`
	Withheld   []string            `json:"withheld"`
	BodyBytes  int64               `json:"bodyBytes"`

	header http.Header
}

func newReport(o *options) *report {
	return &report{
		Origin:     o.origin.String(),
		URL:        o.shownURL(),
		Dropped:    forbidden(o.header),
		Requests:   []sentRequest{},
		Preflights: []preflight{},
		CORSChecks: []corsCheck{},
		Redirects:  []redirectTaken{},
		o:          o,
	}
}

// forbidden returns the lowercase names of h that pages must not set.
func forbidden(h http.Header) []string {
	names := []string{}
	for name, values := range h {
		if slices.ContainsFunc(values, func(v string) bool { return header.ForbiddenRequest(name, v) }) {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	return names
}

// trace returns hooks that fill in r.
func (r *report) trace() *fetch.Trace {
	return &fetch.Trace{
		Request: func(i fetch.RequestInfo) {
			r.Requests = append(r.Requests, sentRequest{
				Method:      i.Method,
				URL:         i.URL,
				Headers:     headerForDisplay(i.URL, i.Header),
				Hop:         i.Hop,
				Preflight:   i.Preflight,
				Credentials: i.Credentials,
			})
			r.drop(i.Dropped)
		},
		Response: func(i fetch.ResponseInfo) {
			r.Requests[len(r.Requests)-1].Status = i.Status
			r.status, r.answer = i.Status, i.Header.Clone()
		},
		Preflight: func(i fetch.PreflightInfo) { r.addPreflight(i) },
		CORSCheck: func(i fetch.CORSCheckInfo) {
			r.CORSChecks = append(r.CORSChecks, corsCheck{
				URL:         i.URL,
				Preflight:   i.Preflight,
				Origin:      i.Origin,
				Credentials: i.Credentials,
				AllowOrigin: i.AllowOrigin,
				Outcome:     i.Outcome.String(),
			})
		},
		Redirect: func(i fetch.RedirectInfo) {
			r.Redirects = append(r.Redirects, redirectTaken{
				From:           i.From,
				To:             i.To,
				Status:         i.Status,
				Method:         i.Method,
				Origin:         i.Origin,
				Taint:          i.Taint,
				HeadersRemoved: orEmpty(i.HeadersRemoved),
			})
		},
		Filtered: func(i fetch.FilteredInfo) {
			r.Response = &pageResponse{Type: i.Type, Withheld: orEmpty(i.Withheld)}
		},
	}
}

// drop records names of headers that were not sent.
func (r *report) drop(names []string) {
	r.Dropped = append(r.Dropped, names...)
	slices.Sort(r.Dropped)
	r.Dropped = slices.Compact(r.Dropped)
}

func (r *report) addPreflight(i fetch.PreflightInfo) {
	p := preflight{
		URL:       i.URL,
		Method:    i.Method,
		Headers:   orEmpty(i.Unsafe),
		Partition: i.Key.Partition,
		Cached:    i.Cached,
		Status:    i.Status,
	}
	if strings.HasPrefix(p.Partition, "opaque:") {
		p.Partition = "opaque" // the rest is random
	}
	switch e, isError := errors.AsType[*fetch.NetworkError](i.Err); {
	case isError:
		p.Reason = e.Reason
		r.failing = p.Headers
	case !i.Cached:
		p.Granted = &granted{
			Methods: orEmpty(i.Grant.Methods),
			Headers: orEmpty(i.Grant.Headers),
			MaxAge:  -1,
			KeptFor: int64(keptFor(i.Grant) / time.Second),
		}
		if i.Grant.MaxAge >= 0 {
			p.Granted.MaxAge = int64(i.Grant.MaxAge / time.Second)
		}
	}
	r.Preflights = append(r.Preflights, p)
}

// keptFor returns how long the cache keeps g.
func keptFor(g corscheck.Grant) time.Duration {
	if g.MaxAge < 0 {
		return preflightcache.DefaultMaxAge
	}
	return min(g.MaxAge, maxAge)
}

// orEmpty returns names, or an empty list instead of nil, which JSON would show
// as null.
func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return slices.Clone(names)
}

// succeed records what the page gets.
func (r *report) succeed(resp *fetch.Response) {
	r.Verdict = allowed
	p := r.Response // made by the trace
	p.Status = resp.Status
	p.Redirected = resp.Redirected
	if resp.URL != nil {
		p.URL = urlForDisplay(resp.URL)
	}
	p.header = resp.Header
	p.Headers = headerForDisplay(p.URL, resp.Header)
}

// fail records why the page gets nothing.
func (r *report) fail(e *fetch.NetworkError) {
	r.Verdict = refused
	if e.Reason == fetch.ReasonTransport || e.Reason == fetch.ReasonAborted {
		r.Verdict = failed
	}
	r.Reason = e.Reason
	r.Error = redact(e.Error())
	r.Spec = e.Reason.SpecURL()
	r.DevTools = e.CORSError()
	d, _ := r.diagnose(e)
	r.Explanation = redact(d.why)
	r.Advice = d.advice
}

// breakOff records that the body could not be read to its end, or not written.
func (r *report) breakOff(ctx context.Context, err error) {
	last := r.Requests[len(r.Requests)-1]
	e := &fetch.NetworkError{
		Reason: fetch.ReasonTransport,
		Method: last.Method,
		URL:    last.URL,
		Hop:    last.Hop,
		Origin: r.Origin,
		Err:    err,
	}
	if ctx.Err() != nil {
		e.Reason = fetch.ReasonAborted
	}
	r.fail(e)
}

func (r *report) exitCode() int {
	switch r.Verdict {
	case allowed:
		return exitAllowed
	case refused:
		return exitRefused
	}
	return exitTransport
}

func (r *report) write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
