package valkeycache

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
)

// traffic returns how many bytes the server has received and sent so far, on all
// connections.
func (w *world) traffic() (in, out int64) {
	for _, line := range strings.Split(w.side.do("INFO", "stats"), "\r\n") {
		fmt.Sscanf(line, "total_net_input_bytes:%d", &in)
		fmt.Sscanf(line, "total_net_output_bytes:%d", &out)
	}
	return in, out
}

// measure returns how many bytes the server receives and sends per call of f.
func (w *world) measure(n int, f func(i int)) (in, out float64) {
	in0, out0 := w.traffic()
	in1, out1 := w.traffic() // what looking costs
	for i := range n {
		f(i)
	}
	in2, out2 := w.traffic()
	return float64((in2-in1)-(in1-in0)) / float64(n), float64((out2-out1)-(out1-out0)) / float64(n)
}

// BenchmarkWire reports the bytes that operations take on the wire, as the server
// counts them, in place of the time.
func BenchmarkWire(b *testing.B) {
	ctx := context.Background()
	typical := corscheck.Grant{Methods: []string{"PUT"}, Headers: []string{"authorization", "content-type"}, MaxAge: time.Hour}
	const n = 500
	w := newWorld(b, startServer(b))
	w.namespace = DefaultNamespace
	c := w.cache(b, func(o *Options) { o.LocalTTL = -1 })
	other := w.cache(b)
	c.extraScript, other.extraScript = "", ""
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	covers := func(c *Cache, i int, wanted bool) {
		if ok, err := c.Covers(ctx, keyOf(i), true, "PUT", benchHeaders); ok != wanted || err != nil {
			b.Fatalf("Covers = %t, %v", ok, err)
		}
	}
	covers(c, 0, false)
	covers(other, 0, false)
	report := func(name string, f func(i int)) (in, out float64) {
		in, out = w.measure(n, f)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = 0
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(in, "B-to-server/op")
			b.ReportMetric(out, "B-from-server/op")
		})
		return in, out
	}
	report("call=covers/answer=miss", func(i int) { covers(c, i, false) })
	report("call=store/names=3/entry=new", func(i int) { must(c.Store(ctx, keyOf(i), true, typical)) })
	report("call=store/names=3/entry=renewed", func(i int) { must(c.Store(ctx, keyOf(i), true, typical)) })
	report("call=covers/answer=hit/names=3", func(i int) { covers(c, i, true) })
	_, quiet := report("call=clear", func(i int) { must(c.Clear(ctx, keyOf(i))) })
	report("call=store/names=6/entry=new", func(i int) { must(c.Store(ctx, keyOf(i), true, benchGrant)) })
	report("call=covers/answer=hit/names=6", func(i int) { covers(c, i, true) })
	for i := range n {
		covers(other, i, true)
	}
	_, told := w.measure(n, func(i int) { must(c.Clear(ctx, keyOf(i))) })
	b.Run("notice", func(b *testing.B) {
		for b.Loop() {
			_ = 0
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(told-quiet, "B-from-server/op")
	})
}
