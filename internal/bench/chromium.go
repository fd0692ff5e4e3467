package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed page.js
var pageJS string

// chromiumStart is how long Chromium may take until its page asks for work.
const chromiumStart = 90 * time.Second

// A chromiumLane is fetch() in a page of headless Chromium. The page comes from a server
// in this process, from which it gets its loads and to which it posts what came of them,
// so that it is cross-origin to the server that is measured.
type chromiumLane struct {
	cmd     *exec.Cmd
	dir     string // with the profile
	control *http.Server
	keep    []*os.File // the ends of the pipe that keeps Chromium running

	ready    chan struct{} // closed when the page asks for work
	loads    chan load
	outcomes chan []byte
	exited   chan struct{} // closed when Chromium is gone
	output   *tail
}

// startChromium starts Chromium, waits until its page runs, and returns its version.
// The caller has to close it.
func startChromium(ctx context.Context) (*chromiumLane, string, error) {
	path, version, err := findForeign(ctx, "chromium")
	if err != nil {
		return nil, "", err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	c := &chromiumLane{
		ready:    make(chan struct{}),
		loads:    make(chan load),
		outcomes: make(chan []byte, 1),
		exited:   make(chan struct{}),
		output:   new(tail),
	}
	c.control = &http.Server{Handler: c.handler(), ReadHeaderTimeout: time.Minute}
	go c.control.Serve(ln) // until close; if it fails, the page never asks
	if err := c.start(path, "http://"+ln.Addr().String()+"/"); err != nil {
		c.control.Close()
		return nil, "", fmt.Errorf("chromium: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, chromiumStart, fmt.Errorf("its page does not run after %v", chromiumStart))
	defer cancel()
	select {
	case <-c.ready:
		return c, versionNumber(version), nil
	case <-c.exited:
		err = errors.New("exited")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	err = errors.Join(err, c.close())
	return nil, "", fmt.Errorf("chromium: %w; it printed:\n%s", err, c.output)
}

// versionNumber returns the number in what a program prints about itself, such as
// "Chromium 142.0.7444.59 built on Debian".
func versionNumber(s string) string {
	for _, field := range strings.Fields(s) {
		if field[0] >= '0' && field[0] <= '9' {
			return field
		}
	}
	return strings.TrimSpace(s)
}

// start starts the processes.
func (c *chromiumLane) start(path, page string) (err error) {
	if c.dir, err = os.MkdirTemp("", "chromium-"); err != nil {
		return err
	}
	// Chromium exits when the other ends of this pair of pipes are closed, as they
	// are, whatever happens, when this process ends.
	theirRead, ourWrite, err := os.Pipe()
	if err != nil {
		return errors.Join(err, os.RemoveAll(c.dir))
	}
	ourRead, theirWrite, err := os.Pipe()
	if err != nil {
		theirRead.Close()
		ourWrite.Close()
		return errors.Join(err, os.RemoveAll(c.dir))
	}
	c.keep = []*os.File{ourWrite, ourRead}
	c.cmd = exec.Command(path, chromiumFlags(c.dir, page)...)
	c.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, "TMPDIR=" + c.dir, "LANG=C.UTF-8"}
	c.cmd.ExtraFiles = []*os.File{theirRead, theirWrite} // 3 and 4, as --remote-debugging-pipe has it
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.Stdout, c.cmd.Stderr = c.output, c.output
	err = c.cmd.Start()
	theirRead.Close()
	theirWrite.Close()
	if err != nil {
		c.unkeep()
		return errors.Join(err, os.RemoveAll(c.dir))
	}
	go io.Copy(io.Discard, ourRead) // until unkeep
	go func() {
		c.cmd.Wait() // the status of a killed process says nothing
		close(c.exited)
	}()
	return nil
}

// unkeep closes the pipes.
func (c *chromiumLane) unkeep() {
	for _, f := range c.keep {
		f.Close()
	}
}

// chromiumFlags returns the command line for a Chromium that shows a page, reaches
// nothing beyond loopback, and does not slow down pages that nobody looks at.
func chromiumFlags(dir, page string) []string {
	flags := []string{
		"--headless",
		"--remote-debugging-pipe",
		"--user-data-dir=" + dir,
		"--host-resolver-rules=MAP * ~NOTFOUND,EXCLUDE localhost,EXCLUDE 127.0.0.1",
		"--no-proxy-server",
		"--disable-features=LocalNetworkAccessChecks,HttpsUpgrades,MediaRouter,OptimizationHints,Translate",
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-default-apps",
		"--disable-domain-reliability",
		"--disable-extensions",
		"--disable-sync",
		"--metrics-recording-only",
		"--no-first-run",
		"--no-pings",
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-hang-monitor",
		"--disable-ipc-flooding-protection",
		"--disable-renderer-backgrounding",
		"--disable-breakpad",
		"--disable-dev-shm-usage", // small in containers
		"--disable-gpu",
		"--password-store=basic",
		"--use-mock-keychain",
	}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox") // as root it does not start with one
	}
	return append(flags, page)
}

// handler serves the page and what it asks for.
func (c *chromiumLane) handler() http.Handler {
	var once sync.Once
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>bench</title><script>%s%s</script>", loopJS, pageJS)
	})
	mux.HandleFunc("GET /next", func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(c.ready) })
		select {
		case l := <-c.loads:
			w.Header().Set("Cache-Control", "no-store")
			json.NewEncoder(w).Encode(l)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /outcome", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		if err != nil {
			text, _ = json.Marshal(jsOutcome{Error: err.Error()})
		}
		select {
		case c.outcomes <- text:
		default: // nobody has asked
			w.WriteHeader(http.StatusConflict)
		}
	})
	return mux
}

func (c *chromiumLane) run(ctx context.Context, l load) (time.Duration, error) {
	select {
	case c.loads <- l:
	case <-c.exited:
		return 0, fmt.Errorf("chromium has exited; it printed:\n%s", c.output)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	select {
	case text := <-c.outcomes:
		return decodeOutcome(text)
	case <-c.exited:
		return 0, fmt.Errorf("chromium has exited; it printed:\n%s", c.output)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// close kills the browser with all of its processes and removes the profile.
func (c *chromiumLane) close() error {
	syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // an error means that all have exited
	<-c.exited
	c.unkeep()
	return errors.Join(c.control.Close(), os.RemoveAll(c.dir))
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	end []byte
}

const tailBytes = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p[max(0, len(p)-tailBytes):]...)
	if extra := len(t.end) - tailBytes; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
