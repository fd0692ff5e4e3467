package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// errNotInstalled is wrapped by the error of a client that has no executable.
var errNotInstalled = errors.New("not installed")

// findForeign returns the path of a client's executable, and what that says its
// version is.
func findForeign(ctx context.Context, name string) (path, version string, err error) {
	path, err = exec.LookPath(name)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", name, errNotInstalled)
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", "", fmt.Errorf("%s --version: %w", name, err)
	}
	return path, string(out), nil
}

var (
	//go:embed loop.js
	loopJS string
	//go:embed node.js
	nodeJS string
)

// A jsOutcome is what the scripts say about a load.
type jsOutcome struct {
	Milliseconds float64 `json:"milliseconds"`
	Error        string  `json:"error"`
}

// decodeOutcome returns how long a load took.
func decodeOutcome(text []byte) (time.Duration, error) {
	var o jsOutcome
	if err := json.Unmarshal(text, &o); err != nil {
		return 0, fmt.Errorf("outcome: %w", err)
	}
	switch {
	case o.Error != "":
		return 0, fmt.Errorf("in JavaScript: %s", o.Error)
	case !(o.Milliseconds > 0):
		return 0, fmt.Errorf("outcome %q: no time has passed", text)
	}
	return time.Duration(o.Milliseconds * float64(time.Millisecond)), nil
}

// A nodeLane is Node's fetch. Node has no CORS engine: it sends no preflights and
// checks nothing.
type nodeLane struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan []byte // closed at the end of the output
}

// startNode starts Node, which ends with ctx at the latest, and returns its version.
func startNode(ctx context.Context) (*nodeLane, string, error) {
	path, version, err := findForeign(ctx, "node")
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, path, "-e", loopJS+nodeJS)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("node: %w", err)
	}
	l := &nodeLane{cmd: cmd, stdin: stdin, lines: make(chan []byte)}
	go func() {
		defer close(l.lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			l.lines <- append([]byte(nil), s.Bytes()...)
		}
	}()
	return l, strings.TrimPrefix(strings.TrimSpace(version), "v"), nil
}

func (l *nodeLane) run(ctx context.Context, w load) (time.Duration, error) {
	if err := json.NewEncoder(l.stdin).Encode(w); err != nil {
		return 0, err
	}
	select {
	case line, ok := <-l.lines:
		if !ok {
			return 0, errors.New("node has exited")
		}
		return decodeOutcome(line)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (l *nodeLane) close() error {
	l.stdin.Close()
	for range l.lines { // Wait must not be called before all has been read
	}
	if err := l.cmd.Wait(); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}
