package embed_test

import "testing"

// logEvents is a script that makes an XMLHttpRequest x, whose events and those of
// its upload, if a test wants these, it logs.
const logEvents = `
	const x = new XMLHttpRequest();
	const kinds = ["loadstart", "progress", "abort", "error", "load", "timeout", "loadend"];
	const show = (e) => (e.target === x ? "" : "upload.") + e.type + "(" + [e.loaded, e.total, e.lengthComputable] + ")";
	const watch = (target) => kinds.forEach((kind) => target.addEventListener(kind, (e) => log(show(e))));
	x.onreadystatechange = () => log(x.readyState);
	watch(x);
`

func TestXHR(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "order of events",
			source: "https://xhr.spec.whatwg.org/#the-send()-method",
			script: logEvents + `x.open("GET", "/text"); x.send(); log("sent");`,
			want: []string{"1", "loadstart(0,0,false)", "sent", "2", "3", "progress(5,5,true)", "progress(5,5,true)", "4",
				"load(5,5,true)", "loadend(5,5,true)"},
		}, {
			name:   "order of events with an upload",
			source: "https://xhr.spec.whatwg.org/#the-send()-method",
			script: logEvents + `watch(x.upload); x.open("POST", "/request"); x.send("hello");
				x.onload = () => log(x.responseText);`,
			want: []string{"1", "loadstart(0,0,false)", "upload.loadstart(0,5,true)", "upload.progress(5,5,true)", "upload.progress(5,5,true)",
				"upload.load(5,5,true)", "upload.loadend(5,5,true)", "2", "3", "progress(80,80,true)", "progress(80,80,true)", "4",
				"load(80,80,true)", "POST text/plain;charset=UTF-8 x= referer=https://app.example/dir/page body=hello", "loadend(80,80,true)"},
		}, {
			name:   "no body",
			source: "https://xhr.spec.whatwg.org/#handle-response-end-of-body",
			script: logEvents + `x.open("GET", "/empty"); x.send(); x.onload = () => log(x.status, "[" + x.response + "]");`,
			want: []string{"1", "loadstart(0,0,false)", "2", "progress(0,0,false)", "4", "load(0,0,false)", "204 []",
				"loadend(0,0,false)"},
		}, {
			name:   "a network error",
			source: "https://xhr.spec.whatwg.org/#request-error-steps",
			script: logEvents + `watch(x.upload); x.open("POST", "https://nowhere.example/"); x.send("x");
				x.onloadend = () => log(x.status, "[" + x.statusText + x.responseText + x.responseURL + x.getAllResponseHeaders() + "]", x.getResponseHeader("a"));`,
			want: []string{"1", "loadstart(0,0,false)", "upload.loadstart(0,1,true)",
				"error: fetch: POST https://nowhere.example/ from https://app.example: preflight: transport",
				"4", "upload.error(0,0,false)", "upload.loadend(0,0,false)", "error(0,0,false)", "loadend(0,0,false)", "0 [] null"},
		}, {
			name:   "a timeout",
			source: "wpt: xhr/timeout-cors-async.htm",
			script: logEvents + `x.open("GET", "/hang"); x.timeout = 100; x.send();
				setTimeout(() => log("soon"), 99);`,
			want: []string{"1", "loadstart(0,0,false)", "soon", "4", "timeout(0,0,false)", "loadend(0,0,false)"},
		}, {
			name:   "a timeout set while fetching counts from send",
			source: "https://xhr.spec.whatwg.org/#the-timeout-attribute",
			script: logEvents + `x.open("GET", "/half"); x.send();
				setTimeout(() => { x.timeout = 30; log("set") }, 20);
				setTimeout(() => log("29"), 29); setTimeout(() => log("31"), 31);`,
			want: []string{"1", "loadstart(0,0,false)", "2", "3", "progress(4,0,false)", "set", "29", "4", "timeout(0,0,false)",
				"loadend(0,0,false)", "31"},
		}, {
			name:   "abort after send",
			source: "wpt: xhr/abort-during-open.any.js and xhr/event-abort.any.js",
			script: logEvents + `
				x.open("GET", "/hang"); x.abort(); log(x.readyState);
				x.send(); x.abort(); log(x.readyState, x.status);
				x.abort();
				try { x.send() } catch (e) { log(e.name) }`,
			want: []string{"1", "1", "loadstart(0,0,false)", "4", "abort(0,0,false)", "loadend(0,0,false)", "0 0", "InvalidStateError"},
		}, {
			name:   "abort while the body arrives",
			source: "wpt: xhr/abort-during-loading.window.js",
			script: logEvents + `x.open("GET", "/half"); x.send(); x.addEventListener("progress", () => { log(x.responseText); x.abort(); log(x.readyState) });`,
			want: []string{"1", "loadstart(0,0,false)", "2", "3", "progress(4,0,false)", "half", "4", "abort(0,0,false)",
				"loadend(0,0,false)", "0"},
		}, {
			name:   "abort in the listener for the headers, without and with a body",
			source: "wpt: xhr/abort-during-headers-received.window.js",
			script: logEvents + `
				x.addEventListener("readystatechange", () => { if (x.readyState == 2) x.abort() });
				x.addEventListener("loadend", () => { x.open("GET", "/text"); x.send() }, { once: true });
				x.open("GET", "/empty"); x.send();`,
			want: []string{"1", "loadstart(0,0,false)", "2", "4", "abort(0,0,false)", "loadend(0,0,false)", "1", "loadstart(0,0,false)",
				"2", "4", "abort(0,0,false)", "loadend(0,0,false)"},
		}, {
			name:   "abort in the listener for the body",
			source: "wpt: xhr/abort-during-loading.window.js",
			script: logEvents + `
				x.addEventListener("readystatechange", () => { if (x.readyState == 3) x.abort() });
				x.open("GET", "/text"); x.send();`,
			want: []string{"1", "loadstart(0,0,false)", "2", "3", "4", "abort(0,0,false)", "loadend(0,0,false)"},
		}, {
			name:   "abort in the listener for the last progress",
			source: "https://xhr.spec.whatwg.org/#the-abort()-method",
			script: logEvents + `
				x.addEventListener("progress", () => x.abort());
				x.open("GET", "/empty"); x.send();`,
			want: []string{"1", "loadstart(0,0,false)", "2", "progress(0,0,false)", "4", "abort(0,0,false)", "loadend(0,0,false)"},
		}, {
			name:   "an upload that is redirected is told of once",
			source: "https://xhr.spec.whatwg.org/#the-send()-method",
			script: logEvents + `
				for (const kind of kinds) x.upload.addEventListener(kind, (e) => log(show(e)));
				x.open("POST", "/redirect?to=/request"); x.send("hello");`,
			want: []string{"1", "loadstart(0,0,false)", "upload.loadstart(0,5,true)", "upload.progress(5,5,true)", "upload.progress(5,5,true)",
				"upload.load(5,5,true)", "upload.loadend(5,5,true)", "2", "3", "progress(80,80,true)", "progress(80,80,true)", "4",
				"load(80,80,true)", "loadend(80,80,true)"},
		}, {
			name:   "one object, two requests",
			source: "https://xhr.spec.whatwg.org/#the-open()-method",
			script: `
				const x = new XMLHttpRequest();
				x.open("GET", "/bytes?body=one"); x.send();
				x.onload = () => {
					log(x.responseText);
					x.onload = () => log(x.responseText);
					x.open("GET", "/bytes?body=two"); log("[" + x.responseText + "]", x.status); x.send();
				};`,
			want: []string{"one", "[] 0", "two"},
		}, {
			name:   "open in a listener replaces the request",
			source: "https://xhr.spec.whatwg.org/#the-open()-method",
			script: logEvents + `x.open("GET", "/hang"); x.addEventListener("loadstart", () => { x.open("GET", "/status?code=201"); log("again") }, { once: true });
				x.send(); x.onload = () => log(x.status); x.send();`,
			want: []string{"1", "loadstart(0,0,false)", "again", "loadstart(0,0,false)", "2", "progress(0,0,false)", "4",
				"load(0,0,false)", "201", "loadend(0,0,false)"},
		}, {
			name:   "a body that breaks off",
			source: "https://xhr.spec.whatwg.org/#the-send()-method",
			script: logEvents + `x.open("GET", "/broken"); x.send();`,
			want: []string{"1", "loadstart(0,0,false)", "2", "3", "progress(4,0,false)",
				"error: fetchtest", "4", "error(0,0,false)", "loadend(0,0,false)"},
		}, {
			name:   "open refuses",
			source: "wpt: xhr/open-method-insecure.htm and xhr/open-url-bogus.htm",
			script: `
				const x = new XMLHttpRequest();
				for (const args of [["TRACE", "/"], ["track", "/"], ["A B", "/"], ["GET", "http://:"], ["GET", "/", false], ["GET", "/", undefined]]) {
					try { x.open(...args); log("no error") } catch (e) { log(e.name, e instanceof DOMException) }
				}
				try { x.open("GET") } catch (e) { log(e.name) }
				log(x.readyState);`,
			want: []string{"SecurityError true", "SecurityError true", "SyntaxError true", "SyntaxError true", "InvalidAccessError true",
				"InvalidAccessError true", "TypeError", "0"},
		}, {
			name:   "request headers",
			source: "wpt: xhr/setrequestheader-header-forbidden.htm and xhr/setrequestheader-combining.window.js",
			script: `
				const x = new XMLHttpRequest();
				try { x.setRequestHeader("a", "b") } catch (e) { log(e.name) }
				x.open("POST", "/request");
				for (const [name, value] of [["a b", "1"], ["a", "1\n2"]]) try { x.setRequestHeader(name, value) } catch (e) { log(e.name) }
				x.setRequestHeader("x-test", " 1"); x.setRequestHeader("X-Test", "2"); x.setRequestHeader("Referer", "http://x/");
				x.setRequestHeader("Content-Type", "text/x; charset=latin1;a=\"b c\"");
				x.send("body");
				try { x.setRequestHeader("a", "b") } catch (e) { log(e.name) }
				try { x.withCredentials = true } catch (e) { log(e.name) }
				x.onload = () => log(x.responseText);`,
			want: []string{"InvalidStateError", "SyntaxError", "SyntaxError", "InvalidStateError", "InvalidStateError",
				`POST text/x;charset=UTF-8;a="b c" x=1, 2 referer=https://app.example/dir/page body=body`},
		}, {
			name:   "a body with GET is ignored",
			source: "https://xhr.spec.whatwg.org/#the-send()-method",
			script: `const x = new XMLHttpRequest(); x.open("get", "/request"); x.send("body"); x.onload = () => log(x.responseText);`,
			want:   []string{"GET  x= referer=https://app.example/dir/page body="},
		}, {
			name:   "response headers",
			source: "wpt: xhr/getallresponseheaders.htm",
			script: `
				const x = new XMLHttpRequest(); x.open("GET", "/headers"); x.send();
				x.onload = () => {
					log(JSON.stringify(x.getAllResponseHeaders().split("\r\n").filter((l) => !/^(access|content|date)/.test(l))));
					log(x.getResponseHeader("BB"), x.getResponseHeader("no"), x.getResponseHeader("set-cookie"));
				};`,
			want: []string{`["a: 1, 2","bb: 1, 2","b_c: 1, 2",""]`, "1, 2 null null"},
		}, {
			name:   "across origins",
			source: "https://xhr.spec.whatwg.org/#the-withcredentials-attribute",
			script: `
				const x = new XMLHttpRequest(); x.open("GET", "https://api.example/redirect?to=/text%23frag"); x.withCredentials = true; x.send();
				x.onload = () => log(x.status, x.responseURL, x.responseText, JSON.stringify(x.getAllResponseHeaders()));`,
			want: []string{`200 https://api.example/text hello "content-length: 5\r\ncontent-type: text/plain;charset=utf-8\r\n"`},
		}, {
			name:   "withCredentials",
			source: "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
			script: `
				const send = (credentials) => new Promise((resolve) => {
					const x = new XMLHttpRequest(); x.open("GET", "https://api.example/star");
					x.withCredentials = credentials; x.send();
					x.onloadend = () => resolve(log(credentials, x.status));
				});
				send(false).then(() => send(true));`,
			want: []string{"false 200", "error: fetch: GET https://api.example/star from https://app.example: wildcard-with-credentials",
				"true 0"},
		}, {
			name:   "response types",
			source: "https://xhr.spec.whatwg.org/#the-response-attribute",
			script: `
				const get = (url, type) => new Promise((resolve) => {
					const x = new XMLHttpRequest(); x.open("GET", url); x.responseType = type; x.send(); x.onload = () => resolve(x);
				});
				(async () => {
					log((await get("/text", "")).response, (await get("/text", "text")).response);
					const json = await get("/json", "json");
					log(json.response, json.response === json.response, (await get("/text", "json")).response, (await get("/empty", "json")).response);
					const buffer = (await get("/text", "arraybuffer")).response;
					log(buffer instanceof ArrayBuffer, buffer.byteLength);
					try { json.responseText } catch (e) { log(e.name) }
					try { json.responseType = "text" } catch (e) { log(e.name) }
					const x = new XMLHttpRequest(); x.responseType = "nonsense"; log("[" + x.responseType + "]", x.responseXML);
				})();`,
			want: []string{"hello hello", `{"a":[1]} true null null`, "true 5", "InvalidStateError", "InvalidStateError", "[] null"},
		}, {
			name:   "encodings",
			source: "wpt: xhr/responsetext-decoding.htm and xhr/overridemimetype-headers-received-state-force-shiftjis.htm",
			script: `
				const code = (s) => [...s].map((c) => c.codePointAt(0).toString(16));
				const get = (type, body, override) => new Promise((resolve) => {
					const x = new XMLHttpRequest(); x.open("GET", "/bytes?type=" + encodeURIComponent(type) + "&body=" + body);
					if (override) x.overrideMimeType(override);
					x.send(); x.onload = () => resolve(code(x.responseText));
				});
				(async () => {
					log(await get("text/plain;charset=windows-1252", "%E4"), await get("text/plain", "%E4"), await get("text/plain", "%C3%A4"));
					log(await get("text/plain;charset=windows-1252", "%EF%BB%BF%C3%A4"), await get("text/plain;charset=x", "%E4%E4"));
					log(await get("text/plain", "%83%65", "text/plain;charset=shift_jis"), await get("text/plain;charset=windows-1252", "%E4", "no"));
				})();`,
			want: []string{`["e4"] ["fffd"] ["e4"]`, `["e4"] ["fffd","fffd"]`, `["30c6"] ["e4"]`},
		}, {
			name:   "as a class",
			source: "https://xhr.spec.whatwg.org/#interface-xmlhttprequest",
			script: `
				const x = new XMLHttpRequest();
				log(XMLHttpRequest.DONE, x.OPENED, x instanceof XMLHttpRequestEventTarget, x.upload instanceof EventTarget, x.upload === x.upload);
				log(x.timeout, x.withCredentials, x.readyState, "[" + x.response + "]", x.onload);
				x.mine = 1; log(x.mine);`,
			want: []string{"4 1 true true true", "0 false 0 [] null", "1"},
		}, {
			name:   "a URL with credentials fails",
			source: "Deviation in xhr.open",
			script: `const x = new XMLHttpRequest(); x.open("GET", "/text", true, "user", "secret"); x.send(); x.onerror = () => log("error");`,
			want:   []string{"error: fetch: GET https://app.example/text from https://app.example: invalid-request", "error"},
		},
	})
}

// TestXHRPreflights checks that a listener on the upload makes a preflight
// necessary, which closed.example does not answer as it would have to.
//
// See https://xhr.spec.whatwg.org/#the-upload-attribute.
func TestXHRPreflights(t *testing.T) {
	run(t, []scriptTest{
		{
			name:   "upload listener",
			source: "wpt: xhr/event-upload-progress-crossorigin.any.js",
			script: `
				const send = (listen) => new Promise((resolve) => {
					const x = new XMLHttpRequest(); x.open("POST", "https://closed.example/text");
					if (listen) x.upload.onload = () => {};
					x.send("x"); x.onloadend = resolve;
				});
				send(false).then(() => send(true));`,
			want: []string{
				`error: fetch: POST https://closed.example/text from https://app.example: missing-allow-origin`,
				`error: fetch: POST https://closed.example/text from https://app.example: preflight: missing-allow-origin`,
			},
		},
	})
}
