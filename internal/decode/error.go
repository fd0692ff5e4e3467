package decode

import "errors"

// An Error says that a body is not what its content coding promises.
type Error struct {
	// Coding is the content coding, in lowercase.
	Coding string
	// Err is the reason: [io.ErrUnexpectedEOF] for a stream that is cut off,
	// [compress/gzip.ErrHeader], [compress/gzip.ErrChecksum],
	// [compress/zlib.ErrChecksum], [compress/zlib.ErrDictionary], a
	// [compress/flate.CorruptInputError], or what the user's decoder says.
	Err error
}

// Error returns "content coding", the coding and the reason.
func (e *Error) Error() string { return "content coding " + e.Coding + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// ErrTooMany says that a body has more than [MaxCodings] content codings.
var ErrTooMany = errors.New("decode: too many content codings")

var (
	errNoReader = errors.New("the decoder returned neither a reader nor an error")
	errHollow   = errors.New("it expands without bound into what decodes to next to nothing")
)
