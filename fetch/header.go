package fetch

import (
	"maps"
	"net/http"
)

// A headerBuilder makes the header of one request. The values share one array,
// each clipped so that appending to one does not write to the next.
type headerBuilder struct {
	fields http.Header
	values []string
}

func newHeaderBuilder(names, values int) headerBuilder {
	return headerBuilder{
		fields: make(http.Header, names),
		values: make([]string, 0, values),
	}
}

func (b *headerBuilder) set(name string, values ...string) {
	start := len(b.values)
	b.values = append(b.values, values...)
	b.fields[name] = b.values[start:len(b.values):len(b.values)]
}

// has reports whether h has a header of the given canonical name.
func has(h http.Header, name string) bool {
	_, ok := h[name]
	return ok
}

// newHeader returns the header of the hop's request: the engine's own, and the
// author's, which count where there are both. Each request has its own map, because
// the transport may still be reading the previous one.
func (f *state) newHeader() http.Header {
	var h http.Header
	if f.route != nil && !f.route.intact() {
		f.route = nil
	}
	if f.route == nil {
		own := newHeaderBuilder(f.countOwn(), maxOwn)
		f.addDefaults(&own)
		f.addOwn(&own, f.originHeader(), f.params.Mode)
		f.addRoute(&own)
		h = own.fields
	}
	if f.route != nil {
		h = maps.Clone(f.route.own)
	}
	f.addAuthor(h)
	if has(f.author, "Range") {
		// A part of an encoded response could not be decoded.
		h["Accept-Encoding"] = []string{"identity"}
	}
	return h
}

// addAuthor adds the author's headers to h. Their values are copies, in one array.
func (f *state) addAuthor(h http.Header) {
	if len(f.author) == 0 {
		return
	}
	b := headerBuilder{fields: h, values: make([]string, 0, f.lines)}
	for name, values := range f.author {
		b.set(name, values...)
	}
}

// authorHeader returns a header of the author's and of Accept, which is all that
// requests of other schemes have.
func (f *state) authorHeader() http.Header {
	b := newHeaderBuilder(len(f.author)+2, 2)
	f.addDefaults(&b)
	f.addAuthor(b.fields)
	return b.fields
}

// maxOwn is how many headers the engine may add to the author's.
const maxOwn = 12

// countOwn returns how many they are going to be, about: a map of up to eight is
// much cheaper than one that has room for more.
func (f *state) countOwn() int {
	n := 6 // Accept, Accept-Encoding, Origin, and the three Sec-Fetch headers that most have
	if f.referrer != "" {
		n++
	}
	if f.client.UserAgent != "" {
		n++
	}
	if f.client.Jar != nil {
		n++
	}
	return n
}

// accept returns the value of Accept for requests whose author sets none.
//
// See https://fetch.spec.whatwg.org/#fetching.
func (p *Params) accept() string {
	const document = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	if p.Prefetch {
		return document
	}
	switch p.Destination {
	case "document", "frame", "iframe":
		return document
	case "image":
		return "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
	case "json":
		return "application/json,*/*;q=0.5"
	case "style":
		return "text/css,*/*;q=0.1"
	case "text":
		return "text/plain,*/*;q=0.5"
	}
	return "*/*"
}

// addDefaults adds the headers that a fetch has in its header list from the start,
// unless the author has set them.
//
// See https://fetch.spec.whatwg.org/#fetching.
func (f *state) addDefaults(b *headerBuilder) {
	b.set("Accept", f.params.accept())
	if f.env != nil && len(f.env.Languages) > 0 {
		b.set("Accept-Language", acceptLanguage(f.env.Languages))
	}
}

// addOwn adds the headers that the engine writes on requests and preflights: those
// that an author cannot set, and User-Agent if the author does not.
func (f *state) addOwn(b *headerBuilder, origin string, m Mode) {
	if origin != "" {
		b.set("Origin", origin)
	}
	if f.referrer != "" {
		b.set("Referer", f.referrer)
	}
	f.addMetadata(b, m)
	if f.params.Prefetch {
		b.set("Sec-Purpose", "prefetch")
	}
	b.set("Accept-Encoding", f.client.codings)
	if f.client.UserAgent != "" && !has(b.fields, "User-Agent") {
		b.set("User-Agent", f.client.UserAgent)
	}
}
