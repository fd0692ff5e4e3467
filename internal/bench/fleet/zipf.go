package main

import (
	"math"
	"math/rand/v2"
	"sort"
)

// A Zipf draws ranks, of which rank k, counted from 0, has a probability in
// proportion to 1/(k+1)^s. With an exponent s of 0 all are equally likely.
// rand.Zipf needs an exponent above 1, which the Web does not have.
type Zipf struct {
	cumulative []float64 // cumulative[k] is the probability of a rank up to k
}

// NewZipf returns one with n ranks.
func NewZipf(n int, s float64) *Zipf {
	z := &Zipf{make([]float64, n)}
	sum := 0.0
	for k := range z.cumulative {
		sum += math.Pow(float64(k+1), -s)
		z.cumulative[k] = sum
	}
	for k := range z.cumulative {
		z.cumulative[k] /= sum
	}
	z.cumulative[n-1] = 1 // whatever has been rounded
	return z
}

// Draw returns a rank.
func (z *Zipf) Draw(r *rand.Rand) int {
	x := r.Float64()
	return sort.Search(len(z.cumulative), func(k int) bool { return z.cumulative[k] > x })
}

// P returns the probability of a rank.
func (z *Zipf) P(k int) float64 {
	if k == 0 {
		return z.cumulative[0]
	}
	return z.cumulative[k] - z.cumulative[k-1]
}
