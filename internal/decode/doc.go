// Package decode undoes the content codings of HTTP responses: gzip and deflate,
// and others by decoders that the user brings.
//
// [Codings] reads the Content-Encoding header, [Reader] wraps the body, and
// [AcceptEncoding] says what a request may offer. Bodies are decoded while they
// are read, in constant memory; how much to read is the reader's decision.
//
// # What is not decoded
//
// A body whose Content-Encoding is malformed, or names a coding that is not
// supported, is handed out as it came, which is what the standard asks for and
// Chromium does. Firefox undoes the codings it knows in such a list, and gives
// the page bytes that no server sent and no coding describes.
//
// # Strictness
//
// A stream that is cut off, has a wrong checksum, or is corrupt in another way
// is an error, as in the standard. Browsers let some of these pass: neither
// Chromium nor Firefox looks at the checksum of gzip, and Chromium takes the end
// of the body for the end of any stream. Here most of what comes before the
// fault can be read, all of it if the fault is in what follows the data, and then
// there is an error.
//
// Three things are not errors, since no browser makes them one. An empty body is
// empty under each coding. Bytes after the end of a stream are ignored; so are
// further members of a gzip stream. And deflate, which is the zlib format in
// HTTP, may come without the zlib header and checksum. (Browsers that find four
// bytes after such a stream take them for its checksum; here they are ignored.)
//
// Deviation: RFC 1952 lets a gzip stream have several members, all of which
// count. Chromium and Firefox read the first one only, and servers have to live
// with that.
//
// Deviation: The standard sets no bounds. A response with more than [MaxCodings]
// codings is an error, and so is one with several codings that makes the later
// decoders work without end for hardly any output, where a limit on the output
// cannot help the reader.
//
// Deviation: compress/gzip refuses headers with a file name or comment of more
// than 511 bytes.
//
// See https://fetch.spec.whatwg.org/#handle-content-codings and
// https://www.rfc-editor.org/rfc/rfc9110#section-8.4.
package decode
