package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// TestCORPChecks compares the checks that the report makes with what package fetch
// does: a fetch is refused because of the policy if and only if the last of the
// checks is, and there is one for each response that the page cannot read.
func TestCORPChecks(t *testing.T) {
	var h hosts
	policy := ""
	set := func(w http.ResponseWriter) {
		if policy != "" {
			w.Header().Set(resourcePolicy, policy)
		}
	}
	other := h.start(t, "other.example", func(w http.ResponseWriter, r *http.Request) {
		set(w)
		if r.URL.RawQuery != "" {
			w.Header().Set("Location", r.URL.RawQuery)
			w.WriteHeader(http.StatusFound)
		}
	})
	own := h.start(t, "own.example", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, other, http.StatusFound)
			return
		}
		set(w)
	})
	blocked := 0
	for _, policy = range []string{"", "same-origin", "same-site", "cross-origin", "news", "cross-origin, cross-origin"} {
		for _, embedder := range []string{"unsafe-none", "credentialless", "require-corp"} {
			for _, credentials := range []string{"omit", "include"} {
				for _, origin := range []string{own, page, "null", "http://127.0.0.1:1"} {
					for url, opaque := range map[string]int{own: 0, own + "/away": 1, other: 1, other + "?" + own: 2} {
						if url == own && origin != own || url == own+"/away" && origin != own {
							opaque++
						}
						r := decodeReport(t, corsfetch(t, "-json", "-mode", "no-cors", "-origin", origin,
							"-embedder-policy", embedder, "-credentials", credentials, url).stdout)
						name := h.rename(policy + " " + embedder + " " + credentials + " " + origin + " " + url)
						refusals := 0
						for _, c := range r.CORPChecks {
							if c.Outcome == refused {
								refusals++
							}
						}
						switch {
						case r.Reason == fetch.ReasonCORP:
							blocked++
							if refusals != 1 || r.CORPChecks[len(r.CORPChecks)-1].Outcome != refused || r.DevTools == "" {
								t.Errorf("%s: refused, but the checks are %+v", name, r.CORPChecks)
							}
						case r.Verdict != allowed || refusals > 0 || len(r.CORPChecks) != opaque:
							t.Errorf("%s: %s, %d opaque responses, but the checks are %+v", name, r.Verdict, opaque, r.CORPChecks)
						}
					}
				}
			}
		}
	}
	if blocked < 100 {
		t.Errorf("only %d were blocked", blocked)
	}
}

// TestTypeChecks does the same for MIME types.
func TestTypeChecks(t *testing.T) {
	h := make(http.Header)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(allowOrigin, "*")
		w.Header()[contentType] = h[contentType]
		w.Header()[typeOptions] = h[typeOptions]
	})
	outcomes := make(map[string]int)
	for _, typ := range []string{"", "text/javascript", "text/css", "text/plain", "image/png", "text/csv;a=b", "*/*", "a"} {
		for _, nosniff := range []string{"", "nosniff", "NoSniff", "none, nosniff"} {
			for _, destination := range []string{"", "image", "script", "sharedworker", "style", "json"} {
				h[contentType], h[typeOptions] = []string{typ}, []string{nosniff}
				if typ == "" {
					h[contentType] = nil
				}
				r := decodeReport(t, corsfetch(t, "-json", "-origin", page, "-destination", destination, url).stdout)
				ruled := destination != "" && destination != "image" && destination != "json"
				if (r.Type != nil) != ruled || ruled && r.Type.Outcome != r.Verdict {
					t.Errorf("%q, %q, %s: %s, but the check is %+v", typ, nosniff, destination, r.Verdict, r.Type)
				}
				outcomes[string(r.Reason)]++
			}
		}
	}
	if outcomes["nosniff"] == 0 || outcomes["mime-type"] == 0 || outcomes[""] == 0 {
		t.Errorf("got %v", outcomes)
	}
}

// TestIntegrityChecks has bodies that cannot be checked.
func TestIntegrityChecks(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(allowOrigin, "*")
		switch r.URL.Path {
		case "/redirect":
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusFound)
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/long":
			chunk := make([]byte, 1<<20)
			for range 65 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}
	})
	tests := []struct {
		path string
		args []string
		want string
	}{
		{"/redirect", []string{"-redirect", "manual"}, "Use -redirect follow."},
		{"/", []string{"-X", "HEAD"}, "There is no body that could be checked: the method is HEAD and the status 200."},
		{"/empty", nil, "There is no body that could be checked: the method is GET and the status 204."},
		{"/long", nil, "The body is longer than 64 MiB"},
		{"/", []string{"-mode", "no-cors"}, "Use mode cors"},
	}
	for _, tt := range tests {
		args := append([]string{"-json", "-origin", page, "-integrity", "sha256-dGVh"}, tt.args...)
		r := decodeReport(t, corsfetch(t, append(args, url+tt.path)...).stdout)
		if r.Reason != fetch.ReasonIntegrity {
			t.Fatalf("%s %q: got %s (%s)", tt.path, tt.args, r.Verdict, string(r.Reason))
		}
		if c := r.Integrity; c == nil || c.Seen != "" || c.Outcome != refused {
			t.Errorf("%s %q: got %+v", tt.path, tt.args, c)
		}
		if text := r.Explanation + " " + r.Advice.Hints[0]; !strings.Contains(text, tt.want) {
			t.Errorf("%s %q: want %q in %q", tt.path, tt.args, tt.want, text)
		}
	}
}
