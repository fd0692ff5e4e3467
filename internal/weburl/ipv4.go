package weburl

import (
	"strconv"
	"strings"
)

// endsInNumber reports whether domain is one that has to be an IPv4 address,
// because its last label is a number. Precondition: domain is not empty.
//
// See https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(domain string) bool {
	last := strings.TrimSuffix(domain, ".")
	start := len(last)
	for start > 0 && last[start-1] != '.' {
		start--
		if c := last[start]; !isHexDigit(c) && c != 'x' && c != 'X' {
			return false // as is known of most domains from a letter or two
		}
	}
	last = last[start:]
	if last == "" || !isDigit(last[0]) {
		return false
	}
	if digits(last, 10) {
		return true
	}
	_, ok := parseIPv4Number(last)
	return ok
}

// parseIPv4 parses an ASCII string that ends in a number.
//
// See https://url.spec.whatwg.org/#concept-ipv4-parser.
func parseIPv4(s string) (uint32, failure) {
	s = strings.TrimSuffix(s, ".")
	if strings.Count(s, ".") > 3 {
		return 0, ipv4TooManyParts
	}
	var numbers [4]uint64
	n := 0
	for part := range strings.SplitSeq(s, ".") {
		v, ok := parseIPv4Number(part)
		if !ok {
			return 0, ipv4NonNumeric
		}
		numbers[n] = v
		n++
	}
	// The last number fills the bytes that the others leave.
	last := numbers[n-1]
	if last >= 1<<(8*(5-n)) {
		return 0, ipv4OutOfRange
	}
	addr := uint32(last)
	for i, v := range numbers[:n-1] {
		if v > 255 {
			return 0, ipv4OutOfRange
		}
		addr |= uint32(v) << (8 * (3 - i))
	}
	return addr, ""
}

// parseIPv4Number parses a decimal number, one in octal digits that starts with
// "0", or one in hexadecimal digits that starts with "0x". Numbers that do not
// fit are returned as 1<<32, which is out of range everywhere.
//
// See https://url.spec.whatwg.org/#ipv4-number-parser.
func parseIPv4Number(s string) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	base := 10
	if len(s) >= 2 && s[0] == '0' {
		if s[1]|0x20 == 'x' {
			s, base = s[2:], 16
		} else {
			s, base = s[1:], 8
		}
		if s == "" { // "0x" is a number
			return 0, true
		}
	}
	if !digits(s, base) {
		return 0, false
	}
	v, err := strconv.ParseUint(s, base, 32)
	if err != nil {
		v = 1 << 32
	}
	return v, true
}

// digits reports whether s consists of digits to base 8, 10 or 16.
func digits(s string, base int) bool {
	for i := range len(s) {
		if !isHexDigit(s[i]) || int(hexValue(s[i])) >= base {
			return false
		}
	}
	return true
}

// appendIPv4 appends addr in dotted decimal form.
//
// See https://url.spec.whatwg.org/#concept-ipv4-serializer.
func appendIPv4(b []byte, addr uint32) []byte {
	for shift := 24; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(addr>>shift&0xFF), 10)
		if shift > 0 {
			b = append(b, '.')
		}
	}
	return b
}
