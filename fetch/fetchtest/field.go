package fetchtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// A field is a header line. A slice of them needs much less memory than a map, and
// is what a network would carry.
type field struct{ name, value string }

// fields returns the lines of h under canonical names, in the order in which
// net/http writes those of one name. Trailers are left out.
func fields(h http.Header) []field {
	n, canonical := 0, true
	for _, values := range h {
		n += len(values)
	}
	out := make([]field, 0, n+3) // room for what a server or a client adds
	for name, values := range h {
		if len(values) == 0 || strings.HasPrefix(name, http.TrailerPrefix) {
			continue
		}
		canonical = canonical && http.CanonicalHeaderKey(name) == name
		for _, v := range values {
			out = append(out, field{name, strings.Trim(v, " \t")})
		}
	}
	if !canonical { // the order counts if two spellings meet
		slices.SortStableFunc(out, func(a, b field) int { return strings.Compare(a.name, b.name) })
		for i := range out {
			out[i].name = http.CanonicalHeaderKey(out[i].name)
		}
	}
	return out
}

// headerOf is the inverse of fields.
func headerOf(lines []field) http.Header {
	h := make(http.Header, len(lines))
	values := make([]string, len(lines)) // one array for all
	for i, l := range lines {
		values[i] = l.value
		if have := h[l.name]; have != nil {
			h[l.name] = append(have, l.value)
			continue
		}
		h[l.name] = values[i : i+1 : i+1]
	}
	return h
}

// value returns the first value of a name.
func value(lines []field, name string) (string, bool) {
	for _, l := range lines {
		if l.name == name {
			return l.value, true
		}
	}
	return "", false
}

// without removes the lines of a name.
func without(lines []field, name string) []field {
	return slices.DeleteFunc(lines, func(l field) bool { return l.name == name })
}

// sentFields returns the lines that a server gets with req: what net/http's client
// writes, as its server reads it.
func sentFields(req *http.Request) []field {
	lines := without(without(fields(req.Header), "Host"), "Content-Length")
	if _, ok := req.Header["User-Agent"]; !ok {
		lines = append(lines, field{"User-Agent", "Go-http-client/1.1"})
	}
	switch {
	case req.Body != nil && req.Body != http.NoBody:
		if req.ContentLength > 0 {
			lines = append(lines, field{"Content-Length", strconv.FormatInt(req.ContentLength, 10)})
		}
	case req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch:
		lines = append(lines, field{"Content-Length", "0"})
	}
	return lines
}

// writable returns an error if a line of a handler's cannot be written.
func writable(lines []field) error {
	for _, l := range lines {
		if !httpguts.ValidHeaderFieldName(l.name) {
			return fmt.Errorf("set a header with the invalid name %q, which is never sent", l.name)
		}
		if !httpguts.ValidHeaderFieldValue(l.value) {
			return fmt.Errorf("set %s to %q, which has a character that a header cannot have", l.name, clip(l.value))
		}
	}
	return nil
}
