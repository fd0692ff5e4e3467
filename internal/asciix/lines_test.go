package asciix

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

func TestLines(t *testing.T) {
	// Room behind the values shows whether Lines appends to the map's slices.
	values := []string{"1", "2", "spare"}
	tests := []struct {
		name string
		h    http.Header
		want []string
	}{
		{"nil map", nil, nil},
		{"absent", http.Header{"X-B": {"1"}, "X-Aa": {"1"}}, nil},
		{"canonical", http.Header{"X-A": {"1", "2"}, "X-B": {"3"}}, []string{"1", "2"}},
		{"lowercase key", http.Header{"x-a": {"1", "2"}}, []string{"1", "2"}},
		{"odd key", http.Header{"x-A": {""}}, []string{""}},
		{"no values", http.Header{"X-A": {}}, nil},
		{"no values under one spelling", http.Header{"X-A": nil, "x-a": {"1"}}, []string{"1"}},
		{"two spellings", http.Header{"x-a": {"3"}, "X-A": values[:2]}, []string{"1", "2", "3"}},
		{"four spellings", http.Header{"x-a": {"4"}, "X-A": {"1"}, "x-A": {"3"}, "X-a": {"2"}}, []string{"1", "2", "3", "4"}},
		{"other letters", http.Header{"X\x0da": {"1"}, "X_A": {"1"}}, nil},
	}
	for _, tt := range tests {
		for _, name := range []string{"X-A", "x-a", "x-A"} {
			if got := Lines(tt.h, name); !slices.Equal(got, tt.want) {
				t.Errorf("%s: Lines(%q) = %q; want %q", tt.name, name, got, tt.want)
			}
		}
	}
	if values[2] != "spare" {
		t.Error("Lines wrote to the map's slice")
	}
}

func TestLinesAllocs(t *testing.T) {
	h := http.Header{"Access-Control-Allow-Origin": {"*"}, "content-type": {"a/b"}}
	for _, name := range []string{"Access-Control-Allow-Origin", "Content-Type", "vary"} {
		if n := testing.AllocsPerRun(10, func() { Lines(h, name) }); n != 0 {
			t.Errorf("Lines(%q) allocates %v times", name, n)
		}
	}
}

func BenchmarkLines(b *testing.B) {
	for _, n := range []int{4, 16, 64} {
		h := http.Header{"Access-Control-Allow-Origin": {"*"}}
		for i := len(h); i < n; i++ {
			h.Set(fmt.Sprintf("X-Header-%d", i), "v")
		}
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Lines(h, "Access-Control-Allow-Origin")
			}
		})
	}
}
