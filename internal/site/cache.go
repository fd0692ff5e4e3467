package site

import (
	"hash/maphash"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
)

// A Cache is a public suffix list that remembers its latest answers: a page talks
// to few hosts, and asks about each for every request. It is safe for concurrent
// use if the list is. Hits do not allocate.
type Cache struct {
	list  cookiejar.PublicSuffixList
	seed  maphash.Seed
	slots [64]atomic.Pointer[answer]
}

// An answer is what the list has said of a domain.
type answer struct{ domain, suffix string }

// NewCache returns a cache in front of list, whose answers must not change.
func NewCache(list cookiejar.PublicSuffixList) *Cache {
	return &Cache{list: list, seed: maphash.MakeSeed()}
}

// PublicSuffix implements [cookiejar.PublicSuffixList].
func (c *Cache) PublicSuffix(domain string) string {
	slot := &c.slots[maphash.String(c.seed, domain)%uint64(len(c.slots))]
	if a := slot.Load(); a != nil && a.domain == domain {
		return a.suffix
	}
	// Copies, lest the cache keep alive the URL that domain is a part of.
	a := &answer{domain: strings.Clone(domain)}
	a.suffix = strings.Clone(c.list.PublicSuffix(a.domain))
	slot.Store(a)
	return a.suffix
}

// String implements [cookiejar.PublicSuffixList].
func (c *Cache) String() string { return c.list.String() }
