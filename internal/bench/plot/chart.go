// Package plot draws line charts and grouped bar charts as SVG, for the results of
// measurements that are kept in a repository.
//
// A drawing stands for itself: it has a background of its own, so that it can be
// read on light and dark pages, and asks for no font, script or style sheet. The same
// chart always gives the same bytes. Series differ by colour and by dashes or
// markers, not by colour alone.
//
// Charts may be used by several goroutines as long as none changes them.
package plot

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// Errors that those of Line and Bars wrap.
var (
	ErrEmpty       = errors.New("no data")
	ErrNotFinite   = errors.New("value is not finite, or beyond 1e300")
	ErrNotPositive = errors.New("value on a logarithmic axis is not positive, or below 1e-300")
	ErrNegative    = errors.New("bar is negative")
	ErrLength      = errors.New("numbers of values and groups differ")
)

// limit bounds values, so that no axis ends beyond the floats.
const limit = 1e300

// A Chart is what Line draws. Only Series is required.
type Chart struct {
	Title, XLabel, YLabel string
	LogX, LogY            bool

	// XTicks are where the x axis has labels, if the usual 1, 2 and 5 times a power
	// of ten do not suit. Those outside of the data are not shown.
	XTicks []float64

	// YZero makes a linear y axis begin at zero, if no value is below.
	YZero bool

	// Note is a line of small print at the bottom, such as where the data are from.
	Note string

	Series []Series
}

// A Series is a line through its points, in their order.
type Series struct {
	Name   string
	Points []Point
}

// A Point is one measurement.
type Point struct{ X, Y float64 }

// A BarChart is what Bars draws. Groups and Series are required.
type BarChart struct {
	Title, XLabel, YLabel string
	LogY                  bool
	Note                  string   // as in Chart
	Groups                []string // the labels below the bars; a line feed breaks a line
	Series                []BarSeries
}

// A BarSeries has one bar in each group.
type BarSeries struct {
	Name string

	// Values has a value for each group. NaN stands for what was not measured, which
	// gets no bar.
	Values []float64

	// Low and High are the ends of a whisker at each bar. Both are nil or have a
	// value for each group; NaN stands for none.
	Low, High []float64
}

// Line writes c as an SVG document. It writes nothing if c cannot be drawn, and
// otherwise calls w.Write once.
func Line(w io.Writer, c *Chart) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return drawLines(c).writeTo(w)
}

// Bars writes c as an SVG document. It writes nothing if c cannot be drawn, and
// otherwise calls w.Write once.
func Bars(w io.Writer, c *BarChart) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return drawBars(c).writeTo(w)
}

func (c *Chart) check() error {
	if len(c.Series) == 0 {
		return ErrEmpty
	}
	for _, s := range c.Series {
		if len(s.Points) == 0 {
			return fmt.Errorf("series %q: %w", s.Name, ErrEmpty)
		}
		for i, p := range s.Points {
			if err := checkValue(p.X, c.LogX); err != nil {
				return fmt.Errorf("series %q: x of point %d is %v: %w", s.Name, i, p.X, err)
			}
			if err := checkValue(p.Y, c.LogY); err != nil {
				return fmt.Errorf("series %q: y of point %d is %v: %w", s.Name, i, p.Y, err)
			}
		}
	}
	for i, x := range c.XTicks {
		if err := checkValue(x, c.LogX); err != nil {
			return fmt.Errorf("tick %d is %v: %w", i, x, err)
		}
	}
	return nil
}

func (c *BarChart) check() error {
	if len(c.Groups) == 0 || len(c.Series) == 0 {
		return ErrEmpty
	}
	measured := false
	for _, s := range c.Series {
		for kind, values := range [][]float64{s.Values, s.Low, s.High} {
			optional := kind > 0 && s.Low == nil && s.High == nil
			if len(values) != len(c.Groups) && !optional {
				return fmt.Errorf("series %q: %d and %d: %w", s.Name, len(values), len(c.Groups), ErrLength)
			}
			for i, v := range values {
				if math.IsNaN(v) {
					continue
				}
				if err := checkValue(v, c.LogY); err != nil {
					return fmt.Errorf("series %q: group %q: %v: %w", s.Name, c.Groups[i], v, err)
				}
				if v < 0 {
					return fmt.Errorf("series %q: group %q: %v: %w", s.Name, c.Groups[i], v, ErrNegative)
				}
				measured = measured || kind == 0
			}
		}
	}
	if !measured {
		return ErrEmpty
	}
	return nil
}

func checkValue(v float64, log bool) error {
	switch {
	case math.IsNaN(v) || math.Abs(v) > limit:
		return ErrNotFinite
	case log && v < 1/limit:
		return ErrNotPositive
	}
	return nil
}
