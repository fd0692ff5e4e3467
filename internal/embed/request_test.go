package embed_test

import "testing"

func TestRequest(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "defaults",
			source: "https://fetch.spec.whatwg.org/#request-class",
			script: `
				const r = new Request("x?y#z");
				log(r.method, r.url, r.mode, r.credentials, r.cache, r.redirect);
				log(r.referrer, "[" + r.referrerPolicy + r.integrity + r.destination + "]", r.keepalive, r.duplex, r.body, r.bodyUsed);
				log(r.signal.aborted, r.isReloadNavigation, r.isHistoryNavigation);`,
			want: []string{"GET https://app.example/dir/x?y#z cors same-origin default follow",
				"about:client [] false half null false", "false false false"},
		}, {
			name:   "refused",
			source: "wpt: fetch/api/request/request-error.any.js",
			script: `
				const stream = new Response("x").body;
				for (const [input, init] of [
					["http://:not a valid URL"], ["http://user:pass@test.url"], ["http://user@test.url"],
					["", { window: "x" }], ["", { mode: "navigate" }], ["", { mode: "websocket" }], ["", { mode: "" }],
					["", { mode: "CORS" }], ["", { method: "IN VALID" }], ["", { method: "TRACE" }], ["", { method: "track" }],
					["", { mode: "no-cors", method: "PUT" }], ["", { cache: "only-if-cached" }],
					["", { cache: "only-if-cached", mode: "cors" }], ["", { credentials: "x" }], ["", { cache: "x" }],
					["", { redirect: "x" }], ["", { referrerPolicy: "x" }], ["", { referrer: "http://:x" }],
					["", { body: "x" }], ["", { method: "HEAD", body: "x" }], ["", { signal: {} }], ["", { priority: "x" }],
					["", { duplex: "full" }], ["", { method: "POST", body: stream, duplex: "half" }], ["", 1], [Symbol()],
				]) {
					try { new Request(input, init); log("no error", input, init) } catch (e) {
						if (!(e instanceof TypeError)) log(e, init);
					}
				}
				try { new Request() } catch (e) { log(e.name) }`,
			want: []string{"TypeError"},
		}, {
			name:   "methods are normalized",
			source: "https://fetch.spec.whatwg.org/#concept-method-normalize",
			script: `log(["get", "pOst", "patch", "Foo"].map((method) => new Request("", { method }).method));`,
			want:   []string{`["GET","POST","patch","Foo"]`},
		}, {
			name:   "referrers",
			source: "https://fetch.spec.whatwg.org/#dom-request",
			script: `
				log(["", "about:client", "/a", "https://other.example/"].map((referrer) => new Request("", { referrer }).referrer));
				log(new Request(new Request("", { referrer: "/a" })).referrer);
				log(new Request(new Request("", { referrer: "/a", referrerPolicy: "origin" }), { method: "GET" }).referrer);`,
			want: []string{`["","about:client","https://app.example/a","about:client"]`, "https://app.example/a", "about:client"},
		}, {
			name:   "members are read once",
			source: "https://webidl.spec.whatwg.org/#js-dictionary",
			script: `
				let n = 0;
				new Request("", { get method() { n++; return "GET" }, get mode() { log("mode after method", n) } });
				log(n);`,
			want: []string{"mode after method 1", "1"},
		}, {
			name:   "from another request",
			source: "wpt: fetch/api/request/request-init-003.sub.html",
			script: `
				const a = new Request("/a", { method: "POST", body: "x", headers: { "X-Test": "1" }, mode: "same-origin",
					credentials: "omit", cache: "no-store", redirect: "manual", integrity: "sha256-x", keepalive: true });
				const b = new Request(a);
				log(b.method, b.url, [...b.headers], b.mode, b.credentials, b.cache, b.redirect, b.integrity, b.keepalive);
				log(a.bodyUsed, b.bodyUsed, a.headers === b.headers);
				const c = new Request(b, { headers: { y: "2" }, method: "PUT" });
				log(c.method, [...c.headers], b.bodyUsed);
				c.text().then((s) => log(s));
				try { new Request(a) } catch (e) { log(e.name) }
				try { new Request(c, { method: "GET" }) } catch (e) { log(e.name) }`,
			want: []string{
				`POST https://app.example/a [["content-type","text/plain;charset=UTF-8"],["x-test","1"]] same-origin omit no-store manual sha256-x true`,
				"true false false", `PUT [["y","2"]] true`, "TypeError", "TypeError", "x"},
		}, {
			name:   "clone",
			source: "https://fetch.spec.whatwg.org/#dom-request-clone",
			script: `
				(async () => {
					const a = new Request("", { method: "POST", body: "x", headers: { a: "1" } });
					const b = a.clone();
					b.headers.set("a", "2");
					log(a.headers.get("a"), b.headers.get("a"), a.bodyUsed, b.bodyUsed);
					log(await a.text(), a.bodyUsed, b.bodyUsed, await b.text());
					try { a.clone() } catch (e) { log(e.name) }
				})();`,
			want: []string{"1 2 false false", "x true false x", "TypeError"},
		}, {
			name:   "signals follow",
			source: "wpt: fetch/api/abort/general.any.js",
			script: `
				const controller = new AbortController();
				const a = new Request("", { signal: controller.signal });
				const b = a.clone(), c = new Request(b), d = new Request(c, { signal: null });
				log(a.signal === controller.signal, a.signal !== b.signal);
				controller.abort("why");
				log([a, b, c, d].map((r) => r.signal.aborted), c.signal.reason);`,
			want: []string{"false true", "[true,true,true,false] why"},
		}, {
			name:   "Content-Type of bodies",
			source: "wpt: fetch/api/request/request-headers.any.js",
			script: `
				const type = (body, headers) => new Request("", { method: "POST", body, headers }).headers.get("Content-Type");
				log(type("x"), type(new Uint8Array(1)), type("x", { "content-type": "a/b" }), type(1));`,
			want: []string{"text/plain;charset=UTF-8 null a/b text/plain;charset=UTF-8"},
		},
	})
}
