package weburl

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// wireTests say which bytes a browser sends for a URL, without the fragment.
var wireTests = []struct {
	url    string // after "http" or "https"
	dial   string // host and port; "" stands for that of the URL's scheme
	target string
	host   string
	h1     string // target over HTTP/1.1 if that is the absolute form, without the scheme
}{
	{"://Example.com", "example.com:", "/", "example.com", ""},
	{"://example.com:8080/a/../b?c#d", "example.com:8080", "/b?c", "example.com:8080", ""},
	{"://h/?", "h:", "/?", "h", ""},
	{"://h/%zz", "h:", "/%zz", "h", ""},
	{"://h/%", "h:", "/%", "h", ""},
	{"://h/%zz?%zz|'\"", "h:", "/%zz?%zz|%27%22", "h", ""},
	{"://h/a|b", "h:", "/a|b", "h", ""},
	{"://h/a%7Cb%7c", "h:", "/a%7Cb%7c", "h", ""},
	{"://h/%41%2f%2F", "h:", "/%41%2f%2F", "h", ""},
	{"://h/!$&'()*+,;=:@[]~-._", "h:", "/!$&'()*+,;=:@[]~-._", "h", ""},
	{"://h/a b\"<>^`{}é", "h:", "/a%20b%22%3C%3E%5E%60%7B%7D%C3%A9", "h", ""},
	{"://h//x", "h:", "//x", "h", ""},
	{"://h//x%zz?y", "h:", "//x%zz?y", "h", "://h//x%zz?y"},
	{"://h:81//|", "h:81", "//|", "h:81", "://h:81//|"},
	{"://h/*", "h:", "/*", "h", ""},
	{"://[0:0::1]:82/", "[::1]:82", "/", "[::1]:82", ""},
	{"://0x7f.1/", "127.0.0.1:", "/", "127.0.0.1", ""},
	{"://bücher.example/", "xn--bcher-kva.example:", "/", "xn--bcher-kva.example", ""},
	{"://h./", "h.:", "/", "h.", ""},
	{":\\\\good.example\\@evil.example", "good.example:", "/@evil.example", "good.example", ""},
	{"://good.example@evil.example/", "evil.example:", "/", "evil.example", ""},
	{"://h?" + strings.Repeat("a", 3000), "h:", "/?" + strings.Repeat("a", 3000), "h", ""},
}

// dialer connects to addr whatever it is asked for, which it remembers.
type dialer struct {
	addr string
	mu   sync.Mutex
	got  string
}

func (d *dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	d.mu.Lock()
	d.got = addr
	d.mu.Unlock()
	return new(net.Dialer).DialContext(ctx, "tcp", d.addr)
}

func (d *dialer) last() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.got
}

// sent is what a server has read.
type sent struct{ target, host string }

// serve accepts connections on l until that is closed.
func serve(t *testing.T, l net.Listener, handle func(net.Conn) error) {
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if err := handle(c); err != nil {
					t.Error(err)
				}
			}()
		}
	}()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func roundTrip(t *testing.T, rt http.RoundTripper, u *url.URL) {
	t.Helper()
	req := (&http.Request{Method: "GET", URL: u, Header: http.Header{}}).WithContext(t.Context())
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

func TestWireHTTP1(t *testing.T) {
	l := listen(t)
	requests := make(chan sent, 1)
	serve(t, l, func(c net.Conn) error {
		r := bufio.NewReader(c)
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		s := sent{target: strings.TrimSuffix(strings.TrimPrefix(line, "GET "), " HTTP/1.1\r\n")}
		for line != "\r\n" {
			if line, err = r.ReadString('\n'); err != nil {
				return err
			}
			if host, ok := strings.CutPrefix(line, "Host: "); ok {
				s.host = strings.TrimSuffix(host, "\r\n")
			}
		}
		requests <- s
		_, err = io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		return err
	})
	d := &dialer{addr: l.Addr().String()}
	tr := &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}
	defer tr.CloseIdleConnections()
	for _, tt := range wireTests {
		u := mustParse(t, "http"+tt.url)
		roundTrip(t, tr, OriginForm(u.Net()))
		want := sent{tt.target, tt.host}
		if tt.h1 != "" {
			want.target = "http" + tt.h1
		}
		checkSent(t, "http"+tt.url, <-requests, want, d.last(), tt.dial, "80")

		// What middleware sends that knows nothing of OriginForm.
		n := u.Net()
		roundTrip(t, tr, n)
		if n.Opaque != "" {
			want.target = u.WithoutFragment()
		}
		checkSent(t, "http"+tt.url, <-requests, want, d.last(), tt.dial, "80")
	}
}

func TestWireHTTP2(t *testing.T) {
	// Its certificate will do: what the client verifies is not under test.
	srv := httptest.NewUnstartedServer(nil)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	l := tls.NewListener(listen(t), &tls.Config{Certificates: srv.TLS.Certificates, NextProtos: []string{"h2"}})
	requests := make(chan sent, 1)
	serve(t, l, func(c net.Conn) error { return serveHTTP2(c, requests) })
	d := &dialer{addr: l.Addr().String()}
	tr := &http.Transport{
		DialContext:       d.DialContext,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2: true,
	}
	defer tr.CloseIdleConnections()
	for _, tt := range wireTests {
		roundTrip(t, tr, mustParse(t, "https"+tt.url).Net())
		checkSent(t, "https"+tt.url, <-requests, sent{tt.target, tt.host}, d.last(), tt.dial, "443")
		tr.CloseIdleConnections() // so that the next one is dialled
	}
}

// serveHTTP2 reads frames itself: net/http's server refuses some of the targets.
func serveHTTP2(c net.Conn, requests chan<- sent) error {
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return err
	}
	framer := http2.NewFramer(c, c)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := framer.WriteSettings(); err != nil {
		return err
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return nil // the client has closed the connection
		}
		headers, ok := frame.(*http2.MetaHeadersFrame)
		if !ok {
			continue
		}
		requests <- sent{headers.PseudoValue("path"), headers.PseudoValue("authority")}
		var block strings.Builder
		hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "204"})
		err = framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID:      headers.StreamID,
			BlockFragment: []byte(block.String()),
			EndHeaders:    true,
			EndStream:     true,
		})
		if err != nil {
			return err
		}
	}
}

func checkSent(t *testing.T, url string, got, want sent, gotDial, wantDial, port string) {
	t.Helper()
	if strings.HasSuffix(wantDial, ":") {
		wantDial += port
	}
	if got != want || gotDial != wantDial {
		t.Errorf("%q: %+v on a connection to %s; want %+v on %s", url, got, gotDial, want, wantDial)
	}
}
