package main

import (
	"bytes"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// The bytes of operations are those that a server has counted (the benchmark of the wire
// in package valkeycache), and that counting by hand gives.
func TestStoreTraffic(t *testing.T) {
	three := &target{grant: corscheck.Grant{Methods: []string{"PUT"}, Headers: []string{"authorization", "content-type"}}}
	// *4 $7 EVALSHA $40 (sha) $1 1 $58 (key): 4 + 13 + 47 + 7 + 65
	// *2 :1700000000000 $0: 4 + 16 + 6; the value has 32 + 3*14 + 3 + 13 + 12 = 102 bytes
	tests := []struct {
		name      string
		got, want traffic
	}{
		{"look-up, nothing there", three.lookup(false), traffic{136, 26}},
		{"look-up, three names", three.lookup(true), traffic{136, 130}},
		{"store, three names", three.store(true), traffic{192, 130}},
		{"clear", clearTraffic, traffic{78, 4}},
		{"notice", traffic{0, notice}, traffic{0, 90}},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %+v bytes; want %+v", tt.name, tt.got, tt.want)
		}
	}
}

// The request of a preflight has the length of the one that the engine hands to net/http
// and this writes.
func TestPreflightLen(t *testing.T) {
	p := small()
	w := newWeb(t, p)
	for i := range 20 {
		target := &w.targets[i*7]
		var wire bytes.Buffer
		client := &fetch.Client{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			if err := r.Write(&wire); err != nil {
				t.Error(err)
			}
			return nil, os.ErrClosed
		})}
		origin := fetch.MustParseOrigin(target.key.Origin)
		page, err := fetch.ParseURL(nil, target.key.Origin+"/page")
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), target.asked, target.key.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range target.unsafe {
			value := "x"
			if name == "content-type" {
				value = "application/json"
			}
			req.Header.Set(name, value)
		}
		resp, err := client.Fetch(req, &fetch.Params{Environment: &fetch.Environment{Origin: origin, URL: page}})
		if err == nil {
			resp.Body.Close()
			t.Fatal("the fetch has succeeded")
		}
		if got, want := int(target.preflightLen())-target.preflightAnswer(), wire.Len(); got != want {
			t.Errorf("%s: %d bytes; want %d:\n%s", target.key.URL, got, want, wire.String())
		}
	}
}

// The answer, written out.
func TestPreflightAnswer(t *testing.T) {
	grant := &target{
		key:         preflightcache.Key{Origin: "https://www.site0.example"},
		credentials: true,
		grant:       corscheck.Grant{Methods: []string{"GET", "PUT"}, Headers: []string{"x-a"}, MaxAge: 600 * time.Second},
	}
	want := "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" +
		"Access-Control-Allow-Origin: https://www.site0.example\r\nAccess-Control-Allow-Methods: GET, PUT\r\n" +
		"Access-Control-Allow-Headers: x-a\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Max-Age: 600\r\nVary: Origin\r\n\r\n"
	if got := grant.preflightAnswer(); got != len(want) {
		t.Errorf("%d bytes; want %d", got, len(want))
	}
	want = "HTTP/1.1 403 Forbidden\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n"
	if got := (&target{refused: true}).preflightAnswer(); got != len(want) {
		t.Errorf("refused: %d bytes; want %d", got, len(want))
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
