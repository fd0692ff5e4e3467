package header

import (
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type valueWant struct {
	Normalized testtable.Bytes `json:"normalized"`
	Valid      bool            `json:"valid"`
}

func TestValue(t *testing.T) {
	testtable.Run(t, "header-value.json", func(t *testing.T, in testtable.Bytes, want valueWant) {
		if got := Normalize(string(in)); got != string(want.Normalized) {
			t.Errorf("Normalize(%q) = %q; want %q", in, got, want.Normalized)
		}
		if got := ValidValue(string(in)); got != want.Valid {
			t.Errorf("ValidValue(%q) = %v", in, got)
		}
	})
}

// TestValueBytes covers every byte at each position, as
// fetch/api/headers/header-values.html and header-values-normalize.html do.
func TestValueBytes(t *testing.T) {
	for c := range 256 {
		b := string([]byte{byte(c)})
		fatal := c == 0 || c == '\n' || c == '\r'
		outer := c == '\t' || c == ' '
		if got := ValidValue("x" + b + "x"); got == fatal {
			t.Errorf("byte %#x inside: %v", c, got)
		}
		for _, s := range []string{b + "x", "x" + b, b} {
			if got := ValidValue(s); got == (fatal || outer) {
				t.Errorf("byte %#x in %q: %v", c, s, got)
			}
		}
		want := b
		if c == '\t' || c == '\n' || c == '\r' || c == ' ' {
			want = ""
		}
		if got := Normalize(b + "x" + b); got != want+"x"+want {
			t.Errorf("byte %#x: normalized to %q", c, got)
		}
	}
}

func TestValidName(t *testing.T) {
	testtable.Run(t, "header-name.json", func(t *testing.T, in testtable.Bytes, want bool) {
		if got := ValidName(string(in)); got != want {
			t.Errorf("ValidName(%q) = %v", in, got)
		}
	})
}
