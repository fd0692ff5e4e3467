package header

import (
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

func TestNosniff(t *testing.T) {
	testtable.Run(t, "header-nosniff.json", func(t *testing.T, in testtable.Header, want bool) {
		if got := Nosniff(in.HTTP()); got != want {
			t.Errorf("got %v", got)
		}
	})
}

func TestBlocked(t *testing.T) {
	type input struct {
		Headers     testtable.Header `json:"headers"`
		Destination string           `json:"destination"`
	}
	testtable.Run(t, "header-blocked.json", func(t *testing.T, in input, want bool) {
		if got := Blocked(in.Headers.HTTP(), in.Destination); got != want {
			t.Errorf("got %v", got)
		}
	})
}
