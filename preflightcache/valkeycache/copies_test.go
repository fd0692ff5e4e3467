package valkeycache

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/corsengine/corsengine/preflightcache"
)

// TestFlood checks that a partition that floods the local copies displaces its own
// only, though the others' have not been used for long.
func TestFlood(t *testing.T) {
	l := newFakeLocal(func(o *Options) { o.LocalBytes = 1 << 20 })
	var quiet []preflightcache.Key
	for i := range 200 {
		quiet = append(quiet, keyOf(i)) // two in each partition
		l.read(l.begin(quiet[i], false))
	}
	flood := func(i int) preflightcache.Key {
		k := keyOf(i)
		k.Partition = "https://flood.example"
		return k
	}
	for i := range 20_000 {
		l.read(l.begin(flood(i), false))
	}
	for _, k := range quiet {
		if l.ask(k) != granted {
			t.Errorf("the copy of %v is gone", k)
		}
	}
	kept := 0
	for i := range 20_000 {
		if l.ask(flood(i)) == granted {
			kept++
		}
	}
	if kept < 500 {
		t.Errorf("%d copies of the partition are kept; there is room for more", kept)
	}
	if err := l.check(); err != nil {
		t.Error(err)
	}
}

// TestVictim compares the choice of what has to go with a search through all that
// there is.
func TestVictim(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 0))
	c := copies{partitions: make(map[string]*partition)}
	var records []*record
	used := make(map[*record]int)
	last := make(map[string]int) // use of a partition, be it of a record that is gone
	for step := range 5_000 {
		switch n := rng.IntN(10); {
		case n < 4 && len(records) < 300 || len(records) == 0:
			r := &record{key: preflightcache.Key{Partition: fmt.Sprint(rng.IntN(1 + rng.IntN(40)))}, size: 400 + rng.IntN(2000)}
			c.add(r)
			records = append(records, r)
			used[r], last[r.key.Partition] = step, step
		case n < 8:
			r := records[rng.IntN(len(records))]
			c.use(r)
			used[r], last[r.key.Partition] = step, step
		default:
			i := rng.IntN(len(records))
			c.remove(records[i])
			records[i] = records[len(records)-1]
			records = records[:len(records)-1]
		}
		if len(records) == 0 {
			if c.size != 0 || len(c.partitions) != 0 || len(c.order) != 0 {
				t.Fatalf("step %d: something is left: %+v", step, c)
			}
			continue
		}
		sizes := make(map[string]int)
		for _, r := range records {
			name := r.key.Partition
			if sizes[name] == 0 {
				sizes[name] = partitionSize + len(name)
			}
			sizes[name] += r.size
		}
		var want *record
		for _, r := range records {
			if want == nil {
				want = r
				continue
			}
			p, q := r.key.Partition, want.key.Partition
			more, less := share(sizes[p]), share(sizes[q])
			switch {
			case p == q && used[r] < used[want],
				p != q && more > less,
				p != q && more == less && last[p] < last[q]:
				want = r
			}
		}
		if got := c.victim(); got != want {
			t.Fatalf("step %d: %v of %d bytes, last used in step %d, has to go; want %v, %d, %d", step,
				got.key, got.size, used[got], want.key, want.size, used[want])
		}
	}
}

// TestShare checks that the amounts are those of the doc comment.
func TestShare(t *testing.T) {
	for n, want := range map[int]int{1: 0, 4095: 0, 4096: 1, 4096*9/8 - 1: 1, 4096 * 9 / 8: 2, 8191: 8, 8192: 9, 8192 * 9 / 8: 10, 1 << 20: 65} {
		if got := share(n); got != want {
			t.Errorf("share(%d) = %d; want %d", n, got, want)
		}
	}
}
