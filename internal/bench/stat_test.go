package main

import (
	"slices"
	"testing"
)

func TestSummarize(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float64
		want   summary
	}{
		{"one", []float64{3}, summary{3, 3, 3}},
		{"two", []float64{2, 1}, summary{1.25, 1.5, 1.75}},
		{"odd", []float64{5, 1, 3, 2, 4}, summary{2, 3, 4}},
		{"even", []float64{4, 3, 2, 1}, summary{1.75, 2.5, 3.25}},
		{"an outlier does not matter", []float64{1, 1, 1, 1e9, 1}, summary{1, 1, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := slices.Clone(tt.values)
			if got := summarize(tt.values); got != tt.want {
				t.Errorf("summarize(%v) = %v; want %v", tt.values, got, tt.want)
			}
			if !slices.Equal(tt.values, given) {
				t.Errorf("the values have been changed to %v", tt.values)
			}
		})
	}
}

func TestByRound(t *testing.T) {
	a, b := []float64{2, 9}, []float64{4, 3}
	if got := ratios(a, b); !slices.Equal(got, []float64{0.5, 3}) {
		t.Errorf("ratios %v", got)
	}
	if got := differences(a, b); !slices.Equal(got, []float64{-2, 6}) {
		t.Errorf("differences %v", got)
	}
}

func TestScaleCount(t *testing.T) {
	for _, tt := range []struct {
		name       string
		n          int
		took, want float64
		count      int
	}{
		{"exact", 10, 1, 1, 10},
		{"too few", 10, 1, 5, 50},
		{"too many", 10, 5, 1, 2},
		{"at least one", 1, 100, 1, 1},
		{"steps are bounded", 10, 1, 1e6, 1000},
		{"the clock has not moved", 10, 0, 1, 1000},
		{"counts are bounded", 1e8, 1, 50, 1e8},
	} {
		if got := scaleCount(tt.n, tt.took, tt.want); got != tt.count {
			t.Errorf("%s: %d; want %d", tt.name, got, tt.count)
		}
	}
}
