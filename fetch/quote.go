package fetch

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/corsengine/corsengine/internal/asciix"
)

// maxQuoted is how much of a value from outside an error message shows.
const maxQuoted = 200

// clip cuts s for an error message.
func clip(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return s[:maxQuoted] + "…"
}

// quote returns s cut and in quotes, with control characters escaped.
func quote(s string) string {
	if len(s) <= maxQuoted {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:maxQuoted]) + "…"
}

// oneLine returns s cut, and escaped if there are control characters in it.
func oneLine(s string) string {
	s = clip(s)
	if strings.ContainsFunc(s, unicode.IsControl) {
		s = strconv.Quote(s)
		s = s[1 : len(s)-1]
	}
	return s
}

func quoteUnlessToken(s string) string {
	if asciix.IsToken(s) {
		return clip(s)
	}
	return quote(s)
}
