const { createInterface } = require('node:readline');

(async () => {
	for await (const line of createInterface({ input: process.stdin })) {
		process.stdout.write(await outcome(JSON.parse(line)) + '\n');
	}
	process.exit(0); // without waiting for idle connections
})();
