package embed

import (
	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
)

// defineFetch defines fetch.
func (p *Page) defineFetch() {
	p.defineProperty(p.vm.GlobalObject(), "fetch", p.function("fetch", 1, func(call goja.FunctionCall) goja.Value {
		return p.vm.ToValue(p.promiseOf(func() *goja.Promise {
			p.needArguments("fetch", call.Arguments, 1)
			return p.fetch(p.newRequest(call.Argument(0), call.Argument(1)))
		}))
	}))
}

// fetch is fetch(), once there is a request. No script can see the request, so its
// signal is let go when the fetch is over.
//
// See https://fetch.spec.whatwg.org/#dom-global-fetch.
func (p *Page) fetch(r *request) *goja.Promise {
	result := p.newPromise()
	if r.signal.aborted() {
		result.fail(r.signal.reason)
		return result.promise
	}
	var content *stream // of the response, once there is one
	var x *exchange
	r.signal.add(func() {
		x.end()
		result.fail(r.signal.reason) // unless there is a response already
		if content != nil {
			content.fail(r.signal.reason)
		}
	})
	x = p.start(r.httpRequest(), &r.params, func(response *fetch.Response) {
		if response == nil {
			result.fail(p.failedToFetch())
			return
		}
		var b *body
		if hasBody(r.method, response) {
			content = x.body()
			b = &body{stream: content}
		} else {
			x.end()
		}
		result.fulfil(p.classes.response.wrap(p.fetchedResponse(response, b)))
	})
	x.onEnd = r.signal.detach
	return result.promise
}
