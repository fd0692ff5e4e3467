package weburl

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"github.com/corsengine/corsengine/internal/testtable"
)

type hostIn struct {
	Input  string
	Opaque bool
}

type hostWant struct {
	Failure bool
	Host    string
	Unicode string
}

func TestParseHost(t *testing.T) {
	testtable.Run(t, "url-host.json", func(t *testing.T, in hostIn, want hostWant) {
		got, err := ParseHost(in.Input, !in.Opaque)
		if newer(want.Unicode) {
			if err == nil {
				t.Errorf("got %q; want failure before Unicode %s", got, want.Unicode)
			}
			return
		}
		if (err != nil) != want.Failure || got != want.Host {
			t.Errorf("got %q, %v; want %q", got, err, want.Host)
		}
	})
}

// newer reports whether the given Unicode version is newer than that of the IDNA
// tables. All versions have two digits before the dot.
func newer(version string) bool { return version > idna.UnicodeVersion }

// TestUnicode16 lists domains that browsers accept and ParseHost refuses as long
// as x/net/idna has tables older than Unicode 16. If it fails, the tables are newer
// than this list says.
func TestUnicode16(t *testing.T) {
	tests := []struct{ in, want, why string }{
		{"look\u180Eout.net", "lookout.net", "ignored since, was disallowed"},
		{"look\u206Bout.net", "lookout.net", "ignored since, was disallowed"},
		{"\u04C0.com", "xn--s5a.com", "capital letter, mapped since"},
		{"\u2183.com", "xn--r5g.com", "capital letter, mapped since"},
		{"\u10C5.com", "xn--vlj.com", "Georgian capital letter, mapped since"},
		{"\U0002F868.com", "xn--snl.com", "compatibility ideograph, its mapping was corrected"},
	}
	for _, tt := range tests {
		got, err := ParseHost(tt.in, true)
		if newer("16.0.0") {
			if err == nil {
				t.Errorf("%+q (%s): got %q; want failure", tt.in, tt.why, got)
			}
		} else if got != tt.want {
			t.Errorf("%+q (%s): got %q, %v; want %q", tt.in, tt.why, got, err, tt.want)
		}
	}
}

// TestSharpS is the one change of Unicode 16 that would lead to another host.
func TestSharpS(t *testing.T) {
	for _, in := range []string{"stra\u00DFe.de", "STRA\u1E9EE.de", "stra%E1%BA%9Ee.de"} {
		if got, err := ParseHost(in, true); got != "xn--strae-oqa.de" {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func TestUnicodeDomainLength(t *testing.T) {
	label := "\u00E9" + strings.Repeat("a", 61) + "."
	n := maxUnicodeDomain / len(label)
	if _, err := ParseHost(strings.Repeat(label, n), true); err != nil {
		t.Error(err)
	}
	if h, err := ParseHost(strings.Repeat(label, n+1), true); err == nil {
		t.Errorf("%d bytes give %q", (n+1)*len(label), h)
	}
	if _, err := ParseHost(strings.Repeat("a.", maxUnicodeDomain), true); err != nil {
		t.Error("the limit is for domains that are not ASCII only:", err)
	}
}

func FuzzHost(f *testing.F) {
	for _, c := range testtable.Load[hostIn, hostWant](f, "url-host.json") {
		f.Add(c.In.Input, !c.In.Opaque)
	}
	f.Fuzz(func(t *testing.T, input string, special bool) {
		got, err := ParseHost(input, special)
		want, oracleErr := oracleHost(string(oracleDecode(input)), special)
		if (err == nil) != (oracleErr == nil) || got != want {
			t.Fatalf("%q: %q, %v; oracle: %q, %v", input, got, err, want, oracleErr)
		}
		if err != nil {
			return
		}
		if again, err := ParseHost(got, special); err != nil || again != got {
			t.Errorf("%q parses to %q, and that to %q, %v", input, got, again, err)
		}
	})
}

func BenchmarkParseHost(b *testing.B) {
	for _, in := range []string{"example.com", "EXAMPLE.com", "bücher.example", "127.0.0.1", "0x7f.1", "[::1]"} {
		b.Run("host="+in, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseHost(in, true)
			}
		})
	}
}
