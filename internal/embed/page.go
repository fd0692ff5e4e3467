package embed

import (
	"context"
	"errors"
	"sync"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
)

// ErrClosed is what [Page.Run] returns if the page is closed.
var ErrClosed = errors.New("embed: the page is closed")

// Options are what a [Page] is made of.
type Options struct {
	// Client performs the fetches. The pages of a browser share one. Required.
	Client *fetch.Client

	// Environment is the page as the engine sees it: its origin, its URL, its
	// policies. Relative URLs are resolved against the URL. Required.
	Environment *fetch.Environment

	// Console receives what a developer would see in the console: what scripts
	// log, why fetches failed, and exceptions that nobody caught. The level is
	// "debug", "log", "info", "warn" or "error". It is called on the goroutine
	// of [Page.Run], and must not call methods of the Page. Nil means that
	// nobody looks.
	Console func(level, text string)

	// MaxBody limits the bytes of one response that scripts can read; what is
	// longer breaks off as if the connection did. Zero means 256 MiB.
	MaxBody int64
}

// A Page runs scripts on behalf of one environment. Its methods may be called from
// any goroutine.
//
// Bodies that no script reads to its end or cancels keep their connections until
// the page is closed.
type Page struct {
	options Options

	// ctx is the context of all fetches. Close cancels it.
	ctx    context.Context
	cancel context.CancelFunc

	running sync.Mutex // held by Run; guards the fields below

	vm        *goja.Runtime
	loop      *loop
	builtins  builtins
	classes   classes
	slot      *goja.Symbol
	exchanges map[*exchange]struct{}
	rejected  []*goja.Promise // and not handled so far
	entering  func()          // what enter calls
}

// classes are the interfaces that have objects made in Go.
type classes struct {
	abortSignal    *class[*abortSignal]
	eventTarget    *class[eventTargeter]
	event          *class[*event]
	headers        *class[*headers]
	headerIterator *class[*headerIterator]
	progressEvent  *class[*event]
	readableStream *class[*stream]
	reader         *class[*reader]
	request        *class[*request]
	response       *class[*response]
	upload         *class[*xhrUpload]
}

// maxCallStack is how deep calls nest in a script. The engine has no limit of its
// own.
const maxCallStack = 5000

// New returns a page that has run no script so far. The caller must close it.
func New(o Options) *Page {
	if o.Client == nil || o.Environment == nil {
		panic("embed: a Page needs a Client and an Environment")
	}
	if o.MaxBody == 0 {
		o.MaxBody = 256 << 20
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Page{
		options:   o,
		ctx:       ctx,
		cancel:    cancel,
		vm:        goja.New(),
		loop:      newLoop(),
		slot:      goja.NewSymbol("embed"),
		exchanges: make(map[*exchange]struct{}),
	}
	p.vm.SetMaxCallStackSize(maxCallStack)
	p.vm.SetPromiseRejectionTracker(p.trackRejection)
	p.builtins = p.findBuiltins()
	for _, name := range []string{"self", "window"} {
		p.defineGlobal(name, p.vm.GlobalObject())
	}
	p.defineConsole()
	p.defineMicrotask()
	p.defineTimers()
	p.defineEvents()
	p.defineAbort()
	p.defineHeaders()
	p.defineStreams()
	p.defineRequest()
	p.defineResponse()
	p.defineFetch()
	p.defineXHR()
	return p
}

// Run runs a script, and then the event loop until there is nothing left to wait
// for: no fetch in flight, no body being read and no timer. The name is for
// messages. Scripts that ran before have left their globals.
//
// What a script throws goes to the console and is no error of Run's. If ctx ends,
// Run interrupts what is running and returns the cause; fetches go on, and what
// has become of them is for the next Run to see. If the page is closed, Run returns
// [ErrClosed].
func (p *Page) Run(ctx context.Context, name, source string) error {
	p.running.Lock()
	defer p.running.Unlock()
	if p.ctx.Err() != nil {
		return ErrClosed
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(p.ctx, func() { cancel(ErrClosed) })
	defer stop()
	defer p.interruptWhenDone(ctx)()

	step := func(task func()) error { return p.step(ctx, task) }
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := step(func() { p.enter(func() { p.runScript(name, source) }) })
	if err == nil {
		err = p.loop.run(ctx, step)
	}
	if p.ctx.Err() != nil {
		return ErrClosed
	}
	return err
}

// runScript compiles and runs a script.
//
// See https://html.spec.whatwg.org/#run-a-classic-script.
func (p *Page) runScript(name, source string) {
	program, err := goja.Compile(name, source, false)
	if err != nil {
		p.log("error", "Uncaught "+err.Error())
		return
	}
	if _, err := p.vm.RunProgram(program); err != nil {
		p.report(err)
	}
}

// interruptWhenDone makes the scripts stop when ctx ends. The function that it
// returns ends that.
func (p *Page) interruptWhenDone(ctx context.Context) (end func()) {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		p.vm.Interrupt(context.Cause(ctx))
		close(interrupted)
	})
	return func() {
		if !stop() {
			<-interrupted // lest the interrupt arrive after it has been cleared
		}
		p.vm.ClearInterrupt()
	}
}

// step runs one task. The JavaScript engine runs the microtasks at the end of each
// call of a script function that is not made by another, which is when the standard
// wants them.
//
// See https://html.spec.whatwg.org/#event-loop-processing-model.
func (p *Page) step(ctx context.Context, task func()) (err error) {
	defer func() {
		switch x := recover().(type) {
		case nil:
		case *goja.InterruptedError:
			err = context.Cause(ctx)
		case *goja.StackOverflowError:
			p.log("error", "Uncaught RangeError: Maximum call stack size exceeded")
		default:
			panic(x)
		}
	}()
	if p.ctx.Err() != nil {
		return ErrClosed // before ctx knows, and the page could see what Close has done
	}
	task()
	p.reportRejections()
	return nil
}

// Close aborts all fetches, interrupts what is running, and waits until no goroutine
// of the page's is left. The page does not see any of it.
//
// Deviation: Fetches with keepalive end, too. A browser that lets them outlive the
// page keeps the exchange and drops the page.
func (p *Page) Close() {
	p.cancel()
	p.running.Lock()
	defer p.running.Unlock()
	for x := range p.exchanges {
		x.end()
	}
	p.loop.close()
	for x := range p.exchanges { // whose responses came too late
		x.close()
	}
}

// log writes to the console.
func (p *Page) log(level, text string) {
	if p.options.Console != nil {
		p.options.Console(level, text)
	}
}
