package fetchtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// What a handler flushes can be read before it writes the rest, and what the client
// writes while it still writes: each side waits for the other.
func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := networkOf(t, func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			buf := make([]byte, 10)
			for {
				n, err := r.Body.Read(buf)
				fmt.Fprintf(w, "<%s>", buf[:n])
				http.NewResponseController(w).Flush()
				if err != nil {
					return
				}
			}
		})
		pr, pw := io.Pipe()
		resp, err := n.RoundTrip(newRequest(t, "POST", api+"/", pr))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		buf := make([]byte, 20)
		for _, word := range []string{"a", "bc", "def"} {
			io.WriteString(pw, word)
			n, err := resp.Body.Read(buf)
			if got := string(buf[:n]); got != "<"+word+">" || err != nil {
				t.Errorf("the answer to %q is %q, %v", word, got, err)
			}
		}
		pw.Close()
		if rest := readAll(t, resp.Body); rest != "<>" {
			t.Errorf("the rest is %q", rest)
		}
	})
}

// A handler is stopped by a client that does not read, and goes on when it does.
func TestBackpressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrote := 0
		n := networkOf(t, func(w http.ResponseWriter, r *http.Request) {
			for range 300 {
				if _, err := w.Write(make([]byte, 1024)); err != nil {
					t.Error(err)
				}
				wrote++
			}
		})
		resp := get(t, n)
		synctest.Wait()
		if wrote < 64 || wrote > 70 {
			t.Errorf("the handler could write %d KiB; want about 64", wrote)
		}
		if got := len(readAll(t, resp.Body)); got != 300*1024 {
			t.Errorf("the body has %d bytes", got)
		}
	})
}

func TestInformationalErrorAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		n := networkOf(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusContinue)
			w.WriteHeader(http.StatusEarlyHints)
			<-r.Context().Done()
			ended = r.Context().Err()
		})
		refuse, continues := errors.New("no hints"), 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got100Continue: func() { continues++ },
			Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
				if code == http.StatusEarlyHints {
					return refuse
				}
				return nil
			},
		})
		_, err := n.RoundTrip(newRequest(t, "GET", api, nil).WithContext(ctx))
		synctest.Wait()
		if !errors.Is(err, refuse) || ended == nil || continues != 1 {
			t.Errorf("error %v; the handler's context has %v; 100 Continue %d times", err, ended, continues)
		}
	})
}

// What a handler is told of connection and client.
func TestHandlerRequest(t *testing.T) {
	type key struct{}
	var got *http.Request
	n := networkOf(t, func(w http.ResponseWriter, r *http.Request) { got = r })
	ctx := context.WithValue(t.Context(), key{}, "secret")
	resp, err := n.RoundTrip(newRequest(t, "GET", "https://API.example:443/", nil).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	switch {
	case got.TLS == nil || !got.TLS.HandshakeComplete || got.TLS.ServerName != "api.example":
		t.Errorf("TLS is %+v", got.TLS)
	case resp.TLS == nil:
		t.Error("the response has no TLS")
	case got.RemoteAddr != "192.0.2.1:1234":
		t.Errorf("RemoteAddr is %q", got.RemoteAddr)
	case got.Host != "API.example:443":
		t.Errorf("Host is %q", got.Host)
	case got.Context().Value(key{}) != nil:
		t.Error("the handler sees values of the client's context")
	case got.Context().Err() == nil:
		t.Error("the handler's context goes on after it has returned")
	case got.Context().Value(http.LocalAddrContextKey).(net.Addr).String() != "api.example:443" ||
		got.Context().Value(http.LocalAddrContextKey).(net.Addr).Network() != "tcp":
		t.Error("another local address")
	}
}

// A path that net/url does not take arrives as the page wrote it, and is refused as
// net/http's server does, or taken.
func TestOddPaths(t *testing.T) {
	b, page := open(t, share(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) }))
	if resp := mustFetch(t, page, api+"/a'%7e", nil); readAll(t, resp.Body) != "/a'%7e" {
		t.Error("the path has changed")
	}
	if _, err := page.Fetch(t.Context(), api+"/%zz", nil); !errors.Is(err, fetch.ReasonMissingAllowOrigin) {
		t.Errorf("error %v", err) // the handler was not asked
	}
	if last := b.Hosts().Exchanges()[1]; last.Status != http.StatusBadRequest {
		t.Errorf("the status is %d", last.Status)
	}
}

func TestHosts(t *testing.T) {
	n := new(fetchtest.Network)
	hello := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text+" on "+r.Host) })
	}
	n.Handle("https://a.example", hello("a"))
	n.Handle("http://a.example", hello("plain a"))
	n.Handle("https://a.example:8443", hello("another a"))
	n.Handle("https://[::1]", hello("six"))
	n.Handle("http://localhost:3000", hello("local"))
	for u, want := range map[string]string{
		"https://a.example/":      "a on a.example",
		"https://A.EXAMPLE:443/":  "a on A.EXAMPLE:443",
		"http://a.example:80/":    "plain a on a.example:80",
		"https://a.example:8443/": "another a on a.example:8443",
		"https://[::1]/":          "six on [::1]",
		"http://localhost:3000/":  "local on localhost:3000",
	} {
		resp, err := n.RoundTrip(newRequest(t, "GET", u, nil))
		if err != nil {
			t.Errorf("%s: %v", u, err)
			continue
		}
		if got := readAll(t, resp.Body); got != want {
			t.Errorf("%s is answered by %q; want %q", u, got, want)
		}
	}
	n.Handle("https://a.example", nil)
	if _, err := n.RoundTrip(newRequest(t, "GET", "https://a.example/", nil)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a host that was taken off: %v", err)
	}
	for _, bad := range []string{"", "api.example", "https://api.example/", "ftp://api.example", "null"} {
		wantPanic(t, "Network.Handle", func() { n.Handle(bad, hello("x")) })
	}
}

func TestNoHost(t *testing.T) {
	n := networkOf(t, func(http.ResponseWriter, *http.Request) {})
	body := &closed{Reader: strings.NewReader("x")}
	_, err := n.RoundTrip(newRequest(t, "POST", "https://ap.example/", body))
	var dial *net.OpError
	var noHost *fetchtest.NoHostError
	if !errors.As(err, &dial) || dial.Op != "dial" || dial.Addr.String() != "ap.example:443" || !errors.As(err, &noHost) ||
		noHost.Origin != "https://ap.example" || !slices.Equal(noHost.Known, []string{api}) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("another error: %#v", err)
	}
	wantText(t, err.Error(), "dial tcp ap.example:443", "no handler for https://ap.example", "one for https://api.example")
	if !body.closed {
		t.Error("the request's body was not closed")
	}
	_, err = new(fetchtest.Network).RoundTrip(newRequest(t, "GET", "http://ap.example/", nil))
	wantText(t, err.Error(), "dial tcp ap.example:80", "it has one for none")
}

type closed struct {
	io.Reader
	closed bool
}

func (c *closed) Close() error { c.closed = true; return nil }

func TestInvalidRequests(t *testing.T) {
	n := networkOf(t, func(http.ResponseWriter, *http.Request) {})
	for _, u := range []*url.URL{nil, {}, {Scheme: "ftp", Host: "api.example"}, {Scheme: "https"}} {
		if _, err := n.RoundTrip(&http.Request{URL: u}); err == nil {
			t.Errorf("%v: no error", u)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.RoundTrip(newRequest(t, "GET", api, nil).WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	resp, err := n.RoundTrip(&http.Request{URL: &url.URL{Scheme: "https", Host: "api.example"}})
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("a request without method and header: %v", err)
	}
}

func TestExchanges(t *testing.T) {
	b, page := open(t, share(func(w http.ResponseWriter, r *http.Request) {
		io.CopyN(io.Discard, r.Body, 3)
		w.WriteHeader(201)
		w.WriteHeader(500)
	}))
	mustFetch(t, page, api+"/items?x#y", &fetchtest.Init{Method: "PUT", Body: "hello", Header: http.Header{"X-A": {"1"}}})
	n := b.Hosts()
	n.WantRequests(t, "OPTIONS https://api.example/items?x (preflight)", "PUT https://api.example/items?x")
	all := n.Exchanges()
	put := all[1]
	switch {
	case put.Origin != api, put.Header.Get("X-A") != "1", string(put.Body) != "hel", put.Preflight, put.Status != 201,
		put.ResponseHeader.Get("Access-Control-Allow-Origin") != "*", put.Err != nil, len(put.Problems) != 1:
		t.Errorf("recorded %+v", put)
	case !all[0].Preflight || all[0].Header.Get("Access-Control-Request-Headers") != "x-a":
		t.Errorf("recorded %+v", all[0])
	}
	wantText(t, put.Problems[0], "superfluous WriteHeader(500)")
	put.Header.Set("X-A", "2") // of no consequence
	if n.Exchanges()[1].Header.Get("X-A") != "1" {
		t.Error("exchanges share memory")
	}
	n.Forget()
	n.WantRequests(t)
}

func TestMaxExchanges(t *testing.T) {
	n := networkOf(t, func(http.ResponseWriter, *http.Request) {})
	n.MaxExchanges = 3
	for i := range 8 {
		resp, err := n.RoundTrip(newRequest(t, "GET", fmt.Sprint(api, "/", i), nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	n.WantRequests(t, "GET https://api.example/5", "GET https://api.example/6", "GET https://api.example/7")
}

// What is recorded of a body is bounded, what the handler reads is not.
func TestRecordedBody(t *testing.T) {
	n := networkOf(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, got)
	})
	resp, err := n.RoundTrip(newRequest(t, "POST", api, strings.NewReader(strings.Repeat("x", 1<<20))))
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, resp.Body); got != "1048576" {
		t.Errorf("the handler has read %s bytes", got)
	}
	if got := len(n.Exchanges()[0].Body); got != 64<<10 {
		t.Errorf("%d bytes are recorded", got)
	}
}

// A Network is a Base of package fetch like any other.
func TestNetworkAsBase(t *testing.T) {
	n := networkOf(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		io.WriteString(w, r.Header.Get("Origin"))
	})
	c := &fetch.Client{Base: n}
	resp, err := c.Fetch(newRequest(t, "GET", api, nil), &fetch.Params{
		Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(app)}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := readAll(t, resp.Body); got != app {
		t.Errorf("the server saw the origin %q", got)
	}
}
