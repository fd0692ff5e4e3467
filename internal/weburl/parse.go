package weburl

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// Parse parses ref, against base unless that is nil or zero, as UTF-8. Invalid
// UTF-8 in ref counts as U+FFFD. An error is of type [*Error].
//
// If ref is the canonical form of an absolute http, https, ws or wss URL without
// userinfo, the result is a substring of it and nothing is allocated. The time
// is linear in the length of ref and base.
//
// See https://url.spec.whatwg.org/#concept-basic-url-parser.
func Parse(ref string, base *URL) (URL, error) {
	if u, ok := scan(ref); ok {
		return u, nil
	}
	return parse(ref, base)
}

// parse is Parse without the fast path.
func parse(ref string, base *URL) (URL, error) {
	if base != nil && base.IsZero() {
		base = nil
	}
	in := clean(ref)
	size := len(in) + len("//") + len("/")
	if base != nil {
		size += len(base.s)
	}
	p := parser{base: base, buf: make([]byte, 0, size)}
	if f := p.schemeStart(in); f != "" {
		return URL{}, newError(in, f)
	}
	if string(p.buf) == ref {
		p.url.s = ref
	} else {
		p.url.s = string(p.buf)
	}
	return p.url, nil
}

// clean returns ref without the code points that the parser ignores: controls and
// spaces at both ends, tabs and newlines everywhere.
func clean(ref string) string {
	for ref != "" && ref[0] <= ' ' {
		ref = ref[1:]
	}
	for ref != "" && ref[len(ref)-1] <= ' ' {
		ref = ref[:len(ref)-1]
	}
	if strings.ContainsAny(ref, "\t\n\r") {
		ref = strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' {
				return -1
			}
			return r
		}, decodeUTF8(ref))
	}
	return decodeUTF8(ref)
}

// A parser is the state of the basic URL parser between two of its states. Each
// method below is a state, or a group of them, and takes the input from the
// pointer on. The methods serialize the URL as they go, and call the next state.
type parser struct {
	base    *URL   // or nil
	buf     []byte // the URL, as far as it is serialized
	url     URL    // offsets into buf
	special bool
}

// schemeLen returns the length of the scheme at the start of in, or 0 if there is
// none. The byte after it is the colon.
func schemeLen(in string) int {
	if in == "" || !isAlpha(in[0]) {
		return 0
	}
	for i := 1; i < len(in); i++ {
		switch c := in[i]; {
		case c == ':':
			return i
		case !isAlpha(c) && !isDigit(c) && c != '+' && c != '-' && c != '.':
			return 0
		}
	}
	return 0
}

// schemeStart is the scheme start state and the scheme state.
//
// See https://url.spec.whatwg.org/#scheme-start-state.
func (p *parser) schemeStart(in string) failure {
	n := schemeLen(in)
	if n == 0 {
		return p.noScheme(in)
	}
	scheme, rest := asciix.Lower(in[:n]), in[n+1:]
	p.setScheme(scheme)
	switch {
	case scheme == "file":
		return p.file(rest)
	case p.special && p.base != nil && p.base.Scheme() == scheme && !strings.HasPrefix(rest, "//"):
		return p.relative(rest)
	case p.special:
		return p.ignoreSlashes(rest)
	case strings.HasPrefix(rest, "//"):
		return p.authority(rest[2:])
	}
	p.noHost()
	if strings.HasPrefix(rest, "/") {
		return p.path(rest[1:])
	}
	return p.opaquePath(rest)
}

func (p *parser) setScheme(scheme string) {
	p.buf = append(append(p.buf, scheme...), ':')
	p.url.schemeEnd = len(scheme)
	_, p.special = defaultPort(scheme)
}

// noScheme takes an input that has to be relative to the base URL.
//
// See https://url.spec.whatwg.org/#no-scheme-state.
func (p *parser) noScheme(in string) failure {
	if p.base == nil {
		return missingScheme
	}
	opaque := p.base.hasOpaquePath()
	if opaque && !strings.HasPrefix(in, "#") {
		return missingScheme
	}
	p.setScheme(p.base.Scheme())
	switch {
	case opaque:
		p.copyAuthority()
		p.copyPath()
		return p.copyQuery(in)
	case p.base.Scheme() == "file":
		return p.file(in)
	}
	return p.relative(in)
}

// relative is the relative state and the relative slash state.
//
// See https://url.spec.whatwg.org/#relative-state.
func (p *parser) relative(in string) failure {
	if in != "" && p.isSlash(in[0]) {
		in = in[1:]
		switch {
		case in != "" && p.isSlash(in[0]) && p.special:
			return p.ignoreSlashes(in)
		case in != "" && p.isSlash(in[0]):
			return p.authority(in[1:])
		}
		p.copyAuthority()
		return p.path(in)
	}
	p.copyAuthority()
	p.copyPath()
	switch {
	case in == "" || in[0] == '#':
		return p.copyQuery(in)
	case in[0] == '?':
		return p.query(in)
	}
	p.shorten()
	return p.path(in)
}

// ignoreSlashes is the special authority slashes state and the one after it. Any
// number of slashes and backslashes comes before the authority.
//
// See https://url.spec.whatwg.org/#special-authority-ignore-slashes-state.
func (p *parser) ignoreSlashes(in string) failure {
	return p.authority(strings.TrimLeft(in, `/\`))
}

// authority takes userinfo, host and port, up to where the path starts.
//
// See https://url.spec.whatwg.org/#authority-state.
func (p *parser) authority(in string) failure {
	end := p.indexDelimiter(in)
	host, rest := in[:end], in[end:]
	p.buf = append(p.buf, "//"...)
	p.url.userEnd = len(p.buf)
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		p.userinfo(host[:at])
		if host = host[at+1:]; host == "" {
			return hostMissing
		}
	}
	host, port, hasPort := cutPort(host)
	if host == "" && (hasPort || p.special) {
		return hostMissing
	}
	if f := p.host(host); f != "" {
		return f
	}
	if f := p.port(port); f != "" {
		return f
	}
	return p.pathStart(rest)
}

// userinfo appends the credentials, unless both are empty. An "@" in them is
// encoded, as is a ":" in the password.
func (p *parser) userinfo(in string) {
	name, password, _ := strings.Cut(in, ":")
	if name == "" && password == "" {
		return
	}
	p.buf = appendEncoded(p.buf, name, userinfoSet)
	p.url.userEnd = len(p.buf)
	if password != "" {
		p.buf = appendEncoded(append(p.buf, ':'), password, userinfoSet)
	}
	p.buf = append(p.buf, '@')
}

// cutPort cuts an authority at the first colon that is not in brackets.
//
// See https://url.spec.whatwg.org/#host-state.
func cutPort(in string) (host, port string, found bool) {
	brackets := false
	for i := range len(in) {
		switch in[i] {
		case '[':
			brackets = true
		case ']':
			brackets = false
		case ':':
			if !brackets {
				return in[:i], in[i+1:], true
			}
		}
	}
	return in, "", false
}

func (p *parser) host(in string) failure {
	host, f := parseHost(in, p.special)
	p.setHost(host)
	return f
}

func (p *parser) setHost(host string) {
	p.url.hostStart = len(p.buf)
	p.buf = append(p.buf, host...)
	p.url.hostEnd = len(p.buf)
}

// noHost makes the host null.
func (p *parser) noHost() {
	p.url.userEnd = len(p.buf)
	p.setHost("")
	p.url.pathStart = len(p.buf)
}

// port appends the port, unless in is empty or the scheme's default.
//
// See https://url.spec.whatwg.org/#port-state.
func (p *parser) port(in string) failure {
	if in == "" {
		return ""
	}
	if !digits(in, 10) {
		return portInvalid
	}
	n, err := strconv.ParseUint(in, 10, 16)
	if err != nil {
		return portOutOfRange
	}
	if d, _ := defaultPort(string(p.buf[:p.url.schemeEnd])); int(n) != d {
		p.buf = strconv.AppendUint(append(p.buf, ':'), n, 10)
	}
	return ""
}

// pathStart takes what follows the authority.
//
// See https://url.spec.whatwg.org/#path-start-state.
func (p *parser) pathStart(in string) failure {
	p.url.pathStart = len(p.buf)
	switch {
	case in != "" && p.isSlash(in[0]):
		return p.path(in[1:])
	case p.special:
		return p.path(in)
	}
	return p.query(in)
}

// path takes the segments of a path, the slash before the first of them having
// been taken, and appends them to the path so far, each after a slash.
//
// See https://url.spec.whatwg.org/#path-state.
func (p *parser) path(in string) failure {
	for {
		end := p.indexDelimiter(in)
		segment := in[:end]
		last := end == len(in) || !p.isSlash(in[end])
		dots := dotSegment(segment)
		if dots == 2 {
			p.shorten()
		}
		switch {
		case dots == 0:
			p.segment(segment)
		case last:
			p.segment("")
		}
		if last {
			return p.query(in[end:])
		}
		in = in[end+1:]
	}
}

func (p *parser) segment(segment string) {
	p.buf = append(p.buf, '/')
	if p.isFile() && len(p.buf) == p.url.pathStart+1 && isDriveLetter(segment) {
		p.buf = append(p.buf, segment[0], ':')
		return
	}
	p.buf = appendEncoded(p.buf, segment, pathSet)
}

// dotSegment returns 1 for a single-dot and 2 for a double-dot URL path segment,
// where each dot may be percent-encoded, and 0 for any other.
//
// See https://url.spec.whatwg.org/#single-dot-path-segment.
func dotSegment(s string) (dots int) {
	for s != "" && dots < 3 {
		switch {
		case s[0] == '.':
			s = s[1:]
		case len(s) >= 3 && s[0] == '%' && s[1] == '2' && s[2]|0x20 == 'e':
			s = s[3:]
		default:
			return 0
		}
		dots++
	}
	if dots > 2 {
		return 0
	}
	return dots
}

// shorten removes the last segment of the path so far, if any, but not the drive
// letter of a file URL.
//
// See https://url.spec.whatwg.org/#shorten-a-urls-path.
func (p *parser) shorten() {
	path := p.buf[p.url.pathStart:]
	if p.isFile() && len(path) == 3 && isNormalizedDriveLetter(string(path[1:])) {
		return
	}
	if i := bytes.LastIndexByte(path, '/'); i >= 0 {
		p.buf = p.buf[:p.url.pathStart+i]
	}
}

// opaquePath takes the path of a URL that is not hierarchical.
//
// See https://url.spec.whatwg.org/#cannot-be-a-base-url-path-state.
func (p *parser) opaquePath(in string) failure {
	end := strings.IndexAny(in, "?#")
	if end < 0 {
		end = len(in)
	}
	path := in[:end]
	// A space at the end would get lost when the URL is parsed again without
	// query and fragment.
	trailing := end < len(in) && strings.HasSuffix(path, " ")
	if trailing {
		path = path[:end-1]
	}
	p.buf = appendEncoded(p.buf, path, c0Set)
	if trailing {
		p.buf = append(p.buf, "%20"...)
	}
	return p.query(in[end:])
}

// query ends the path, and takes what follows it: a query, a fragment, both or
// nothing.
//
// See https://url.spec.whatwg.org/#query-state.
func (p *parser) query(in string) failure {
	p.endPath()
	if strings.HasPrefix(in, "?") {
		end := strings.IndexByte(in, '#')
		if end < 0 {
			end = len(in)
		}
		set := querySet
		if p.special {
			set = specialQuerySet
		}
		p.buf = appendEncoded(append(p.buf, '?'), in[1:end], set)
		in = in[end:]
	}
	p.fragment(in)
	return ""
}

// endPath puts "/." before a path that starts with two slashes, if there is no
// host, which it would be taken for.
//
// See https://url.spec.whatwg.org/#concept-url-serializer.
func (p *parser) endPath() {
	u := &p.url
	if u.hostStart == u.schemeEnd+1 && bytes.HasPrefix(p.buf[u.pathStart:], []byte("//")) {
		p.buf = slices.Insert(p.buf, u.pathStart, '/', '.')
		u.pathStart += 2
	}
	u.pathEnd = len(p.buf)
}

// fragment takes "#" and a fragment, or nothing.
//
// See https://url.spec.whatwg.org/#fragment-state.
func (p *parser) fragment(in string) {
	p.url.queryEnd = len(p.buf)
	if in != "" {
		p.buf = appendEncoded(append(p.buf, '#'), in[1:], fragmentSet)
	}
}

// copyAuthority takes userinfo, host and port of the base URL, whose scheme has
// been taken already.
func (p *parser) copyAuthority() {
	b := p.base
	end := b.pathStart
	if b.hostStart == b.schemeEnd+1 {
		end = b.hostEnd // without "/."
	}
	p.buf = append(p.buf, b.s[b.schemeEnd+1:end]...)
	p.url.userEnd, p.url.hostStart, p.url.hostEnd, p.url.pathStart = b.userEnd, b.hostStart, b.hostEnd, end
}

func (p *parser) copyPath() {
	p.buf = append(p.buf, p.base.Path()...)
}

// copyQuery takes the query of the base URL, the path having been taken, and then
// the fragment of the input.
func (p *parser) copyQuery(in string) failure {
	p.endPath()
	p.buf = append(p.buf, p.base.s[p.base.pathEnd:p.base.queryEnd]...)
	p.fragment(in)
	return ""
}

// isSlash reports whether c separates the segments of a path.
func (p *parser) isSlash(c byte) bool {
	return c == '/' || c == '\\' && p.special
}

// indexDelimiter returns the index of the byte that ends an authority, or a
// segment, at the start of in.
func (p *parser) indexDelimiter(in string) int {
	for i := range len(in) {
		if c := in[i]; p.isSlash(c) || c == '?' || c == '#' {
			return i
		}
	}
	return len(in)
}
