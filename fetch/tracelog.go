package fetch

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
)

// TraceLogger returns a Trace that tells the story of each fetch to l, one record
// per step, at level Debug; a fetch that fails ends with a record at level Info.
// It is made for a developer's console: header values are in it, except cookies,
// Authorization and a Location that may have userinfo; long ones are cut. A nil l
// is slog.Default.
func TraceLogger(l *slog.Logger) *Trace {
	if l == nil {
		l = slog.Default()
	}
	t := traceLogger{l}
	return &Trace{
		Request:    t.request,
		Preflight:  t.preflight,
		CORSCheck:  t.corsCheck,
		Response:   t.response,
		Redirect:   t.redirect,
		Filtered:   t.filtered,
		CacheError: t.cacheError,
		Done:       t.done,
	}
}

type traceLogger struct{ l *slog.Logger }

func (t traceLogger) debug(msg string, attrs ...slog.Attr) {
	t.l.LogAttrs(context.Background(), slog.LevelDebug, msg, attrs...)
}

func (t traceLogger) request(i RequestInfo) {
	t.debug("request",
		slog.String("method", i.Method),
		slog.String("url", i.URL),
		slog.Int("hop", i.Hop),
		slog.Bool("preflight", i.Preflight),
		slog.Bool("credentials", i.Credentials),
		slog.String("dropped", strings.Join(i.Dropped, ", ")),
		headerAttr(i.Header),
	)
}

func (t traceLogger) preflight(i PreflightInfo) {
	attrs := []slog.Attr{
		slog.String("url", i.URL),
		slog.String("method", i.Method),
		slog.String("headers", strings.Join(i.Unsafe, ", ")),
		slog.Bool("cached", i.Cached),
	}
	if i.Shared {
		attrs = append(attrs, slog.Bool("shared", true))
	}
	if !i.Cached {
		attrs = append(attrs, slog.Int("status", i.Status))
	}
	switch {
	case i.Err != nil:
		attrs = append(attrs, slog.String("error", i.Err.Error()))
	case !i.Cached:
		attrs = append(attrs,
			slog.String("allowed methods", clip(strings.Join(i.Grant.Methods, ", "))),
			slog.String("allowed headers", clip(strings.Join(i.Grant.Headers, ", "))),
		)
		if i.Grant.MaxAge >= 0 {
			attrs = append(attrs, slog.Duration("max age", i.Grant.MaxAge))
		}
	}
	t.debug("preflight", attrs...)
}

func (t traceLogger) corsCheck(i CORSCheckInfo) {
	t.debug("CORS check",
		slog.String("url", i.URL),
		slog.String("origin", i.Origin),
		slog.String("allow origin", clip(i.AllowOrigin)),
		slog.Bool("credentials", i.Credentials),
		slog.Bool("preflight", i.Preflight),
		slog.String("outcome", i.Outcome.String()),
	)
}

func (t traceLogger) response(i ResponseInfo) {
	t.debug("response",
		slog.Int("status", i.Status),
		slog.String("url", i.URL),
		slog.Int("hop", i.Hop),
		slog.Bool("preflight", i.Preflight),
		headerAttr(i.Header),
	)
}

func (t traceLogger) redirect(i RedirectInfo) {
	t.debug("redirect",
		slog.Int("status", i.Status),
		slog.String("from", i.From),
		slog.String("to", i.To),
		slog.String("method", i.Method),
		slog.String("origin", i.Origin),
		slog.String("taint", i.Taint),
		slog.String("removed", strings.Join(i.HeadersRemoved, ", ")),
	)
}

func (t traceLogger) filtered(i FilteredInfo) {
	t.debug("filtered",
		slog.String("type", string(i.Type)),
		slog.String("withheld", strings.Join(i.Withheld, ", ")),
	)
}

func (t traceLogger) cacheError(err error) {
	t.debug("preflight cache", slog.String("error", err.Error()))
}

func (t traceLogger) done(err *NetworkError) {
	if err == nil {
		t.debug("done")
		return
	}
	t.l.LogAttrs(context.Background(), slog.LevelInfo, "fetch failed", err.attrs()...)
}

// headerAttr returns h for a log record, sorted by name and without secrets.
func headerAttr(h map[string][]string) slog.Attr {
	attrs := make([]any, 0, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		value := strings.Join(h[name], ", ")
		switch strings.ToLower(name) {
		case "authorization", "cookie", "proxy-authorization", "set-cookie", "set-cookie2":
			value = "(not shown)"
		case "content-location", "location", "refresh":
			if strings.Contains(value, "@") { // perhaps after a password
				value = "(not shown)"
			}
			value, _, _ = strings.Cut(value, "#") // may hold a token
		}
		attrs = append(attrs, slog.String(name, clip(value)))
	}
	return slog.Group("header", attrs...)
}
