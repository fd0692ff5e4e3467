package main

import (
	"math"
	"slices"
)

// A summary is what becomes of the values of many rounds. The machine's noise makes
// some rounds slow, so there is no mean.
type summary struct{ q1, median, q3 float64 }

// summarize returns the quartiles of values, of which there has to be one.
func summarize(values []float64) summary {
	sorted := slices.Sorted(slices.Values(values))
	return summary{quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)}
}

// quantile interpolates between the two sorted values next to q of the way.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// ratios divides the values of two clients round by round: what a round had to suffer
// from the machine, both had.
func ratios(a, b []float64) []float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return r
}

// differences subtracts b from a round by round.
func differences(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

// scaleCount returns how many operations fill want if n took took, so that counts grow
// by at most a factor of 100 at a time and there is at least one.
func scaleCount(n int, took, want float64) int {
	factor := 100.0
	if took > 0 {
		factor = min(factor, want/took)
	}
	return int(max(1, min(math.Round(float64(n)*factor), 1e8)))
}
