package header

import (
	"strings"

	"github.com/corsengine/corsengine/internal/asciix"
)

// String returns m serialized, as a value for Content-Type. Parameter values
// that are no tokens are quoted. Of MIME types from [ParseMIME] and
// [ExtractMIME], parsing the result gives the same again. It allocates once.
//
// See https://mimesniff.spec.whatwg.org/#serialize-a-mime-type-to-bytes.
func (m MIME) String() string {
	if len(m.Params) == 0 {
		return m.Essence()
	}
	size := len(m.Type) + len("/") + len(m.Subtype)
	for _, p := range m.Params {
		size += len(p.Name) + len(p.Value) + len(`;=""`) + strings.Count(p.Value, `"`) + strings.Count(p.Value, `\`)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(m.Type)
	b.WriteByte('/')
	b.WriteString(m.Subtype)
	for _, p := range m.Params {
		b.WriteByte(';')
		b.WriteString(p.Name)
		b.WriteByte('=')
		if asciix.IsToken(p.Value) {
			b.WriteString(p.Value)
		} else {
			writeQuoted(&b, p.Value)
		}
	}
	return b.String()
}

// writeQuoted writes s as a quoted string.
func writeQuoted(b *strings.Builder, s string) {
	b.WriteByte('"')
	for {
		i := strings.IndexAny(s, `"\`)
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		b.WriteByte('\\')
		b.WriteByte(s[i])
		s = s[i+1:]
	}
	b.WriteString(s)
	b.WriteByte('"')
}
