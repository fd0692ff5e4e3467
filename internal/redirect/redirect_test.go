package redirect

import (
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/internal/weburl"
)

type followIn struct {
	Origin   string   `json:"origin"`
	URLs     []string `json:"urls"`
	Mode     string   `json:"mode"`
	Tainting string   `json:"tainting"`
	Method   string   `json:"method"`
	Body     string   `json:"body"`
	Count    *int     `json:"count"`
	Status   int      `json:"status"`
	Location string   `json:"location"`
}

type followWant struct {
	Failure string   `json:"failure"`
	Method  string   `json:"method"`
	Body    string   `json:"body"`
	Count   int      `json:"count"`
	Taint   string   `json:"taint"`
	Removes []string `json:"removes"`
}

// A step is the input of Follow, next to the same request as the oracle has it.
type step struct {
	state    State
	request  *request
	status   int
	location weburl.URL
}

func (in *followIn) step(t *testing.T) step {
	t.Helper()
	r := &request{
		origin:   in.Origin,
		mode:     in.Mode,
		tainting: in.Tainting,
		method:   in.Method,
		headers:  map[string]bool{"authorization": true, "content-type": true, "x-own": true},
		count:    len(in.URLs) - 1,
	}
	if in.Count != nil {
		r.count = *in.Count
	}
	for _, s := range in.URLs {
		r.urls = append(r.urls, mustParse(t, s))
	}
	switch in.Body {
	case "source":
		r.body = &body{source: true}
	case "no-source":
		r.body = &body{}
	case "":
	default:
		t.Fatalf("unknown body %q", in.Body)
	}
	return step{r.state(), r, in.Status, mustParse(t, in.Location)}
}

func mustParse(t *testing.T, s string) weburl.URL {
	t.Helper()
	u, err := weburl.Parse(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func failureName(f Failure) string {
	switch f {
	case OK:
		return ""
	case NotHTTP:
		return "not-http"
	case TooMany:
		return "too-many"
	case Credentials:
		return "credentials"
	case NoSource:
		return "no-source"
	}
	return "unknown"
}

func bodyName(b Body) string {
	switch b {
	case Replayable:
		return "source"
	case Consumed:
		return "no-source"
	}
	return ""
}

func TestFollow(t *testing.T) {
	testtable.Run(t, "redirect-follow.json", func(t *testing.T, in followIn, want followWant) {
		st := in.step(t)
		got, dropped, failure := Follow(st.state, st.status, st.location, publicsuffix.List)
		if name := failureName(failure); name != want.Failure {
			t.Fatalf("failure %q; want %q", name, want.Failure)
		}
		oracle := st.request.follow(st.status, st.location)
		if oracle != want.Failure {
			t.Fatalf("oracle says %q; want %q", oracle, want.Failure)
		}
		if failure != OK {
			return
		}
		if got.URL != st.location {
			t.Errorf("URL %v; want %v", got.URL, st.location)
		}
		if got.Method != want.Method || bodyName(got.Body) != want.Body {
			t.Errorf("method %q, body %q; want %q, %q", got.Method, bodyName(got.Body), want.Method, want.Body)
		}
		if got.Count != want.Count || got.Taint.String() != want.Taint {
			t.Errorf("count %d, taint %s; want %d, %s", got.Count, got.Taint, want.Count, want.Taint)
		}
		var removes Dropped
		for _, name := range want.Removes {
			switch name {
			case "request-body-headers":
				removes.BodyHeaders = true
			case "authorization":
				removes.Authorization = true
			default:
				t.Fatalf("unknown removal %q", name)
			}
		}
		if dropped != removes {
			t.Errorf("dropped %+v; want %+v", dropped, removes)
		}
		compare(t, got, dropped, st.request)
	})
}

// compare checks a state and what was dropped on the way to it against the
// oracle's request, which had all headers before.
func compare(t *testing.T, got State, dropped Dropped, r *request) {
	t.Helper()
	if want := r.state(); got != want {
		t.Errorf("state\n%+v; oracle says\n%+v", got, want)
	}
	if want := (Dropped{BodyHeaders: !r.headers["content-type"], Authorization: !r.headers["authorization"]}); dropped != want {
		t.Errorf("dropped %+v; oracle says %+v", dropped, want)
	}
	if !r.headers["x-own"] {
		t.Error("the oracle dropped a header that no redirect drops")
	}
}

func TestIsStatus(t *testing.T) {
	redirects := map[int]bool{301: true, 302: true, 303: true, 307: true, 308: true}
	for status := -1; status <= 1000; status++ {
		if got := IsStatus(status); got != redirects[status] {
			t.Errorf("IsStatus(%d) = %v; want %v", status, got, redirects[status])
		}
	}
}

// TestFollowLoop follows a redirect to itself until it is refused.
func TestFollowLoop(t *testing.T) {
	u := mustParse(t, "https://a.example/")
	s := State{URL: u, Origin: "https://a.example", CORS: true, Method: "GET"}
	for n := 0; ; n++ {
		next, _, failure := Follow(s, 302, u, publicsuffix.List)
		if failure == TooMany && n == 20 {
			return
		}
		if failure != OK || n > 20 {
			t.Fatalf("redirect %d: %s; want 20 redirects and no more", n+1, failureName(failure))
		}
		s = next
	}
}

// TestFollowNilList has no public suffix list: only equal hosts are same site.
func TestFollowNilList(t *testing.T) {
	s := State{URL: mustParse(t, "https://www.a.example/"), Origin: "https://a.example", Method: "GET"}
	next, _, failure := Follow(s, 302, mustParse(t, "https://a.example/"), nil)
	if failure != OK || next.Taint != site.CrossSite {
		t.Errorf("taint %v, failure %q; want cross-site", next.Taint, failureName(failure))
	}
}

// lastLabel is a public suffix list that, unlike publicsuffix.List, does not
// allocate.
type lastLabel struct{}

func (lastLabel) PublicSuffix(domain string) string {
	return domain[strings.LastIndexByte(domain, '.')+1:]
}

func (lastLabel) String() string { return "last label" }

func TestFollowAllocs(t *testing.T) {
	tests := []struct {
		name, from, to string
		want           float64
	}{
		{"same origin", "https://a.example/1", "https://a.example/2", 0},
		{"cross-origin", "https://a.example/1", "https://b.example/2", 0},
		{"tainted", "https://www.b.example/1", "https://c.example/2", 0},
		{"same site", "https://www.a.example/1", "https://api.a.example/2", 0},
		{"not HTTP", "https://a.example/1", "data:,x", 0},
		{"userinfo", "https://a.example/1", "https://u:p@b.example/", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := State{URL: mustParse(t, tt.from), Origin: "https://a.example", CORS: true, Method: "GET"}
			location := mustParse(t, tt.to)
			got := testing.AllocsPerRun(100, func() { Follow(s, 302, location, lastLabel{}) })
			if got != tt.want {
				t.Errorf("%v allocations; want %v", got, tt.want)
			}
		})
	}
}

func BenchmarkFollow(b *testing.B) {
	for _, bench := range []struct{ name, location string }{
		{"to=same-origin", "https://a.example/2"},
		{"to=cross-site", "https://c.example/2"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			from, _ := weburl.Parse("https://b.example/1", nil)
			to, _ := weburl.Parse(bench.location, nil)
			s := State{URL: from, Origin: "https://a.example", CORS: true, Tainted: true, Method: "POST", Body: Replayable}
			b.ReportAllocs()
			for b.Loop() {
				Follow(s, 302, to, publicsuffix.List)
			}
		})
	}
}
