package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

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

// TestCacheInEffect checks the cache mode of requests: a page that asks about an
// answer of its own uses no cache by default.
func TestCacheInEffect(t *testing.T) {
	url := serve(t, allow)
	for _, name := range []string{"", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"} {
		for _, cache := range []string{"default", "no-store", "reload", "no-cache", "force-cache"} {
			args := []string{"-json", "-origin", url, "-cache", cache}
			want := cache
			if name != "" {
				args = append(args, "-H", name+": tea")
				if cache == "default" {
					want = "no-store"
				}
			}
			r := decodeReport(t, corsfetch(t, append(args, url)...).stdout)
			// What package fetch tells other caches shows what it goes by.
			told := strings.Join(r.Requests[0].Headers["cache-control"], ",")
			if r.Requests[0].Cache != want || (told == "no-cache") != (want == "no-store" || want == "reload") {
				t.Errorf("%s with %q: got %s and %q, want %s", cache, name, r.Requests[0].Cache, told, want)
			}
		}
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
