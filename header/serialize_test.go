package header

import (
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

// TestMIMEString has cases of the standard's algorithm; slowSerialize and a
// second parse, to which the fuzz test compares, cover the rest.
func TestMIMEString(t *testing.T) {
	tests := []struct {
		m    MIME
		want string
	}{
		{MIME{Type: "text", Subtype: "html"}, "text/html"},
		{MIME{Type: "text", Subtype: "html", Params: []Param{{"charset", "utf-8"}}}, "text/html;charset=utf-8"},
		{MIME{"a", "b", []Param{{"c", "d"}, {"e", "f"}}}, "a/b;c=d;e=f"},
		{MIME{"a", "b", []Param{{"c", ""}}}, `a/b;c=""`},
		{MIME{"a", "b", []Param{{"c", " d"}}}, `a/b;c=" d"`},
		{MIME{"a", "b", []Param{{"c", "d;e=f"}}}, `a/b;c="d;e=f"`},
		{MIME{"a", "b", []Param{{"c", `"`}}}, `a/b;c="\""`},
		{MIME{"a", "b", []Param{{"c", `\`}}}, `a/b;c="\\"`},
		{MIME{"a", "b", []Param{{"c", `d"e\f`}}}, `a/b;c="d\"e\\f"`},
		{MIME{"a", "b", []Param{{"c", "\xe9"}}}, "a/b;c=\"\xe9\""},
	}
	for _, tt := range tests {
		if got := tt.m.String(); got != tt.want {
			t.Errorf("String() = %q; want %q", got, tt.want)
		}
	}
	for _, c := range testtable.Load[testtable.Bytes, *mimeWant](t, "mime-parse.json") {
		m, ok := c.Want.mime()
		if !ok {
			continue
		}
		s := m.String()
		if want := slowSerialize(m); s != want {
			t.Errorf("%s: String() = %q; want %q", c.Name, s, want)
		}
		again, ok := ParseMIME(s)
		if diff := diffMIME(&m, again, ok); diff != "" {
			t.Errorf("%s: %q does not parse as what it was made from (-want +got):\n%s", c.Name, s, diff)
		}
	}
}

// FuzzMIMEString compares with the slow serialization whatever is in the
// record, not only what a parser can put there.
func FuzzMIMEString(f *testing.F) {
	f.Add("text", "html", "charset", "utf-8", `\"`)
	f.Fuzz(func(t *testing.T, typ, subtype, name, a, b string) {
		m := MIME{typ, subtype, []Param{{name, a}, {"x", b}}}
		if got, want := m.String(), slowSerialize(m); got != want {
			t.Errorf("%#v.String() = %q; want %q", m, got, want)
		}
	})
}

func TestMIMEStringAllocs(t *testing.T) {
	plain := MIME{Type: "text", Subtype: "html"}
	charset := MIME{"text", "html", []Param{{"charset", "utf-8"}}}
	escaped := MIME{"text", "html", []Param{{"x", strings.Repeat(`"`, 1<<10)}}}
	for _, m := range []MIME{plain, charset, escaped} {
		if n := testing.AllocsPerRun(100, func() { sinkString = m.String() }); n > 1 {
			t.Errorf("String of %.40s allocates %v times", m, n)
		}
	}
}

var sinkString string
