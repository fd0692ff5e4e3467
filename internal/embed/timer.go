package embed

import (
	"container/heap"
	"math"
	"slices"
	"time"

	"github.com/dop251/goja"
)

// A timer is a task for a point in time.
type timer struct {
	at     time.Time
	serial int    // orders timers of the same time
	task   func() // nil if stopped
	quiet  bool   // does not keep the loop running
}

// A timerHeap holds the timers of a loop, the next one first. Timers that have been
// stopped stay until their time.
type timerHeap struct {
	heap   []*timer
	serial int
	loud   int // timers that keep the loop running
}

// start makes task run after d. A quiet timer does not keep the loop running.
func (h *timerHeap) start(d time.Duration, quiet bool, task func()) *timer {
	h.serial++
	t := &timer{at: time.Now().Add(max(d, 0)), serial: h.serial, task: task, quiet: quiet}
	heap.Push(h, t)
	if !quiet {
		h.loud++
	}
	return t
}

// stop makes t not run. Stopping a timer that has run or was stopped does nothing.
func (h *timerHeap) stop(t *timer) {
	if t == nil || t.task == nil {
		return
	}
	t.task = nil
	if !t.quiet {
		h.loud--
	}
}

// due takes the first timer, if its time has come, and returns its task, or nil.
func (h *timerHeap) due(now time.Time) func() {
	if at, ok := h.next(); !ok || at.After(now) {
		return nil
	}
	t := heap.Pop(h).(*timer)
	task := t.task
	h.stop(t)
	return task
}

// next returns the time of the first timer that has not been stopped.
func (h *timerHeap) next() (time.Time, bool) {
	for len(h.heap) > 0 && h.heap[0].task == nil {
		heap.Pop(h)
	}
	if len(h.heap) == 0 {
		return time.Time{}, false
	}
	return h.heap[0].at, true
}

// waiting reports whether there is a timer that keeps the loop running.
func (h *timerHeap) waiting() bool { return h.loud > 0 }

// Len, Less, Swap, Push and Pop implement [heap.Interface].

func (h *timerHeap) Len() int { return len(h.heap) }
func (h *timerHeap) Less(i, j int) bool {
	a, b := h.heap[i], h.heap[j]
	if a.at.Equal(b.at) {
		return a.serial < b.serial
	}
	return a.at.Before(b.at)
}
func (h *timerHeap) Swap(i, j int) { h.heap[i], h.heap[j] = h.heap[j], h.heap[i] }
func (h *timerHeap) Push(x any)    { h.heap = append(h.heap, x.(*timer)) }
func (h *timerHeap) Pop() any {
	last := len(h.heap) - 1
	t := h.heap[last]
	h.heap[last] = nil
	h.heap = h.heap[:last]
	return t
}

// defineTimers defines setTimeout, setInterval and their opposites.
//
// Deviation: The handler has to be a function, because compiling strings is what
// content security policies forbid. Timers that nest are not slowed down to 4 ms:
// there is no rendering to be starved.
//
// See https://html.spec.whatwg.org/#timers.
func (p *Page) defineTimers() {
	running := make(map[int64]*timer)
	last := int64(0)
	start := func(name string, repeat bool) func(goja.FunctionCall) goja.Value {
		return func(call goja.FunctionCall) goja.Value {
			handler := p.callable(call.Argument(0), name)
			delay := milliseconds(float64(int32(call.Argument(1).ToInteger())))
			arguments := slices.Clone(call.Arguments[min(2, len(call.Arguments)):]) // the engine's until we return
			last++
			id := last
			var run func()
			run = func() {
				delete(running, id)
				if repeat { // before the handler, which may stop it
					running[id] = p.loop.timers.start(delay, false, run)
				}
				p.invoke(handler, p.vm.GlobalObject(), arguments...)
			}
			running[id] = p.loop.timers.start(delay, false, run)
			return p.vm.ToValue(id)
		}
	}
	stop := func(call goja.FunctionCall) goja.Value {
		id := call.Argument(0).ToInteger()
		p.loop.timers.stop(running[id])
		delete(running, id)
		return goja.Undefined()
	}
	p.defineFunction("setTimeout", 1, start("setTimeout", false))
	p.defineFunction("setInterval", 1, start("setInterval", true))
	p.defineFunction("clearTimeout", 0, stop)
	p.defineFunction("clearInterval", 0, stop)
}

// milliseconds returns ms milliseconds, as far as a Duration goes.
func milliseconds(ms float64) time.Duration {
	if ns := ms * float64(time.Millisecond); ns < math.MaxInt64 {
		return time.Duration(ns)
	}
	return math.MaxInt64
}
