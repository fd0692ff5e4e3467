// Package embed shows how a browser written in Go puts package fetch under its
// scripts: fetch, Headers, Request, Response, XMLHttpRequest, AbortController and
// timers for the JavaScript engine goja, with an event loop.
//
// It is a pattern to copy rather than a library to import. Each concern has a
// file of its own, and the files know of each other in this direction:
//
//	loop, timer            the event loop: one goroutine runs all scripts
//	page                   what belongs to one page; Run and Close
//	webidl, convert        classes and conversions as Web IDL has them
//	exception, promise     DOMException; errors that nobody caught
//	console, event, abort  what the rest of the web takes for granted
//	exchange               one fetch of the engine's, off the loop
//	stream, reader, body   bodies, read as far as the page reads them
//	headers, request,
//	response, fetch        the classes of the Fetch Standard
//	xhr, xhrsend,
//	xhrresponse            XMLHttpRequest
//
// # Who runs where
//
// A [Page] has one goroutine for scripts: that of [Page.Run]. Everything in this
// package is confined to it unless a comment says otherwise. Only an exchange
// works elsewhere: it calls [fetch.Client.Fetch], and reads from a body, on
// goroutines that end with the call, and posts what came of it to the loop.
//
// # What a page learns
//
// A fetch that fails rejects with the same TypeError whatever the reason was: no
// server, no CORS headers, a refused preflight. The reason is in the
// [fetch.NetworkError], and that goes to the console, which belongs to the
// developer and not to the page.
//
// # The JavaScript engine
//
// This package uses github.com/dop251/goja. Its fork github.com/grafana/sobek has
// the same API, so that changing the import paths is all it takes; it adds modules,
// which the scripts here are not, and trails in the language itself.
//
// A page can use all of the memory that it asks for, and is interrupted between
// instructions only: a regular expression that backtracks for minutes is one
// instruction.
//
// # What is left out
//
// Blob, FormData, URL, URLSearchParams, documents, ReadableStream objects made by
// scripts, byte streams with a reader's own buffer, pipes, synchronous
// XMLHttpRequest, capturing and bubbling events, service workers and fetchLater.
// A body is a string, an ArrayBuffer or a view of one.
package embed
