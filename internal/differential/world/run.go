package world

import (
	"fmt"
	"strings"
	"sync"

	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// runPrefix is the first segment of the paths of all runs.
const runPrefix = "/r/"

// A Run is a scenario while somebody runs it, under paths of its own. It is safe
// for concurrent use.
type Run struct {
	Names scenario.Names

	world     *World
	scenario  *scenario.Scenario
	resources map[string]*resource // by place and path, as in templates

	mu       sync.Mutex
	received []Request
}

// A resource is one of a scenario, with the number of answers given.
type resource struct {
	*scenario.Resource
	preflights, others int
}

// A Request is what a server has received.
type Request struct {
	Method    string
	URL       string            // absolute
	Header    map[string]string // names in lowercase, lines combined with ", ", without Host
	Body      string
	Preflight bool
}

// Begin makes the resources of a scenario available. The caller has to End the
// run.
func (w *World) Begin(s *scenario.Scenario) *Run {
	id := fmt.Sprintf("%08x", w.last.Add(1)) // of one length, lest it show in Content-Length
	r := &Run{
		Names:     scenario.Names{Origins: w.Origins, Run: runPrefix + id},
		world:     w,
		scenario:  s,
		resources: make(map[string]*resource),
	}
	for i := range s.Servers {
		res := &s.Servers[i]
		r.resources[string(res.At)+":"+res.Path] = &resource{Resource: res}
	}
	w.runs.Store(id, r)
	return r
}

// End makes the resources unavailable again.
func (r *Run) End() { r.world.runs.Delete(strings.TrimPrefix(r.Names.Run, runPrefix)) }

// Received returns what the servers have received since the last call, in the
// order of arrival.
func (r *Run) Received() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.received
	r.received = nil
	return got
}

// answer keeps a request and returns the answer to it, or nil if there is no such
// resource.
func (r *Run) answer(at scenario.Place, path string, q Request) *scenario.Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received = append(r.received, q)
	res := r.resources[string(at)+":"+path]
	if res == nil {
		return nil
	}
	if q.Preflight && len(res.Preflight) > 0 {
		res.preflights++
		return &res.Preflight[min(res.preflights, len(res.Preflight))-1]
	}
	res.others++
	return &res.Answer[min(res.others, len(res.Answer))-1]
}
