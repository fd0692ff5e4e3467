package valkeycache

import (
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// A model is what a Cache with a bound of names promises: a list of names for each
// key, the least recently stored first. A Memory will not do in its place, because
// of names that one preflight has listed it drops any.
type model struct {
	names int
	lists map[preflightcache.Key][]modelEntry
}

type modelEntry struct {
	kind        string
	name        string
	credentials bool
	expires     time.Duration
}

func (m *model) clear(k preflightcache.Key) { delete(m.lists, k) }

func (m *model) store(now time.Duration, k preflightcache.Key, credentials bool, g corscheck.Grant) {
	type listed struct{ kind, name string }
	var all []listed
	for _, name := range g.Methods {
		all = append(all, listed{"method", name})
	}
	for _, name := range g.Headers {
		all = append(all, listed{"header", strings.ToLower(name)})
	}
	if len(all) > m.names {
		all = all[:m.names]
		m.clear(k)
	}
	age := g.MaxAge
	if age < 0 {
		age = preflightcache.DefaultMaxAge
	}
	expires := now + min(age, 2*time.Hour)
	expired := func(e modelEntry) bool { return e.expires <= now }

	list := slices.DeleteFunc(m.lists[k], expired)
	for _, n := range all {
		for i, e := range list {
			// A match other than its own is shortened, and never prolonged.
			if e.kind == n.kind && (e.credentials || !credentials) && e.stands(n.name) {
				list[i].expires = min(e.expires, expires)
			}
		}
		own := func(e modelEntry) bool {
			return e.kind == n.kind && e.name == n.name && e.credentials == credentials
		}
		known := slices.ContainsFunc(list, own)
		if !known && (age == 0 || n.name == "" || len(n.name) > maxNameLen) {
			continue
		}
		list = slices.DeleteFunc(list, own)
		if len(list) == m.names {
			list = list[1:]
		}
		list = append(list, modelEntry{n.kind, n.name, credentials, expires})
	}
	m.lists[k] = slices.DeleteFunc(list, expired)
}

// stands reports whether e is for name or for every name.
func (e *modelEntry) stands(name string) bool {
	return e.name == name || e.name == "*" && (e.kind == "method" || name != "authorization")
}

// grants reports whether a preflight for name is saved, which is not empty.
func (m *model) grants(now time.Duration, k preflightcache.Key, credentials bool, kind, name string) bool {
	if kind == "header" {
		name = strings.ToLower(name)
	}
	return slices.ContainsFunc(m.lists[k], func(e modelEntry) bool {
		switch {
		case e.kind != kind || e.expires <= now:
			return false
		case credentials: // for which * is a name like others
			return e.credentials && e.name == name
		}
		return e.stands(name)
	})
}
