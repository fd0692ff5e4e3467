package corscheck

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/internal/testtable"
)

type checkIn struct {
	Origin      testtable.Bytes  `json:"origin"`
	Credentials bool             `json:"credentials"`
	Headers     testtable.Header `json:"headers"`
}

func TestCheck(t *testing.T) {
	testtable.Run(t, "cors-check.json", func(t *testing.T, in checkIn, want string) {
		for _, h := range spellings(in.Headers) {
			if got := Check(string(in.Origin), in.Credentials, h); got.String() != want {
				t.Errorf("Check(%q, %t, %q) = %v; want %s", in.Origin, in.Credentials, h, got, want)
			}
		}
	})
}

type preflightIn struct {
	Origin      testtable.Bytes   `json:"origin"`
	Credentials bool              `json:"credentials"`
	Method      testtable.Bytes   `json:"method"`
	Unsafe      []testtable.Bytes `json:"unsafe"`
	Forced      bool              `json:"forced"`
	Status      int               `json:"status"`
	Headers     testtable.Header  `json:"headers"`
}

func (in *preflightIn) request() *Request {
	return &Request{
		Origin:      string(in.Origin),
		Credentials: in.Credentials,
		Method:      string(in.Method),
		Unsafe:      texts(in.Unsafe),
		Forced:      in.Forced,
	}
}

type preflightWant struct {
	Outcome string            `json:"outcome"`
	Name    testtable.Bytes   `json:"name"`
	Methods []testtable.Bytes `json:"methods"`
	Headers []testtable.Bytes `json:"headers"`
	MaxAge  int64             `json:"maxAge"`
}

func TestPreflight(t *testing.T) {
	testtable.Run(t, "cors-preflight.json", func(t *testing.T, in preflightIn, want preflightWant) {
		g, name, o := Preflight(in.request(), in.Status, in.Headers.HTTP())
		if o.String() != want.Outcome || name != string(want.Name) {
			t.Fatalf("Preflight = %v %q; want %s %q", o, name, want.Outcome, want.Name)
		}
		var wantGrant Grant
		if o.OK() {
			wantGrant = Grant{Methods: texts(want.Methods), Headers: texts(want.Headers), MaxAge: -1}
			if want.MaxAge >= 0 {
				wantGrant.MaxAge = time.Duration(want.MaxAge) * time.Second
			}
		}
		if diff := cmp.Diff(wantGrant, g); diff != "" {
			t.Errorf("Grant (-want +got):\n%s", diff)
		}
	})
}

type requestIn struct {
	Method testtable.Bytes   `json:"method"`
	Unsafe []testtable.Bytes `json:"unsafe"`
}

func TestNeedsPreflight(t *testing.T) {
	testtable.Run(t, "cors-needs-preflight.json", func(t *testing.T, in requestIn, want bool) {
		if got := NeedsPreflight(string(in.Method), texts(in.Unsafe)); got != want {
			t.Errorf("NeedsPreflight(%q, %q) = %t", in.Method, in.Unsafe, got)
		}
		if got := SafelistedMethod(string(in.Method)); len(in.Unsafe) == 0 && got == want {
			t.Errorf("SafelistedMethod(%q) = %t", in.Method, got)
		}
	})
}

func TestPreflightHeader(t *testing.T) {
	testtable.Run(t, "cors-preflight-request.json", func(t *testing.T, in requestIn, want testtable.Header) {
		unsafe := texts(in.Unsafe)
		got := http.Header{
			"Accept":                         {"text/html"},
			"Access-Control-Request-Method":  {"OPTIONS", "TRACE"},
			"Access-Control-Request-Headers": {"left over"},
		}
		PreflightHeader(got, string(in.Method), unsafe)
		if diff := cmp.Diff(want.HTTP(), got); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
		if !slices.Equal(unsafe, texts(in.Unsafe)) {
			t.Errorf("unsafe was changed to %q", unsafe)
		}
	})
}

type exposeIn struct {
	Credentials bool             `json:"credentials"`
	Headers     testtable.Header `json:"headers"`
}

type exposeWant struct {
	Readable []testtable.Bytes `json:"readable"`
	Withheld []testtable.Bytes `json:"withheld"`
}

func TestExposed(t *testing.T) {
	testtable.Run(t, "cors-expose.json", func(t *testing.T, in exposeIn, want exposeWant) {
		for _, h := range spellings(in.Headers) {
			e := Exposed(h, in.Credentials)
			for _, name := range want.Readable {
				if !e.Readable(string(name)) {
					t.Errorf("%q: %q is not readable", h, name)
				}
			}
			for _, name := range want.Withheld {
				if e.Readable(string(name)) {
					t.Errorf("%q: %q is readable", h, name)
				}
			}
			checkFilter(t, e, h)
		}
	})
}

// checkFilter compares Filter with Readable. That Filter has two ways is a matter
// of package cors.
func checkFilter(t *testing.T, e Exposure, h http.Header) {
	t.Helper()
	want := make(http.Header)
	for name, values := range h {
		if e.Readable(name) {
			want[name] = values
		}
	}
	if diff := cmp.Diff(want, e.Filter(h)); diff != "" {
		t.Errorf("Filter (-want +got):\n%s", diff)
	}
}

// spellings returns l as a map with canonical keys, with lowercase keys, and
// with lines of one name spread over several spellings.
func spellings(l testtable.Header) []http.Header {
	lower, mixed := make(http.Header), make(http.Header)
	for i, f := range l {
		name := string(f[0])
		low := string(asciiLower([]byte(name)))
		lower[low] = append(lower[low], string(f[1]))
		switch i % 3 {
		case 0:
			name = low
		case 1:
			name = string(asciiUpper([]byte(name)))
		}
		mixed[name] = append(mixed[name], string(f[1]))
	}
	return []http.Header{l.HTTP(), lower, mixed}
}

func texts(bs []testtable.Bytes) []string {
	var out []string
	for _, b := range bs {
		out = append(out, string(b))
	}
	return out
}
