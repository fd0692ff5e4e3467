// Package shrink reduces a scenario to what matters in it.
package shrink

import (
	"slices"

	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// Shrink returns the smallest scenario it finds for which keep is true, as it has
// to be for s. It leaves out one thing after the other, and the whole list of
// candidates again until nothing more can go. keep may be slow; limit bounds how
// often it is called.
func Shrink(s scenario.Scenario, limit int, keep func(*scenario.Scenario) bool) scenario.Scenario {
	for progress := true; progress && limit > 0; {
		progress = false
		for i := 0; limit > 0; {
			smaller, ok := candidate(&s, i)
			if !ok {
				break
			}
			if smaller == nil {
				i++
				continue
			}
			limit--
			if keep(smaller) {
				s, progress = *smaller, true
				continue // what was number i+1 is number i now
			}
			i++
		}
	}
	return s
}

// candidate returns s with its reduction number i, or nil if that one changes
// nothing. ok is false if there are no more.
func candidate(s *scenario.Scenario, i int) (smaller *scenario.Scenario, ok bool) {
	c := clone(s)
	n := 0
	this := func() bool {
		n++
		return n == i+1
	}
	for k := range c.Fetches {
		if this() {
			if len(c.Fetches) == 1 {
				return nil, true
			}
			c.Fetches = slices.Delete(c.Fetches, k, k+1)
			return c, true
		}
	}
	if done, out := reduceList(&c.Servers, this); done {
		return keepIf(out, c), true
	}
	if done, out := reduceList(&c.Cookies, this); done {
		return keepIf(out, c), true
	}
	for k := range c.Fetches {
		if done, changed := reduceFetch(&c.Fetches[k], this); done {
			return keepIf(changed, c), true
		}
	}
	for k := range c.Servers {
		for _, answers := range []*[]scenario.Answer{&c.Servers[k].Preflight, &c.Servers[k].Answer} {
			if done, changed := reduceList(answers, this); done {
				return keepIf(changed && len(c.Servers[k].Answer) > 0, c), true
			}
			for j := range *answers {
				if done, changed := reduceAnswer(&(*answers)[j], this); done {
					return keepIf(changed, c), true
				}
			}
		}
	}
	for _, field := range []*string{&c.Page.ReferrerPolicy, &c.Page.EmbedderPolicy} {
		if this() {
			return keepIf(reset(field), c), true
		}
	}
	if this() {
		return keepIf(reset(&c.Page.Sandboxed), c), true
	}
	if this() {
		return keepIf(reset(&c.Page.At), c), true
	}
	return nil, false
}

func keepIf(changed bool, c *scenario.Scenario) *scenario.Scenario {
	if !changed {
		return nil
	}
	return c
}

// reduceList removes an element.
func reduceList[T any](list *[]T, this func() bool) (done, changed bool) {
	for k := range *list {
		if this() {
			*list = slices.Delete(*list, k, k+1)
			return true, true
		}
	}
	return false, false
}

func reduceFetch(f *scenario.Fetch, this func() bool) (done, changed bool) {
	if done, changed := reduceList(&f.Header, this); done {
		return true, changed
	}
	if this() {
		return true, reset(&f.Body)
	}
	if this() {
		return true, reset(&f.Keepalive)
	}
	for _, field := range []*string{
		&f.Method, &f.Mode, &f.Credentials, &f.Redirect, &f.Referrer, &f.ReferrerPolicy, &f.Cache, &f.Integrity,
	} {
		if this() {
			return true, reset(field)
		}
	}
	return false, false
}

func reduceAnswer(a *scenario.Answer, this func() bool) (done, changed bool) {
	if done, changed := reduceList(&a.Header, this); done {
		return true, changed
	}
	if this() {
		return true, reset(&a.Gzip)
	}
	if this() {
		return true, reset(&a.Body)
	}
	if this() {
		return true, reset(&a.Status)
	}
	return false, false
}

// reset sets a value to zero and reports whether that changed it.
func reset[T comparable](v *T) bool {
	var zero T
	changed := *v != zero
	*v = zero
	return changed
}

func clone(s *scenario.Scenario) *scenario.Scenario {
	c := *s
	c.Cookies = slices.Clone(s.Cookies)
	c.Fetches = slices.Clone(s.Fetches)
	for i := range c.Fetches {
		c.Fetches[i].Header = slices.Clone(c.Fetches[i].Header)
	}
	c.Servers = slices.Clone(s.Servers)
	for i := range c.Servers {
		c.Servers[i].Preflight = cloneAnswers(c.Servers[i].Preflight)
		c.Servers[i].Answer = cloneAnswers(c.Servers[i].Answer)
	}
	return &c
}

func cloneAnswers(answers []scenario.Answer) []scenario.Answer {
	answers = slices.Clone(answers)
	for i := range answers {
		answers[i].Header = slices.Clone(answers[i].Header)
	}
	return answers
}
