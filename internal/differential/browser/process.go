package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startTimeout is how long a browser may take until it listens. On a busy
	// machine the first start takes some ten seconds.
	startTimeout = time.Minute

	// stopTimeout is how long killed processes may take to disappear.
	stopTimeout = 10 * time.Second

	// tailLines is how much of a browser's output errors show.
	tailLines = 15
)

// A process is a browser's process, in a group of its own with its children, and
// the folder with its profile.
type process struct {
	cmd    *exec.Cmd
	dir    string
	output *os.File // the reading end of what the group prints

	address chan string   // of capacity 1: where it listens
	exited  chan struct{} // closed when the process is gone and its children are killed
	drained chan struct{} // closed when nothing holds the other end of output

	mu   sync.Mutex
	tail []string // the last lines of the output

	stopping sync.Once
	stopErr  error
}

// newProfile makes the folder for a browser's files.
func newProfile(name string) (string, error) { return os.MkdirTemp("", name+"-") }

// startProcess starts a browser that keeps its files in dir, which is the
// process's from now on even if it could not be started.
func startProcess(path string, args []string, dir string, log io.Writer) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p := &process{
		cmd:     exec.Command(path, args...),
		dir:     dir,
		output:  r,
		address: make(chan string, 1),
		exited:  make(chan struct{}),
		drained: make(chan struct{}),
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Env = environment(dir)
	err = p.cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go p.read(log)
	go p.wait()
	return p, nil
}

// environment returns all of the environment that a browser gets: proxies,
// displays and the user's settings would make a difference.
func environment(dir string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
		"TMPDIR=" + dir,
		"LANG=C.UTF-8",
		"MOZ_CRASHREPORTER_DISABLE=1",
	}
}

// wait reaps the process and kills the children that it leaves. As long as there
// are any, the number of their group is not given to another.
func (p *process) wait() {
	p.cmd.Wait() // the status of a killed process says nothing
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	close(p.exited)
}

// listening is what both browsers print when they can be talked to.
var listening = regexp.MustCompile(`listening on (ws://\S+)`)

// read reads the output until no process of the group is left to write any.
func (p *process) read(log io.Writer) {
	defer close(p.drained)
	lines := bufio.NewReader(p.output)
	found := false
	for {
		line, _, err := lines.ReadLine() // long ones come in pieces
		if err != nil {
			return
		}
		if log != nil {
			fmt.Fprintf(log, "%s\n", line)
		}
		p.mu.Lock()
		p.tail = append(p.tail, string(line))
		p.tail = p.tail[max(0, len(p.tail)-tailLines):]
		p.mu.Unlock()
		if m := listening.FindSubmatch(line); m != nil && !found {
			found = true
			p.address <- string(m[1])
		}
	}
}

// listen waits until the browser listens and returns where. The caller has to
// stop the process on an error.
func (p *process) listen(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("does not listen after %v", startTimeout))
	defer cancel()
	select {
	case address := <-p.address:
		return address, nil
	case <-p.exited:
		select {
		case <-p.drained: // the reason may come last
		case <-ctx.Done():
		}
		return "", fmt.Errorf("exited: %v", p.cmd.ProcessState)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// abandon stops a process because of an error while starting, and returns that
// error with the end of the output.
func (p *process) abandon(err error) error {
	stopErr := p.stop()
	p.mu.Lock()
	tail := strings.Join(p.tail, "\n\t")
	p.mu.Unlock()
	if tail != "" {
		err = fmt.Errorf("%w; it printed:\n\t%s", err, tail)
	}
	return errors.Join(err, stopErr)
}

// stop kills the processes, waits until they are gone and removes their files.
// A browser could be asked to exit instead, but would only take its time to save
// a profile that nobody needs.
func (p *process) stop() error {
	p.stopping.Do(func() {
		p.cmd.Process.Kill() // an error means that it has exited
		<-p.exited
		timeout := time.NewTimer(stopTimeout)
		defer timeout.Stop()
		select {
		case <-p.drained:
		case <-timeout.C:
			p.stopErr = fmt.Errorf("children of process %d outlive it", p.cmd.Process.Pid)
		}
		p.output.Close()
		<-p.drained
		p.stopErr = errors.Join(p.stopErr, os.RemoveAll(p.dir))
	})
	return p.stopErr
}
