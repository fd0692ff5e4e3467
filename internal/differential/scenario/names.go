package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Places are all places, in the order of their declaration.
var Places = []Place{App, API, Port, Far, PlainApp, PlainAPI, PlainFar, Local, IP}

// Names gives the names in the templates of a scenario their values:
//
//	{far}       the origin of Far, as in Access-Control-Allow-Origin
//	{far:a}     the URL of the resource "a" of this scenario there
//	{far.host}  host and port of Far
//	{run}       the path in front of all resources of this scenario, without a slash at its end
//
// A brace that does not begin one of these stands for itself.
type Names struct {
	Origins map[Place]string // serialized
	Run     string
}

// Expand returns template with the values of its names.
func (n Names) Expand(template string) string {
	if !strings.Contains(template, "{") {
		return template
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, found := strings.Cut(rest, "}")
		value, ok := n.value(name)
		if !found || !ok {
			b.WriteByte('{')
			template = rest
			continue
		}
		b.WriteString(value)
		template = after
	}
}

func (n Names) value(name string) (value string, ok bool) {
	if name == "run" {
		return n.Run, true
	}
	if place, path, found := strings.Cut(name, ":"); found {
		origin, ok := n.Origins[Place(place)]
		return origin + n.Run + "/" + path, ok
	}
	if place, found := strings.CutSuffix(name, ".host"); found {
		_, host, ok := strings.Cut(n.Origins[Place(place)], "://")
		return host, ok
	}
	value, ok = n.Origins[Place(name)]
	return value, ok
}

// Symbolic undoes Expand as far as it can, so that what is observed in different
// runs can be compared.
func (n Names) Symbolic(s string) string {
	for _, p := range Places {
		origin, ok := n.Origins[p]
		if !ok {
			continue
		}
		s = strings.ReplaceAll(s, origin+n.Run+"/", "{"+string(p)+":}")
		s = strings.ReplaceAll(s, origin, "{"+string(p)+"}")
		if _, host, ok := strings.Cut(origin, "://"); ok {
			s = strings.ReplaceAll(s, host, "{"+string(p)+".host}")
		}
	}
	return strings.ReplaceAll(s, n.Run, "{run}")
}

// HasCookies reports whether a browser may have cookies of the scenario.
func (s *Scenario) HasCookies() bool {
	set := func(a Answer) bool { return len(Lines(a.Header, "Set-Cookie")) > 0 }
	return len(s.Cookies) > 0 || slices.ContainsFunc(s.Servers, func(r Resource) bool {
		return slices.ContainsFunc(r.Preflight, set) || slices.ContainsFunc(r.Answer, set)
	})
}

// Check reports what is wrong with a scenario itself, such as two resources of one
// name.
func (s *Scenario) Check() error {
	if s.Name == "" || s.Source == "" {
		return fmt.Errorf("scenario %q: no name or no source", s.Name)
	}
	if len(s.Fetches) == 0 {
		return fmt.Errorf("scenario %q: no fetches", s.Name)
	}
	type key struct {
		at   Place
		path string
	}
	seen := make(map[key]bool)
	for _, r := range s.Servers {
		k := key{r.At, r.Path}
		switch {
		case !slices.Contains(Places, r.At):
			return fmt.Errorf("scenario %q: no place %q", s.Name, r.At)
		case r.Path == "" || strings.ContainsAny(r.Path, "/?#%"):
			return fmt.Errorf("scenario %q: %q is not a single segment", s.Name, r.Path)
		case len(r.Answer) == 0:
			return fmt.Errorf("scenario %q: no answer at %s:%s", s.Name, r.At, r.Path)
		case seen[k]:
			return fmt.Errorf("scenario %q: %s:%s is there twice", s.Name, r.At, r.Path)
		}
		seen[k] = true
	}
	for _, c := range s.Cookies {
		if !slices.Contains(Places, c.At) || !slices.Contains([]string{"none", "lax", "strict"}, c.SameSite) {
			return fmt.Errorf("scenario %q: the cookie %q has no place or no SameSite", s.Name, c.Name)
		}
	}
	return nil
}
