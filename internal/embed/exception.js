// DOMException is in JavaScript so that it has what an Error of the engine has.
// See https://webidl.spec.whatwg.org/#idl-DOMException.
(() => {
	const codes = {
		NotFoundError: 8, NotSupportedError: 9, InvalidStateError: 11, SyntaxError: 12,
		InvalidAccessError: 15, SecurityError: 18, NetworkError: 19, AbortError: 20,
		TimeoutError: 23, DataCloneError: 25,
	};
	return class DOMException extends Error {
		#name;

		constructor(message = "", name = "Error") {
			super(message);
			this.#name = String(name);
		}

		get name() { return this.#name; }
		get code() { return codes[this.#name] ?? 0; }
		get [Symbol.toStringTag]() { return "DOMException"; }
	};
})()
