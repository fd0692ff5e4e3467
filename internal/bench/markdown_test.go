package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// measured are results with known numbers.
func measured() *results {
	r := &results{
		machine: "a CPU, 2 cores", command: "go run .", versions: []string{"Node 1.2"}, foreign: []string{"Node", "Chromium"},
		aims: []*aimResult{
			{aim: &aims[0], wall: summary{600, 700, 800}, allocs: summary{8, 8, 8}, least: 650},
			{aim: &aims[1], wall: summary{600, 1201, 1300}, allocs: summary{14, 14.5, 15}},
			{aim: &aims[2], wall: summary{1, 1, 1}, allocs: summary{1, 19, 20}},
		},
	}
	for i, l := range loads {
		ratio := []float64{0.97, 0.9699, 0.95, 0.9499}[i]
		r.http = append(r.http, &httpResult{
			load: l, bare: summary{9000, 10_000, 11_000}, dressed: summary{9000, 9900, 9950}, engine: summary{9000, 9700, 10_000},
			engineRatio: summary{0.9, ratio, 1}, dressedRatio: summary{0.9, 0.99, 1},
			ownRatio: summary{0.97, 0.98, 0.99}, bareCPU: summary{1e-5, 2e-5, 3e-5}, dressedCPU: summary{1e-5, 2.1e-5, 3e-5}, engineCPU: summary{1e-5, 2.2e-5, 3e-5},
			foreign: []foreignResult{{rate: summary{900, 1000, 1100}, ratio: summary{0.05, 0.1, 0.2}}, {}},
		})
	}
	return r
}

// TestVerdicts looks at the rows: a median that is exactly the aim reaches it.
func TestVerdicts(t *testing.T) {
	var b bytes.Buffer
	if err := measured().writeMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| same-origin GET | ≤ 8 | 8 | yes | ≤ 0.70 µs | 0.70 µs (0.60–0.80) | yes | 0.00 µs (0.00–0.00) | 0.65 µs |",
		"| cross-origin GET | ≤ 14 | 14.5 | **no** | ≤ 1.20 µs | 1.20 µs (0.60–1.30) | **no** |",
		"| cross-origin PUT, warm preflight cache | ≤ 18 | 19 | **no** | ≤ 1.80 µs | 0.00 µs (0.00–0.00) | yes |",
		"| GET, one after the other | 10 000 | 9 900 | 9 700 | 99.0 % (90.0–100.0) | 98.0 % (97.0–99.0) | 97.0 % (90.0–100.0) | ≥ 97 % | yes | 20.00, 21.00, 22.00 µs |",
		"| GET, 32 in flight | 10 000 | 9 900 | 9 700 | 99.0 % (90.0–100.0) | 98.0 % (97.0–99.0) | 97.0 % (90.0–100.0) | ≥ 97 % | **no** |",
		"| PUT, one after the other | 10 000 | 9 900 | 9 700 | 99.0 % (90.0–100.0) | 98.0 % (97.0–99.0) | 95.0 % (90.0–100.0) | ≥ 95 % | yes |",
		"| PUT, 32 in flight | 10 000 | 9 900 | 9 700 | 99.0 % (90.0–100.0) | 98.0 % (97.0–99.0) | 95.0 % (90.0–100.0) | ≥ 95 % | **no** |",
		"| GET, one after the other | 1 000/s, 10.0 % | not installed | 9 700/s, 97.0 % |",
		"Measured on a CPU, 2 cores, Node 1.2.",
	} {
		if !strings.Contains(b.String(), row) {
			t.Errorf("there is no %q in\n%s", row, &b)
		}
	}
}

// TestTables counts the columns: rows of a table have as many as its head.
func TestTables(t *testing.T) {
	var b bytes.Buffer
	if err := measured().writePage(&b); err != nil {
		t.Fatal(err)
	}
	columns, tables := 0, 0
	for line := range strings.Lines(b.String()) {
		n := strings.Count(line, "|")
		switch {
		case n == 0:
			columns = 0
		case columns == 0:
			columns = n
			tables++
		case n != columns:
			t.Errorf("%d columns; want %d: %s", n-1, columns-1, line)
		}
	}
	if tables != 3 {
		t.Errorf("%d tables; want 3", tables)
	}
}

func TestPlot(t *testing.T) {
	var b bytes.Buffer
	if err := measured().writePlot(&b); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{">Node (without CORS)<", ">Chromium<", ">engine<", ">PUT, warm cache<", ">32 in flight<"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("there is no %q", text)
		}
	}
	if err := xml.Unmarshal(b.Bytes(), new(struct{})); err != nil {
		t.Error(err)
	}
}

func TestReplaceBetween(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		err              error
	}{
		{"empty", beginMarker + endMarker, beginMarker + "\nnew\n" + endMarker, nil},
		{"filled", "a\n" + beginMarker + "\nold\n" + endMarker + "\nb", "a\n" + beginMarker + "\nnew\n" + endMarker + "\nb", nil},
		{"none", "a", "", errMarkers},
		{"no end", beginMarker, "", errMarkers},
		{"no beginning", endMarker, "", errMarkers},
		{"swapped", endMarker + beginMarker, "", errMarkers},
		{"twice", strings.Repeat(beginMarker+endMarker, 2), "", errMarkers},
		{"two ends", beginMarker + endMarker + endMarker, "", errMarkers},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := replaceBetween(tt.text, "new\n")
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
			if err != nil {
				return
			}
			if again, err := replaceBetween(got, "new\n"); again != got || err != nil {
				t.Errorf("the second time: %q, %v", again, err)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 7.4: "7", 999: "999", 1234: "1 230", 12_345: "12 300", 999_999: "1 000 000"} {
		if got := rate(summary{median: v}); got != want {
			t.Errorf("rate %v: %q; want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{8: "8", 8.04: "8", 8.5: "8.5"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q; want %q", v, got, want)
		}
	}
	if got, want := quoteArgs([]string{"-o", "a b", "", "it's", "x=1,2"}), `-o 'a b' '' 'it'\''s' x=1,2`; got != want {
		t.Errorf("quoteArgs: %s; want %s", got, want)
	}
}

func TestMachine(t *testing.T) {
	const cpuinfo = "processor\t: 0\nvendor_id\t: X\nmodel name\t: A CPU @ 2 GHz\nflags\t: a b\n\nprocessor\t: 1\nmodel name\t: another\n"
	if got := cpuModel(cpuinfo); got != "A CPU @ 2 GHz" {
		t.Errorf("cpuModel: %q", got)
	}
	if got := cpuModel("processor : 0\n"); got != "" {
		t.Errorf("cpuModel without a model: %q", got)
	}
	for release, want := range map[string]string{"6.1.0-40-amd64\n": "6.1.0", "6.18.44": "6.18.44", "5.10-somebody@somewhere": "5.10", "x": "x"} {
		if got := kernelVersion(release); got != want {
			t.Errorf("kernelVersion(%q) = %q; want %q", release, got, want)
		}
	}
	for text, want := range map[string]string{"Chromium 142.0.1 built on Debian 12\n": "142.0.1", "odd\n": "odd", "\n": ""} {
		if got := versionNumber(text); got != want {
			t.Errorf("versionNumber(%q) = %q; want %q", text, got, want)
		}
	}
	if describeMachine() == "" {
		t.Error("nothing is known about the machine")
	}
}

func TestDecodeOutcome(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"milliseconds":1.5}`: true, `{"milliseconds":0}`: false, `{"milliseconds":-1}`: false, `{"error":"x","milliseconds":1}`: false,
		`{}`: false, `x`: false, ``: false,
	} {
		took, err := decodeOutcome([]byte(text))
		if (err == nil) != ok || ok && took.Microseconds() != 1500 {
			t.Errorf("decodeOutcome(%q): %v, %v", text, took, err)
		}
	}
}

func TestTail(t *testing.T) {
	l := new(tail)
	for range 3 {
		if n, err := io.WriteString(l, strings.Repeat("a", tailBytes-1)+"z"); n != tailBytes || err != nil {
			t.Fatal(n, err)
		}
	}
	io.WriteString(l, strings.Repeat("b", 2*tailBytes)+"end")
	if s := l.String(); len(s) != tailBytes || !strings.HasSuffix(s, "bend") || strings.Contains(s, "z") {
		t.Errorf("%d bytes that end with %q", len(s), s[len(s)-4:])
	}
}
