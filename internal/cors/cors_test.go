package cors

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type checkIn struct {
	Origin      testtable.Bytes  `json:"origin"`
	Credentials bool             `json:"credentials"`
	Headers     testtable.Header `json:"headers"`
}

// TestCheckOfLines gives the field lines themselves, as the engine does. Package
// corscheck runs the same table on headers.
func TestCheckOfLines(t *testing.T) {
	outcomes := map[string]Outcome{
		"allowed":                   Allowed,
		"missing-allow-origin":      MissingAllowOrigin,
		"multiple-allow-origin":     MultipleAllowOrigin,
		"wildcard-with-credentials": WildcardWithCredentials,
		"origin-mismatch":           OriginMismatch,
		"credentials-not-allowed":   CredentialsNotAllowed,
	}
	testtable.Run(t, "cors-check.json", func(t *testing.T, in checkIn, want string) {
		h := in.Headers.HTTP()
		outcome, known := outcomes[want]
		if !known {
			t.Fatalf("unknown outcome %q", want)
		}
		if got := Check(string(in.Origin), in.Credentials, Lines(h[AllowOrigin]), Lines(h[AllowCredentials])); got != outcome {
			t.Errorf("Check(%q, %t, %q) = %d; want %s", in.Origin, in.Credentials, h, got, want)
		}
	})
}

// TestSole compares the lines filed under one spelling with the same lines spread
// over two.
func TestSole(t *testing.T) {
	for _, lines := range [][]string{nil, {}, {""}, {" x\t"}, {"x", ""}, {"x", "y", "z"}} {
		for split := range len(lines) + 1 {
			h := http.Header{AllowOrigin: lines[:split], strings.ToLower(AllowOrigin): lines[split:]}
			one, spread := Lines(lines), Lookup(h, AllowOrigin)
			value, n := one.Sole()
			if v, m := spread.Sole(); n != min(len(lines), 2) || m != n || v != value || one.Present() != spread.Present() {
				t.Errorf("%q, split at %d: %q, %d and %q, %d", lines, split, value, n, v, m)
			}
		}
	}
}

type exposeIn struct {
	Credentials bool             `json:"credentials"`
	Headers     testtable.Header `json:"headers"`
}

type exposeWant struct {
	Readable []testtable.Bytes `json:"readable"`
	Withheld []testtable.Bytes `json:"withheld"`
}

// TestListedAmong compares the two ways in which Filter asks whether a name is
// listed, whichever it would choose. Package corscheck runs the same table for the
// result.
func TestListedAmong(t *testing.T) {
	testtable.Run(t, "cors-expose.json", func(t *testing.T, in exposeIn, _ exposeWant) {
		canonical := in.Headers.HTTP()
		lower := make(http.Header)
		for name, lines := range canonical {
			lower[strings.ToLower(name)] = lines
		}
		for _, h := range []http.Header{canonical, lower} {
			e := Exposed(Lookup(h, ExposeHeaders), in.Credentials)
			among := e.listedAmong(h)
			for name := range h {
				if judge(name) == byList && among(name) != e.listed(name) {
					t.Errorf("%q is listed in one walk: %t, in the other: %t", name, among(name), !among(name))
				}
			}
		}
	})
}
