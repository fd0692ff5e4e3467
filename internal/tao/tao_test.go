package tao

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/testtable"
)

type hop struct {
	Current  string
	TAO      []testtable.Bytes
	Tainting string
	Taint    string
}

type taoCase struct {
	Origin string
	Mode   string
	Hops   []hop
}

func (h hop) lines() []string {
	var lines []string
	for _, line := range h.TAO {
		lines = append(lines, string(line))
	}
	return lines
}

func (c taoCase) request(tb testing.TB, h hop) Request {
	taint := site.SameOrigin
	for taint < site.CrossSite && taint.String() != h.Taint {
		taint++
	}
	if taint.String() != h.Taint {
		tb.Fatalf("taint %q", h.Taint)
	}
	return Request{c.Origin, h.Current, taint, c.Mode == "navigate", h.Tainting == "basic"}
}

func TestNext(t *testing.T) {
	testtable.Run(t, "tao.json", func(t *testing.T, in taoCase, want bool) {
		var failed Failed
		for _, h := range in.Hops {
			failed = failed.Next(in.request(t, h), h.lines())
		}
		if bool(failed) == want {
			t.Errorf("failed: %v; want %v", failed, !want)
		}
	})
}

// oracle is the check, step by step. It reports success.
func oracle(failed bool, r Request, lines []string) bool {
	if failed {
		return false
	}
	var values []string
	if len(lines) > 0 {
		values = splitValue(strings.Join(lines, ", "))
	}
	if slices.Contains(values, "*") {
		return true
	}
	serialized := "null"
	if r.Taint == site.SameOrigin && strings.Contains(r.Origin, "://") {
		serialized = r.Origin
	}
	if slices.Contains(values, serialized) {
		return true
	}
	sameOrigin := strings.Contains(r.Origin, "://") && r.Origin == r.Current
	if r.Navigate && !sameOrigin {
		return false
	}
	return r.Basic
}

// splitValue splits at commas that are not in a quoted string.
func splitValue(s string) []string {
	var values []string
	value, quoted := "", false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\' && i+1 < len(s):
			value += s[i : i+2]
			i++
			continue
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			values = append(values, strings.Trim(value, " \t"))
			value = ""
			continue
		}
		value += s[i : i+1]
	}
	return append(values, strings.Trim(value, " \t"))
}

func FuzzNext(f *testing.F) {
	for _, c := range testtable.Load[taoCase, bool](f, "tao.json") {
		for _, h := range c.In.Hops {
			r := c.In.request(f, h)
			var a, b string
			if n := len(h.TAO); n > 0 {
				a, b = string(h.TAO[0]), string(h.TAO[n-1])
			}
			f.Add(false, r.Origin, r.Current, a, b, uint8(min(len(h.TAO), 2)), uint8(r.Taint), r.Navigate, r.Basic)
		}
	}
	f.Add(true, "https://a.test", "https://a.test", "*", `"\"", *`, uint8(2), uint8(0), true, true)
	f.Fuzz(func(t *testing.T, failed bool, origin, current, a, b string, n, taint uint8, navigate, basic bool) {
		r := Request{origin, current, site.Taint(taint % 3), navigate, basic}
		lines := []string{a, b}[:n%3]
		got := Failed(failed).Next(r, lines)
		if bool(got) == oracle(failed, r, lines) {
			t.Errorf("failed: %v; want %v", got, !got)
		}
	})
}

func TestAllocs(t *testing.T) {
	r := Request{Origin: "https://example.com", Current: "https://example.org"}
	for name, lines := range map[string][]string{
		"absent":           nil,
		"origin":           {r.Origin},
		"a million values": {strings.Repeat(",", 1<<20) + r.Origin},
	} {
		if n := testing.AllocsPerRun(10, func() { Failed(false).Next(r, lines) }); n != 0 {
			t.Errorf("%s: allocates %v times", name, n)
		}
	}
	lines := []string{strings.Repeat(",", 1<<20), "*"}
	if n := testing.AllocsPerRun(10, func() { Failed(true).Next(r, lines) }); n != 0 {
		t.Errorf("allocates %v times although the flag is set", n)
	}
}

func BenchmarkNext(b *testing.B) {
	r := Request{Origin: "https://example.com", Current: "https://example.org"}
	for name, value := range map[string]string{"values=1": r.Origin, "values=8": strings.Repeat("a,", 7) + r.Origin} {
		lines := []string{value}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Failed(false).Next(r, lines)
			}
		})
	}
}
