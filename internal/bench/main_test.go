package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be its own child, as the command is.
func TestMain(m *testing.M) {
	if child := os.Getenv(childVar); child != "" {
		os.Exit(runChild(child, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestParseFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string // part of the error; "" for none
	}{
		{"none", nil, ""},
		{"all", strings.Fields("-foreign node -rounds 1 -slice 1ms -o x -readme y -timeout 1s"), ""},
		{"one part", strings.Fields("-only http"), ""},
		{"no foreign clients", []string{"-foreign", ""}, ""},
		{"argument", []string{"x"}, `unexpected argument "x"`},
		{"unknown client", []string{"-foreign", "node,lynx"}, `unknown client "lynx"`},
		{"unknown part", []string{"-only", "x"}, `unknown part "x"`},
		{"part of a README", strings.Fields("-only aims -readme x"), "-readme"},
		{"no rounds", strings.Fields("-rounds 0"), "-rounds"},
		{"too many rounds", strings.Fields("-rounds 10001"), "-rounds"},
		{"no slice", strings.Fields("-slice 0s"), "-slice"},
		{"long slice", strings.Fields("-slice 11s"), "-slice"},
		{"no time", strings.Fields("-timeout 0s"), "-timeout"},
		{"unknown flag", strings.Fields("-x"), "not defined"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := parseFlags(tt.args, io.Discard)
			switch {
			case tt.want == "" && (err != nil || o == nil):
				t.Errorf("error %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v; want one with %q", err, tt.want)
			}
		})
	}
	if _, err := parseFlags([]string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

// TestRun runs everything but foreign clients, once and briefly.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	if err := os.WriteFile(readme, []byte("before\n"+beginMarker+"\nold\n"+endMarker+"\nafter\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "docs")
	var stdout, stderr bytes.Buffer
	args := []string{"-rounds", "2", "-slice", "4ms", "-foreign", "", "-o", out, "-readme", readme, "-timeout", "1m"}
	if err := run(t.Context(), args, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(out, "results.md"))
	if err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(filepath.Join(out, "throughput.svg"))
	if err != nil {
		t.Fatal(err)
	}
	edited, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"output": stdout.String(), "page": string(page), "README": string(edited)} {
		for _, a := range aims {
			if !strings.Contains(text, "\n| "+a.name+" | ") {
				t.Errorf("%s: no row for %s", name, a.name)
			}
		}
		for _, l := range loads {
			if strings.Count(text, "\n| "+l.String()+" | ") != 1 {
				t.Errorf("%s: not one row for %v", name, l)
			}
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s: what is not a number: %s", name, text)
		}
	}
	if s := string(edited); !strings.HasPrefix(s, "before\n"+beginMarker) || !strings.HasSuffix(s, endMarker+"\nafter\n") || strings.Contains(s, "old") {
		t.Errorf("README is now %q", s)
	}
	if !bytes.HasPrefix(svg, []byte("<svg")) {
		t.Errorf("the plot is %.20q", svg)
	}
	if got := strings.Count(stderr.String(), "\n"); got != len(aims)+len(loads) {
		t.Errorf("%d lines of progress; want one for each case: %s", got, &stderr)
	}
}

// TestRunWritesNothing passes what has to fail before anything is measured, or after.
func TestRunWritesNothing(t *testing.T) {
	dir := t.TempDir()
	unmarked := filepath.Join(dir, "README.md")
	if err := os.WriteFile(unmarked, []byte("text\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		args []string
		want error
	}{
		{"README without markers", t.Context(), []string{"-readme", unmarked}, errMarkers},
		{"no README", t.Context(), []string{"-readme", filepath.Join(dir, "none")}, os.ErrNotExist},
		{"interrupted", ended, nil, context.Canceled},
		{"interrupted over loopback", ended, []string{"-only", "http"}, context.Canceled},
		{"interrupted while profiling", ended, []string{"-profile", filepath.Join(dir, "profile")}, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(dir, "docs")
			var stdout bytes.Buffer
			if err := run(tt.ctx, append([]string{"-o", out}, tt.args...), &stdout, io.Discard); !errors.Is(err, tt.want) {
				t.Errorf("error %v; want %v", err, tt.want)
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("results have been written: %v", err)
			}
			if stdout.Len() > 0 {
				t.Errorf("output %s", &stdout)
			}
		})
	}
	if text, err := os.ReadFile(unmarked); err != nil || string(text) != "text\n" {
		t.Errorf("README is now %q, %v", text, err)
	}
}

// TestForeign runs loads with the clients that are installed.
func TestForeign(t *testing.T) {
	for _, name := range []string{"node", "chromium"} {
		t.Run(name, func(t *testing.T) {
			client, version, err := startForeign(t.Context(), name)
			if errors.Is(err, errNotInstalled) {
				t.Skipf("NOT TESTED: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := client.close(); err != nil {
					t.Error(err)
				}
			}()
			if version == "" || version[0] < '0' || version[0] > '9' {
				t.Errorf("version %q", version)
			}
			srv := newServer(t)
			for _, l := range loads {
				s, err := measureLanes(t.Context(), srv, []lane{client}, []string{name}, l, 1, time.Millisecond)
				if err != nil {
					t.Fatalf("%v: %v", l, err)
				}
				if !(s[0].rate[0] > 0) {
					t.Errorf("%v: rate %v", l, s[0].rate)
				}
			}
			l := load{Method: "GET", InFlight: 1, N: 1, URL: srv.url, Length: 1}
			if _, err := client.run(t.Context(), l); err == nil || !strings.Contains(err.Error(), "status 200 and") {
				t.Errorf("an answer of another length: %v", err)
			}
			l.URL = "http://127.0.0.1:1/"
			if _, err := client.run(t.Context(), l); err == nil {
				t.Error("no error without a server")
			}
		})
	}
}

func TestStartForeignFails(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, name := range []string{"node", "chromium"} {
		if _, _, err := startForeign(t.Context(), name); !errors.Is(err, errNotInstalled) {
			t.Errorf("%s: %v; want that it is not installed", name, err)
		}
	}
	// A run without them says so.
	var stdout bytes.Buffer
	if err := run(t.Context(), strings.Fields("-only http -rounds 1 -slice 1ms"), &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(stdout.String(), "| not installed | not installed |"); got != len(loads) {
		t.Errorf("%d rows say that nothing is installed; want %d: %s", got, len(loads), &stdout)
	}
}

// TestForeignDies replaces the clients by a program that exits at once.
func TestForeignDies(t *testing.T) {
	dir := t.TempDir()
	const script = "#!/bin/sh\n[ \"$1\" = --version ] && echo v1.2.3 && exit\necho no display >&2\nexit 1\n"
	for _, name := range []string{"node", "chromium"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("TMPDIR", dir)
	if _, _, err := startChromium(t.Context()); err == nil || !strings.Contains(err.Error(), "no display") {
		t.Errorf("chromium: error %v; want one with what it printed", err)
	}
	node, version, err := startNode(t.Context())
	if err != nil || version != "1.2.3" {
		t.Fatalf("node: version %q, %v", version, err)
	}
	if _, err := node.run(t.Context(), load{Method: "GET", N: 1}); err == nil {
		t.Error("node: no error")
	}
	if err := node.close(); err == nil {
		t.Error("node: closing does not tell the status")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "chromium-*")); err != nil || left != nil {
		t.Errorf("profiles are left: %v, %v", left, err)
	}
}

// TestProfiles looks at whether there is a profile for each case.
func TestProfiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	var stdout bytes.Buffer
	if err := writeProfiles(t.Context(), dir, 20*time.Millisecond, &stdout); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pprof"))
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*len(aims) + 2; len(files) != want || strings.Count(stdout.String(), "\n") != want {
		t.Errorf("%d files; want %d: %q", len(files), want, files)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) { // profiles are gzipped
			t.Errorf("%s: %.10q, %v", name, text, err)
		}
		if !strings.Contains(stdout.String(), name) {
			t.Errorf("output does not name %s", name)
		}
	}
	if err := writeAllocProfile("no such aim", filepath.Join(dir, "x"), 1); err == nil {
		t.Error("an unknown aim is no error")
	}
}
