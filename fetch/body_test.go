package fetch_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// bodyCompress returns what a writer of the standard library makes of text.
func bodyCompress(t testing.TB, newWriter func(io.Writer) io.WriteCloser, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := newWriter(&b)
	_, err := io.WriteString(w, text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func bodyGzip(t testing.TB, text string) string {
	return bodyCompress(t, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, text)
}

func bodyZlib(t testing.TB, text string) string {
	return bodyCompress(t, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, text)
}

func bodyDeflate(t testing.TB, text string) string {
	return bodyCompress(t, func(w io.Writer) io.WriteCloser {
		f, err := flate.NewWriter(w, flate.DefaultCompression)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}, text)
}

// bodyHex stands in for the decoder of a coding that the engine does not know.
func bodyHex(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(hex.NewDecoder(r)), nil }

// bodyText is longer than what codes it.
var bodyText = strings.Repeat("A body, coded. ", 1000)

// Bodies are decoded if all their codings are supported, and otherwise left as
// they came. A page sees Content-Encoding and Content-Length as the server sent
// them; users of a Transport see neither, as net/http has it.
//
// Source: https://fetch.spec.whatwg.org/#handle-content-codings,
// https://fetch.spec.whatwg.org/#extract-header-list-values,
// https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1; net/http.Transport for what
// becomes of the header.
func TestBodyCodings(t *testing.T) {
	gz := bodyGzip(t, bodyText)
	tests := []struct {
		name    string
		codings []string // lines of Content-Encoding
		body    string
		decoded bool
	}{
		{"gzip", []string{"gzip"}, gz, true},
		{"upper case", []string{"GZip"}, gz, true},
		{"x-gzip", []string{"x-gzip"}, gz, true},
		{"deflate", []string{"deflate"}, bodyZlib(t, bodyText), true},
		{"deflate without zlib header", []string{"deflate"}, bodyDeflate(t, bodyText), true},
		{"decoder of the client", []string{"br"}, hex.EncodeToString([]byte(bodyText)), true},
		{"gzip twice", []string{"gzip, gzip"}, bodyGzip(t, gz), true},
		{"gzip twice on two lines", []string{"gzip", "gzip"}, bodyGzip(t, gz), true},
		{"deflate, then gzip", []string{"deflate, gzip"}, bodyGzip(t, bodyZlib(t, bodyText)), true},
		{"gzip, then deflate", []string{"gzip", "deflate"}, bodyZlib(t, gz), true},
		{"gzip, then br", []string{"gzip, br"}, hex.EncodeToString([]byte(gz)), true},
		{"five times", []string{"gzip, gzip, gzip, gzip, gzip"}, bodyGzip(t, bodyGzip(t, bodyGzip(t, bodyGzip(t, gz)))), true},
		{"identity among others", []string{"identity, gzip, identity"}, gz, true},
		{"empty elements", []string{", gzip,,"}, gz, true},

		{"none", nil, bodyText, false},
		{"empty", []string{""}, bodyText, false},
		{"identity", []string{"identity"}, bodyText, false},
		{"unknown", []string{"zstd"}, gz, false},
		{"unknown, then gzip", []string{"zstd, gzip"}, gz, false},
		{"gzip, then unknown", []string{"gzip, zstd"}, gz, false},
		{"star", []string{"*"}, gz, false},
		{"parameter", []string{"gzip;q=1"}, gz, false},
		{"quoted", []string{`"gzip"`}, gz, false},
		{"space", []string{"gzip gzip"}, gz, false},
		{"malformed second line", []string{"gzip", "("}, gz, false},
		{"beyond ASCII", []string{"gz\xefp"}, gz, false},
	}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		w := newWeb(t, nil)
		if proto == "HTTP/2.0" {
			w.useHTTP2()
		}
		w.transport.DisableCompression = false // it is not net/http that decodes
		w.client.Decoders = map[string]func(io.Reader) (io.ReadCloser, error){"br": bodyHex}
		for _, origin := range []string{"https://app.example", "https://api.example"} {
			target := origin + "/body"
			for _, tt := range tests {
				t.Run(fmt.Sprint(proto, "/", origin, "/", tt.name), func(t *testing.T) {
					a := share("Access-Control-Expose-Headers: content-encoding",
						fmt.Sprint("Content-Length: ", len(tt.body)), "Content-Type: text/plain", "X-A: a")
					a.body = tt.body
					for _, coding := range tt.codings {
						a.lines = append(a.lines, "Content-Encoding: "+coding)
					}
					w.handle(target, a)
					want := tt.body
					if tt.decoded {
						want = bodyText
					}
					length := fmt.Sprint(len(tt.body))

					resp, err := w.client.Fetch(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app})
					if err != nil {
						t.Fatal(err)
					}
					defer resp.Body.Close()
					if got := w.last().Proto; got != proto {
						t.Fatalf("the protocol is %s", got)
					}
					if got := readAll(t, resp.Body); got != want {
						t.Errorf("the body has %d bytes; want %d", len(got), len(want))
					}
					for _, h := range []http.Header{resp.Header, resp.Internal().Header} {
						wantHeader(t, h, "Content-Encoding", tt.codings...)
						wantHeader(t, h, "Content-Length", length)
					}

					for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
						resp, err := w.client.Transport(&fetch.Params{Environment: app, Mode: mode}).RoundTrip(newRequest(t, "GET", target, nil))
						if err != nil {
							t.Fatal(err)
						}
						defer resp.Body.Close()
						if got := readAll(t, resp.Body); got != want {
							t.Errorf("%s: the body has %d bytes by Transport; want %d", mode, len(got), len(want))
						}
						if resp.Uncompressed != tt.decoded {
							t.Errorf("%s: Uncompressed is %t; want %t", mode, resp.Uncompressed, tt.decoded)
						}
						if tt.decoded {
							wantHeader(t, resp.Header, "Content-Encoding")
							wantHeader(t, resp.Header, "Content-Length")
						} else {
							wantHeader(t, resp.Header, "Content-Encoding", tt.codings...)
							wantHeader(t, resp.Header, "Content-Length", length)
						}
						if wantLength := int64(len(tt.body)); tt.decoded && resp.ContentLength != -1 || !tt.decoded && resp.ContentLength != wantLength {
							t.Errorf("%s: ContentLength is %d", mode, resp.ContentLength)
						}
						wantHeader(t, resp.Header, "Content-Type", "text/plain")
						behind, ok := fetch.FromHTTP(resp)
						if !ok {
							t.Fatalf("%s: FromHTTP finds nothing", mode)
						}
						for _, h := range []http.Header{behind.Header, behind.Internal().Header} {
							wantHeader(t, h, "Content-Encoding", tt.codings...)
							wantHeader(t, h, "Content-Length", length)
						}
						if got := behind.Internal().ContentLength; got != int64(len(tt.body)) {
							t.Errorf("%s: the internal ContentLength is %d; want %d", mode, got, len(tt.body))
						}
					}
				})
			}
		}
	}
}

// What is not exposed is withheld, decoded or not. Content-Length is
// safelisted.
//
// Source: https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func TestBodyCodingIsWithheld(t *testing.T) {
	a := share("Content-Encoding: gzip")
	a.body = bodyGzip(t, bodyText)
	w := newWeb(t, map[string]http.Handler{"https://api.example/": a})
	resp := w.fetch(valid(t), &fetch.Params{Environment: app})
	if got := readAll(t, resp.Body); got != bodyText {
		t.Errorf("the body has %d bytes", len(got))
	}
	wantHeader(t, resp.Header, "Content-Encoding")
	wantHeader(t, resp.Header, "Content-Length", fmt.Sprint(len(a.body)))
}

// A decoded response with status 0, which is one that a server can send, is as
// decoded as any other.
//
// Source: wpt: fetch/h1-parsing/status-code.window.js.
func TestBodyDecodedWithStatusZero(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": rawText(
		"HTTP/1.1 000 OK\nContent-Encoding: gzip\nConnection: close\n\n" + strings.ReplaceAll(bodyGzip(t, "text"), "\n", "\r\n"))})
	// The line ends of rawText would change a body that has any.
	if strings.Contains(bodyGzip(t, "text"), "\n") {
		t.Fatal("choose another text")
	}
	resp, err := w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(newRequest(t, "GET", "https://app.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	wantHeader(t, resp.Header, "Content-Encoding")
	if got := readAll(t, resp.Body); got != "text" || !resp.Uncompressed || resp.StatusCode != 0 {
		t.Errorf("status %d, body %q, Uncompressed %t", resp.StatusCode, got, resp.Uncompressed)
	}
}

// Accept-Encoding names what is decoded, and identity for a part of a resource.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func TestBodyAcceptEncoding(t *testing.T) {
	for _, tt := range []struct {
		decoders []string
		lines    []string
		want     string
	}{
		{nil, nil, "gzip, deflate"},
		{[]string{"zstd", "br"}, nil, "gzip, deflate, br, zstd"},
		{[]string{"gzip"}, nil, "gzip, deflate"},
		{nil, []string{"Accept-Encoding: br"}, "gzip, deflate"},
		{nil, []string{"Range: bytes=0-"}, "identity"},
		{[]string{"br"}, []string{"Range: bytes=1-2,4-5"}, "identity"},
		{nil, []string{"Range: bytes=0-", "Accept-Encoding: gzip"}, "identity"},
	} {
		w := newWeb(t, map[string]http.Handler{"https://api.example/": share(), "https://app.example/": answer{}})
		w.client.Decoders = make(map[string]func(io.Reader) (io.ReadCloser, error))
		for _, coding := range tt.decoders {
			w.client.Decoders[coding] = bodyHex
		}
		for _, target := range []string{"https://app.example/", "https://api.example/"} {
			w.fetch(newRequest(t, "PUT", target, nil, tt.lines...), &fetch.Params{Environment: app})
			wantHeader(t, w.last().Header, "Accept-Encoding", tt.want)
		}
		for _, r := range w.received() {
			if r.Method == "OPTIONS" && tt.want == "identity" {
				wantHeader(t, r.Header, "Accept-Encoding", "gzip, deflate"+strings.Join(append([]string{""}, tt.decoders...), ", "))
			}
		}
	}
}

// A server that does not look at Accept-Encoding is decoded nevertheless, which
// for a part of a coded resource fails where it is read.
//
// Source: https://fetch.spec.whatwg.org/#handle-content-codings.
func TestBodyPartOfCodedResource(t *testing.T) {
	gz := bodyGzip(t, bodyText)
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/all":  answer{lines: []string{"Content-Encoding: gzip"}, body: gz},
		"https://app.example/part": answer{status: 206, lines: []string{"Content-Encoding: gzip", "Content-Range: bytes 5-9/100"}, body: gz[5:10]},
	})
	resp := w.fetch(newRequest(t, "GET", "https://app.example/all", nil, "Range: bytes=0-9"), &fetch.Params{Environment: app})
	if got := readAll(t, resp.Body); got != bodyText {
		t.Errorf("the body has %d bytes", len(got))
	}
	resp = w.fetch(newRequest(t, "GET", "https://app.example/part", nil, "Range: bytes=5-9"), &fetch.Params{Environment: app})
	if b, err := io.ReadAll(resp.Body); len(b) > 0 || err == nil {
		t.Errorf("read %q, %v; want an error", b, err)
	}
}

// A client whose decoders could not be offered, or not called, fetches nothing.
func TestBodyInvalidDecoders(t *testing.T) {
	for coding, decoder := range map[string]func(io.Reader) (io.ReadCloser, error){
		"BR": bodyHex, "": bodyHex, "*": bodyHex, "identity": bodyHex, "b r": bodyHex, "br, zstd": bodyHex,
		"br;q=1": bodyHex, "br\r\nX: y": bodyHex, "b\xff": bodyHex, "br": nil,
	} {
		client := &fetch.Client{Base: unreachable(t), Decoders: map[string]func(io.Reader) (io.ReadCloser, error){coding: decoder, "zstd": bodyHex}}
		body := newBody("body")
		req := valid(t)
		req.Method, req.Body = "POST", body
		_, err := client.Fetch(req, &fetch.Params{Environment: app})
		e := wantReason(t, err, fetch.ReasonInvalidRequest)
		if strings.ContainsAny(e.Error(), "\r\n") {
			t.Errorf("%q: the text has several lines: %q", coding, e)
		}
		if n := body.closed.Load(); n != 1 {
			t.Errorf("%q: body closed %d times; want once", coding, n)
		}
	}
}

// More codings than anybody uses are an error before anything is read.
func TestBodyTooManyCodings(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{
		lines: []string{"Content-Encoding: " + strings.Repeat("gzip, ", 100_000)}}})
	w.transport.MaxResponseHeaderBytes = 4 << 20
	e := w.refuse(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app}, fetch.ReasonTransport)
	if !strings.Contains(e.Error(), "too many content codings") {
		t.Errorf("the text is %q", e)
	}
}

// bodyCounter counts the decoders that were opened and closed.
type bodyCounter struct{ opened, closed atomic.Int32 }

func (c *bodyCounter) decode(r io.Reader) (io.ReadCloser, error) {
	c.opened.Add(1)
	return &bodyCounted{Reader: r, c: c}, nil
}

type bodyCounted struct {
	io.Reader
	c *bodyCounter
}

func (b *bodyCounted) Close() error {
	b.c.closed.Add(1)
	return nil
}

// Nobody reads the bodies of redirects and preflights, so nobody decodes them.
func TestBodyOfRedirectAndPreflightIsNotDecoded(t *testing.T) {
	coded := []string{"Content-Encoding: br, gzip"} // which it is not
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start": answer{status: 307, lines: append(coded, "Location: https://api.example/end"), body: "garbage"},
		"https://api.example/end": split(
			answer{lines: append(coded, share().lines...), body: "garbage"},
			answer{lines: append(share().lines, "Content-Encoding: br"), body: "text"}),
	})
	var c bodyCounter
	w.client.Decoders = map[string]func(io.Reader) (io.ReadCloser, error){"br": c.decode}
	resp := w.fetch(newRequest(t, "PUT", "https://app.example/start", "body"), &fetch.Params{Environment: app})
	w.wantReceived("PUT https://app.example/start", "OPTIONS https://api.example/end", "PUT https://api.example/end")
	if n := c.opened.Load(); n != 0 {
		t.Errorf("%d decoders were opened before the body was read", n)
	}
	if got := readAll(t, resp.Body); got != "text" {
		t.Errorf("the body is %q", got)
	}
	resp.Body.Close()
	resp.Body.Close()
	if opened, closed := c.opened.Load(), c.closed.Load(); opened != 1 || closed != 1 {
		t.Errorf("%d decoders were opened and %d closed; want 1 and 1", opened, closed)
	}
	if n := w.base.read.Load(); n != int64(len("garbage")+len("garbage")+len("text")) {
		t.Errorf("%d bytes were read", n)
	}
}

// The embedder gets the body of an opaque response decoded; the page gets
// nothing of it.
func TestBodyOpaqueIsDecoded(t *testing.T) {
	gz := bodyGzip(t, bodyText)
	coded := []string{"Content-Encoding: gzip", "Location: /end"}
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/":      answer{lines: coded, body: gz},
		"https://app.example/moved": answer{status: 302, lines: coded, body: gz},
	})
	for _, tt := range []struct {
		target string
		params fetch.Params
		want   fetch.ResponseType
	}{
		{"https://api.example/", fetch.Params{Environment: app, Mode: fetch.ModeNoCORS}, fetch.TypeOpaque},
		{"https://app.example/moved", fetch.Params{Environment: app, Redirect: fetch.RedirectManual}, fetch.TypeOpaqueRedirect},
	} {
		check := func(resp *fetch.Response) {
			if resp.Type != tt.want {
				t.Errorf("the type is %s; want %s", resp.Type, tt.want)
			}
			if got := readAll(t, resp.Body); got != "" || len(resp.Header) != 0 {
				t.Errorf("%s: the page sees %q and %v", tt.want, got, resp.Header)
			}
			if got := readAll(t, resp.Internal().Body); got != bodyText {
				t.Errorf("%s: the internal body has %d bytes", tt.want, len(got))
			}
			wantHeader(t, resp.Internal().Header, "Content-Encoding", "gzip")
		}
		check(w.fetch(newRequest(t, "GET", tt.target, nil), &tt.params))

		resp, err := w.client.Transport(&tt.params).RoundTrip(newRequest(t, "GET", tt.target, nil))
		if err != nil {
			t.Fatal(err)
		}
		if resp.Uncompressed || resp.ContentLength != 0 || len(resp.Header) != 0 || readAll(t, resp.Body) != "" {
			t.Errorf("%s: users of a Transport see %+v", tt.want, resp)
		}
		behind, _ := fetch.FromHTTP(resp)
		check(behind)
		resp.Body.Close() // which closes the other, as the harness checks
	}
}

// A body that is not what its coding promises is an error of its reader, not of
// the fetch. The error says so, and stays.
//
// Source: wpt: fetch/content-encoding/bad-gzip-body.any.js;
// https://fetch.spec.whatwg.org/#handle-content-codings.
func TestBodyCorrupt(t *testing.T) {
	gz, zl := bodyGzip(t, bodyText), bodyZlib(t, bodyText)
	flip := func(s string, i int) string {
		b := []byte(s)
		b[i] ^= 0x10
		return string(b)
	}
	tests := []struct {
		name   string
		coding string
		body   string
		say    string // in the error's text
		is     error
	}{
		{"gzip cut off", "gzip", gz[:len(gz)/2], "content coding gzip", io.ErrUnexpectedEOF},
		{"gzip cut off in the header", "gzip", gz[:5], "content coding gzip", io.ErrUnexpectedEOF},
		{"gzip cut off before the checksum", "gzip", gz[:len(gz)-8], "content coding gzip", io.ErrUnexpectedEOF},
		{"gzip cut off in the checksum", "gzip", gz[:len(gz)-1], "content coding gzip", io.ErrUnexpectedEOF},
		{"gzip with another checksum", "gzip", flip(gz, len(gz)-8), "content coding gzip", gzip.ErrChecksum},
		{"gzip of another length", "gzip", flip(gz, len(gz)-1), "content coding gzip", gzip.ErrChecksum},
		{"no gzip", "gzip", bodyText, "content coding gzip", gzip.ErrHeader},
		{"no x-gzip", "x-gzip", bodyText, "content coding x-gzip", gzip.ErrHeader},
		{"deflate cut off", "deflate", zl[:len(zl)-1], "content coding deflate", io.ErrUnexpectedEOF},
		{"deflate with another checksum", "deflate", flip(zl, len(zl)-1), "content coding deflate", zlib.ErrChecksum},
		{"deflate without zlib header cut off", "deflate", bodyDeflate(t, bodyText)[:20], "content coding deflate", io.ErrUnexpectedEOF},
		{"no deflate", "deflate", "\xff\xff\xff\xff", "content coding deflate", flate.CorruptInputError(1)},
		{"outer of two", "deflate, gzip", bodyGzip(t, zl)[:30], "content coding gzip", io.ErrUnexpectedEOF},
		{"inner of two", "deflate, gzip", bodyGzip(t, zl[:30]), "content coding deflate", io.ErrUnexpectedEOF},
		{"decoder of the client", "br", "68690", "content coding br", io.ErrUnexpectedEOF},
		{"decoder that fails", "broken", "x", "content coding broken", errRefused},
	}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		w := newWeb(t, nil)
		if proto == "HTTP/2.0" {
			w.useHTTP2()
		}
		w.client.Decoders = map[string]func(io.Reader) (io.ReadCloser, error){
			"br":     bodyHex,
			"broken": func(io.Reader) (io.ReadCloser, error) { return nil, errRefused },
		}
		for _, tt := range tests {
			t.Run(proto+"/"+tt.name, func(t *testing.T) {
				a := share("Content-Encoding: " + tt.coding)
				a.body = tt.body
				w.handle("https://api.example/", a)
				resp, err := w.client.Fetch(valid(t), &fetch.Params{Environment: app})
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				b, err := io.ReadAll(resp.Body)
				if err == nil || !strings.Contains(err.Error(), tt.say) {
					t.Errorf("error %v; want one that says %q", err, tt.say)
				}
				if _, corrupt := tt.is.(flate.CorruptInputError); !corrupt && !errors.Is(err, tt.is) {
					t.Errorf("error %v; want one that is %v", err, tt.is)
				}
				if !strings.HasPrefix(bodyText, string(b)) && !strings.HasPrefix("hi", string(b)) {
					t.Errorf("what was read before is %q", b)
				}
				if n, again := resp.Body.Read(make([]byte, 10)); n != 0 || again != err {
					t.Errorf("then reads %d bytes, %v; want the same error", n, again)
				}
			})
		}
	}
}

// An error of the connection is not blamed on the coding.
func TestBodyConnectionBreaks(t *testing.T) {
	gz := bodyGzip(t, bodyText)
	w := newWeb(t, map[string]http.Handler{"https://app.example/": raw(func(conn net.Conn) {
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(gz), gz[:len(gz)/2])
	})})
	resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "coding") {
		t.Errorf("error %v; want that of the connection", err)
	}
}

// What has been sent can be read, before there is more.
func TestBodyIsDecodedAsItComes(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		more := make(chan struct{})
		w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(rw)
			io.WriteString(z, "first")
			z.Flush()
			rw.(http.Flusher).Flush()
			select {
			case <-more:
			case <-r.Context().Done():
			}
			io.WriteString(z, "second")
			z.Close()
		})})
		if proto == "HTTP/2.0" {
			w.useHTTP2()
		}
		resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
		buf := make([]byte, 5)
		if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != "first" {
			t.Fatalf("read %q, %v", buf, err)
		}
		close(more)
		if got := readAll(t, resp.Body); got != "second" {
			t.Errorf("then read %q", got)
		}
	}
}

// bodyBomb answers with gigabytes of zeros in gzip, which are some megabytes.
func bodyBomb(t testing.TB, gigabytes int, lines ...string) http.Handler {
	t.Helper()
	const block = 1 << 20
	var b bytes.Buffer
	f, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int
	for range 3 {
		_, err := f.Write(make([]byte, block))
		if err := errors.Join(err, f.Flush()); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, b.Len())
	}
	// Later blocks refer to what is before them, so only they can be repeated.
	head := "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b.String()[:ends[1]]
	repeated := b.Bytes()[ends[1]:ends[2]]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addLines(w.Header(), append(lines, "Content-Encoding: gzip"))
		io.WriteString(w, head)
		for range gigabytes << 30 / block {
			if _, err := w.Write(repeated); err != nil {
				return
			}
		}
	})
}

// Ten gigabytes are a stream: who reads a part of it pays for that part, and not
// in memory.
func TestBodyBomb(t *testing.T) {
	const part = 32 << 20
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://app.example/": bodyBomb(t, 10)})
			if proto == "HTTP/2.0" {
				w.useHTTP2()
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
			n, err := io.Copy(io.Discard, struct{ io.Reader }{io.LimitReader(resp.Body, part)})
			if n != part || err != nil {
				t.Errorf("read %d bytes, %v", n, err)
			}
			resp.Body.Close()
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > part/4 {
				t.Errorf("%d bytes were allocated to read %d", got, n)
			}
			if got := w.base.read.Load(); got > part/16 {
				t.Errorf("%d coded bytes were read", got)
			}
			if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err == nil || err == io.EOF {
				t.Errorf("after Close reads %d bytes, %v; want an error", n, err)
			}
		})
	}
}

// What has no body has nothing to decode.
//
// Source: https://fetch.spec.whatwg.org/#concept-main-fetch.
func TestBodyNothingToDecode(t *testing.T) {
	tests := []struct {
		name, method string
		server       http.Handler
	}{
		{"HEAD", "HEAD", answer{lines: []string{"Content-Encoding: gzip", "Content-Length: 20"}}},
		{"204", "GET", answer{status: 204, lines: []string{"Content-Encoding: gzip"}}},
		{"205 with a body", "GET", rawText("HTTP/1.1 205 Reset\nContent-Encoding: gzip\nContent-Length: 3\n\nbad")},
		{"304", "GET", answer{status: 304, lines: []string{"Content-Encoding: gzip"}}},
		{"empty body", "GET", answer{lines: []string{"Content-Encoding: gzip", "Content-Length: 0"}}},
		{"empty body until the connection closes", "GET", rawText("HTTP/1.1 200 OK\nContent-Encoding: gzip\nConnection: close\n\n")},
		{"empty body of two codings", "GET", answer{lines: []string{"Content-Encoding: deflate, gzip"}}},
		{"gzip of nothing", "GET", answer{lines: []string{"Content-Encoding: gzip"}, body: bodyGzip(t, "")}},
		{"zlib of nothing", "GET", answer{lines: []string{"Content-Encoding: deflate"}, body: bodyZlib(t, "")}},
	}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, tt := range tests {
			t.Run(proto+"/"+tt.name, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{"https://app.example/": tt.server})
				if proto == "HTTP/2.0" {
					if strings.Contains(tt.name, "connection") || strings.HasPrefix(tt.name, "205") {
						t.Skip("a server that writes HTTP/1.1")
					}
					w.useHTTP2()
				}
				resp := w.fetch(newRequest(t, tt.method, "https://app.example/", nil), &fetch.Params{Environment: app})
				if got := readAll(t, resp.Body); got != "" {
					t.Errorf("the body is %q", got)
				}
				if resp.Header["Content-Encoding"] == nil {
					t.Error("the page does not see Content-Encoding")
				}
				public, err := w.client.Transport(&fetch.Params{Environment: app}).RoundTrip(newRequest(t, tt.method, "https://app.example/", nil))
				if err != nil {
					t.Fatal(err)
				}
				defer public.Body.Close()
				if got := readAll(t, public.Body); got != "" {
					t.Errorf("the body is %q by Transport", got)
				}
			})
		}
	}
}

// The body of a WebSocket handshake is its connection, and the header does not
// speak of that.
func TestBodyOfWebSocketIsLeftAlone(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"http://b.example/chat": raw(func(conn net.Conn) {
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Encoding: gzip\r\n\r\nplain\n")
		bufio.NewReader(conn).ReadString('\n')
	})})
	p := fetch.Params{Environment: app, Mode: fetch.ModeWebSocket}
	resp := w.fetch(newRequest(t, "GET", "ws://b.example/chat", nil, webSocketLines...), &p)
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		t.Fatalf("the body is a %T; want an io.ReadWriteCloser", resp.Body)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); line != "plain\n" || err != nil {
		t.Errorf("read %q, %v", line, err)
	}
	fmt.Fprintln(conn, "bye")
}

// A connection whose response was decoded to its end is used again.
func TestBodyKeepsTheConnection(t *testing.T) {
	gz := bodyGzip(t, bodyText)
	w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Encoding", "gzip")
		rw.(http.Flusher).Flush() // the end comes as a chunk of its own
		io.WriteString(rw, gz+"bytes after the end")
	})})
	for range 3 {
		resp := w.fetch(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app})
		if got := readAll(t, resp.Body); got != bodyText {
			t.Errorf("the body has %d bytes", len(got))
		}
		resp.Body.Close()
	}
	if got := w.dials(); !slices.Equal(got, []string{"app.example:443"}) {
		t.Errorf("connections to %q; want one", got)
	}
}
