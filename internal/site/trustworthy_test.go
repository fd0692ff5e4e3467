package site

import (
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

func TestPotentiallyTrustworthy(t *testing.T) {
	type in struct{ URL, Origin string }
	testtable.Run(t, "site-trustworthy.json", func(t *testing.T, in in, want bool) {
		if got := PotentiallyTrustworthyURL(in.URL, in.Origin); got != want {
			t.Errorf("PotentiallyTrustworthyURL(%q, %q) = %v; want %v", in.URL, in.Origin, got, want)
		}
	})
}

// TestOriginOfTrustworthyURL has the URLs whose origin says less than they do.
func TestOriginOfTrustworthyURL(t *testing.T) {
	for origin, want := range map[string]bool{
		"": false, "null": false, "https://example.com": true, "file://": true, "http://localhost": true, "http://a": false,
	} {
		if got := PotentiallyTrustworthyOrigin(origin); got != want {
			t.Errorf("PotentiallyTrustworthyOrigin(%q) = %v; want %v", origin, got, want)
		}
	}
}
