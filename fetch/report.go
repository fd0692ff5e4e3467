package fetch

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/weburl"
)

// The response headers that messages speak of.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
)

func (f *state) traceRequest(x *exchange) {
	if f.trace == nil || f.trace.Request == nil {
		return
	}
	info := RequestInfo{
		Method:      x.method,
		URL:         f.url.Redacted(),
		Hop:         f.hop,
		Preflight:   x.preflight,
		Credentials: x.credentials,
		Header:      x.header,
	}
	if !x.preflight {
		info.Dropped = f.dropped
	}
	f.trace.Request(info)
}

func (f *state) traceResponse(x *exchange, resp *http.Response) {
	if f.trace == nil || f.trace.Response == nil {
		return
	}
	f.trace.Response(ResponseInfo{
		Method:      x.method,
		URL:         f.url.Redacted(),
		Hop:         f.hop,
		Preflight:   x.preflight,
		Credentials: x.credentials,
		Status:      resp.StatusCode,
		Header:      resp.Header,
	})
}

func (f *state) traceCORSCheck(origin string, h http.Header, o corscheck.Outcome, preflight bool) {
	if f.trace == nil || f.trace.CORSCheck == nil {
		return
	}
	value, _ := header.Get(h, allowOrigin)
	f.trace.CORSCheck(CORSCheckInfo{
		URL:         f.url.Redacted(),
		Origin:      origin,
		Credentials: f.includesMode(),
		Preflight:   preflight,
		AllowOrigin: value,
		Outcome:     o,
	})
}

// tracePreflightCheck reports the CORS check that is the first part of judging a
// preflight response.
func (f *state) tracePreflightCheck(origin string, resp *http.Response, o corscheck.Outcome) {
	switch o {
	case corscheck.PreflightStatus, corscheck.PreflightMalformed, corscheck.MethodNotAllowed,
		corscheck.HeaderNotAllowed, corscheck.AuthorizationNotListed:
		o = corscheck.Allowed // these are judged after it
	}
	f.traceCORSCheck(origin, resp.Header, o, true)
}

func (f *state) tracePreflight(info PreflightInfo) {
	if f.trace != nil && f.trace.Preflight != nil {
		info.Unsafe = slices.Clone(info.Unsafe)
		f.trace.Preflight(info)
	}
}

func (f *state) traceCacheError(err error) {
	if f.trace != nil && f.trace.CacheError != nil {
		f.trace.CacheError(err)
	}
}

func (f *state) traceRedirect(from weburl.URL, resp *http.Response, removed []string) {
	if f.trace == nil || f.trace.Redirect == nil {
		return
	}
	f.trace.Redirect(RedirectInfo{
		From:           from.Redacted(),
		To:             f.url.Redacted(),
		Status:         resp.StatusCode,
		Taint:          f.taint.String(),
		Origin:         f.serializedOrigin(),
		Method:         f.method,
		HeadersRemoved: removed,
	})
}

func (f *state) traceFiltered(r *Response) {
	if f.trace == nil || f.trace.Filtered == nil {
		return
	}
	if f.transport && f.params.Mode == ModeNavigate && !r.noCookies {
		f.trace.Filtered(FilteredInfo{Type: r.Type}) // not filtered, see Transport
		return
	}
	f.trace.Filtered(FilteredInfo{Type: r.Type, Withheld: withheld(r.internal.Header, r.Header)})
}

// blocked reports whether e is a refusal, and not a failure of the network or
// the caller's own wish.
func (e *NetworkError) blocked() bool {
	return e.Reason != ReasonTransport && e.Reason != ReasonAborted
}

// attrs returns e for a log record.
func (e *NetworkError) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("reason", string(e.Reason)),
		slog.String("method", clip(e.Method)),
		slog.String("url", clip(e.URL)),
		slog.String("origin", e.Origin),
		slog.Int("hop", e.Hop),
		slog.Bool("preflight", e.Preflight),
	}
	for _, a := range []slog.Attr{slog.String("name", clip(e.Name)), slog.String("value", clip(e.Value))} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if detail := e.explanation(); detail != "" {
		attrs = append(attrs, slog.String("detail", detail))
	}
	return attrs
}

// explanation returns what was seen and what is needed, and the cause.
func (e *NetworkError) explanation() string {
	parts := make([]string, 0, 2)
	if e.detail != "" {
		parts = append(parts, e.detail)
	}
	if e.Err != nil {
		parts = append(parts, oneLine(e.Err.Error()))
	}
	return strings.Join(parts, ": ")
}
