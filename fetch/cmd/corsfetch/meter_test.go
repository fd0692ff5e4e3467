package main

import (
	"bytes"
	"compress/zlib"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestMeter checks the codings and sizes of bodies.
func TestMeter(t *testing.T) {
	text := strings.Repeat("tea ", 1000)
	once := gzipped(text)
	twice := gzipped(string(once))
	var deflated bytes.Buffer
	z := zlib.NewWriter(&deflated)
	z.Write(once)
	z.Close()
	tests := []struct {
		name     string
		encoding string
		body     string
		codings  []string // nil if it is broken
		coded    int
		read     int
	}{
		{"plain", "", text, []string{}, len(text), len(text)},
		{"identity", "identity", text, []string{}, len(text), len(text)},
		{"gzip", "gzip", string(once), []string{"gzip"}, len(once), len(text)},
		{"x-gzip", "X-GZip", string(once), []string{"gzip"}, len(once), len(text)},
		{"twice", "gzip, gzip", string(twice), []string{"gzip", "gzip"}, len(twice), len(text)},
		{"both", "gzip, deflate", deflated.String(), []string{"gzip", "deflate"}, deflated.Len(), len(text)},
		{"cut off", "gzip", string(once[:len(once)-1]), nil, 0, 0},
		{"nothing", "gzip", "", []string{}, 0, 0},
		{"unknown", "br", text, []string{}, len(text), len(text)},
		{"partly unknown", "br, gzip", string(once), []string{}, len(once), len(once)},
		{"malformed", "gzip,\"", string(once), []string{}, len(once), len(once)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(allowOrigin, "*")
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				w.Write([]byte(tt.body))
			})
			r := decodeReport(t, corsfetch(t, "-json", "-origin", page, url).stdout)
			if tt.codings == nil {
				if r.Verdict != failed || !strings.Contains(r.Explanation, "gzip: unexpected EOF") || strings.Count(r.Explanation, "gzip") != 1 {
					t.Errorf("got %s: %s", r.Verdict, r.Explanation)
				}
				return
			}
			p := r.Response
			if !slices.Equal(p.Codings, tt.codings) || p.CodedBytes != int64(tt.coded) || p.BodyBytes != int64(tt.read) {
				t.Errorf("got %q, %d and %d bytes; want %q, %d and %d", p.Codings, p.CodedBytes, p.BodyBytes, tt.codings, tt.coded, tt.read)
			}
		})
	}
}

// TestCodingLeft checks what is said of codings that stay.
func TestCodingLeft(t *testing.T) {
	for value, want := range map[string]string{
		"":         "",
		"gzip":     "",
		"identity": "",
		"br, gzip": "br, gzip",
		`gzip "`:   `gzip "`,
	} {
		h := http.Header{"Content-Encoding": {value}}
		if got := codingLeft(h); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}
