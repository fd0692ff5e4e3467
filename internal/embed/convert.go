package embed

import (
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// builtins are functions of the language, taken before a script can replace them.
type builtins struct {
	jsonParse, jsonStringify, isView goja.Callable
	enter                            goja.Callable

	error                                *goja.Object
	uint8Array, rangeError, domException goja.Value
}

func (p *Page) findBuiltins() builtins {
	member := func(object, name string) goja.Callable {
		f, ok := goja.AssertFunction(p.vm.Get(object).(*goja.Object).Get(name))
		if !ok {
			panic("embed: no " + object + "." + name)
		}
		return f
	}
	return builtins{
		jsonParse:     member("JSON", "parse"),
		jsonStringify: member("JSON", "stringify"),
		isView:        member("ArrayBuffer", "isView"),
		enter:         p.defineEnter(),
		error:         p.vm.Get("Error").(*goja.Object),
		uint8Array:    p.vm.Get("Uint8Array"),
		rangeError:    p.vm.Get("RangeError"),
		domException:  p.defineException(),
	}
}

// scalar converts v to a USVString.
//
// See https://webidl.spec.whatwg.org/#js-USVString.
func (p *Page) scalar(v goja.Value) string {
	if _, ok := v.(*goja.Symbol); ok {
		panic(p.vm.NewTypeError("Cannot convert a Symbol value to a string"))
	}
	return v.String() // has U+FFFD in place of lone surrogates
}

// byteString converts v to a ByteString: each code point, which must not be beyond
// U+00FF, becomes a byte.
//
// See https://webidl.spec.whatwg.org/#js-ByteString.
func (p *Page) byteString(v goja.Value) string {
	s := p.scalar(v)
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r > 0xff {
			panic(p.vm.NewTypeError("Cannot convert to a ByteString: there is a character beyond U+00FF"))
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}

// bytesValue is byteString's opposite.
//
// See https://infra.spec.whatwg.org/#isomorphic-decode.
func (p *Page) bytesValue(s string) goja.Value {
	if isASCII(s) {
		return p.vm.ToValue(s)
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteRune(rune(c))
	}
	return p.vm.ToValue(b.String())
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// enum converts v to one of the values of an enumeration, and throws if it is none.
// Values that are not listed here are for the parser to accept, as it does for the
// enumerations that package fetch has.
func (p *Page) enum(v goja.Value, what string, values ...string) string {
	s := p.scalar(v)
	if !slices.Contains(values, s) {
		panic(p.vm.NewTypeError("%s is not a %s", quote(s), what))
	}
	return s
}

// parsed converts v with a parser of package fetch. These take "" for the default,
// which no enumeration of a script's has.
func parsed[T any](p *Page, v goja.Value, what string, parse func(string) (T, error)) T {
	s := p.scalar(v)
	t, err := parse(s)
	if err != nil || s == "" {
		panic(p.vm.NewTypeError("%s is not a %s that a script may set", quote(s), what))
	}
	return t
}

func quote(s string) string { return "'" + s + "'" }

// A dictionary has the members that a script has passed in an object; those that
// are undefined are not there.
type dictionary map[string]goja.Value

// dictionary converts v, which is read once. The members are in the order in which
// they are read.
//
// See https://webidl.spec.whatwg.org/#js-dictionary.
func (p *Page) dictionary(v goja.Value, what string, members ...string) dictionary {
	if isNullish(v) {
		return nil
	}
	o, ok := v.(*goja.Object)
	if !ok {
		panic(p.vm.NewTypeError("%s is not an object", what))
	}
	d := make(dictionary)
	for _, name := range members {
		if v := o.Get(name); v != nil && !goja.IsUndefined(v) {
			d[name] = v
		}
	}
	return d
}

func isNullish(v goja.Value) bool { return v == nil || goja.IsUndefined(v) || goja.IsNull(v) }

// callable returns the function that v is, or throws.
func (p *Page) callable(v goja.Value, what string) goja.Callable {
	f, ok := goja.AssertFunction(v)
	if !ok {
		panic(p.vm.NewTypeError("%s: the callback is not a function", what))
	}
	return f
}

// bufferSource returns a copy of the bytes of an ArrayBuffer or a view of one, and
// whether v is that.
//
// See https://webidl.spec.whatwg.org/#BufferSource.
func (p *Page) bufferSource(v goja.Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, false
	}
	if buffer, ok := o.Export().(goja.ArrayBuffer); ok {
		return slices.Clone(buffer.Bytes()), true
	}
	if isView, err := p.builtins.isView(goja.Undefined(), o); err != nil || !isView.ToBoolean() {
		return nil, false
	}
	var b []byte
	if err := p.vm.ExportTo(o, &b); err != nil {
		return nil, false
	}
	return slices.Clone(b), true
}

// arrayBuffer makes an ArrayBuffer, which then owns b.
func (p *Page) arrayBuffer(b []byte) goja.Value { return p.vm.ToValue(p.vm.NewArrayBuffer(b)) }

// byteArray makes a Uint8Array, which then owns b.
func (p *Page) byteArray(b []byte) goja.Value {
	array, err := p.vm.New(p.builtins.uint8Array, p.arrayBuffer(b))
	p.rethrow(err)
	return array
}

// parseJSON parses JSON text, or throws.
//
// See https://infra.spec.whatwg.org/#parse-json-bytes-to-a-javascript-value.
func (p *Page) parseJSON(text string) goja.Value {
	v, err := p.builtins.jsonParse(goja.Undefined(), p.vm.ToValue(text))
	p.rethrow(err)
	return v
}

// array makes an array of values.
func (p *Page) array(values ...goja.Value) goja.Value {
	items := make([]any, len(values))
	for i, v := range values {
		items[i] = v
	}
	return p.vm.NewArray(items...)
}
