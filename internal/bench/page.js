(async () => {
	for (;;) {
		const next = await fetch('/next');
		if (next.status !== 200) {
			return; // the browser is about to be ended
		}
		await fetch('/outcome', { method: 'POST', body: await outcome(await next.json()) });
	}
})();
