package fetchtest

import (
	"context"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
)

// A Page is a document in a [Browser], whose scripts fetch. It is made by
// [Browser.Open], [Browser.Navigate] and the like, and is safe for concurrent use.
type Page struct {
	// Environment is who the page is to others. It must not be modified.
	Environment *fetch.Environment

	// Status, Header and Body are those of the response that the page was made
	// from: 0 and nil after Open. Of the body there are 16 MiB at most.
	Status int
	Header http.Header
	Body   []byte

	browser *Browser
}

// Fetch is what a script of the page gets from fetch(rawURL, init): rawURL may be
// relative to the page's, and a nil init is an empty one. The caller must close
// the body of the response.
//
// An error is a [*Failure], which wraps a [*fetch.NetworkError] and tells the
// whole story, or a [*BodyError].
//
// See https://fetch.spec.whatwg.org/#fetch-method.
func (p *Page) Fetch(ctx context.Context, rawURL string, init *Init) (*fetch.Response, error) {
	if init == nil {
		init = new(Init)
	}
	return p.fetch(ctx, rawURL, init.Method, init.Header, init.Body, &fetch.Params{
		Environment: p.Environment,
		Mode:        init.Mode,
		Credentials: init.Credentials,
		Redirect:    init.Redirect,
	})
}

// Send is like Fetch for XMLHttpRequest; a nil x is an empty one.
//
// See https://xhr.spec.whatwg.org/#the-send()-method.
func (p *Page) Send(ctx context.Context, rawURL string, x *XHR) (*fetch.Response, error) {
	if x == nil {
		x = new(XHR)
	}
	params := &fetch.Params{Environment: p.Environment, ForcePreflight: x.UploadListener}
	if x.WithCredentials {
		params.Credentials = fetch.CredentialsInclude
	}
	body := x.Body
	switch fetch.NormalizeMethod(x.Method) {
	case "", http.MethodGet, http.MethodHead:
		body = nil
	}
	return p.fetch(ctx, rawURL, x.Method, x.Header, body, params)
}

func (p *Page) fetch(ctx context.Context, rawURL, method string, header http.Header, body any, params *fetch.Params) (*fetch.Response, error) {
	u, err := fetch.ParseURL(p.Environment.URL, rawURL)
	if err != nil {
		return nil, invalidURL(method, err)
	}
	s := newStory(params)
	req, err := newRequest(s.attach(ctx), u, method, header, body)
	if err != nil {
		return nil, err
	}
	return p.browser.do(req, params, s)
}

// Do performs req, whose URL has to be absolute, with the parameters that [Init]
// has no field for; nil means zero Params. The page's Environment takes the place
// of that in params. An error is a [*Failure].
func (p *Page) Do(req *http.Request, params *fetch.Params) (*fetch.Response, error) {
	own := p.own(params)
	s := newStory(own)
	return p.browser.do(req.WithContext(s.attach(req.Context())), own, s)
}

// own returns params for a fetch of the page.
func (p *Page) own(params *fetch.Params) *fetch.Params {
	own := fetch.Params{}
	if params != nil {
		own = *params
	}
	own.Environment = p.Environment
	return &own
}

// do performs a fetch whose story s, attached to the request's context, tells.
func (b *Browser) do(req *http.Request, params *fetch.Params, s *story) (*fetch.Response, error) {
	resp, err := b.engine.Fetch(req, params)
	if err != nil {
		return nil, s.failure(err)
	}
	return resp, nil
}

// Client returns an http.Client for code that takes one, such as an SDK: what it
// does, the page does. params are those of its requests, nil for fetch's defaults;
// a request whose context has others ([fetch.NewContext]) goes by these. The
// Environment is the page's in any case.
//
// The client has no Jar and must not be given one: cookies are the browser's, and
// what an http.Client adds is dropped. An error is a [*url.Error] around a
// [*Failure].
func (p *Page) Client(params *fetch.Params) *http.Client {
	return &http.Client{Transport: &pageTransport{p, p.own(params)}}
}

// A pageTransport is the RoundTripper of a page's client.
type pageTransport struct {
	page   *Page
	params *fetch.Params
}

func (t *pageTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	params := t.params
	if chosen := fetch.FromContext(req.Context()); chosen != nil {
		params = t.page.own(chosen)
	}
	s := newStory(params)
	ctx := fetch.NewContext(s.attach(req.Context()), params)
	resp, err := t.page.browser.engine.Transport(nil).RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, s.failure(err)
	}
	return resp, nil
}
