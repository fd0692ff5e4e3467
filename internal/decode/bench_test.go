package decode

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// BenchmarkReader decodes bodies of several sizes. With pool=off every body
// gets decoders of its own.
func BenchmarkReader(b *testing.B) {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 1<<20/45)
	for _, codings := range [][]string{{"gzip"}, {"deflate"}, {"gzip", "deflate"}} {
		for _, size := range []int{1 << 10, 100 << 10, 1 << 20} {
			encoded := encode(b, codings, []byte(text[:min(size, len(text))]))
			for _, pool := range []string{"on", "off"} {
				b.Run(fmt.Sprintf("codings=%s/size=%d/pool=%s", strings.Join(codings, "+"), size, pool), func(b *testing.B) {
					b.ReportAllocs()
					b.SetBytes(int64(size))
					for b.Loop() {
						if pool == "off" {
							inflaters = sync.Pool{New: newInflater}
						}
						r, err := Reader(io.NopCloser(bytes.NewReader(encoded)), codings, nil)
						if err != nil {
							b.Fatal(err)
						}
						if _, err := io.Copy(io.Discard, r); err != nil {
							b.Fatal(err)
						}
						r.Close()
					}
				})
			}
		}
	}
}

// BenchmarkBomb decodes endless zeros in one to three codings.
func BenchmarkBomb(b *testing.B) {
	zeros := bomb{nil, make([]byte, 1<<20)}
	for n := 1; n <= 3; n++ {
		zeros = zeros.pack(b)
		b.Run(fmt.Sprintf("codings=%d", n), func(b *testing.B) {
			const size = 10 << 20
			b.ReportAllocs()
			b.SetBytes(size)
			for b.Loop() {
				r, err := Reader(zeros.body(), repeat("gzip", n), nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.CopyN(io.Discard, r, size); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}
