package fetch

import (
	"strconv"
	"strings"
)

// maxAcceptLanguage is the length up to which Accept-Language is safelisted.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
const maxAcceptLanguage = 128

// acceptLanguage returns the value of Accept-Language for languages in order of
// preference, or "" for none. Each is a tenth less welcome than the one before,
// the later ones equally. What does not fit into a safelisted value is left out: a
// preflight for it would be none of the page's doing.
//
// See https://fetch.spec.whatwg.org/#fetching.
func acceptLanguage(languages []string) string {
	if len(languages) == 0 {
		return ""
	}
	var b strings.Builder
	for i, language := range languages {
		if i > 0 {
			language = "," + language + ";q=0." + strconv.Itoa(max(10-i, 1))
		}
		if b.Len()+len(language) > maxAcceptLanguage {
			break
		}
		b.WriteString(language)
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
