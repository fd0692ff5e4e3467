package embed

import (
	"net/http"
	"net/url"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// A response is what is behind a Response object: one that the engine has filtered,
// or one that a script has made.
//
// See https://fetch.spec.whatwg.org/#response-class.
type response struct {
	message
	kind       string // the type
	url        string // without fragment
	redirected bool
	status     int
	statusText string
}

func (r *response) ok() bool { return r.status >= 200 && r.status <= 299 }

// defineResponse defines Response.
func (p *Page) defineResponse() {
	c := newClass(p, "Response", 0, func(_ *goja.Object, args arguments) *response {
		var content *body
		var contentType string
		if v := args.at(0); !isNullish(v) {
			content, contentType = p.extract(v)
		}
		return p.newResponse(args.at(1), content, contentType)
	})
	p.classes.response = c
	c.getter("type", func(r *response) any { return r.kind })
	c.getter("url", func(r *response) any { return r.url })
	c.getter("redirected", func(r *response) any { return r.redirected })
	c.getter("status", func(r *response) any { return r.status })
	c.getter("ok", func(r *response) any { return r.ok() })
	c.getter("statusText", func(r *response) any { return p.bytesValue(r.statusText) })
	c.getter("headers", func(r *response) any { return r.headers.object })
	c.method("clone", 0, func(r *response, _ arguments) goja.Value {
		other := *r
		other.message = r.message.clone(p)
		return c.wrap(&other)
	})
	c.static("error", 0, func(arguments) goja.Value {
		return c.wrap(&response{kind: "error", message: message{headers: p.newHeaders(guardImmutable, make(http.Header))}})
	})
	c.static("redirect", 1, func(args arguments) goja.Value { return c.wrap(p.redirectResponse(args)) })
	c.static("json", 1, func(args arguments) goja.Value {
		json, err := p.builtins.jsonStringify(goja.Undefined(), args.at(0))
		p.rethrow(err)
		if goja.IsUndefined(json) {
			panic(p.vm.NewTypeError("the value is not JSON serializable"))
		}
		return c.wrap(p.newResponse(args.at(1), p.bytesBody([]byte(json.String())), "application/json"))
	})
	defineBody(c)
}

// newResponse is the constructor of Response, given a body or nil.
//
// See https://fetch.spec.whatwg.org/#initialize-a-response.
func (p *Page) newResponse(initValue goja.Value, content *body, contentType string) *response {
	r := &response{kind: "default", status: 200, message: message{body: content}}
	init := p.dictionary(initValue, "ResponseInit", "headers", "status", "statusText")
	if v, ok := init["status"]; ok {
		r.status = int(uint16(v.ToInteger()))
	}
	if v, ok := init["statusText"]; ok {
		r.statusText = p.byteString(v)
	}
	switch {
	case r.status < 200 || r.status > 599:
		p.rangeError("the status has to be between 200 and 599")
	case !isReasonPhrase(r.statusText):
		panic(p.vm.NewTypeError("the statusText is not a reason phrase"))
	}
	r.headers = p.newHeaders(guardResponse, make(http.Header))
	if v, ok := init["headers"]; ok {
		r.headers.fill(v)
	}
	if content == nil {
		return r
	}
	if isNullBodyStatus(r.status) {
		panic(p.vm.NewTypeError("a response with this status has no body"))
	}
	if _, ok := header.Get(r.headers.list, "Content-Type"); !ok && contentType != "" {
		r.headers.append("Content-Type", contentType)
	}
	return r
}

// redirectResponse is Response.redirect.
//
// See https://fetch.spec.whatwg.org/#dom-response-redirect.
func (p *Page) redirectResponse(args arguments) *response {
	u, err := fetch.ParseURL(p.options.Environment.URL, p.scalar(args.at(0)))
	if err != nil {
		panic(p.vm.NewTypeError("%s is not a URL", quote(p.scalar(args.at(0)))))
	}
	r := &response{kind: "default", status: 302}
	if v := args.at(1); !goja.IsUndefined(v) {
		r.status = int(uint16(v.ToInteger()))
	}
	switch r.status {
	case 301, 302, 303, 307, 308:
	default:
		p.rangeError("the status is not that of a redirect")
	}
	r.headers = p.newHeaders(guardImmutable, http.Header{"Location": {u.String()}})
	return r
}

// fetchedResponse makes a response of one that the engine has filtered. Its body is
// nil if a script must see none: an opaque one, or one that cannot have any.
//
// See https://fetch.spec.whatwg.org/#response-create.
func (p *Page) fetchedResponse(from *fetch.Response, content *body) *response {
	return &response{
		kind:       string(from.Type),
		url:        withoutFragment(from.URL),
		redirected: from.Redirected,
		status:     from.Status,
		statusText: from.StatusText,
		message:    message{headers: p.newHeaders(guardImmutable, from.Header), body: content},
	}
}

// withoutFragment serializes u, which may be nil.
func withoutFragment(u *url.URL) string {
	if u == nil {
		return ""
	}
	c := *u
	c.Fragment, c.RawFragment = "", ""
	return c.String()
}

// hasBody reports whether the body of a response to a request with the given method
// is not null.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func hasBody(method string, r *fetch.Response) bool {
	return r.Type != fetch.TypeOpaque && r.Type != fetch.TypeOpaqueRedirect &&
		method != http.MethodHead && !isNullBodyStatus(r.Status)
}

// isNullBodyStatus reports whether a response with this status has no body.
//
// See https://fetch.spec.whatwg.org/#null-body-status.
func isNullBodyStatus(status int) bool {
	switch status {
	case 101, 103, 204, 205, 304:
		return true
	}
	return false
}

// isReasonPhrase reports whether s is a reason-phrase or empty.
//
// See https://httpwg.org/specs/rfc9112.html#status.line.
func isReasonPhrase(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
