// Package compare says in what the engine and browsers differ, and which of the
// differences are known.
package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/run"
)

// A Difference is a field of an exchange in which a browser and the engine differ.
type Difference struct {
	Browser string
	Fetch   int    // from 0
	Field   string // such as "status", or "request 2 origin"
	Engine  string // what the engine has, quoted, or "absent"
	Other   string // what the browser has, in the same way
	Alone   string // the runner that all others agree against, or ""
}

func (d Difference) String() string {
	s := fmt.Sprintf("fetch %d, %s: engine %s, %s %s", d.Fetch+1, d.Field, d.Engine, d.Browser, d.Other)
	if d.Alone != "" {
		s += " (" + d.Alone + " alone)"
	}
	return s
}

// Observations are those of one scenario, by the names of the runners.
type Observations map[string]*run.Observation

// Differences returns where the browsers differ from the engine, by browser and in
// the order in which things happen.
func Differences(all Observations) []Difference {
	var found []Difference
	engine := all[run.EngineName]
	for _, browser := range slices.Sorted(maps.Keys(all)) {
		if browser == run.EngineName {
			continue
		}
		for i := range engine.Exchanges {
			mine, its := fields(&engine.Exchanges[i]), fields(&all[browser].Exchanges[i])
			for _, name := range order(mine, its) {
				if mine.values[name] == its.values[name] {
					continue
				}
				d := Difference{Browser: browser, Fetch: i, Field: name, Engine: mine.get(name), Other: its.get(name)}
				d.Alone = alone(all, i, name)
				found = append(found, d)
			}
		}
	}
	return found
}

// alone returns the runner whose value of a field no other has, while the others
// have the same. That takes three of them.
func alone(all Observations, fetch int, field string) string {
	if len(all) < 3 {
		return ""
	}
	by := make(map[string][]string)
	for name, o := range all {
		f := fields(&o.Exchanges[fetch])
		by[f.get(field)] = append(by[f.get(field)], name)
	}
	if len(by) != 2 {
		return ""
	}
	for _, names := range by {
		if len(names) == 1 {
			return names[0]
		}
	}
	return ""
}

// A record has the fields of an exchange in order.
type record struct {
	names  []string
	values map[string]string // quoted
}

func (r *record) add(name, value string) {
	r.names = append(r.names, name)
	r.values[name] = strconv.Quote(value)
}

func (r *record) get(name string) string {
	if v, ok := r.values[name]; ok {
		return v
	}
	return "absent"
}

// FieldRequests and FieldOutcome are the fields that others depend on.
const (
	FieldRequests = "requests"
	FieldOutcome  = "outcome"
)

// FieldNames returns the names of the fields of an exchange.
func FieldNames(x *run.Exchange) []string { return fields(x).names }

func fields(x *run.Exchange) *record {
	r := &record{values: make(map[string]string)}
	var sequence []string
	for _, q := range x.Requests {
		sequence = append(sequence, q.Method+" "+q.URL)
	}
	r.add(FieldRequests, strings.Join(sequence, ", "))
	for i, q := range x.Requests {
		prefix := fmt.Sprintf("request %d ", i+1)
		for _, name := range slices.Sorted(maps.Keys(q.Header)) {
			r.add(prefix+name, q.Header[name])
		}
		r.add(prefix+"body", q.Body)
	}
	if x.Seen.Failed != "" {
		r.add(FieldOutcome, x.Seen.Failed)
		return r
	}
	r.add(FieldOutcome, x.Seen.Type)
	r.add("status", strconv.Itoa(x.Seen.Status))
	r.add("status text", x.Seen.StatusText)
	r.add("url", x.Seen.URL)
	r.add("redirected", strconv.FormatBool(x.Seen.Redirected))
	for _, name := range slices.Sorted(maps.Keys(x.Seen.Header)) {
		r.add("response "+name, x.Seen.Header[name])
	}
	if x.Seen.BodyFailed {
		r.add("body", "cannot be read")
	} else {
		r.add("body", x.Seen.Body)
	}
	return r
}

// order returns the fields in which two exchanges are compared. If other requests
// were made, their headers are not, nor the response to a fetch that failed for
// one of the two.
func order(a, b *record) []string {
	names := slices.Clone(a.names)
	for _, name := range b.names {
		if _, ok := a.values[name]; !ok {
			names = append(names, name)
		}
	}
	sameRequests := a.values[FieldRequests] == b.values[FieldRequests]
	sameOutcome := a.values[FieldOutcome] == b.values[FieldOutcome]
	return slices.DeleteFunc(names, func(name string) bool {
		switch {
		case name == FieldRequests, name == FieldOutcome:
			return false
		case strings.HasPrefix(name, "request "):
			return !sameRequests
		}
		return !sameOutcome
	})
}
