package header

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// wantAllocs fails t unless f allocates at most n times, on average of the runs,
// rounded down. There have to be several, because what the runtime itself allocates
// meanwhile is counted too.
func wantAllocs(t *testing.T, runs int, n float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(runs, f); got > n {
		t.Errorf("allocates %v times; want at most %v", got, n)
	}
}

// response is a header as a server might send it, with one key made by hand.
func response() http.Header {
	return http.Header{
		"Access-Control-Allow-Headers": {"x-a, x-b", "x-c"},
		"Access-Control-Max-Age":       {"600"},
		"Cache-Control":                {"no-store", "private"},
		"content-type":                 {`Text/JavaScript; charset="utf-8"`},
		"X-Content-Type-Options":       {"nosniff"},
	}
}

func TestAllocs(t *testing.T) {
	h := response()
	dst := make([]string, 0, 64)
	request := http.Header{
		"Accept":           {"*/*"},
		"AUTHORIZATION":    {"Basic x"},
		"Content-Type":     {"application/json"},
		"X-Csrf-Token":     {"x"},
		"X-Requested-With": {"XMLHttpRequest"},
		"x-made-up":        {"x"},
	}
	m, _ := ParseMIME("text/javascript")
	tests := map[string]func(){
		"Get":                 func() { Get(h, "ACCESS-CONTROL-MAX-AGE") },
		"Get absent":          func() { Get(h, "X-Absent") },
		"Split":               func() { Split(dst, h, "Content-Type") },
		"Values":              func() { Values(dst, h, "access-control-allow-headers") },
		"Values absent":       func() { Values(nil, h, "X-Absent") },
		"DeltaSeconds":        func() { DeltaSeconds(h, "Access-Control-Max-Age") },
		"ValidName":           func() { ValidName("X-Requested-With") },
		"ValidValue":          func() { _ = ValidValue("a\tb") },
		"Normalize":           func() { _ = Normalize(" \r\n a b ") },
		"UnsafeNames":         func() { UnsafeNames(dst, request) },
		"MIME.JavaScript":     func() { m.JavaScript() },
		"SingleRange":         func() { SingleRange("bytes = 1 - 2", true) },
		"SingleRange, no fit": func() { SingleRange("bytes=1-99999999999999999999999", false) },
		"Nosniff":             func() { Nosniff(h) },
		"Blocked, script":     func() { Blocked(h, "script") },
		"Blocked, style":      func() { Blocked(h, "style") },
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) { wantAllocs(t, 5, 0, f) })
	}
}

// TestPredicateAllocs covers the predicates with every way to write a name, and
// with values that need the longest way through them.
func TestPredicateAllocs(t *testing.T) {
	names := []string{
		"Accept", "Accept-Language", "Content-Language", "Content-Type", "Content-Encoding", "Range",
		"Access-Control-Request-Headers", "X-HTTP-Method-Override", "Authorization", "Set-Cookie",
		"Cache-Control", "Sec-Fetch-Site", "Proxy-X", "X-Custom", strings.Repeat("Ab", 100),
	}
	values := []string{
		"", "*/*", "de, en;q=0.5", `get, "connect", Trace`, "bytes=0-499",
		"Text/Plain; charset=utf-8; x=y", "multipart/form-data; boundary=----x", "Application/X-WWW-Form-Urlencoded",
	}
	for _, name := range names {
		for _, name := range spellings(name) {
			for _, value := range values {
				wantAllocs(t, 5, 0, func() {
					ForbiddenRequest(name, value)
					_ = ForbiddenResponseName(name)
					SafelistedRequest(name, value)
					SafelistedNoCORS(name, value)
					_ = PrivilegedNoCORSName(name)
					_ = NonWildcardRequestName(name)
					RequestBodyName(name)
					SafelistedResponseName(name)
				})
			}
		}
	}
}

// TestUnsafeNamesAllocs pins the one string for each name that has to be lowered
// and is not common.
func TestUnsafeNamesAllocs(t *testing.T) {
	dst := make([]string, 0, 64)
	h := http.Header{"X-Made-Up-One": {"1"}, "X-Made-Up-Two": {"1", "2"}, "Authorization": {"x"}, "x-lower": {"x"}}
	wantAllocs(t, 5, 2, func() { UnsafeNames(dst, h) })
}

// A hostile case is input that a peer or a script can send to make us work.
type hostile struct {
	name   string
	allocs float64 // bound, given a dst with room
	f      func()
}

// hostileCases returns inputs of about 1 MB, and headers of 10,000 lines. dst
// has room for all results.
func hostileCases() []hostile {
	const mb = 1 << 20
	dst := make([]string, 0, mb+1)
	one := func(value string) http.Header { return http.Header{"Content-Type": {value}} }
	commas := one(strings.Repeat(",", mb))
	quotes := one(strings.Repeat(`"`, mb+1))
	spaces := one(strings.Repeat(" ", mb))
	types := one(strings.Repeat("a/b,", mb/4))
	badType := one(strings.Repeat("a", mb))
	params := strings.Repeat(";a=b", mb/4)
	lines := make([]string, 10_000)
	for i := range lines {
		lines[i] = "text/plain"
	}
	manyLines := http.Header{"Content-Type": lines}
	manyNames := http.Header{}
	for i := range 10_000 {
		manyNames[fmt.Sprintf("X-Name-%d", i)] = []string{"x"}
	}
	digits := strings.Repeat("9", mb/2)
	age := http.Header{"Access-Control-Max-Age": {digits}}
	byteRange := "bytes=" + digits + "-" + digits
	sniff := http.Header{"X-Content-Type-Options": commas["Content-Type"]}
	manyParams := "text/plain" + params
	return []hostile{
		{"func=Split/in=commas", 0, func() { Split(dst, commas, "Content-Type") }},
		{"func=Split/in=quotes", 0, func() { Split(dst, quotes, "Content-Type") }},
		{"func=Split/in=lines", 1, func() { Split(dst, manyLines, "Content-Type") }},
		{"func=Values/in=commas", 0, func() { Values(dst, commas, "Content-Type") }},
		{"func=Values/in=spaces", 0, func() { Values(dst, spaces, "Content-Type") }},
		{"func=Values/in=token", 0, func() { Values(dst, badType, "Content-Type") }},
		{"func=Get/in=lines", 1, func() { Get(manyLines, "Content-Type") }},
		{"func=Get/in=names", 0, func() { Get(manyNames, "Content-Type") }},
		{"func=DeltaSeconds/in=digits", 0, func() { DeltaSeconds(age, "Access-Control-Max-Age") }},
		{"func=SingleRange/in=digits", 0, func() { SingleRange(byteRange, false) }},
		{"func=ForbiddenRequest/in=commas", 0, func() { ForbiddenRequest("X-HTTP-Method", commas["Content-Type"][0]) }},
		{"func=ForbiddenRequest/in=name", 0, func() { ForbiddenRequest(badType["Content-Type"][0], "") }},
		{"func=SafelistedRequest/in=params", 0, func() { SafelistedRequest("Content-Type", params) }},
		{"func=SafelistedRequest/in=name", 0, func() { SafelistedRequest(params, "x") }},
		{"func=UnsafeNames/in=names", 10_000, func() { UnsafeNames(dst, manyNames) }},
		{"func=UnsafeNames/in=lines", 0, func() { UnsafeNames(dst, manyLines) }},
		{"func=ParseMIME/in=params", 1, func() { ParseMIME(manyParams) }},
		{"func=ParseMIME/in=token", 0, func() { ParseMIME(badType["Content-Type"][0]) }},
		{"func=ParseMIME/in=spaces", 0, func() { ParseMIME(spaces["Content-Type"][0]) }},
		{"func=ExtractMIME/in=types", 0, func() { ExtractMIME(types) }},
		{"func=ExtractMIME/in=commas", 0, func() { ExtractMIME(commas) }},
		{"func=ExtractMIME/in=lines", 1, func() { ExtractMIME(manyLines) }},
		{"func=Blocked/in=types", 0, func() { Blocked(types, "script") }},
		{"func=Blocked/in=lines", 1, func() { Blocked(manyLines, "script") }},
		{"func=Nosniff/in=commas", 0, func() { Nosniff(sniff) }},
	}
}

func TestHostileAllocs(t *testing.T) {
	for _, c := range hostileCases() {
		t.Run(c.name, func(t *testing.T) { wantAllocs(t, 10, c.allocs, c.f) })
	}
}
