package corscheck

import (
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func TestOutcome(t *testing.T) {
	seen := make(map[string]bool)
	for o := Allowed; o <= AuthorizationNotListed; o++ {
		s := o.String()
		if seen[s] || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("String of %d is %q", uint8(o), s)
		}
		seen[s] = true
		if o.OK() != (o == Allowed) {
			t.Errorf("%v.OK() = %t", o, o.OK())
		}
	}
	if o := AuthorizationNotListed + 1; o.String() != "outcome-11" || o.OK() {
		t.Errorf("an unknown outcome is %q, OK: %t", o, o.OK())
	}
}

// wantAge is the Duration for what Access-Control-Max-Age says: digits, or "".
func wantAge(digits string) time.Duration {
	if digits == "" {
		return -1
	}
	seconds, _ := new(big.Int).SetString(digits, 10)
	const limit = 9223372036 // whole seconds in a Duration, a bit over 292 years
	if seconds.Cmp(big.NewInt(limit)) > 0 {
		seconds.SetInt64(limit)
	}
	return time.Duration(seconds.Int64()) * time.Second
}

func TestPreflightMaxAgeClamps(t *testing.T) {
	for _, digits := range []string{
		"9223372035", "9223372036", "9223372037", "92233720360",
		"9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
		"18446744073709551621", strings.Repeat("9", 100), strings.Repeat("0", 100) + "7", strings.Repeat("1", 1<<20),
	} {
		g, _, o := Preflight(&Request{Origin: "null", Method: "GET"}, 204, http.Header{
			"Access-Control-Allow-Origin": {"*"},
			"Access-Control-Max-Age":      {digits},
		})
		want := wantAge(digits[max(0, len(digits)-200):])
		if !o.OK() || g.MaxAge != want || g.MaxAge < 0 {
			t.Errorf("max-age of %d digits, %.30s: %v, %v; want %v", len(digits), digits, o, g.MaxAge, want)
		}
	}
}

func TestEmptyOriginMatchesNothing(t *testing.T) {
	if o := Check("", false, http.Header{"Access-Control-Allow-Origin": {""}}); o != OriginMismatch {
		t.Errorf("got %v", o)
	}
}

func TestKeyWithoutLinesIsAbsent(t *testing.T) {
	h := http.Header{
		"Access-Control-Allow-Origin":  {},
		"access-control-allow-origin":  nil,
		"Access-Control-Allow-Methods": nil,
		"access-control-allow-methods": nil,
	}
	if o := Check("null", false, h); o != MissingAllowOrigin {
		t.Errorf("no line is filed under Access-Control-Allow-Origin: %v", o)
	}
	h["Access-Control-Allow-Origin"] = []string{"null"}
	if o := Check("null", false, h); o != Allowed {
		t.Errorf("one line is filed under Access-Control-Allow-Origin: %v", o)
	}
	r := &Request{Origin: "null", Method: "PUT", Forced: true}
	if g, _, o := Preflight(r, 200, h); !o.OK() || len(g.Methods) != 1 {
		t.Errorf("no line is filed under Access-Control-Allow-Methods: %v, %q", o, g.Methods)
	}
}

// TestGrantIsACopy makes sure that caching a grant does not keep the header it
// came from.
func TestGrantIsACopy(t *testing.T) {
	methods, headers := longList("M", 1000), longList("x-", 1000)
	g, name, o := Preflight(&Request{Origin: "null", Method: "GET"}, 200, http.Header{
		"Access-Control-Allow-Origin":  {"*"},
		"Access-Control-Allow-Methods": {methods},
		"Access-Control-Allow-Headers": {headers},
	})
	if !o.OK() || len(g.Methods) < 100 || len(g.Headers) < 100 {
		t.Fatalf("%v %q, %d methods, %d names", o, name, len(g.Methods), len(g.Headers))
	}
	within := func(part, whole string) bool {
		p, w := uintptr(unsafe.Pointer(unsafe.StringData(part))), uintptr(unsafe.Pointer(unsafe.StringData(whole)))
		return w <= p && p < w+uintptr(len(whole))
	}
	for i := range 100 {
		if within(g.Methods[i], methods) || within(g.Headers[i], headers) {
			t.Fatalf("%q or %q is a part of the header", g.Methods[i], g.Headers[i])
		}
	}
}

func TestPreflightLeavesInputsAlone(t *testing.T) {
	names := []string{"X-B", "x-a", "X-b"}
	h := http.Header{
		"Access-Control-Allow-Origin":  {"*"},
		"Access-Control-Allow-Headers": {"X-A, X-B"},
	}
	before := h.Clone()
	r := &Request{Origin: "null", Method: "GET", Unsafe: names}
	if _, name, o := Preflight(r, 200, h); !o.OK() {
		t.Fatalf("%v %q", o, name)
	}
	if diff := cmp.Diff([]string{"X-B", "x-a", "X-b"}, names); diff != "" {
		t.Errorf("Unsafe changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, h); diff != "" {
		t.Errorf("header changed (-want +got):\n%s", diff)
	}
}

func TestZeroExposure(t *testing.T) {
	var e Exposure
	if !e.Readable("Content-Type") || e.Readable("X-A") {
		t.Error("the zero Exposure is not the safelist")
	}
	h := http.Header{"Content-Type": {"text/plain"}, "X-A": {"1"}}
	if diff := cmp.Diff(http.Header{"Content-Type": {"text/plain"}}, e.Filter(h)); diff != "" {
		t.Errorf("Filter (-want +got):\n%s", diff)
	}
	if got := e.Filter(nil); got == nil || len(got) != 0 {
		t.Errorf("Filter(nil) = %#v; want an empty header", got)
	}
}

func TestFilterDoesNotAppendToTheOriginal(t *testing.T) {
	values := append(make([]string, 0, 2), "1")
	h := http.Header{"Access-Control-Expose-Headers": {"x-a"}, "X-A": values}
	out := Exposed(h, false).Filter(h)
	out.Add("X-A", "2")
	if got := values[:2]; got[1] != "" {
		t.Errorf("the array of h's values is now %q", got)
	}
}

// TestFilterLarge takes hours unless Filter is linear.
func TestFilterLarge(t *testing.T) {
	h := manyHeaders(100_000)
	list := longList("y", 1<<20) + ",X-7,x-99999,set-cookie"
	h["Access-Control-Expose-Headers"] = []string{list}
	lower := strings.ToLower("X-7")
	h[lower] = []string{"another spelling"}
	h["Set-Cookie"] = []string{"a=b"}
	h["Content-Type"] = []string{"text/plain"}
	want := http.Header{"X-7": h["X-7"], lower: h[lower], "X-99999": h["X-99999"], "Content-Type": h["Content-Type"]}
	if diff := cmp.Diff(want, Exposed(h, true).Filter(h)); diff != "" {
		t.Errorf("Filter (-want +got):\n%s", diff)
	}
}

// TestFilterLargeSpread is TestFilterLarge with lines under two spellings, each
// of which costs a walk through the map, even if the list is short.
func TestFilterLargeSpread(t *testing.T) {
	h := manyHeaders(100_000)
	h["Access-Control-Expose-Headers"] = []string{"x-1"}
	h["access-control-expose-headers"] = []string{"x-2"}
	want := http.Header{"X-1": h["X-1"], "X-2": h["X-2"]}
	e := Exposed(h, false)
	if diff := cmp.Diff(want, e.Filter(h)); diff != "" {
		t.Errorf("Filter (-want +got):\n%s", diff)
	}
	if !e.list.Long(len(h)) {
		t.Errorf("a scan for each of %d names is said to be cheap; each looks at all keys", len(h))
	}
}

// TestPreflightLarge takes hours unless Preflight is linear.
func TestPreflightLarge(t *testing.T) {
	r := &Request{Origin: "null", Method: "GET"}
	var list strings.Builder
	for i := range 100_000 {
		r.Unsafe = append(r.Unsafe, "x-"+strconv.Itoa(i))
		list.WriteString(",X-" + strconv.Itoa(99_999-i))
	}
	h := http.Header{
		"Access-Control-Allow-Origin":  {"*"},
		"Access-Control-Allow-Headers": {list.String()},
	}
	if g, name, o := Preflight(r, 200, h); !o.OK() || len(g.Headers) != 100_000 {
		t.Errorf("%v %q, %d names", o, name, len(g.Headers))
	}
	r.Unsafe = append(r.Unsafe, "y")
	if _, name, o := Preflight(r, 200, h); o != HeaderNotAllowed || name != "y" {
		t.Errorf("%v %q", o, name)
	}
}

// manyHeaders returns n header fields called, ….
func manyHeaders(n int) http.Header {
	h := make(http.Header, n)
	for i := range n {
		h["X-"+strconv.Itoa(i)] = []string{strconv.Itoa(i)}
	}
	return h
}

// longList returns a list of at least n bytes, whose elements start with prefix.
func longList(prefix string, n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(prefix + strconv.Itoa(i) + ",")
	}
	return b.String() + prefix
}
