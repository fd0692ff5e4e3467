package embed

import (
	"slices"

	"github.com/dop251/goja"
)

// A promise is one that Go settles.
type promise struct {
	page            *Page
	promise         *goja.Promise
	resolve, reject func(any) error
}

func (p *Page) newPromise() promise {
	object, resolve, reject := p.vm.NewPromise()
	return promise{p, object, resolve, reject}
}

// fulfil resolves the promise with v. Settling it again does nothing.
func (r promise) fulfil(v goja.Value) { r.page.rethrow(r.resolve(v)) }

// fail rejects the promise.
func (r promise) fail(reason goja.Value) { r.page.rethrow(r.reject(reason)) }

// promiseOf returns what f returns, or a promise that is rejected with what it
// throws.
func (p *Page) promiseOf(f func() *goja.Promise) *goja.Promise {
	var result *goja.Promise
	if thrown := p.caught(func() { result = f() }); thrown != nil {
		failed := p.newPromise()
		failed.fail(thrown)
		return failed.promise
	}
	return result
}

// trackRejection notes promises that are rejected while nobody listens.
//
// See https://html.spec.whatwg.org/#the-hostpromiserejectiontracker-implementation.
func (p *Page) trackRejection(promise *goja.Promise, operation goja.PromiseRejectionOperation) {
	if operation == goja.PromiseRejectionReject {
		p.rejected = append(p.rejected, promise)
		return
	}
	p.rejected = slices.DeleteFunc(p.rejected, func(r *goja.Promise) bool { return r == promise })
}

// reportRejections reports the promises that were rejected during a task and are
// without a handler at its end.
//
// See https://html.spec.whatwg.org/#notify-about-rejected-promises.
func (p *Page) reportRejections() {
	rejected := p.rejected
	p.rejected = nil
	for _, promise := range rejected {
		p.log("error", "Uncaught (in promise) "+p.describe(promise.Result()))
	}
}

// defineMicrotask defines queueMicrotask, with the only microtasks that the engine
// has, reactions to promises.
//
// See https://html.spec.whatwg.org/#dom-queuemicrotask.
func (p *Page) defineMicrotask() {
	queue, err := p.vm.RunScript("microtask.js", `(() => {
		const settled = Promise.resolve();
		const then = Promise.prototype.then.bind(settled);
		return (callback, report) => {
			then(() => {
				try { callback() } catch (e) { report(e) }
			});
		};
	})()`)
	must(err)
	call, _ := goja.AssertFunction(queue)
	report := p.function("report", 1, func(call goja.FunctionCall) goja.Value {
		p.log("error", "Uncaught "+p.describe(call.Argument(0)))
		return goja.Undefined()
	})
	p.defineFunction("queueMicrotask", 1, func(c goja.FunctionCall) goja.Value {
		p.callable(c.Argument(0), "queueMicrotask")
		_, err := call(goja.Undefined(), c.Argument(0), report)
		p.rethrow(err)
		return goja.Undefined()
	})
}
