package main

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/corsengine/corsengine/fetch"
)

// printable returns s with everything escaped that is not plain text, so that a
// server cannot write to the terminal.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !strconv.IsPrint(r) {
			quoted := strconv.Quote(s[i : i+size])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

var (
	userinfo = regexp.MustCompile(`([/\\]{2})[^/\\?#\s"'<>]*@`)
	anything = regexp.MustCompile(`([/\\]{2})\S*@`)
)

// redact returns text without the usernames and passwords of the URLs in it.
func redact(text string) string { return userinfo.ReplaceAllString(text, "${1}...@") }

// redactBroadly is redact for text in which URLs may be malformed, so that
// nobody knows where the userinfo ends.
func redactBroadly(text string) string { return anything.ReplaceAllString(text, "${1}...@") }

// urlForDisplay returns u without userinfo and fragment.
func urlForDisplay(u *url.URL) string {
	shown := *u
	shown.User, shown.Fragment, shown.RawFragment = nil, "", ""
	return shown.String()
}

// valueForDisplay returns the value of a header of an exchange with rawURL.
func valueForDisplay(rawURL, name, value string) string {
	if name != "Location" {
		return redact(value)
	}
	// Browsers find userinfo where no pattern would look for it.
	base, err := fetch.ParseURL(nil, rawURL)
	if err != nil {
		return redactBroadly(value)
	}
	u, err := fetch.ParseURL(base, value)
	switch {
	case err != nil:
		return redactBroadly(value)
	case u.User == nil:
		return value
	}
	u.User = url.User("...")
	return u.String()
}

// headerLines returns the lines of h, sorted by name.
func headerLines(rawURL string, h http.Header) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			lines = append(lines, name+": "+valueForDisplay(rawURL, name, value))
		}
	}
	return lines
}

// headerForDisplay returns h with lowercase names and values fit to be shown.
func headerForDisplay(rawURL string, h http.Header) map[string][]string {
	shown := make(map[string][]string, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		key := strings.ToLower(name)
		for _, value := range h[name] {
			shown[key] = append(shown[key], valueForDisplay(rawURL, name, value))
		}
	}
	return shown
}
