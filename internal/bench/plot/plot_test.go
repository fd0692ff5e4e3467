package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// document is what a test looks at in an SVG document.
type document struct {
	texts    []string            // character data of text elements
	count    map[string]int      // elements by name
	points   []string            // of polylines
	attr     map[string][]string // values by element and attribute
	numbers  []float64           // all coordinates
	elements int
}

// parse parses a document strictly.
func parse(t *testing.T, svg []byte) *document {
	t.Helper()
	d := &document{count: map[string]int{}, attr: map[string][]string{}}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	depth, inText := 0, false
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			d.elements++
			d.count[token.Name.Local]++
			inText = token.Name.Local == "text"
			if inText {
				d.texts = append(d.texts, "")
			}
			for _, a := range token.Attr {
				key := token.Name.Local + " " + a.Name.Local
				d.attr[key] = append(d.attr[key], a.Value)
				switch a.Name.Local {
				case "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height":
					n, err := strconv.ParseFloat(a.Value, 64)
					if err != nil {
						t.Fatalf("%s: %v", key, err)
					}
					d.numbers = append(d.numbers, n)
				}
			}
		case xml.EndElement:
			depth--
			inText = false
		case xml.CharData:
			if inText {
				d.texts[len(d.texts)-1] += string(token)
			}
		}
	}
	if depth != 0 || d.count["svg"] != 1 {
		t.Fatalf("%d elements left open, %d documents", depth, d.count["svg"])
	}
	d.points = d.attr["polyline points"]
	return d
}

// has reports whether there is such a text.
func (d *document) has(text string) bool {
	for _, s := range d.texts {
		if s == text {
			return true
		}
	}
	return false
}

// inside fails t if something is beyond the page.
func (d *document) inside(t *testing.T) {
	t.Helper()
	for _, n := range d.numbers {
		if !(n >= 0 && n <= width) {
			t.Errorf("coordinate %v is beyond the page", n)
		}
	}
}

func line(t *testing.T, c *Chart) *document {
	t.Helper()
	var buf bytes.Buffer
	if err := Line(&buf, c); err != nil {
		t.Fatal(err)
	}
	return parse(t, buf.Bytes())
}

func bars(t *testing.T, c *BarChart) *document {
	t.Helper()
	var buf bytes.Buffer
	if err := Bars(&buf, c); err != nil {
		t.Fatal(err)
	}
	return parse(t, buf.Bytes())
}

var nan, inf = math.NaN(), math.Inf(1)

func one(x, y float64) []Series { return []Series{{"a", []Point{{x, y}}}} }

func TestLineErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		chart Chart
		want  error
	}{
		{"no series", Chart{}, ErrEmpty},
		{"series without points", Chart{Series: []Series{{"a", []Point{{1, 1}}}, {"b", nil}}}, ErrEmpty},
		{"x is NaN", Chart{Series: one(nan, 1)}, ErrNotFinite},
		{"y is infinite", Chart{Series: one(1, -inf)}, ErrNotFinite},
		{"y is too large", Chart{Series: one(1, math.MaxFloat64)}, ErrNotFinite},
		{"zero on a logarithmic x", Chart{LogX: true, Series: one(0, 1)}, ErrNotPositive},
		{"negative on a logarithmic y", Chart{LogY: true, Series: one(1, -1)}, ErrNotPositive},
		{"denormal on a logarithmic y", Chart{LogY: true, Series: one(1, 5e-324)}, ErrNotPositive},
		{"NaN on a logarithmic y", Chart{LogY: true, Series: one(1, nan)}, ErrNotFinite},
		{"tick at zero", Chart{LogX: true, XTicks: []float64{0}, Series: one(1, 1)}, ErrNotPositive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := Line(&buf, &tt.chart); !errors.Is(err, tt.want) {
				t.Errorf("error %v; want %v", err, tt.want)
			}
			if buf.Len() > 0 {
				t.Errorf("wrote %d bytes", buf.Len())
			}
		})
	}
}

func TestBarsErrors(t *testing.T) {
	groups := []string{"g", "h"}
	values := func(v ...float64) []BarSeries { return []BarSeries{{Name: "a", Values: v}} }
	for _, tt := range []struct {
		name  string
		chart BarChart
		want  error
	}{
		{"nothing", BarChart{}, ErrEmpty},
		{"no groups", BarChart{Series: values()}, ErrEmpty},
		{"no series", BarChart{Groups: groups}, ErrEmpty},
		{"nothing was measured", BarChart{Groups: groups, Series: values(nan, nan)}, ErrEmpty},
		{"nothing but whiskers", BarChart{Groups: groups, Series: []BarSeries{{Values: []float64{nan, nan}, Low: []float64{1, 1}, High: []float64{2, 2}}}}, ErrEmpty},
		{"no values", BarChart{Groups: groups, Series: values()}, ErrLength},
		{"too few values", BarChart{Groups: groups, Series: values(1)}, ErrLength},
		{"too many values", BarChart{Groups: groups, Series: values(1, 2, 3)}, ErrLength},
		{"one end of whiskers", BarChart{Groups: groups, Series: []BarSeries{{Values: []float64{1, 2}, Low: []float64{1, 1}}}}, ErrLength},
		{"short whiskers", BarChart{Groups: groups, Series: []BarSeries{{Values: []float64{1, 2}, Low: []float64{1, 1}, High: []float64{1}}}}, ErrLength},
		{"infinite", BarChart{Groups: groups, Series: values(1, inf)}, ErrNotFinite},
		{"negative", BarChart{Groups: groups, Series: values(1, -1)}, ErrNegative},
		{"zero on a logarithmic y", BarChart{LogY: true, Groups: groups, Series: values(1, 0)}, ErrNotPositive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := Bars(&buf, &tt.chart); !errors.Is(err, tt.want) {
				t.Errorf("error %v; want %v", err, tt.want)
			}
			if buf.Len() > 0 {
				t.Errorf("wrote %d bytes", buf.Len())
			}
		})
	}
}

// TestEscaping passes text with all that means something in XML, and what cannot
// be in a document at all.
func TestEscaping(t *testing.T) {
	const hostile = "<script>\"&'\x00\xff]]>"
	const want = "<script>\"&'\uFFFD\uFFFD]]>"
	for kind, d := range map[string]*document{
		"line": line(t, &Chart{Title: hostile, XLabel: hostile, YLabel: hostile, Note: hostile,
			Series: []Series{{hostile, []Point{{1, 1}}}}}),
		"bars": bars(t, &BarChart{Title: hostile, XLabel: hostile, YLabel: hostile, Note: hostile,
			Groups: []string{hostile}, Series: []BarSeries{{Name: hostile, Values: []float64{1}}}}),
	} {
		if d.count["script"] != 0 {
			t.Errorf("%s: text has become an element", kind)
		}
		n := 0
		for _, s := range d.texts {
			if s == want {
				n++
			}
		}
		wantN := map[string]int{"line": 5, "bars": 6}[kind] // title, labels, note, legend, group
		if n != wantN {
			t.Errorf("%s: %d texts are as given; want %d: %q", kind, n, wantN, d.texts)
		}
	}
}

// TestLine looks for each part of a chart. The coordinates follow from the layout: on
// a logarithmic axis from 1 to 100, 10 is in the middle.
func TestLine(t *testing.T) {
	d := line(t, &Chart{
		Title: "T", XLabel: "X", YLabel: "Y", Note: "N", LogX: true, LogY: true,
		Series: []Series{
			{"one", []Point{{1, 1}, {10, 10}, {100, 100}}},
			{"two", []Point{{1, 100}, {100, 1}}},
		},
	})
	for _, text := range []string{"T", "X", "Y", "N", "one", "two", "1", "10", "100"} {
		if !d.has(text) {
			t.Errorf("there is no text %q", text)
		}
	}
	if len(d.points) != 2 {
		t.Fatalf("%d lines; want 2", len(d.points))
	}
	var x, y [3]float64
	for i, p := range strings.Fields(d.points[0]) {
		px, py, _ := strings.Cut(p, ",")
		x[i], _ = strconv.ParseFloat(px, 64)
		y[i], _ = strconv.ParseFloat(py, 64)
	}
	if math.Abs(x[1]-(x[0]+x[2])/2) > 0.02 || math.Abs(y[1]-(y[0]+y[2])/2) > 0.02 {
		t.Errorf("the middle of three powers of ten is not in the middle: %v", d.points[0])
	}
	if !(x[0] < x[2] && y[0] > y[2]) {
		t.Errorf("larger values are not further right and up: %v", d.points[0])
	}
	if dashes := d.attr["polyline stroke-dasharray"]; len(dashes) != 1 {
		t.Errorf("dashes of the two lines: %q; want one", dashes)
	}
	d.inside(t)
}

func TestXTicks(t *testing.T) {
	d := line(t, &Chart{LogX: true, XTicks: []float64{1, 2, 4, 64, 4096}, Series: []Series{{"a", []Point{{1, 1000}, {64, 1500}}}}})
	for text, want := range map[string]bool{"1": true, "2": true, "4": true, "64": true, "4096": false, "5": false} {
		if d.has(text) != want {
			t.Errorf("label %q: %v; want %v", text, !want, want)
		}
	}
}

func TestYZero(t *testing.T) {
	series := []Series{{"a", []Point{{1, 95}, {2, 99}}}}
	if line(t, &Chart{Series: series}).has("0") {
		t.Error("the axis begins at zero without being told")
	}
	if !line(t, &Chart{Series: series, YZero: true}).has("0") {
		t.Error("the axis does not begin at zero")
	}
}

// TestBars looks at the bars' heights: on a linear axis they are in the values'
// proportion.
func TestBars(t *testing.T) {
	d := bars(t, &BarChart{
		Title: "T", YLabel: "Y", Groups: []string{"first\nline", "second"},
		Series: []BarSeries{
			{Name: "one", Values: []float64{10, 20}, Low: []float64{9, nan}, High: []float64{12, nan}},
			{Name: "two", Values: []float64{nan, 40}},
		},
	})
	for _, text := range []string{"T", "Y", "first", "line", "second", "one", "two", "10", "20", "40"} {
		if !d.has(text) {
			t.Errorf("there is no text %q", text)
		}
	}
	var heights []float64
	for _, h := range d.attr["rect height"][1:] { // after the background
		n, _ := strconv.ParseFloat(h, 64)
		heights = append(heights, n)
	}
	if len(heights) != 3+2 { // bars and legend
		t.Fatalf("%d bars; want 3 and 2 in the legend", len(heights))
	}
	if math.Abs(heights[1]-2*heights[0]) > 0.05 || math.Abs(heights[2]-4*heights[0]) > 0.05 {
		t.Errorf("heights %v; want them like 10, 20, 40", heights[:3])
	}
	d.inside(t)
}

// TestExtremes draws what is hard to find an axis for.
func TestExtremes(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b float64
		log  bool
	}{
		{"zero", 0, 0, false},
		{"one value", 7, 7, false},
		{"one negative value", -7, -7, false},
		{"one value", 7, 7, true},
		{"neighbours", 1, math.Nextafter(1, 2), false},
		{"neighbours", 1, math.Nextafter(1, 2), true},
		{"denormals", 0, 5e-324, false},
		{"all", -1e300, 1e300, false},
		{"all", 1e-300, 1e300, true},
		{"large and close", 1e300, 1e300 * (1 - 1e-6), false},
		{"just beyond a tick", 1, 10.0000001, true},
	} {
		t.Run(tt.name+" log="+strconv.FormatBool(tt.log), func(t *testing.T) {
			d := line(t, &Chart{LogX: tt.log, LogY: tt.log, Series: []Series{{"a", []Point{{tt.a, tt.a}, {tt.b, tt.b}}}}})
			d.inside(t)
			if strings.Contains(d.points[0], "NaN") || strings.Contains(d.points[0], "Inf") {
				t.Errorf("points %s", d.points[0])
			}
			if d.elements > 200 {
				t.Errorf("%d elements", d.elements)
			}
			if d.count["text"] < 4 {
				t.Errorf("%d texts; want two labels on each axis", d.count["text"])
			}
			if tt.a >= 0 {
				bars(t, &BarChart{LogY: tt.log, Groups: []string{"a", "b"}, Series: []BarSeries{{Values: []float64{tt.a, tt.b}}}}).inside(t)
			}
		})
	}
}

// TestManySeries draws more series than there is room for in the legend.
func TestManySeries(t *testing.T) {
	c := new(Chart)
	for i := range 60 {
		c.Series = append(c.Series, Series{strings.Repeat("long name ", 20) + strconv.Itoa(i), []Point{{0, float64(i)}, {1, 1}}})
	}
	d := line(t, c)
	if d.count["polyline"] != 60 {
		t.Errorf("%d lines; want 60", d.count["polyline"])
	}
	if last := d.texts[len(d.texts)-1]; !strings.HasPrefix(last, "and ") {
		t.Errorf("the legend ends with %q", last)
	}
	d.inside(t)
}

func TestManyPoints(t *testing.T) {
	s := Series{Name: "a"}
	for i := range 1000 {
		s.Points = append(s.Points, Point{float64(i), math.Sqrt(float64(i))})
	}
	if d := line(t, &Chart{Series: []Series{s}}); d.count["circle"] != 1 { // the legend's
		t.Errorf("%d markers", d.count["circle"])
	}
}

func TestDeterministic(t *testing.T) {
	c := &Chart{Title: "T", LogX: true, Series: []Series{{"a", []Point{{1, 0.1}, {3, 0.7}}}, {"b", []Point{{2, 0.3}}}}}
	var first, second bytes.Buffer
	if err := errors.Join(Line(&first, c), Line(&second, c)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two drawings of a chart differ")
	}
}

// A brokenWriter fails.
type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriteError(t *testing.T) {
	broken := brokenWriter{errors.New("full")}
	if err := Line(broken, &Chart{Series: one(1, 1)}); !errors.Is(err, broken.err) {
		t.Errorf("Line: %v", err)
	}
	if err := Bars(broken, &BarChart{Groups: []string{"g"}, Series: []BarSeries{{Values: []float64{1}}}}); !errors.Is(err, broken.err) {
		t.Errorf("Bars: %v", err)
	}
}

func TestLabel(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.25: "0.25", 1: "1", -2: "-2", 1500: "1500", 9999: "9999", 10_000: "10k", 25_500: "25.5k", 1e6: "1M",
		2.5e9: "2.5G", 1e12: "1T", 1e15: "1e+15", 0.0001: "0.0001", 0.00001: "1e-05", 123.456: "123.5",
		9999.96: "10000", 999_999: "1000k",
	} {
		if got := label(v); got != want {
			t.Errorf("label(%v) = %q; want %q", v, got, want)
		}
	}
}

func TestBarLabel(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 7: "7", 1.2345: "1.23", 836.4: "836", 9996: "10k", 11_140: "11.1k", 1234: "1230"} {
		if got := barLabel(v); got != want {
			t.Errorf("barLabel(%v) = %q; want %q", v, got, want)
		}
	}
}
