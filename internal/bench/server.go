package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// childVar is the environment variable that makes this command a child of itself.
const childVar = "CORSENGINE_BENCH_CHILD"

// runChild is the child's main. Its standard input ends with its parent.
func runChild(what string, stdin io.Reader, stdout, stderr io.Writer) int {
	var err error
	switch fields := strings.Split(what, "\n"); {
	case what == "serve":
		err = serve(stdin, stdout)
	case fields[0] == "allocs" && len(fields) == 4:
		var fetches int
		if fetches, err = strconv.Atoi(fields[3]); err == nil {
			err = writeAllocProfile(fields[1], fields[2], fetches)
		}
	default:
		err = fmt.Errorf("unknown child %q", what)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// childCommand returns the command of a child, which the end of ctx kills.
func childCommand(ctx context.Context, what string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVar+"="+what)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// What the server answers with.
const (
	answerBody = `{"id":7,"name":"an item as an API returns it","tags":["one","two","three"],"price":{"amount":1299,"currency":"EUR"},` +
		`"stock":42,"updated":"2026-07-02T18:05:05Z"}`
	putBody = `{"name":"another name","stock":41}`
)

// counts are the requests that the server has had.
type counts struct {
	GET, PUT, OPTIONS, Other int64
}

func (c counts) minus(d counts) counts {
	return counts{c.GET - d.GET, c.PUT - d.PUT, c.OPTIONS - d.OPTIONS, c.Other - d.Other}
}

// An api is the server that every client talks to: it lets every origin in.
type api struct {
	get, put, options, other atomic.Int64
}

func (a *api) counts() counts {
	return counts{a.get.Load(), a.put.Load(), a.options.Load(), a.other.Load()}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	h.Set("Vary", "Origin")
	switch r.Method {
	case http.MethodGet:
		a.get.Add(1)
	case http.MethodPut:
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n != int64(len(putBody)) {
			a.other.Add(1)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		a.put.Add(1)
	case http.MethodOptions:
		a.options.Add(1)
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Allow-Headers", "content-type")
		h.Set("Access-Control-Max-Age", "7200")
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		a.other.Add(1)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	h.Set("Access-Control-Expose-Headers", "ETag")
	h.Set("Cache-Control", "no-store") // no client may answer by itself
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(answerBody)))
	h.Set("Etag", `"7"`)
	io.WriteString(w, answerBody)
}

// serve serves on loopback until stdin ends. It writes its address and, for each line
// that it reads, the counts.
func serve(stdin io.Reader, stdout io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	a := new(api)
	srv := &http.Server{Handler: a, ReadHeaderTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	fmt.Fprintln(stdout, ln.Addr())
	for lines := bufio.NewScanner(stdin); lines.Scan(); {
		if err := json.NewEncoder(stdout).Encode(a.counts()); err != nil {
			break // nobody is left to read it
		}
	}
	err = srv.Close()
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		return serveErr
	}
	return err
}

// A server is the child process that serves.
type server struct {
	url   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

// startServer starts a server, which ends with ctx at the latest. The caller has to
// close it.
func startServer(ctx context.Context) (*server, error) {
	cmd, err := childCommand(ctx, "serve")
	if err != nil {
		return nil, err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s := &server{cmd: cmd, stdin: stdin, out: bufio.NewReader(stdout)}
	address, err := s.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("server: %w", err), s.close())
	}
	s.url = "http://" + strings.TrimSpace(address) + "/items/7"
	return s, nil
}

// counts returns the requests that the server has had.
func (s *server) counts() (c counts, err error) {
	if _, err := io.WriteString(s.stdin, "counts\n"); err != nil {
		return c, fmt.Errorf("server: %w", err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return c, fmt.Errorf("server: %w", err)
	}
	return c, json.Unmarshal(line, &c)
}

// close ends the server.
func (s *server) close() error {
	s.stdin.Close()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}
