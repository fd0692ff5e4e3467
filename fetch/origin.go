package fetch

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/weburl"
)

// An Origin is a web origin: a tuple or an opaque value. Origins are comparable
// with ==, which is the standard's "same origin", and usable as map keys. The
// zero Origin is invalid.
//
// See https://html.spec.whatwg.org/#concept-origin.
type Origin struct {
	tuple string  // ASCII serialization, "" if opaque
	id    *opaque // non-nil if opaque
}

// An opaque is the identity of an opaque origin.
type opaque struct {
	once sync.Once
	name string
}

// partition returns a name that no other opaque origin has, in this process or
// another one that shares a preflight cache with it.
func (o *opaque) partition() string {
	o.once.Do(func() { o.name = "opaque:" + rand.Text() })
	return o.name
}

// ParseOrigin parses an ASCII serialization such as "https://example.com:8443".
// Any scheme is accepted, so that a host application can give its pages an
// origin such as "wails://wails". "null" yields a new opaque origin.
//
// The host is canonicalized and a default port dropped, as happens to a page's
// URL. A path, even "/", makes it no origin. A "*" in the host is no wildcard.
//
// See https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin.
func ParseOrigin(s string) (Origin, error) {
	if s == "null" {
		return OpaqueOrigin(), nil
	}
	scheme, authority, ok := strings.Cut(s, "://")
	if !ok || scheme == "" || authority == "" {
		return Origin{}, fmt.Errorf("fetch: %q is no origin: want scheme://host or scheme://host:port", clip(s))
	}
	if i := strings.IndexAny(authority, "/\\?#@ \t\r\n"); i >= 0 {
		return Origin{}, fmt.Errorf("fetch: an origin has no %q in or behind its host: want scheme://host or scheme://host:port", authority[i])
	}
	u, err := weburl.Parse(s, nil)
	if err != nil {
		return Origin{}, fmt.Errorf("fetch: %q is no origin: %w", clip(s), err)
	}
	if u.Scheme() != asciix.Lower(scheme) {
		// The URL parser drops spaces in front, and takes "blob:https://h" for
		// a URL whose scheme is blob.
		return Origin{}, fmt.Errorf("fetch: %q is no scheme of an origin", clip(scheme))
	}
	if o := u.Origin(); o != "null" {
		return Origin{tuple: o}, nil
	}
	if u.Host() == "" || u.Scheme() == "file" {
		return Origin{}, fmt.Errorf("fetch: URLs like %q have opaque origins only", clip(s))
	}
	return Origin{tuple: tupleOf(u)}, nil
}

// MustParseOrigin is [ParseOrigin] for constants and tests; it panics on an
// error.
func MustParseOrigin(s string) Origin {
	o, err := ParseOrigin(s)
	if err != nil {
		panic(err)
	}
	return o
}

// OriginOf returns the origin of u: a tuple for http, https, ws, wss and ftp, and
// for blob with the http or https URL of the origin that made it, a new opaque
// origin for everything else, nil and what is no URL to a browser included.
//
// See https://url.spec.whatwg.org/#origin.
func OriginOf(u *url.URL) Origin {
	if w, err := weburl.FromNet(u); err == nil {
		if o := w.Origin(); o != "null" {
			return Origin{tuple: o}
		}
	}
	return OpaqueOrigin()
}

// OpaqueOrigin returns an origin that is same origin with itself only.
func OpaqueOrigin() Origin { return Origin{id: new(opaque)} }

// String returns the ASCII serialization; "null" if o is opaque, and "" for the
// zero Origin.
func (o Origin) String() string {
	if o.id != nil {
		return "null"
	}
	return o.tuple
}

// Opaque reports whether o is opaque.
func (o Origin) Opaque() bool { return o.id != nil }

func (o Origin) valid() bool { return o != Origin{} }

// ParseURL parses ref by the URL Standard, against base unless that is nil, and
// returns it in a form that net/http sends as a browser would, also where
// url.Parse refuses it ("http://h/%zz") or reads it differently ("http:\\\\h",
// "http://0x7f.1"). Embedders parse what scripts pass with it, and put the
// result into [net/http.Request.URL].
//
// A path that net/url cannot express is in Opaque, together with the host.
//
// See https://url.spec.whatwg.org/#concept-url-parser.
func ParseURL(base *url.URL, ref string) (*url.URL, error) {
	var b *weburl.URL
	if base != nil {
		w, err := weburl.FromNet(base)
		if err != nil {
			return nil, fmt.Errorf("fetch: base URL: %w", err)
		}
		b = &w
	}
	u, err := weburl.Parse(ref, b)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	return u.Net(), nil
}

var errNoURL = errors.New("the request has no URL")
