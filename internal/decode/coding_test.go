package decode

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corsengine/corsengine/internal/testtable"
)

func TestCodings(t *testing.T) {
	type in struct {
		Headers  testtable.Header
		Decoders []string
	}
	type want struct {
		Codings   []string
		Supported bool
	}
	testtable.Run(t, "content-codings.json", func(t *testing.T, in in, want want) {
		h := in.Headers.HTTP()
		before := h.Clone()
		got, ok := Codings(h)
		if diff := cmp.Diff(want.Codings, got, cmpopts.EquateEmpty()); diff != "" || ok != (want.Codings != nil) {
			t.Errorf("Codings: ok %v (-want +got):\n%s", ok, diff)
		}
		if diff := cmp.Diff(before, h); diff != "" {
			t.Errorf("Codings changed the header (-before +after):\n%s", diff)
		}
		if s := ok && Supported(got, decoders(in.Decoders...)); s != want.Supported {
			t.Errorf("Supported = %v", s)
		}
	})
}

// TestCodingsKey has a key that is not canonical, which net/http sends as it is.
func TestCodingsKey(t *testing.T) {
	got, ok := Codings(http.Header{"content-encoding": {"gzip"}})
	if len(got) != 1 || got[0] != "gzip" || !ok {
		t.Errorf("Codings = %q, %v", got, ok)
	}
}

// decoders returns decoders for codings that decode to the same bytes.
func decoders(codings ...string) map[string]Decoder {
	m := make(map[string]Decoder)
	for _, coding := range codings {
		m[coding] = func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(r), nil }
	}
	return m
}

func TestAcceptEncoding(t *testing.T) {
	tests := []struct {
		extra []string
		want  string
	}{
		{nil, "gzip, deflate"},
		{[]string{"zstd", "br"}, "gzip, deflate, br, zstd"},
		{[]string{"gzip", "deflate", "x-gzip"}, "gzip, deflate"},
		{[]string{"gzip", "br"}, "gzip, deflate, br"},
	}
	for _, tt := range tests {
		extra := decoders(tt.extra...)
		if err := CheckDecoders(extra); err != nil {
			t.Errorf("CheckDecoders(%q): %v", tt.extra, err)
		}
		if got := AcceptEncoding(extra); got != tt.want {
			t.Errorf("AcceptEncoding(%q) = %q; want %q", tt.extra, got, tt.want)
		}
	}
}

func TestCheckDecoders(t *testing.T) {
	for _, coding := range []string{"", "BR", "a b", "a,b", "a\r\nX: y", "*", "identity", "zst\u00e4"} {
		if err := CheckDecoders(decoders("br", coding)); err == nil || !strings.HasPrefix(err.Error(), "decode: ") {
			t.Errorf("CheckDecoders with %q: %v", coding, err)
		}
	}
	err := CheckDecoders(map[string]Decoder{"br": nil})
	if err == nil || !strings.Contains(err.Error(), "br is nil") {
		t.Errorf("CheckDecoders with a nil decoder: %v", err)
	}
	if CheckDecoders(nil) != nil {
		t.Error("CheckDecoders(nil) fails")
	}
}

func TestCodingAllocs(t *testing.T) {
	extra := decoders("br", "zstd")
	codings := []string{"gzip", "br", "x-gzip", "identity", "made-up"}
	for name, f := range map[string]func(){
		"Supported":      func() { Supported(codings, extra) },
		"AcceptEncoding": func() { AcceptEncoding(nil) },
		"Codings absent": func() { Codings(nil) },
		"Reader without codings": func() {
			Reader(http.NoBody, nil, extra)
		},
		"Reader with identity": func() {
			Reader(http.NoBody, codings[3:4], extra)
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
