package main

import (
	"fmt"
	"strings"
)

// A mix says of each fetch what it is. That depends on its number and the seed, so
// that a soak can be repeated however its workers were scheduled.
type mix struct {
	seed  uint64
	oneIn uint64
	slots []uint16 // a kind each, as often as its weight says
}

func newMix(cfg config) (*mix, error) {
	m := &mix{seed: cfg.seed, oneIn: uint64(cfg.oneIn)}
	for k := range kinds {
		if !strings.Contains(kinds[k].name, cfg.only) {
			continue
		}
		for range kinds[k].weight {
			m.slots = append(m.slots, uint16(k))
		}
	}
	if len(m.slots) == 0 {
		return nil, fmt.Errorf("-only: no kind of fetch is called anything like %q", cfg.only)
	}
	return m, nil
}

// pick returns the kind of fetch i and whether it goes over sockets.
func (m *mix) pick(i uint64) (k int, socket bool) {
	h := scramble(m.seed*0x9e3779b97f4a7c15 + i)
	k = int(m.slots[h%uint64(len(m.slots))])
	return k, m.oneIn > 0 && scramble(h)%m.oneIn == 0 && !kinds[k].inProcess
}

// scramble returns a number that looks unrelated to x and is different for each:
// the finalizer of SplitMix64.
//
// See https://doi.org/10.1145/2714064.2660195.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
