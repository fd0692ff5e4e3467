package header

import (
	"math"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The functions in this file are slow and follow the text of the standards step
// by step: code points, position variables and all. The fuzz targets compare
// the package with them.

// An input is a string with a position variable.
type input struct {
	s   []rune
	pos int
}

// isomorphicDecode maps each byte of b to one code point.
func isomorphicDecode(b string) []rune {
	s := make([]rune, len(b))
	for i := range s {
		s[i] = rune(b[i])
	}
	return s
}

// isomorphicEncode is the inverse of isomorphicDecode.
func isomorphicEncode(s []rune) string {
	b := make([]byte, len(s))
	for i, c := range s {
		b[i] = byte(c)
	}
	return string(b)
}

func (in *input) pastEnd() bool { return in.pos >= len(in.s) }

// at reports whether the code point at the position is c.
func (in *input) at(c rune) bool { return !in.pastEnd() && in.s[in.pos] == c }

// collect collects a sequence of code points that meet cond.
func (in *input) collect(cond func(rune) bool) []rune {
	var result []rune
	for !in.pastEnd() && cond(in.s[in.pos]) {
		result = append(result, in.s[in.pos])
		in.pos++
	}
	return result
}

func (in *input) collectHTTPQuotedString(extractValue bool) []rune {
	positionStart := in.pos
	var value []rune
	in.pos++
	for {
		value = append(value, in.collect(func(c rune) bool { return c != '"' && c != '\\' })...)
		if in.pastEnd() {
			break
		}
		quoteOrBackslash := in.s[in.pos]
		in.pos++
		if quoteOrBackslash == '\\' {
			if in.pastEnd() {
				value = append(value, '\\')
				break
			}
			value = append(value, in.s[in.pos])
			in.pos++
		} else {
			break
		}
	}
	if extractValue {
		return value
	}
	return in.s[positionStart:in.pos]
}

func isHTTPTabOrSpace(c rune) bool { return c == '\t' || c == ' ' }
func isHTTPWhitespace(c rune) bool { return c == '\n' || c == '\r' || isHTTPTabOrSpace(c) }
func isASCIIDigit(c rune) bool     { return '0' <= c && c <= '9' }
func isHTTPTokenCP(c rune) bool    { return tokenCP.MatchString(string(c)) }
func isQuotedStringTokCP(c rune) bool {
	return c == '\t' || ' ' <= c && c <= '~' || 0x80 <= c && c <= 0xFF
}

var tokenCP = regexp.MustCompile("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]$")

func trimFunc(s []rune, left, right bool, cond func(rune) bool) []rune {
	for left && len(s) > 0 && cond(s[0]) {
		s = s[1:]
	}
	for right && len(s) > 0 && cond(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func solely(s []rune, cond func(rune) bool) bool {
	return !slices.ContainsFunc(s, func(c rune) bool { return !cond(c) })
}

// slowSplit is "get, decode, and split" of a header value.
func slowSplit(value string) []string {
	in := &input{s: isomorphicDecode(value)}
	var values []string
	var temporaryValue []rune
	for {
		temporaryValue = append(temporaryValue, in.collect(func(c rune) bool { return c != '"' && c != ',' })...)
		if in.at('"') {
			temporaryValue = append(temporaryValue, in.collectHTTPQuotedString(false)...)
			if !in.pastEnd() {
				continue
			}
		}
		temporaryValue = trimFunc(temporaryValue, true, true, isHTTPTabOrSpace)
		values = append(values, isomorphicEncode(temporaryValue))
		temporaryValue = nil
		if in.pastEnd() {
			return values
		}
		if !in.at(',') {
			panic("assertion of the standard")
		}
		in.pos++
	}
}

// slowParseMIME is "parse a MIME type from bytes"; nil is failure.
func slowParseMIME(s string) *MIME {
	in := &input{s: trimFunc(isomorphicDecode(s), true, true, isHTTPWhitespace)}
	typ := in.collect(func(c rune) bool { return c != '/' })
	if len(typ) == 0 || !solely(typ, isHTTPTokenCP) {
		return nil
	}
	if in.pastEnd() {
		return nil
	}
	in.pos++
	subtype := in.collect(func(c rune) bool { return c != ';' })
	subtype = trimFunc(subtype, false, true, isHTTPWhitespace)
	if len(subtype) == 0 || !solely(subtype, isHTTPTokenCP) {
		return nil
	}
	m := &MIME{Type: slowLower(isomorphicEncode(typ)), Subtype: slowLower(isomorphicEncode(subtype))}
	for !in.pastEnd() {
		in.pos++
		in.collect(isHTTPWhitespace)
		parameterName := in.collect(func(c rune) bool { return c != ';' && c != '=' })
		if !in.pastEnd() {
			if in.at(';') {
				continue
			}
			in.pos++
		}
		if in.pastEnd() {
			break
		}
		var parameterValue []rune
		if in.at('"') {
			parameterValue = in.collectHTTPQuotedString(true)
			in.collect(func(c rune) bool { return c != ';' })
		} else {
			parameterValue = in.collect(func(c rune) bool { return c != ';' })
			parameterValue = trimFunc(parameterValue, false, true, isHTTPWhitespace)
			if len(parameterValue) == 0 {
				continue
			}
		}
		name := slowLower(isomorphicEncode(parameterName))
		if name != "" && solely(parameterName, isHTTPTokenCP) && solely(parameterValue, isQuotedStringTokCP) &&
			!slices.ContainsFunc(m.Params, func(p Param) bool { return p.Name == name }) {
			m.Params = append(m.Params, Param{name, isomorphicEncode(parameterValue)})
		}
	}
	return m
}

// slowSerialize is "serialize a MIME type to bytes".
func slowSerialize(m MIME) string {
	s := m.Type + "/" + m.Subtype
	for _, p := range m.Params {
		value := p.Value
		if value == "" || !solely(isomorphicDecode(value), isHTTPTokenCP) {
			value = `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(value) + `"`
		}
		s += ";" + p.Name + "=" + value
	}
	return s
}

// slowExtract is "extract a MIME type" from the values of Content-Type; nil is
// failure.
func slowExtract(lines []string) *MIME {
	if len(lines) == 0 {
		return nil
	}
	var charset, essence *string
	var mimeType *MIME
	for _, value := range slowSplit(strings.Join(lines, ", ")) {
		temporaryMIMEType := slowParseMIME(value)
		if temporaryMIMEType == nil || temporaryMIMEType.Essence() == "*/*" {
			continue
		}
		mimeType = temporaryMIMEType
		var own *string
		for _, p := range mimeType.Params {
			if p.Name == "charset" {
				own = &p.Value
			}
		}
		if essence == nil || mimeType.Essence() != *essence {
			charset = own
			e := mimeType.Essence()
			essence = &e
		} else if own == nil && charset != nil {
			mimeType.Params = append(mimeType.Params, Param{"charset", *charset})
		}
	}
	return mimeType
}

// slowSingleRange is "parse a single range header value". A bound that is null
// is nil.
func slowSingleRange(value string, allowWhitespace bool) (start, end *big.Int, ok bool) {
	in := &input{s: isomorphicDecode(value)}
	if !strings.HasPrefix(value, "bytes") {
		return nil, nil, false
	}
	in.pos = 5
	space := func() {
		if allowWhitespace {
			in.collect(isHTTPTabOrSpace)
		}
	}
	number := func() *big.Int {
		digits := in.collect(isASCIIDigit)
		if len(digits) == 0 {
			return nil
		}
		n, _ := new(big.Int).SetString(string(digits), 10)
		return n
	}
	space()
	if !in.at('=') {
		return nil, nil, false
	}
	in.pos++
	space()
	start = number()
	space()
	if !in.at('-') {
		return nil, nil, false
	}
	in.pos++
	space()
	end = number()
	if !in.pastEnd() {
		return nil, nil, false
	}
	if start == nil && end == nil {
		return nil, nil, false
	}
	if start != nil && end != nil && start.Cmp(end) > 0 {
		return nil, nil, false
	}
	return start, end, true
}

// clampBig returns what [SingleRange] reports for n.
func clampBig(n *big.Int) int64 {
	switch {
	case n == nil:
		return -1
	case !n.IsInt64():
		return math.MaxInt64
	}
	return n.Int64()
}

// listRE is #token as recipients have to accept it, with optional white space
// at both ends.
var listRE = func() *regexp.Regexp {
	const ows, token = `[ \t]*`, "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
	return regexp.MustCompile(`^` + ows + `(` + token + `)?(` + ows + `,` + ows + `(` + token + `)?)*` + ows + `$`)
}()

// slowValues is "extract header list values" from present lines of #token.
func slowValues(lines []string) (values []string, ok bool) {
	for _, line := range lines {
		if !listRE.MatchString(line) {
			return nil, false
		}
		for v := range strings.SplitSeq(line, ",") {
			if v = strings.Trim(v, " \t"); v != "" {
				values = append(values, v)
			}
		}
	}
	return values, true
}

// slowLower is "ASCII lowercase".
func slowLower(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 0x20
		}
		return c
	}, s)
}

var (
	unsafeByteRE = regexp.MustCompile(`[\x00-\x08\x0A-\x1F"():<>?@\[\\\]{}\x7F]`)
	languageRE   = regexp.MustCompile(`^[0-9A-Za-z *,\-.;=]*$`)
)

// slowSafelisted is "CORS-safelisted request-header".
func slowSafelisted(name, value string) bool {
	if len(value) > 128 {
		return false
	}
	// The expressions match code points, and are meant to match bytes.
	decoded := string(isomorphicDecode(value))
	switch slowLower(name) {
	case "accept":
		return !unsafeByteRE.MatchString(decoded)
	case "accept-language", "content-language":
		return languageRE.MatchString(decoded)
	case "content-type":
		if unsafeByteRE.MatchString(decoded) {
			return false
		}
		mimeType := slowParseMIME(value)
		if mimeType == nil {
			return false
		}
		essence := mimeType.Essence()
		return essence == "application/x-www-form-urlencoded" || essence == "multipart/form-data" || essence == "text/plain"
	case "range":
		start, _, ok := slowSingleRange(value, false)
		return ok && start != nil
	}
	return false
}

// slowUnsafeNames is "CORS-unsafe request-header names". The order in which it
// sees the headers has no influence.
func slowUnsafeNames(h http.Header) []string {
	var unsafeNames, potentiallyUnsafeNames []string
	safelistValueSize := 0
	for name, values := range h {
		for _, value := range values {
			if !slowSafelisted(name, value) {
				unsafeNames = append(unsafeNames, name)
			} else {
				potentiallyUnsafeNames = append(potentiallyUnsafeNames, name)
				safelistValueSize += len(value)
			}
		}
	}
	if safelistValueSize > 1024 {
		unsafeNames = append(unsafeNames, potentiallyUnsafeNames...)
	}
	var set []string
	for _, name := range unsafeNames {
		if lowered := slowLower(name); !slices.Contains(set, lowered) {
			set = append(set, lowered)
		}
	}
	slices.Sort(set)
	return set
}
