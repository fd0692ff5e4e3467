package embed

import (
	"slices"

	"github.com/dop251/goja"
)

// An abortSignal is what is behind an AbortSignal.
//
// Deviation: A signal keeps those that depend on it alive. The standard lets the
// ones go that nobody can observe; here that happens to those of finished fetches
// only.
//
// See https://dom.spec.whatwg.org/#interface-AbortSignal.
type abortSignal struct {
	eventTarget
	page       *Page
	reason     goja.Value // nil unless aborted
	algorithms []*func()
	dependents []*abortSignal
	sources    []*abortSignal // not nil if it depends on others
	dependent  bool
}

func (p *Page) newSignal() *abortSignal {
	s := &abortSignal{page: p}
	s.object = p.classes.abortSignal.wrap(s)
	return s
}

// defineAbort defines AbortController and AbortSignal.
func (p *Page) defineAbort() {
	controllers := newClass(p, "AbortController", 0, func(*goja.Object, arguments) *abortController {
		return &abortController{p.newSignal()}
	})
	controllers.getter("signal", func(c *abortController) any { return c.signal.object })
	controllers.method("abort", 0, func(c *abortController, args arguments) goja.Value {
		c.signal.abort(p.abortReason(args.at(0)))
		return goja.Undefined()
	})

	signals := newClass[*abortSignal](p, "AbortSignal", 0, nil)
	p.classes.abortSignal = signals
	signals.inherit(p.classes.eventTarget.ctor, p.classes.eventTarget.proto)
	signals.getter("aborted", func(s *abortSignal) any { return s.aborted() })
	signals.getter("reason", func(s *abortSignal) any {
		if !s.aborted() {
			return goja.Undefined()
		}
		return s.reason
	})
	signals.method("throwIfAborted", 0, func(s *abortSignal, _ arguments) goja.Value {
		if s.aborted() {
			panic(s.reason)
		}
		return goja.Undefined()
	})
	defineHandler(signals, "abort")
	signals.static("abort", 0, func(args arguments) goja.Value {
		s := p.newSignal()
		s.reason = p.abortReason(args.at(0))
		return s.object
	})
	signals.static("timeout", 1, func(args arguments) goja.Value {
		ms := args.at(0).ToFloat()
		if !(ms >= 0 && ms < 1<<53) {
			panic(p.vm.NewTypeError("AbortSignal.timeout: out of range"))
		}
		s := p.newSignal()
		p.loop.timers.start(milliseconds(ms), true, func() {
			s.abort(p.exception("TimeoutError", "The operation timed out"))
		})
		return s.object
	})
	signals.static("any", 1, func(args arguments) goja.Value {
		var sources []*abortSignal
		p.vm.ForOf(args.at(0), func(v goja.Value) bool {
			sources = append(sources, signals.this(v))
			return true
		})
		return p.dependentSignal(sources...).object
	})
}

// An abortController is what is behind an AbortController.
type abortController struct{ signal *abortSignal }

// abortReason returns the reason that a script gives, or else an AbortError.
func (p *Page) abortReason(v goja.Value) goja.Value {
	if goja.IsUndefined(v) {
		return p.exception("AbortError", "The operation was aborted")
	}
	return v
}

func (s *abortSignal) aborted() bool { return s.reason != nil }

// add makes f run when s is aborted, unless it is removed before.
func (s *abortSignal) add(f func()) (remove func()) {
	if s.aborted() {
		return func() {}
	}
	entry := &f
	s.algorithms = append(s.algorithms, entry)
	return func() {
		s.algorithms = slices.DeleteFunc(s.algorithms, func(other *func()) bool { return other == entry })
	}
}

// abort aborts s and what depends on it.
//
// See https://dom.spec.whatwg.org/#abortsignal-signal-abort.
func (s *abortSignal) abort(reason goja.Value) {
	if s.aborted() {
		return
	}
	s.reason = reason
	aborted := []*abortSignal{s}
	for _, d := range s.dependents {
		if !d.aborted() {
			d.reason = reason
			aborted = append(aborted, d)
		}
	}
	s.dependents = nil
	for _, a := range aborted {
		algorithms := a.algorithms
		a.algorithms = nil
		for _, f := range algorithms {
			(*f)()
		}
		s.page.fire(a, "abort")
	}
}

// dependentSignal returns a signal that is aborted as soon as one of sources is.
//
// See https://dom.spec.whatwg.org/#create-a-dependent-abort-signal.
func (p *Page) dependentSignal(sources ...*abortSignal) *abortSignal {
	s := p.newSignal()
	for _, source := range sources {
		if source.aborted() {
			s.reason = source.reason
			return s
		}
	}
	s.dependent = true
	for _, source := range sources {
		roots := []*abortSignal{source}
		if source.dependent {
			roots = source.sources
		}
		for _, root := range roots {
			if !slices.Contains(s.sources, root) {
				s.sources = append(s.sources, root)
				root.dependents = append(root.dependents, s)
			}
		}
	}
	return s
}

// detach ends the dependency of a signal that no script can observe.
func (s *abortSignal) detach() {
	for _, source := range s.sources {
		source.dependents = slices.DeleteFunc(source.dependents, func(d *abortSignal) bool { return d == s })
	}
	s.sources = nil
}
