package valkeycache

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/preflightcache"
)

// What the operations of a fuzz input choose from.
var (
	fuzzMethods = []string{"*", "PUT", "DELETE", "put", "A", "B", strings.Repeat("M", maxNameLen), strings.Repeat("M", maxNameLen+1)}
	fuzzHeaders = []string{"*", "authorization", "x-a", "X-A", "x-b", "Authorization", "", strings.Repeat("h", maxNameLen+1)}
	fuzzAges    = []time.Duration{-1, 0, time.Millisecond, 5 * time.Second, 10 * time.Second, time.Minute, 2 * time.Hour, 100_000 * time.Second}
)

const fuzzKeys = 2

// An op is one operation, made from four bytes of a fuzz input.
type op struct {
	kind        byte
	key         preflightcache.Key
	credentials bool
	methods     []string
	headers     []string
	age         time.Duration
}

func decodeOp(b []byte) op {
	o := op{kind: b[0] & 7, key: keyOf(int(b[0]>>3) % fuzzKeys), credentials: b[0]>>7 == 1, age: fuzzAges[b[3]&7]}
	for i := range 8 {
		if b[1]>>i&1 == 1 {
			o.methods = append(o.methods, fuzzMethods[i])
		}
		if b[2]>>i&1 == 1 {
			o.headers = append(o.headers, fuzzHeaders[i])
		}
	}
	return o
}

// compare performs the operations of data on two caches that share a server, in
// turn, and on a model, and checks that they always agree; if more names are kept
// than there are, on a Memory too, which is what FuzzMemory of its package compares
// with the standard. The clocks of w are stopped, as those of the others are.
func compare(t *testing.T, w *world, data []byte, names int) {
	ctx := context.Background()
	opts := func(o *Options) { o.MaxNames = names }
	nodes := []*Cache{w.cache(t, opts), w.cache(t, opts, func(o *Options) { o.LocalTTL = -1 })}
	defer func() {
		for _, c := range nodes {
			c.Close()
		}
	}()
	var passed time.Duration
	base := time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return base.Add(passed) }
	bounded := names < 2*(len(fuzzMethods)+len(fuzzHeaders))
	memory := preflightcache.New(&preflightcache.Options{MaxNames: names, Now: now})
	list := &model{names: max(names, 0), lists: make(map[preflightcache.Key][]modelEntry)}
	for step := 0; len(data) >= 4; step++ {
		o := decodeOp(data)
		data = data[4:]
		switch o.kind {
		case 0:
			list.clear(o.key)
			for _, c := range []preflightcache.Cache{memory, nodes[step%2]} {
				if err := c.Clear(ctx, o.key); err != nil {
					t.Fatal(err)
				}
			}
		case 1:
			d := max(o.age, 0).Truncate(time.Second) / 2 // so that some ages are over, and others are not
			passed += d
			w.advance(d)
			continue
		default:
			g := corscheck.Grant{Methods: o.methods, Headers: o.headers, MaxAge: o.age}
			if o.age == time.Millisecond {
				g.MaxAge = 0
			}
			list.store(passed, o.key, o.credentials, g)
			for _, c := range []preflightcache.Cache{memory, nodes[step%2]} {
				if err := c.Store(ctx, o.key, o.credentials, g); err != nil {
					t.Fatal(err)
				}
			}
		}
		check := func(credentials bool, kind, name string) {
			wanted := list.grants(passed, o.key, credentials, kind, name)
			method, headers := name, []string(nil)
			if kind == "header" {
				method, headers = "", []string{name}
			}
			if m, _ := memory.Covers(ctx, o.key, credentials, method, headers); m != wanted && !bounded {
				t.Fatalf("step %d, %+v: Covers(%t, %q, %q): Memory says %t, the model %t",
					step, o, credentials, method, headers, m, wanted)
			}
			// The cache that has written must know, and the one without
			// copies too. The other one may be told later.
			for i, c := range nodes {
				if i == 0 && step%2 == 1 {
					continue
				}
				got, err := c.Covers(ctx, o.key, credentials, method, headers)
				if err != nil || got != wanted {
					t.Fatalf("step %d, %+v: node %d: Covers(%t, %q, %q) = %t, %v; the model says %t",
						step, o, i, credentials, method, headers, got, err, wanted)
				}
			}
		}
		for _, credentials := range []bool{false, true} {
			for _, name := range fuzzMethods {
				if name != "" {
					check(credentials, "method", name)
				}
			}
			for _, name := range fuzzHeaders {
				check(credentials, "header", name)
			}
			check(credentials, "header", "x-other")
			check(credentials, "method", "OTHER")
		}
		// Let the notices arrive.
		if step%2 == 1 {
			nodes[0].local.invalidateAll()
		}
	}
}

// FuzzCache compares caches with a model and a Memory, with bounds that matter and ones that
// do not. What is covered differs from run to run, with what the server has to say
// when, so -fuzzminimizetime=1x is needed lest all time be spent on that.
func FuzzCache(f *testing.F) {
	s := startServer(f)
	r := rand.New(rand.NewPCG(1, 2))
	for range 6 {
		data := make([]byte, 4*40)
		for i := range data {
			data[i] = byte(r.Uint32() & r.Uint32()) // few names at a time
			if i%4 == 3 {
				data[i] = byte(r.Uint32())
			}
		}
		f.Add(data, byte(r.Uint32()))
	}
	f.Fuzz(func(t *testing.T, data []byte, names byte) {
		if len(data) > 4*40 {
			data = data[:4*40]
		}
		compare(t, newStoppedWorld(t, s), data, []int{64, 3, 5, 1, 8, -1}[names%6])
	})
}

// TestSeveralNodesAgree is what FuzzCache does for each bound of names, with
// operations that differ from run to run.
func TestSeveralNodesAgree(t *testing.T) {
	s := startServer(t)
	for _, names := range []int{64, 3, 1, -1} {
		t.Run(fmt.Sprintf("names=%d", names), func(t *testing.T) {
			data := make([]byte, 4*40)
			for i := range data {
				data[i] = byte(rand.Uint32() & rand.Uint32())
				if i%4 == 3 {
					data[i] = byte(rand.Uint32())
				}
			}
			t.Logf("%x", data)
			compare(t, newStoppedWorld(t, s), data, names)
		})
	}
}
