package scenario

import "strings"

// safelistScenarios are about the border between request headers that need a
// preflight and those that do not. The preflights
// are granted.
func safelistScenarios() []Scenario {
	const (
		header = fetchAnchor + "cors-safelisted-request-header"
		unsafe = fetchAnchor + "cors-unsafe-request-header-byte"
		names  = fetchAnchor + "cors-unsafe-request-header-names"
		single = fetchAnchor + "simple-range-header-value"
	)
	bytes := func(n int) string { return strings.Repeat("a", n) }
	lines := func(n int, name, value string) []Field {
		var all []Field
		for range n {
			all = append(all, Field{name, value})
		}
		return all
	}
	// typ is a Content-Type of n bytes.
	typ := func(n int) string { return "text/plain;" + bytes(n-len("text/plain;")) }

	var all []Scenario
	for _, c := range []struct {
		name, source string
		header       []Field
	}{
		{"Accept of 128 bytes", header, fields("Accept", bytes(128))},
		{"Accept of 129 bytes", header, fields("Accept", bytes(129))},
		{"Accept-Language of 128 bytes", header, fields("Accept-Language", bytes(128))},
		{"Accept-Language of 129 bytes", header, fields("Accept-Language", bytes(129))},
		{"Content-Language of 128 bytes", header, fields("Content-Language", bytes(128))},
		{"Content-Language of 129 bytes", header, fields("Content-Language", bytes(129))},
		{"Content-Type of 128 bytes", header, fields("Content-Type", typ(128))},
		{"Content-Type of 129 bytes", header, fields("Content-Type", typ(129))},
		{"128 bytes and whitespace around", fetchAnchor + "concept-header-value-normalize", fields("Accept", "  "+bytes(128)+"\t")},
		{"all names of 128 bytes", names, fields("Accept", bytes(128), "Accept-Language", bytes(128), "Content-Language", bytes(128), "Content-Type", typ(128))},
		{"two lines of 64 bytes", names, lines(2, "Accept", bytes(64))},
		{"two lines of 100 bytes", names, lines(2, "Accept", bytes(100))},
		{"eight lines of 128 bytes", names, lines(8, "Accept", bytes(128))},
		{"nine lines of 128 bytes", names, lines(9, "Accept", bytes(128))},
		{"eight lines of 128 bytes and one of another name", names, append(lines(8, "Accept", bytes(128)), Field{"Content-Language", "a"})},
		{"one safe and one unsafe line", names, fields("Accept", "text/html", "Accept", `"`)},
		{"safe ones besides an unsafe one", names, fields("Accept", "text/html", "X-A", "1", "Content-Language", "fr")},

		{"Accept with a tab", unsafe, fields("Accept", "text/html,\ttext/plain;q=0.5")},
		{"Accept with a quote", unsafe, fields("Accept", `a="b"`)},
		{"Accept with a colon", unsafe, fields("Accept", "a:b")},
		{"Accept with parentheses", unsafe, fields("Accept", "a(b)")},
		{"Accept with angle brackets", unsafe, fields("Accept", "<a>")},
		{"Accept with a question mark", unsafe, fields("Accept", "a?")},
		{"Accept with an at sign", unsafe, fields("Accept", "@a")},
		{"Accept with a backslash", unsafe, fields("Accept", `a\b`)},
		{"Accept with brackets", unsafe, fields("Accept", "[a]")},
		{"Accept with braces", unsafe, fields("Accept", "{}")},
		{"Accept with DEL", unsafe, fields("Accept", "a\x7f")},
		{"Accept with a control character", unsafe, fields("Accept", "a\x01")},
		{"Accept with bytes beyond ASCII", unsafe, fields("Accept", "a\x80\xff")},
		{"Accept with all other punctuation", unsafe, fields("Accept", "!#$%&'*+,-./;=^_`|~")},
		{"Accept that is empty", header, fields("Accept", "")},

		{"language tags", header, fields("Accept-Language", "en-GB, de;q=0.5, *;q=0.1", "Content-Language", "*-.;=, aZ09")},
		{"Accept-Language with an underscore", header, fields("Accept-Language", "en_GB")},
		{"Content-Language with an at sign", header, fields("Content-Language", "@")},
		{"Content-Language with a tab", header, fields("Content-Language", "en,\tde")},
		{"Content-Language with a slash", header, fields("Content-Language", "en/de")},
		{"Accept-Language beyond ASCII", header, fields("Accept-Language", "fran\xe7ais")},
		{"Accept-Language with DEL", header, fields("Accept-Language", "en\x7f")},
		{"languages that are empty", header, fields("Accept-Language", "", "Content-Language", "")},

		{"text type with a parameter", header, fields("Content-Type", "text/plain;charset=utf-8")},
		{"text type in upper case", header, fields("Content-Type", "TEXT/PLAIN")},
		{"text type and whitespace", header, fields("Content-Type", "text/plain ; charset=utf-8 ;")},
		{"text type with a malformed parameter", header, fields("Content-Type", "text/plain;=,;x")},
		{"form types", header, fields("Content-Type", "application/x-www-form-urlencoded;x=y")},
		{"multipart type", header, fields("Content-Type", "multipart/form-data; boundary=x")},
		{"multipart type with a quoted boundary", header, fields("Content-Type", `multipart/form-data; boundary="x"`)},
		{"JSON type", header, fields("Content-Type", "application/json")},
		{"HTML type", header, fields("Content-Type", "text/html")},
		{"two types with a comma", header, fields("Content-Type", "text/plain, application/json")},
		{"the same type with a comma", header, fields("Content-Type", "text/plain, text/plain")},
		{"a comma in a parameter", header, fields("Content-Type", "text/plain;a=b,c")},
		{"the same type on two lines", header, fields("Content-Type", "text/plain", "Content-Type", "text/plain")},
		{"a safe and an unsafe type on two lines", header, fields("Content-Type", "text/plain", "Content-Type", "application/json")},
		{"text type with a colon", header, fields("Content-Type", "text/plain;a=:")},
		{"type that is empty", header, fields("Content-Type", "")},
		{"type without a subtype", header, fields("Content-Type", "text")},
		{"type with a longer subtype", header, fields("Content-Type", "text/plainer")},

		{"Range from a byte on", single, fields("Range", "bytes=0-")},
		{"Range from byte to byte", single, fields("Range", "bytes=1-3")},
		{"Range of one byte", single, fields("Range", "bytes=0-0")},
		{"Range of the last bytes", single, fields("Range", "bytes=-5")},
		{"Range backwards", single, fields("Range", "bytes=3-1")},
		{"Range of several", single, fields("Range", "bytes=0-1,3-4")},
		{"Range in upper case", single, fields("Range", "BYTES=0-1")},
		{"Range in mixed case without end", single, fields("Range", "Bytes=0-")},
		{"Range of another unit", single, fields("Range", "items=0-1")},
		{"Range with whitespace", single, fields("Range", "bytes = 0 - 1")},
		{"Range with whitespace before the first", single, fields("Range", "bytes= 0-1")},
		{"Range of nothing", single, fields("Range", "bytes=-")},
		{"Range without equals sign", single, fields("Range", "bytes 0-1")},
		{"Range of thirty digits", single, fields("Range", "bytes=1-"+strings.Repeat("9", 30))},
		{"Range of thirty digits backwards", single, fields("Range", "bytes="+strings.Repeat("9", 30)+"-1")},
		{"Range with leading zeros", single, fields("Range", "bytes=0003-3")},
		{"Range with a sign", single, fields("Range", "bytes=+1-3")},

		{"Save-Data", header, fields("Save-Data", "on")},
		{"client hints", header, fields("DPR", "1.0", "Viewport-Width", "100", "Device-Memory", "1")},
		{"Last-Event-ID", "wpt/fetch/api/cors/resources/not-cors-safelisted.json", fields("Last-Event-ID", "1")},
		{"DNT and friends are dropped", fetchAnchor + "forbidden-request-header", fields("DNT", "1", "Sec-GPC", "1")},
		{"Cache-Control and Pragma", header, fields("Cache-Control", "no-cache", "Pragma", "no-cache")},
	} {
		var list []string
		for _, f := range c.header {
			list = append(list, f.Name)
		}
		all = append(all, Scenario{
			Name:    c.name,
			Source:  c.source,
			Fetches: []Fetch{{URL: "{api:a}", Header: c.header}},
			Servers: []Resource{serve(API, "a", allow("*", acah, strings.Join(list, ",")))},
		})
	}
	return pack("safelist", all)
}
