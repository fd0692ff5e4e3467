package plot

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The page, in pixels.
const (
	width    = 880.0
	height   = 480.0
	fontSize = 14.0
	small    = 12.0
)

// Colours of everything but series.
const (
	background = "#ffffff"
	ink        = "#222222"
	grid       = "#dddddd"
)

// colours are those of Okabe and Ito that can be told apart by people who do not see
// all colours, less the yellow, which white swallows.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"}

// dashes follow each other in lines, so that colours may repeat.
var dashes = []string{"", "8 4", "2 3", "8 3 2 3"}

func colour(series int) string { return colours[series%len(colours)] }
func dash(series int) string   { return dashes[series%len(dashes)] }

// A drawing is an SVG document in the making.
type drawing struct{ buf bytes.Buffer }

// newDrawing begins a document, of which title says what it shows.
func newDrawing(title string) *drawing {
	d := new(drawing)
	d.buf.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="880" height="480" viewBox="0 0 880 480" role="img"` +
		` font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif">` + "\n<title>")
	d.escape(title)
	d.buf.WriteString("</title>\n")
	d.element("rect", "width", width, "height", height, "rx", 6.0, "fill", background)
	return d
}

func (d *drawing) writeTo(w io.Writer) error {
	d.buf.WriteString("</svg>\n")
	_, err := w.Write(d.buf.Bytes())
	return err
}

// escape writes character data. What XML cannot have becomes U+FFFD.
func (d *drawing) escape(s string) { xml.EscapeText(&d.buf, []byte(s)) } // a Buffer returns no errors

// attributes writes pairs of a name and a value, which is a string or a coordinate.
// Those with an empty value are left out.
func (d *drawing) attributes(pairs []any) {
	for i := 0; i < len(pairs); i += 2 {
		var value string
		switch v := pairs[i+1].(type) {
		case string:
			value = v
		case float64:
			value = coordinate(v)
		default:
			panic("plot: attribute that is neither text nor coordinate")
		}
		if value == "" {
			continue
		}
		d.buf.WriteString(" " + pairs[i].(string) + `="`)
		d.escape(value)
		d.buf.WriteByte('"')
	}
}

// element writes an element without content.
func (d *drawing) element(name string, attributes ...any) {
	d.buf.WriteString("<" + name)
	d.attributes(attributes)
	d.buf.WriteString("/>\n")
}

// text writes a line of text at a baseline. anchor is "start", "middle" or "end".
func (d *drawing) text(x, y, size float64, anchor, s string, attributes ...any) {
	if s == "" {
		return
	}
	d.buf.WriteString("<text")
	d.attributes([]any{"x", x, "y", y, "font-size", size, "text-anchor", anchor, "fill", ink})
	d.attributes(attributes)
	d.buf.WriteByte('>')
	d.escape(s)
	d.buf.WriteString("</text>\n")
}

// line writes a straight line.
func (d *drawing) line(x1, y1, x2, y2 float64, stroke string) {
	d.element("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2, "stroke", stroke)
}

// coordinate returns a number with at most two decimals.
func coordinate(v float64) string {
	s := strconv.FormatFloat(math.Round(v*100)/100, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// textWidth estimates the width of a text. Which font there will be is unknown.
func textWidth(s string, size float64) float64 {
	return 0.62 * size * float64(utf8.RuneCountInString(s))
}

// frame is where the data go.
type frame struct{ left, top, right, bottom float64 }

// layout leaves room for the labels of the y axis, for the legend at the right, and
// for lines of labels below the x axis.
func layout(y *scale, legend []string, lines int, note bool) frame {
	f := frame{left: 34, top: 52, right: width - 24, bottom: height - 48}
	labels := 0.0
	for _, tick := range y.ticks {
		labels = max(labels, textWidth(label(tick), small))
	}
	f.left += labels + 10
	names := 0.0
	for _, name := range legend {
		names = max(names, textWidth(name, small))
	}
	f.right -= min(names, legendWidth) + 44
	f.bottom -= float64(lines-1) * 1.25 * small
	if note {
		f.bottom -= 24
	}
	y.from, y.to = f.bottom, f.top
	return f
}

// legendWidth is the most room that names get; longer ones are cut.
const legendWidth = 230

// axes writes the title, the labels of both axes, the note, and the y axis with its
// grid.
func (d *drawing) axes(f frame, y *scale, title, xLabel, yLabel, note string) {
	d.text(width/2, 30, 17, "middle", title, "font-weight", "bold")
	bottom := height - 14.0
	if note != "" {
		d.text(16, bottom+2, 11, "start", note, "fill-opacity", 0.75)
		bottom -= 22
	}
	d.text((f.left+f.right)/2, bottom, fontSize, "middle", xLabel)
	middle := coordinate((f.top + f.bottom) / 2)
	d.text(20, (f.top+f.bottom)/2, fontSize, "middle", yLabel, "transform", "rotate(-90 20 "+middle+")")
	for _, tick := range y.ticks {
		at := y.at(tick)
		d.line(f.left, at, f.right, at, grid)
		d.text(f.left-8, at+4, small, "end", label(tick))
	}
}

// legend writes the names of the series, from the top, each after what key draws.
func (d *drawing) legend(f frame, names []string, key func(series int, x, y float64)) {
	const step = 21
	room := int((f.bottom - f.top) / step)
	for i, name := range names {
		if i == room-1 && len(names) > room {
			d.text(f.right+48, f.top+8+float64(i)*step, small, "start", "and "+strconv.Itoa(len(names)-i)+" more")
			return
		}
		y := f.top + 4 + float64(i)*step
		key(i, f.right+14, y)
		d.text(f.right+48, y+4, small, "start", cut(name, legendWidth, small))
	}
}

// cut shortens a text to a width.
func cut(s string, room, size float64) string {
	if textWidth(s, size) <= room {
		return s
	}
	runes := []rune(s)
	return string(runes[:int(room/textWidth("x", size))-1]) + "…"
}
