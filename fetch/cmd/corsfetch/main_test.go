package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (-want +got):\n%s", path, diff)
	}
}

// A result is what a run of the command leaves behind.
type result struct {
	code           int
	stdout, stderr string
}

// corsfetch runs the command.
func corsfetch(t *testing.T, args ...string) result {
	t.Helper()
	return runIn(t.Context(), args...)
}

func runIn(ctx context.Context, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// hosts are test servers with names for golden files.
type hosts struct {
	names []string // pairs for strings.NewReplacer
}

// start starts a server and calls it name.
func (h *hosts) start(t *testing.T, name string, handler http.HandlerFunc) (origin string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil // it would differ each time
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	h.names = append(h.names, strings.TrimPrefix(server.URL, "http://"), name)
	return server.URL
}

func (h *hosts) rename(s string) string { return strings.NewReplacer(h.names...).Replace(s) }

const page = "https://app.example"

// allow makes w the answer that allows everything to page.
func allow(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Methods", "PUT, PATCH")
	h.Set("Access-Control-Allow-Headers", "Content-Type, X-Team, Authorization")
	h.Set("Content-Type", "text/plain")
	if r.Method != http.MethodOptions {
		w.Write([]byte("tea\n"))
	}
}

// A statusWriter writes a status of its own.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) Write(b []byte) (int, error) {
	w.WriteHeader(w.status)
	return w.ResponseWriter.Write(b)
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	return new(hosts).start(t, "", handler)
}

func TestExitCodes(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/allowed":
			allow(w, r)
		case "/missing":
			allow(&statusWriter{w, http.StatusNotFound}, r)
		case "/hangup":
			panic(http.ErrAbortHandler)
		case "/torn":
			w.Header().Set("Content-Length", "10")
			allow(w, r)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	tests := []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string // some of it
	}{
		{"allowed", []string{"-origin", page, url + "/allowed"}, exitAllowed, "tea\n", "* ALLOWED: the page gets the answer, status 200"},
		{"allowed whatever the status", []string{"-origin", page, url + "/missing"}, exitAllowed, "tea\n", "* ALLOWED"},
		{"refused", []string{"-origin", page, url + "/refused"}, exitRefused, "", "* REFUSED: The answer has no Access-Control-Allow-Origin"},
		{"refused unsent", []string{"-origin", page, "-X", "connect", url}, exitRefused, "", "* REFUSED: A browser does not even begin: the method is forbidden"},
		{"userinfo in the URL", []string{"-origin", page, "http://tea:pot@127.0.0.1/"}, exitRefused, "", "Nothing was sent."},
		{"data URL", []string{"-origin", page, "data:,tea"}, exitAllowed, "tea", "* A data: URL holds its own answer"},
		{"data URL of a wrong type", []string{"-origin", page, "-destination", "script", "data:image/png,tea"}, exitRefused, "", "*   the answer says      Content-Type: image/png\n\n* REFUSED: The answer has a type that the destination script never takes"},
		{"malformed data URL", []string{"-origin", page, "data:tea"}, exitRefused, "", "* REFUSED: The URL is malformed: data URL without a comma."},
		{"no HTTP", []string{"-origin", page, "localhost:8080/"}, exitRefused, "", "* Begin the URL with https:// or http://."},
		{"no answer", []string{"-origin", page, url + "/hangup"}, exitTransport, "", "* FAILED: There is no complete answer: EOF."},
		{"half an answer", []string{"-origin", page, url + "/torn"}, exitTransport, "tea\n", "* FAILED: There is no complete answer: copying the body: unexpected EOF."},
		{"usage", []string{"-origin", page}, exitUsage, "", "the URL is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := corsfetch(t, tt.args...)
			if got.code != tt.code || got.stdout != tt.stdout {
				t.Errorf("got exit code %d and %q; want %d and %q", got.code, got.stdout, tt.code, tt.stdout)
			}
			if !strings.Contains(got.stderr, tt.stderr) {
				t.Errorf("want %q in:\n%s", tt.stderr, got.stderr)
			}
			if strings.Contains(got.stderr, "pot") {
				t.Errorf("the password is in:\n%s", got.stderr)
			}
		})
	}
}

// TestJSONExitCodes checks that -json changes neither exit codes nor what is on
// standard error.
func TestJSONExitCodes(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/torn" {
			w.Header().Set("Content-Length", "10")
			allow(w, r)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		if r.URL.Path == "/allowed" {
			allow(w, r)
		}
	})
	for path, code := range map[string]int{"/allowed": exitAllowed, "/refused": exitRefused, "/torn": exitTransport} {
		got := corsfetch(t, "-json", "-origin", page, url+path)
		if got.code != code || got.stderr != "" {
			t.Errorf("%s: got exit code %d and %q; want %d and nothing", path, got.code, got.stderr, code)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	dir := t.TempDir()
	unreadable := filepath.Join(dir, "unreadable")
	if err := os.WriteFile(unreadable, nil, 0o000); err != nil {
		t.Fatal(err)
	}
	const url = "https://api.example/"
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"nothing", nil, "-origin is missing"},
		{"no origin", []string{url}, "-origin is missing"},
		{"no URL", []string{"-origin", page}, "the URL is missing"},
		{"two URLs", []string{"-origin", page, url, url}, "one URL is enough"},
		{"flag after the URL", []string{"-origin", page, url, "-json"}, "flags come before it"},
		{"unknown flag", []string{"-k", url}, "-k"},
		{"origin with a path", []string{"-origin", page + "/", url}, "an origin has no '/' in or behind its host"},
		{"origin without a scheme", []string{"-origin", "app.example", url}, "want scheme://host"},
		{"top-level", []string{"-origin", page, "-top-level", "x", url}, "-top-level"},
		{"relative URL", []string{"-origin", page, "api.example"}, "it has to look like https://api.example/path"},
		{"malformed URL", []string{"-origin", page, "https://tea:p/ot@[::"}, "this is no URL"},
		{"mode", []string{"-origin", page, "-mode", "navigate", url}, "is not a request mode"},
		{"credentials", []string{"-origin", page, "-credentials", "yes", url}, "is not a credentials mode"},
		{"redirect", []string{"-origin", page, "-redirect", "yes", url}, "is not a redirect mode"},
		{"header without colon", []string{"-origin", page, "-H", "Accept", url}, "a header looks like"},
		{"header without name", []string{"-origin", page, "-H", ": tea", url}, "a header looks like"},
		{"timeout", []string{"-origin", page, "-timeout", "soon", url}, "-timeout"},
		{"negative timeout", []string{"-origin", page, "-timeout", "-1s", url}, "-timeout is negative"},
		{"missing file", []string{"-origin", page, "-d", "@" + filepath.Join(dir, "missing"), url}, "-d: "},
		{"directory", []string{"-origin", page, "-d", "@" + dir, url}, "is not a regular file"},
		{"destination", []string{"-origin", page, "-destination", "scirpt", url}, "no such destination"},
		{"destination in words", []string{"-origin", page, "-destination", "empty", url}, "no such destination"},
		{"cache", []string{"-origin", page, "-cache", "none", url}, "is not a cache mode"},
		{"unknown digest", []string{"-origin", page, "-integrity", "sha265-dGVh", url}, "no digest in it that a browser would check"},
		{"no digest", []string{"-origin", page, "-integrity", "", url}, "no digest in it that a browser would check"},
		{"relative page", []string{"-origin", page, "-page", "/cart", url}, "-page"},
		{"page elsewhere", []string{"-origin", page, "-page", "https://tea:pot@other.example/", url}, "-page is of the origin https://other.example"},
		{"referrer", []string{"-origin", page, "-referrer", "none", url}, "absolute URL or no-referrer"},
		{"referrer policy", []string{"-origin", page, "-referrer-policy", "origin-only", url}, "is not a referrer policy"},
		{"referrer policy in capitals", []string{"-origin", page, "-referrer-policy", "Origin", url}, "is not a referrer policy"},
		{"embedder policy", []string{"-origin", page, "-embedder-policy", "require-cors", url}, "unsafe-none, credentialless or require-corp"},
		{"language", []string{"-origin", page, "-language", "de_AT", url}, "is no language tag"},
		{"languages", []string{"-origin", page, "-language", "de,en", url}, "is no language tag"},
		{"half a language", []string{"-origin", page, "-language", "de-", url}, "is no language tag"},
		{"demo with arguments", []string{"demo", "-json"}, "demo takes no arguments"},
	}
	if os.Getuid() != 0 { // root may read everything
		tests = append(tests, struct {
			name string
			args []string
			want string
		}{"unreadable file", []string{"-origin", page, "-d", "@" + unreadable, url}, "-d: "})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := corsfetch(t, tt.args...)
			if got.code != exitUsage || got.stdout != "" {
				t.Errorf("got exit code %d and %q; want %d and nothing", got.code, got.stdout, exitUsage)
			}
			if !strings.Contains(got.stderr, tt.want) || !strings.Contains(got.stderr, "corsfetch -h") {
				t.Errorf("want %q and where to find help in:\n%s", tt.want, got.stderr)
			}
			if strings.Contains(got.stderr, "ot@") {
				t.Errorf("the password is in:\n%s", got.stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	got := corsfetch(t, "-h")
	if got.code != 0 || got.stderr != "" {
		t.Fatalf("got exit code %d and %q on standard error", got.code, got.stderr)
	}
	if !strings.HasPrefix(got.stdout, "Corsfetch makes one request") || strings.Contains(got.stdout, "package main") {
		t.Errorf("the help is not the package's documentation:\n%s", got.stdout)
	}
	var data *string
	new(options).flags(&data).VisitAll(func(f *flag.Flag) {
		if !strings.Contains(got.stdout, "\n\t-"+f.Name) {
			t.Errorf("-%s is not documented", f.Name)
		}
	})
}

func TestOpaqueOrigin(t *testing.T) {
	var origin string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		origin = r.Header.Get("Origin")
		allow(w, r)
	})
	got := corsfetch(t, "-origin", "null", url)
	if got.code != exitAllowed || origin != "null" {
		t.Errorf("got exit code %d and Origin %q; want %d and null", got.code, origin, exitAllowed)
	}
	if !strings.Contains(got.stderr, "A page of no origin (null) fetches") {
		t.Errorf("got:\n%s", got.stderr)
	}
}

// TestOpaqueResponse checks that the body of an opaque response goes nowhere.
func TestOpaqueResponse(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("secret")) })
	got := corsfetch(t, "-origin", page, "-mode", "no-cors", url)
	if got.code != exitAllowed || got.stdout != "" || !strings.Contains(got.stderr, "ALLOWED, but opaque") {
		t.Errorf("got exit code %d, %q and\n%s", got.code, got.stdout, got.stderr)
	}
}

// TestFileGone checks a redirect that asks for a file that is no longer there.
func TestFileGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("milk"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		os.Remove(file)
		allow(w, r)
	})
	redirecting := serve(t, func(w http.ResponseWriter, r *http.Request) {
		os.Remove(file)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.Redirect(w, r, url, http.StatusTemporaryRedirect)
	})
	got := corsfetch(t, "-origin", page, "-d", "@"+file, redirecting)
	if got.code != exitRefused || !strings.Contains(got.stderr, "it cannot be read again") {
		t.Errorf("got exit code %d and\n%s", got.code, got.stderr)
	}
}

// TestInterrupt checks ^C while the server thinks.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
	got := runIn(ctx, "-origin", page, url)
	if got.code != exitTransport || !strings.Contains(got.stderr, "* FAILED: It was interrupted.") {
		t.Errorf("got exit code %d and\n%s", got.code, got.stderr)
	}
}

// TestInterruptBody checks ^C while the body is on its way.
func TestInterruptBody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		allow(w, r)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"-origin", page, url}, writerFunc(func(b []byte) (int, error) {
		cancel() // once there is something
		return stdout.Write(b)
	}), &stderr)
	if code != exitTransport || stdout.String() != "tea\n" || !strings.Contains(stderr.String(), "* FAILED: It was interrupted.") {
		t.Errorf("got exit code %d, %q and\n%s", code, &stdout, &stderr)
	}
}

func TestTimeout(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
	got := corsfetch(t, "-origin", page, "-timeout", "10ms", url)
	if got.code != exitTransport || !strings.Contains(got.stderr, "It took longer than the 10ms of -timeout.") {
		t.Errorf("got exit code %d and\n%s", got.code, got.stderr)
	}
}

// writerFunc is a Write method.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestStandardOutputClosed(t *testing.T) {
	url := serve(t, allow)
	closed := writerFunc(func([]byte) (int, error) { return 0, errors.New("broken pipe") })
	for _, args := range [][]string{
		{"-origin", page, url},
		{"-json", "-origin", page, url},
		{"-origin", page, "data:,tea"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), args, closed, &stderr); code != exitTransport {
			t.Errorf("%q: got exit code %d, want %d", args, code, exitTransport)
		}
		if !strings.Contains(stderr.String(), "broken pipe") {
			t.Errorf("%q: got:\n%s", args, &stderr)
		}
	}
}

// TestLargeBody checks that the body is streamed: the server sends the second
// half only after the first has come out.
func TestLargeBody(t *testing.T) {
	first := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Write([]byte("first"))
		w.(http.Flusher).Flush()
		select {
		case <-first:
			w.Write([]byte(" second"))
		case <-r.Context().Done():
		}
	})
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-origin", page, "-timeout", "10s", url}, writerFunc(func(b []byte) (int, error) {
		if stdout.Len() == 0 {
			close(first)
		}
		return stdout.Write(b)
	}), &stderr)
	if code != exitAllowed || stdout.String() != "first second" {
		t.Errorf("got exit code %d and %q", code, &stdout)
	}
}

// unusedAddress is an address of loopback where nobody listens. A port that was free
// a moment ago would not do: tests of other packages run too.
const unusedAddress = "127.0.0.1:2"

func TestNobodyListens(t *testing.T) {
	got := corsfetch(t, "-json", "-origin", page, "http://"+unusedAddress)
	if got.code != exitTransport || !strings.Contains(got.stdout, `"reason": "transport"`) {
		t.Errorf("got exit code %d and\n%s", got.code, got.stdout)
	}
}
