// Package header implements the header-level vocabulary of the Fetch standard
// on top of [net/http.Header]: safelists, forbidden names, header-list values,
// MIME types, single ranges and nosniff.
package header
