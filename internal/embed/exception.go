package embed

import (
	_ "embed"
	"errors"

	"github.com/dop251/goja"
)

//go:embed exception.js
var exceptionSource string

// defineException defines DOMException.
func (p *Page) defineException() goja.Value {
	ctor, err := p.vm.RunScript("exception.js", exceptionSource)
	must(err)
	p.defineGlobal("DOMException", ctor)
	return ctor
}

// exception makes a DOMException.
//
// See https://webidl.spec.whatwg.org/#dfn-create-exception.
func (p *Page) exception(name, message string) goja.Value {
	e, err := p.vm.New(p.builtins.domException, p.vm.ToValue(message), p.vm.ToValue(name))
	p.rethrow(err)
	return e
}

// throw throws a DOMException.
func (p *Page) throw(name, message string) { panic(p.exception(name, message)) }

// typeError makes a TypeError, to reject a promise with.
func (p *Page) typeError(message string) goja.Value { return p.vm.NewTypeError("%s", message) }

// rangeError throws a RangeError.
func (p *Page) rangeError(message string) {
	e, err := p.vm.New(p.builtins.rangeError, p.vm.ToValue(message))
	p.rethrow(err)
	panic(e)
}

// failedToFetch is all that a page learns about a network error.
//
// See https://fetch.spec.whatwg.org/#concept-network-error.
func (p *Page) failedToFetch() goja.Value { return p.typeError("Failed to fetch") }

// rethrow throws what a call of a script's function has thrown. An interrupt goes
// all the way up to the loop.
func (p *Page) rethrow(err error) {
	if err == nil {
		return
	}
	if exception, ok := errors.AsType[*goja.Exception](err); ok {
		panic(exception.Value())
	}
	panic(err)
}

// caught calls f and returns what it throws, or nil.
func (p *Page) caught(f func()) goja.Value {
	if exception := p.vm.Try(f); exception != nil {
		return exception.Value()
	}
	return nil
}

// invoke calls a callback of a script's. What it throws is reported.
//
// Deviation: If a promise's reaction is itself a function of this package, such as
// controller.abort, microtasks run after each callback that it makes, ahead of
// those that were queued before.
//
// See https://webidl.spec.whatwg.org/#invoke-a-callback-function.
func (p *Page) invoke(f goja.Callable, this goja.Value, args ...goja.Value) {
	p.enter(func() {
		if _, err := f(this, args...); err != nil {
			p.report(err)
		}
	})
}

// enter calls f from within a script's function. The engine runs the microtasks when
// the outermost function returns, so they run after f, and not inside of it, before
// it could report anything.
func (p *Page) enter(f func()) {
	p.entering = f
	if _, err := p.builtins.enter(goja.Undefined()); err != nil {
		panic(err) // an interrupt, since f throws nothing
	}
}

// defineEnter returns the function that enter calls, which calls p.entering.
func (p *Page) defineEnter() goja.Callable {
	wrap, err := p.vm.RunString("(f) => () => f()")
	must(err)
	call, _ := goja.AssertFunction(wrap)
	wrapped, err := call(goja.Undefined(), p.function("enter", 0, func(goja.FunctionCall) goja.Value {
		p.entering()
		return goja.Undefined()
	}))
	must(err)
	enter, _ := goja.AssertFunction(wrapped)
	return enter
}

// report writes an error that a script did not catch to the console.
//
// See https://html.spec.whatwg.org/#report-an-exception.
func (p *Page) report(err error) {
	if exception, ok := errors.AsType[*goja.Exception](err); ok {
		p.log("error", "Uncaught "+p.describe(exception.Value())+position(exception))
		return
	}
	panic(err) // an interrupt, or the end of the stack: the loop knows what to do
}

// position says where an exception was thrown, if a script has thrown it.
func position(exception *goja.Exception) string {
	for _, frame := range exception.Stack() {
		if at := frame.Position(); at.Line > 0 {
			return " (" + at.String() + ")"
		}
	}
	return ""
}
