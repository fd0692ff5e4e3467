package cachetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/internal/listcache"
)

var update = flag.Bool("update", false, "write the cases to testdata/preflight-cache.json")

// A fakeClock is a time source that the tests advance.
type fakeClock struct{ t time.Time }

func newClock() *fakeClock {
	return &fakeClock{time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) now() time.Time          { return c.t }
func (c *fakeClock) advance(d time.Duration) { c.t = c.t.Add(d) }

func TestMemory(t *testing.T) {
	clock := newClock()
	RunTimed(t, func() preflightcache.Cache {
		return preflightcache.New(&preflightcache.Options{Now: clock.now})
	}, clock.advance)
}

func TestList(t *testing.T) {
	clock := newClock()
	RunTimed(t, func() preflightcache.Cache {
		return &listcache.List{Now: clock.now, MaxAge: time.Hour}
	}, clock.advance)
}

func TestRun(t *testing.T) {
	Run(t, func() preflightcache.Cache { return new(preflightcache.Memory) })
}

// failures returns the names of the cases that c's caches fail.
func failures(t *testing.T, clock *fakeClock, newCache func() preflightcache.Cache) []string {
	t.Helper()
	var names []string
	for _, c := range cases {
		if err := c.run(t.Context(), newCache(), clock.advance); err != nil {
			if msg := err.Error(); !strings.Contains(msg, c.why) || !strings.Contains(msg, c.source) {
				t.Errorf("%s: the error does not say why and from where: %v", c.name, err)
			}
			names = append(names, c.name)
		}
	}
	return names
}

// TestLiteral checks that the standard's own text, which the other reading of
// each deviation is, fails the cases about deviations and none else.
func TestLiteral(t *testing.T) {
	clock := newClock()
	got := failures(t, clock, func() preflightcache.Cache {
		return &listcache.List{Now: clock.now, MaxAge: time.Hour, Literal: true}
	})
	want := []string{
		"* with credentials is no wildcard for requests with credentials",
		"a name does not prolong *",
		"a grant without credentials does not prolong one with",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the literal standard fails\n%q; want\n%q", got, want)
	}
	for _, c := range cases {
		if slices.Contains(want, c.name) && !strings.HasSuffix(c.source, deviation) {
			t.Errorf("%s: the source does not mention the deviation", c.name)
		}
	}
}

func TestCases(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range cases {
		if c.name == "" || c.why == "" || c.source == "" || seen[c.name] {
			t.Errorf("%q: name, why and source must be there and the name unique", c.name)
		}
		seen[c.name] = true
	}
}

// A tableCase is a case as it is in the JSON table.
type tableCase = testtable.Case[struct {
	Steps []step `json:"steps"`
}, []bool]

// TestTable checks that the JSON table has the cases that can be written there.
func TestTable(t *testing.T) {
	const file = "preflight-cache.json"
	var want []tableCase
	for _, c := range cases {
		if c.code != nil {
			continue
		}
		tc := tableCase{Name: c.name, Source: c.source + ": " + c.why}
		for _, s := range c.steps {
			if tc.In.Steps = append(tc.In.Steps, s); s.Op == opCovers {
				tc.Want = append(tc.Want, s.want)
			}
		}
		want = append(want, tc)
	}
	if *update {
		if err := os.WriteFile("../../testdata/"+file, encode(t, want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := testtable.Load[struct {
		Steps []step `json:"steps"`
	}, []bool](t, file)
	if !bytes.Equal(encode(t, got), encode(t, want)) {
		t.Error("testdata/" + file + " differs from the cases; run the test with -update")
	}
}

func encode(t *testing.T, tcs []tableCase) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{
  "algorithm": "CORS-preflight cache",
  "spec": "https://fetch.spec.whatwg.org/#cors-preflight-cache",
  "fields": {
    "in.steps": "operations on a cache that is empty at first, in order",
    "in.steps.op": "store: a preflight has granted methods and headers to key; covers: is a preflight unnecessary? clear: clear cache entries for key; wait: seconds pass",
    "in.steps.key": "network partition key, byte-serialized request origin and URL; absent for wait",
    "in.steps.credentials": "store, covers: the credentials mode of the request is include; false if absent",
    "in.steps.methods": "store: the methods listed; none if absent",
    "in.steps.headers": "store: the header names listed; covers: the CORS-unsafe request-header names; none if absent",
    "in.steps.maxAge": "store: max-age in seconds; if absent, the response had none or a malformed one",
    "in.steps.method": "covers: the method to look up; none if absent, as for safelisted methods without a forced preflight",
    "in.steps.seconds": "wait: how many",
    "want": "for each covers step, in order, whether no preflight is needed"
  },
  "cases": [
`)
	for i, tc := range tcs {
		var line bytes.Buffer
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(tc.In.Steps); err != nil {
			t.Fatal(err)
		}
		steps := strings.ReplaceAll(strings.TrimSpace(line.String()), `{"op"`, "\n      {\"op\"")
		line.Reset()
		if err := enc.Encode([]any{tc.Name, tc.Source, tc.Want}); err != nil {
			t.Fatal(err)
		}
		var parts []json.RawMessage
		if err := json.Unmarshal(line.Bytes(), &parts); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(`    {"name": ` + string(parts[0]) + ",\n     \"source\": " + string(parts[1]) +
			",\n     \"in\": {\"steps\": " + steps + "},\n     \"want\": " + string(parts[2]) + "}")
	}
	b.WriteString("\n  ]\n}\n")
	return b.Bytes()
}

// errStore is what a broken store returns.
var errStore = errors.New("connection refused")
