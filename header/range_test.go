package header

import (
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type rangeIn struct {
	Value           testtable.Bytes `json:"value"`
	AllowWhitespace bool            `json:"allowWhitespace"`
}

type rangeWant struct {
	Start *string `json:"start"`
	End   *string `json:"end"`
}

func TestSingleRange(t *testing.T) {
	testtable.Run(t, "header-single-range.json", func(t *testing.T, in rangeIn, want *rangeWant) {
		var wantStart, wantEnd int64
		if want != nil {
			wantStart, wantEnd = -1, -1
			if want.Start != nil {
				wantStart = clampDigits(t, *want.Start)
			}
			if want.End != nil {
				wantEnd = clampDigits(t, *want.End)
			}
		}
		start, end, ok := SingleRange(string(in.Value), in.AllowWhitespace)
		if start != wantStart || end != wantEnd || ok != (want != nil) {
			t.Errorf("got %d, %d, %v; want %d, %d, %v", start, end, ok, wantStart, wantEnd, want != nil)
		}
	})
}

func FuzzSingleRange(f *testing.F) {
	for _, c := range testtable.Load[rangeIn, *rangeWant](f, "header-single-range.json") {
		f.Add(string(c.In.Value), c.In.AllowWhitespace)
	}
	f.Fuzz(func(t *testing.T, value string, allowSpace bool) {
		wantStart, wantEnd, wantOK := slowSingleRange(value, allowSpace)
		start, end, ok := SingleRange(value, allowSpace)
		switch {
		case ok != wantOK:
			t.Errorf("SingleRange(%q, %v): ok %v; want %v", value, allowSpace, ok, wantOK)
		case ok && (start != clampBig(wantStart) || end != clampBig(wantEnd)):
			t.Errorf("SingleRange(%q, %v) = %d, %d; want %v, %v", value, allowSpace, start, end, wantStart, wantEnd)
		case !ok && (start != 0 || end != 0):
			t.Errorf("SingleRange(%q, %v) = %d, %d with failure", value, allowSpace, start, end)
		}
	})
}
