package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
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
		{"origin with a path", []string{"-origin", page + "/", url}, "origin with '/' after the scheme"},
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

// TestFlags checks what each flag does to the requests that are sent.
func TestFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("milk"), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		line := r.Method + " " + r.URL.RequestURI()
		for _, name := range []string{"Origin", "Access-Control-Request-Headers", "Content-Type", "X-Team", "Cookie"} {
			if r.Header.Get(name) != "" {
				line += " " + name + "=" + strings.Join(r.Header[name], "|")
			}
		}
		if body.Len() > 0 {
			line += " body=" + body.String()
		}
		seen = append(seen, line)
		switch r.URL.Path {
		case "/cookie":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		}
		if to := strings.TrimPrefix(r.URL.RawQuery, "to="); to != r.URL.RawQuery {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		allow(w, r)
	})
	tests := []struct {
		name string
		args []string
		path string
		code int
		want []string
	}{
		{"nothing", nil, "/", 0, []string{"GET / Origin=" + page}},
		{"-X", []string{"-X", "head"}, "/", 0, []string{"HEAD / Origin=" + page}},
		{"-X empty", []string{"-X", ""}, "/", 0, []string{"GET / Origin=" + page}},
		{"-X with preflight", []string{"-X", "put"}, "/", 0, []string{"OPTIONS / Origin=" + page, "PUT / Origin=" + page}},
		{"-H", []string{"-H", "x-team: red", "-H", "X-Team:  blue "}, "/", 0, []string{
			"OPTIONS / Origin=" + page + " Access-Control-Request-Headers=x-team",
			"GET / Origin=" + page + " X-Team=red|blue",
		}},
		{"-H forbidden", []string{"-H", "Cookie: a=b"}, "/", 0, []string{"GET / Origin=" + page}},
		{"-d", []string{"-d", "tea"}, "/", 0, []string{"POST / Origin=" + page + " Content-Type=text/plain;charset=UTF-8 body=tea"}},
		{"-d empty", []string{"-d", ""}, "/", 0, []string{"POST / Origin=" + page + " Content-Type=text/plain;charset=UTF-8"}},
		{"-d with type", []string{"-d", "tea", "-H", "content-type: text/plain"}, "/", 0, []string{
			"POST / Origin=" + page + " Content-Type=text/plain body=tea",
		}},
		{"-d and -X", []string{"-X", "PUT", "-d", "tea"}, "/", 0, []string{
			"OPTIONS / Origin=" + page,
			"PUT / Origin=" + page + " Content-Type=text/plain;charset=UTF-8 body=tea",
		}},
		{"-d and GET", []string{"-X", "GET", "-d", "tea"}, "/", exitRefused, nil},
		{"-d @file", []string{"-d", "@" + file}, "/", 0, []string{"POST / Origin=" + page + " body=milk"}},
		{"-d twice", []string{"-d", "tea"}, "/?to=/a", 0, []string{
			"POST /?to=/a Origin=" + page + " Content-Type=text/plain;charset=UTF-8 body=tea",
			"POST /a Origin=" + page + " Content-Type=text/plain;charset=UTF-8 body=tea",
		}},
		{"-d @file twice", []string{"-d", "@" + file}, "/?to=/a", 0, []string{
			"POST /?to=/a Origin=" + page + " body=milk",
			"POST /a Origin=" + page + " body=milk",
		}},
		{"-credentials default", nil, "/cookie?to=/a", 0, []string{
			"GET /cookie?to=/a Origin=" + page, "GET /a Origin=" + page,
		}},
		{"-credentials", []string{"-credentials", "include"}, "/cookie?to=/a", 0, []string{
			"GET /cookie?to=/a Origin=" + page, "GET /a Origin=" + page + " Cookie=a=b",
		}},
		{"-mode no-cors", []string{"-mode", "no-cors", "-H", "X-Team: red"}, "/", 0, []string{"GET /"}},
		{"-mode same-origin", []string{"-mode", "same-origin"}, "/", exitRefused, nil},
		{"-redirect error", []string{"-redirect", "error"}, "/?to=/a", exitRefused, []string{"GET /?to=/a Origin=" + page}},
		{"-redirect manual", []string{"-redirect", "manual"}, "/?to=/a", 0, []string{"GET /?to=/a Origin=" + page}},
		{"-force-preflight", []string{"-force-preflight"}, "/", 0, []string{"OPTIONS / Origin=" + page, "GET / Origin=" + page}},
		{"-top-level", []string{"-top-level", "https://frame.example"}, "/", 0, []string{"GET / Origin=" + page}},
		{"-timeout", []string{"-timeout", "1h"}, "/", 0, []string{"GET / Origin=" + page}},
		{"URL Standard", nil, "\\a\\..\\b c?d#e", 0, []string{"GET /b%20c?d Origin=" + page}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			got := corsfetch(t, append(append([]string{"-origin", page}, tt.args...), url+tt.path)...)
			if got.code != tt.code {
				t.Errorf("got exit code %d, want %d", got.code, tt.code)
			}
			if diff := cmp.Diff(tt.want, seen); diff != "" {
				t.Errorf("requests (-want +got):\n%s\n%s", diff, got.stderr)
			}
		})
	}
}

// TestFlagsInHeaders checks what the flags that are only about headers do to them.
func TestFlagsInHeaders(t *testing.T) {
	var seen http.Header
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		allow(w, r)
	})
	tests := []struct {
		args   []string
		name   string
		values []string
	}{
		{nil, "Accept", []string{"*/*"}},
		{nil, "Sec-Fetch-Dest", []string{"empty"}},
		{nil, "Referer", []string{page + "/"}},
		{nil, "Cache-Control", nil},
		{nil, "Sec-Purpose", nil},
		{nil, "Accept-Language", nil},
		{[]string{"-destination", ""}, "Sec-Fetch-Dest", []string{"empty"}},
		{[]string{"-destination", "style"}, "Sec-Fetch-Dest", []string{"style"}},
		{[]string{"-destination", "style"}, "Accept", []string{"text/css,*/*;q=0.1"}},
		{[]string{"-page", page + "/cart?id=7#a", "-referrer-policy", "unsafe-url"}, "Referer", []string{page + "/cart?id=7"}},
		{[]string{"-page", page + "/cart", "-referrer-policy", ""}, "Referer", []string{page + "/"}},
		{[]string{"-page", page + "/cart", "-referrer", fetch.NoReferrer}, "Referer", nil},
		{[]string{"-referrer", page + "/list", "-referrer-policy", "unsafe-url"}, "Referer", []string{page + "/list"}},
		{[]string{"-referrer", "https://other.example/list", "-referrer-policy", "unsafe-url"}, "Referer", []string{page + "/"}},
		{[]string{"-referrer-policy", "no-referrer"}, "Referer", nil},
		{[]string{"-page", "about:blank"}, "Referer", nil},
		{[]string{"-cache", "no-store"}, "Cache-Control", []string{"no-cache"}},
		{[]string{"-cache", "no-store"}, "Pragma", []string{"no-cache"}},
		{[]string{"-cache", "reload"}, "Pragma", []string{"no-cache"}},
		{[]string{"-cache", "no-cache"}, "Cache-Control", []string{"max-age=0"}},
		{[]string{"-cache", "force-cache"}, "Cache-Control", nil},
		{[]string{"-prefetch"}, "Sec-Purpose", []string{"prefetch"}},
		{[]string{"-language", "de-AT", "-language", "de"}, "Accept-Language", []string{"de-AT,de;q=0.9"}},
		{[]string{"-embedder-policy", "require-corp"}, "Origin", []string{page}},
		{[]string{"-keepalive"}, "Origin", []string{page}},
	}
	for _, tt := range tests {
		seen = nil
		got := corsfetch(t, append(append([]string{"-origin", page}, tt.args...), url)...)
		if got.code != exitAllowed {
			t.Errorf("%q: got exit code %d and\n%s", tt.args, got.code, got.stderr)
		}
		if diff := cmp.Diff(tt.values, seen[tt.name]); diff != "" {
			t.Errorf("%q: %s (-want +got):\n%s", tt.args, tt.name, diff)
		}
	}
}

// TestEveryDestination checks that package fetch knows all destinations: it sends
// others as "empty".
func TestEveryDestination(t *testing.T) {
	for _, destination := range destinations {
		var seen string
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			seen = r.Header.Get("Sec-Fetch-Dest")
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Access-Control-Allow-Origin", "*")
		})
		got := corsfetch(t, "-origin", page, "-destination", destination, url)
		if got.code != exitAllowed || seen != destination {
			t.Errorf("%s: got exit code %d and Sec-Fetch-Dest %q", destination, got.code, seen)
		}
	}
}

// TestKeepalive checks the limit for bodies, and that an empty one has a known
// length.
func TestKeepalive(t *testing.T) {
	requests := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		allow(w, r)
	})
	tests := []struct {
		bytes, code int
	}{
		{0, exitAllowed},
		{keepaliveLimit, exitAllowed},
		{keepaliveLimit + 1, exitRefused},
	}
	for _, tt := range tests {
		requests = 0
		r := decodeReport(t, corsfetch(t, "-json", "-origin", page, "-keepalive", "-d", strings.Repeat("a", tt.bytes), url).stdout)
		if r.exitCode() != tt.code || (requests > 0) != (tt.code == exitAllowed) {
			t.Errorf("%d bytes: got %s (%s) and %d requests", tt.bytes, r.Verdict, string(r.Reason), requests)
		}
		if k := r.Keepalive; k == nil || k.Bytes != int64(tt.bytes) || k.Outcome != r.Verdict {
			t.Errorf("%d bytes: got %+v", tt.bytes, r.Keepalive)
		}
	}
	got := corsfetch(t, "-origin", page, "-keepalive", "-d", strings.Repeat("a", keepaliveLimit+1), url)
	if want := "* REFUSED: The body has 65537 bytes."; !strings.Contains(got.stderr, want) {
		t.Errorf("want %q in:\n%s", want, got.stderr)
	}
	// A page may not pass a body with GET, not even an empty one.
	if got := corsfetch(t, "-origin", page, "-X", "GET", "-d", "", url); got.code != exitRefused {
		t.Errorf("GET with an empty body: got exit code %d", got.code)
	}
}

// TestOnlyIfCached checks that nothing is sent if only the cache may answer.
func TestOnlyIfCached(t *testing.T) {
	requests := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { requests++ })
	args := []string{"-mode", "same-origin", "-cache", "only-if-cached", "-origin", url}
	for _, more := range [][]string{{url}, {"-d", "tea", url}, {"-credentials", "omit", url}} {
		got := corsfetch(t, append(args, more...)...)
		if got.code != exitRefused || requests != 0 || !strings.Contains(got.stderr, "* Reason: not-cached\n") ||
			!strings.Contains(got.stderr, "*   Nothing was sent.") || strings.Contains(got.stderr, "\n> ") {
			t.Errorf("%q: got exit code %d, %d requests and\n%s", more, got.code, requests, got.stderr)
		}
		r := decodeReport(t, corsfetch(t, append(append([]string{"-json"}, args...), more...)...).stdout)
		if len(r.Requests) != 0 || r.Reason != fetch.ReasonNotCached {
			t.Errorf("%q: got %q and %+v", more, string(r.Reason), r.Requests)
		}
	}
	if got := corsfetch(t, "-origin", url, "-cache", "only-if-cached", url); !strings.Contains(got.stderr, "needs mode same-origin") {
		t.Errorf("with mode cors, got:\n%s", got.stderr)
	}
	if got := corsfetch(t, append(args, "data:,tea")...); got.code != exitAllowed || got.stdout != "tea" {
		t.Errorf("data: URL: got exit code %d and %q", got.code, got.stdout)
	}
}

// TestLog checks that -log prints records, no story and no secrets.
func TestLog(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		switch r.URL.Path {
		case "/torn":
			w.Header().Set("Content-Length", "10")
			w.Write([]byte("tea\n"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/redirect":
			w.Header().Set("Link", "<https://tea:pot@other.example/>")
			w.Header().Set("Location", "https://tea:pot@other.example/")
			w.WriteHeader(http.StatusFound)
		case "/":
			w.Header().Set("X-Team", "\u202e")
			w.Write([]byte("tea\n"))
		}
	})
	tests := []struct {
		path   string
		code   int
		stdout string
		want   []string
	}{
		{"/", exitAllowed, "tea\n", []string{"level=DEBUG msg=request method=GET url=" + url + "/ ", "msg=response status=200", `msg="CORS check"`, "msg=done", `header.X-Team="\u202e"`}},
		{"/redirect", exitRefused, "", []string{"level=INFO", "reason=redirect-with-credentials", "https://...@other.example/>"}},
		{"/torn", exitTransport, "tea\n", []string{`level=INFO msg="body failed" error="unexpected EOF"`}},
	}
	for _, tt := range tests {
		got := corsfetch(t, "-log", "-origin", page, url+tt.path)
		if got.code != tt.code || got.stdout != tt.stdout {
			t.Errorf("%s: got exit code %d and %q", tt.path, got.code, got.stdout)
		}
		for _, want := range tt.want {
			if !strings.Contains(got.stderr, want) {
				t.Errorf("%s: want %q in:\n%s", tt.path, want, got.stderr)
			}
		}
		for line := range strings.Lines(got.stderr) {
			if !strings.HasPrefix(line, "time=") || strings.Contains(line, "pot") || strings.Contains(line, "\u202e") {
				t.Errorf("%s: got %q", tt.path, line)
			}
		}
	}
	got := corsfetch(t, "-log", "-json", "-origin", page, url)
	if decodeReport(t, got.stdout).Verdict != allowed || !strings.Contains(got.stderr, "msg=done") {
		t.Errorf("with -json: got %s\n%s", got.stdout, got.stderr)
	}
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
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
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

// unusedAddress returns an address of loopback where nobody listens.
func unusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestNobodyListens(t *testing.T) {
	got := corsfetch(t, "-json", "-origin", page, "http://"+unusedAddress(t))
	if got.code != exitTransport || !strings.Contains(got.stdout, `"reason": "transport"`) {
		t.Errorf("got exit code %d and\n%s", got.code, got.stdout)
	}
}
