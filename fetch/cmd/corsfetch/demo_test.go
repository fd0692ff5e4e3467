package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestDemo(t *testing.T) {
	got := corsfetch(t, "demo")
	if got.code != exitAllowed || got.stderr != "" {
		t.Errorf("got exit code %d and %q; want 0 and nothing", got.code, got.stderr)
	}
	golden(t, "demo", got.stdout)
}

func TestDemoCasesAreComplete(t *testing.T) {
	names := make(map[string]bool)
	for _, c := range demoCases() {
		if c.name == "" || c.why == "" || c.spec == "" || c.verdict == "" || c.request.url == "" {
			t.Errorf("%q: something is missing", c.name)
		}
		if names[c.name] {
			t.Errorf("%q is not unique", c.name)
		}
		names[c.name] = true
		if (c.verdict == allowed) != (c.page != "") {
			t.Errorf("%q: verdict %q does not go with page %q", c.name, c.verdict, c.page)
		}
	}
	if len(names) < 15 {
		t.Errorf("%d cases are too few", len(names))
	}
}

// TestDemoNotAsExpected spoils each expectation of a case in turn.
func TestDemoNotAsExpected(t *testing.T) {
	good := checkCases()[1]
	tests := []struct {
		name  string
		spoil func(*demoCase)
		want  string
	}{
		{"verdict", func(c *demoCase) { c.verdict = "origin-mismatch" }, "   - verdict: origin-mismatch\n   + verdict: allowed\n"},
		{"page", func(c *demoCase) { c.page = "tea" }, "   - page: tea\n   + page: cors response, status 200;"},
		{"request missing", func(c *demoCase) { c.seen = append([]string{"OPTIONS /"}, c.seen...) }, "   - OPTIONS /\n     GET "},
		{"request too many", func(c *demoCase) { c.seen = nil }, "   + GET "},
		{"header", func(c *demoCase) { c.seen = []string{c.seen[0] + "\nCookie: a=b"} }, "     Origin: http://app.example.com\n   - Cookie: a=b\n"},
		{"no request", func(c *demoCase) { c.request.method = "a b" }, "   - verdict: allowed\n   + verdict: net/http: invalid method"},
		{"no server", func(c *demoCase) { c.request.url = "http://nowhere.example/" }, "nowhere.example:80 is not part of the demo"},
		{"no answer", func(c *demoCase) { c.answers = nil }, "   + verdict: missing-allow-origin"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.spoil(&c)
			var stdout, stderr bytes.Buffer
			code := runDemo(t.Context(), []demoCase{good, c}, &stdout, &stderr)
			if code != exitRefused || !strings.HasSuffix(stdout.String(), "\n2 fetches, 1 as expected\n") {
				t.Errorf("got exit code %d, want %d", code, exitRefused)
			}
			if !strings.Contains(stdout.String(), "NOT AS EXPECTED") || !strings.Contains(stdout.String(), tt.want) {
				t.Errorf("want %q in:\n%s", tt.want, &stdout)
			}
		})
	}
}

func TestDemoInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := runIn(ctx, "demo")
	if got.code != exitTransport || !strings.Contains(got.stderr, "context canceled") {
		t.Errorf("got exit code %d and %q", got.code, got.stderr)
	}
}
