package weburl

import "strconv"

// parseIPv6 parses what stands between the brackets of a host. Zone identifiers
// are no part of it, on purpose.
//
// See https://url.spec.whatwg.org/#concept-ipv6-parser.
func parseIPv6(s string) (addr [8]uint16, f failure) {
	i, piece, compress := 0, 0, -1
	if len(s) > 0 && s[0] == ':' {
		if len(s) == 1 || s[1] != ':' {
			return addr, ipv6Compression
		}
		i, piece, compress = 2, 1, 1
	}
	for i < len(s) {
		if piece == 8 {
			return addr, ipv6TooMany
		}
		if s[i] == ':' {
			if compress >= 0 {
				return addr, ipv6TwoCompressed
			}
			i++
			piece++
			compress = piece
			continue
		}
		start, value := i, uint16(0)
		for i < len(s) && i < start+4 && isHexDigit(s[i]) {
			value = value<<4 | uint16(hexValue(s[i]))
			i++
		}
		switch {
		case i == len(s):
		case s[i] == '.':
			switch {
			case i == start:
				return addr, v4in6Invalid
			case piece > 6:
				return addr, v4in6TooMany
			}
			addr[piece], addr[piece+1], f = parseIPv4InIPv6(s[start:])
			if f != "" {
				return addr, f
			}
			i, piece = len(s), piece+2
			continue
		case s[i] != ':':
			return addr, ipv6Invalid
		default:
			i++
			if i == len(s) {
				return addr, ipv6Invalid
			}
		}
		addr[piece] = value
		piece++
	}
	if compress < 0 {
		if piece != 8 {
			return addr, ipv6TooFew
		}
		return addr, ""
	}
	// The pieces after the compression belong to the end.
	n := copy(addr[8-(piece-compress):], addr[compress:piece])
	clear(addr[compress : 8-n])
	return addr, ""
}

// parseIPv4InIPv6 parses the dotted decimal end of an IPv6 address into two
// pieces.
func parseIPv4InIPv6(s string) (hi, lo uint16, f failure) {
	var numbers [4]uint16
	i, seen := 0, 0
	for i < len(s) {
		if seen > 0 {
			if s[i] != '.' || seen == 4 {
				return 0, 0, v4in6Invalid
			}
			i++
		}
		start, value := i, uint16(0)
		for i < len(s) && isDigit(s[i]) {
			if i > start && value == 0 {
				return 0, 0, v4in6Invalid // leading zero
			}
			value = value*10 + uint16(s[i]-'0')
			if value > 255 {
				return 0, 0, v4in6OutOfRange
			}
			i++
		}
		if i == start {
			return 0, 0, v4in6Invalid
		}
		numbers[seen] = value
		seen++
	}
	if seen != 4 {
		return 0, 0, v4in6TooFew
	}
	return numbers[0]<<8 | numbers[1], numbers[2]<<8 | numbers[3], ""
}

// appendIPv6 appends addr in its canonical form, without brackets.
//
// See https://url.spec.whatwg.org/#concept-ipv6-serializer.
func appendIPv6(b []byte, addr [8]uint16) []byte {
	start, end := longestZeros(addr)
	for i := 0; i < 8; i++ {
		if i == start {
			b = append(b, "::"...)
			i = end - 1
			continue
		}
		if i > 0 && i != end {
			b = append(b, ':')
		}
		b = strconv.AppendUint(b, uint64(addr[i]), 16)
	}
	return b
}

// longestZeros returns the first of the longest runs of at least two zero
// pieces, or -1, -1.
//
// See https://url.spec.whatwg.org/#find-the-ipv6-address-compressed-piece-index.
func longestZeros(addr [8]uint16) (start, end int) {
	start, end = -1, -1
	size := 1
	for i := 0; i < 8; i++ {
		j := i
		for j < 8 && addr[j] == 0 {
			j++
		}
		if j-i > size {
			start, end, size = i, j, j-i
		}
		i = j
	}
	return start, end
}
