package main

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// Ranks are drawn as often as their probabilities say: the statistic of Pearson's test
// with k ranks has mean k-1 and standard deviation sqrt(2(k-1)); five of these are
// allowed. The probabilities themselves are those of the definition.
func TestZipf(t *testing.T) {
	const draws = 200_000
	for _, s := range []float64{0, 0.64, 0.8, 1, 2} {
		const k = 50
		z := NewZipf(k, s)
		r := rand.New(rand.NewPCG(3, 4))
		var got [k]float64
		for range draws {
			got[z.Draw(r)]++
		}
		norm := 0.0
		for i := range k {
			norm += 1 / math.Pow(float64(i+1), s)
		}
		chi := 0.0
		for i := range k {
			want := 1 / math.Pow(float64(i+1), s) / norm
			if math.Abs(z.P(i)-want) > 1e-12 {
				t.Errorf("exponent %v: P(%d) is %v; want %v", s, i, z.P(i), want)
			}
			chi += (got[i] - draws*want) * (got[i] - draws*want) / (draws * want)
		}
		if limit := k - 1 + 5*math.Sqrt(2*(k-1)); chi > limit {
			t.Errorf("exponent %v: the statistic is %.1f; at most %.1f is chance", s, chi, limit)
		}
	}
	if got := NewZipf(1, 0.8).Draw(rand.New(rand.NewPCG(1, 1))); got != 0 {
		t.Errorf("the only rank is %d", got)
	}
}

// Max-Ages are drawn as often as their shares say, and the measured distribution has the
// shares of its sources: 9,549,494 usable ones beside 25,980,519 and 9,846 malformed.
func TestMaxAges(t *testing.T) {
	usable, unset := 0.0, 0.0
	for _, s := range Measured.Values {
		if s.MaxAge < 0 {
			unset += s.Weight
		} else {
			usable += s.Weight
		}
	}
	present := 9_549_494. / 25_980_519
	if malformed := 9_846. / 9_559_340; math.Abs(usable-present*(1-malformed)) > 1e-9 || math.Abs(usable+unset-1) > 1e-9 {
		t.Errorf("%v usable, %v not; want %v of 1", usable, unset, present*(1-malformed))
	}
	for _, d := range []*Distribution{Measured, PessimisticMaxAges, AlwaysSet, Constant(time.Minute), Constant(absent)} {
		const draws = 100_000
		r := rand.New(rand.NewPCG(5, 6))
		got := make(map[time.Duration]float64)
		for range draws {
			got[d.Draw(r)]++
		}
		for _, s := range d.Values {
			want := draws * s.Weight
			if math.Abs(got[s.MaxAge]-want) > 5*math.Sqrt(want)+1 {
				t.Errorf("%s: %v is drawn %v times; want about %.0f", d.Name, s.MaxAge, got[s.MaxAge], want)
			}
			delete(got, s.MaxAge)
		}
		if len(got) > 0 {
			t.Errorf("%s: values that are not in it: %v", d.Name, got)
		}
	}
	total := 0
	for _, v := range sampledValues {
		total += v.places
	}
	if total != 134 {
		t.Errorf("the sample has %d places; want 134, as its comment says", total)
	}
}
