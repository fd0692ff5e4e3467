package dataurl

import (
	"runtime"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/internal/weburl"
)

type (
	urlIn   struct{ URL string }
	urlWant struct {
		MIME, Body testtable.Bytes
		Failure    string
	}
)

func TestProcess(t *testing.T) {
	testtable.Run(t, "data-url.json", func(t *testing.T, in urlIn, want urlWant) {
		u, err := weburl.Parse(in.URL, nil)
		if (err != nil) != (want.Failure == "url") {
			t.Fatalf("parsing the URL: %v", err)
		} else if err != nil {
			return
		}
		mime, body, err := Process(u)
		var wantErr error
		switch want.Failure {
		case "":
		case "comma":
			wantErr = ErrNoComma
		case "base64":
			wantErr = ErrBase64
		default:
			t.Fatalf("no such failure: %q", want.Failure)
		}
		if err != wantErr {
			t.Fatalf("error %v; want %v", err, wantErr)
		} else if err != nil {
			if mime.Type != "" || body != nil {
				t.Errorf("got %v and %q with an error", mime, body)
			}
			return
		}
		if mime.String() != string(want.MIME) || string(body) != string(want.Body) {
			t.Errorf("got %s, %q; want %s, %q", mime, body, want.MIME, want.Body)
		}
	})
}

func TestForgivingBase64(t *testing.T) {
	testtable.Run(t, "forgiving-base64.json", func(t *testing.T, in testtable.Bytes, want *testtable.Bytes) {
		got, ok := forgivingBase64([]byte(in))
		if ok != (want != nil) || ok && string(got) != string(*want) {
			t.Errorf("got %q, %v", got, ok)
		}
	})
}

// large returns data: URLs of about size bytes that could be slow.
func large(size int) map[string]string {
	return map[string]string{
		"plain":        "data:," + strings.Repeat("a", size),
		"escaped":      "data:," + strings.Repeat("%41", size/3),
		"percents":     "data:," + strings.Repeat("%", size),
		"broken":       "data:," + strings.Repeat("%a", size/2),
		"base64":       "data:;base64," + strings.Repeat("QUJD", size/4),
		"spaced":       "data:;base64," + strings.Repeat("Q%20", size/4),
		"spaces":       "data:;base64," + strings.Repeat("%20", size/3),
		"padding":      "data:;base64," + strings.Repeat("=", size),
		"late fault":   "data:;base64," + strings.Repeat("QUJD", size/4) + "-",
		"long type":    "data:" + strings.Repeat("a", size) + "/b,X",
		"spaces, type": "data:a/b;" + strings.Repeat(" ", size) + "base64,WA",
		"bases":        "data:" + strings.Repeat(";base64", size/7) + ",WA",
		"no comma":     "data:" + strings.Repeat("a", size),
	}
}

// largeSize is the length of long URLs in tests. Under the race detector, which
// sees nothing new in them, they are shorter.
var largeSize = 10 << 20

// TestLarge bounds the memory that long URLs take.
func TestLarge(t *testing.T) {
	size := largeSize
	for name, s := range large(size) {
		u, err := weburl.Parse(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		mime, body, err := Process(u)
		runtime.ReadMemStats(&after)
		wantErr := map[string]error{"padding": ErrBase64, "late fault": ErrBase64, "no comma": ErrNoComma}[name]
		if err != wantErr {
			t.Errorf("%s: error %v", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 2*uint64(size) {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
		if cap(body) > len(body)+len(body)/4+64 {
			t.Errorf("%s: a body of %d bytes has room for %d", name, len(body), cap(body))
		}
		runtime.KeepAlive(mime)
	}
}

func TestAllocs(t *testing.T) {
	for s, want := range map[string]float64{
		"data:text/html,Hello%2C%20World!":           2, // type, body
		"data:text/html;base64,SGVsbG8sIFdvcmxkIQ==": 3, // and percent-decoded
		"data:,Hello": 2, // body, parameter
		"data:text/plain;charset=utf-8;base64,SGVs%20bG8%3D": 4,
	} {
		u, err := weburl.Parse(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { Process(u) }); n > want {
			t.Errorf("%s: %v allocations; want %v", s, n, want)
		}
	}
}

// TestUnshared wants the results to hold no part of a long URL.
func TestUnshared(t *testing.T) {
	u, err := weburl.Parse("data:text/html;a=b,Hello", nil)
	if err != nil {
		t.Fatal(err)
	}
	mime, body, err := Process(u)
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = 'x'
	}
	if got := u.String(); got != "data:text/html;a=b,Hello" {
		t.Errorf("the URL became %q", got)
	}
	for _, s := range []string{mime.Type, mime.Subtype, mime.Params[0].Value} {
		if within(u.String(), s) {
			t.Errorf("%q is a part of the URL", s)
		}
	}
}

func BenchmarkProcess(b *testing.B) {
	urls := large(1 << 20)
	urls["short"] = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
	for name, s := range urls {
		u, err := weburl.Parse(s, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("url="+strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Process(u)
			}
		})
	}
}
