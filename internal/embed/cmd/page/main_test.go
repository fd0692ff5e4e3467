package main

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
)

// TestDemo compares what the demonstration prints with testdata/demo.txt, which was
// checked by hand against the standard: who sees what, and which requests there are.
func TestDemo(t *testing.T) {
	want, err := os.ReadFile("testdata/demo.txt")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var got strings.Builder
		err := run(t.Context(), "demo.js", demo, func(line string) { got.WriteString(line + "\n") })
		if err != nil {
			t.Error(err)
		}
		gotLines, wantLines := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
		for i := range max(len(gotLines), len(wantLines)) {
			if g, w := at(gotLines, i), at(wantLines, i); g != w {
				t.Fatalf("line %d is\n\t%s\nwant\n\t%s", i+1, g, w)
			}
		}
	})
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
