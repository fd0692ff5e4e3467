package preflightcache_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/internal/listcache"
)

// What the operations of a fuzz input choose from.
var (
	fuzzKeys = []preflightcache.Key{
		{Partition: "p", Origin: "o", URL: "u"},
		{Partition: "p", Origin: "o", URL: "v"},
		{Partition: "q", Origin: "o", URL: "u"},
		{Partition: "q", Origin: "null", URL: "u"},
	}
	fuzzMethods = []string{"*", "PUT", "DELETE", "put", "A", "B", "C", "D"}
	fuzzHeaders = []string{"*", "authorization", "x-a", "X-A", "x-b", "Authorization", "x-c", "x-d"}
	fuzzAges    = []time.Duration{-1, 0, 1, 5, 10, 60, 7200, 100_000} // seconds but for the first
)

// The kinds of operations.
const (
	opStore = iota
	opCovers
	opClear
	opClearPartition
	opAdvance
	numOps
)

// An op is one operation, made from four bytes of a fuzz input.
type op struct {
	kind        int
	key         preflightcache.Key
	credentials bool
	methods     []string // one at most if covers
	headers     []string
	age         time.Duration // also what time is advanced by, if not negative
}

func decode(b []byte) op {
	o := op{
		kind:        int(b[0]&0x1F) % numOps,
		key:         fuzzKeys[b[0]>>5&3],
		credentials: b[0]>>7 == 1,
		age:         fuzzAges[b[3]&7],
	}
	if o.age >= 0 {
		o.age *= time.Second
	}
	for i := range 8 {
		if b[1]>>i&1 == 1 {
			o.methods = append(o.methods, fuzzMethods[i])
		}
		if b[2]>>i&1 == 1 {
			o.headers = append(o.headers, fuzzHeaders[i])
		}
	}
	if o.kind == opCovers {
		o.methods = o.methods[:min(1, len(o.methods))]
	}
	return o
}

// encode returns four bytes that decode makes into o, or what comes close.
func encode(o op) []byte {
	b := make([]byte, 4)
	b[0] = byte(o.kind | max(slices.Index(fuzzKeys, o.key), 0)<<5)
	if o.credentials {
		b[0] |= 1 << 7
	}
	mask := func(names, from []string) (m byte) {
		for _, name := range names {
			if i := slices.Index(from, name); i >= 0 {
				m |= 1 << i
			}
		}
		return m
	}
	b[1], b[2] = mask(o.methods, fuzzMethods), mask(o.headers, fuzzHeaders)
	for i, a := range fuzzAges {
		if a >= 0 && a*time.Second <= o.age {
			b[3] = byte(i)
		}
	}
	return b
}

func (o op) String() string {
	return fmt.Sprintf("kind %d, key %q, credentials %t, methods %q, headers %q, age %v",
		o.kind, o.key, o.credentials, o.methods, o.headers, o.age)
}

// seed adds the cases of the table to f, so far as the alphabet above has the
// words for them, and some random ones.
func seed(f *testing.F) {
	type step struct {
		Op          string
		Key         *preflightcache.Key
		Credentials bool
		Method      string
		Methods     []string
		Headers     []string
		MaxAge      *int64
		Seconds     int64
	}
	type in struct{ Steps []step }
	kinds := map[string]int{"store": opStore, "covers": opCovers, "clear": opClear, "wait": opAdvance}
	for _, c := range testtable.Load[in, []bool](f, "preflight-cache.json") {
		var data []byte
		for _, s := range c.In.Steps {
			o := op{kind: kinds[s.Op], credentials: s.Credentials, headers: s.Headers, age: -1}
			o.methods = append(s.Methods, strings.Fields(s.Method)...)
			switch {
			case s.Op == "wait":
				o.age = time.Duration(s.Seconds) * time.Second
			case s.MaxAge != nil:
				o.age = time.Duration(min(*s.MaxAge, 100_000)) * time.Second
			}
			data = append(data, encode(o)...)
		}
		f.Add(data)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		data := make([]byte, 4*200)
		for i := range data {
			data[i] = byte(r.Uint32() & r.Uint32()) // few names at a time
		}
		f.Add(data)
	}
}

// drive performs the operations of data on m and l, calling each before every
// operation and compare with the answers to every question.
func drive(
	t *testing.T, data []byte, clock *fakeClock, m *preflightcache.Memory, l *listcache.List,
	each func(op), compare func(o op, memory, list bool),
) {
	for ; len(data) >= 4; data = data[4:] {
		o := decode(data)
		g := corscheck.Grant{Methods: o.methods, Headers: o.headers, MaxAge: o.age}
		each(o)
		switch o.kind {
		case opStore:
			store(t, m, o.key, o.credentials, g)
			store(t, l, o.key, o.credentials, g)
		case opCovers:
			method, headers := strings.Join(o.methods, ""), strings.Join(o.headers, " ")
			compare(o, covers(t, m, o.key, o.credentials, method, headers),
				covers(t, l, o.key, o.credentials, method, headers))
		case opClear:
			m.Clear(ctx, o.key)
			l.Clear(ctx, o.key)
		case opClearPartition:
			m.ClearPartition(o.key.Partition)
			l.ClearPartition(o.key.Partition)
		case opAdvance:
			clock.advance(max(o.age, 0))
		}
		if err := m.Check(); err != nil {
			t.Fatalf("after %v: %v", o, err)
		}
	}
}

// A history is what a browser's user could have written down: the preflights
// that were made and what was cleared since.
type history []preflight

type preflight struct {
	op
	at time.Time
}

// granted reports whether a preflight in h that is still valid has listed name,
// or * where that is a wildcard, on behalf of requests like those of o.
func (h history) granted(now time.Time, o op, header bool, name string) bool {
	for _, s := range h {
		age := min(s.age, 2*time.Hour)
		if age < 0 {
			age = 5 * time.Second
		}
		if s.key != o.key || o.credentials && !s.credentials || !now.Before(s.at.Add(age)) {
			continue
		}
		listed := s.methods
		if header {
			listed = s.headers
		}
		for _, n := range listed {
			wild := n == "*" && !o.credentials && !(header && strings.EqualFold(name, "authorization"))
			if wild || n == name || header && strings.EqualFold(n, name) {
				return true
			}
		}
	}
	return false
}

// FuzzMemory compares a Memory whose bounds do not matter with the standard's
// list of entries. It also checks that every grant is one that a preflight gave,
// and that without * and credentials, where there are no deviations, the answers
// are those of the standard as written.
func FuzzMemory(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		clock := newClock()
		m := preflightcache.New(&preflightcache.Options{Now: clock.now})
		l := &listcache.List{Now: clock.now, MaxAge: 2 * time.Hour}
		literal := &listcache.List{Now: clock.now, MaxAge: 2 * time.Hour, Literal: true}
		var (
			h     history
			plain = true
		)
		each := func(o op) {
			switch o.kind {
			case opStore:
				h = append(h, preflight{o, clock.now()})
				store(t, literal, o.key, o.credentials, corscheck.Grant{Methods: o.methods, Headers: o.headers, MaxAge: o.age})
				plain = plain && !o.credentials && !slices.Contains(o.methods, "*") && !slices.Contains(o.headers, "*")
			case opClear:
				literal.Clear(ctx, o.key)
				h = slices.DeleteFunc(h, func(s preflight) bool { return s.key == o.key })
			case opClearPartition:
				literal.ClearPartition(o.key.Partition)
				h = slices.DeleteFunc(h, func(s preflight) bool { return s.key.Partition == o.key.Partition })
			}
		}
		drive(t, data, clock, m, l, each, func(o op, memory, list bool) {
			if memory != list {
				t.Fatalf("%v: Memory says %t, the list %t", o, memory, list)
			}
			if memory {
				for _, name := range o.methods {
					if !h.granted(clock.now(), o, false, name) {
						t.Fatalf("%v: no preflight has granted method %q", o, name)
					}
				}
				for _, name := range o.headers {
					if !h.granted(clock.now(), o, true, name) {
						t.Fatalf("%v: no preflight has granted header name %q", o, name)
					}
				}
			}
			if !plain {
				return
			}
			if want := covers(t, literal, o.key, o.credentials, strings.Join(o.methods, ""), strings.Join(o.headers, " ")); memory != want {
				t.Fatalf("%v: Memory says %t, the literal standard %t", o, memory, want)
			}
		})
	})
}

// FuzzBounds checks that a Memory with tight bounds keeps them, and never grants
// what the list, which forgets nothing, refuses.
func FuzzBounds(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		clock := newClock()
		m := preflightcache.New(&preflightcache.Options{MaxKeys: 2, MaxNames: 3, Now: clock.now})
		l := &listcache.List{Now: clock.now, MaxAge: 2 * time.Hour}
		drive(t, data, clock, m, l, func(op) {}, func(o op, memory, list bool) {
			if memory && !list {
				t.Fatalf("%v: Memory says true, the list false", o)
			}
		})
	})
}
