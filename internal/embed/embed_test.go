package embed_test

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
	"github.com/corsengine/corsengine/internal/embed"
)

// A scriptTest is a script of a page of https://app.example/dir/page and what it
// writes to the console. Expectations are those of the source, an anchor of a
// standard or a test of web-platform-tests.
type scriptTest struct {
	name   string
	source string
	script string
	want   []string
}

// run runs each script in a page of its own, with a clock of its own.
func run(t *testing.T, tests []scriptTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.source == "" {
				t.Fatal("the test has no source")
			}
			synctest.Test(t, func(t *testing.T) {
				got := runPage(t, "const log = console.log;\n"+tt.script)
				if !slices.Equal(got, tt.want) {
					t.Errorf("the console has\n\t%s\nwant (%s)\n\t%s", strings.Join(got, "\n\t"),
						tt.source, strings.Join(tt.want, "\n\t"))
				}
			})
		})
	}
}

// runPage returns what a script writes to the console. What is not from
// console.log comes after its level.
func runPage(t *testing.T, script string) (console []string) {
	t.Helper()
	page := newPage(t, func(level, text string) {
		if level != "log" {
			text = level + ": " + shorten(text)
		}
		console = append(console, text)
	})
	if err := page.Run(t.Context(), "page.js", script); err != nil {
		t.Error(err)
	}
	page.Close()
	return console
}

// story matches what tests expect of a NetworkError: what was fetched, and the reason.
var story = regexp.MustCompile(`^fetch: .* from \S+: (preflight: )?[a-z-]+`)

// shorten cuts what is explained by packages fetch and fetchtest, which have tests for
// that.
func shorten(text string) string {
	if strings.HasPrefix(text, "fetchtest: ") {
		return "fetchtest"
	}
	if s := story.FindString(text); s != "" {
		return s
	}
	return text
}

// newPage returns a page of https://app.example/dir/page among the servers.
func newPage(t *testing.T, console func(level, text string)) *embed.Page {
	t.Helper()
	u, err := fetch.ParseURL(nil, "https://app.example/dir/page")
	if err != nil {
		t.Fatal(err)
	}
	page := embed.New(embed.Options{
		Client:      &fetch.Client{Base: servers()},
		Environment: &fetch.Environment{Origin: fetch.OriginOf(u), URL: u},
		Console:     console,
		MaxBody:     1 << 20,
	})
	t.Cleanup(page.Close)
	return page
}

// servers returns https://app.example and https://api.example, which have the same
// resources and let every page of the former have everything, and
// https://closed.example, which lets nobody.
func servers() *fetchtest.Network {
	mux := http.NewServeMux()
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain;charset=utf-8")
		w.Header().Set("Content-Length", "5")
		w.Header().Set("X-Test", "1")
		w.Header().Set("Set-Cookie", "a=b")
		io.WriteString(w, "hello")
	})
	mux.HandleFunc("/json", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"a":[1]}`) })
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/status", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Query().Get("code"))
		w.WriteHeader(status)
	})
	mux.HandleFunc("/bytes", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		io.WriteString(w, r.URL.Query().Get("body"))
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"B_c", "Bb", "A"} {
			w.Header().Add(name, "1")
			w.Header().Add(name, "2")
		}
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/request", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Method+" "+r.Header.Get("Content-Type")+" x="+strings.Join(r.Header.Values("X-Test"), ", ")+
			" referer="+r.Header.Get("Referer")+" body="+string(body))
	})
	mux.HandleFunc("/star", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	})
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/parts", func(w http.ResponseWriter, _ *http.Request) {
		for _, part := range []string{"one", "two", "three"} {
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		part := strings.Repeat("x", 64<<10)
		for {
			if _, err := io.WriteString(w, part); err != nil {
				return
			}
		}
	})
	open := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Allow-Headers", "x-test")
		if r.Method != http.MethodOptions {
			mux.ServeHTTP(w, r)
		}
	})
	network := new(fetchtest.Network)
	network.Handle("https://app.example", open)
	network.Handle("https://api.example", open)
	network.Handle("https://closed.example", mux)
	return network
}
