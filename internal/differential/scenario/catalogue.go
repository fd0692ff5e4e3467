package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Catalogue returns the scenarios that are written by hand: the border cases that
// are known, each with the source that makes it one.
//
// None of them says what has to happen; that is the browsers' part.
func Catalogue() []Scenario {
	return slices.Concat(
		checkScenarios(),
		preflightScenarios(),
		preflightRequestScenarios(),
		cacheScenarios(),
		methodScenarios(),
		headerScenarios(),
		safelistScenarios(),
		redirectScenarios(),
		taintScenarios(),
		locationScenarios(),
		credentialsScenarios(),
		modeScenarios(),
		policyScenarios(),
		exposeScenarios(),
		referrerScenarios(),
		originScenarios(),
		integrityScenarios(),
		responseScenarios(),
		trustScenarios(),
		foundScenarios(),
	)
}

// fetchAnchor is in front of the anchors of the Fetch standard.
const fetchAnchor = "https://fetch.spec.whatwg.org/#"

// The header names that most scenarios have.
const (
	acao = "Access-Control-Allow-Origin"
	acac = "Access-Control-Allow-Credentials"
	acam = "Access-Control-Allow-Methods"
	acah = "Access-Control-Allow-Headers"
	acma = "Access-Control-Max-Age"
	aceh = "Access-Control-Expose-Headers"
)

// fields returns header field lines. Names and values take turns.
func fields(namesAndValues ...string) []Field {
	var all []Field
	for i := 0; i < len(namesAndValues); i += 2 {
		all = append(all, Field{namesAndValues[i], namesAndValues[i+1]})
	}
	return all
}

// reply returns an Answer. It has a body if its status may have one.
func reply(status int, header ...string) Answer {
	a := Answer{Status: status, Header: fields(header...)}
	if status >= 200 && !slices.Contains([]int{204, 205, 304}, status) {
		a.Body = "hello"
	}
	return a
}

// ok returns an Answer with status 200.
func ok(header ...string) Answer { return reply(200, header...) }

// allow returns an Answer with status 200 that allows an origin.
func allow(origin string, header ...string) Answer {
	return ok(slices.Concat([]string{acao, origin}, header)...)
}

// allowAll returns an Answer with status 200 that allows the page at App to do
// what is customary in the catalogue, also with credentials.
func allowAll(header ...string) Answer {
	return allow("{app}", slices.Concat([]string{
		acac, "true",
		acam, "PUT, DELETE, PATCH, OPTIONS",
		acah, "Authorization, Content-Type, X-A, X-B",
	}, header)...)
}

// redirectTo returns an Answer that redirects, without body.
func redirectTo(status int, location string, header ...string) Answer {
	return Answer{Status: status, Header: fields(slices.Concat([]string{"Location", location}, header)...)}
}

// serve returns a Resource that gives the same answers to preflights and to other
// requests.
func serve(at Place, path string, answers ...Answer) Resource {
	return Resource{At: at, Path: path, Answer: answers}
}

// servePreflighted returns a Resource that answers preflights with something else.
func servePreflighted(at Place, path string, preflight, answer Answer) Resource {
	return Resource{At: at, Path: path, Preflight: []Answer{preflight}, Answer: []Answer{answer}}
}

// pack makes few scenarios of many small ones, since it is the number of scenarios
// that takes time: those that have source, page and cookies in common are put
// together, up to four fetches. Each part keeps resources of its own, which are
// renamed; templates have to name them like {api:a}. The names of the result are a
// group and what each part is about.
func pack(group string, parts []Scenario) []Scenario {
	var all []Scenario
	var sizes []int // how many parts each of all has
	for _, p := range parts {
		i := slices.IndexFunc(all, func(s Scenario) bool {
			return s.Source == p.Source && s.Page == p.Page && reflect.DeepEqual(s.Cookies, p.Cookies) &&
				len(s.Fetches)+len(p.Fetches) <= 4
		})
		if i < 0 {
			p.Name = group + ": " + p.Name
			all, sizes = append(all, p), append(sizes, 1)
			continue
		}
		sizes[i]++
		p = renumbered(p, sizes[i])
		all[i].Name += "; " + p.Name
		all[i].Fetches = slices.Concat(all[i].Fetches, p.Fetches)
		all[i].Servers = slices.Concat(all[i].Servers, p.Servers)
	}
	return all
}

// renumbered returns s with n at the end of the path of each resource.
func renumbered(s Scenario, n int) Scenario {
	rename := func(template string) string {
		for _, r := range s.Servers {
			name := string(r.At) + ":" + r.Path
			template = strings.ReplaceAll(template, "{"+name+"}", fmt.Sprintf("{%s%d}", name, n))
		}
		return template
	}
	answers := func(old []Answer) []Answer {
		var all []Answer
		for _, a := range old {
			a.Header = slices.Clone(a.Header)
			for i := range a.Header {
				a.Header[i].Value = rename(a.Header[i].Value)
			}
			all = append(all, a)
		}
		return all
	}
	c := s
	c.Fetches, c.Servers = nil, nil
	for _, f := range s.Fetches {
		f.URL = rename(f.URL)
		c.Fetches = append(c.Fetches, f)
	}
	for _, r := range s.Servers {
		r.Path += fmt.Sprint(n)
		r.Preflight, r.Answer = answers(r.Preflight), answers(r.Answer)
		c.Servers = append(c.Servers, r)
	}
	return c
}
