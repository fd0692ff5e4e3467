package redirect

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/internal/weburl"
)

// FuzzFollow drives a request through redirects. Script has one line for each:
// a digit for the status and the Location value. How is read bit by bit: mode,
// method and body.
func FuzzFollow(f *testing.F) {
	for _, c := range testtable.Load[followIn, followWant](f, "redirect-follow.json") {
		origin := c.In.Origin
		var script strings.Builder
		for _, u := range c.In.URLs[1:] {
			script.WriteString("1" + u + "\n")
		}
		script.WriteString(digit(c.In.Status) + c.In.Location)
		for how := range uint8(4) {
			f.Add(origin, c.In.URLs[0], script.String(), how|how<<4)
		}
	}
	f.Add("https://a.example", "https://a.example/#f", strings.Repeat("3/\n", 22), uint8(0xff))
	f.Add("https://a.example", "https://a.example/#f", "1//b.example\n2//a.example/\n3#\n3//b.example#g", uint8(0x5a))
	f.Fuzz(func(t *testing.T, origin, first, script string, how uint8) {
		r, ok := newRequest(origin, first, how)
		if !ok || !r.enter("follow") {
			return
		}
		s := r.state()
		for line := range strings.SplitSeq(script, "\n") {
			if line == "" {
				continue
			}
			status := statuses[(line[0]-'0')%5]
			h := http.Header{"Location": {line[1:]}}
			location, _, err := Location(h, s.URL, weburl.Parse)
			wantLocation, _, wantErr := oracleLocation(h, r.current())
			if (err == nil) != (wantErr == nil) || location != wantLocation {
				t.Fatalf("Location(%q, %v) = %v, %v; oracle says %v, %v", line[1:], s.URL, location, err, wantLocation, wantErr)
			}
			if err != nil {
				return
			}
			r.headers = map[string]bool{"authorization": true, "content-type": true, "x-own": true}
			before := *r
			next, dropped, failure := Follow(s, status, location, publicsuffix.List)
			if got, want := failureName(failure), r.follow(status, location); got != want {
				t.Fatalf("%d to %v: %q; oracle says %q", status, location, got, want)
			}
			if failure != OK {
				return
			}
			compare(t, next, dropped, r)
			checkInvariants(t, &before, s, next, dropped, status)
			if t.Failed() {
				t.FailNow()
			}
			if !r.enter("follow") {
				return
			}
			if before.tainting == "cors" && r.tainting != "cors" {
				t.Fatal("the oracle forgot the response tainting")
			}
			s = next
			s.Tainted = r.tainting == "cors"
		}
	})
}

var statuses = [...]int{301, 302, 303, 307, 308}

// digit returns what stands for a status in a script.
func digit(status int) string {
	return strconv.Itoa(slices.Index(statuses[:], status))
}

// newRequest returns a request out of what a fuzzer thinks up, if it is one.
func newRequest(origin, first string, how uint8) (*request, bool) {
	u, err := weburl.Parse(first, nil)
	if err != nil || !u.IsHTTP() {
		return nil, false
	}
	if origin != "null" {
		o, err := weburl.Parse(origin, nil)
		if err != nil || o.Origin() != origin {
			return nil, false
		}
	}
	r := &request{
		origin:   origin,
		urls:     []weburl.URL{u},
		mode:     [...]string{"cors", "no-cors", "same-origin", "navigate"}[how&3],
		tainting: "basic",
		method:   [...]string{"GET", "POST", "HEAD", "PUT"}[how>>2&3],
	}
	if r.method == "POST" || r.method == "PUT" {
		r.body = [...]*body{{source: true}, {source: false}, nil, {source: true}}[how>>4&3]
	}
	return r, true
}

// checkInvariants holds one redirect that was followed to what is true of all.
func checkInvariants(t *testing.T, before *request, s, next State, dropped Dropped, status int) {
	t.Helper()
	if !next.URL.IsHTTP() {
		t.Errorf("followed to %v", next.URL)
	}
	if dropped.Authorization != (s.URL.Origin() != next.URL.Origin()) {
		t.Errorf("%v to %v: Authorization dropped is %v", s.URL, next.URL, dropped.Authorization)
	}
	if next.Taint < s.Taint {
		t.Errorf("taint went from %v back to %v", s.Taint, next.Taint)
	}
	if next.Count != s.Count+1 || next.Count > 20 {
		t.Errorf("count went from %d to %d", s.Count, next.Count)
	}
	if next.Tainted != s.Tainted || next.CORS != s.CORS || next.Origin != s.Origin {
		t.Errorf("a redirect changed what it must not: %+v to %+v", s, next)
	}
	if next.URL.HasCredentials() && (s.Tainted || before.mode == "cors" && before.origin != next.URL.Origin()) {
		t.Errorf("tainting %s, mode %s: followed to %v", before.tainting, before.mode, next.URL)
	}
	if next.Method != s.Method && next.Method != "GET" {
		t.Errorf("method %q became %q", s.Method, next.Method)
	}
	if next.Body != s.Body && next.Body != NoBody || next.Body == Consumed {
		t.Errorf("body %d became %d", s.Body, next.Body)
	}
	if (next.Method != s.Method) != dropped.BodyHeaders || dropped.BodyHeaders && next.Body != NoBody {
		t.Errorf("method %q became %q, body headers dropped is %v, body %d", s.Method, next.Method, dropped.BodyHeaders, next.Body)
	}
	if (status == 307 || status == 308) && (next.Method != s.Method || next.Body != s.Body) {
		t.Errorf("%d: %+v became %+v", status, s, next)
	}
	if fragment, has := s.URL.Fragment(); has {
		if _, kept := next.URL.Fragment(); !kept {
			t.Errorf("fragment %q of %v was lost on the way to %v", fragment, s.URL, next.URL)
		}
	}
}

// FuzzLocation compares Location with the oracle for one or two Location lines.
func FuzzLocation(f *testing.F) {
	for _, c := range testtable.Load[locationIn, locationWant](f, "redirect-location.json") {
		lines := c.In.header()["Location"]
		lines = append(lines, "", "")
		f.Add(c.In.Base, lines[0], lines[1], len(c.In.header()["Location"]) > 1)
	}
	f.Fuzz(func(t *testing.T, base, value, second string, two bool) {
		b, err := weburl.Parse(base, nil)
		if err != nil || !b.IsHTTP() {
			return
		}
		h := http.Header{"Location": {value}}
		if two {
			h["location"] = []string{second}
		}
		u, ok, err := Location(h, b, weburl.Parse)
		wantU, wantOK, wantErr := oracleLocation(h, b)
		if u != wantU || ok != wantOK || (err == nil) != (wantErr == nil) {
			t.Fatalf("Location(%q, %v) = %v, %v, %v; oracle says %v, %v, %v", h, b, u, ok, err, wantU, wantOK, wantErr)
		}
		if two != (err == ErrSeveral) {
			t.Fatalf("Location(%q, %v): %v", h, b, err)
		}
		if err != nil {
			return
		}
		for i := range len(u.String()) {
			if c := u.String()[i]; c >= 0x80 || c < 0x20 {
				t.Fatalf("%q has the byte %#x", u.String(), c)
			}
		}
	})
}
