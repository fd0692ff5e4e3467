// Package asciix holds the ASCII operations that header names, methods and
// comma-separated lists need, without allocating and without Unicode: under
// Unicode case folding "K" (U+212A) would equal "k", and NEL would be a space.
package asciix

// Lower returns s with A to Z replaced by a to z: s itself if there are none.
//
// See https://infra.spec.whatwg.org/#ascii-lowercase.
func Lower(s string) string {
	for i := 0; i < len(s); i++ {
		if isUpper(s[i]) {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return string(b)
		}
	}
	return s
}

// LowerInto returns s in ASCII lowercase as a slice of buf, or nil if s is
// longer than buf, which no name in the standard's lists is.
func LowerInto(buf *[64]byte, s string) []byte {
	if len(s) > len(buf) {
		return nil
	}
	for i := 0; i < len(s); i++ {
		buf[i] = lower(s[i])
	}
	return buf[:len(s)]
}

// EqualFold reports whether a and b are an ASCII case-insensitive match.
//
// See https://infra.spec.whatwg.org/#ascii-case-insensitive.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// Trim returns s without leading and trailing HTTP tab or space bytes.
//
// See https://fetch.spec.whatwg.org/#http-tab-or-space.
func Trim(s string) string {
	for s != "" && isTabOrSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isTabOrSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// IsToken reports whether s is an HTTP token: the grammar of methods and of
// header names.
//
// See https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2.
func IsToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenByte[s[i]] {
			return false
		}
	}
	return s != ""
}

// NextToken scans the first element of list, whose grammar is #token, and
// returns it with what follows it. Empty elements are skipped, as recipients of
// a list have to. At the end of the list token is "" and ok is true; ok is
// false if what comes next is no token.
//
// See https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2.
func NextToken(list string) (token, rest string, ok bool) {
	i := 0
	for i < len(list) && (isTabOrSpace(list[i]) || list[i] == ',') {
		i++
	}
	start := i
	for i < len(list) && tokenByte[list[i]] {
		i++
	}
	end := i
	for i < len(list) && isTabOrSpace(list[i]) {
		i++
	}
	switch {
	case i == len(list):
		return list[start:end], "", true
	case list[i] != ',':
		return "", "", false
	}
	return list[start:end], list[i+1:], true
}

// NextValue returns the first of the comma-separated values of s without the
// tabs and spaces around it, what follows its comma, and whether there is one.
// If there is, another value follows, even if rest is empty.
//
// See https://fetch.spec.whatwg.org/#header-value-get-decode-and-split.
func NextValue(s string) (value, rest string, more bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			quoted = !quoted
		case '\\':
			if quoted {
				i++ // whatever it is, it does not end the string
			}
		case ',':
			if !quoted {
				return Trim(s[:i]), s[i+1:], true
			}
		}
	}
	return Trim(s), "", false
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func isTabOrSpace(c byte) bool { return c == ' ' || c == '\t' }

func lower(c byte) byte { return lowerByte[c] }

// lowerByte maps each byte to its lowercase. A look-up takes half the time of the
// comparisons, for each byte of every name.
var lowerByte = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if isUpper(t[i]) {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// tokenByte is the set of tchar.
var tokenByte = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()
