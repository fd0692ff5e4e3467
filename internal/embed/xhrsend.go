package embed

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// progressInterval is how often there are progress events.
const progressInterval = 50 * time.Millisecond

// send is send(). The listeners of each event that it fires can open or abort the
// request anew, which is why it looks around after each of them.
//
// See https://xhr.spec.whatwg.org/#the-send()-method.
func (x *xhr) send(content goja.Value) {
	p := x.page
	x.needOpened("send")
	hasContent := !isNullish(content) && x.method != http.MethodGet && x.method != http.MethodHead
	if hasContent {
		x.setContent(content)
	}
	x.listened = len(x.upload.listeners) > 0
	x.uploaded, x.sent = !hasContent, true
	x.transmitted, x.progressed, x.loaded = 0, time.Time{}, time.Time{}

	p.fireProgress(x, "loadstart", 0, 0)
	if !x.uploaded && x.listened {
		p.fireProgress(x.upload, "loadstart", 0, int64(len(x.body)))
	}
	if x.state != opened || !x.sent {
		return
	}
	params := &fetch.Params{Environment: p.options.Environment, ForcePreflight: x.listened}
	if x.credentials {
		params.Credentials = fetch.CredentialsInclude
	}
	var current *exchange
	current = p.start(x.httpRequest(hasContent, func(total int64) {
		p.loop.post(func() {
			if x.exchange == current {
				x.processUpload(total)
			}
		})
	}), params, x.processResponse)
	x.exchange = current
	x.started = time.Now()
	x.startTimer()
}

// setContent makes the body of what the script passes, and sets Content-Type.
//
// See https://xhr.spec.whatwg.org/#the-send()-method.
func (x *xhr) setContent(v goja.Value) {
	b, contentType := x.page.extract(v)
	if !b.known {
		panic(x.page.vm.NewTypeError("the body of a request cannot be a stream here"))
	}
	x.body = b.source
	given, ok := header.Get(x.author, "Content-Type")
	switch {
	case !ok && contentType != "":
		x.author.Set("Content-Type", contentType)
	case ok && contentType != "": // a string
		if m, ok := header.ParseMIME(given); ok && setCharset(&m) {
			x.author.Set("Content-Type", serializeMIME(m))
		}
	}
}

// setCharset makes UTF-8 the charset of a MIME type that names another one, and
// reports whether it did.
func setCharset(m *header.MIME) bool {
	for i, param := range m.Params {
		if param.Name == "charset" && !strings.EqualFold(param.Value, "utf-8") {
			m.Params[i].Value = "UTF-8"
			return true
		}
	}
	return false
}

// serializeMIME serializes a MIME type.
//
// See https://mimesniff.spec.whatwg.org/#serialize-a-mime-type.
func serializeMIME(m header.MIME) string {
	var b strings.Builder
	b.WriteString(m.Essence())
	for _, param := range m.Params {
		b.WriteString(";" + param.Name + "=")
		if header.ValidName(param.Value) { // a token
			b.WriteString(param.Value)
			continue
		}
		b.WriteString(`"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(param.Value) + `"`)
	}
	return b.String()
}

// httpRequest returns the request as the engine takes it. transmitted is called, on
// whatever goroutine sends the body, with the bytes that have been sent so far.
func (x *xhr) httpRequest(hasContent bool, transmitted func(total int64)) *http.Request {
	if !hasContent {
		return newHTTPRequest(x.method, x.url, x.author.Clone(), nil)
	}
	req := newHTTPRequest(x.method, x.url, x.author.Clone(), strings.NewReader(string(x.body)))
	replay := req.GetBody
	req.Body = &countingBody{req.Body, 0, transmitted}
	req.GetBody = func() (io.ReadCloser, error) {
		again, err := replay()
		return &countingBody{again, 0, transmitted}, err
	}
	return req
}

// A countingBody is a request's body that tells how much of it has been read.
type countingBody struct {
	io.ReadCloser
	total       int64
	transmitted func(total int64)
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.total += int64(n)
		b.transmitted(b.total)
	}
	return n, err
}

// processUpload notes how much of the request's body has been sent. A body that is
// sent again, because of a redirect, is not told of twice.
//
// See https://xhr.spec.whatwg.org/#the-send()-method.
func (x *xhr) processUpload(total int64) {
	if x.uploaded || total <= x.transmitted {
		return
	}
	p, length := x.page, int64(len(x.body))
	x.transmitted = total
	if x.listened && due(&x.progressed) {
		p.fireProgress(x.upload, "progress", x.transmitted, length)
	}
	if x.transmitted < length || x.uploaded {
		return
	}
	x.uploaded = true
	if x.listened {
		for _, kind := range []string{"progress", "load", "loadend"} {
			p.fireProgress(x.upload, kind, x.transmitted, length)
		}
	}
}

// due reports whether it is time for another progress event, and if so, that last
// one was now.
func due(last *time.Time) bool {
	now := time.Now()
	if now.Sub(*last) < progressInterval {
		return false
	}
	*last = now
	return true
}

// processResponse goes on when there is a response, or a network error.
//
// See https://xhr.spec.whatwg.org/#the-send()-method.
func (x *xhr) processResponse(response *fetch.Response) {
	if response == nil {
		x.terminate()
		x.requestError("error")
		return
	}
	current := x.exchange
	x.response, x.hasBody = response, hasBody(x.method, response)
	x.state = headersReceived
	x.page.fire(x, "readystatechange")
	if x.exchange != current {
		return
	}
	if !x.hasBody {
		x.endOfBody()
		return
	}
	from := current.body()
	var next func(chunk)
	next = func(c chunk) {
		switch {
		case c.failure != nil:
			x.terminate()
			x.requestError("error")
		case c.done:
			x.endOfBody()
		default:
			x.received = append(x.received, c.bytes...)
			x.chunkReceived(current)
			if x.exchange == current {
				from.read(next)
			}
		}
	}
	from.read(next)
}

// chunkReceived tells of a piece of the response's body.
func (x *xhr) chunkReceived(current *exchange) {
	if !due(&x.loaded) {
		return
	}
	x.state = loading
	x.page.fire(x, "readystatechange")
	if x.exchange == current {
		x.page.fireProgress(x, "progress", int64(len(x.received)), x.length())
	}
}

// endOfBody is the end of a request that has succeeded.
//
// See https://xhr.spec.whatwg.org/#handle-response-end-of-body.
func (x *xhr) endOfBody() {
	p, current := x.page, x.exchange
	transmitted, length := int64(len(x.received)), x.length()
	p.fireProgress(x, "progress", transmitted, length)
	if x.exchange != current {
		return
	}
	x.terminate()
	x.state, x.sent = done, false
	p.fire(x, "readystatechange")
	p.fireProgress(x, "load", transmitted, length)
	p.fireProgress(x, "loadend", transmitted, length)
}

// requestError is the end of a request that has failed; kind is the event's type.
//
// See https://xhr.spec.whatwg.org/#request-error-steps.
func (x *xhr) requestError(kind string) {
	p := x.page
	x.state, x.sent, x.response = done, false, nil
	p.fire(x, "readystatechange")
	if !x.uploaded {
		x.uploaded = true
		if x.listened {
			p.fireProgress(x.upload, kind, 0, 0)
			p.fireProgress(x.upload, "loadend", 0, 0)
		}
	}
	p.fireProgress(x, kind, 0, 0)
	p.fireProgress(x, "loadend", 0, 0)
}

// terminate ends the fetch, if there is one. Nothing more comes of it.
func (x *xhr) terminate() {
	x.page.loop.timers.stop(x.timer)
	x.timer = nil
	if x.exchange != nil {
		x.exchange.end()
		x.exchange = nil
	}
}

// startTimer makes the fetch end timeout after it has begun, if there is a fetch and
// a timeout.
func (x *xhr) startTimer() {
	timers := &x.page.loop.timers
	timers.stop(x.timer)
	x.timer = nil
	if x.exchange == nil || x.timeout == 0 {
		return
	}
	left := x.timeout - time.Since(x.started)
	x.timer = timers.start(left, true, func() {
		x.terminate()
		x.requestError("timeout")
	})
}
