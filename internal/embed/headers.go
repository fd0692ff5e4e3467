package embed

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/header"
)

// A guard says who a Headers object protects from its script.
//
// See https://fetch.spec.whatwg.org/#concept-headers-guard.
type guard uint8

const (
	guardNone guard = iota
	guardImmutable
	guardRequest
	guardRequestNoCORS
	guardResponse
)

// A headers is what is behind a Headers object. The list has canonical keys. It has
// no order between names, and needs none, since scripts see the names sorted. The
// privileged headers of mode no-cors are never in it: only a browser's media elements
// put them there.
//
// See https://fetch.spec.whatwg.org/#headers-class.
type headers struct {
	page   *Page
	object *goja.Object // that scripts know
	guard  guard
	list   http.Header
	sorted []headerPair // cache of sortAndCombine; nil if the list has changed
}

type headerPair struct{ name, value string }

// A headerIterator is what is behind an iterator over a Headers object. It sees
// what happens to the list in between.
type headerIterator struct {
	headers *headers
	next    int
	item    func(headerPair) goja.Value
}

func (p *Page) newHeaders(g guard, list http.Header) *headers {
	h := &headers{page: p, guard: g, list: list}
	h.object = p.classes.headers.wrap(h)
	return h
}

// defineHeaders defines Headers and its iterator.
func (p *Page) defineHeaders() {
	c := newClass(p, "Headers", 0, func(this *goja.Object, args arguments) *headers {
		h := &headers{page: p, object: this, list: make(http.Header)}
		if !goja.IsUndefined(args.at(0)) {
			h.fill(args.at(0))
		}
		return h
	})
	p.classes.headers = c
	c.method("append", 2, func(h *headers, args arguments) goja.Value {
		h.append(p.byteString(args.at(0)), p.byteString(args.at(1)))
		return goja.Undefined()
	})
	c.method("set", 2, func(h *headers, args arguments) goja.Value {
		h.set(p.byteString(args.at(0)), p.byteString(args.at(1)))
		return goja.Undefined()
	})
	c.method("delete", 1, func(h *headers, args arguments) goja.Value {
		h.delete(p.byteString(args.at(0)))
		return goja.Undefined()
	})
	c.method("get", 1, func(h *headers, args arguments) goja.Value {
		value, ok := header.Get(h.list, h.name(args.at(0)))
		if !ok {
			return goja.Null()
		}
		return p.bytesValue(value)
	})
	c.method("has", 1, func(h *headers, args arguments) goja.Value {
		return p.vm.ToValue(len(h.list[h.name(args.at(0))]) > 0)
	})
	c.method("getSetCookie", 0, func(h *headers, _ arguments) goja.Value {
		var cookies []goja.Value
		for _, v := range h.list["Set-Cookie"] {
			cookies = append(cookies, p.bytesValue(v))
		}
		return p.array(cookies...)
	})
	c.method("forEach", 1, func(h *headers, args arguments) goja.Value {
		f := p.callable(args.at(0), "Headers.forEach")
		for i := 0; i < len(h.sortAndCombine()); i++ {
			pair := h.sortAndCombine()[i]
			_, err := f(args.at(1), p.bytesValue(pair.value), p.bytesValue(pair.name), h.object)
			p.rethrow(err)
		}
		return goja.Undefined()
	})
	p.defineHeaderIterator(c)
}

// defineHeaderIterator defines what makes Headers iterable.
//
// See https://webidl.spec.whatwg.org/#js-iterable.
func (p *Page) defineHeaderIterator(c *class[*headers]) {
	iterators := newClass[*headerIterator](p, "Headers Iterator", 0, nil)
	p.classes.headerIterator = iterators
	must(p.vm.GlobalObject().Delete("Headers Iterator"))
	arrayIterator, err := p.vm.RunString("Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))")
	must(err)
	must(iterators.proto.SetPrototype(arrayIterator.(*goja.Object)))
	must(iterators.proto.Delete("constructor"))
	iterators.method("next", 0, func(i *headerIterator, _ arguments) goja.Value {
		result := p.vm.NewObject()
		pairs := i.headers.sortAndCombine()
		value := goja.Undefined()
		if i.next < len(pairs) {
			value = i.item(pairs[i.next])
			p.defineProperty(result, "value", value)
			p.defineProperty(result, "done", p.vm.ToValue(false))
			i.next++
			return result
		}
		p.defineProperty(result, "value", value)
		p.defineProperty(result, "done", p.vm.ToValue(true))
		return result
	})
	iterate := func(name string, item func(headerPair) goja.Value) {
		c.method(name, 0, func(h *headers, _ arguments) goja.Value {
			return iterators.wrap(&headerIterator{headers: h, item: item})
		})
	}
	iterate("keys", func(pair headerPair) goja.Value { return p.bytesValue(pair.name) })
	iterate("values", func(pair headerPair) goja.Value { return p.bytesValue(pair.value) })
	iterate("entries", func(pair headerPair) goja.Value {
		return p.array(p.bytesValue(pair.name), p.bytesValue(pair.value))
	})
	must(c.proto.DefineDataPropertySymbol(goja.SymIterator, c.proto.Get("entries"),
		goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// name converts the argument of a method that only reads.
func (h *headers) name(v goja.Value) string {
	name := h.page.byteString(v)
	if !header.ValidName(name) {
		panic(h.page.vm.NewTypeError("%s is not a header name", quote(name)))
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// validate reports whether the guard lets a script write a header. It throws if
// there cannot be such a header, or none can be written.
//
// See https://fetch.spec.whatwg.org/#headers-validate.
func (h *headers) validate(name, value string) bool {
	switch {
	case !header.ValidName(name):
		panic(h.page.vm.NewTypeError("%s is not a header name", quote(name)))
	case !header.ValidValue(value):
		panic(h.page.vm.NewTypeError("the value of %s is not a header value", quote(name)))
	case h.guard == guardImmutable:
		panic(h.page.vm.NewTypeError("these headers cannot be changed"))
	case h.guard == guardRequest:
		return !header.ForbiddenRequest(name, value)
	case h.guard == guardResponse:
		return !header.ForbiddenResponseName(name)
	}
	return true
}

// append appends a header.
//
// See https://fetch.spec.whatwg.org/#concept-headers-append.
func (h *headers) append(name, value string) {
	value = header.Normalize(value)
	if !h.validate(name, value) {
		return
	}
	if h.guard == guardRequestNoCORS {
		combined := value
		if before, ok := header.Get(h.list, name); ok {
			combined = before + ", " + value
		}
		if !header.SafelistedNoCORS(name, combined) {
			return
		}
	}
	h.list.Add(name, value)
	h.sorted = nil
}

// set replaces the headers of that name.
//
// See https://fetch.spec.whatwg.org/#dom-headers-set.
func (h *headers) set(name, value string) {
	value = header.Normalize(value)
	if !h.validate(name, value) || h.guard == guardRequestNoCORS && !header.SafelistedNoCORS(name, value) {
		return
	}
	h.list.Set(name, value)
	h.sorted = nil
}

// delete deletes the headers of that name.
//
// See https://fetch.spec.whatwg.org/#dom-headers-delete.
func (h *headers) delete(name string) {
	if !h.validate(name, "") {
		return
	}
	if h.guard == guardRequestNoCORS && !noCORSName(name) {
		return
	}
	if len(h.list.Values(name)) == 0 {
		return
	}
	h.list.Del(name)
	h.sorted = nil
}

// noCORSName reports whether name is a no-CORS-safelisted request-header name.
//
// See https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name.
func noCORSName(name string) bool {
	switch strings.ToLower(name) {
	case "accept", "accept-language", "content-language", "content-type":
		return true
	}
	return false
}

// fill appends what a script passes as HeadersInit: pairs, or the properties of an
// object.
//
// See https://fetch.spec.whatwg.org/#concept-headers-fill.
func (h *headers) fill(v goja.Value) {
	p := h.page
	init, ok := v.(*goja.Object)
	if !ok {
		panic(p.vm.NewTypeError("headers have to be a sequence of pairs or an object"))
	}
	if iterator := init.GetSymbol(goja.SymIterator); !isNullish(iterator) {
		for _, pair := range p.sequences(init) {
			if len(pair) != 2 {
				panic(p.vm.NewTypeError("a header has to be a pair of name and value"))
			}
			h.append(pair[0], pair[1])
		}
		return
	}
	var pairs []headerPair // converted before the first is appended
	for _, key := range init.Keys() {
		pairs = append(pairs, headerPair{p.byteString(p.vm.ToValue(key)), p.byteString(init.Get(key))})
	}
	for _, pair := range pairs {
		h.append(pair.name, pair.value)
	}
}

// sequences converts v to a sequence<sequence<ByteString>>.
func (p *Page) sequences(v goja.Value) (outer [][]string) {
	p.vm.ForOf(v, func(item goja.Value) bool {
		if _, ok := item.(*goja.Object); !ok {
			panic(p.vm.NewTypeError("a header has to be a pair of name and value"))
		}
		var inner []string
		p.vm.ForOf(item, func(s goja.Value) bool {
			inner = append(inner, p.byteString(s))
			return true
		})
		outer = append(outer, inner)
		return true
	})
	return outer
}

// sortAndCombine returns the list as scripts see it: names in lowercase, sorted,
// values combined, but for Set-Cookie.
//
// See https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine.
func (h *headers) sortAndCombine() []headerPair {
	if h.sorted == nil {
		h.sorted = sortAndCombine(h.list)
	}
	return h.sorted
}

func sortAndCombine(list http.Header) []headerPair {
	pairs := make([]headerPair, 0, len(list))
	for key, values := range list {
		name := strings.ToLower(key)
		if name == "set-cookie" {
			for _, v := range values {
				pairs = append(pairs, headerPair{name, v})
			}
		} else if len(values) > 0 {
			pairs = append(pairs, headerPair{name, strings.Join(values, ", ")})
		}
	}
	slices.SortStableFunc(pairs, func(a, b headerPair) int { return strings.Compare(a.name, b.name) })
	return pairs
}
