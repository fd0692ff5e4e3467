package valkeycache

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/valkey-io/valkey-go"
)

// patience is how long tests wait for what another process has to do.
const patience = 30 * time.Second

// A server is a Valkey or Redis server that the test has started.
type server struct {
	t    testing.TB
	addr string
	dir  string
	args []string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// serverBinary returns the server's program. Without one, the test is skipped.
func serverBinary(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("*** NEITHER VALKEY-SERVER NOR REDIS-SERVER IS INSTALLED: NOT TESTED ***")
	return ""
}

// startServer starts a server with the given configuration, and ends it with the
// test.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	bin := serverBinary(t)
	port := reservePort(t)
	s := &server{t: t, addr: net.JoinHostPort("127.0.0.1", port), dir: t.TempDir()}
	s.args = append([]string{
		bin, "--bind", "127.0.0.1", "--port", port, "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no",
	}, args...)
	t.Cleanup(s.kill)
	s.start()
	return s
}

// start starts s, which is not running, and waits until it answers.
func (s *server) start() {
	s.t.Helper()
	var out bytes.Buffer
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		cmd.Wait()
		close(done)
	}(s.cmd, s.done)
	waitFor(s.t, "the server to answer", func() bool {
		select {
		case <-s.done:
			s.t.Fatalf("the server has ended: %s", out.String())
		default:
		}
		conn, err := net.DialTimeout("tcp", s.addr, time.Second)
		if err != nil {
			return false
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(time.Second))
		fmt.Fprint(conn, "PING\r\n")
		reply := make([]byte, 64)
		n, _ := conn.Read(reply)
		return bytes.HasPrefix(reply[:n], []byte("+PONG")) || bytes.HasPrefix(reply[:n], []byte("-NOAUTH"))
	})
}

// kill ends s as if the machine had lost power.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.done
	s.cmd = nil
}

// pause stops s in its tracks: connections stay, nothing is answered.
func (s *server) pause() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
	waitFor(s.t, "the server to stop", func() bool {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "stat"))
		if err != nil {
			return true // no procfs: hope
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(rest, "T")
	})
}

// resume makes an end to a pause.
func (s *server) resume() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		s.t.Fatal(err)
	}
}

// admin returns a client of the test's own.
func (s *server) admin(t testing.TB) *admin {
	t.Helper()
	c, err := valkey.NewClient(valkey.ClientOption{InitAddress: []string{s.addr}, DisableCache: true, ForceSingleClient: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &admin{t, c}
}

type admin struct {
	t testing.TB
	c valkey.Client
}

// do sends a command and returns the reply in a readable form.
func (a *admin) do(args ...string) string {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := a.c.Do(ctx, a.c.B().Arbitrary(args...).Build()).ToMessage()
	if err != nil && !valkey.IsValkeyNil(err) {
		a.t.Fatalf("%q: %v", args, err)
	}
	if s, err := m.ToString(); err == nil {
		return s
	}
	if n, err := m.AsInt64(); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return m.String()
}

// waitFor waits until cond holds.
func waitFor(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

var namespaces atomic.Int64

// A world is a server along with the clocks that go by, which can be advanced.
type world struct {
	*server
	namespace string
	stopped   time.Time     // what all clocks show, but for shift; zero if they go
	shift     atomic.Int64  // of all clocks, a Duration
	back      time.Duration // how much less the server's clock shows
	side      *admin
}

func newWorld(t testing.TB, s *server) *world {
	return &world{
		server:    s,
		namespace: fmt.Sprintf("test%d", namespaces.Add(1)),
		side:      s.admin(t),
	}
}

// newStoppedWorld returns a world whose clocks stand still unless they are advanced,
// so that grants live as long on a machine that is slow.
func newStoppedWorld(t testing.TB, s *server) *world {
	w := newWorld(t, s)
	// The server removes keys by its own clock, which does not come that far.
	w.stopped = time.Now().Round(0).Add(1000 * time.Hour)
	w.setServer()
	return w
}

// now is the local time.
func (w *world) now() time.Time {
	t := w.stopped
	if t.IsZero() {
		t = time.Now()
	}
	return t.Add(time.Duration(w.shift.Load()))
}

// advance lets d pass on all clocks, that of the server as its scripts see it
// included.
func (w *world) advance(d time.Duration) {
	w.shift.Add(int64(d))
	w.setServer()
}

// setBack sets the server's clock back by d, as its scripts see it.
func (w *world) setBack(d time.Duration) {
	w.back += d
	w.setServer()
}

func (w *world) setServer() {
	ms := (time.Duration(w.shift.Load()) - w.back).Milliseconds()
	if !w.stopped.IsZero() {
		ms += w.stopped.UnixMilli()
	}
	w.side.do("SET", w.namespace+":shift", strconv.FormatInt(ms, 10))
}

// cache returns a new Cache that goes by w's clocks and is closed with the test.
// Its timeout is one that a machine that is busy with other tests does not reach.
func (w *world) cache(t testing.TB, change ...func(*Options)) *Cache {
	t.Helper()
	o := Options{Addrs: []string{w.addr}, Namespace: w.namespace, Timeout: maxTimeout}
	for _, f := range change {
		f(&o)
	}
	c, err := newCache(o, w.now)
	if err != nil {
		t.Fatal(err)
	}
	shift := "(tonumber(redis.call('GET', '" + w.namespace + ":shift') or 0) or 0)"
	if w.stopped.IsZero() {
		shift = "now + " + shift
	}
	c.extraScript = "\nnow = " + shift + "\n"
	t.Cleanup(func() { c.Close() })
	return c
}
