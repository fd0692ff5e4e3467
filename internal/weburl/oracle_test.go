package weburl

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// This file holds a second parser, one code point at a time like the standard's,
// slow and without any sharing with the first but for IDNA. The names are the
// standard's.

var errOracle = errors.New("failure")

type record struct {
	scheme, username, password string
	host                       *string
	port                       *int
	opaque                     bool
	opaquePath                 string
	path                       []string
	query, fragment            *string
}

func (u *record) isSpecial() bool {
	return slices.Contains([]string{"ftp", "file", "http", "https", "ws", "wss"}, u.scheme)
}

func (u *record) shorten() {
	if u.scheme == "file" && len(u.path) == 1 && oracleDrive.MatchString(u.path[0]) && u.path[0][1] == ':' {
		return
	}
	if len(u.path) > 0 {
		u.path = u.path[:len(u.path)-1]
	}
}

func (u *record) pathString() string {
	if u.opaque {
		return u.opaquePath
	}
	out := ""
	if len(u.path) > 0 {
		out = "/" + strings.Join(u.path, "/")
	}
	return out
}

func (u *record) String() string {
	out := u.scheme + ":"
	if u.host != nil {
		out += "//"
		if u.username != "" || u.password != "" {
			out += u.username
			if u.password != "" {
				out += ":" + u.password
			}
			out += "@"
		}
		out += *u.host
		if u.port != nil {
			out += fmt.Sprintf(":%d", *u.port)
		}
	}
	if u.host == nil && !u.opaque && len(u.path) > 1 && u.path[0] == "" {
		out += "/."
	}
	out += u.pathString()
	if u.query != nil {
		out += "?" + *u.query
	}
	if u.fragment != nil {
		out += "#" + *u.fragment
	}
	return out
}

var (
	oracleDrive     = regexp.MustCompile(`^[A-Za-z][:|]$`)
	oracleStartsWin = regexp.MustCompile(`^[A-Za-z][:|]($|[/\\?#])`)
	oracleSingleDot = regexp.MustCompile(`(?i)^(\.|%2e)$`)
	oracleDoubleDot = regexp.MustCompile(`(?i)^(\.|%2e){2}$`)
)

const (
	oracleFragmentSet     = " \"<>`"
	oracleQuerySet        = " \"#<>"
	oracleSpecialQuerySet = oracleQuerySet + "'"
	oraclePathSet         = oracleQuerySet + "?^`{}"
	oracleUserinfoSet     = oraclePathSet + "/:;=@[\\]|"
)

func oracleEncode(s, set string) string {
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7E || strings.IndexByte(set, c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

const eof rune = -1

// oracleParse is the basic URL parser without state override.
func oracleParse(input string, base *record) (*record, error) {
	input = strings.TrimFunc(string(oracleDecode(input)), func(r rune) bool { return r <= ' ' })
	input = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(input)
	in := []rune(input)
	at := func(i int) rune {
		if i < len(in) {
			return in[i]
		}
		return eof
	}
	rest := func(i int) string { return string(in[min(i, len(in)):]) }

	url := new(record)
	state, buffer := "scheme start", ""
	atSignSeen, insideBrackets, passwordTokenSeen := false, false, false
	empty := func() *string { return new(string) }
	defaultPorts := map[string]int{"ftp": 21, "http": 80, "https": 443, "ws": 80, "wss": 443}

	for pointer := 0; ; pointer++ {
		c := at(pointer)
		special := url.isSpecial()
		alpha := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		ends := c == eof || c == '/' || c == '?' || c == '#' || special && c == '\\'
		backslash := special && c == '\\'
		switch state {
		case "scheme start":
			if alpha {
				buffer += strings.ToLower(string(c))
				state = "scheme"
			} else {
				state = "no scheme"
				pointer--
			}
		case "scheme":
			switch {
			case alpha || digit || c == '+' || c == '-' || c == '.':
				buffer += strings.ToLower(string(c))
			case c == ':':
				url.scheme, buffer = buffer, ""
				switch {
				case url.scheme == "file":
					state = "file"
				case url.isSpecial() && base != nil && base.scheme == url.scheme:
					state = "special relative or authority"
				case url.isSpecial():
					state = "special authority slashes"
				case strings.HasPrefix(rest(pointer+1), "/"):
					state = "path or authority"
					pointer++
				default:
					url.opaque = true
					state = "opaque path"
				}
			default:
				buffer, state, pointer = "", "no scheme", -1
				continue
			}
		case "no scheme":
			switch {
			case base == nil || base.opaque && c != '#':
				return nil, errOracle
			case base.opaque:
				url.scheme, url.opaque, url.opaquePath = base.scheme, true, base.opaquePath
				url.query, url.fragment = base.query, empty()
				state = "fragment"
			case base.scheme != "file":
				state = "relative"
				pointer--
			default:
				state = "file"
				pointer--
			}
		case "special relative or authority":
			if c == '/' && strings.HasPrefix(rest(pointer+1), "/") {
				state = "special authority ignore slashes"
				pointer++
			} else {
				state = "relative"
				pointer--
			}
		case "path or authority":
			if c == '/' {
				state = "authority"
			} else {
				state = "path"
				pointer--
			}
		case "relative":
			url.scheme = base.scheme
			switch {
			case c == '/' || url.isSpecial() && c == '\\':
				state = "relative slash"
			default:
				url.username, url.password, url.host, url.port = base.username, base.password, base.host, base.port
				url.path, url.query = slices.Clone(base.path), base.query
				switch c {
				case '?':
					url.query, state = empty(), "query"
				case '#':
					url.fragment, state = empty(), "fragment"
				case eof:
				default:
					url.query = nil
					url.shorten()
					state = "path"
					pointer--
				}
			}
		case "relative slash":
			switch {
			case special && (c == '/' || c == '\\'):
				state = "special authority ignore slashes"
			case c == '/':
				state = "authority"
			default:
				url.username, url.password, url.host, url.port = base.username, base.password, base.host, base.port
				state = "path"
				pointer--
			}
		case "special authority slashes":
			state = "special authority ignore slashes"
			if c == '/' && strings.HasPrefix(rest(pointer+1), "/") {
				pointer++
			} else {
				pointer--
			}
		case "special authority ignore slashes":
			if c != '/' && c != '\\' {
				state = "authority"
				pointer--
			}
		case "authority":
			switch {
			case c == '@':
				if atSignSeen {
					buffer = "%40" + buffer
				}
				atSignSeen = true
				for _, r := range buffer {
					if r == ':' && !passwordTokenSeen {
						passwordTokenSeen = true
						continue
					}
					e := oracleEncode(string(r), oracleUserinfoSet)
					if passwordTokenSeen {
						url.password += e
					} else {
						url.username += e
					}
				}
				buffer = ""
			case ends:
				if atSignSeen && buffer == "" {
					return nil, errOracle
				}
				pointer -= utf8.RuneCountInString(buffer) + 1
				buffer, state = "", "host"
			default:
				buffer += string(c)
			}
		case "host":
			switch {
			case c == ':' && !insideBrackets:
				if buffer == "" {
					return nil, errOracle
				}
				host, err := oracleHost(buffer, special)
				if err != nil {
					return nil, err
				}
				url.host, buffer, state = &host, "", "port"
			case ends:
				pointer--
				if special && buffer == "" {
					return nil, errOracle
				}
				host, err := oracleHost(buffer, special)
				if err != nil {
					return nil, err
				}
				url.host, buffer, state = &host, "", "path start"
			default:
				if c == '[' {
					insideBrackets = true
				}
				if c == ']' {
					insideBrackets = false
				}
				buffer += string(c)
			}
		case "port":
			switch {
			case digit:
				buffer += string(c)
			case ends:
				if buffer != "" {
					port, _ := new(big.Int).SetString(buffer, 10)
					if port.Cmp(big.NewInt(65535)) > 0 {
						return nil, errOracle
					}
					n := int(port.Int64())
					url.port = &n
					if d, ok := defaultPorts[url.scheme]; ok && d == n {
						url.port = nil
					}
					buffer = ""
				}
				state = "path start"
				pointer--
			default:
				return nil, errOracle
			}
		case "file":
			url.scheme = "file"
			url.host = empty()
			switch {
			case c == '/' || c == '\\':
				state = "file slash"
			case base != nil && base.scheme == "file":
				url.host, url.path, url.query = base.host, slices.Clone(base.path), base.query
				switch c {
				case '?':
					url.query, state = empty(), "query"
				case '#':
					url.fragment, state = empty(), "fragment"
				case eof:
				default:
					url.query = nil
					if !oracleStartsWin.MatchString(rest(pointer)) {
						url.shorten()
					} else {
						url.path = nil
					}
					state = "path"
					pointer--
				}
			default:
				state = "path"
				pointer--
			}
		case "file slash":
			if c == '/' || c == '\\' {
				state = "file host"
				break
			}
			if base != nil && base.scheme == "file" {
				url.host = base.host
				if !oracleStartsWin.MatchString(rest(pointer)) && oracleDrive.MatchString(base.path[0]) && base.path[0][1] == ':' {
					url.path = append(url.path, base.path[0])
				}
			}
			state = "path"
			pointer--
		case "file host":
			if c != eof && c != '/' && c != '\\' && c != '?' && c != '#' {
				buffer += string(c)
				break
			}
			pointer--
			switch {
			case oracleDrive.MatchString(buffer):
				state = "path"
			case buffer == "":
				url.host, state = empty(), "path start"
			default:
				host, err := oracleHost(buffer, special)
				if err != nil {
					return nil, err
				}
				if host == "localhost" {
					host = ""
				}
				url.host, buffer, state = &host, "", "path start"
			}
		case "path start":
			switch {
			case special:
				state = "path"
				if c != '/' && c != '\\' {
					pointer--
				}
			case c == '?':
				url.query, state = empty(), "query"
			case c == '#':
				url.fragment, state = empty(), "fragment"
			case c != eof:
				state = "path"
				if c != '/' {
					pointer--
				}
			}
		case "path":
			if !ends {
				buffer += oracleEncode(string(c), oraclePathSet)
				break
			}
			slash := c == '/' || backslash
			switch {
			case oracleDoubleDot.MatchString(buffer):
				url.shorten()
				if !slash {
					url.path = append(url.path, "")
				}
			case oracleSingleDot.MatchString(buffer):
				if !slash {
					url.path = append(url.path, "")
				}
			default:
				if url.scheme == "file" && len(url.path) == 0 && oracleDrive.MatchString(buffer) {
					buffer = buffer[:1] + ":"
				}
				url.path = append(url.path, buffer)
			}
			buffer = ""
			switch c {
			case '?':
				url.query, state = empty(), "query"
			case '#':
				url.fragment, state = empty(), "fragment"
			}
		case "opaque path":
			switch {
			case c == '?':
				url.query, state = empty(), "query"
			case c == '#':
				url.fragment, state = empty(), "fragment"
			case c == ' ' && (at(pointer+1) == '?' || at(pointer+1) == '#'):
				url.opaquePath += "%20"
			case c != eof:
				url.opaquePath += oracleEncode(string(c), "")
			}
		case "query":
			switch c {
			case '#', eof:
				set := oracleQuerySet
				if special {
					set = oracleSpecialQuerySet
				}
				*url.query += oracleEncode(buffer, set)
				buffer = ""
				if c == '#' {
					url.fragment, state = empty(), "fragment"
				}
			default:
				buffer += string(c)
			}
		case "fragment":
			if c != eof {
				*url.fragment += oracleEncode(string(c), oracleFragmentSet)
			}
		}
		// The pointer may have gone back since c was read.
		if pointer >= len(in) {
			return url, nil
		}
	}
}

// oracleDecode is UTF-8 decode: a state machine over bytes.
func oracleDecode(s string) (out []rune) {
	var cp rune
	needed, seen, lower, upper := 0, 0, byte(0x80), byte(0xBF)
	for i := 0; i < len(s); i++ {
		b := s[i]
		if needed == 0 {
			switch {
			case b <= 0x7F:
				out = append(out, rune(b))
			case 0xC2 <= b && b <= 0xDF:
				needed, cp = 1, rune(b&0x1F)
			case 0xE0 <= b && b <= 0xEF:
				if b == 0xE0 {
					lower = 0xA0
				}
				if b == 0xED {
					upper = 0x9F
				}
				needed, cp = 2, rune(b&0xF)
			case 0xF0 <= b && b <= 0xF4:
				if b == 0xF0 {
					lower = 0x90
				}
				if b == 0xF4 {
					upper = 0x8F
				}
				needed, cp = 3, rune(b&7)
			default:
				out = append(out, 0xFFFD)
			}
			continue
		}
		if b < lower || b > upper {
			cp, needed, seen, lower, upper = 0, 0, 0, 0x80, 0xBF
			out = append(out, 0xFFFD)
			i--
			continue
		}
		lower, upper = 0x80, 0xBF
		cp = cp<<6 | rune(b&0x3F)
		if seen++; seen == needed {
			out = append(out, cp)
			cp, needed, seen = 0, 0, 0
		}
	}
	if needed != 0 {
		out = append(out, 0xFFFD)
	}
	return out
}

// oracleHost is the host parser and serializer, with netip for IPv6 and math/big
// for IPv4.
func oracleHost(input string, special bool) (string, error) {
	if strings.HasPrefix(input, "[") {
		if !strings.HasSuffix(input, "]") {
			return "", errOracle
		}
		return oracleIPv6(strings.TrimSuffix(input[1:], "]"))
	}
	const forbidden = "\x00\t\n\r #/:<>?@[\\]^|"
	if !special {
		if strings.ContainsAny(input, forbidden) {
			return "", errOracle
		}
		return oracleEncode(input, ""), nil
	}
	domain := string(oracleDecode(oraclePercentDecode(input)))
	ascii := strings.IndexFunc(domain, func(r rune) bool { return r > 0x7F }) < 0
	if ascii {
		domain = strings.ToLower(domain)
	} else {
		if len(domain) > maxUnicodeDomain {
			return "", errOracle
		}
		var err error
		if domain, err = toASCII.ToASCII(strings.ReplaceAll(domain, "ẞ", "ß")); err != nil {
			return "", err
		}
	}
	if domain == "" || strings.ContainsAny(domain, forbidden+"%\x7f") ||
		strings.IndexFunc(domain, func(r rune) bool { return r < 0x20 }) >= 0 {
		return "", errOracle
	}
	parts := strings.Split(domain, ".")
	if parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 0 || !regexp.MustCompile(`^([0-9]+|0x[0-9a-f]*)$`).MatchString(parts[len(parts)-1]) {
		return domain, nil
	}
	return oracleIPv4(parts)
}

func oraclePercentDecode(s string) string {
	return regexp.MustCompile(`%[0-9A-Fa-f]{2}`).ReplaceAllStringFunc(s, func(e string) string {
		var b byte
		fmt.Sscanf(e, "%%%02x", &b)
		return string([]byte{b})
	})
}

func oracleIPv4(parts []string) (string, error) {
	if len(parts) > 4 {
		return "", errOracle
	}
	sum := new(big.Int)
	for i, p := range parts {
		digits, base := p, 10
		switch {
		case strings.HasPrefix(p, "0x"):
			digits, base = "0"+p[2:], 16
		case len(p) > 1 && p[0] == '0':
			digits, base = p[1:], 8
		}
		if !regexp.MustCompile(`^[0-9a-f]+$`).MatchString(digits) {
			return "", errOracle
		}
		n, ok := new(big.Int).SetString(digits, base)
		if !ok {
			return "", errOracle
		}
		bytes := 1
		if i == len(parts)-1 {
			bytes = 4 - i
		}
		if n.BitLen() > 8*bytes {
			return "", errOracle
		}
		if bytes == 1 && i < len(parts)-1 || len(parts) == 4 {
			n.Lsh(n, uint(8*(3-i)))
		}
		sum.Add(sum, n)
	}
	b := sum.FillBytes(make([]byte, 4))
	return fmt.Sprintf("%d.%d.%d.%d", b[0], b[1], b[2], b[3]), nil
}

func oracleIPv6(s string) (string, error) {
	addr, err := netip.ParseAddr(s)
	if err != nil || !addr.Is6() || addr.Zone() != "" {
		return "", errOracle
	}
	b := addr.As16()
	var pieces []string
	for i := 0; i < 16; i += 2 {
		pieces = append(pieces, fmt.Sprintf("%x", uint(b[i])<<8|uint(b[i+1])))
	}
	text := ":" + strings.Join(pieces, ":") + ":"
	for n := 8; n >= 2; n-- {
		zeros := ":" + strings.Repeat("0:", n)
		if strings.Contains(text, zeros) {
			text = strings.Replace(text, zeros, "::", 1)
			break
		}
	}
	if !strings.HasPrefix(text, "::") {
		text = text[1:]
	}
	if !strings.HasSuffix(text, "::") {
		text = text[:len(text)-1]
	}
	return "[" + text + "]", nil
}
