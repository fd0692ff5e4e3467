// What a page can do, and what it cannot.

const show = async (title, f) => {
	console.log("\n" + title);
	try {
		await f();
	} catch (e) {
		console.log(`the page sees ${e}`);
	}
};

const brief = (r) => `type ${r.type}, status ${r.status}, url ${r.url || "(hidden)"}`;

const api = "https://api.example";
const internal = "https://internal.example";

const demo = async () => {
	await show("Same origin: everything but cookies", async () => {
		const r = await fetch("/hello");
		console.log(brief(r), "headers", [...r.headers.keys()]);
		console.log(await r.text());
	});

	await show("Another origin that allows it: the headers that it exposes", async () => {
		const r = await fetch(api + "/items");
		console.log(brief(r), "headers", [...r.headers.keys()]);
		console.log(await r.json());
	});

	await show("Another origin that does not: the reason is for the developer", async () => {
		await fetch(internal + "/secret");
	});

	await show("No such server: looks the same to the page", async () => {
		await fetch("https://nowhere.example/");
	});

	await show("A preflight, once", async () => {
		for (const name of ["x", "y"]) {
			const r = await fetch(api + "/items", {
				method: "PUT",
				headers: { "Content-Type": "application/json", "X-Request-ID": "1" },
				body: JSON.stringify({ name }),
			});
			console.log(brief(r), await r.text());
		}
	});

	await show("A method that the preflight does not grant", async () => {
		await fetch(api + "/items", { method: "DELETE" });
	});

	await show("no-cors: sent, but opaque", async () => {
		const r = await fetch(internal + "/secret", { mode: "no-cors" });
		console.log(brief(r), "body", await r.text() || "(hidden)");
	});

	await show("A redirect that is not followed is opaque, too", async () => {
		const r = await fetch("/moved", { redirect: "manual" });
		console.log(brief(r), "location", r.headers.get("location"));
	});

	await show("A redirect that is followed", async () => {
		const r = await fetch("/moved");
		console.log(brief(r), "redirected", r.redirected);
	});

	await show("Aborted", async () => {
		const controller = new AbortController();
		setTimeout(() => controller.abort(), 10);
		await fetch("/slow", { signal: controller.signal });
	});

	await show("Read as far as wanted: the server's endless answer ends with it", async () => {
		const r = await fetch(api + "/endless");
		const reader = r.body.getReader();
		let length = 0;
		while (length < 100_000) {
			const { value } = await reader.read();
			length += value.length;
		}
		await reader.cancel();
		console.log("enough after 100 kB");
	});

	await show("What a script must not ask for", async () => {
		new Request("/", { mode: "navigate" });
	});

	await show("XMLHttpRequest, with a listener for the upload: a preflight", () => new Promise((resolve) => {
		const xhr = new XMLHttpRequest();
		const log = (e) => console.log(e.target === xhr.upload ? "upload" : `state ${xhr.readyState}`, e.type,
			e instanceof ProgressEvent ? `${e.loaded}/${e.total}` : "");
		for (const type of ["readystatechange", "loadstart", "progress", "load"]) {
			xhr.addEventListener(type, log);
			xhr.upload.addEventListener(type, log);
		}
		xhr.onloadend = () => {
			console.log(xhr.status, xhr.responseText);
			resolve();
		};
		xhr.open("POST", api + "/echo");
		xhr.withCredentials = true;
		xhr.send("hello");
	}));
};

demo();
