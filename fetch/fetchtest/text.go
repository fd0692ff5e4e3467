package fetchtest

import (
	"strconv"
	"strings"
)

// maxShown is how much of a value from outside a message shows.
const maxShown = 200

// clip cuts s for a message, and escapes it if it has control characters.
func clip(s string) string {
	cut := ""
	if len(s) > maxShown {
		s, cut = s[:maxShown], "…"
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			q := strconv.Quote(s)
			s = q[1 : len(q)-1]
			break
		}
	}
	return s + cut
}

// maxListed is how many elements of a list a message shows.
const maxListed = 10

// enumerate lists words for a message, "none" if there are none.
func enumerate(words []string) string {
	switch {
	case len(words) == 0:
		return "none"
	case len(words) > maxListed:
		return strings.Join(words[:maxListed], ", ") + " and " + strconv.Itoa(len(words)-maxListed) + " more"
	}
	return strings.Join(words, ", ")
}
