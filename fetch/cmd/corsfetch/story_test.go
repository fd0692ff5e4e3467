package main

import (
	"net/http"
	"strings"
	"testing"
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
