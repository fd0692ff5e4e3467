package plot

import "strings"

func drawLines(c *Chart) *drawing {
	first := c.Series[0].Points[0]
	low, high := first, first
	names := make([]string, len(c.Series))
	for i, s := range c.Series {
		names[i] = s.Name
		for _, p := range s.Points {
			low = Point{min(low.X, p.X), min(low.Y, p.Y)}
			high = Point{max(high.X, p.X), max(high.Y, p.Y)}
		}
	}
	if c.YZero && !c.LogY {
		low.Y = min(low.Y, 0)
	}
	x := newScale(low.X, high.X, c.LogX, false)
	if c.XTicks != nil {
		x.ticks = x.within(c.XTicks)
	}
	y := newScale(low.Y, high.Y, c.LogY, true)
	f := layout(y, names, 1, c.Note != "")
	x.from, x.to = f.left, f.right

	d := newDrawing(c.Title)
	d.axes(f, y, c.Title, c.XLabel, c.YLabel, c.Note)
	for _, tick := range x.ticks {
		at := x.at(tick)
		d.line(at, f.top, at, f.bottom, grid)
		d.text(at, f.bottom+17, small, "middle", label(tick))
	}
	d.line(f.left, f.bottom, f.right, f.bottom, ink)
	d.line(f.left, f.top, f.left, f.bottom, ink)
	for i, s := range c.Series {
		var points strings.Builder
		for _, p := range s.Points {
			points.WriteString(coordinate(x.at(p.X)) + "," + coordinate(y.at(p.Y)) + " ")
		}
		d.element("polyline", "points", strings.TrimSuffix(points.String(), " "), "fill", "none", "stroke", colour(i),
			"stroke-width", "2", "stroke-dasharray", dash(i), "stroke-linejoin", "round")
		if len(s.Points) <= maxMarkers {
			for _, p := range s.Points {
				d.marker(i, x.at(p.X), y.at(p.Y))
			}
		}
	}
	d.legend(f, names, func(i int, x, y float64) {
		d.element("line", "x1", x, "y1", y, "x2", x+26, "y2", y, "stroke", colour(i), "stroke-width", "2",
			"stroke-dasharray", dash(i))
		d.marker(i, x+13, y)
	})
	return d
}

// maxMarkers is up to how many points each is marked.
const maxMarkers = 40

// marker marks a point with the shape of its series.
func (d *drawing) marker(series int, x, y float64) {
	const r = 4
	fill := colour(series)
	switch series % 3 {
	case 0:
		d.element("circle", "cx", x, "cy", y, "r", 4.0, "fill", fill)
	case 1:
		d.element("rect", "x", x-r, "y", y-r, "width", 2.0*r, "height", 2.0*r, "fill", fill)
	case 2:
		d.element("path", "d", "M"+coordinate(x)+" "+coordinate(y-r-1)+"l5 9h-10z", "fill", fill)
	}
}
