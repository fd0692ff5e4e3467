package header

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type mimeWant struct {
	Type       testtable.Bytes      `json:"type"`
	Subtype    testtable.Bytes      `json:"subtype"`
	Parameters [][2]testtable.Bytes `json:"parameters"`
	JavaScript bool                 `json:"javascript"`
}

// mime returns what w stands for; false is failure.
func (w *mimeWant) mime() (MIME, bool) {
	if w == nil {
		return MIME{}, false
	}
	m := MIME{Type: string(w.Type), Subtype: string(w.Subtype)}
	for _, p := range w.Parameters {
		m.Params = append(m.Params, Param{string(p[0]), string(p[1])})
	}
	return m, true
}

func TestParseMIME(t *testing.T) {
	testtable.Run(t, "mime-parse.json", func(t *testing.T, in testtable.Bytes, w *mimeWant) {
		got, ok := ParseMIME(string(in))
		want, wantOK := w.mime()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || ok != wantOK {
			t.Fatalf("ParseMIME(%q): ok %v; want %v (-want +got):\n%s", in, ok, wantOK, diff)
		}
		if !ok {
			return
		}
		if got.JavaScript() != w.JavaScript {
			t.Errorf("JavaScript() = %v", got.JavaScript())
		}
		if e := string(w.Type + "/" + w.Subtype); got.Essence() != e {
			t.Errorf("Essence() = %q; want %q", got.Essence(), e)
		}
	})
}

func TestZeroMIME(t *testing.T) {
	if (MIME{}).JavaScript() {
		t.Error("the zero MIME is a JavaScript MIME type")
	}
}

func TestExtractMIME(t *testing.T) {
	testtable.Run(t, "mime-extract.json", func(t *testing.T, in []testtable.Bytes, w *mimeWant) {
		for _, key := range []string{"Content-Type", "content-type"} {
			got, ok := ExtractMIME(http.Header{key: stringsOf(in)})
			want, wantOK := w.mime()
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || ok != wantOK {
				t.Errorf("ok %v; want %v (-want +got):\n%s", ok, wantOK, diff)
			}
		}
	})
}

// TestParseMIMEMemory bounds what a hostile header can make ParseMIME allocate,
// in bytes per byte of input.
func TestParseMIMEMemory(t *testing.T) {
	var distinct strings.Builder
	for i := 0; distinct.Len() < 1<<20; i++ {
		fmt.Fprintf(&distinct, ";p%d=x", i)
	}
	for name, params := range map[string]string{
		"distinct":  distinct.String(),
		"duplicate": strings.Repeat(`;a=b`, 1<<18),
		"escaped":   strings.Repeat(`;a="\b"`, 1<<17),
		"unclosed":  `;a="` + strings.Repeat(`\b`, 1<<19),
		"invalid":   strings.Repeat(`;"`, 1<<19),
		"empty":     strings.Repeat(";", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, ok := ParseMIME("text/plain" + params)
			runtime.ReadMemStats(&after)
			if !ok {
				t.Error("does not parse")
			}
			if perByte := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(params)); perByte > 64 {
				t.Errorf("allocates %.0f bytes for each byte of input", perByte)
			}
		})
	}
}

func FuzzMIME(f *testing.F) {
	for _, c := range testtable.Load[testtable.Bytes, *mimeWant](f, "mime-parse.json") {
		f.Add(string(c.In), "")
	}
	for _, c := range testtable.Load[[]testtable.Bytes, *mimeWant](f, "mime-extract.json") {
		if len(c.In) == 2 {
			f.Add(string(c.In[0]), string(c.In[1]))
		}
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		got, ok := ParseMIME(a)
		if diff := diffMIME(slowParseMIME(a), got, ok); diff != "" {
			t.Fatalf("ParseMIME(%q) (-want +got):\n%s", a, diff)
		}
		if ok {
			s := slowSerialize(got)
			again, ok := ParseMIME(s)
			if diff := diffMIME(&got, again, ok); diff != "" {
				t.Errorf("%q was serialized to %q, which is not the same (-want +got):\n%s", a, s, diff)
			}
		}
		lines := []string{a, b}
		h := http.Header{"Content-Type": lines}
		want := slowExtract(lines)
		got, ok = ExtractMIME(h)
		if diff := diffMIME(want, got, ok); diff != "" {
			t.Errorf("ExtractMIME of %q (-want +got):\n%s", lines, diff)
		}
		if want == nil {
			want = &MIME{}
		}
		for destination, blocked := range map[string]bool{
			"worker": want.Type == "audio" || want.Type == "image" || want.Type == "video" || want.Essence() == "text/csv",
			"style":  false,
		} {
			delete(h, "X-Content-Type-Options")
			if got := Blocked(h, destination); got != blocked {
				t.Errorf("Blocked(%q, %s) = %v", lines, destination, got)
			}
			h.Set("X-Content-Type-Options", "nosniff")
			if destination == "style" {
				blocked = want.Essence() != "text/css"
			} else {
				blocked = !want.JavaScript()
			}
			if got := Blocked(h, destination); got != blocked {
				t.Errorf("Blocked(%q, %s) with nosniff = %v", lines, destination, got)
			}
		}
	})
}

// diffMIME compares got with want, which is nil for failure.
func diffMIME(want *MIME, got MIME, ok bool) string {
	if want == nil {
		want = &MIME{}
		if ok {
			return "succeeded"
		}
	} else if !ok {
		return "failed"
	}
	return cmp.Diff(*want, got, cmpopts.EquateEmpty())
}
