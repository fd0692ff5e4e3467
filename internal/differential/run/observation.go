// Package run runs scenarios, in browsers and in the engine.
package run

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/world"
)

// A Runner runs scenarios.
type Runner interface {
	// Name returns "engine" or the name of a browser.
	Name() string
	// Run runs s. It is safe for concurrent use. An error means that there is no
	// observation, not that a fetch failed.
	Run(ctx context.Context, s *scenario.Scenario) (*Observation, error)
}

// An Observation is what happened in a scenario: an Exchange for each fetch. All
// URLs in it are symbolic.
type Observation struct {
	Exchanges []Exchange
}

// An Exchange is what happened in a fetch.
type Exchange struct {
	Requests []world.Request // as the servers received them
	Seen     Seen
}

// Seen is what a page learns from a fetch.
type Seen struct {
	Failed     string            `json:"failed,omitempty"` // the name of the exception, if any; all else is empty then
	Type       string            `json:"type,omitempty"`
	Status     int               `json:"status,omitempty"`
	StatusText string            `json:"statusText,omitempty"`
	URL        string            `json:"url,omitempty"`
	Redirected bool              `json:"redirected,omitempty"`
	Header     map[string]string `json:"header,omitempty"` // readable ones, names in lowercase
	Body       string            `json:"body,omitempty"`
	BodyFailed bool              `json:"bodyFailed,omitempty"` // reading it did not succeed
}

// notCompared are request headers that are a matter of taste, or of another
// standard than Fetch.
var notCompared = []string{
	"connection", "accept-encoding", "priority", "dnt", "sec-gpc", "te", "upgrade-insecure-requests",
	"sec-fetch-storage-access", "alt-used",
}

// anyValue are request headers that each browser has a value of its own for,
// unless the page has set it.
var anyValue = []string{"user-agent", "accept-language"}

// exchange returns what is compared of a fetch.
func exchange(r *world.Run, f *scenario.Fetch, requests []world.Request, seen Seen) Exchange {
	for i := range requests {
		q := &requests[i]
		q.URL = r.Names.Symbolic(q.URL)
		maps.DeleteFunc(q.Header, func(name, _ string) bool {
			return slices.Contains(notCompared, name) || strings.HasPrefix(name, "sec-ch-")
		})
		for name, value := range q.Header {
			if slices.Contains(anyValue, name) && !slices.Contains(scenario.Lines(f.Header, name), value) {
				delete(q.Header, name)
				continue
			}
			q.Header[name] = r.Names.Symbolic(value)
		}
		if cookies, ok := q.Header["cookie"]; ok {
			pairs := strings.Split(cookies, "; ")
			slices.Sort(pairs)
			q.Header["cookie"] = strings.Join(pairs, "; ")
		}
	}
	seen.URL = r.Names.Symbolic(seen.URL)
	for name, value := range seen.Header {
		seen.Header[name] = r.Names.Symbolic(value)
	}
	return Exchange{Requests: requests, Seen: seen}
}
