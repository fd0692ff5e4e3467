package preflightcache

import (
	"math/bits"
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// maxNameLen is the length of the longest method or header name that is kept.
// The names in use are half as long.
const maxNameLen = 128

// wildcard is the listed name that may stand for all others.
const wildcard = "*"

// A commonSet is a set of methods and header names from the table below: bit i
// stands for commonNames[i]. Most grants list no other names, and take one word.
// Which names the table has makes a difference to nothing but size and speed.
type commonSet uint64

// The sets that have a part in matching.
const (
	anyMethod     commonSet = 1 << 0
	anyHeader     commonSet = 1 << firstHeader
	authorization commonSet = 1 << (firstHeader + 1)
	allMethods    commonSet = 1<<firstHeader - 1
	allHeaders              = ^allMethods
)

// firstHeader is the index of the first header name in commonNames.
const firstHeader = 16

var commonNames = [64]string{
	wildcard, "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS",
	"QUERY", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "REPORT",

	wildcard, "authorization", "content-type", "accept",
	"accept-language", "content-language", "accept-encoding", "content-encoding",
	"content-length", "content-disposition", "content-range", "range",
	"origin", "referer", "user-agent", "cache-control",
	"pragma", "expires", "if-match", "if-none-match",
	"if-modified-since", "if-unmodified-since", "if-range", "last-modified",
	"dnt", "keep-alive", "location", "date",
	"priority", "depth", "idempotency-key", "traceparent",
	"tracestate", "baggage", "sentry-trace", "x-requested-with",
	"x-csrf-token", "x-xsrf-token", "x-api-key", "x-auth-token",
	"x-access-token", "x-request-id", "x-correlation-id", "x-http-method-override",
	"x-forwarded-for", "x-amz-date", "x-amz-security-token", "x-amz-user-agent",
}

// commonMethod returns the set of the given method, or the empty one if it is
// not in the table.
func commonMethod(name string) commonSet {
	switch name {
	case "PUT":
		return 1 << 4
	case "DELETE":
		return 1 << 5
	case "PATCH":
		return 1 << 6
	case wildcard:
		return anyMethod
	case "GET":
		return 1 << 1
	case "HEAD":
		return 1 << 2
	case "POST":
		return 1 << 3
	case "OPTIONS":
		return 1 << 7
	case "QUERY":
		return 1 << 8
	case "PROPFIND":
		return 1 << 9
	case "PROPPATCH":
		return 1 << 10
	case "MKCOL":
		return 1 << 11
	case "COPY":
		return 1 << 12
	case "MOVE":
		return 1 << 13
	case "LOCK":
		return 1 << 14
	case "REPORT":
		return 1 << 15
	}
	return 0
}

// commonHeader returns the set of the given header name, in whatever case, or
// the empty one if it is not in the table. Names in lowercase are found faster.
func commonHeader(name string) commonSet {
	if s := lowerHeader(name); s != 0 || !hasUpper(name) {
		return s
	}
	for i, n := range commonNames[firstHeader:] {
		if asciix.EqualFold(n, name) {
			return anyHeader << i
		}
	}
	return 0
}

// lowerHeader is commonHeader for a name without uppercase letters.
func lowerHeader(name string) commonSet {
	switch name {
	case wildcard:
		return anyHeader
	case "authorization":
		return authorization
	case "content-type":
		return 1 << 18
	case "accept":
		return 1 << 19
	case "accept-language":
		return 1 << 20
	case "content-language":
		return 1 << 21
	case "accept-encoding":
		return 1 << 22
	case "content-encoding":
		return 1 << 23
	case "content-length":
		return 1 << 24
	case "content-disposition":
		return 1 << 25
	case "content-range":
		return 1 << 26
	case "range":
		return 1 << 27
	case "origin":
		return 1 << 28
	case "referer":
		return 1 << 29
	case "user-agent":
		return 1 << 30
	case "cache-control":
		return 1 << 31
	case "pragma":
		return 1 << 32
	case "expires":
		return 1 << 33
	case "if-match":
		return 1 << 34
	case "if-none-match":
		return 1 << 35
	case "if-modified-since":
		return 1 << 36
	case "if-unmodified-since":
		return 1 << 37
	case "if-range":
		return 1 << 38
	case "last-modified":
		return 1 << 39
	case "dnt":
		return 1 << 40
	case "keep-alive":
		return 1 << 41
	case "location":
		return 1 << 42
	case "date":
		return 1 << 43
	case "priority":
		return 1 << 44
	case "depth":
		return 1 << 45
	case "idempotency-key":
		return 1 << 46
	case "traceparent":
		return 1 << 47
	case "tracestate":
		return 1 << 48
	case "baggage":
		return 1 << 49
	case "sentry-trace":
		return 1 << 50
	case "x-requested-with":
		return 1 << 51
	case "x-csrf-token":
		return 1 << 52
	case "x-xsrf-token":
		return 1 << 53
	case "x-api-key":
		return 1 << 54
	case "x-auth-token":
		return 1 << 55
	case "x-access-token":
		return 1 << 56
	case "x-request-id":
		return 1 << 57
	case "x-correlation-id":
		return 1 << 58
	case "x-http-method-override":
		return 1 << 59
	case "x-forwarded-for":
		return 1 << 60
	case "x-amz-date":
		return 1 << 61
	case "x-amz-security-token":
		return 1 << 62
	case "x-amz-user-agent":
		return 1 << 63
	}
	return 0
}

// hasUpper reports whether s has one of A to Z.
func hasUpper(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

// appendTo appends an entry like e for each name of s to l.
func (s commonSet) appendTo(l entries, e entry) entries {
	for ; s != 0; s &= s - 1 {
		i := bits.TrailingZeros64(uint64(s))
		e.name, e.header = commonNames[i], i >= firstHeader
		l = append(l, e)
	}
	return l
}

// rareNames are the names that the table does not have, one after the other in
// the order of storing. Each is preceded by a byte that says how long it is and
// whether it is a header name, which is in lowercase.
type rareNames string

const rareHeader = 1 << 7 // else a method; the other bits are the length - 1

// appendRare appends a name to what is to be rareNames. Precondition: its length is
// in 1 to maxNameLen.
func appendRare(b *strings.Builder, header bool, name string) {
	lead := byte(len(name) - 1)
	if header {
		lead |= rareHeader
	}
	b.WriteByte(lead)
	b.WriteString(name)
}

// cut returns the first name of s, and the names after it. Precondition: s is not
// empty.
func (s rareNames) cut() (header bool, name string, rest rareNames) {
	n := 1 + int(s[0]&^rareHeader) + 1
	return s[0]&rareHeader != 0, string(s[1:n]), s[n:]
}

// contains reports whether s has the given name. Methods are case-sensitive,
// header names are not.
func (s rareNames) contains(header bool, name string) bool {
	if name == "" || len(name) > maxNameLen {
		return false
	}
	lead := byte(len(name) - 1)
	fold := false
	if header {
		lead |= rareHeader
		fold = hasUpper(name)
	}
	for len(s) != 0 {
		n := 1 + int(s[0]&^rareHeader) + 1
		if s[0] == lead {
			switch own := string(s[1:n]); {
			case own == name, fold && asciix.EqualFold(own, name):
				return true
			}
		}
		s = s[n:]
	}
	return false
}

// cutPrefix returns what follows the given name in s, and reports whether s
// begins with it.
func (s rareNames) cutPrefix(header bool, name string) (rest rareNames, ok bool) {
	if len(s) == 0 {
		return s, false
	}
	h, own, rest := s.cut()
	if h != header || own != name && !(header && asciix.EqualFold(own, name)) {
		return s, false
	}
	return rest, true
}

// appendTo appends an entry like e for each name of s to l.
func (s rareNames) appendTo(l entries, e entry) entries {
	for len(s) != 0 {
		e.header, e.name, s = s.cut()
		l = append(l, e)
	}
	return l
}
