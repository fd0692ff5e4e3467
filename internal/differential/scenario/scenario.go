// Package scenario describes what a page does and how servers answer, so that
// the same can be run by a browser and by the engine.
package scenario

import "strings"

// A Scenario is a page, the cookies of its browser, what the page fetches one
// after the other, and the servers' side of it.
//
// Strings that name places in it are templates, see [Names].
type Scenario struct {
	Name    string
	Source  string // of what makes it interesting: an anchor of a standard, a path in web-platform-tests, or our own reasoning
	Page    Page
	Cookies []Cookie
	Fetches []Fetch
	Servers []Resource
}

// A Place is an origin that servers listen on.
type Place string

// The places, seen from the page that most scenarios have, which is at App.
const (
	App      Place = "app"      // https, the origin of the page
	API      Place = "api"      // https, another host of the same site
	Port     Place = "port"     // https, the page's host on another port
	Far      Place = "far"      // https, another site
	PlainApp Place = "plainapp" // http, the page's host
	PlainAPI Place = "plainapi" // http, another host of the page's schemeless site
	PlainFar Place = "plainfar" // http, another site
	Local    Place = "local"    // http on localhost: another site, trustworthy
	IP       Place = "ip"       // http on 127.0.0.1: another site, trustworthy
)

// A Page is a document that has been loaded from a server.
type Page struct {
	At             Place  // where it is; "" means App
	ReferrerPolicy string // its Referrer-Policy header; "" means none
	EmbedderPolicy string // its Cross-Origin-Embedder-Policy header; "" means none
	Sandboxed      bool   // it has an opaque origin
}

// Place returns where the page is.
func (p Page) Place() Place {
	if p.At == "" {
		return App
	}
	return p.At
}

// A Cookie is one that the browser has from an earlier visit to a place. Its path
// is the scenario's.
type Cookie struct {
	At       Place
	Name     string
	Value    string
	SameSite string // "none", "lax" or "strict"
	Secure   bool
	HTTPOnly bool
}

// A Fetch is a call of fetch(). Zero fields are members that its RequestInit does
// not have.
type Fetch struct {
	URL            string
	Method         string
	Header         []Field
	Body           Body
	Mode           string
	Credentials    string
	Redirect       string
	Referrer       string // "no-referrer" for none at all
	ReferrerPolicy string
	Cache          string
	Integrity      string
	Keepalive      bool
}

// A Body is what a page passes as body.
type Body struct {
	Kind BodyKind
	Text string
}

// A BodyKind is a type of objects that can be a body.
type BodyKind string

// The kinds of bodies. The zero one is no body.
const (
	NoBody BodyKind = ""
	String BodyKind = "string"
	Bytes  BodyKind = "bytes" // a Uint8Array
	Form   BodyKind = "form"  // URLSearchParams; the text is what they serialize to
)

// ReferrerPolicies are the values that Fetch.ReferrerPolicy and Page.ReferrerPolicy
// can have. It must not be modified.
var ReferrerPolicies = []string{
	"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
	"strict-origin-when-cross-origin", "unsafe-url",
}

// A Field is a header field line.
type Field struct{ Name, Value string }

// Lines returns the values that a header has in a list of lines.
func Lines(header []Field, name string) []string {
	var values []string
	for _, f := range header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// A Resource is what a server has at a path.
type Resource struct {
	At   Place
	Path string // a single segment, without slash
	// Preflight has the answers to its preflights, one after the other; the last
	// one repeats. If it is empty, Answer is used.
	Preflight []Answer
	Answer    []Answer // to all other requests, in the same way
}

// An Answer is a server's response. Servers add a Content-Length and
// "Cache-Control: no-store" to it, and no Date.
type Answer struct {
	Status int // 0 means 200
	Header []Field
	Body   string
	Gzip   bool // the body is compressed; Content-Encoding says so
}
