package embed_test

import "testing"

func TestResponse(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "defaults",
			source: "wpt: fetch/api/response/response-init-001.any.js",
			script: `
				const r = new Response();
				log(r.type, "[" + r.url + r.statusText + "]", r.redirected, r.status, r.ok, r.body, r.bodyUsed, [...r.headers]);`,
			want: []string{"default [] false 200 true null false []"},
		}, {
			name:   "init",
			source: "wpt: fetch/api/response/response-init-002.any.js",
			script: `
				const r = new Response("x", { status: 404, statusText: "Not here", headers: { A: "1" } });
				log(r.status, r.ok, r.statusText, [...r.headers]);`,
			want: []string{`404 false Not here [["a","1"],["content-type","text/plain;charset=UTF-8"]]`},
		}, {
			name:   "refused",
			source: "wpt: fetch/api/response/response-error.any.js",
			script: `
				for (const [body, init] of [["", { status: 199 }], ["", { status: 600 }], ["", { status: 1000 }],
					["", { statusText: "\n" }], ["", { statusText: "\u0100" }], ["x", { status: 204 }], ["x", { status: 205 }], ["", { status: 304 }]]) {
					try { new Response(body, init); log("no error") } catch (e) { log(e.name) }
				}
				log(new Response(null, { status: 204 }).status);`,
			want: []string{"RangeError", "RangeError", "RangeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "204"},
		}, {
			name:   "error",
			source: "wpt: fetch/api/response/response-static-error.any.js",
			script: `const r = Response.error(); log(r.type, r.status, "[" + r.statusText + "]", r.body, r.ok);`,
			want:   []string{"error 0 [] null false"},
		}, {
			name:   "redirect",
			source: "wpt: fetch/api/response/response-static-redirect.any.js",
			script: `
				const r = Response.redirect("/x", 301);
				log(r.type, r.status, r.headers.get("Location"), r.redirected, Response.redirect("/").status);
				for (const args of [["http://:", 301], ["/", 200], ["/", 304], ["/", 0]]) {
					try { Response.redirect(...args); log("no error") } catch (e) { log(e.name) }
				}
				try { r.headers.set("a", "b") } catch (e) { log(e.name) }`,
			want: []string{"default 301 https://app.example/x false 302", "TypeError", "RangeError", "RangeError", "RangeError", "TypeError"},
		}, {
			name:   "json",
			source: "wpt: fetch/api/response/response-static-json.any.js",
			script: `
				(async () => {
					const r = Response.json({ a: 1 }, { status: 201, headers: { b: "2" } });
					log(r.type, r.status, [...r.headers], await r.json());
					for (const [data, init] of [[Symbol()], [undefined], [{}, { status: 204 }]]) {
						try { Response.json(data, init); log("no error") } catch (e) { log(e.name) }
					}
					try { Response.json({ get a() { throw new Error("mine") } }) } catch (e) { log(e) }
				})();`,
			want: []string{`default 201 [["b","2"],["content-type","application/json"]] {"a":1}`, "TypeError", "TypeError", "TypeError", "Error: mine"},
		}, {
			name:   "clone",
			source: "wpt: fetch/api/response/response-clone.any.js",
			script: `
				(async () => {
					const a = new Response("body", { status: 201, headers: { a: "1" } }), b = a.clone();
					log(b.status, b.headers.get("a"), a.body !== b.body, await b.text(), a.bodyUsed, await a.text());
					for (const f of [() => a.clone(), () => { const r = new Response("x"); r.body.getReader(); r.clone() }]) {
						try { f(); log("no error") } catch (e) { log(e.name) }
					}
				})();`,
			want: []string{"201 1 true body false body", "TypeError", "TypeError"},
		},
	})
}

func TestBody(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "consume",
			source: "wpt: fetch/api/response/response-consume.html",
			script: `
				(async () => {
					log(await new Response("{\"a\":1}").json(), await new Response("x").text());
					const buffer = await new Response("ab").arrayBuffer(), bytes = await new Response("ab").bytes();
					log(buffer instanceof ArrayBuffer, buffer.byteLength, bytes instanceof Uint8Array, [...bytes]);
					log("[" + await new Response().text() + "]", (await new Response().bytes()).length);
				})();`,
			want: []string{`{"a":1} x`, "true 2 true [97,98]", "[] 0"},
		}, {
			name:   "used once",
			source: "https://fetch.spec.whatwg.org/#concept-body-consume-body",
			script: `
				(async () => {
					const r = new Response("x"), empty = new Response();
					await r.text();
					log(r.bodyUsed, r.body.locked);
					await r.text().catch((e) => log(e.name));
					await empty.text(); await empty.text();
					log(empty.bodyUsed);
					await Response.prototype.text.call({}).catch((e) => log(e.name));
				})();`,
			want: []string{"true true", "TypeError", "false", "TypeError"},
		}, {
			name:   "not JSON",
			source: "wpt: fetch/api/response/json.any.js",
			script: `new Response("{").json().catch((e) => log(e.name)); new Response().json().catch((e) => log(e.name));`,
			want:   []string{"SyntaxError", "SyntaxError"},
		}, {
			name:   "UTF-8",
			source: "wpt: fetch/api/basic/text-utf8.any.js; https://encoding.spec.whatwg.org/#utf-8-decoder",
			script: `
				const code = (s) => [...s].map((c) => c.codePointAt(0).toString(16));
				for (const bytes of [[0xef, 0xbb, 0xbf, 0x61], [0xe2, 0x82, 0x41], [0xff, 0xfe], [0xf0, 0x9f, 0x98, 0x80], [0xed, 0xa0, 0x80]]) {
					new Response(new Uint8Array(bytes)).text().then((s) => log(code(s)));
				}
				new Response("\ud800").text().then((s) => log(code(s)));`,
			want: []string{`["61"]`, `["fffd","41"]`, `["fffd","fffd"]`, `["1f600"]`, `["fffd","fffd","fffd"]`, `["fffd"]`},
		}, {
			name:   "buffer sources are copied",
			source: "https://fetch.spec.whatwg.org/#concept-bodyinit-extract",
			script: `
				const bytes = new Uint8Array([1, 2, 3, 4]);
				const bodies = [bytes.buffer, bytes, bytes.subarray(1, 3), new Uint16Array(bytes.buffer, 2), new DataView(bytes.buffer, 3)]
					.map((b) => new Response(b));
				bytes.fill(9);
				for (const r of bodies) r.bytes().then((b) => log([...b]));`,
			want: []string{"[1,2,3,4]", "[1,2,3,4]", "[2,3]", "[3,4]", "[4]"},
		}, {
			name:   "a reader",
			source: "https://streams.spec.whatwg.org/#default-reader-class",
			script: `
				(async () => {
					const r = new Response("x"), reader = r.body.getReader();
					log(r.body.locked, r.bodyUsed);
					for (const f of [() => r.body.getReader(), () => r.body.tee()]) try { f() } catch (e) { log(e.name) }
					await r.text().catch((e) => log(e.name));
					const { value, done } = await reader.read();
					log([...value], done, r.bodyUsed, await reader.read());
					reader.releaseLock();
					log(r.body.locked);
					await reader.read().catch((e) => log(e.name));
				})();`,
			want: []string{"true false", "TypeError", "TypeError", "TypeError", `[120] false true {"done":true}`, "false", "TypeError"},
		}, {
			name:   "cancel",
			source: "https://streams.spec.whatwg.org/#rs-cancel",
			script: `
				(async () => {
					const r = new Response("x");
					await r.body.cancel();
					log(r.bodyUsed, r.body.locked, await r.body.getReader().read());
					await r.body.cancel().catch((e) => log(e.name));
				})();`,
			want: []string{`true false {"done":true}`, "TypeError"},
		}, {
			name:   "release while reading leaves the piece to the next reader",
			source: "https://streams.spec.whatwg.org/#default-reader-release-lock",
			script: `
				(async () => {
					const r = await fetch("/text"), first = r.body.getReader();
					const reading = first.read();
					first.releaseLock();
					await reading.catch((e) => log(e.name));
					log((await r.body.getReader().read()).value.length);
				})();`,
			want: []string{"TypeError", "5"},
		}, {
			name:   "a stream as the body of a response",
			source: "https://fetch.spec.whatwg.org/#concept-bodyinit-extract",
			script: `
				(async () => {
					const r = await fetch("/parts");
					const again = new Response(r.body);
					log(await again.text(), r.bodyUsed);
					try { new Response(r.body) } catch (e) { log(e.name) }
				})();`,
			want: []string{"onetwothree true", "TypeError"},
		}, {
			name:   "what scripts cannot construct",
			source: "https://webidl.spec.whatwg.org/#js-interfaces",
			script: `for (const C of [ReadableStream, ReadableStreamDefaultReader, AbortSignal]) try { new C() } catch (e) { log(e.name) }`,
			want:   []string{"TypeError", "TypeError", "TypeError"},
		},
	})
}
