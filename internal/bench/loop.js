// run makes the requests of a load and returns the milliseconds that they took.
async function run(load) {
	const init = load.method === 'GET' ? {} :
		{ method: load.method, headers: { 'Content-Type': 'application/json' }, body: load.body };
	let left = load.n;
	async function worker() {
		while (left-- > 0) {
			const response = await fetch(load.url, init);
			const answer = await response.arrayBuffer();
			if (response.status !== 200 || answer.byteLength !== load.length) {
				throw new Error(`status ${response.status} and ${answer.byteLength} bytes`);
			}
		}
	}
	const start = performance.now();
	await Promise.all(Array.from({ length: load.inFlight }, worker));
	return performance.now() - start;
}

// outcome is run for those who want JSON.
async function outcome(load) {
	try {
		return JSON.stringify({ milliseconds: await run(load) });
	} catch (e) {
		return JSON.stringify({ error: String(e?.cause ?? e) });
	}
}
