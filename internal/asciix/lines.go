package asciix

import "slices"

// Lines returns the values that h, which is usually a [net/http.Header], has
// for name, spelled in any letter case; name may be in any letter case too. The
// result is empty if h has none. It may share memory with h and must not be
// modified.
//
// [net/http.Header.Values] sees canonical keys only, but a map made by hand can
// hold others, and net/http sends these as they are. Only a look at every key
// can tell whether there are any, so looking up the canonical key first would
// save nothing; comparing lengths first makes the look cheap. If several
// spellings are present, their values come in the order of the sorted keys. In
// this case Lines allocates; otherwise it does not.
func Lines(h map[string][]string, name string) []string {
	var lines []string
	found := 0
	for key, values := range h {
		if len(key) == len(name) && EqualFold(key, name) {
			lines = values
			found++
		}
	}
	if found <= 1 {
		return lines
	}
	keys := make([]string, 0, found)
	for key := range h {
		if EqualFold(key, name) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	lines = nil // a fresh slice: appending to values would write to h
	for _, key := range keys {
		lines = append(lines, h[key]...)
	}
	return lines
}
