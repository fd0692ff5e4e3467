package fetch

import (
	"strconv"
	"strings"
)

// acceptLanguage returns the value of Accept-Language for languages in order of
// preference, or "" for none. Each is a tenth less welcome than the one before,
// the later ones equally.
//
// See https://fetch.spec.whatwg.org/#fetching.
func acceptLanguage(languages []string) string {
	if len(languages) == 0 {
		return ""
	}
	var b strings.Builder
	for i, language := range languages {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(language)
		if i > 0 {
			b.WriteString(";q=0.")
			b.WriteString(strconv.Itoa(max(10-i, 1)))
		}
	}
	return b.String()
}

// isLanguage reports whether s has the form of a language tag: letters, digits
// and hyphens.
func isLanguage(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (c < 'a' || 'z' < c) && (s[i] < '0' || '9' < s[i]) && s[i] != '-' {
			return false
		}
	}
	return s != ""
}
