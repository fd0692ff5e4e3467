package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// TestStory compares whole stories with golden files.
func TestStory(t *testing.T) {
	redirected := false
	tests := []struct {
		name   string
		args   []string
		path   string
		api    http.HandlerFunc
		other  http.HandlerFunc
		page   string // "" for the one of the other tests, "api" for the server's own
		stdout string
	}{
		{
			name: "allowed-with-preflight",
			args: []string{"-X", "PUT", "-H", "Content-Type: application/json", "-H", "Cookie: a=b", "-d", `{"name":"tea"}`},
			api: func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h.Set("Access-Control-Allow-Origin", page)
				if r.Method == http.MethodOptions {
					h.Set("Access-Control-Allow-Methods", "GET, PUT")
					h.Set("Access-Control-Allow-Headers", "Content-Type")
					h.Set("Access-Control-Max-Age", "86400")
					w.WriteHeader(http.StatusNoContent)
					return
				}
				h.Set("Content-Type", "application/json")
				h.Set("X-Team", "blue")
				h.Set("Set-Cookie", "taste=sweet")
				w.Write([]byte("{}"))
			},
			stdout: "{}",
		},
		{
			name: "missing-allow-origin",
			api:  func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", "text/plain") },
		},
		{
			name: "method-not-allowed",
			args: []string{"-X", "patch", "-H", "X-Team: red", "-credentials", "include"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", page)
				w.Header().Set("Access-Control-Allow-Credentials", "true")
				w.Header().Set("Access-Control-Allow-Methods", "GET, PATCH")
			},
		},
		{
			name: "redirect-with-null-origin",
			args: []string{"-H", "Authorization: Bearer 42"},
			api: func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h.Set("Access-Control-Allow-Origin", page)
				h.Set("Access-Control-Allow-Headers", "authorization")
				if r.Method == http.MethodGet {
					h.Set("Location", "OTHER/long")
					w.WriteHeader(http.StatusFound)
				}
			},
			other: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", page)
			},
		},
		{
			name: "transport",
			api:  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		},
		{
			name: "preflight-saved-by-the-cache",
			args: []string{"-X", "PUT"},
			api: func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h.Set("Access-Control-Allow-Origin", "*")
				h.Set("Access-Control-Allow-Methods", "*")
				if r.Method == http.MethodPut && !redirected {
					redirected = true
					h.Set("Location", r.URL.Path+"#2") // without the fragment, the same URL
					w.WriteHeader(http.StatusTemporaryRedirect)
				}
			},
		},
		{
			name: "redirect-with-userinfo",
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", page)
				w.Header().Set("Location", `https:\\tea:p@ot@other.example\long`)
				w.WriteHeader(http.StatusMovedPermanently)
			},
		},
		{
			name: "from-the-own-origin-to-another",
			page: "api",
			args: []string{"-d", "milk"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "OTHER/long")
				w.WriteHeader(http.StatusSeeOther)
			},
			other: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Write([]byte("tea\n"))
			},
			stdout: "tea\n",
		},
		{
			name: "preflight-redirected",
			args: []string{"-force-preflight"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/login")
				w.WriteHeader(http.StatusFound)
			},
		},
		{
			name: "manual-redirect",
			args: []string{"-redirect", "manual"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("Location", "/long")
				w.WriteHeader(http.StatusFound)
			},
		},
		{
			name: "corp-refused-on-a-redirect",
			args: []string{"-mode", "no-cors", "-destination", "image", "-embedder-policy", "require-corp"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
				w.Header().Set("Location", "OTHER/long")
				w.WriteHeader(http.StatusFound)
			},
			other: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "image/png")
			},
		},
		{
			name: "opaque-script-with-nosniff",
			args: []string{"-mode", "no-cors", "-destination", "script"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
				w.Header().Set("X-Content-Type-Options", "nosniff")
				w.Header().Set("Timing-Allow-Origin", "*")
				w.Write([]byte("tea()"))
			},
		},
		{
			name: "nosniff",
			page: "api",
			args: []string{"-destination", "style"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = nil
				w.Header().Set("X-Content-Type-Options", "nosniff")
			},
		},
		{
			name: "mime-type",
			args: []string{"-destination", "worker"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("Content-Type", "text/csv")
			},
		},
		{
			name: "integrity-and-gzip",
			// The digest is that of tea().
			args: []string{"-integrity", "sha256-09dhta4JP6SFyStovs6+jxLA+YxEpDsC7BBd2wkM+M8= sha256-dGVh"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("Timing-Allow-Origin", "*")
				w.Header().Set("Content-Type", "text/javascript")
				w.Header().Set("Content-Encoding", "gzip")
				w.Write(gzipped("tea()"))
			},
			stdout: "tea()",
		},
		{
			name: "integrity-refused",
			args: []string{"-integrity", "sha256-09dhta4JP6SFyStovs6+jxLA+YxEpDsC7BBd2wkM+M8="},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("Content-Type", "text/javascript")
				w.Write([]byte("milk()"))
			},
		},
		{
			name: "integrity-of-an-opaque-answer",
			args: []string{"-mode", "no-cors", "-destination", "script", "-integrity", "sha256-dGVh"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
			},
		},
		{
			name: "coding-that-stays",
			page: "api",
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				w.Header().Set("Content-Encoding", "br")
				w.Write([]byte("tea\n"))
			},
			stdout: "tea\n",
		},
		{
			name: "referrer-policies",
			args: []string{"-page", page + "/cart?id=7#a", "-referrer-policy", "origin-when-cross-origin", "-embedder-policy", ""},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("Referrer-Policy", "unsafe-url, news")
				if r.URL.Path == "/items" {
					w.Header().Set("Location", "/2")
					w.WriteHeader(http.StatusFound)
				}
			},
		},
		{
			name: "everything-else",
			args: []string{
				"-page", page + "/", "-referrer", "https://tea:pot@elsewhere.example/list", "-top-level", "https://frame.example",
				"-cache", "reload", "-keepalive", "-prefetch", "-language", "de", "-d", "milk",
			},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
			},
		},
		{
			name: "a-cache-of-the-page",
			page: "api",
			args: []string{"-H", "If-None-Match: 7"},
			api: func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusNotModified)
			},
		},
		{
			name: "terminal",
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("X-Team", "caf\xe9 \u202e")
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h hosts
			other := ""
			if tt.other != nil {
				other = h.start(t, "other.example", tt.other)
			}
			api := h.start(t, "api.example", func(w http.ResponseWriter, r *http.Request) {
				tt.api(&locator{w, other}, r)
			})
			origin := page
			if tt.page == "api" {
				origin = api
			}
			got := corsfetch(t, append(append([]string{"-origin", origin}, tt.args...), api+"/items")...)
			if got.stdout != tt.stdout {
				t.Errorf("got %q on standard output, want %q", got.stdout, tt.stdout)
			}
			golden(t, "story/"+tt.name, h.rename(got.stderr))
		})
	}
}

// gzipped returns s, compressed.
func gzipped(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.Bytes()
}

// TestStoryUntrustworthy tells of a page that came over TLS and a server that
// is reached without: the loopback addresses of the other tests are as good as
// TLS.
func TestStoryUntrustworthy(t *testing.T) {
	s, err := startServers(apiOrigin)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.expect([]answer{{"GET " + apiOrigin + "/", http.StatusOK, []string{plainText, allowAny}}})
	o, err := parseOptions([]string{"-origin", page, apiOrigin})
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	r := newReport(o)
	tell := &story{w: &stderr, o: o, r: r}
	ctx := fetch.WithTrace(fetch.WithTrace(t.Context(), r.trace()), tell.trace())
	client := r.newClient()
	client.Base = s.transport
	tell.begin()
	resp, err := client.Fetch(o.request(ctx), o.params())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	golden(t, "story/untrustworthy", stderr.String())
	if sent := r.Requests[0]; sent.Metadata || sent.Referrer.Sent != "" {
		t.Errorf("got %+v", sent)
	}
}

// A locator replaces OTHER in Location by a server's origin.
type locator struct {
	http.ResponseWriter
	other string
}

func (l *locator) WriteHeader(status int) {
	h := l.Header()
	if to, ok := strings.CutPrefix(h.Get("Location"), "OTHER"); ok {
		h.Set("Location", l.other+to)
	}
	l.ResponseWriter.WriteHeader(status)
}
