package valkeycache

import (
	"container/heap"
	"math/bits"
)

// copies are the records of a shard that have a copy. When there are too many, the
// partition that has the most gives up its least recently used one, so that one that
// floods the cache displaces its own; of those that have about as much, the one that
// was used least recently. It is what preflightcache.Memory does, and every
// operation takes a time that grows with the logarithm of the number of partitions
// at most, spread over all of them.
type copies struct {
	size       int // of the records and partitions, in bytes
	uses       int // numbers the uses of records
	partitions map[string]*partition
	order      partitionHeap
}

// A partition has the copies of a shard's keys with one network partition key.
type partition struct {
	name string
	size int
	lru  record // head of the ring of records, the latest first
	used int    // the number of the latest use of one of them

	// Where it is in the order, and by what. A use does not change that until the
	// partition is the first one.
	index, amount, placed int
}

// partitionSize is what a partition takes besides its name, with its places in the
// map and the order.
const partitionSize = 384

func (c *copies) add(r *record) {
	p := c.partitions[r.key.Partition]
	if p == nil {
		p = &partition{name: r.key.Partition, size: partitionSize + len(r.key.Partition)}
		p.lru.prev, p.lru.next = &p.lru, &p.lru
		c.partitions[p.name] = p
		c.size += p.size
		heap.Push(&c.order, p)
	}
	c.size += r.size
	p.size += r.size
	r.partition = p
	p.pushFront(r)
	c.use(r)
	c.place(p)
}

func (c *copies) remove(r *record) {
	p := r.partition
	c.size -= r.size
	p.size -= r.size
	r.unlink()
	r.partition = nil
	if p.lru.next != &p.lru {
		c.place(p)
		return
	}
	c.size -= p.size
	heap.Remove(&c.order, p.index)
	delete(c.partitions, p.name)
}

// use makes r the most recently used.
func (c *copies) use(r *record) {
	p := r.partition
	c.uses++
	p.used = c.uses
	if p.lru.next != r {
		r.unlink()
		p.pushFront(r)
	}
}

// place puts p where it belongs by what it has, as the most recently used of its
// likes that it was when it was last used.
func (c *copies) place(p *partition) {
	p.amount, p.placed = share(p.size), p.used
	heap.Fix(&c.order, p.index)
}

// victim returns the record that has to make room. Precondition: there is one.
func (c *copies) victim() *record {
	for {
		p := c.order[0]
		if p.placed == p.used {
			return p.lru.prev
		}
		c.place(p)
	}
}

func (p *partition) pushFront(r *record) {
	r.prev, r.next = &p.lru, p.lru.next
	r.prev.next, r.next.prev = r, r
}

func (r *record) unlink() {
	r.prev.next, r.next.prev = r.next, r.prev
	r.prev, r.next = nil, nil
}

// share returns the amount by which a partition of n bytes is judged: the same for
// all below 4 KiB, and one more for every eighth more from there on. Among those
// that have about as much, what counts is who has not used it for long.
func share(n int) int {
	const least, steps = 12, 3 // 1<<least bytes, 1<<steps amounts for each power of two
	log := bits.Len(uint(n)) - 1
	if log < least {
		return 0
	}
	return 1 + (log-least)<<steps + n>>(log-steps)&(1<<steps-1)
}

// A partitionHeap has the partition first that has to make room, if it was not used
// since it got its place.
type partitionHeap []*partition

func (h partitionHeap) Len() int { return len(h) }

func (h partitionHeap) Less(i, j int) bool {
	p, q := h[i], h[j]
	return p.amount > q.amount || p.amount == q.amount && p.placed < q.placed
}

func (h partitionHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *partitionHeap) Push(x any) {
	p := x.(*partition)
	p.index = len(*h)
	*h = append(*h, p)
}

func (h *partitionHeap) Pop() any {
	last := len(*h) - 1
	p := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return p
}
