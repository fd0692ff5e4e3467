package weburl

import (
	"strings"
	"unicode/utf8"
)

// A class is a set of bytes, out of those that the standard gives a name.
type class uint8

const (
	c0Set class = 1 << iota
	fragmentSet
	querySet
	specialQuerySet
	pathSet
	userinfoSet
	forbiddenHost
	forbiddenDomain
)

// classes tells the classes of each byte. Bytes from 0x80 are in all
// percent-encode sets: they only occur as parts of a code point beyond ASCII.
//
// See https://url.spec.whatwg.org/#percent-encoded-bytes and
// https://url.spec.whatwg.org/#host-miscellaneous.
var classes = func() (t [256]class) {
	add := func(bytes string, c class) {
		for i := range len(bytes) {
			t[bytes[i]] |= c
		}
	}
	for b := range t {
		if b < 0x20 || b > 0x7E {
			t[b] = c0Set | fragmentSet | querySet | specialQuerySet | pathSet | userinfoSet
		}
		if b < 0x20 || b == 0x7F {
			t[b] |= forbiddenDomain
		}
	}
	add(" \"<>`", fragmentSet)
	add(" \"#<>", querySet|specialQuerySet|pathSet|userinfoSet)
	add("'", specialQuerySet)
	add("?^`{}", pathSet|userinfoSet)
	add("/:;=@[\\]|", userinfoSet)
	add("\x00\t\n\r #/:<>?@[\\]^|", forbiddenHost|forbiddenDomain)
	add("%", forbiddenDomain)
	return t
}()

// containsAny reports whether s contains a byte of class c.
func containsAny(s string, c class) bool {
	for i := range len(s) {
		if classes[s[i]]&c != 0 {
			return true
		}
	}
	return false
}

const upperHex = "0123456789ABCDEF"

// appendEncoded appends s to b with the bytes of set percent-encoded.
//
// See https://url.spec.whatwg.org/#string-utf-8-percent-encode.
func appendEncoded(b []byte, s string, set class) []byte {
	start := 0
	for i := range len(s) {
		if classes[s[i]]&set != 0 {
			b = append(b, s[start:i]...)
			b = append(b, '%', upperHex[s[i]>>4], upperHex[s[i]&0xF])
			start = i + 1
		}
	}
	return append(b, s[start:]...)
}

// percentDecode returns s with its percent-encoded bytes decoded: s itself if it
// has none. A "%" without two hex digits stands for itself.
//
// See https://url.spec.whatwg.org/#percent-decode.
func percentDecode(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	b := make([]byte, i, len(s))
	copy(b, s)
	for ; i < len(s); i++ {
		if isEncodedByte(s[i:]) {
			b = append(b, hexValue(s[i+1])<<4|hexValue(s[i+2]))
			i += 2
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// isEncodedByte reports whether s starts with a percent-encoded byte.
func isEncodedByte(s string) bool {
	return len(s) > 2 && s[0] == '%' && isHexDigit(s[1]) && isHexDigit(s[2])
}

// decodeUTF8 returns s with each invalid sequence replaced by U+FFFD, where the
// sequences are those of UTF-8 decode: s itself if it is valid UTF-8. Ranging
// over s would see one U+FFFD for each byte.
//
// See https://encoding.spec.whatwg.org/#utf-8-decoder.
func decodeUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	b := make([]byte, 0, len(s)+8)
	for len(s) > 0 {
		if r, n := utf8.DecodeRuneInString(s); r != utf8.RuneError || n > 1 {
			b, s = append(b, s[:n]...), s[n:]
			continue
		}
		b, s = append(b, "\uFFFD"...), s[invalidLen(s):]
	}
	return string(b)
}

// invalidLen returns the length of the invalid sequence that s starts with: the
// longest prefix of a valid sequence, but at least one byte.
func invalidLen(s string) int {
	need, lo, hi := 0, byte(0x80), byte(0xBF)
	switch c := s[0]; {
	case 0xC2 <= c && c <= 0xDF:
		need = 1
	case 0xE0 <= c && c <= 0xEF:
		need = 2
	case 0xF0 <= c && c <= 0xF4:
		need = 3
	}
	switch s[0] {
	case 0xE0:
		lo = 0xA0
	case 0xED:
		hi = 0x9F
	case 0xF0:
		lo = 0x90
	case 0xF4:
		hi = 0x8F
	}
	n := 1
	for n <= need && n < len(s) && lo <= s[n] && s[n] <= hi {
		lo, hi = 0x80, 0xBF
		n++
	}
	return n
}

func isAlpha(c byte) bool    { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// hexValue returns the value of a hex digit.
func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
