package census

import (
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/cors"
)

// A kind is what the name of a response header alone says about it. The kinds up
// to safelisted are those of which there is nothing to note but the name.
type kind uint8

const (
	ordinary   kind = iota
	safelisted      // a CORS-safelisted response-header name
	unknown
	forbidden // hidden from pages, and not looked for
	lookedFor // the Name 0, and from there on the others
)

// usual returns the kind of a header that most responses consist of, in canonical
// form, as is decided without a look at each byte; otherwise it is unknown. To
// leave one out costs time only.
func usual(name string) kind {
	switch name {
	case "Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma":
		return safelisted
	case "Accept-Ranges", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Max-Age",
		"Age", "Alt-Svc", "Connection", "Content-Security-Policy", "Cross-Origin-Resource-Policy", "Date", "Etag",
		"Keep-Alive", "Link", "Referrer-Policy", "Server", "Strict-Transport-Security", "Vary", "Via",
		"X-Content-Type-Options", "X-Frame-Options", "X-Powered-By", "X-Request-Id", "X-Xss-Protection":
		return ordinary
	case cors.AllowOrigin:
		return lookedFor + kind(AllowOrigin)
	case cors.AllowCredentials:
		return lookedFor + kind(AllowCredentials)
	case cors.ExposeHeaders:
		return lookedFor + kind(ExposeHeaders)
	case "Timing-Allow-Origin":
		return lookedFor + kind(TimingAllowOrigin)
	case "Content-Encoding":
		return lookedFor + kind(ContentEncoding)
	case "Set-Cookie":
		return lookedFor + kind(SetCookie)
	}
	return unknown
}

// kindOf returns the kind of a name in any letter case.
func kindOf(name string) kind {
	k := usual(name)
	if k == unknown {
		k = unusual(name)
	}
	return k
}

// unusual is kindOf by a look at each byte.
func unusual(name string) kind {
	// The names looked for differ in length.
	for n, want := range canonical {
		if len(name) == len(want) && asciix.EqualFold(name, want) {
			return lookedFor + kind(n)
		}
	}
	switch {
	case header.ForbiddenResponseName(name), !header.ValidName(name):
		return forbidden
	case header.SafelistedResponseName(name):
		return safelisted
	}
	return ordinary
}

// hidden reports whether no page may see a header of the kind.
func (k kind) hidden() bool { return k == forbidden || k == lookedFor+kind(SetCookie) }

// Hidden reports whether no page may see a response header of the given name: a
// forbidden response-header name, or what is no name and so in no header list,
// such as "Set-Cookie " with a space, which net/http passes on.
//
// See https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func Hidden(name string) bool { return kindOf(name).hidden() }
