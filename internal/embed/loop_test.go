package embed_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/embed"
)

func TestEventLoop(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "microtasks come before tasks",
			source: "https://html.spec.whatwg.org/#event-loop-processing-model",
			script: `
				setTimeout(() => { log("task 1"); queueMicrotask(() => log("microtask of 1")) });
				setTimeout(() => log("task 2"));
				queueMicrotask(() => { log("a"); queueMicrotask(() => log("c")) });
				Promise.resolve().then(() => log("b"));
				log("script");`,
			want: []string{"script", "a", "b", "c", "task 1", "microtask of 1", "task 2"},
		}, {
			name:   "microtasks run between listeners",
			source: "https://html.spec.whatwg.org/#clean-up-after-running-script",
			script: `
				const x = new XMLHttpRequest();
				x.open("GET", "/empty");
				x.addEventListener("load", () => queueMicrotask(() => log("microtask")));
				x.addEventListener("load", () => log("second"));
				x.send();`,
			want: []string{"microtask", "second"},
		}, {
			name:   "timers",
			source: "https://html.spec.whatwg.org/#timers",
			script: `
				setTimeout((a, b) => log("2", a, b), 2, "x", "y");
				setTimeout(() => log("1"), 1);
				setTimeout(() => log("1 again"), "1");
				setTimeout(() => log("0"), -5);
				clearTimeout(setTimeout(() => log("never")));
				let n = 0;
				const id = setInterval(function () { log("interval", ++n, this === self); if (n == 2) clearInterval(id) }, 10);
				clearTimeout(); clearTimeout(12345); clearTimeout("x");
				for (const f of [() => setTimeout(), () => setTimeout("log(1)"), () => queueMicrotask(1)]) try { f() } catch (e) { log(e.name) }`,
			want: []string{"TypeError", "TypeError", "TypeError", "0", "1", "1 again", "2 x y", "interval 1 true", "interval 2 true"},
		}, {
			name:   "AbortSignal.timeout does not keep a page running",
			source: "Page.Run",
			script: `AbortSignal.timeout(1e9).onabort = () => log("never");`,
		}, {
			name:   "exceptions",
			source: "https://html.spec.whatwg.org/#report-an-exception",
			script: `
				setTimeout(() => { throw new TypeError("in a task") });
				queueMicrotask(() => { throw "in a microtask" });
				new AbortController().signal.addEventListener("abort", () => {});
				throw new Error("in the script");`,
			want: []string{"error: Uncaught Error: in the script (page.js:6:11)", "error: Uncaught in a microtask",
				"error: Uncaught TypeError: in a task (page.js:3:30)"},
		}, {
			name:   "a script that cannot be compiled",
			source: "https://html.spec.whatwg.org/#report-an-exception",
			script: `)`,
			want:   []string{"error: Uncaught SyntaxError: page.js: Line 2:1 Unexpected token )"},
		}, {
			name:   "unhandled rejections",
			source: "https://html.spec.whatwg.org/#unhandled-promise-rejections",
			script: `
				Promise.reject(new Error("nobody"));
				fetch("https://nowhere.example/", { mode: "same-origin" });
				const later = Promise.reject(new Error("handled in time"));
				queueMicrotask(() => later.catch(() => {}));
				Promise.reject({ toJSON() { throw 1 } });`,
			want: []string{"error: Uncaught (in promise) Error: nobody", "error: Uncaught (in promise) [something that cannot be shown]",
				"error: fetch: GET https://nowhere.example/ from https://app.example: same-origin-mode",
				"error: Uncaught (in promise) TypeError: Failed to fetch"},
		}, {
			name:   "the end of the stack",
			source: "Page.Run",
			script: `
				setTimeout(() => log("goes on"));
				setTimeout(() => { const f = () => f() + 1; f() });
				setTimeout(() => log("and on"));`,
			want: []string{"goes on", "error: Uncaught RangeError: Maximum call stack size exceeded", "and on"},
		}, {
			name:   "console",
			source: "https://console.spec.whatwg.org/#logging",
			script: `
				log("a", 1, null, undefined, [1], { a: 1 }, {}, new Error("x"), Symbol("s"), 1n, () => 1, new Headers());
				console.warn("w"); console.error("e"); console.info("i"); console.debug("d");
				log({ get a() { throw 1 } });`,
			want: []string{`a 1 null undefined [1] {"a":1} [object Object] Error: x Symbol(s) 1 () => 1 [object Headers]`,
				"warn: w", "error: e", "info: i", "debug: d", "[something that cannot be shown]"},
		},
	})
}

// TestRunKeepsGlobals checks that a page can run one script after the other.
func TestRunKeepsGlobals(t *testing.T) {
	var console []string
	page := newPage(t, func(_, text string) { console = append(console, text) })
	for _, script := range []string{"var a = 1", "console.log(a + 1)"} {
		if err := page.Run(t.Context(), "page.js", script); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(console, "\n"); got != "2" {
		t.Errorf("the console has %q; want 2", got)
	}
}

// TestRunawayScripts checks that a context stops scripts that do not stop, wherever
// they are, and that the page can be used afterwards.
func TestRunawayScripts(t *testing.T) {
	const spin = `console.log("spin"); for (;;) {} `
	for _, tt := range []struct{ name, script string }{
		{"in the script", spin},
		{"in a microtask", `queueMicrotask(() => { ` + spin + `})`},
		{"in microtasks without end", `console.log("spin"); const f = () => queueMicrotask(f); f();`},
		{"in a timer", `setTimeout(() => { ` + spin + `})`},
		{"in a listener called by a listener", `
			const c = new AbortController();
			c.signal.addEventListener("abort", () => { try { ` + spin + `} finally { for (;;) {} } });
			c.signal.addEventListener("abort", () => { for (;;) {} });
			setTimeout(() => { try { c.abort() } catch {} for (;;) {} })`},
		{"in a callback of headers", `new Headers({ a: "1" }).forEach(() => { ` + spin + `})`},
		{"in what the console shows", `console.log({ toJSON() { ` + spin + `} })`},
		{"in a rejection that is reported", `Promise.reject({ toJSON() { ` + spin + `} })`},
		{"in tasks without end", `console.log("spin"); const f = () => setTimeout(f); f();`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			why := errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			var console []string
			page := newPage(t, func(_, text string) {
				console = append(console, text)
				cancel(why)
			})
			if err := page.Run(ctx, "page.js", tt.script); err != why {
				t.Errorf("Run returned %v; want %v", err, why)
			}
			if err := page.Run(ctx, "page.js", "console.log('never')"); err != why {
				t.Errorf("Run with a context that has ended returned %v; want %v", err, why)
			}
			if got := strings.Join(console, "\n"); got != "spin" {
				t.Errorf("the console has %q; want spin", got)
			}
		})
	}
}

// TestRunAfterInterrupt checks that an interrupt does not outlast its Run.
func TestRunAfterInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var console []string
	page := newPage(t, func(_, text string) {
		console = append(console, text)
		cancel()
	})
	if err := page.Run(ctx, "page.js", `console.log("spin"); for (;;) {}`); err != context.Canceled {
		t.Errorf("Run returned %v; want %v", err, context.Canceled)
	}
	if err := page.Run(t.Context(), "page.js", `for (let i = 0; i < 1e5; i++) {} console.log("fine")`); err != nil {
		t.Error(err)
	}
	if got := strings.Join(console, " "); got != "spin fine" {
		t.Errorf("the console has %q; want spin, fine", got)
	}
}

// TestClose checks that closing a page ends what is going on, in each state that an
// exchange can be in, and that nothing of it reaches the page. The bubble fails the
// test if a goroutine is left.
func TestClose(t *testing.T) {
	for _, tt := range []struct{ name, script string }{
		{"nothing", ``},
		{"a fetch", `fetch("/hang").catch(() => console.log("seen"))`},
		{"a body that is being read", `fetch("/half").then((r) => r.text()).catch(() => console.log("seen"))`},
		{"a body that nobody reads", `fetch("/half"); fetch("/hang")`},
		{"a clone of which one is read", `fetch("/half").then((r) => { r.clone(); return r.text() })`},
		{"an aborted fetch", `const c = new AbortController(); fetch("/hang", { signal: c.signal }).catch(() => {}); c.abort(); fetch("/hang")`},
		{"a preflight", `fetch("https://api.example/hang", { method: "PUT" })`},
		{"XMLHttpRequest", `const x = new XMLHttpRequest(); x.open("GET", "/half"); x.send(); x.onloadend = () => console.log("seen")`},
		{"a timer", `setTimeout(() => console.log("seen"), 1e9)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				page := newPage(t, func(_, text string) { t.Errorf("the console has %q", text) })
				result := make(chan error)
				go func() { result <- page.Run(context.Background(), "page.js", tt.script) }()
				synctest.Wait()
				if tt.script == "" {
					if err := <-result; err != nil {
						t.Error(err)
					}
					page.Close()
				} else {
					page.Close()
					if err := <-result; err != embed.ErrClosed {
						t.Errorf("Run returned %v; want %v", err, embed.ErrClosed)
					}
				}
				if err := page.Run(context.Background(), "page.js", ""); err != embed.ErrClosed {
					t.Errorf("Run of a closed page returned %v; want %v", err, embed.ErrClosed)
				}
				page.Close() // a second time
			})
		})
	}
}

// TestIdleWithOpenBody checks that Run does not wait for a body that nobody reads, and
// that closing the page closes it.
func TestIdleWithOpenBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := newPage(t, nil)
		if err := page.Run(t.Context(), "page.js", `var r; fetch("/half").then((response) => { r = response })`); err != nil {
			t.Error(err)
		}
		page.Close()
	})
}

// TestOverSockets runs pages against a server on loopback, several at once, and
// checks that no goroutine outlives them.
func TestOverSockets(t *testing.T) {
	before := runtime.NumGoroutine()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.URL.Path == "/hang" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		io.WriteString(w, strings.Repeat("x", 100_000))
	}))
	transport := &http.Transport{}
	client := &fetch.Client{Base: transport}
	u, err := fetch.ParseURL(nil, "https://app.example/")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	for range 4 {
		go func() {
			var console []string
			page := embed.New(embed.Options{
				Client:      client,
				Environment: &fetch.Environment{Origin: fetch.OriginOf(u), URL: u},
				Console:     func(_, text string) { console = append(console, text) },
			})
			defer func() {
				page.Close()
				done <- strings.Join(console, "\n")
			}()
			if err := page.Run(context.Background(), "page.js", `
				(async () => {
					const url = "`+server.URL+`";
					const texts = await Promise.all([1, 2, 3].map((n) => fetch(url + "/" + n).then((r) => r.text())));
					console.log(texts.map((s) => s.length));
					const c = new AbortController();
					const r = await fetch(url + "/hang", { signal: c.signal });
					queueMicrotask(() => c.abort());
					await r.text().catch((e) => console.log(e.name));
					await fetch(url + "/hang"); // left alone
				})();`); err != nil {
				t.Error(err)
			}
		}()
	}
	for range 4 {
		if got, want := <-done, "[100000,100000,100000]\nAbortError"; got != want {
			t.Errorf("the console has %q; want %q", got, want)
		}
	}
	server.Close()
	transport.CloseIdleConnections()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("there are goroutines left:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}
