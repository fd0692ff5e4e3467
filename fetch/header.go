package fetch

import "net/http"

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

func (b *headerBuilder) has(name string) bool {
	_, ok := b.fields[name]
	return ok
}

// newHeader returns the request's header list for a hop: the author's headers
// and Accept. Each hop has its own, because the transport may still be reading
// the previous one.
func (f *state) newHeader() headerBuilder {
	values := 0
	for _, v := range f.author {
		values += len(v)
	}
	own := f.countOwn()
	b := newHeaderBuilder(len(f.author)+own, values+own)
	for name, v := range f.author {
		b.set(name, v...)
	}
	if !b.has("Accept") {
		b.set("Accept", f.params.accept())
	}
	if f.env != nil && len(f.env.Languages) > 0 && !b.has("Accept-Language") {
		b.set("Accept-Language", acceptLanguage(f.env.Languages))
	}
	return b
}

// countOwn returns how many headers the engine is going to add to the author's,
// about: a map of up to eight is much cheaper than one that has room for more.
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
	if b.has("Range") {
		// A part of an encoded response could not be decoded.
		b.set("Accept-Encoding", "identity")
	} else {
		b.set("Accept-Encoding", f.client.codings)
	}
	if f.client.UserAgent != "" && !b.has("User-Agent") {
		b.set("User-Agent", f.client.UserAgent)
	}
}
