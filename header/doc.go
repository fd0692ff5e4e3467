// Package header implements the header-level vocabulary of the Fetch standard
// on top of [net/http.Header]: safelists, forbidden names, header-list values,
// MIME types, single ranges and nosniff.
//
// The standard decides by headers whether a request needs a preflight, which
// headers a script may set and see, and whether a response may run as a script.
// This package holds the questions it asks of them, as pure functions: no
// function here does I/O, keeps state, or modifies its arguments other than by
// appending to a slice that it was given. All of them are safe for concurrent
// use, as long as nobody modifies the header meanwhile.
//
// # Reading headers
//
// Three functions read a header that may have several field lines, and differ
// in what they make of them. [Get] combines them with ", " and leaves the rest
// to the caller. [Split] cuts the combined value at the commas that are not in
// quotes, and never fails. [Values] wants every line to be a list of tokens, and
// tells a malformed header from an absent one. [DeltaSeconds], [ExtractMIME] and
// [Nosniff] are for headers with rules of their own.
//
// None of them is [net/http.Header.Get], which shows only the first line: a
// response with two Access-Control-Allow-Origin lines must fail a CORS check,
// not pass it with the first one.
//
// # Writing headers
//
// An API for scripts refuses a header unless [ValidName] and, after [Normalize],
// [ValidValue] hold, and ignores one that is [ForbiddenRequest] or, in mode
// no-cors, not [SafelistedNoCORS]. What [UnsafeNames] returns for the headers
// of a cross-origin request in mode cors needs a preflight.
//
// # Names and values
//
// Names are compared ASCII case-insensitively: every function takes them in any
// letter case, and the predicates do not allocate whatever it is.
//
// Values are byte strings. The standard decodes bytes to code points from
// U+0000 to U+00FF and back, which Go does not need: a byte stands for its code
// point. Text from elsewhere that is UTF-8 is judged by its bytes.
//
// Field lines are taken as net/http delivers them, without white space at the
// ends.
//
// # Keys that are not canonical
//
// A header map made by hand can hold keys such as "content-type" that
// [net/http.Header.Values] does not find, and net/http sends them as they are
// all the same. Functions that take a header see each key in any spelling. If
// there are several spellings of one name, all values count, in the order of
// the sorted keys; a key without values counts as absent. This costs a look at
// the length of each key.
//
// # Design notes
//
// A map has lost the order between names. Nothing here depends on it: unsafe
// names are sorted, and the other questions are about one name.
//
// A null and an empty list are not the same in the standard, so [Values] gives a
// non-nil slice for a header that is present with no elements. When it returns
// nil, the values that the caller's slice held are still there.
//
// Numbers have no upper bound in the standard. [DeltaSeconds] and [SingleRange]
// report those beyond int64 as [math.MaxInt64]; whether a range is valid is
// decided on the exact numbers before. Since no cache keeps an entry, and no
// resource has bytes, beyond that, nobody can tell the difference.
//
// [SafelistedRequest] follows the list in the standard, which no longer has the
// client hints and Last-Event-ID, and compares the range unit byte by byte.
// Some browsers are laxer. [Blocked] covers the two checks of the standard by
// MIME type and nosniff, and not opaque response blocking.
//
// A peer controls much of what these functions read, so each of them takes time
// and memory linear in the size of its input, apart from the sorting in
// [UnsafeNames].
package header
