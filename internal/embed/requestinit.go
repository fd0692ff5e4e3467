package embed

import (
	"net/http"

	"github.com/dop251/goja"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// newRequest is the constructor of Request. It takes a URL or a Request.
//
// The string members of RequestInit that decide about access go through the
// parsers of package fetch, so that no string of a script's becomes a privileged
// mode.
//
// Deviation: A body cannot be a stream. Such a request cannot follow every redirect,
// and needs a preflight and HTTP/2; what a script would gain is to send more than
// it has in memory. priority and duplex are checked and have no effect: requests
// are not scheduled.
//
// See https://fetch.spec.whatwg.org/#dom-request.
func (p *Page) newRequest(input, initValue goja.Value) *request {
	r := &request{method: http.MethodGet}
	list := make(http.Header)
	var source *request
	var signal *abortSignal
	if from, ok := p.classes.request.of(input); ok {
		source, signal = from, from.signal
		r.method, r.url, r.params = from.method, from.url, from.params
		list = from.headers.list.Clone()
	} else {
		u, err := fetch.ParseURL(p.options.Environment.URL, p.scalar(input))
		if err != nil {
			panic(p.vm.NewTypeError("%s is not a URL", quote(p.scalar(input))))
		}
		if u.User != nil {
			panic(p.vm.NewTypeError("%s has a username or password", quote(p.scalar(input))))
		}
		r.url = u
		r.params.Environment = p.options.Environment
	}

	init := p.dictionary(initValue, "RequestInit", requestInitMembers...)
	if v, ok := init["window"]; ok && !goja.IsNull(v) {
		panic(p.vm.NewTypeError("window can only be set to null"))
	}
	if len(init) > 0 {
		r.params.Referrer, r.params.ReferrerPolicy = "", ""
	}
	p.setParams(r, init)
	if v, ok := init["method"]; ok {
		r.method = p.byteString(v)
		if !header.ValidName(r.method) || fetch.ForbiddenMethod(r.method) {
			panic(p.vm.NewTypeError("%s is not a method that a script may set", quote(r.method)))
		}
		r.method = fetch.NormalizeMethod(r.method)
	}
	if v, ok := init["signal"]; ok {
		signal = nil
		if !goja.IsNull(v) {
			signal = p.classes.abortSignal.this(v)
		}
	}
	if signal != nil {
		r.signal = p.dependentSignal(signal)
	} else {
		r.signal = p.newSignal()
	}
	p.setHeaders(r, init, list)
	p.setBody(r, init, source)
	return r
}

// requestInitMembers are the members of RequestInit.
var requestInitMembers = []string{"body", "cache", "credentials", "duplex", "headers", "integrity", "keepalive",
	"method", "mode", "priority", "redirect", "referrer", "referrerPolicy", "signal", "window"}

// setParams sets what has become a field of the Params.
func (p *Page) setParams(r *request, init dictionary) {
	if v, ok := init["referrer"]; ok {
		r.params.Referrer = p.referrer(p.scalar(v))
	}
	if v, ok := init["referrerPolicy"]; ok {
		r.params.ReferrerPolicy = fetch.ReferrerPolicy(p.enum(v, "referrer policy",
			"", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
			"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"))
	}
	if v, ok := init["mode"]; ok {
		r.params.Mode = parsed(p, v, "request mode", fetch.ParseMode)
	}
	if v, ok := init["credentials"]; ok {
		r.params.Credentials = parsed(p, v, "credentials mode", fetch.ParseCredentials)
	}
	if v, ok := init["cache"]; ok {
		r.params.Cache = parsed(p, v, "cache mode", fetch.ParseCache)
	}
	if r.params.Cache == fetch.CacheOnlyIfCached && r.params.Mode != fetch.ModeSameOrigin {
		panic(p.vm.NewTypeError("cache mode 'only-if-cached' needs mode 'same-origin'"))
	}
	if v, ok := init["redirect"]; ok {
		r.params.Redirect = parsed(p, v, "redirect mode", fetch.ParseRedirect)
	}
	if v, ok := init["integrity"]; ok {
		r.params.Integrity = p.scalar(v)
	}
	if v, ok := init["keepalive"]; ok {
		r.params.Keepalive = v.ToBoolean()
	}
	if v, ok := init["priority"]; ok {
		p.enum(v, "priority", "high", "low", "auto")
	}
	if v, ok := init["duplex"]; ok {
		p.enum(v, "duplex", "half")
	}
}

// referrer converts the member of that name to a field of the Params.
func (p *Page) referrer(s string) string {
	if s == "" {
		return fetch.NoReferrer
	}
	u, err := fetch.ParseURL(p.options.Environment.URL, s)
	if err != nil {
		panic(p.vm.NewTypeError("%s is not a URL", quote(s)))
	}
	if fetch.OriginOf(u) != p.options.Environment.Origin { // about:client is of an opaque one
		return ""
	}
	return u.String()
}

// setHeaders makes the Headers object of r out of list, unless init has headers.
func (p *Page) setHeaders(r *request, init dictionary, list http.Header) {
	g := guardRequest
	if r.params.Mode == fetch.ModeNoCORS {
		switch r.method {
		case http.MethodGet, http.MethodHead, http.MethodPost:
		default:
			panic(p.vm.NewTypeError("%s is not a method for mode 'no-cors'", quote(r.method)))
		}
		g = guardRequestNoCORS
	}
	if len(init) == 0 {
		r.headers = p.newHeaders(g, list)
		return
	}
	r.headers = p.newHeaders(g, make(http.Header))
	v, ok := init["headers"]
	if given, isHeaders := p.classes.headers.of(v); isHeaders {
		list = given.list
	} else if ok {
		r.headers.fill(v)
		return
	}
	for _, pair := range sortAndCombine(list) {
		for _, value := range list.Values(pair.name) {
			r.headers.append(pair.name, value)
		}
	}
}

// setBody makes the body of r out of init's, or else takes that of source.
func (p *Page) setBody(r *request, init dictionary, source *request) {
	v, given := init["body"]
	given = given && !goja.IsNull(v)
	inherited := source != nil && source.body != nil
	if (given || inherited) && (r.method == http.MethodGet || r.method == http.MethodHead) {
		panic(p.vm.NewTypeError("a request with method %s has no body", r.method))
	}
	switch {
	case given:
		var contentType string
		r.body, contentType = p.extract(v)
		if !r.body.known {
			panic(p.vm.NewTypeError("the body of a request cannot be a stream here"))
		}
		if _, ok := header.Get(r.headers.list, "Content-Type"); !ok && contentType != "" {
			r.headers.append("Content-Type", contentType)
		}
	case inherited:
		if unusable(source) {
			panic(p.vm.NewTypeError("the body has been read from or is locked"))
		}
		r.body = source.body.proxy()
	}
}
