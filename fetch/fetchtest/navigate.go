package fetchtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/corp"
	"github.com/corsengine/corsengine/internal/referrer"
)

// maxDocument is how much of a document is read.
const maxDocument = 16 << 20

// Navigate is what a click on a link to rawURL leads to: the page that comes next,
// after redirects. rawURL may be relative.
//
// An error is a [*Failure], or a [*NoDocumentError] if what came is not shown as a
// page.
//
// See https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate.
func (p *Page) Navigate(ctx context.Context, rawURL string) (*Page, error) {
	return p.follow(ctx, http.MethodGet, rawURL, nil)
}

// Submit is like Navigate for a form with the method POST and the given fields.
//
// See https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm.
func (p *Page) Submit(ctx context.Context, rawURL string, fields url.Values) (*Page, error) {
	return p.follow(ctx, http.MethodPost, rawURL, fields)
}

func (p *Page) follow(ctx context.Context, method, rawURL string, fields url.Values) (*Page, error) {
	u, err := fetch.ParseURL(p.Environment.URL, rawURL)
	if err != nil {
		return nil, invalidURL(method, err)
	}
	return p.browser.navigate(ctx, p.Environment, method, u, fields)
}

// A NoDocumentError says that a navigation ended with a response that browsers do
// not show: they stay on the page that they are on.
type NoDocumentError struct {
	URL    string
	Status int
	Why    string
}

// Error says which response came, and why it is no page.
func (e *NoDocumentError) Error() string {
	return fmt.Sprintf("fetchtest: %s does not lead to a page: %s (status %d)", e.URL, e.Why, e.Status)
}

// navigate loads a page for the given initiator, nil if that is the user.
func (b *Browser) navigate(ctx context.Context, initiator *fetch.Environment, method string, u *url.URL, fields url.Values) (*Page, error) {
	var body any
	var header http.Header
	if method == http.MethodPost {
		body, header = fields.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	}
	params := &fetch.Params{
		Environment:    initiator,
		Mode:           fetch.ModeNavigate,
		Credentials:    fetch.CredentialsInclude,
		Destination:    "document",
		UserActivation: true,
	}
	s := newStory(params)
	req, err := newRequest(s.attach(ctx), u, method, header, body)
	if err != nil {
		return nil, err
	}
	resp, err := b.do(req, params, s)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if why := noDocument(resp); why != "" {
		return nil, &NoDocumentError{URL: resp.URL.Redacted(), Status: resp.Status, Why: why}
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return nil, fmt.Errorf("fetchtest: reading %s: %w", resp.URL.Redacted(), err)
	}
	p := b.OpenAs(newEnvironment(resp))
	p.Status, p.Header, p.Body = resp.Status, resp.Header, content
	return p, nil
}

// noDocument returns why a response is not shown as a page, or "".
//
// See https://html.spec.whatwg.org/multipage/browsing-the-web.html#populating-a-session-history-entry.
func noDocument(resp *fetch.Response) string {
	if resp.Status == http.StatusNoContent || resp.Status == http.StatusResetContent {
		return "there is no content"
	}
	for _, line := range asciix.Lines(resp.Header, "Content-Disposition") {
		kind, _, _ := strings.Cut(line, ";")
		if asciix.EqualFold(asciix.Trim(kind), "attachment") {
			return "it is a download"
		}
	}
	return ""
}

// newEnvironment makes the environment of a top-level page out of the response that
// it comes from.
//
// See https://html.spec.whatwg.org/multipage/browsers.html#creating-a-policy-container-from-a-fetch-response.
func newEnvironment(resp *fetch.Response) *fetch.Environment {
	e := &fetch.Environment{
		Origin:         fetch.OriginOf(resp.URL),
		URL:            resp.URL,
		ReferrerPolicy: fetch.ReferrerPolicy(referrer.Parse(asciix.Lines(resp.Header, "Referrer-Policy"))),
		EmbedderPolicy: embedderPolicy(resp.Header),
	}
	if sandboxesOrigin(resp.Header) {
		e.Origin = fetch.OpaqueOrigin()
	}
	return e
}

// embedderPolicy reads Cross-Origin-Embedder-Policy. What it does not understand
// counts as absent.
//
// See https://html.spec.whatwg.org/multipage/browsers.html#obtain-an-embedder-policy.
func embedderPolicy(h http.Header) string {
	lines := asciix.Lines(h, "Cross-Origin-Embedder-Policy")
	if len(lines) != 1 {
		return ""
	}
	token, _, _ := strings.Cut(lines[0], ";")
	policy, ok := corp.ParseEmbedderPolicy(strings.Trim(token, " "))
	if !ok {
		return ""
	}
	return policy.String()
}

// sandboxesOrigin reports whether a content security policy gives the page an
// opaque origin.
//
// See https://www.w3.org/TR/CSP3/#directive-sandbox.
func sandboxesOrigin(h http.Header) bool {
	for _, line := range asciix.Lines(h, "Content-Security-Policy") {
		for policy := range strings.SplitSeq(line, ",") {
			for directive := range strings.SplitSeq(policy, ";") {
				words := strings.Fields(directive)
				if len(words) == 0 || !asciix.EqualFold(words[0], "sandbox") {
					continue
				}
				if !containsFold(words[1:], "allow-same-origin") {
					return true
				}
				break // only the first one of a policy counts
			}
		}
	}
	return false
}

func containsFold(words []string, want string) bool {
	for _, w := range words {
		if asciix.EqualFold(w, want) {
			return true
		}
	}
	return false
}
