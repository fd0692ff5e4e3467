package fetch

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/corp"
)

// checkCORP performs the cross-origin resource policy check on a response that
// the page will not be able to read, but could use, or could show in a frame.
//
// See https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check and
// https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching.
func (f *state) checkCORP(resp *http.Response) *NetworkError {
	framed := f.env != nil && f.params.Mode == ModeNavigate && f.params.Destination.framed()
	if f.tainting != taintOpaque && !framed {
		return nil
	}
	verdict := corp.Check(f.list, f.tupleOrigin(), f.embedder, corp.Response{
		Header:              resp.Header,
		Origin:              f.originOf(f.url),
		IncludesCredentials: f.credentials,
	}, framed)
	if !verdict.Blocked() {
		return nil
	}
	const name = "Cross-Origin-Resource-Policy"
	e := f.fail(ReasonCORP)
	e.Status = resp.StatusCode
	seen := e.see(resp.Header, name)
	switch verdict {
	case corp.NotSameSite:
		e.detail = fmt.Sprintf(`%s is %s and %s another site; it has to be "cross-origin"`, name, seen, f.env.Origin)
	case corp.NotSameOriginByEmbedder:
		e.detail = fmt.Sprintf(`%s is %s and the page's embedder policy %s; it has to be "cross-origin"`, name, seen, f.embedder)
	default:
		e.detail = fmt.Sprintf(`%s is %s and %s another origin; it has to be "cross-origin"`, name, seen, f.env.Origin)
	}
	return e
}

// framed reports whether d is the destination of navigations within a page. The
// Environment of these is the page around the frame.
func (d Destination) framed() bool {
	switch d {
	case "embed", "frame", "iframe", "object":
		return true
	}
	return false
}

// checkType fails responses whose MIME type does not fit the destination.
//
// See https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?.
func (f *state) checkType(resp *http.Response) *NetworkError {
	destination := string(f.params.Destination)
	if !header.Blocked(resp.Header, destination) {
		return nil
	}
	e := f.fail(ReasonMIMEType)
	e.Status = resp.StatusCode
	seen := e.see(resp.Header, "Content-Type")
	e.detail = fmt.Sprintf("Content-Type is %s, which no %s may be", seen, destination)
	withoutNosniff := http.Header{"Content-Type": asciix.Lines(resp.Header, "Content-Type")}
	if !header.Blocked(withoutNosniff, destination) {
		want := "a JavaScript MIME type"
		if destination == "style" {
			want = `"text/css"`
		}
		e.Reason = ReasonNosniff
		e.detail = fmt.Sprintf("Content-Type is %s and X-Content-Type-Options nosniff; for a %s it has to be %s", seen, destination, want)
	}
	return e
}

// checkRange fails an opaque response that is a part of the resource although
// the request was for all of it: Range is no no-CORS-safelisted request-header.
// That a part was requested once, the request that Base names in the response
// tells: an HTTP cache may have mixed them up.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func (f *state) checkRange(resp *http.Response) *NetworkError {
	if f.tainting != taintOpaque || resp.Request == nil {
		return nil
	}
	if resp.StatusCode != http.StatusPartialContent && resp.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		return nil
	}
	if len(asciix.Lines(resp.Request.Header, "Range")) == 0 {
		return nil
	}
	e := f.fail(ReasonRangeNotRequested)
	e.Status = resp.StatusCode
	e.detail = fmt.Sprintf("status %d answers a request with Range, and this one had none", resp.StatusCode)
	return e
}
