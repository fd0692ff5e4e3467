package preflightcache

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// TestPlace checks that a hash only ever moves from the bucket that is split to
// the new one.
func TestPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		h := r.Uint64()
		for n := uint64(1); n < 300; n++ {
			old, now := place(h, n), place(h, n+1)
			split := n - 1<<(bits.Len64(n)-1)
			if old >= n || now != old && (old != split || now != n) {
				t.Fatalf("place(%x) = %d of %d, %d of %d; bucket %d was split", h, old, n, now, n+1, split)
			}
		}
	}
}

// TestSegments checks that segments have room for just the buckets that are found
// there.
func TestSegments(t *testing.T) {
	segment, offset := 0, uint64(0)
	size := uint64(1)
	for i := range uint64(5 * segmentLen) {
		if offset == size {
			segment, offset = segment+1, 0
			size = min(i, segmentLen)
		}
		if s, o := segmentOf(i); s != segment || o != offset {
			t.Fatalf("bucket %d is in segment %d at %d; want %d, %d", i, s, o, segment, offset)
		}
		offset++
	}
}

// tableKey returns the i-th key, and a record of it with the given hash.
func tableKey(i int, hash uint64) (Key, *record) {
	k := Key{"p", "o", fmt.Sprint(i)}
	r := newRecord(hash, k, entries{{name: "PUT", expires: 1}}, new(uint64))
	r.part = &partition{name: k.Partition}
	return k, r
}

// TestTable compares a table with a map, also for hashes that are bad.
func TestTable(t *testing.T) {
	for name, hash := range map[string]func(int) uint64{
		"good":        func(i int) uint64 { return uint64(i+1) * 0x9E37_79B9_7F4A_7C15 },
		"equal":       func(int) uint64 { return 0 },
		"all bits":    func(int) uint64 { return ^uint64(0) },
		"equal tags":  func(i int) uint64 { return uint64(i) },
		"equal place": func(i int) uint64 { return uint64(i) << 40 },
		"tag 0 and 1": func(i int) uint64 { return uint64(i%2)<<56 | uint64(i) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 200
			r := rand.New(rand.NewPCG(1, 1))
			var tab table
			tab.init()
			want := make(map[int]*record)
			for step := range 4000 {
				i := r.IntN(n)
				k, rec := tableKey(i, hash(i))
				switch old := want[i]; {
				case old == nil:
					want[i] = rec
					tab.insert(rec, len(want))
				case r.IntN(3) == 0:
					want[i] = rec
					tab.replace(old, rec)
				case step > 1000 || r.IntN(4) == 0: // first it grows
					delete(want, i)
					tab.remove(old)
					if b, _ := tab.slot(old); b != nil {
						t.Fatalf("step %d: key %d is still there", step, i)
					}
				}
				if got := tab.find(hash(i), &k); got != want[i] {
					t.Fatalf("step %d: find(%d) = %v; want %v", step, i, got, want[i])
				}
			}
			found := 0
			for i := range tab.n.Load() {
				for range tab.bucket(i).records {
					found++
				}
			}
			if found != len(want) {
				t.Errorf("%d records; want %d", found, len(want))
			}
			for i := range n {
				k, _ := tableKey(i, 0)
				if got := tab.find(hash(i), &k); got != want[i] {
					t.Errorf("find(%d) = %v; want %v", i, got, want[i])
				}
			}
			if most := float64(n)/fill + 2; float64(tab.n.Load()) > most {
				t.Errorf("%d buckets; want %v at most", tab.n.Load(), most)
			}
		})
	}
}

// TestTableGrowsUnderReader looks for records with a number of buckets from before
// the table has grown.
func TestTableGrowsUnderReader(t *testing.T) {
	const n = 3000
	hash := func(i int) uint64 { return uint64(i+1) * 0x9E37_79B9_7F4A_7C15 }
	var tab table
	tab.init()
	sizes := []uint64{1}
	for i := range n {
		_, r := tableKey(i, hash(i))
		tab.insert(r, i+1)
		if n := tab.n.Load(); n != sizes[len(sizes)-1] {
			sizes = append(sizes, n)
		}
	}
	if len(sizes) < 500 {
		t.Fatalf("the table has grown %d times", len(sizes))
	}
	for i := range n {
		k, _ := tableKey(i, 0)
		for _, size := range sizes {
			if r := tab.findSince(size, hash(i), &k); r == nil || r.key() != k {
				t.Fatalf("with %d buckets then, %v was found for key %d", size, r, i)
			}
		}
	}
}

// TestTableReaders looks records up that are there all the time while the table
// grows and other records come and go.
func TestTableReaders(t *testing.T) {
	const stay, come = 500, 20_000
	hash := func(i int) uint64 { return uint64(i+1) * 0x9E37_79B9_7F4A_7C15 }
	var tab table
	tab.init()
	for i := range stay {
		_, r := tableKey(i, hash(i))
		tab.insert(r, i+1)
	}
	var (
		wg   sync.WaitGroup
		done atomic.Bool
	)
	for g := range 3 {
		wg.Go(func() {
			for i := g; !done.Load(); i++ {
				k, _ := tableKey(i%stay, 0)
				if tab.find(hash(i%stay), &k) == nil {
					t.Errorf("key %d is not found with %d buckets", i%stay, tab.n.Load())
					return
				}
			}
		})
	}
	var others []*record
	for i := stay; i < stay+come; i++ {
		_, r := tableKey(i, hash(i))
		tab.insert(r, i+1)
		if others = append(others, r); i%3 == 0 {
			tab.remove(others[0])
			others = others[1:]
		}
	}
	done.Store(true)
	wg.Wait()
}
