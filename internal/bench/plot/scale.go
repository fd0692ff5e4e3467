package plot

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A scale maps the values of an axis to coordinates.
type scale struct {
	min, max float64 // values at the ends; min < max
	log      bool
	from, to float64 // their coordinates
	ticks    []float64
}

// newScale returns a scale for values from low to high, both included. round moves the
// ends outwards to the next tick.
func newScale(low, high float64, log, round bool) *scale {
	s := &scale{min: low, max: high, log: log}
	s.widen()
	if log {
		s.ticks = logTicks(s.min, s.max)
	} else {
		s.ticks = linearTicks(s.min, s.max)
	}
	if round {
		s.min, s.max = s.ticks[0], s.ticks[len(s.ticks)-1]
	}
	s.ticks = s.within(s.ticks)
	return s
}

// widen makes room around what is but one value: floats that are too close have no
// ticks between them.
func (s *scale) widen() {
	const near = 1e-9
	switch size := max(math.Abs(s.min), math.Abs(s.max)); {
	case s.log && s.max/s.min > 1+near, !s.log && s.max/2-s.min/2 > near*size && size > 1/limit:
	case s.log:
		s.min, s.max = s.min/2, s.max*2
	case size <= 1/limit:
		s.min, s.max = 0, 1
	default:
		s.min, s.max = s.min-size/2, s.max+size/2
	}
}

// within returns the ticks that are on the axis.
func (s *scale) within(ticks []float64) []float64 {
	const slack = 1e-9 // of the length, for values that are ticks but for rounding
	return slices.DeleteFunc(slices.Clone(ticks), func(v float64) bool {
		at := s.fraction(v)
		return at < -slack || at > 1+slack
	})
}

// fraction returns where on the axis v is, from 0 to 1.
func (s *scale) fraction(v float64) float64 {
	if s.log {
		return (math.Log10(v) - math.Log10(s.min)) / (math.Log10(s.max) - math.Log10(s.min))
	}
	// Halved, because the difference of two floats may be beyond them.
	return (v/2 - s.min/2) / (s.max/2 - s.min/2)
}

// at returns the coordinate of v.
func (s *scale) at(v float64) float64 { return s.from + s.fraction(v)*(s.to-s.from) }

// linearTicks returns round numbers in equal steps, of which the first is at most
// low and the last at least high.
func linearTicks(low, high float64) []float64 {
	const wanted = 6
	raw := high/wanted - low/wanted
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power {
			step = m * power
			break
		}
	}
	var ticks []float64
	first, last := math.Floor(low/step), math.Ceil(high/step)
	for i := first; i <= last && len(ticks) < 4*wanted; i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

// logTicks returns 1, 2 and 5 times powers of ten, or powers of ten only if
// these are many, of which the first is at most low and the last at least high.
func logTicks(low, high float64) []float64 {
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	steps, every := []float64{1, 2, 5}, 1
	if last-first > 3 {
		steps, every = steps[:1], (last-first+9)/10
	}
	var ticks []float64
	for power := first; power <= last+every-1; power += every {
		for _, m := range steps {
			v := m * math.Pow(10, float64(power))
			switch {
			case v == 0 || math.IsInf(v, 0): // beyond the floats
			case v <= low:
				ticks = append(ticks[:0], v)
			case len(ticks) == 0 || ticks[len(ticks)-1] < high:
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// label returns a number for people to read: at most four digits, and a suffix for
// thousands and more.
func label(v float64) string {
	suffix := ""
	switch abs := math.Abs(v); {
	case abs >= 1e15 || abs < 1e-3 && v != 0:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case abs >= 1e12:
		v, suffix = v/1e12, "T"
	case abs >= 1e9:
		v, suffix = v/1e9, "G"
	case abs >= 1e6:
		v, suffix = v/1e6, "M"
	case abs >= 1e4:
		v, suffix = v/1e3, "k"
	}
	s := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.ContainsAny(s, "e") {
		s = strconv.FormatFloat(v, 'f', 0, 64)
	}
	return s + suffix
}
