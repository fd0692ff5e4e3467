package embed

import (
	"context"
	"sync"
	"time"
)

// A loop is an event loop. All tasks run on the goroutine that calls run; post may
// be called from anywhere, everything else from tasks only.
//
// See https://html.spec.whatwg.org/#event-loops.
type loop struct {
	timers  timerHeap
	pending int // calls of async whose tasks have not run yet

	wake    chan struct{} // has an element if there may be something to do
	workers sync.WaitGroup

	mu     sync.Mutex
	tasks  []func()
	closed bool
}

func newLoop() *loop { return &loop{wake: make(chan struct{}, 1)} }

// post queues a task. It reports false, and forgets the task, if the loop is
// closed.
func (l *loop) post(task func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.tasks = append(l.tasks, task)
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return true
}

// async calls work, which may block, on a goroutine of its own, and then what work
// returns on the loop. Until then the loop is not idle.
func (l *loop) async(work func() (task func())) {
	l.pending++
	l.workers.Go(func() {
		task := work()
		l.post(func() {
			l.pending--
			task()
		})
	})
}

// run calls step with one task after the other, until there is nothing left to wait
// for, or step fails, or the context ends.
func (l *loop) run(ctx context.Context, step func(task func()) error) error {
	for {
		ran := false
		for _, task := range []func(){l.timers.due(time.Now()), l.next()} {
			if task == nil {
				continue
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := step(task); err != nil {
				return err
			}
			ran = true
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case ran:
			continue
		case l.idle():
			return nil
		}
		l.wait(ctx)
	}
}

// next takes a task from the queue, or returns nil.
func (l *loop) next() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tasks) == 0 {
		return nil
	}
	task := l.tasks[0]
	l.tasks[0] = nil
	l.tasks = l.tasks[1:]
	return task
}

// idle reports whether no task is queued and none will be.
func (l *loop) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.tasks) == 0 && l.pending == 0 && !l.timers.waiting()
}

// wait returns when there may be something to do.
func (l *loop) wait(ctx context.Context) {
	var alarm <-chan time.Time
	if at, ok := l.timers.next(); ok {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-l.wake:
	case <-alarm:
	case <-ctx.Done():
	}
}

// close makes post refuse, and waits for the goroutines that async has started. It
// must not be called while run is running.
func (l *loop) close() {
	l.mu.Lock()
	l.tasks, l.closed = nil, true
	l.mu.Unlock()
	l.workers.Wait()
}
