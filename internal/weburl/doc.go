// Package weburl is the URL Standard for a client that has to know which server
// it talks to: what a browser makes of a URL string, of a Location value, and
// of a host, and how net/http has to be told so that it sends the same.
//
// The parser follows the basic URL parser without state override, for every
// scheme. Serialized URLs are ASCII and canonical: equal strings are equal URLs,
// and the host in the string is the host that is dialled.
//
// Package net/url follows other rules. It reads "http:\\host" as a path, refuses
// "http://host/%zz", and keeps "0x7f.1" and "EXAMPLE.com" as they are. A
// same-origin check on its result could compare one host and dial another.
//
// # Deviations
//
// Domains that are not ASCII are processed by golang.org/x/net/idna, whose
// tables may be of an older Unicode version than the standard's, and are limited
// in length; see [ParseHost].
//
// See https://url.spec.whatwg.org/.
package weburl
