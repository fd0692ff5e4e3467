package plot

import (
	"math"
	"strconv"
	"strings"
)

func drawBars(c *BarChart) *drawing {
	low, high := math.Inf(1), math.Inf(-1)
	names := make([]string, len(c.Series))
	for i, s := range c.Series {
		names[i] = s.Name
		for _, values := range [][]float64{s.Values, s.Low, s.High} {
			for _, v := range values {
				if !math.IsNaN(v) {
					low, high = min(low, v), max(high, v)
				}
			}
		}
	}
	if c.LogY {
		low /= 2 // the least bar has a height, too
	} else {
		low = 0
	}
	y := newScale(low, high, c.LogY, true)
	lines := 1
	for _, group := range c.Groups {
		lines = max(lines, 1+strings.Count(group, "\n"))
	}
	f := layout(y, names, lines, c.Note != "")

	d := newDrawing(c.Title)
	d.axes(f, y, c.Title, c.XLabel, c.YLabel, c.Note)
	room := (f.right - f.left) / float64(len(c.Groups))
	bar := 0.84 * room / float64(len(c.Series))
	size := labelSize(c.Series, bar)
	for g, group := range c.Groups {
		left := f.left + float64(g)*room
		for n, line := range strings.Split(group, "\n") {
			d.text(left+room/2, f.bottom+17+float64(n)*1.25*small, small, "middle", cut(line, room, small))
		}
		left += 0.08 * room
		for i, s := range c.Series {
			d.bar(y, i, left+float64(i)*bar, bar, size, s.Values[g], whisker(s.Low, g), whisker(s.High, g))
		}
	}
	d.line(f.left, f.bottom, f.right, f.bottom, ink)
	d.line(f.left, f.top, f.left, f.bottom, ink)
	d.legend(f, names, func(i int, x, y float64) {
		d.element("rect", "x", x, "y", y-6, "width", 26.0, "height", 12.0, "fill", colour(i))
	})
	return d
}

// whisker returns the end of a group's whisker, or NaN.
func whisker(ends []float64, group int) float64 {
	if ends == nil {
		return math.NaN()
	}
	return ends[group]
}

// barLabel returns a value with three digits that count: more would not be read off a
// chart.
func barLabel(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64) // of what has just been formatted
	return label(rounded)
}

// labelSize returns the font size with which all values fit above bars of a width, or
// zero if that would be too small to read.
func labelSize(series []BarSeries, bar float64) float64 {
	size := 11.0
	for _, s := range series {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				size = min(size, bar/textWidth(barLabel(v), 1))
			}
		}
	}
	if size < 7 {
		return 0
	}
	return size
}

// bar writes a bar with its value above it, unless size is zero, and a whisker from
// low to high, unless these are NaN. It writes nothing if v is NaN.
func (d *drawing) bar(y *scale, series int, left, width, size, v, low, high float64) {
	if math.IsNaN(v) {
		return
	}
	top, bottom := y.at(v), y.from
	gap := min(2, width/8)
	d.element("rect", "x", left+gap, "y", top, "width", width-2*gap, "height", bottom-top, "fill", colour(series))
	middle := left + width/2
	if !math.IsNaN(low) && !math.IsNaN(high) {
		ends := [2]float64{y.at(low), y.at(high)}
		d.line(middle, ends[0], middle, ends[1], ink)
		for _, end := range ends {
			d.line(middle-min(4, width/4), end, middle+min(4, width/4), end, ink)
		}
		top = min(top, ends[1])
	}
	if size > 0 {
		d.text(middle, top-4, size, "middle", barLabel(v))
	}
}
