package interop

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nginx is where Debian has it; /usr/sbin is not in everybody's PATH.
const nginx = "/usr/sbin/nginx"

// needNginx skips the test, and says so, on a machine without nginx.
func needNginx(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(nginx); err != nil {
		t.Skipf("nginx IS NOT TESTED, it is not installed (apt-get install nginx): %v", err)
	}
}

// behindNginx returns a handler that passes requests on to an nginx, which passes
// them on to app. There are sockets between the three. conf is what is in the http
// block, with LISTEN for the address to listen on and APP for the URL of app.
//
// The test makes the socket and nginx inherits it, as it does when it replaces its
// own binary: no port has to be guessed, and who connects before nginx is ready
// waits in the backlog.
func behindNginx(t *testing.T, conf string, app http.Handler) http.Handler {
	t.Helper()
	upstream := httptest.NewServer(app)
	t.Cleanup(upstream.Close)
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()

	address := listener.Addr().String()
	conf = strings.NewReplacer("LISTEN", address, "APP", upstream.URL).Replace(conf)
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(frame(dir, conf)), 0o600); err != nil {
		t.Fatal(err)
	}

	var log bytes.Buffer
	cmd := exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", file)
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), "NGINX=3;")
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	transport := new(http.Transport)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error("nginx:", err)
		}
		if t.Failed() {
			t.Logf("nginx has logged:\n%s", &log)
		}
	})
	to := &url.URL{Scheme: "http", Host: address}
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
			w.WriteHeader(http.StatusBadGateway)
		},
	}
}

// frame is what a configuration needs to run in the foreground with only dir to
// write to. There is a master process, because nginx inherits no sockets without.
func frame(dir, http string) string {
	var b strings.Builder
	b.WriteString("daemon off;\npid " + dir + "/pid;\nevents {}\nhttp {\naccess_log off;\n")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		b.WriteString(kind + "_temp_path " + dir + "/" + kind + ";\n")
	}
	b.WriteString(http + "\n}\n")
	return b.String()
}
