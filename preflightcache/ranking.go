package preflightcache

import "math/bits"

// A ranking keeps the partitions by how much they hold, in one respect. There is
// a tier for each amount that occurs, and the tiers are in ascending order. As
// records come and go one by one, a partition moves to a tier that is not far.
type ranking struct {
	by    int        // which of the places of a partition is the one in this ranking
	tiers link[tier] // head; the lowest first
}

// The rankings.
const (
	byKeys  = iota // the amount is the number of keys
	byBytes        // the amount is the share of the bytes
	numRankings
)

// A tier holds the partitions that have the same amount.
type tier struct {
	amount     int
	partitions link[partition] // head; the one that got its place last first
	link       link[tier]
}

// A rankingPlace is where a partition is in a ranking.
type rankingPlace struct {
	tier   *tier
	placed int64 // stamp of when it got there
	link   link[partition]
}

// share returns the amount by which a partition that holds n bytes is ranked: it
// goes up by one with every eighth more, from 4 KiB on. Thus there are few tiers
// from one amount to the next, whatever the sizes of records are.
func share(n int64) int {
	const least, steps = 12, 3 // 1<<least bytes, 1<<steps amounts per power of two
	log := bits.Len64(uint64(n)) - 1
	if log < least {
		return 0
	}
	return 1 + (log-least)<<steps + int(n>>(log-steps)&(1<<steps-1))
}

// put moves p to the first place of the tier of the given amount, or adds it.
func (k *ranking) put(p *partition, amount int, stamp int64) {
	pl := &p.places[k.by]
	old, at := pl.tier, &k.tiers // at: the link behind which p's tier belongs, or its own
	if old != nil {
		pl.link.unlink()
		at = &old.link
	}
	for at.owner != nil && at.owner.amount > amount {
		at = at.prev
	}
	for at.next.owner != nil && at.next.owner.amount <= amount {
		at = at.next
	}
	switch empty := old != nil && old.partitions.empty(); {
	case at.owner != nil && at.owner.amount == amount:
		pl.tier = at.owner
	case empty && (at == &old.link || at == old.link.prev):
		old.amount = amount // nothing lies between
	default:
		pl.tier = &tier{amount: amount}
		pl.tier.partitions.reset()
		pl.tier.link.owner = pl.tier
		at.insert(&pl.tier.link)
	}
	pl.placed = stamp
	pl.link.owner = p
	pl.tier.partitions.insert(&pl.link)
	if old != nil && old.partitions.empty() {
		old.link.unlink()
	}
}

// remove removes p.
func (k *ranking) remove(p *partition) {
	pl := &p.places[k.by]
	pl.link.unlink()
	if pl.tier.partitions.empty() {
		pl.tier.link.unlink()
	}
	pl.tier = nil
}

// most returns, of the partitions that have the greatest amount, the preferred
// one if that is not nil, or else the least recently used of the window's that
// have been in their places for longest. The others of these that were used since
// are moved to new places. It returns nil if there are no partitions.
func (k *ranking) most(preferred *partition) *partition {
	top := k.tiers.prev.owner
	if top == nil {
		return nil
	}
	if preferred != nil && preferred.places[k.by].tier == top {
		return preferred
	}
	var buf [window]candidate[partition]
	l := buf[:0]
	for e := top.partitions.prev; e.owner != nil && len(l) < window; e = e.prev {
		l = append(l, candidate[partition]{e.owner, e.owner.used.Load()})
	}
	sortCandidates(l)
	for _, c := range l[1:] {
		if pl := &c.item.places[k.by]; c.used > pl.placed {
			pl.placed = c.used
			pl.link.moveTo(&top.partitions)
		}
	}
	return l[0].item
}
