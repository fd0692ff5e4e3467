package badport

import (
	"fmt"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

func TestBlocked(t *testing.T) {
	bad := make(map[int]bool)
	for _, c := range testtable.Load[int, bool](t, "bad-port.json") {
		if got := Blocked(c.In); got != c.Want {
			t.Errorf("Blocked(%d) = %v; want %v", c.In, got, c.Want)
		}
		if c.Want {
			bad[c.In] = true
		}
	}
	if len(bad) != 83 {
		t.Errorf("the table has %d bad ports; the standard has 83", len(bad))
	}
	for port := -1; port <= 1<<16; port++ {
		if Blocked(port) && !bad[port] {
			t.Errorf("Blocked(%d) = true; the standard does not list it", port)
		}
	}
}

func TestAllocs(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _ = Blocked(6667) }); n != 0 {
		t.Errorf("Blocked allocates %v times", n)
	}
}

func BenchmarkBlocked(b *testing.B) {
	for _, port := range []int{443, 6667} {
		b.Run(fmt.Sprintf("port=%d", port), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Blocked(port)
			}
		})
	}
}

func ExampleBlocked() {
	fmt.Println(Blocked(25), Blocked(443))
	// Output: true false
}
