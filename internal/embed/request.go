package embed

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
)

// A request is what is behind a Request object. Its Params are complete but for
// what only a fetch knows.
//
// See https://fetch.spec.whatwg.org/#request-class.
type request struct {
	message
	method string
	url    *url.URL
	params fetch.Params
	signal *abortSignal
}

// defineRequest defines Request.
func (p *Page) defineRequest() {
	c := newClass(p, "Request", 1, func(_ *goja.Object, args arguments) *request {
		return p.newRequest(args.at(0), args.at(1))
	})
	p.classes.request = c
	c.getter("method", func(r *request) any { return r.method })
	c.getter("url", func(r *request) any { return r.url.String() })
	c.getter("headers", func(r *request) any { return r.headers.object })
	c.getter("destination", func(r *request) any { return string(r.params.Destination) })
	c.getter("referrer", func(r *request) any {
		switch r.params.Referrer {
		case fetch.NoReferrer:
			return ""
		case "":
			return "about:client"
		}
		return r.params.Referrer
	})
	c.getter("referrerPolicy", func(r *request) any { return string(r.params.ReferrerPolicy) })
	c.getter("mode", func(r *request) any { return r.params.Mode.String() })
	c.getter("credentials", func(r *request) any { return r.params.Credentials.String() })
	c.getter("cache", func(r *request) any { return r.params.Cache.String() })
	c.getter("redirect", func(r *request) any { return r.params.Redirect.String() })
	c.getter("integrity", func(r *request) any { return r.params.Integrity })
	c.getter("keepalive", func(r *request) any { return r.params.Keepalive })
	c.getter("isReloadNavigation", func(*request) any { return false })
	c.getter("isHistoryNavigation", func(*request) any { return false })
	c.getter("signal", func(r *request) any { return r.signal.object })
	c.getter("duplex", func(*request) any { return "half" })
	c.method("clone", 0, func(r *request, _ arguments) goja.Value {
		other := *r
		other.message = r.message.clone(p)
		other.signal = p.dependentSignal(r.signal)
		return c.wrap(&other)
	})
	defineBody(c)
}

// httpRequest returns the request as the engine takes it.
func (r *request) httpRequest() *http.Request {
	var content io.Reader
	if r.body != nil {
		content = bytes.NewReader(r.body.source) // net/http can replay it
	}
	return newHTTPRequest(r.method, r.url, r.headers.list.Clone(), content)
}

// newHTTPRequest returns a request for a URL that need not be one that net/url can
// parse again, as [fetch.ParseURL] returns it.
func newHTTPRequest(method string, u *url.URL, h http.Header, content io.Reader) *http.Request {
	req, err := http.NewRequest(method, "", content)
	must(err)
	req.URL, req.Header = u, h
	return req
}
