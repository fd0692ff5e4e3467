// Package interop tests the engine together with what its users put around it: the
// CORS middleware of servers, nginx, and the libraries that send requests through a
// RoundTripper, above the engine and below it, in the right order and in the wrong
// one. README.md lists the versions and what was found.
//
// It is a module of its own, so that the engine does not depend on any of them.
package interop
