package embed

import (
	"slices"

	"github.com/dop251/goja"
)

// An eventTargeter is what is behind an object that inherits from EventTarget.
type eventTargeter interface{ events() *eventTarget }

// An eventTarget has listeners. There is no tree of targets, hence neither capturing
// nor bubbling.
//
// See https://dom.spec.whatwg.org/#interface-eventtarget.
type eventTarget struct {
	object    *goja.Object // that scripts know
	listeners []*listener
}

func (t *eventTarget) events() *eventTarget { return t }

// A listener is an event listener, or an event handler such as onload, which can be
// replaced in place.
type listener struct {
	kind     string
	callback *goja.Object
	handler  bool
	once     bool
	removed  bool
}

// An event is an Event or a ProgressEvent.
type event struct {
	kind              string
	target            *goja.Object
	trusted, stopped  bool
	cancelable        bool
	prevented         bool
	loaded, total     float64
	hasLength, active bool
}

// defineEvents defines EventTarget, Event and ProgressEvent.
//
// See https://dom.spec.whatwg.org/#events and
// https://xhr.spec.whatwg.org/#interface-progressevent.
func (p *Page) defineEvents() {
	targets := newClass(p, "EventTarget", 0, func(this *goja.Object, _ arguments) eventTargeter {
		return &eventTarget{object: this}
	})
	p.classes.eventTarget = targets
	targets.method("addEventListener", 2, func(t eventTargeter, args arguments) goja.Value {
		p.addListener(t.events(), args)
		return goja.Undefined()
	})
	targets.method("removeEventListener", 2, func(t eventTargeter, args arguments) goja.Value {
		kind := p.scalar(args.at(0))
		t.events().remove(func(l *listener) bool {
			return l.kind == kind && !l.handler && l.callback.SameAs(args.at(1))
		})
		return goja.Undefined()
	})
	targets.method("dispatchEvent", 1, func(t eventTargeter, args arguments) goja.Value {
		e := p.classes.event.this(args.at(0))
		if e.active {
			p.throw("InvalidStateError", "The event is already being dispatched")
		}
		e.trusted = false
		p.dispatch(t, e, args.at(0))
		return p.vm.ToValue(!e.prevented)
	})

	events := newClass(p, "Event", 1, func(_ *goja.Object, args arguments) *event { return p.newEvent(args) })
	p.classes.event = events
	events.getter("type", func(e *event) any { return e.kind })
	events.getter("target", func(e *event) any { return nullable(e.target) })
	events.getter("currentTarget", func(e *event) any {
		if !e.active {
			return goja.Null()
		}
		return nullable(e.target)
	})
	events.getter("bubbles", func(*event) any { return false })
	events.getter("cancelable", func(e *event) any { return e.cancelable })
	events.getter("defaultPrevented", func(e *event) any { return e.prevented })
	events.getter("isTrusted", func(e *event) any { return e.trusted })
	events.method("preventDefault", 0, func(e *event, _ arguments) goja.Value {
		e.prevented = e.prevented || e.cancelable
		return goja.Undefined()
	})
	events.method("stopPropagation", 0, func(*event, arguments) goja.Value { return goja.Undefined() })
	events.method("stopImmediatePropagation", 0, func(e *event, _ arguments) goja.Value {
		e.stopped = true
		return goja.Undefined()
	})

	progress := newClass(p, "ProgressEvent", 1, func(_ *goja.Object, args arguments) *event {
		e := p.newEvent(args)
		init := p.dictionary(args.at(1), "ProgressEventInit", "lengthComputable", "loaded", "total")
		if v, ok := init["lengthComputable"]; ok {
			e.hasLength = v.ToBoolean()
		}
		if v, ok := init["loaded"]; ok {
			e.loaded = v.ToFloat()
		}
		if v, ok := init["total"]; ok {
			e.total = v.ToFloat()
		}
		return e
	})
	p.classes.progressEvent = progress
	progress.inherit(events.ctor, events.proto)
	progress.getter("lengthComputable", func(e *event) any { return e.hasLength })
	progress.getter("loaded", func(e *event) any { return e.loaded })
	progress.getter("total", func(e *event) any { return e.total })
}

func (p *Page) newEvent(args arguments) *event {
	e := &event{kind: p.scalar(args.at(0))}
	if v, ok := p.dictionary(args.at(1), "EventInit", "cancelable")["cancelable"]; ok {
		e.cancelable = v.ToBoolean()
	}
	return e
}

func nullable(o *goja.Object) goja.Value {
	if o == nil {
		return goja.Null()
	}
	return o
}

// addListener is addEventListener.
//
// See https://dom.spec.whatwg.org/#add-an-event-listener.
func (p *Page) addListener(t *eventTarget, args arguments) {
	l := &listener{kind: p.scalar(args.at(0))}
	if callback := args.at(1); goja.IsNull(callback) {
		return
	} else if object, ok := callback.(*goja.Object); ok {
		l.callback = object
	} else {
		panic(p.vm.NewTypeError("addEventListener: the listener is not an object"))
	}
	if o, ok := args.at(2).(*goja.Object); ok {
		options := p.dictionary(o, "options", "once", "signal")
		if once, ok := options["once"]; ok {
			l.once = once.ToBoolean()
		}
		if v, ok := options["signal"]; ok {
			signal := p.classes.abortSignal.this(v)
			if signal.aborted() {
				return
			}
			signal.add(func() { t.remove(func(other *listener) bool { return other == l }) })
		}
	}
	if !slices.ContainsFunc(t.listeners, func(other *listener) bool {
		return other.kind == l.kind && !other.handler && other.callback.SameAs(l.callback)
	}) {
		t.listeners = append(t.listeners, l)
	}
}

// remove removes the listeners that match.
func (t *eventTarget) remove(match func(*listener) bool) {
	kept := make([]*listener, 0, len(t.listeners)) // a dispatch may be at the old ones
	for _, l := range t.listeners {
		if match(l) {
			l.removed = true
		} else {
			kept = append(kept, l)
		}
	}
	t.listeners = kept
}

// handler defines an event handler attribute: "on" and the event's type.
//
// See https://html.spec.whatwg.org/#event-handler-idl-attributes.
func defineHandler[T eventTargeter](c *class[T], kind string) {
	find := func(t T) *listener {
		for _, l := range t.events().listeners {
			if l.handler && l.kind == kind {
				return l
			}
		}
		return nil
	}
	c.accessor("on"+kind, func(t T) any {
		if l := find(t); l != nil {
			return l.callback
		}
		return goja.Null()
	}, func(t T, v goja.Value) {
		callback, isObject := v.(*goja.Object)
		switch l := find(t); {
		case !isObject:
			t.events().remove(func(other *listener) bool { return other == l })
		case l != nil:
			l.callback = callback
		default:
			t.events().listeners = append(t.events().listeners,
				&listener{kind: kind, callback: callback, handler: true})
		}
	})
}

// fire dispatches a new event.
//
// See https://dom.spec.whatwg.org/#concept-event-fire.
func (p *Page) fire(t eventTargeter, kind string) {
	e := &event{kind: kind, trusted: true}
	p.dispatch(t, e, p.classes.event.wrap(e))
}

// fireProgress dispatches a new progress event.
//
// See https://xhr.spec.whatwg.org/#concept-event-fire-progress.
func (p *Page) fireProgress(t eventTargeter, kind string, loaded, total int64) {
	e := &event{kind: kind, trusted: true, hasLength: total != 0, loaded: float64(loaded), total: float64(total)}
	p.dispatch(t, e, p.classes.progressEvent.wrap(e))
}

// dispatch calls the listeners. object is the event's.
//
// See https://dom.spec.whatwg.org/#concept-event-dispatch.
func (p *Page) dispatch(t eventTargeter, e *event, object goja.Value) {
	target := t.events()
	e.target, e.active = target.object, true
	for _, l := range slices.Clone(target.listeners) {
		if e.stopped {
			break
		}
		if l.kind != e.kind || l.removed {
			continue
		}
		if l.once {
			target.remove(func(other *listener) bool { return other == l })
		}
		p.deliver(l, target.object, object)
	}
	e.active, e.stopped = false, false
}

// deliver calls one listener.
//
// See https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke.
func (p *Page) deliver(l *listener, target *goja.Object, event goja.Value) {
	if f, ok := goja.AssertFunction(l.callback); ok {
		p.invoke(f, target, event)
		return
	}
	if l.handler {
		return // an object that cannot be called does nothing as a handler
	}
	var f goja.Callable
	if thrown := p.caught(func() { f = p.callable(l.callback.Get("handleEvent"), "handleEvent") }); thrown != nil {
		p.log("error", "Uncaught "+p.describe(thrown))
		return
	}
	p.invoke(f, l.callback, event)
}
