package valkeycache

import "errors"

// Errors that the methods of a [Cache] wrap, besides those of the network, of
// the context and of the server's own replies.
var (
	// ErrClosed means that the Cache has been closed.
	ErrClosed = errors.New("cache is closed")

	// ErrUnavailable means that the server was not asked because it has failed
	// to answer lately; see [Options.Cooldown].
	ErrUnavailable = errors.New("server has failed lately and is not asked for now")

	// ErrValue means that what the server has under a key is not a value that
	// this package has written there. It is a miss. The next Store or Clear
	// for the key replaces or removes it.
	ErrValue = errors.New("value is damaged or not from this cache")

	// ErrUncertain means that the fate of an earlier Store for the same key is
	// not known yet, for which reason another one is not attempted. It
	// lasts for as long as the earlier one might still be carried out, about
	// two timeouts.
	ErrUncertain = errors.New("an earlier store may still be carried out")
)

// An Error says which operation failed. The methods of a [Cache] return no other
// type of error.
type Error struct {
	Op  string // "covers", "store" or "clear"
	Err error
}

// Error implements the error interface.
func (e *Error) Error() string { return "valkeycache: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }
