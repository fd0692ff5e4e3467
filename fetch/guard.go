package fetch

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
)

// acceptHeader validates the caller's header and applies the guard of the
// Headers object it would be: "request", or "request-no-cors". The header is
// used as it is if nothing in it has to change, which is the usual case.
//
// See https://fetch.spec.whatwg.org/#concept-headers-append.
func (f *state) acceptHeader() *NetworkError {
	f.author = f.req.Header
	if len(f.author) == 0 {
		return nil // sooner than by a walk through the empty map
	}
	clean := true
	for name, values := range f.author {
		if !isUsual(name) {
			if !header.ValidName(name) {
				return f.invalid(name, errors.New("invalid header name"))
			}
			clean = clean && isCanonical(name)
			f.conditional = f.conditional || len(name) > 3 && asciix.EqualFold(name[:3], "if-")
		}
		clean = clean && len(values) > 0
		f.lines += len(values)
		for _, v := range values {
			f.size += len(v)
			n := header.Normalize(v)
			if !header.ValidValue(n) {
				return f.invalid(name, errors.New("the header value has a NUL, CR or LF in it"))
			}
			clean = clean && n == v && !f.refused(name, v)
		}
	}
	if !clean || f.params.Mode == ModeNoCORS {
		f.sanitize()
	}
	return nil
}

// isUsual reports whether name is one that authors set most often: valid,
// canonical, and none that makes a request conditional.
func isUsual(name string) bool {
	switch name {
	case "Accept", "Authorization", "Content-Type":
		return true
	}
	return false
}

// isCanonical reports whether name, which is valid, is as http.CanonicalHeaderKey
// spells it.
func isCanonical(name string) bool {
	upper := true // the next letter has to be
	for i := 0; i < len(name); i++ {
		c := name[i]
		if upper && 'a' <= c && c <= 'z' || !upper && 'A' <= c && c <= 'Z' {
			return false
		}
		upper = c == '-'
	}
	return true
}

// sanitize makes author a header of its own: canonical names, normalized
// values, and nothing that the guard refuses.
func (f *state) sanitize() {
	names := make([]string, 0, len(f.author))
	for name := range f.author {
		names = append(names, name)
	}
	slices.Sort(names) // so that spellings of one name combine in a fixed order
	clean := make(http.Header, len(names))
	for _, name := range names {
		key := http.CanonicalHeaderKey(name)
		for _, v := range f.author[name] {
			v = header.Normalize(v)
			if f.refused(key, v) || f.params.Mode == ModeNoCORS && !f.isDefault(key) && !fitsNoCORS(clean, key, v) {
				f.dropped = appendUnique(f.dropped, asciix.Lower(key))
				continue
			}
			clean[key] = append(clean[key], v)
		}
	}
	f.author, f.owned = clean, true
}

// isDefault reports whether a header that the author seems to set counts as the
// environment's: the User-Agent of a request that reaches a [Transport].
func (f *state) isDefault(name string) bool { return f.transport && name == "User-Agent" }

// fitsNoCORS reports whether h may get another value for name under the guard
// "request-no-cors", which judges the combined value.
func fitsNoCORS(h http.Header, name, value string) bool {
	if before, ok := header.Get(h, name); ok {
		value = before + ", " + value
	}
	return header.SafelistedNoCORS(name, value)
}

// refused reports whether the guard "request" keeps a header of the caller's
// from the request.
func (f *state) refused(name, value string) bool {
	switch f.params.Mode {
	case ModeNavigate:
		if f.transport && asciix.EqualFold(name, "Cookie") {
			// An http.Client above put it there. It is the only jar unless the
			// engine has its own.
			return f.client.Jar != nil || !f.includeCredentials()
		}
	case ModeWebSocket:
		if isHandshakeName(name) {
			return false
		}
	}
	if f.transport && asciix.EqualFold(name, "Authorization") && f.fromUserinfo(value) {
		return true
	}
	return header.ForbiddenRequest(name, value)
}

// fromUserinfo reports whether an Authorization value is what an http.Client
// makes of the URL's userinfo, even an empty one. A browser sends it only if the
// server asks.
func (f *state) fromUserinfo(value string) bool {
	return f.req.URL.User != nil && value == basicAuthorization(f.req.URL.User)
}

// isHandshakeName reports whether name is a header of the WebSocket handshake,
// which the WebSocket library above the engine writes in place of the browser.
//
// See https://websockets.spec.whatwg.org/#concept-websocket-establish.
func isHandshakeName(name string) bool {
	switch asciix.Lower(name) {
	case "connection", "upgrade", "sec-websocket-key", "sec-websocket-version",
		"sec-websocket-protocol", "sec-websocket-extensions":
		return true
	}
	return false
}

// dropAuthor removes the author's headers whose names are drop, and returns
// their lowercase names.
func (f *state) dropAuthor(drop func(name string) bool) (removed []string) {
	for name := range f.author {
		if !drop(name) {
			continue
		}
		if !f.owned {
			f.author, f.owned = f.author.Clone(), true
			return f.dropAuthor(drop)
		}
		removed = append(removed, strings.ToLower(name))
		delete(f.author, name)
	}
	slices.Sort(removed)
	return removed
}

// without removes name from a list of names, in place.
func without(names []string, name string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return n == name })
}

func appendUnique(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
