package embed_test

import "testing"

func TestHeaders(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "fill from an object, pairs, and Headers",
			source: "https://fetch.spec.whatwg.org/#concept-headers-fill",
			script: `
				log([...new Headers({ B: "1", a: " 2 " })]);
				log([...new Headers([["x", "1"], ["X", "2"]])]);
				log([...new Headers(new Headers({ y: "3" }))]);
				log([...new Headers()]);`,
			want: []string{`[["a","2"],["b","1"]]`, `[["x","1, 2"]]`, `[["y","3"]]`, `[]`},
		}, {
			name:   "fill refuses",
			source: "https://fetch.spec.whatwg.org/#concept-headers-fill",
			script: `
				for (const init of [[["x"]], [["x", "1", "2"]], ["x1"], null, 1, { "a b": "1" }, { a: "\n1\0" }, { a: "\u0100" }]) {
					try { new Headers(init); log("no error") } catch (e) { log(e instanceof TypeError) }
				}`,
			want: []string{"true", "true", "true", "true", "true", "true", "true", "true"},
		}, {
			name:   "append, set, delete, get, has",
			source: "https://fetch.spec.whatwg.org/#headers-class",
			script: `
				const h = new Headers();
				h.append("X", "1"); h.append("x", "2");
				log(h.get("X"), h.has("x"), h.get("y"), h.has("y"));
				h.set("x", "3");
				log(h.get("X"));
				h.delete("X");
				log(h.has("x"));
				try { h.get("a b") } catch (e) { log(e.name) }`,
			want: []string{"1, 2 true null false", "3", "false", "TypeError"},
		}, {
			name:   "Set-Cookie is not combined",
			source: "wpt: fetch/api/headers/header-setcookie.any.js",
			script: `
				const h = new Headers([["set-cookie", "b=2"], ["set-cookie", "a=1"], ["Accept", "x"]]);
				log([...h]);
				log(h.getSetCookie(), h.get("set-cookie"));
				log(new Headers().getSetCookie());`,
			want: []string{`[["accept","x"],["set-cookie","b=2"],["set-cookie","a=1"]]`, `["b=2","a=1"] b=2, a=1`, `[]`},
		}, {
			name:   "iteration sees what is changed meanwhile",
			source: "https://webidl.spec.whatwg.org/#js-iterable",
			script: `
				const h = new Headers({ a: "1", c: "3" });
				for (const [name] of h) {
					log(name);
					if (name === "a") h.append("b", "2");
				}
				log([...h.keys()], [...h.values()], h.entries().next());
				h.forEach((value, name, of) => log(name, value, of === h));`,
			want: []string{"a", "b", "c", `["a","b","c"] ["1","2","3"] {"value":["a","1"],"done":false}`,
				"a 1 true", "b 2 true", "c 3 true"},
		}, {
			name:   "guard request",
			source: "https://fetch.spec.whatwg.org/#forbidden-request-header",
			script: `
				const h = new Request("/", { headers: { Host: "x", "Sec-Foo": "x", "X-HTTP-Method": "TRACE", ok: "1" } }).headers;
				h.append("cookie", "a=b");
				h.set("Referer", "x");
				log([...h]);`,
			want: []string{`[["ok","1"]]`},
		}, {
			name:   "guard request-no-cors",
			source: "https://fetch.spec.whatwg.org/#concept-headers-append",
			script: `
				const h = new Request("/", { mode: "no-cors", headers: { accept: "x", "x-test": "1", range: "bytes=0-" } }).headers;
				h.append("Content-Type", "application/json");
				h.append("Content-Language", "de");
				h.set("Accept-Language", "\u0001");
				log([...h]);
				h.append("accept", "y".repeat(127));
				log(h.get("accept"));
				h.delete("accept"); h.delete("x-test");
				log([...h]);`,
			want: []string{`[["accept","x"],["content-language","de"]]`, "x", `[["content-language","de"]]`},
		}, {
			name:   "guard response",
			source: "https://fetch.spec.whatwg.org/#forbidden-response-header-name",
			script: `
				const h = new Response(null, { headers: { "Set-Cookie": "a=b", "Set-Cookie2": "a=b", ok: "1" } }).headers;
				log([...h]);`,
			want: []string{`[["ok","1"]]`},
		}, {
			name:   "guard immutable",
			source: "https://fetch.spec.whatwg.org/#headers-validate",
			script: `
				const h = Response.error().headers;
				for (const f of [() => h.append("a", "1"), () => h.set("a", "1"), () => h.delete("a")]) {
					try { f(); log("no error") } catch (e) { log(e.name) }
				}
				try { h.append("", "") } catch (e) { log(e.name) }`,
			want: []string{"TypeError", "TypeError", "TypeError", "TypeError"},
		}, {
			name:   "bytes beyond ASCII",
			source: "https://webidl.spec.whatwg.org/#js-ByteString",
			script: `log(new Headers({ a: "\u00e4" }).get("a") === "\u00e4");`,
			want:   []string{"true"},
		}, {
			name:   "as a class",
			source: "https://webidl.spec.whatwg.org/#js-interfaces",
			script: `
				class Mine extends Headers { hello() { return this.get("a") } }
				const h = new Mine({ a: "1" });
				log(h.hello(), h instanceof Headers, String(h), Headers.name, Headers.length);
				for (const f of [() => Headers.prototype.get.call({}, "a"), () => Headers.call(h), () => Headers.call({}), () => h.get()]) {
					try { f(); log("no error") } catch (e) { log(e.name) }
				}
				try { Headers.call(Object.freeze(Object.create(Headers.prototype))) } catch (e) { log(e.name) }`,
			want: []string{"1 true [object Headers] Headers 0", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"},
		},
	})
}
