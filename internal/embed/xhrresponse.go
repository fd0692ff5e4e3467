package embed

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/corsengine/corsengine/header"
)

// defineXHRResponse defines what a script can ask about the response.
//
// Deviation: There are no documents and no Blob. Setting responseType to "document"
// or "blob" does nothing, as with a value that is none, and responseXML is null.
//
// See https://xhr.spec.whatwg.org/#response.
func defineXHRResponse(c *class[*xhr]) {
	p := c.page
	c.getter("status", func(x *xhr) any {
		if x.response == nil {
			return 0
		}
		return x.response.Status
	})
	c.getter("statusText", func(x *xhr) any {
		if x.response == nil {
			return ""
		}
		return p.bytesValue(x.response.StatusText)
	})
	c.getter("responseURL", func(x *xhr) any {
		if x.response == nil {
			return ""
		}
		return withoutFragment(x.response.URL)
	})
	c.method("getResponseHeader", 1, func(x *xhr, args arguments) goja.Value {
		value, ok := header.Get(x.header(), p.byteString(args.at(0)))
		if !ok {
			return goja.Null()
		}
		return p.bytesValue(value)
	})
	c.method("getAllResponseHeaders", 0, func(x *xhr, _ arguments) goja.Value {
		return p.bytesValue(allHeaders(x.header()))
	})
	c.method("overrideMimeType", 1, func(x *xhr, args arguments) goja.Value {
		x.needState("overrideMimeType")
		m, ok := header.ParseMIME(p.scalar(args.at(0)))
		if !ok {
			m = header.MIME{Type: "application", Subtype: "octet-stream"}
		}
		x.override = &m
		return goja.Undefined()
	})
	c.accessor("responseType", func(x *xhr) any { return x.responseType }, func(x *xhr, v goja.Value) {
		kind := p.scalar(v)
		switch kind {
		case "", "text", "json", "arraybuffer":
			x.needState("responseType")
			x.responseType = kind
		}
	})
	c.getter("response", func(x *xhr) any { return x.value() })
	c.getter("responseText", func(x *xhr) any {
		if x.responseType != "" && x.responseType != "text" {
			p.throw("InvalidStateError", "there is no responseText with responseType "+quote(x.responseType))
		}
		return x.responseText()
	})
	c.getter("responseXML", func(x *xhr) any {
		if x.responseType != "" {
			p.throw("InvalidStateError", "there is no responseXML with responseType "+quote(x.responseType))
		}
		return goja.Null()
	})
}

// needState throws if it is too late to say how the body is to be read.
func (x *xhr) needState(what string) {
	if x.state == loading || x.state == done {
		x.page.throw("InvalidStateError", what+" has to be set before the body arrives")
	}
}

// header returns the response's header, nil for a network error.
func (x *xhr) header() http.Header {
	if x.response == nil {
		return nil
	}
	return x.response.Header
}

// allHeaders formats what getAllResponseHeaders returns: sorted as if the names were
// in uppercase, in which "_" and letters compare the other way around.
//
// See https://xhr.spec.whatwg.org/#the-getallresponseheaders()-method.
func allHeaders(h http.Header) string {
	pairs := sortAndCombine(h)
	slices.SortStableFunc(pairs, func(a, b headerPair) int {
		return strings.Compare(strings.ToUpper(a.name), strings.ToUpper(b.name))
	})
	var b strings.Builder
	for _, pair := range pairs {
		b.WriteString(pair.name + ": " + pair.value + "\r\n")
	}
	return b.String()
}

// length returns the length that the response has declared, 0 if it has not.
//
// See https://fetch.spec.whatwg.org/#header-list-extract-a-length.
func (x *xhr) length() int64 {
	values := slices.Compact(header.Split(nil, x.header(), "Content-Length"))
	if len(values) != 1 {
		return 0
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil {
		return 0
	}
	return int64(n)
}

// value is the getter of response.
//
// See https://xhr.spec.whatwg.org/#the-response-attribute.
func (x *xhr) value() goja.Value {
	p := x.page
	switch {
	case x.responseType == "" || x.responseType == "text":
		return p.vm.ToValue(x.responseText())
	case x.state != done || x.response == nil:
		return goja.Null()
	case x.built != nil:
		return x.built
	case x.responseType == "arraybuffer":
		x.built = p.arrayBuffer(slices.Clone(x.received))
		return x.built
	case !x.hasBody:
		return goja.Null()
	}
	if thrown := p.caught(func() { x.built = p.parseJSON(decodeUTF8(x.received)) }); thrown != nil {
		return goja.Null()
	}
	return x.built
}

// responseText returns the text response: what has been received so far.
//
// See https://xhr.spec.whatwg.org/#text-response.
func (x *xhr) responseText() string {
	if x.state != loading && x.state != done || x.response == nil || !x.hasBody {
		return ""
	}
	if x.textLength != len(x.received) {
		x.text, x.textLength = decodeText(x.received, x.encoding()), len(x.received)
	}
	return x.text
}

// encoding returns the final encoding. The default is UTF-8, also for XML: the
// declaration inside is not looked at.
//
// See https://xhr.spec.whatwg.org/#final-charset.
func (x *xhr) encoding() encoding.Encoding {
	label := ""
	if m, ok := header.ExtractMIME(x.header()); ok {
		label = charset(m, label)
	}
	if x.override != nil {
		label = charset(*x.override, label)
	}
	if e, err := htmlindex.Get(label); err == nil {
		return e
	}
	return unicode.UTF8
}

// charset returns the charset of m, or else fallback.
func charset(m header.MIME, fallback string) string {
	for _, param := range m.Params {
		if param.Name == "charset" {
			return param.Value
		}
	}
	return fallback
}

// decodeText decodes b. A byte order mark decides against e.
//
// See https://encoding.spec.whatwg.org/#decode.
func decodeText(b []byte, e encoding.Encoding) string {
	decoded, _, _ := transform.Bytes(unicode.BOMOverride(e.NewDecoder()), b) // replaces what is malformed
	return string(decoded)
}
