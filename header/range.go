package header

import "strings"

// SingleRange parses "bytes=a-b", "bytes=a-" or "bytes=-b". A missing bound is
// -1. Tabs and spaces around "=" and after the first number and "-" are accepted
// only if allowSpace; elsewhere they never are. If value is anything else, or a
// is greater than b, SingleRange returns (0, 0, false).
//
// Numbers of any length are compared exactly. One above [math.MaxInt64] is then
// reported as math.MaxInt64: no resource in Go is longer, so the two select the
// same bytes. SingleRange does not allocate.
//
// See https://fetch.spec.whatwg.org/#simple-range-header-value.
func SingleRange(value string, allowSpace bool) (start, end int64, ok bool) {
	skip := func(s string) string {
		if allowSpace {
			return strings.TrimLeft(s, "\t ")
		}
		return s
	}
	rest, ok := strings.CutPrefix(value, "bytes")
	if !ok {
		return 0, 0, false
	}
	if rest, ok = strings.CutPrefix(skip(rest), "="); !ok {
		return 0, 0, false
	}
	first, rest := cutDigits(skip(rest))
	if rest, ok = strings.CutPrefix(skip(rest), "-"); !ok {
		return 0, 0, false
	}
	last, rest := cutDigits(skip(rest))
	if rest != "" || first == "" && last == "" {
		return 0, 0, false
	}
	if first != "" && last != "" && compareDecimal(first, last) > 0 {
		return 0, 0, false
	}
	start, end = -1, -1
	if first != "" {
		start = clampDecimal(first)
	}
	if last != "" {
		end = clampDecimal(last)
	}
	return start, end, true
}

// cutDigits cuts the ASCII digits off the start of s.
func cutDigits(s string) (digits, rest string) {
	n := countDigits(s)
	return s[:n], s[n:]
}

// compareDecimal compares the numbers that a and b stand for, of any length.
//
// Precondition: a and b are ASCII digits.
func compareDecimal(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
