package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// newServer starts a server that ends with the test.
func newServer(t *testing.T) *server {
	t.Helper()
	srv, err := startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.close() }) // whose context has ended by now
	return srv
}

func TestAPI(t *testing.T) {
	for _, tt := range []struct {
		method, body, origin string
		status               int
		header               map[string]string
		want                 counts
	}{
		{"GET", "", "http://a.test", 200, map[string]string{"Access-Control-Allow-Origin": "http://a.test", "Cache-Control": "no-store"}, counts{GET: 1}},
		{"GET", "", "", 200, map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin"}, counts{GET: 1}},
		{"PUT", putBody, "null", 200, map[string]string{"Access-Control-Allow-Origin": "null"}, counts{PUT: 1}},
		{"PUT", putBody + "x", "null", 400, nil, counts{Other: 1}},
		{"OPTIONS", "", "http://a.test", 204, map[string]string{"Access-Control-Allow-Methods": "PUT", "Access-Control-Max-Age": "7200"}, counts{OPTIONS: 1}},
		{"POST", putBody, "http://a.test", 405, nil, counts{Other: 1}},
	} {
		t.Run(tt.method+" of "+tt.body, func(t *testing.T) {
			a := new(api)
			req := httptest.NewRequest(tt.method, "/items/7", strings.NewReader(tt.body))
			if tt.origin != "" {
				req.Header.Set("Origin", tt.origin)
			}
			rec := httptest.NewRecorder()
			a.ServeHTTP(rec, req)
			if rec.Code != tt.status {
				t.Errorf("status %d; want %d", rec.Code, tt.status)
			}
			for name, want := range tt.header {
				if got := rec.Header().Get(name); got != want {
					t.Errorf("%s: %q; want %q", name, got, want)
				}
			}
			if tt.status == 200 && rec.Body.String() != answerBody {
				t.Errorf("body %q", rec.Body)
			}
			if got := a.counts(); got != tt.want {
				t.Errorf("counts %+v; want %+v", got, tt.want)
			}
		})
	}
}

// TestGoLanes looks at what the lanes send: PUT has one preflight, before the first, and
// only with the engine; the dressed lane sends what the engine does.
func TestGoLanes(t *testing.T) {
	var sent []*http.Request
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r)
		new(api).ServeHTTP(w, r)
	}))
	defer srv.Close()
	transport := newTransport()
	defer transport.CloseIdleConnections()
	for _, l := range loads {
		l.URL, l.Body, l.Length, l.InFlight, l.N = srv.URL+"/items/7", putBody, len(answerBody), 1, 2
		preflights := 0
		if l.Method == "PUT" {
			preflights = 1
		}
		bare, engine := bareLane(transport), engineLane(transport)
		dressed, err := dressedLane(t.Context(), transport, l)
		if err != nil {
			t.Fatal(err)
		}
		var last [3]http.Header
		for i, lane := range []*goLane{bare, dressed, engine} {
			sent = nil
			if _, err := lane.run(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			want := l.N
			if lane == engine {
				want += preflights
			}
			if len(sent) != want {
				t.Errorf("%s, lane %d: %d requests; want %d", l.Method, i, len(sent), want)
			}
			last[i] = sent[len(sent)-1].Header
			if err := lane.close(); err != nil {
				t.Error(err)
			}
		}
		if last[0].Get("Origin") != "" || last[2].Get("Origin") != pageOrigin {
			t.Errorf("Origin of bare %q, of the engine %q", last[0].Get("Origin"), last[2].Get("Origin"))
		}
		var b, c bytes.Buffer
		if err := errors.Join(last[1].Write(&b), last[2].Write(&c)); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.String() {
			t.Errorf("%s: the dressed lane sends\n%sand the engine\n%s", l.Method, &b, &c)
		}
	}
}

// TestGoLaneErrors has a server that answers wrongly, and no server.
func TestGoLaneErrors(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"status", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusTeapot) }},
		{"length", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "short") }},
		{"broken body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "short")
		}},
		{"no answer", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(tt.handler)
			defer srv.Close()
			transport := newTransport()
			defer transport.CloseIdleConnections()
			l := load{Method: "GET", InFlight: 8, N: 1000, URL: srv.URL, Length: 7}
			if _, err := bareLane(transport).run(t.Context(), l); err == nil || errors.Is(err, context.Canceled) {
				t.Errorf("error %v; want the reason", err)
			}
		})
	}
}

// A fakeLane runs no requests.
type fakeLane struct {
	n   []int
	err error
}

func (f *fakeLane) run(_ context.Context, l load) (time.Duration, error) {
	f.n = append(f.n, l.N)
	return time.Duration(l.N) * time.Millisecond, f.err
}

func (f *fakeLane) close() error { return f.err }

// TestMeasureChecksCounts has a lane that says it has made requests.
func TestMeasureChecksCounts(t *testing.T) {
	_, err := measureLanes(t.Context(), newServer(t), []lane{new(fakeLane)}, []string{"fake"}, load{Method: "GET", InFlight: 4}, 1, time.Second)
	if err == nil || !strings.Contains(err.Error(), "fake: the server has had {GET:0") {
		t.Errorf("error %v", err)
	}
}

func TestMeasureFails(t *testing.T) {
	broken := &fakeLane{err: errors.New("broken")}
	_, err := measureLanes(t.Context(), newServer(t), []lane{broken}, []string{"fake"}, load{Method: "GET", InFlight: 1}, 1, time.Second)
	if !errors.Is(err, broken.err) {
		t.Errorf("error %v", err)
	}
	var b bytes.Buffer
	closeLanes([]lane{broken, new(fakeLane)}, &b)
	if got := b.String(); got != "closing a client: broken\n" {
		t.Errorf("closing says %q", got)
	}
}

// TestServerGone closes the server below a run.
func TestServerGone(t *testing.T) {
	srv, err := startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := srv.counts(); err != nil || c != (counts{}) {
		t.Errorf("counts %+v, %v", c, err)
	}
	if err := srv.close(); err != nil {
		t.Error(err)
	}
	if _, err := srv.counts(); err == nil {
		t.Error("a server that is gone still counts")
	}
}

func TestUnknownChild(t *testing.T) {
	for _, what := range []string{"x", "allocs", "allocs\nx\ny", "allocs\nx\ny\nz", "allocs\nno such aim\nfile\n1"} {
		var stderr bytes.Buffer
		if code := runChild(what, strings.NewReader(""), io.Discard, &stderr); code != 1 || stderr.Len() == 0 {
			t.Errorf("%q: status %d, %q", what, code, &stderr)
		}
	}
}
