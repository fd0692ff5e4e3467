package embed_test

import "testing"

func TestAbort(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "a controller",
			source: "https://dom.spec.whatwg.org/#interface-abortcontroller",
			script: `
				const c = new AbortController(), s = c.signal;
				log(s === c.signal, s.aborted, s.reason);
				s.throwIfAborted();
				s.onabort = (e) => log(e.type, e.target === s, e.isTrusted, s.aborted);
				c.abort(); c.abort("again");
				log(s.reason.name, s.reason instanceof DOMException, s.reason instanceof Error, s.reason.code);
				try { s.throwIfAborted() } catch (e) { log(e === s.reason) }`,
			want: []string{"true false undefined", "abort true true true", "AbortError true true 20", "true"},
		}, {
			name:   "abort, timeout and any",
			source: "wpt: dom/abort/AbortSignal.any.js",
			script: `
				log(AbortSignal.abort().reason.name, AbortSignal.abort(null).reason, AbortSignal.abort(7).aborted);
				const c = new AbortController();
				const any = AbortSignal.any([c.signal, AbortSignal.timeout(1000)]);
				AbortSignal.any([any]).onabort = () => log("dependent", any.aborted);
				c.signal.onabort = () => log("source", any.aborted);
				any.onabort = () => log("any");
				c.abort();
				log(AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason, AbortSignal.any([]).aborted);
				for (const f of [() => AbortSignal.any([1]), () => AbortSignal.timeout(-1), () => AbortSignal.timeout(NaN)]) {
					try { f(); log("no error") } catch (e) { log(e.name) }
				}
				const s = AbortSignal.timeout(5);
				setTimeout(() => log(s.aborted), 4);
				setTimeout(() => log(s.reason.name), 6);`,
			want: []string{"AbortError null true", "source true", "any", "dependent true", "1 false",
				"TypeError", "TypeError", "TypeError", "false", "TimeoutError"},
		}, {
			name:   "a fetch, before it begins",
			source: "wpt: fetch/api/abort/general.any.js",
			script: `
				fetch("https://nowhere.example/", { signal: AbortSignal.abort() }).catch((e) => log(e.name));
				fetch("/text", { signal: AbortSignal.abort("mine") }).catch((e) => log(e));
				fetch("/text", { signal: AbortSignal.abort(), mode: "navigate" }).catch((e) => log(e.name));`,
			want: []string{"AbortError", "mine", "TypeError"},
		}, {
			name:   "a fetch, before the headers",
			source: "wpt: fetch/api/abort/general.any.js",
			script: `
				const c = new AbortController();
				fetch("/hang", { signal: c.signal }).catch((e) => log(e === c.signal.reason, e.name));
				setTimeout(() => { c.abort(); log("aborted") }, 5);`,
			want: []string{"aborted", "true AbortError"},
		}, {
			name:   "a fetch, by time",
			source: "https://dom.spec.whatwg.org/#dom-abortsignal-timeout",
			script: `fetch("/hang", { signal: AbortSignal.timeout(5) }).catch((e) => log(e.name));`,
			want:   []string{"TimeoutError"},
		}, {
			name:   "a fetch, while the body is read",
			source: "wpt: fetch/api/abort/general.any.js",
			script: `
				(async () => {
					const c = new AbortController();
					const r = await fetch("/half", { signal: c.signal });
					setTimeout(() => c.abort(), 5);
					await r.text().catch((e) => log(e === c.signal.reason, r.bodyUsed));
				})();`,
			want: []string{"true true"},
		}, {
			name:   "a fetch, before the body is read",
			source: "wpt: fetch/api/abort/general.any.js",
			script: `
				(async () => {
					const c = new AbortController();
					const r = await fetch("/half", { signal: c.signal });
					const reader = r.clone().body.getReader();
					log((await reader.read()).value.length);
					c.abort("enough");
					await reader.read().catch((e) => log(e));
				})();`,
			want: []string{"4", "enough"},
		}, {
			name:   "a fetch, when it is over",
			source: "https://fetch.spec.whatwg.org/#abort-fetch",
			script: `
				(async () => {
					const c = new AbortController();
					const r = await fetch("/text", { signal: c.signal }), again = r.clone();
					log(await r.text());
					c.abort();
					log(await again.text());
				})();`,
			want: []string{"hello", "hello"},
		}, {
			name:   "through a Request",
			source: "wpt: fetch/api/abort/general.any.js",
			script: `
				const c = new AbortController(), other = new AbortController();
				const r = new Request("/hang", { signal: c.signal });
				fetch(r).catch((e) => log("the request's", e.name));
				fetch(r, { signal: other.signal }).catch((e) => log("the one of init", e));
				fetch("/hang", { signal: AbortSignal.any([r.signal]) }).catch((e) => log("any of it", e.name));
				setTimeout(() => c.abort());
				setTimeout(() => other.abort("later"), 10);`,
			want: []string{"the request's AbortError", "any of it AbortError", "the one of init later"},
		},
	})
}

func TestEvents(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "listeners",
			source: "https://dom.spec.whatwg.org/#interface-eventtarget",
			script: `
				const target = new EventTarget(), f = (e) => log("f", e.type, e.currentTarget === target);
				const c = new AbortController();
				target.addEventListener("x", f); target.addEventListener("x", f);
				target.addEventListener("x", { handleEvent(e) { log("object", this !== target) } });
				target.addEventListener("x", () => log("once"), { once: true });
				target.addEventListener("x", () => log("signal"), { signal: c.signal });
				target.addEventListener("x", () => { throw new TypeError("mine") });
				target.addEventListener("x", (e) => { e.preventDefault(); e.stopImmediatePropagation() });
				target.addEventListener("x", () => log("never"));
				target.addEventListener("x", null);
				const e = new Event("x", { cancelable: true });
				log(target.dispatchEvent(e), e.defaultPrevented, e.isTrusted, e.currentTarget);
				target.removeEventListener("x", f); c.abort();
				log(target.dispatchEvent(new Event("x")));
				try { target.addEventListener("x", 1) } catch (e) { log(e.name) }`,
			want: []string{"f x true", "object true", "once", "signal", "error: Uncaught TypeError: mine (page.js:9:48)", "false true false null",
				"object true", "error: Uncaught TypeError: mine (page.js:9:48)", "true", "TypeError"},
		}, {
			name:   "a listener that is removed by one before it",
			source: "https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke",
			script: `
				const target = new EventTarget(), f = () => log("never"), g = () => log("not this time");
				target.addEventListener("x", () => { target.removeEventListener("x", f); target.addEventListener("x", g) });
				target.addEventListener("x", f);
				target.addEventListener("x", () => log("last"));
				target.dispatchEvent(new Event("x"));`,
			want: []string{"last"},
		}, {
			name:   "handlers",
			source: "https://html.spec.whatwg.org/#event-handler-idl-attributes",
			script: `
				const c = new AbortController(), s = c.signal;
				log(s.onabort);
				s.onabort = () => log("replaced");
				s.addEventListener("abort", () => log("second"));
				s.onabort = function () { log("first", this === s) };
				c.abort();
				s.onabort = 1;
				log(s.onabort);`,
			want: []string{"null", "first true", "second", "null"},
		}, {
			name:   "ProgressEvent",
			source: "wpt: xhr/progressevent-constructor.html",
			script: `
				const e = new ProgressEvent("x", { lengthComputable: true, loaded: 1, total: 2 });
				log(e.type, e.lengthComputable, e.loaded, e.total, e instanceof Event, e.bubbles);
				log(new DOMException("m", "AbortError"), new DOMException().name, DOMException.prototype instanceof Error);`,
			want: []string{"x true 1 2 true false", "AbortError: m Error true"},
		},
	})
}
