package sri

import (
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

func TestParse(t *testing.T) {
	testtable.Run(t, "sri-parse.json", func(t *testing.T, in, want string) {
		m := Parse(in)
		if got := m.String(); got != want {
			t.Errorf("got %q; want %q", got, want)
		}
		if m.Empty() != (want == "") {
			t.Errorf("Empty() = %v", m.Empty())
		}
	})
}

type matchCase struct{ Metadata, Body string }

func TestMatch(t *testing.T) {
	testtable.Run(t, "sri-match.json", func(t *testing.T, in matchCase, want bool) {
		m := Parse(in.Metadata)
		v := m.NewVerifier()
		for i := range len(in.Body) { // byte by byte
			if n, err := v.Write([]byte{in.Body[i]}); n != 1 || err != nil {
				t.Fatalf("Write: %d, %v", n, err)
			}
		}
		if got := v.Match(); got != want {
			t.Errorf("Match() = %v; seen %q, wanted %q", got, v.Digest(), m)
		}
		if v.Match() != want {
			t.Error("a second Match differs")
		}
		if (v.Digest() == "") != m.Empty() {
			t.Errorf("Digest() = %q; metadata %q", v.Digest(), m)
		}
		// What is seen, written down, is what is wanted.
		if d := Parse(v.Digest()); !m.Empty() && (d.String() != v.Digest() || d.alg != m.alg) {
			t.Errorf("Digest() = %q, parsed %q", v.Digest(), d)
		}
	})
}

// Match and Digest may be asked along the way and do not disturb what follows.
func TestMatchMidway(t *testing.T) {
	v := Parse("sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=").NewVerifier()
	v.Write([]byte("alert('Hello, "))
	if v.Match() {
		t.Error("half of the bytes match")
	}
	v.Write([]byte("world.');"))
	if !v.Match() {
		t.Errorf("the bytes do not match: %s", v.Digest())
	}
	v.Write([]byte(" "))
	if v.Match() {
		t.Error("more than the bytes match")
	}
}

func TestZeroMetadata(t *testing.T) {
	var m Metadata
	v := m.NewVerifier()
	if n, err := v.Write([]byte("abc")); n != 3 || err != nil {
		t.Errorf("Write: %d, %v", n, err)
	}
	if !m.Empty() || m.String() != "" || !v.Match() || v.Digest() != "" {
		t.Errorf("Empty() = %v, String() = %q, Match() = %v, Digest() = %q", m.Empty(), m.String(), v.Match(), v.Digest())
	}
}

func TestAllocs(t *testing.T) {
	p := make([]byte, 1<<10)
	for _, s := range []string{"", "sha256-a", "sha384-a", "sha512-a"} {
		v := Parse(s).NewVerifier()
		if n := testing.AllocsPerRun(100, func() { v.Write(p) }); n != 0 {
			t.Errorf("%q: Write allocates %v times", s, n)
		}
	}
	// Nothing is kept of what is ignored. There are several runs, so that what the
	// runtime itself allocates meanwhile is less than one for each.
	long := strings.Repeat("md5-a? -\t", 1<<13)
	if n := testing.AllocsPerRun(10, func() { Parse(long) }); n != 0 {
		t.Errorf("Parse allocates %v times for unknown algorithms", n)
	}
}

func BenchmarkParse(b *testing.B) {
	for name, s := range map[string]string{
		"in=one":      "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO",
		"in=spaces1M": strings.Repeat(" ", 1<<20),
		"in=items1M":  strings.Repeat("sha512 ", 1<<20/7),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Parse(s)
			}
		})
	}
}

func BenchmarkVerifier(b *testing.B) {
	p := make([]byte, 32<<10)
	for _, alg := range tokens[sha256:] {
		b.Run("alg="+alg, func(b *testing.B) {
			v := Parse(alg + "-a").NewVerifier()
			b.ReportAllocs()
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				v.Write(p)
			}
		})
	}
}
