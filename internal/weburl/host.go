package weburl

import "strings"

// ParseHost parses and serializes a host, without port: that of a URL with a
// special scheme, which is a domain or an IP address, or that of another URL,
// which is opaque. The result is canonical: ParseHost(h) is h for each h that it
// returns. It allocates nothing if input is canonical ASCII. An error is of type
// [*Error].
//
// Deviation: Domains that are not ASCII and longer than 4096 bytes are refused,
// since the time for their conversion is quadratic.
//
// Deviation: golang.org/x/net/idna has the tables of the Unicode version that the
// Go release has. Before Go 1.27 that is version 15, by which some domains are
// refused that version 16 made valid, such as those with the capital letters
// U+04C0, U+10A0 to U+10C5 and U+2183, and those with U+180E, U+2064 or U+206A to
// U+206F, which are ignored now. TestUnicode16 has examples.
//
// See https://url.spec.whatwg.org/#host-parsing.
func ParseHost(input string, special bool) (string, error) {
	host, f := parseHost(decodeUTF8(input), special)
	if f != "" {
		return "", newError(input, f)
	}
	return host, nil
}

// parseHost is the host parser followed by the host serializer. The empty string
// is a host only if special is false.
func parseHost(input string, special bool) (string, failure) {
	switch {
	case strings.HasPrefix(input, "["):
		return parseIPv6Host(input)
	case special:
		return parseSpecialHost(input)
	}
	return parseOpaqueHost(input)
}

func parseIPv6Host(input string) (string, failure) {
	if !strings.HasSuffix(input, "]") {
		return "", ipv6Unclosed
	}
	addr, f := parseIPv6(input[1 : len(input)-1])
	if f != "" {
		return "", f
	}
	var buf [len("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]")]byte
	b := append(appendIPv6(append(buf[:0], '['), addr), ']')
	if string(b) == input {
		return input, ""
	}
	return string(b), ""
}

func parseSpecialHost(input string) (string, failure) {
	if input == "" {
		return "", hostMissing
	}
	domain, f := parseDomain(decodeUTF8(percentDecode(input)))
	if f != "" || !endsInNumber(domain) {
		return domain, f
	}
	addr, f := parseIPv4(domain)
	if f != "" {
		return "", f
	}
	var buf [len("255.255.255.255")]byte
	b := appendIPv4(buf[:0], addr)
	if string(b) == domain {
		return domain, ""
	}
	return string(b), ""
}

// parseOpaqueHost returns the host of a URL that is not special.
//
// See https://url.spec.whatwg.org/#concept-opaque-host-parser.
func parseOpaqueHost(input string) (string, failure) {
	if containsAny(input, forbiddenHost) {
		return "", hostInvalid
	}
	if !containsAny(input, c0Set) {
		return input, ""
	}
	return string(appendEncoded(nil, input, c0Set)), ""
}
