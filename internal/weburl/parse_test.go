package weburl

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/internal/testtable"
)

type parseIn struct {
	Input string
	Base  *string
}

type parts struct {
	Username, Password, Hostname, Port, Pathname, Search, Hash string
}

type parseWant struct {
	Failure      bool
	Reason       string
	Href, Origin string
	Parts        *parts
}

// parseOn parses input against base as the table says.
func parseOn(input string, base *string) (URL, error) {
	if base == nil {
		return Parse(input, nil)
	}
	b, err := Parse(*base, nil)
	if err != nil {
		return URL{}, err
	}
	return Parse(input, &b)
}

func partsOf(u URL) parts {
	p := parts{u.Username(), u.Password(), u.Host(), u.Port(), u.Path(), "", ""}
	if q, _ := u.Query(); q != "" {
		p.Search = "?" + q
	}
	if f, _ := u.Fragment(); f != "" {
		p.Hash = "#" + f
	}
	return p
}

func TestParse(t *testing.T) {
	testtable.Run(t, "url-parse.json", func(t *testing.T, in parseIn, want parseWant) {
		u, err := parseOn(in.Input, in.Base)
		if want.Failure {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %q, error %v; want failure", u, err)
			}
			if want.Reason != "" && e.Reason != want.Reason {
				t.Errorf("reason %q; want %q", e.Reason, want.Reason)
			}
			if u != (URL{}) {
				t.Errorf("failure comes with URL %q", u)
			}
			return
		}
		if err != nil {
			t.Fatalf("%v; want %q", err, want.Href)
		}
		if u.String() != want.Href {
			t.Errorf("got %q; want %q", u, want.Href)
		}
		if want.Origin != "" && u.Origin() != want.Origin {
			t.Errorf("origin %q; want %q", u.Origin(), want.Origin)
		}
		if want.Parts != nil {
			if diff := cmp.Diff(*want.Parts, partsOf(u)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		}
		checkURL(t, u)
	})
}

// checkURL checks what holds for every URL.
func checkURL(t *testing.T, u URL) {
	t.Helper()
	if again, err := Parse(u.String(), nil); err != nil || again != u {
		t.Errorf("%q does not parse to itself: %q, %v", u, again, err)
	}
	if again, err := parse(u.String(), nil); err != nil || again != u {
		t.Errorf("%q does not parse slowly to itself: %#v, %v; want %#v", u, again, err, u)
	}
	if !isASCII(u.String()) {
		t.Errorf("%q is not ASCII", u)
	}
	noFragment := u.WithFragment("", false)
	if noFragment.String() != u.WithoutFragment() || !strings.HasPrefix(u.String(), u.WithoutFragment()) {
		t.Errorf("%q without fragment is %q and %q", u, noFragment, u.WithoutFragment())
	}
	if f, ok := u.Fragment(); noFragment.WithFragment(f, ok) != u {
		t.Errorf("%q does not get its fragment %q back", u, f)
	}
	if o := u.Origin(); o != "null" && u.Scheme() != "blob" && !u.HasCredentials() && !strings.HasPrefix(u.String(), o) {
		t.Errorf("origin %q is no prefix of %q", o, u)
	}
	if r, err := Parse(u.Redacted(), nil); err != nil || r.HasCredentials() || r.Origin() != u.Origin() || r.Path() != u.Path() {
		t.Errorf("%q redacted is %q, %v", u, r, err)
	}
	if u.Host() != "" {
		if h, err := ParseHost(u.Host(), u.IsSpecial()); err != nil || h != u.Host() {
			t.Errorf("host of %q parses to %q, %v", u, h, err)
		}
	}
	if addr, ok := u.IsIP(); ok && addr.String() != u.Hostname() && !addr.Is4In6() {
		t.Errorf("%q has IP address %v", u, addr)
	}
	if p := u.EffectivePort(); p > 65535 || u.IsHTTP() && p < 0 {
		t.Errorf("%q has port %d", u, p)
	}
	checkNet(t, u)
}

// checkNet checks that net/url does not lose anything of u, but for what the
// comment of Net says.
func checkNet(t *testing.T, u URL) {
	t.Helper()
	if f, ok := u.Fragment(); ok && f == "" {
		u = u.WithFragment("", false)
	}
	n := u.Net()
	if u.IsSpecial() && n.Host != u.HostPort() {
		t.Errorf("%q is dialled as %q", u, n.Host)
	}
	if u.IsSpecial() {
		uri := strings.TrimPrefix(n.RequestURI(), u.Scheme()+"://"+u.HostPort())
		if want := u.s[u.pathStart:u.queryEnd]; uri != want {
			t.Errorf("%q has request target %q; want %q", u, uri, want)
		}
	}
	back, err := FromNet(n)
	if err != nil {
		t.Errorf("%q: %v from %#v", u, err, n)
		return
	}
	if !u.HasCredentials() {
		if back != u {
			t.Errorf("%q comes back as %q from %#v", u, back, n)
		}
		if noFragment := u.WithFragment("", false); u.IsHTTP() && !strings.ContainsAny(u.Host(), "\"`{}") &&
			noFragment.Net().String() != noFragment.String() {
			t.Errorf("%q is printed by net/url as %q", noFragment, noFragment.Net())
		}
		if p, err := url.Parse(u.String()); err == nil && n.Opaque == "" {
			if diff := cmp.Diff(p, n); diff != "" {
				t.Errorf("%q: Net differs from url.Parse (-want +got):\n%s", u, diff)
			}
		}
		return
	}
	if back.Redacted() != u.Redacted() || percentDecode(back.Username()) != percentDecode(u.Username()) ||
		percentDecode(back.Password()) != percentDecode(u.Password()) {
		t.Errorf("%q comes back as %q from %#v", u, back, n)
	}
}

// TestParseBase has the bases that a table of strings cannot say.
func TestParseBase(t *testing.T) {
	var e *Error
	if u, err := Parse("x", &URL{}); !errors.As(err, &e) || e.Reason != "missing-scheme-non-relative-URL" {
		t.Errorf("on the zero URL: %q, %v", u, err)
	}
}

func TestInvalidUTF8(t *testing.T) {
	const r = "%EF%BF%BD"
	tests := []struct{ in, want string }{
		{"http://h/\xff", "http://h/" + r},
		{"http://h/\xe2\x98", "http://h/" + r},             // truncated
		{"http://h/\xe2\x98/", "http://h/" + r + "/"},      // one sequence
		{"http://h/\xed\xa0\x80", "http://h/" + r + r + r}, // surrogate
		{"http://h/?\xf0\x9f\x92a", "http://h/?" + r + "a"},
		{"http://h/#\xe2\t\x98\x83", "http://h/#" + r + r + r}, // decoded before the tab goes
		{"http://h/\xc3/", "http://h/" + r + "/"},
		{"http://h/\xf4\x90\x80\x80", "http://h/" + strings.Repeat(r, 4)},
		{"http://h/\xe0\x80\xf0\x80\xc0\x80", "http://h/" + strings.Repeat(r, 6)},
	}
	for _, tt := range tests {
		if u, err := Parse(tt.in, nil); err != nil || u.String() != tt.want {
			t.Errorf("%q: %q, %v; want %q", tt.in, u, err, tt.want)
		}
	}
	if u, err := Parse("http://\xff/", nil); err == nil {
		t.Errorf("invalid host gives %q", u)
	}
}

func TestErrorHasNoUserinfo(t *testing.T) {
	tests := []struct{ in, want string }{
		{"http://user:secret@ho^st/", "http://...@ho^st/"},
		{"http:\\\\user:secret@ho^st", `http:\\...@ho^st`},
		{"http:user:secret@ho^st", "http:...@ho^st"},
		{"//user:secret@ho^st", "//...@ho^st"},
		{"http://user:sec/ret@host/", "http://...@host/"}, // the password ends the host
		{"http://user:sec?ret@host/", "http://...@host/"},
		{"http://user:sec@ret@ho^st/", "http://...@ho^st/"},
		{"http://us\ter:secret@ho^st/", "http://...@ho^st/"},
		{"foo://user:secret@ho^st/", "foo://...@ho^st/"},
		{"http://ho^st/", "http://ho^st/"},
	}
	base, _ := Parse("ws://h/", nil)
	for _, tt := range tests {
		_, err := Parse(tt.in, &base)
		var e *Error
		if !errors.As(err, &e) || e.Input != tt.want {
			t.Errorf("%q: %v; want input %q", tt.in, err, tt.want)
			continue
		}
		if strings.Contains(err.Error(), "sec") || strings.Contains(err.Error(), "user") {
			t.Errorf("%q: %v", tt.in, err)
		}
	}
	if _, err := ParseHost("user:secret@host", true); err.Error() != `weburl: "...@host": domain-to-ASCII` {
		t.Error(err)
	}
	_, err := FromNet(&url.URL{Scheme: "http", User: url.UserPassword("user", "secret"), Host: "h", Opaque: "//i/"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	long := "http://" + strings.Repeat("é", 300) + "^"
	var e *Error
	if _, err := Parse(long, nil); !errors.As(err, &e) || len(e.Input) > 200 || len(e.Input) < 198 || !strings.HasPrefix(long, e.Input) {
		t.Errorf("long input: %v", err)
	}
}

// longInputs are inputs of a megabyte, on which an algorithm that is not linear
// would take minutes. The function makes them, so that benchmarks can name them.
var longInputs = map[string]func(n int) string{
	"dots":       func(n int) string { return "http://h" + strings.Repeat("/a/../%2e", n/9) },
	"segments":   func(n int) string { return "http://h/" + strings.Repeat("a/", n/2) + strings.Repeat("../", n/4) },
	"at":         func(n int) string { return "http://" + strings.Repeat("@", n) + "h/" },
	"colons":     func(n int) string { return "http://" + strings.Repeat(":", n) + "@h/" },
	"labels":     func(n int) string { return "http://" + strings.Repeat("a.", n/2) + "/" },
	"numbers":    func(n int) string { return "http://" + strings.Repeat("1.", n/2) + "/" },
	"number":     func(n int) string { return "http://" + strings.Repeat("9", n) + "/" },
	"zeros":      func(n int) string { return "http://h:" + strings.Repeat("0", n) + "/" },
	"port":       func(n int) string { return "http://h:" + strings.Repeat("9", n) + "/" },
	"brackets":   func(n int) string { return "http://" + strings.Repeat("[", n) + "/" },
	"ipv6":       func(n int) string { return "http://[" + strings.Repeat("0:", n/2) + "]/" },
	"unicode":    func(n int) string { return "http://" + distinct(n) + "/" },
	"punycode":   func(n int) string { return "http://é.xn--" + strings.Repeat("a", n) + "/" },
	"path":       func(n int) string { return "http://h/" + strings.Repeat("é", n/2) },
	"tabs":       func(n int) string { return "http://h/" + strings.Repeat("\t", n) + "a" },
	"slashes":    func(n int) string { return "http:" + strings.Repeat("/\\", n/2) + "h" },
	"scheme":     func(n int) string { return strings.Repeat("a", n) + ":" },
	"invalid":    func(n int) string { return "http://h/" + strings.Repeat("\xe2", n) },
	"opaque":     func(n int) string { return "a:" + strings.Repeat(" ", n) + "?" },
	"blob":       func(n int) string { return strings.Repeat("blob:", n/5) },
	"no host":    func(n int) string { return "a:" + strings.Repeat("/.", n/2) + "//b" },
	"percent":    func(n int) string { return "http://" + strings.Repeat("%61", n/3) + "/" },
	"wide query": func(n int) string { return "http://h/?" + strings.Repeat("'", n) },
}

// distinct returns a string of n bytes without a code point occurring twice, the
// worst case of Punycode.
func distinct(n int) string {
	var b strings.Builder
	for r := rune(0x4E00); b.Len() < n; r++ {
		if r == 0xD800 {
			r = 0xE000
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestLongInputs(t *testing.T) {
	for name, input := range longInputs {
		t.Run(name, func(t *testing.T) {
			if u, err := Parse(input(1<<20), nil); err == nil {
				u.Origin()
				u.Net()
			}
		})
	}
}

func TestAllocs(t *testing.T) {
	base, _ := Parse("https://user@example.com/a/b?c#d", nil)
	for _, s := range canonical {
		u, err := Parse(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantAllocs(t, 0, "Parse "+s, func() { Parse(s, nil) })
		wantAllocs(t, 0, "Parse on base "+s, func() { Parse(s, &base) })
		wantAllocs(t, 0, "accessors of "+s, func() {
			u.Origin()
			u.Redacted()
			_, _ = u.Query()
			_, _ = u.Fragment()
			u.IsIP()
			u.EffectivePort()
			_ = u.IsSpecial()
			ParseHost(u.Host(), true)
			u.WithFragment("", false)
		})
	}
	credentials := "https://user:pass@example.com/"
	wantAllocs(t, 1, "Parse with credentials", func() { Parse(credentials, nil) })
	wantAllocs(t, 2, "Parse of a reference", func() { Parse("../x?y", &base) })
}

// canonical are URLs on the fast path.
var canonical = []string{
	"https://example.com/",
	"https://api.example.com/v1/items?limit=20&after=x%2Fy#top",
	"http://localhost:8080/a/b.c/..d/.e/%2x",
	"http://127.0.0.1:0/",
	"http://[::1]:65535/?",
	"wss://example.com:80/#",
	"ws://example.com:443/|[]'",
	"http://a_b!$&'()*+,;=`{}~\"/",
}

func TestFastPath(t *testing.T) {
	for _, s := range canonical {
		u, ok := scan(s)
		slow, err := parse(s, nil)
		if !ok || err != nil || u != slow {
			t.Errorf("%q: %#v, %v; parser: %#v, %v", s, u, ok, slow, err)
		}
	}
	for _, s := range []string{
		"", "http", "HTTP://h/", "ftp://h/", "http:/h/", "http://h", "http:///", "http://H/", "http://u@h/",
		"http://h:/", "http://h:80/", "https://h:443/", "http://h:00/", "http://h:65536/", "http://h:123456/", "http://h:8",
		"http://127.1/", "http://127.0.0.01/", "http://1.2.3.4./", "http://[::0]/", "http://[::1/", "http://[]/", "http://[" + strings.Repeat("0", 99) + "]/",
		"http://é/", "http://a%41/", "http://h/.", "http://h/..", "http://h/a/./b", "http://h/a/%2e%2E/b", "http://h/a/.?q", "http://h/%2e#f",
		"http://h/ ", "http://h/\\", "http://h/é", "http://h/^", "http://h/?'", "http://h/?é", "http://h/# ", "http://h/#`", "http://h?q",
	} {
		if u, ok := scan(s); ok {
			t.Errorf("%q is taken for canonical: %#v", s, u)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range testtable.Load[parseIn, parseWant](f, "url-parse.json") {
		base := ""
		if c.In.Base != nil {
			base = *c.In.Base
		}
		f.Add(c.In.Input, base)
	}
	f.Fuzz(func(t *testing.T, input, base string) {
		var b *URL
		var ob *record
		if u, err := Parse(base, nil); err == nil {
			b = &u
			checkURL(t, u)
			if ob, err = oracleParse(base, nil); err != nil {
				t.Fatalf("base %q: %q; the oracle fails", base, u)
			}
		}
		u, err := Parse(input, b)
		slow, slowErr := parse(input, b)
		if u != slow || (err == nil) != (slowErr == nil) {
			t.Errorf("%q: fast %#v, %v; slow %#v, %v", input, u, err, slow, slowErr)
		}
		o, oracleErr := oracleParse(input, ob)
		if (err == nil) != (oracleErr == nil) {
			t.Fatalf("%q on %v: %q, %v; oracle: %v, %v", input, b, u, err, o, oracleErr)
		}
		if err != nil {
			return
		}
		if u.String() != o.String() {
			t.Fatalf("%q on %v: %q; oracle: %q", input, b, u, o)
		}
		if got, want := partsOf(u), oracleParts(o); got != want {
			t.Errorf("%q: %q; oracle: %q", u, got, want)
		}
		if u.hasOpaquePath() != o.opaque {
			t.Errorf("%q has an opaque path: %v", u, u.hasOpaquePath())
		}
		checkURL(t, u)
	})
}

func oracleParts(o *record) parts {
	p := parts{Username: o.username, Password: o.password, Pathname: o.pathString()}
	if o.host != nil {
		p.Hostname = *o.host
	}
	if o.port != nil {
		p.Port = fmt.Sprint(*o.port)
	}
	if o.query != nil && *o.query != "" {
		p.Search = "?" + *o.query
	}
	if o.fragment != nil && *o.fragment != "" {
		p.Hash = "#" + *o.fragment
	}
	return p
}

// TestOracle holds the oracle to the same table.
func TestOracle(t *testing.T) {
	testtable.Run(t, "url-parse.json", func(t *testing.T, in parseIn, want parseWant) {
		var base *record
		if in.Base != nil {
			var err error
			if base, err = oracleParse(*in.Base, nil); err != nil {
				if !want.Failure {
					t.Fatal("base fails")
				}
				return
			}
		}
		u, err := oracleParse(in.Input, base)
		if (err != nil) != want.Failure || err == nil && u.String() != want.Href {
			t.Errorf("got %v, %v; want %q", u, err, want.Href)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	base, _ := Parse("https://example.com/a/b?c", nil)
	for _, bm := range []struct{ name, in string }{
		{"form=canonical", canonical[1]},
		{"form=uppercase-host", "https://API.example.com/v1/items?limit=20"},
		{"form=reference", "../items?limit=20"},
		{"form=unicode-host", "https://bücher.example/"},
		{"form=credentials", "https://user:pass@example.com/"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Parse(bm.in, &base)
			}
		})
	}
	for name, input := range longInputs {
		in := input(1 << 20)
		b.Run("size=1MB/input="+strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				Parse(in, nil)
			}
		})
	}
}
