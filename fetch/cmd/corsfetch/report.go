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
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/sri"
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
	CORPChecks  []corpCheck     `json:"corpChecks"`
	Redirects   []redirectTaken `json:"redirects"`
	Keepalive   *keepaliveCheck `json:"keepalive"`
	Type        *typeCheck      `json:"typeCheck"`
	Integrity   *integrityCheck `json:"integrity"`
	Response    *pageResponse   `json:"response"`
	Advice      *advice         `json:"advice"`

	o        *options
	referral referral
	meter    meter

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
	Cache       string              `json:"cache"`
	Metadata    bool                `json:"metadata"`
	Referrer    sentReferrer        `json:"referrer"`
	Status      int                 `json:"status"`
}

type sentReferrer struct {
	Full   string `json:"full"`
	Sent   string `json:"sent"`
	Policy string `json:"policy"`
	Why    string `json:"why"`
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
	Timing     bool                `json:"timing"`
	BodyBytes  int64               `json:"bodyBytes"`
	Codings    []string            `json:"codings"`
	CodedBytes int64               `json:"codedBytes"`

	codingLeft string // Content-Encoding that was not undone
}

func newReport(o *options) *report {
	return &report{
		Origin:     o.origin.String(),
		URL:        o.shownURL(),
		Dropped:    forbidden(o.header),
		Requests:   []sentRequest{},
		Preflights: []preflight{},
		CORSChecks: []corsCheck{},
		CORPChecks: []corpCheck{},
		Redirects:  []redirectTaken{},
		Keepalive:  newKeepaliveCheck(o),
		o:          o,
		referral:   newReferral(o),
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
		Request:   r.addRequest,
		Response:  r.addResponse,
		Preflight: r.addPreflight,
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
			r.referral.redirected(asciix.Lines(r.answer, "Referrer-Policy"))
		},
		Filtered: func(i fetch.FilteredInfo) {
			r.Response = &pageResponse{Type: i.Type, Withheld: orEmpty(i.Withheld), Codings: []string{}}
		},
	}
}

func (r *report) addRequest(i fetch.RequestInfo) {
	r.drop(i.Dropped)
	if r.o.cachedOnly() {
		return // it goes no further than the cache
	}
	sent := sentRequest{
		Method:      i.Method,
		URL:         i.URL,
		Headers:     headerForDisplay(i.URL, i.Header),
		Hop:         i.Hop,
		Preflight:   i.Preflight,
		Credentials: i.Credentials,
		Cache:       fetch.CacheDefault.String(),
	}
	if !i.Preflight {
		sent.Cache = r.o.cacheInEffect(i.Header).String()
	}
	_, sent.Metadata = header.Get(i.Header, "Sec-Fetch-Site")
	referer, _ := header.Get(i.Header, "Referer")
	sent.Referrer = sentReferrer{
		Full:   r.referral.full,
		Sent:   referer,
		Policy: string(r.referral.policy),
		Why:    r.referral.why(referer, originOf(i.URL)),
	}
	r.Requests = append(r.Requests, sent)
}

func (r *report) addResponse(i fetch.ResponseInfo) {
	r.status, r.answer = i.Status, i.Header.Clone()
	if r.o.cachedOnly() {
		return
	}
	r.Requests[len(r.Requests)-1].Status = i.Status
	if r.opaque() {
		r.CORPChecks = append(r.CORPChecks, newCORPCheck(r.o, i))
	}
}

// opaque reports whether the response received last is one that the page may use
// but not read: with mode no-cors, a URL on the way was of another origin.
func (r *report) opaque() bool {
	if r.o.mode != fetch.ModeNoCORS {
		return false
	}
	return !r.o.sameOrigin() || slices.ContainsFunc(r.Redirects, func(t redirectTaken) bool {
		return originOf(t.To) != tuple(r.o.origin)
	})
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
	p.Timing = resp.TimingAllowed
	p.Headers = headerForDisplay(p.URL, resp.Header)
	p.codingLeft = codingLeft(resp.Internal().Header)
	r.Type = newTypeCheck(r.o.destination, resp.Internal().Header)
}

// read copies the body to w, and records what there is to know of it then.
func (r *report) read(w io.Writer, body io.ReadCloser) error {
	defer body.Close()
	verifier := sri.Parse(r.o.integrity).NewVerifier()
	n, err := io.Copy(io.MultiWriter(w, verifier), body)
	p := r.Response
	p.BodyBytes, p.CodedBytes = n, n
	if len(r.meter.codings) > 0 {
		p.CodedBytes = r.meter.bytes
		p.Codings = slices.Clone(r.meter.codings)
		slices.Reverse(p.Codings)
	}
	if r.o.integrity != "" && err == nil {
		r.Integrity = newIntegrityCheck(r.o, verifier.Digest(), allowed)
	}
	return err
}

// fail records why the page gets nothing.
func (r *report) fail(e *fetch.NetworkError) {
	r.Verdict = refused
	if (e.Reason == fetch.ReasonTransport || e.Reason == fetch.ReasonAborted) && !r.malformedData(e) {
		r.Verdict = failed
	}
	r.Reason = e.Reason
	r.Error = redact(e.Error())
	r.Spec = e.Reason.SpecURL()
	r.DevTools = e.CORSError()
	switch e.Reason {
	case fetch.ReasonCORP:
		if n := len(r.CORPChecks); n > 0 {
			r.DevTools = r.CORPChecks[n-1].verdict.DevTools()
		}
	case fetch.ReasonNosniff, fetch.ReasonMIMEType:
		r.Type = newTypeCheck(r.o.destination, r.judged(e))
	case fetch.ReasonIntegrity:
		r.Integrity = newIntegrityCheck(r.o, e.Value, refused)
	}
	d, _ := r.diagnose(e)
	r.Explanation = redact(d.why)
	r.Advice = d.advice
}

// malformedData reports whether e is about a data: URL in which there is no
// response. That is nobody's failure to answer.
func (r *report) malformedData(e *fetch.NetworkError) bool {
	if !r.o.isData() || r.Response != nil || e.Err == nil {
		return false
	}
	return e.Reason == fetch.ReasonTransport || e.Reason == fetch.ReasonNotHTTP
}

// judged returns the header of the response that e is about.
func (r *report) judged(e *fetch.NetworkError) http.Header {
	if r.o.isData() {
		return http.Header{contentType: {e.Value}} // there was nobody to send one
	}
	return r.answer
}

// breakOff records that the body could not be read to its end, or not written.
func (r *report) breakOff(ctx context.Context, err error) {
	e := &fetch.NetworkError{
		Reason: fetch.ReasonTransport,
		Method: r.o.normalized(),
		URL:    r.URL,
		Origin: r.Origin,
		Err:    err,
	}
	if n := len(r.Requests); n > 0 {
		last := r.Requests[n-1]
		e.Method, e.URL, e.Hop = last.Method, last.URL, last.Hop
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
