package run

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// A Recorded stands in for a browser: it has what one observed earlier.
type Recorded struct {
	Browser      string
	Version      string
	Observations map[string]*Observation // by the name of the scenario
}

// Name implements [Runner].
func (r *Recorded) Name() string { return r.Browser }

// Run implements [Runner].
func (r *Recorded) Run(_ context.Context, s *scenario.Scenario) (*Observation, error) {
	o := r.Observations[s.Name]
	if o == nil {
		return nil, fmt.Errorf("%s: no recording of %q", r.Browser, s.Name)
	}
	return o, nil
}

// WriteRecorded writes recordings for [ReadRecorded].
func WriteRecorded(w io.Writer, recorded []*Recorded) error {
	if err := json.NewEncoder(w).Encode(encoded(recorded, decodeLatin1)); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}

// ReadRecorded reads what [WriteRecorded] has written.
func ReadRecorded(r io.Reader) ([]*Recorded, error) {
	var recorded []*Recorded
	if err := json.NewDecoder(r).Decode(&recorded); err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	return encoded(recorded, encodeLatin1), nil
}

// encoded returns a copy in which the header values have gone through f. They are
// bytes, and JSON has none.
func encoded(recorded []*Recorded, f func(string) string) []*Recorded {
	header := func(h map[string]string) map[string]string {
		h = maps.Clone(h)
		for name, value := range h {
			h[name] = f(value)
		}
		return h
	}
	var out []*Recorded
	for _, r := range recorded {
		c := &Recorded{Browser: r.Browser, Version: r.Version, Observations: make(map[string]*Observation)}
		for name, o := range r.Observations {
			copied := new(Observation)
			for _, x := range o.Exchanges {
				x.Seen.Header = header(x.Seen.Header)
				var requests = x.Requests
				x.Requests = nil
				for _, q := range requests {
					q.Header = header(q.Header)
					x.Requests = append(x.Requests, q)
				}
				copied.Exchanges = append(copied.Exchanges, x)
			}
			c.Observations[name] = copied
		}
		out = append(out, c)
	}
	return out
}
