package main

import (
	"net/http"
	"net/http/cookiejar"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/corp"
	"github.com/corsengine/corsengine/internal/decode"
	"github.com/corsengine/corsengine/internal/sri"
)

// The headers that say what a response may be used for.
const (
	resourcePolicy = "Cross-Origin-Resource-Policy"
	contentType    = "Content-Type"
	typeOptions    = "X-Content-Type-Options"
)

// A corpCheck is one cross-origin resource policy check. Package fetch makes the
// same one for each response that the page may use but not read.
type corpCheck struct {
	URL            string `json:"url"`
	Origin         string `json:"origin"`
	AnswerOrigin   string `json:"answerOrigin"`
	ResourcePolicy string `json:"resourcePolicy"`
	EmbedderPolicy string `json:"embedderPolicy"`
	Credentials    bool   `json:"credentials"`
	Outcome        string `json:"outcome"`

	verdict corp.Verdict
}

// suffixes is the list that package fetch consults by default.
var suffixes cookiejar.PublicSuffixList = publicsuffix.List

func newCORPCheck(o *options, i fetch.ResponseInfo) corpCheck {
	value, _ := header.Get(i.Header, resourcePolicy)
	c := corpCheck{
		URL:            i.URL,
		Origin:         o.origin.String(),
		AnswerOrigin:   originOf(i.URL),
		ResourcePolicy: value,
		EmbedderPolicy: o.embedder().String(),
		Credentials:    i.Credentials,
		Outcome:        allowed,
	}
	if c.verdict = c.check(o, i.Header); c.verdict.Blocked() {
		c.Outcome = refused
	}
	return c
}

// check performs the check for a response with the header h.
func (c *corpCheck) check(o *options, h http.Header) corp.Verdict {
	return corp.Check(suffixes, tuple(o.origin), o.embedder(), corp.Response{
		Header:              h,
		Origin:              c.AnswerOrigin,
		IncludesCredentials: c.Credentials,
	}, false)
}

// tuple returns the serialization of o, or "" if it is opaque: "null" is nobody's.
func tuple(o fetch.Origin) string {
	if o.Opaque() {
		return ""
	}
	return o.String()
}

// originOf returns the serialized origin of a URL that package fetch has written.
func originOf(rawURL string) string {
	u, err := fetch.ParseURL(nil, rawURL)
	if err != nil {
		return "null"
	}
	return fetch.OriginOf(u).String()
}

// A typeCheck says whether a response has a MIME type that its destination
// allows.
type typeCheck struct {
	Destination string `json:"destination"`
	ContentType string `json:"contentType"`
	Nosniff     bool   `json:"nosniff"`
	Outcome     string `json:"outcome"`
}

// newTypeCheck returns the check for a response with the header h, or nil if the
// destination takes all types.
func newTypeCheck(destination fetch.Destination, h http.Header) *typeCheck {
	if fittingType(destination) == "" {
		return nil
	}
	value, _ := header.Get(h, contentType)
	c := &typeCheck{Destination: string(destination), ContentType: value, Nosniff: header.Nosniff(h), Outcome: allowed}
	if header.Blocked(h, c.Destination) {
		c.Outcome = refused
	}
	return c
}

// fittingType returns a MIME type that is right for a destination in any case, or
// "" if all are.
//
// See https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?.
func fittingType(d fetch.Destination) string {
	switch d {
	case "audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker":
		return "text/javascript"
	case "style":
		return "text/css"
	}
	return ""
}

// An integrityCheck compares the digest of a body with those that the page wants.
type integrityCheck struct {
	Wanted  string `json:"wanted"`
	Seen    string `json:"seen"`
	Outcome string `json:"outcome"`
}

// newIntegrityCheck returns the check for the digest seen, which is "" if there is
// no body that may be looked at.
func newIntegrityCheck(o *options, seen, outcome string) *integrityCheck {
	return &integrityCheck{Wanted: sri.Parse(o.integrity).String(), Seen: seen, Outcome: outcome}
}

// keepaliveLimit is how many bytes of bodies the keepalive requests of a page may
// have under way.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
const keepaliveLimit = 64 << 10

// A keepaliveCheck compares the length of the request's body with the limit.
type keepaliveCheck struct {
	Bytes   int64  `json:"bytes"`
	Limit   int64  `json:"limit"`
	Outcome string `json:"outcome"`
}

// newKeepaliveCheck returns the check, or nil if the page does not ask for
// keepalive.
func newKeepaliveCheck(o *options) *keepaliveCheck {
	if !o.keepalive {
		return nil
	}
	c := &keepaliveCheck{Bytes: o.bodySize(), Limit: keepaliveLimit, Outcome: allowed}
	if c.Bytes > c.Limit {
		c.Outcome = refused
	}
	return c
}

// codingLeft returns the Content-Encoding of h if it is not undone, because the
// request does not offer it, or "".
func codingLeft(h http.Header) string {
	if codings, ok := decode.Codings(h); ok && decode.Supported(codings, nil) {
		return ""
	}
	value, _ := header.Get(h, "Content-Encoding")
	return value
}
