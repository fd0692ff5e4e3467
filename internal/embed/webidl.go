package embed

import (
	"strconv"

	"github.com/dop251/goja"
)

// A class is a Web IDL interface: a constructor, a prototype, and objects of which
// each has a T behind it. T is a pointer, or an interface that the types of
// inherited interfaces implement, too.
//
// The T is in a property of the object whose key is a symbol of the page's. A script
// can find it, but do nothing with it: it has no exported fields or methods.
//
// Deviation: An object whose prototype is, say, a Headers object passes for one. And
// Headers() without new is the same as with it, since the engine does not tell.
//
// See https://webidl.spec.whatwg.org/#js-interfaces.
type class[T any] struct {
	page  *Page
	name  string
	ctor  *goja.Object
	proto *goja.Object
}

// newClass defines a class as a global. construct makes the T of a new object, which
// takes at least nargs arguments; it is nil for a class that scripts cannot construct.
// this is the object, which does not have its T until construct returns.
func newClass[T any](p *Page, name string, nargs int, construct func(this *goja.Object, args arguments) T) *class[T] {
	c := &class[T]{page: p, name: name}
	c.ctor = p.vm.ToValue(func(call goja.ConstructorCall) *goja.Object {
		if construct == nil {
			panic(p.vm.NewTypeError("Illegal constructor"))
		}
		if !p.vm.InstanceOf(call.This, c.ctor) {
			panic(p.vm.NewTypeError("Illegal invocation: %s has to be called with 'new'", name))
		}
		p.needArguments(name+" constructor", call.Arguments, nargs)
		p.attach(call.This, construct(call.This, call.Arguments))
		return nil
	}).(*goja.Object)
	c.proto = c.ctor.Get("prototype").(*goja.Object)
	must(c.ctor.DefineDataProperty("prototype", c.proto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
	must(c.proto.DefineDataPropertySymbol(goja.SymToStringTag, p.vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	p.label(c.ctor, name, nargs)
	p.defineGlobal(name, c.ctor)
	return c
}

// inherit makes c inherit from a class with the given constructor and prototype.
func (c *class[T]) inherit(ctor, proto *goja.Object) {
	must(c.ctor.SetPrototype(ctor))
	must(c.proto.SetPrototype(proto))
}

// wrap makes an object with t behind it.
func (c *class[T]) wrap(t T) *goja.Object {
	o := c.page.vm.CreateObject(c.proto)
	c.page.attach(o, t)
	return o
}

// of returns what is behind v if that is a T.
func (c *class[T]) of(v goja.Value) (t T, ok bool) {
	if o, isObject := v.(*goja.Object); isObject {
		if slot := o.GetSymbol(c.page.slot); slot != nil {
			t, ok = slot.Export().(T)
		}
	}
	return t, ok
}

// this is of for the receiver of a call, and throws.
func (c *class[T]) this(v goja.Value) T {
	t, ok := c.of(v)
	if !ok {
		panic(c.page.vm.NewTypeError("Illegal invocation: not a %s", c.name))
	}
	return t
}

// method defines an operation that takes at least nargs arguments.
func (c *class[T]) method(name string, nargs int, f func(t T, args arguments) goja.Value) {
	c.page.defineProperty(c.proto, name, c.page.function(name, nargs, func(call goja.FunctionCall) goja.Value {
		t := c.this(call.This)
		c.page.needArguments(c.name+"."+name, call.Arguments, nargs)
		return f(t, call.Arguments)
	}))
}

// promising defines an operation that returns a promise, and rejects it where other
// operations throw.
func (c *class[T]) promising(name string, nargs int, f func(t T, args arguments) *goja.Promise) {
	c.page.defineProperty(c.proto, name, c.page.function(name, nargs, func(call goja.FunctionCall) goja.Value {
		return c.page.vm.ToValue(c.page.promiseOf(func() *goja.Promise {
			t := c.this(call.This)
			c.page.needArguments(c.name+"."+name, call.Arguments, nargs)
			return f(t, call.Arguments)
		}))
	}))
}

// static defines a static operation.
func (c *class[T]) static(name string, nargs int, f func(args arguments) goja.Value) {
	c.page.defineProperty(c.ctor, name, c.page.function(name, nargs, func(call goja.FunctionCall) goja.Value {
		c.page.needArguments(c.name+"."+name, call.Arguments, nargs)
		return f(call.Arguments)
	}))
}

// getter defines a read-only attribute. get returns anything that goja converts as
// the attribute's type wants.
func (c *class[T]) getter(name string, get func(t T) any) { c.accessor(name, get, nil) }

// accessor defines an attribute, read-only if set is nil.
func (c *class[T]) accessor(name string, get func(t T) any, set func(t T, v goja.Value)) {
	vm := c.page.vm
	getter := c.page.function("get "+name, 0, func(call goja.FunctionCall) goja.Value {
		return vm.ToValue(get(c.this(call.This)))
	})
	var setter goja.Value
	if set != nil {
		setter = c.page.function("set "+name, 1, func(call goja.FunctionCall) goja.Value {
			set(c.this(call.This), call.Argument(0))
			return goja.Undefined()
		})
	}
	must(c.proto.DefineAccessorProperty(name, getter, setter, goja.FLAG_TRUE, goja.FLAG_TRUE))
}

// constant defines a constant on the constructor and the prototype.
func (c *class[T]) constant(name string, value int) {
	for _, o := range []*goja.Object{c.ctor, c.proto} {
		must(o.DefineDataProperty(name, c.page.vm.ToValue(value), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_TRUE))
	}
}

// attach puts t behind o, which must not have anything there.
func (p *Page) attach(o *goja.Object, t any) {
	p.rethrow(o.DefineDataPropertySymbol(p.slot, p.vm.ToValue(t), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
}

// function makes a function object.
func (p *Page) function(name string, nargs int, f func(goja.FunctionCall) goja.Value) goja.Value {
	o := p.vm.ToValue(f).(*goja.Object)
	p.label(o, name, nargs)
	return o
}

// label gives a function the name and length that scripts see.
func (p *Page) label(function *goja.Object, name string, nargs int) {
	must(function.DefineDataProperty("name", p.vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	must(function.DefineDataProperty("length", p.vm.ToValue(nargs), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// defineProperty defines an operation of an object.
func (p *Page) defineProperty(o *goja.Object, name string, v goja.Value) {
	must(o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
}

// defineFunction defines a global function that takes at least nargs arguments.
func (p *Page) defineFunction(name string, nargs int, f func(goja.FunctionCall) goja.Value) {
	p.defineProperty(p.vm.GlobalObject(), name, p.function(name, nargs, func(call goja.FunctionCall) goja.Value {
		p.needArguments(name, call.Arguments, nargs)
		return f(call)
	}))
}

// defineGlobal defines a global that for-in does not list.
func (p *Page) defineGlobal(name string, v goja.Value) {
	must(p.vm.GlobalObject().DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// arguments are those of a call; missing ones are undefined.
type arguments []goja.Value

func (a arguments) at(i int) goja.Value {
	if i < len(a) {
		return a[i]
	}
	return goja.Undefined()
}

func (p *Page) needArguments(what string, args []goja.Value, n int) {
	if len(args) < n {
		panic(p.vm.NewTypeError("%s: %s arguments required, but only %s present",
			what, strconv.Itoa(n), strconv.Itoa(len(args))))
	}
}

// must is for definitions on objects that no script has seen yet.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
