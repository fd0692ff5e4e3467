package embed

import (
	"net/http"
	"net/url"
	"time"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// A readyState is the state of an XMLHttpRequest.
//
// See https://xhr.spec.whatwg.org/#states.
type readyState uint8

const (
	unsent readyState = iota
	opened
	headersReceived
	loading
	done
)

// An xhr is what is behind an XMLHttpRequest. In this file is what a script can do
// to it, in xhrsend.go what happens then, and in xhrresponse.go what a script can
// ask.
//
// See https://xhr.spec.whatwg.org/#interface-xmlhttprequest.
type xhr struct {
	eventTarget
	page   *Page
	upload *xhrUpload
	state  readyState

	// The request.
	method      string
	url         *url.URL
	author      http.Header
	body        []byte
	credentials bool
	sent        bool // the send() invoked flag
	listened    bool // the upload listener flag
	uploaded    bool // the upload complete flag

	// The fetch.
	exchange    *exchange // nil unless there is one going on
	timeout     time.Duration
	timer       *timer
	started     time.Time
	transmitted int64     // of the request's body
	progressed  time.Time // last time that there was an upload's progress event
	loaded      time.Time // last time that there was a progress event

	// The response.
	response     *fetch.Response // nil for a network error
	hasBody      bool
	received     []byte
	text         string // received, decoded as far as textLength
	textLength   int
	override     *header.MIME
	responseType string
	built        goja.Value // the response object, nil if there is none so far
}

// An xhrUpload is what is behind an XMLHttpRequestUpload.
type xhrUpload struct{ eventTarget }

// defineXHR defines XMLHttpRequest and XMLHttpRequestUpload.
func (p *Page) defineXHR() {
	targets := newClass[eventTargeter](p, "XMLHttpRequestEventTarget", 0, nil)
	targets.inherit(p.classes.eventTarget.ctor, p.classes.eventTarget.proto)
	for _, kind := range []string{"loadstart", "progress", "abort", "error", "load", "timeout", "loadend"} {
		defineHandler(targets, kind)
	}
	uploads := newClass[*xhrUpload](p, "XMLHttpRequestUpload", 0, nil)
	p.classes.upload = uploads
	uploads.inherit(targets.ctor, targets.proto)

	c := newClass(p, "XMLHttpRequest", 0, func(this *goja.Object, _ arguments) *xhr {
		x := &xhr{page: p, upload: new(xhrUpload)}
		x.eventTarget.object = this
		x.upload.object = uploads.wrap(x.upload)
		return x
	})
	c.inherit(targets.ctor, targets.proto)
	defineHandler(c, "readystatechange")
	for i, name := range []string{"UNSENT", "OPENED", "HEADERS_RECEIVED", "LOADING", "DONE"} {
		c.constant(name, i)
	}
	c.getter("readyState", func(x *xhr) any { return int(x.state) })
	c.getter("upload", func(x *xhr) any { return x.upload.object })
	c.method("open", 2, func(x *xhr, args arguments) goja.Value {
		x.open(args)
		return goja.Undefined()
	})
	c.method("setRequestHeader", 2, func(x *xhr, args arguments) goja.Value {
		x.setRequestHeader(p.byteString(args.at(0)), p.byteString(args.at(1)))
		return goja.Undefined()
	})
	c.method("send", 0, func(x *xhr, args arguments) goja.Value {
		x.send(args.at(0))
		return goja.Undefined()
	})
	c.method("abort", 0, func(x *xhr, _ arguments) goja.Value {
		x.abort()
		return goja.Undefined()
	})
	c.accessor("timeout", func(x *xhr) any { return x.timeout.Milliseconds() }, func(x *xhr, v goja.Value) {
		x.timeout = time.Duration(uint32(v.ToInteger())) * time.Millisecond
		x.startTimer()
	})
	c.accessor("withCredentials", func(x *xhr) any { return x.credentials }, func(x *xhr, v goja.Value) {
		if x.state > opened || x.sent {
			p.throw("InvalidStateError", "withCredentials cannot be set after send()")
		}
		x.credentials = v.ToBoolean()
	})
	defineXHRResponse(c)
}

// open is open().
//
// Deviation: Synchronous requests are refused also where browsers still have them:
// they would stop the event loop that they wait for. A username and password are
// part of the URL, as the standard has it, but package fetch refuses such a URL, so
// that the request fails.
//
// See https://xhr.spec.whatwg.org/#the-open()-method.
func (x *xhr) open(args arguments) {
	p := x.page
	method := p.byteString(args.at(0))
	ref := p.scalar(args.at(1))
	switch {
	case !header.ValidName(method):
		p.throw("SyntaxError", quote(method)+" is not a method")
	case fetch.ForbiddenMethod(method):
		p.throw("SecurityError", quote(method)+" is not a method that a script may use")
	}
	u, err := fetch.ParseURL(p.options.Environment.URL, ref)
	if err != nil {
		p.throw("SyntaxError", quote(ref)+" is not a URL")
	}
	if len(args) > 2 && !args[2].ToBoolean() {
		p.throw("InvalidAccessError", "Synchronous requests are not supported: open() needs async to be true")
	}
	if username, password := args.at(3), args.at(4); u.Host != "" && !(isNullish(username) && isNullish(password)) {
		u.User = userinfo(p, u.User, username, password)
	}
	x.terminate()
	x.sent, x.listened = false, false
	x.method, x.url = fetch.NormalizeMethod(method), u
	x.author, x.body = make(http.Header), nil
	x.response, x.received, x.built = nil, nil, nil
	x.text, x.textLength = "", 0
	if x.state != opened {
		x.state = opened
		p.fire(x, "readystatechange")
	}
}

// userinfo returns the userinfo of a URL after one or both parts of it were set.
func userinfo(p *Page, before *url.Userinfo, username, password goja.Value) *url.Userinfo {
	name := before.Username()
	secret, _ := before.Password()
	if !isNullish(username) {
		name = p.scalar(username)
	}
	if !isNullish(password) {
		secret = p.scalar(password)
	}
	if name == "" && secret == "" {
		return nil
	}
	return url.UserPassword(name, secret)
}

// setRequestHeader is setRequestHeader().
//
// See https://xhr.spec.whatwg.org/#the-setrequestheader()-method.
func (x *xhr) setRequestHeader(name, value string) {
	x.needOpened("setRequestHeader")
	value = header.Normalize(value)
	switch {
	case !header.ValidName(name):
		x.page.throw("SyntaxError", quote(name)+" is not a header name")
	case !header.ValidValue(value):
		x.page.throw("SyntaxError", "the value of "+quote(name)+" is not a header value")
	case header.ForbiddenRequest(name, value):
		return
	}
	if before, ok := header.Get(x.author, name); ok {
		value = before + ", " + value
	}
	x.author.Set(name, value)
}

// needOpened throws unless there is a request to be made.
func (x *xhr) needOpened(method string) {
	if x.state != opened || x.sent {
		x.page.throw("InvalidStateError", method+"() needs an open() before, and no send()")
	}
}

// abort is abort().
//
// See https://xhr.spec.whatwg.org/#the-abort()-method.
func (x *xhr) abort() {
	x.terminate()
	if x.state == opened && x.sent || x.state == headersReceived || x.state == loading {
		x.requestError("abort")
	}
	if x.state == done {
		x.state, x.response = unsent, nil
	}
}
