package fetchtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/corsengine/corsengine/fetch"
)

// A story collects what hosts saw of one fetch. It travels in the context of the
// requests, where [Network] finds it.
type story struct {
	include bool // the credentials mode is include

	mu      sync.Mutex // guards the fields below
	records []*record
	cached  bool // a cached preflight was enough
}

type storyKey struct{}

func newStory(p *fetch.Params) *story {
	return &story{include: p.Credentials == fetch.CredentialsInclude}
}

// attach returns a context whose fetch is told by s.
func (s *story) attach(ctx context.Context) context.Context {
	return fetch.WithTrace(context.WithValue(ctx, storyKey{}, s), &fetch.Trace{Preflight: s.preflight})
}

func (s *story) preflight(i fetch.PreflightInfo) {
	if i.Cached {
		s.mu.Lock()
		s.cached = true
		s.mu.Unlock()
	}
}

// add takes the record of an exchange into the story. A nil story takes none.
func (s *story) add(r *record) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
}

func storyFrom(ctx context.Context) *story {
	s, _ := ctx.Value(storyKey{}).(*story)
	return s
}

// all returns the exchanges so far.
func (s *story) all() []Exchange {
	s.mu.Lock()
	records := slices.Clone(s.records)
	s.mu.Unlock()
	return snapshots(records)
}

// failure makes the error of a fetch that has failed.
func (s *story) failure(err error) error {
	e, ok := errors.AsType[*fetch.NetworkError](err)
	if !ok {
		return err
	}
	s.mu.Lock()
	cached := s.cached
	s.mu.Unlock()
	return &Failure{NetworkError: e, Exchanges: s.all(), include: s.include, cached: cached}
}

// A Failure is a fetch that has failed, with its story. It is for the author of a
// server: a page learns only that the fetch failed.
type Failure struct {
	// NetworkError says why. It is not nil.
	NetworkError *fetch.NetworkError

	// Exchanges are the requests that were sent, preflights and redirects
	// included; the last one is the one that was refused.
	Exchanges []Exchange

	include bool // the credentials mode was include
	cached  bool // a cached preflight was enough
}

// Error tells the story, in several lines: which rule refused the fetch, what the
// browser asked and the servers answered, what to change, and where the standard
// says so. Cookies and the like are not shown.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.NetworkError.Error())
	writeExchanges(&b, f.Exchanges)
	if len(f.Exchanges) > 0 {
		if fix := f.Fix(); len(fix) > 0 {
			fmt.Fprintf(&b, "\nTo allow it, %s has to have", f.answer())
			for _, line := range fix {
				b.WriteString("\n\t\t" + line)
			}
		}
		for _, hint := range f.hints() {
			b.WriteString("\n" + hint)
		}
	}
	if spec := f.NetworkError.Reason.SpecURL(); spec != "" {
		b.WriteString("\nSee " + spec)
	}
	return b.String()
}

// Unwrap returns f.NetworkError, so that errors.Is(err, fetch.ReasonX) works.
func (f *Failure) Unwrap() error { return f.NetworkError }

// Timeout is that of the NetworkError, which an http.Client asks for.
func (f *Failure) Timeout() bool { return f.NetworkError.Timeout() }

// Temporary is that of the NetworkError.
func (f *Failure) Temporary() bool { return f.NetworkError.Temporary() }

// Fix returns what the answer that was refused has to have for the rule that
// refused it, and those after it, to pass: header lines, and "status 204" if it is
// that of a preflight. It is nil if no header of the server can help. The lines are
// what this one request needs: a server that serves several origins has to compute
// them.
func (f *Failure) Fix() []string {
	if len(f.Exchanges) == 0 {
		return nil
	}
	return fix(f.NetworkError, f.include, f.Exchanges[len(f.Exchanges)-1])
}

// answer names the answer that was refused.
func (f *Failure) answer() string {
	last := f.Exchanges[len(f.Exchanges)-1]
	switch {
	case f.NetworkError.Preflight:
		return "the answer to the preflight (OPTIONS)"
	case isRedirect(last.Status):
		return "the redirect"
	}
	return "the answer to " + last.Method
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// hints are things worth knowing about the answer that was refused.
func (f *Failure) hints() []string {
	e, last := f.NetworkError, f.Exchanges[len(f.Exchanges)-1]
	var out []string
	switch {
	case !e.Preflight:
	case e.Status == 401 || e.Status == 403:
		out = append(out, "A preflight never carries cookies or Authorization: let OPTIONS through before asking who it is.")
	case e.Status == 404 || e.Status == 405 || e.Status == 501:
		out = append(out, "No route answers OPTIONS: put the CORS middleware around the router, not behind it.")
	case isRedirect(e.Status):
		out = append(out, "Browsers do not follow redirects of preflights: answer OPTIONS at this URL.")
	}
	if f.include && strings.Contains(e.Value, "*") && e.Preflight && (e.Reason == fetch.ReasonMethodNotAllowed || e.Reason == fetch.ReasonHeaderNotAllowed) {
		out = append(out, "With credentials, * is not a wildcard but a name.")
	}
	if e.Origin == "null" && len(f.Exchanges) > 1 && corsReason(e.Reason) {
		out = append(out, "The origin is null because another origin redirected away from itself: best let the page ask the last URL.")
	}
	if f.cached {
		out = append(out, "No preflight was sent: the answer to an earlier one is cached.")
	}
	for _, p := range last.Problems {
		out = append(out, "The handler also did this: "+p+".")
	}
	if h, ok := errors.AsType[*HandlerError](e); ok && len(h.Stack) > 0 {
		out = append(out, "\n"+string(h.Stack))
	}
	return out
}

// corsReason reports whether r is about the origin or credentials.
func corsReason(r fetch.Reason) bool {
	switch r {
	case fetch.ReasonMissingAllowOrigin, fetch.ReasonMultipleAllowOrigin, fetch.ReasonWildcardCredentials,
		fetch.ReasonOriginMismatch, fetch.ReasonCredentials:
		return true
	}
	return false
}

// writeExchanges tells what was asked and answered.
func writeExchanges(b *strings.Builder, all []Exchange) {
	if len(all) == 0 {
		b.WriteString("\nNothing was sent.")
		return
	}
	for _, x := range all {
		fmt.Fprintf(b, "\nThe browser asked\n\t%s", x)
		writeHeader(b, x.Header, askedHeader)
		if x.Status == 0 {
			fmt.Fprintf(b, "\nand got no answer from the handler of %s.", x.Origin)
			continue
		}
		fmt.Fprintf(b, "\nThe handler of %s answered\n\t%s", x.Origin, statusLine(x.Status))
		writeHeader(b, x.ResponseHeader, answeredHeader)
	}
}

// writeHeader writes the fields of h that show tells to.
func writeHeader(b *strings.Builder, h http.Header, show func(name string) bool) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !show(name) {
			continue
		}
		for _, v := range h[name] {
			switch name {
			case "Authorization", "Cookie", "Proxy-Authorization", "Set-Cookie":
				v = "(not shown)"
			}
			fmt.Fprintf(b, "\n\t\t%s: %s", name, clip(v))
		}
	}
}

// askedHeader reports whether a request header belongs into a story: not those that
// say nothing of the page's.
func askedHeader(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Content-Length", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "User-Agent":
		return false
	}
	return true
}

// answeredHeader reports whether a response header belongs into a story: those that
// a browser goes by.
func answeredHeader(name string) bool {
	switch name {
	case "Cache-Control", "Content-Type", "Cross-Origin-Resource-Policy", "Location", "Set-Cookie", "Vary",
		"X-Content-Type-Options":
		return true
	}
	return strings.HasPrefix(name, "Access-Control-")
}
