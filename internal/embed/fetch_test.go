package embed_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func TestFetch(t *testing.T) {
	const brief = `const brief = (r) => log(r.type, r.url, r.redirected, r.status, r.ok, r.statusText, [...r.headers].map(String).filter((h) => !h.startsWith("date")).join(";"), r.body && "body");
	`
	run(t, []scriptTest{
		{
			name:   "basic",
			source: "https://fetch.spec.whatwg.org/#concept-filtered-response-basic",
			script: brief + `fetch("/text#frag").then(async (r) => { brief(r); log(await r.text()); try { r.headers.set("a", "b") } catch (e) { log(e.name) } });`,
			want: []string{"basic https://app.example/text false 200 true OK " +
				"access-control-allow-credentials,true;access-control-allow-headers,x-test;access-control-allow-methods,PUT;access-control-allow-origin,https://app.example;" +
				"content-length,5;content-type,text/plain;charset=utf-8;x-test,1 body", "hello", "TypeError"},
		}, {
			name:   "cors",
			source: "https://fetch.spec.whatwg.org/#concept-filtered-response-cors",
			script: brief + `fetch("https://api.example/text").then(async (r) => { brief(r); log(await r.text()) });`,
			want: []string{"cors https://api.example/text false 200 true OK " +
				"content-length,5;content-type,text/plain;charset=utf-8 body", "hello"},
		}, {
			name:   "opaque",
			source: "https://fetch.spec.whatwg.org/#concept-filtered-response-opaque",
			script: brief + `fetch("https://closed.example/text", { mode: "no-cors" }).then(async (r) => { brief(r); log("[" + await r.text() + "]") });`,
			want:   []string{"opaque  false 0 false   null", "[]"},
		}, {
			name:   "opaqueredirect",
			source: "https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect",
			script: brief + `fetch("/redirect?to=/text", { redirect: "manual" }).then(brief);`,
			want:   []string{"opaqueredirect https://app.example/redirect?to=/text false 0 false   null"},
		}, {
			name:   "redirected",
			source: "wpt: fetch/api/redirect/redirect-location.any.js",
			script: `fetch("/redirect?to=https://api.example/json").then((r) => log(r.type, r.url, r.redirected));`,
			want:   []string{"cors https://api.example/json true"},
		}, {
			name:   "null bodies",
			source: "https://fetch.spec.whatwg.org/#null-body-status",
			script: `
				(async () => {
					for (const [url, method] of [["/empty", "GET"], ["/status?code=205", "GET"], ["/text", "HEAD"], ["/status?code=404", "GET"]]) {
						const r = await fetch(url, { method });
						log(r.status, r.body === null, "[" + await r.text() + "]");
					}
				})();`,
			want: []string{"204 true []", "205 true []", "200 true []", "404 false []"},
		}, {
			name:   "what is sent",
			source: "https://fetch.spec.whatwg.org/#dom-global-fetch",
			script: `
				(async () => {
					const sent = async (...args) => log(await (await fetch(...args)).text());
					await sent("/request", { headers: { "X-Test": "1", Referer: "x" } });
					await sent("/request", { method: "post", body: "b", referrer: "" });
					await sent(new Request("/request", { method: "PUT", body: new Uint8Array([98]), headers: [["x-test", "1"], ["x-test", "2"]] }));
					await sent("https://api.example/request", { method: "PUT", headers: { "X-Test": "1" } });
					await sent("/redirect?to=/request", { method: "POST", body: "again", referrer: "/r" });
				})();`,
			want: []string{
				"GET  x=1 referer=https://app.example/dir/page body=",
				"POST text/plain;charset=UTF-8 x= referer= body=b",
				"PUT  x=1, 2 referer=https://app.example/dir/page body=b",
				"PUT  x=1 referer=https://app.example/ body=",
				"POST text/plain;charset=UTF-8 x= referer=https://app.example/r body=again",
			},
		}, {
			name:   "a used request is not fetched",
			source: "https://fetch.spec.whatwg.org/#dom-request",
			script: `
				(async () => {
					const r = new Request("/request", { method: "POST", body: "b" });
					await fetch(r);
					log(r.bodyUsed);
					await fetch(r).catch((e) => log(e.name));
				})();`,
			want: []string{"true", "TypeError"},
		}, {
			name:   "wrong arguments reject",
			source: "https://fetch.spec.whatwg.org/#dom-global-fetch",
			script: `
				for (const args of [[], ["http://:"], ["", { mode: "navigate" }], ["", { body: "x" }], ["https://u:p@app.example/"]]) {
					fetch(...args).catch((e) => log(e.name));
				}`,
			want: slices.Repeat([]string{"TypeError"}, 5),
		}, {
			name:   "data: URLs",
			source: "wpt: fetch/api/basic/scheme-data.any.js",
			script: `fetch("data:text/x,hi").then(async (r) => log(r.type, r.url, r.headers.get("content-type"), await r.text()));`,
			want:   []string{"basic data:text/x,hi text/x hi"},
		}, {
			name:   "a body that breaks off",
			source: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
			script: `
				(async () => {
					const r = await fetch("/broken");
					log(r.status);
					await r.text().catch((e) => log(String(e)));
				})();`,
			want: []string{"200", "error: fetchtest", "TypeError: Failed to fetch"},
		}, {
			name:   "a body that is too long for the page",
			source: "Options.MaxBody",
			script: `fetch("/long").then((r) => r.text()).catch((e) => log(String(e)));`,
			want:   []string{"error: embed: the body has more than 1048576 bytes", "TypeError: Failed to fetch"},
		}, {
			name:   "read as far as wanted",
			source: "https://streams.spec.whatwg.org/#rs-cancel",
			script: `
				(async () => {
					const r = await fetch("/long"), reader = r.body.getReader();
					log((await reader.read()).value.length > 0);
					await reader.cancel();
					log((await reader.read()).done);
				})();`,
			want: []string{"true", "true"},
		}, {
			name:   "both branches of a body that arrives",
			source: "https://fetch.spec.whatwg.org/#concept-body-clone",
			script: `
				(async () => {
					const a = await fetch("/parts"), b = a.clone();
					log(await Promise.all([a.text(), b.text()]));
				})();`,
			want: []string{`["onetwothree","onetwothree"]`},
		}, {
			name:   "a page goes on while it waits",
			source: "https://html.spec.whatwg.org/#event-loops",
			script: `
				const controller = new AbortController();
				fetch("/hang", { signal: controller.signal }).catch(() => log("aborted"));
				fetch("/text").then((r) => { log("text"); controller.abort() });
				log("script");`,
			want: []string{"script", "text", "aborted"},
		},
	})
}

// TestNetworkErrorsLookTheSame is the promise that a page learns nothing from a
// failure: every one is the same TypeError, and the console says why.
//
// See https://fetch.spec.whatwg.org/#concept-network-error.
func TestNetworkErrorsLookTheSame(t *testing.T) {
	for _, tt := range []struct{ name, call, reason string }{
		{"no CORS headers", `"https://closed.example/text"`, "missing-allow-origin"},
		{"no server", `"https://nowhere.example/"`, "transport"},
		{"preflight", `"https://api.example/text", { method: "DELETE" }`, "method-not-allowed"},
		{"preflight status", `"https://closed.example/nothing", { method: "PUT" }`, "missing-allow-origin"},
		{"same-origin", `"https://api.example/text", { mode: "same-origin" }`, "same-origin-mode"},
		{"redirect", `"/redirect?to=/text", { redirect: "error" }`, "redirect-mode-error"},
		{"port", `"https://api.example:25/"`, "bad-port"},
		{"integrity", `"/text", { integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }`, "integrity"},
		{"scheme", `"ftp://api.example/"`, "not-http"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := runPage(t, `fetch(`+tt.call+`).catch((e) => console.log(e.stack.trim(), Object.getOwnPropertyNames(e).sort(), e.constructor === TypeError));`)
				if len(got) != 2 || !strings.HasPrefix(got[0], "error: fetch: ") || !strings.HasSuffix(got[0], ": "+tt.reason) {
					t.Fatalf("the console has %q; want a NetworkError with %q first", got, tt.reason)
				}
				if want := `TypeError: Failed to fetch ["message","stack"] true`; got[1] != want {
					t.Errorf("the page sees %q; want %q", got[1], want)
				}
			})
		})
	}
}
