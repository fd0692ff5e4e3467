package weburl

import "strings"

func (p *parser) isFile() bool { return string(p.buf[:p.url.schemeEnd]) == "file" }

// file takes what follows "file:", or a reference relative to a file URL.
//
// See https://url.spec.whatwg.org/#file-state.
func (p *parser) file(in string) failure {
	if in != "" && p.isSlash(in[0]) {
		return p.fileSlash(in[1:])
	}
	if p.base == nil || p.base.Scheme() != "file" {
		p.setFileHost("")
		return p.path(in)
	}
	p.copyAuthority()
	switch {
	case in == "" || in[0] == '#':
		p.copyPath()
		return p.copyQuery(in)
	case in[0] == '?':
		p.copyPath()
		return p.query(in)
	case !startsWithDriveLetter(in):
		p.copyPath()
		p.shorten()
	}
	return p.path(in)
}

// fileSlash takes what follows one slash.
//
// See https://url.spec.whatwg.org/#file-slash-state.
func (p *parser) fileSlash(in string) failure {
	if in != "" && p.isSlash(in[0]) {
		return p.fileHost(in[1:])
	}
	if p.base == nil || p.base.Scheme() != "file" {
		p.setFileHost("")
		return p.path(in)
	}
	p.copyAuthority()
	if path := p.base.Path(); !startsWithDriveLetter(in) && len(path) >= 3 &&
		isNormalizedDriveLetter(path[1:3]) && (len(path) == 3 || path[3] == '/') {
		p.buf = append(p.buf, path[:3]...)
	}
	return p.path(in)
}

// fileHost takes what follows two slashes: a host, unless it is a drive letter.
//
// See https://url.spec.whatwg.org/#file-host-state.
func (p *parser) fileHost(in string) failure {
	end := p.indexDelimiter(in)
	switch {
	case isDriveLetter(in[:end]):
		p.setFileHost("")
		return p.path(in)
	case end == 0:
		p.setFileHost("")
		return p.pathStart(in)
	}
	host, f := parseHost(in[:end], true)
	if f != "" {
		return f
	}
	if host == "localhost" {
		host = ""
	}
	p.setFileHost(host)
	return p.pathStart(in[end:])
}

func (p *parser) setFileHost(host string) {
	p.buf = append(p.buf, "//"...)
	p.url.userEnd = len(p.buf)
	p.setHost(host)
	p.url.pathStart = len(p.buf)
}

// isDriveLetter reports whether s is a Windows drive letter.
//
// See https://url.spec.whatwg.org/#windows-drive-letter.
func isDriveLetter(s string) bool {
	return len(s) == 2 && isAlpha(s[0]) && (s[1] == ':' || s[1] == '|')
}

func isNormalizedDriveLetter(s string) bool {
	return isDriveLetter(s) && s[1] == ':'
}

// startsWithDriveLetter reports whether s starts with a Windows drive letter that
// is a whole segment.
//
// See https://url.spec.whatwg.org/#start-with-a-windows-drive-letter.
func startsWithDriveLetter(s string) bool {
	return len(s) >= 2 && isDriveLetter(s[:2]) && (len(s) == 2 || strings.IndexByte(`/\?#`, s[2]) >= 0)
}
