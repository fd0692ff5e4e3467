package fetchtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsengine/corsengine/header"
)

// The longest Access-Control-Max-Age that browsers honour.
const (
	chromiumMaxAge = 2 * time.Hour
	firefoxMaxAge  = 24 * time.Hour
)

// Warnings looks at the exchanges so far for what works, and is fragile all the same:
// each finding has Warning set, but for a response that is said to be cacheable and
// lacks Vary. It finds what single answers show; [Policy.Check] tries more.
func (n *Network) Warnings() []*Finding {
	var all findings
	exchanges := n.Exchanges()
	for _, x := range exchanges {
		all.warn(x)
	}
	all.vary(exchanges)
	return all.list
}

// findings is a list in which findings that are the same but for the request are
// one.
type findings struct {
	list   []*Finding
	index  map[string]*Finding
	probes map[string]bool // by key and text
}

// add adds the finding that build makes, unless there is one of the kind with the
// same key: then that gets the probes.
func (l *findings) add(kind Kind, key string, probes []Probe, build func() *Finding) {
	key = string(kind) + " " + key
	have := l.index[key]
	if have == nil {
		have = build()
		have.Kind = kind
		if l.index == nil {
			l.index, l.probes = make(map[string]*Finding), make(map[string]bool)
		}
		l.index[key] = have
		l.list = append(l.list, have)
	}
	for _, p := range probes {
		if text := key + " " + p.String(); !l.probes[text] {
			l.probes[text] = true
			have.Probes = append(have.Probes, p)
		}
	}
}

// warn adds the warnings about one exchange.
func (l *findings) warn(x Exchange) {
	origin, cors := header.Get(x.Header, "Origin")
	if !cors || x.ResponseHeader == nil {
		return
	}
	if allowed, _ := header.Get(x.ResponseHeader, allowOrigin); origin == "null" && allowed == "null" {
		l.add(KindNullAllowed, "", nil, func() *Finding {
			return &Finding{Warning: true, Story: tell(x),
				Message: "the server allows the origin null, which every page can have, in a sandboxed frame or after a redirect"}
		})
	}
	l.warnExpose(x)
	if x.Preflight {
		l.warnMaxAge(x)
		l.warnAuthorization(x)
	}
}

// warnExpose warns of lists that do not expose what they seem to.
func (l *findings) warnExpose(x Exchange) {
	const name = "Access-Control-Expose-Headers"
	names, err := header.Values(nil, x.ResponseHeader, name)
	if err != nil {
		value, _ := header.Get(x.ResponseHeader, name)
		l.add(KindExposeMalformed, value, nil, func() *Finding {
			return &Finding{Warning: true, Story: tell(x),
				Message: fmt.Sprintf("%s is %q, which is no list of names: nothing is exposed", name, clip(value))}
		})
		return
	}
	var good, bad []string
	for _, n := range names {
		if header.ForbiddenResponseName(n) {
			bad = append(bad, n)
		} else {
			good = append(good, n)
		}
	}
	if len(bad) == 0 {
		return
	}
	l.add(KindExposeForbidden, strings.Join(bad, ","), nil, func() *Finding {
		f := &Finding{Warning: true, Story: tell(x),
			Message: fmt.Sprintf("%s lists %s, which no page can read", name, strings.Join(bad, ", "))}
		if len(good) > 0 {
			f.Fix = []string{name + ": " + strings.Join(good, ", ")}
		}
		return f
	})
}

// warnMaxAge warns of ages that are not what they seem to be.
func (l *findings) warnMaxAge(x Exchange) {
	const name = "Access-Control-Max-Age"
	value, ok := header.Get(x.ResponseHeader, name)
	if !ok {
		return
	}
	message := ""
	seconds, ok := header.DeltaSeconds(x.ResponseHeader, name)
	switch {
	case !ok && header.Normalize(value) == "-1":
		return // long in use for "do not cache"; the standard reads five seconds
	case !ok:
		message = fmt.Sprintf("%s is %q, which is no number of seconds: browsers take it for five", name, clip(value))
	case seconds > int64(firefoxMaxAge/time.Second):
		message = fmt.Sprintf("%s is %d; Firefox honours 86400 seconds at most, Chromium 7200", name, seconds)
	case seconds > int64(chromiumMaxAge/time.Second):
		message = fmt.Sprintf("%s is %d; Chromium honours 7200 seconds at most", name, seconds)
	default:
		return
	}
	l.add(KindMaxAge, value, nil, func() *Finding {
		return &Finding{Warning: true, Message: message, Story: tell(x),
			Fix: []string{name + ": " + strconv.Itoa(int(chromiumMaxAge/time.Second))}}
	})
}

// warnAuthorization warns of a wildcard that stands for Authorization in some
// browsers only.
func (l *findings) warnAuthorization(x Exchange) {
	asked, _ := header.Values(nil, x.Header, "Access-Control-Request-Headers")
	granted, _ := header.Values(nil, x.ResponseHeader, allowHeaders)
	if !containsFold(asked, "authorization") || containsFold(granted, "authorization") || !slices.Contains(granted, "*") {
		return
	}
	l.add(KindWildcardAuthorization, "", nil, func() *Finding {
		return &Finding{Warning: true, Story: tell(x),
			Message: "Authorization is granted by * alone; by the standard it has to be listed, browsers only warn as yet",
			Fix:     []string{allowHeaders + ": " + strings.Join(append(granted, "Authorization"), ", ")}}
	})
}

// vary adds findings for URLs whose answers depend on Origin and do not say so to
// caches. Answers to preflights are not cached.
//
// See https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches.
func (l *findings) vary(all []Exchange) {
	first := make(map[string]Exchange) // by method and URL
	for _, x := range all {
		if x.ResponseHeader == nil || x.Method != http.MethodGet && x.Method != http.MethodHead {
			continue
		}
		key := x.String()
		one, ok := first[key]
		if !ok {
			first[key] = x
			continue
		}
		if lines(one, allowOrigin) == lines(x, allowOrigin) {
			continue
		}
		for _, y := range []Exchange{one, x} {
			if !variesByOrigin(y.ResponseHeader) {
				l.missingVary(one, x, y)
				break
			}
		}
	}
}

// missingVary adds the finding that the answers one and other differ and that
// without Vary is one of them.
func (l *findings) missingVary(one, other, without Exchange) {
	explicit, stored := cacheable(without.ResponseHeader)
	if !stored {
		return
	}
	vary, _ := header.Values(nil, without.ResponseHeader, "Vary")
	l.add(KindMissingVary, strconv.FormatBool(explicit)+without.Origin, []Probe{probeOf(without)}, func() *Finding {
		return &Finding{
			Warning: !explicit,
			Message: fmt.Sprintf("%s depends on the origin for %s, and Vary does not say so: a cache may give one page the answer to another", allowOrigin, without.URL),
			Fix:     []string{"Vary: " + strings.Join(append(vary, "Origin"), ", ")},
			Story:   tell(one, other),
		}
	})
}

func probeOf(x Exchange) Probe {
	origin, ok := header.Get(x.Header, "Origin")
	if !ok {
		origin = x.Origin
	}
	return Probe{Origin: origin, Method: x.Method, URL: x.URL}
}

// lines returns a header of the answer, told apart from an absent one.
func lines(x Exchange, name string) string {
	value, ok := header.Get(x.ResponseHeader, name)
	return strconv.FormatBool(ok) + value
}

func variesByOrigin(h http.Header) bool {
	names, _ := header.Values(nil, h, "Vary")
	return containsFold(names, "Origin") || slices.Contains(names, "*")
}

// cacheable reports whether a response may be stored, and whether it says so, by an
// age or a validator, so that caches do.
//
// See https://www.rfc-editor.org/rfc/rfc9111#section-3.
func cacheable(h http.Header) (explicit, stored bool) {
	for _, directive := range header.Split(nil, h, "Cache-Control") {
		name, _, _ := strings.Cut(strings.ToLower(directive), "=")
		switch name {
		case "no-store":
			return false, false
		case "max-age", "s-maxage", "public":
			explicit = true
		}
	}
	for _, name := range []string{"Expires", "Last-Modified", "Etag"} {
		if len(h[name]) > 0 {
			explicit = true
		}
	}
	return explicit, true
}

// tell writes what was asked and answered.
func tell(all ...Exchange) string {
	var b strings.Builder
	writeExchanges(&b, all)
	return b.String()
}
