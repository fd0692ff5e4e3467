package corscheck

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// adversarial are headers that a hostile server could send, each of which has
// lines for every header of the protocol.
var adversarial = func() map[string]http.Header {
	fill := func(lines ...string) http.Header {
		h := http.Header{"Content-Type": {"text/plain"}}
		for _, name := range []string{allowOrigin, allowCredentials, allowMethods, allowHeaders, maxAge, exposeHeaders} {
			h[name] = lines
		}
		return h
	}
	spread := fill("x-a")
	for name := range fill() {
		spread[strings.ToUpper(name)] = []string{"x-b"}
		spread[strings.ToLower(name)] = []string{"*"}
	}
	crowd := manyHeaders(10_000)
	crowd[exposeHeaders] = []string{"x-a"}
	return map[string]http.Header{
		"none":      {},
		"star":      fill("*"),
		"upper":     fill("X-A, X-B, X-C"),
		"malformed": fill("x-a, x b"),
		"commas":    fill(strings.Repeat(",", 1<<20)),
		"spaces":    fill(strings.Repeat(" ", 1<<20)),
		"list":      fill(longList("X-", 1<<20)),
		"name":      fill(strings.Repeat("X", 1<<20)),
		"bytes":     fill(strings.Repeat("\xff", 1<<20)),
		"lines":     fill(slices.Repeat([]string{"x-a"}, 10_000)...),
		"empty":     fill(make([]string, 10_000)...),
		"spread":    spread,
		"crowd":     crowd,
	}
}()

func TestAllocs(t *testing.T) {
	long := strings.Repeat("X-Long", 1000)
	for name, h := range adversarial {
		t.Run(name, func(t *testing.T) {
			e := Exposed(h, true)
			for _, f := range []struct {
				name string
				call func()
			}{
				{"Check", func() { Check("https://app.example", true, h) }},
				{"Check without credentials", func() { Check("https://app.example", false, h) }},
				{"Exposed", func() { Exposed(h, true) }},
				{"Exposed without credentials", func() { Exposed(h, false) }},
				{"Readable", func() { e.Readable("X-Z"); e.Readable("CONTENT-TYPE") }},
				{"Readable of a long name", func() { e.Readable(long) }},
			} {
				// Several runs, so that what the runtime itself allocates meanwhile
				// is less than one for each.
				if n := testing.AllocsPerRun(10, f.call); n != 0 {
					t.Errorf("%s allocates %v times", f.name, n)
				}
			}
		})
	}
	unsafe := []string{"x-a"}
	if n := testing.AllocsPerRun(10, func() {
		NeedsPreflight(long, unsafe)
		NeedsPreflight("get", nil)
		_ = SafelistedMethod(long)
	}); n != 0 {
		t.Errorf("NeedsPreflight and SafelistedMethod allocate %v times", n)
	}
}
