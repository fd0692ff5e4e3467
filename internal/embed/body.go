package embed

import (
	"slices"
	"unicode/utf8"

	"github.com/dop251/goja"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// A body is a stream, and the bytes it was made of, if it was. Those of requests
// are.
//
// See https://fetch.spec.whatwg.org/#concept-body.
type body struct {
	stream *stream
	source []byte
	known  bool // source is what the stream has
}

func (p *Page) bytesBody(b []byte) *body {
	return &body{stream: p.bytesStream(b), source: b, known: true}
}

// extract makes a body of what a script passes as BodyInit, and returns the
// Content-Type that goes with it, "" for none.
//
// See https://fetch.spec.whatwg.org/#concept-bodyinit-extract.
func (p *Page) extract(v goja.Value) (b *body, contentType string) {
	if bytes, ok := p.bufferSource(v); ok {
		return p.bytesBody(bytes), ""
	}
	if s, ok := p.classes.readableStream.of(v); ok {
		if s.unusable() {
			panic(p.vm.NewTypeError("the stream has been read from or is locked"))
		}
		return &body{stream: s}, ""
	}
	return p.bytesBody([]byte(p.scalar(v))), "text/plain;charset=UTF-8"
}

// clone replaces b's stream, and returns a body of the same content.
//
// See https://fetch.spec.whatwg.org/#concept-body-clone.
func (b *body) clone() *body {
	if b == nil {
		return nil
	}
	other := &body{source: slices.Clone(b.source), known: b.known}
	b.stream, other.stream = b.stream.tee()
	return other
}

// proxy returns a body of the same content, and leaves b used.
//
// See https://streams.spec.whatwg.org/#readablestream-create-a-proxy.
func (b *body) proxy() *body {
	other := *b
	other.stream = b.stream.page.bytesStream(slices.Clone(b.source))
	b.stream.disturbed, b.stream.locked = true, true
	return &other
}

// A message is what Request and Response have in common.
type message struct {
	headers *headers
	body    *body // nil if null
}

func (m *message) content() *body { return m.body }

// clone returns a message of the same content.
func (m *message) clone(p *Page) message {
	if unusable(m) {
		panic(p.vm.NewTypeError("the body has been read from or is locked"))
	}
	return message{headers: p.newHeaders(m.headers.guard, m.headers.list.Clone()), body: m.body.clone()}
}

// A bodied is a Request or a Response.
type bodied interface{ content() *body }

func unusable(o bodied) bool { return o.content() != nil && o.content().stream.unusable() }

// defineBody defines what Request and Response have in common.
//
// Deviation: There is no Blob and no FormData, hence no blob() and formData().
//
// See https://fetch.spec.whatwg.org/#body-mixin.
func defineBody[T bodied](c *class[T]) {
	p := c.page
	c.getter("body", func(o T) any {
		if o.content() == nil {
			return goja.Null()
		}
		return o.content().stream.value()
	})
	c.getter("bodyUsed", func(o T) any { return o.content() != nil && o.content().stream.disturbed })
	consumer := func(name string, convert func([]byte) goja.Value) {
		c.promising(name, 0, func(o T, _ arguments) *goja.Promise { return p.consume(o, convert) })
	}
	consumer("text", func(b []byte) goja.Value { return p.vm.ToValue(decodeUTF8(b)) })
	consumer("json", func(b []byte) goja.Value { return p.parseJSON(decodeUTF8(b)) })
	consumer("arrayBuffer", p.arrayBuffer)
	consumer("bytes", p.byteArray)
}

// consume reads the body to its end, and converts what it was.
//
// See https://fetch.spec.whatwg.org/#concept-body-consume-body.
func (p *Page) consume(o bodied, convert func([]byte) goja.Value) *goja.Promise {
	if unusable(o) {
		panic(p.vm.NewTypeError("the body has been read from or is locked"))
	}
	result := p.newPromise()
	settle := func(all []byte, failure goja.Value) {
		if failure == nil {
			var v goja.Value
			if failure = p.caught(func() { v = convert(all) }); failure == nil {
				result.fulfil(v)
				return
			}
		}
		result.fail(failure)
	}
	if b := o.content(); b != nil {
		b.stream.readAll(settle)
	} else {
		settle(nil, nil)
	}
	return result.promise
}

// decodeUTF8 decodes b without a byte order mark, and replaces what is not UTF-8.
//
// See https://encoding.spec.whatwg.org/#utf-8-decode.
func decodeUTF8(b []byte) string {
	const mark = "\ufeff"
	if len(b) >= len(mark) && string(b[:len(mark)]) == mark {
		b = b[len(mark):]
	}
	if utf8.Valid(b) {
		return string(b)
	}
	decoded, _, _ := transform.Bytes(unicode.UTF8.NewDecoder(), b) // replaces what is malformed
	return string(decoded)
}
