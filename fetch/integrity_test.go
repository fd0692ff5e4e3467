package fetch_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// integrityOf returns the hash expressions of text, by algorithm.
func integrityOf(text string) map[string]string {
	s256, s384, s512 := sha256.Sum256([]byte(text)), sha512.Sum384([]byte(text)), sha512.Sum512([]byte(text))
	return map[string]string{
		"sha256": "sha256-" + base64.StdEncoding.EncodeToString(s256[:]),
		"sha384": "sha384-" + base64.StdEncoding.EncodeToString(s384[:]),
		"sha512": "sha512-" + base64.StdEncoding.EncodeToString(s512[:]),
	}
}

// integrityText is the body that web-platform-tests uses, with digests that have
// both of the characters that base64 and base64url have not in common.
const integrityText = "alert('Hello, world.');"

// A body that matches is handed out, and any other fails the fetch.
//
// Source: https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist;
// wpt: subresource-integrity/subresource-integrity.html.
func TestIntegrity(t *testing.T) {
	right, wrong := integrityOf(integrityText), integrityOf("something else")
	if want := "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="; right["sha256"] != want {
		t.Fatalf("the test computes %s; want %s", right["sha256"], want)
	}
	urlForm := strings.NewReplacer("+", "-", "/", "_").Replace
	tests := []struct {
		name     string
		metadata string
		match    bool
	}{
		{"sha256", right["sha256"], true},
		{"sha384", right["sha384"], true},
		{"sha512", right["sha512"], true},
		{"sha256 of something else", wrong["sha256"], false},
		{"sha384 of something else", wrong["sha384"], false},
		{"sha512 of something else", wrong["sha512"], false},
		{"upper case algorithm", "SHA256" + right["sha256"][6:], true},
		{"digest in another case", strings.ToLower(right["sha256"]), false},

		{"one of several", wrong["sha256"] + " " + right["sha256"], true},
		{"none of several", wrong["sha256"] + " " + integrityOf("")["sha256"], false},
		{"strongest is right", wrong["sha256"] + " " + right["sha384"], true},
		{"strongest is right, first", right["sha512"] + " " + wrong["sha384"], true},
		{"strongest is wrong", right["sha256"] + " " + wrong["sha384"], false},
		{"strongest is wrong, first", wrong["sha512"] + " " + right["sha256"] + " " + right["sha384"], false},
		{"strongest is malformed", right["sha256"] + " sha512-%", false},
		{"strongest is empty", right["sha384"] + " sha512-", false},
		{"unknown is stronger", right["sha256"] + " sha3-512-AAAA", true},

		{"option", right["sha256"] + "?ct=application/javascript", true},
		{"options", right["sha256"] + "?a?b-c", true},
		{"option and wrong", wrong["sha256"] + "?" + right["sha256"], false},
		{"base64url", "sha256-" + urlForm(right["sha256"][7:]), true},
		{"base64url without padding", "sha256-" + strings.TrimRight(urlForm(right["sha256"][7:]), "="), true},
		{"base64url of something else", "sha256-" + urlForm(wrong["sha256"][7:]), false},

		{"spaces around", "  " + right["sha256"] + "  ", true},
		{"tabs and newlines", "\t" + wrong["sha256"] + "\r\n\f" + right["sha256"] + "\n", true},
		{"comma", right["sha256"] + "," + right["sha256"], false},
		{"vertical tab", wrong["sha256"] + "\v" + right["sha256"], false},

		{"no digest", "sha256-", false},
		{"no hyphen", "sha256", false},
		{"no base64", "sha256-%%%", false},
		{"digest in hex", "sha256-" + strings.Repeat("ab", 32), false},
		{"digest of another algorithm", "sha384" + right["sha256"][6:], false},
		{"beginning of the digest", right["sha256"][:30], false},
		{"more than the digest", right["sha256"] + "=", false},

		// What names no algorithm is no integrity metadata.
		{"unknown algorithm", "md5-AAAA", true},
		{"garbage", "\x00\xff ?-= --", true},
		{"whitespace", " \t\n", true},
		{"space before the algorithm's hyphen", "sha256 -AAAA md5-x", false},
	}
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/": answer{body: integrityText},
		"https://api.example/": answer{lines: share().lines, body: integrityText},
	})
	for _, target := range []string{"https://app.example/", "https://api.example/", "data:text/javascript,alert(%27Hello,%20world.%27);"} {
		for _, tt := range tests {
			t.Run(target+"/"+tt.name, func(t *testing.T) {
				p := &fetch.Params{Environment: app, Integrity: tt.metadata}
				if !tt.match {
					e := w.refuse(newRequest(t, "GET", target, nil), p, fetch.ReasonIntegrity)
					if e.Status != 200 || !strings.HasPrefix(e.Value, "sha") || !strings.Contains(e.Error(), e.Value) {
						t.Errorf("status %d, value %q; want those of the response\n%v", e.Status, e.Value, e)
					}
					algorithm, _, _ := strings.Cut(e.Value, "-")
					if e.Value != right[algorithm] {
						t.Errorf("the value is %q; want %q", e.Value, right[algorithm])
					}
					return
				}
				resp := w.fetch(newRequest(t, "GET", target, nil), p)
				if got := readAll(t, resp.Body); got != integrityText {
					t.Errorf("the body is %q", got)
				}
				if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("then reads %d bytes, %v; want io.EOF", n, err)
				}
				if err := resp.Body.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		}
	}
	// All bodies were read to their ends, which keeps the connections.
	if n := len(w.dials()); n != 2 {
		t.Errorf("%d connections; want 2", n)
	}
}

// By a Transport there is no difference.
func TestIntegrityByTransport(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{lines: share().lines, body: integrityText}})
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNavigate} {
		client := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app, Mode: mode, Integrity: integrityOf(integrityText)["sha512"]})}
		resp, err := client.Do(valid(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, resp.Body); got != integrityText || resp.ContentLength != int64(len(got)) {
			t.Errorf("the body is %q, ContentLength %d", got, resp.ContentLength)
		}
		resp.Body.Close()

		client.Transport = w.client.Transport(&fetch.Params{Environment: app, Mode: mode, Integrity: "sha512-"})
		_, err = client.Do(valid(t))
		wantReason(t, err, fetch.ReasonIntegrity)
	}
}

// Nothing is compared with nothing, and matches the digest of nothing.
func TestIntegrityOfNothing(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/":     answer{},
		"https://app.example/gzip": answer{lines: []string{"Content-Encoding: gzip"}},
	})
	for _, target := range []string{"https://app.example/", "https://app.example/gzip", "data:,"} {
		for _, metadata := range integrityOf("") {
			resp := w.fetch(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app, Integrity: metadata})
			if got := readAll(t, resp.Body); got != "" {
				t.Errorf("%s: the body is %q", target, got)
			}
		}
		w.refuse(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app, Integrity: integrityOf("x")["sha256"]}, fetch.ReasonIntegrity)
	}
}

// A response whose body is null for the page cannot be checked, and fails
// whatever the metadata is.
//
// Source: https://fetch.spec.whatwg.org/#concept-main-fetch;
// wpt: subresource-integrity/subresource-integrity.html (no-cors).
func TestIntegrityWithoutBody(t *testing.T) {
	right := integrityOf(integrityText)["sha256"]
	full := answer{body: integrityText}
	tests := []struct {
		name, method, target string
		params               fetch.Params
		server               http.Handler
		status               int
	}{
		{"opaque", "GET", "https://api.example/", fetch.Params{Mode: fetch.ModeNoCORS}, full, 200},
		{"opaque that is shared", "GET", "https://api.example/", fetch.Params{Mode: fetch.ModeNoCORS}, answer{lines: share().lines, body: integrityText}, 200},
		{"opaque redirect", "GET", "https://app.example/", fetch.Params{Redirect: fetch.RedirectManual}, answer{status: 302, lines: []string{"Location: /"}, body: integrityText}, 302},
		{"HEAD", "HEAD", "https://app.example/", fetch.Params{}, full, 200},
		{"204", "GET", "https://app.example/", fetch.Params{}, answer{status: 204}, 204},
		{"205", "GET", "https://app.example/", fetch.Params{}, rawText("HTTP/1.1 205 Reset\nContent-Length: 0\n\n"), 205},
		{"304", "GET", "https://app.example/", fetch.Params{}, answer{status: 304}, 304},
		{"WebSocket handshake", "GET", "http://app.example/", fetch.Params{Mode: fetch.ModeWebSocket}, raw(echoAfterHandshake), 101},
	}
	for _, tt := range tests {
		for _, metadata := range []string{right, integrityOf("")["sha256"], "md5-AAAA", " "} {
			t.Run(tt.name+"/"+metadata, func(t *testing.T) {
				w := newWeb(t, map[string]http.Handler{tt.target: tt.server})
				p := tt.params
				p.Environment, p.Integrity = app, metadata
				req := newRequest(t, tt.method, tt.target, nil)
				if p.Mode == fetch.ModeWebSocket {
					addLines(req.Header, webSocketLines)
				}
				e := w.refuse(req, &p, fetch.ReasonIntegrity)
				if e.Status != tt.status || e.Value != "" {
					t.Errorf("status %d, value %q; want %d and none", e.Status, e.Value, tt.status)
				}
				if e.Status != 302 && w.base.read.Load() > int64(len(integrityText)) {
					t.Errorf("%d bytes were read", w.base.read.Load())
				}
			})
		}
	}
}

// In the same modes, responses that have a body are checked.
func TestIntegrityWithBody(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/":          answer{body: integrityText},
		"https://app.example/error":     answer{status: 404, body: integrityText},
		"https://app.example/nowhere":   answer{status: 302, body: integrityText},
		"https://app.example/post-only": answer{body: integrityText},
	})
	for _, tt := range []struct {
		method, path string
		params       fetch.Params
	}{
		{"GET", "/", fetch.Params{Mode: fetch.ModeNoCORS}},
		{"GET", "/", fetch.Params{Mode: fetch.ModeSameOrigin}},
		{"GET", "/", fetch.Params{Redirect: fetch.RedirectManual}},
		{"GET", "/error", fetch.Params{}},
		{"GET", "/nowhere", fetch.Params{}},
		{"GET", "/nowhere", fetch.Params{Redirect: fetch.RedirectManual, Mode: fetch.ModeNavigate}},
		{"POST", "/post-only", fetch.Params{}},
	} {
		for metadata, want := range map[string]fetch.Reason{
			integrityOf(integrityText)["sha384"]: "", integrityOf("x")["sha384"]: fetch.ReasonIntegrity,
		} {
			p := tt.params
			p.Environment, p.Integrity = app, metadata
			req := newRequest(t, tt.method, "https://app.example"+tt.path, nil)
			if want != "" {
				w.refuse(req, &p, want)
				continue
			}
			if got := readAll(t, w.fetch(req, &p).Body); got != integrityText {
				t.Errorf("%s: the body is %q", tt.path, got)
			}
		}
	}
}

// Only the last response is checked, after it has been decoded.
func TestIntegrityOfWhat(t *testing.T) {
	gz := bodyGzip(t, integrityText)
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/start":   answer{status: 302, lines: []string{"Location: https://api.example/between"}, body: "moved"},
		"https://api.example/between": answer{status: 307, lines: append(share().lines, "Location: /end"), body: "moved again"},
		"https://api.example/end":     answer{lines: share().lines, body: integrityText},
		"https://app.example/gzip":    answer{lines: []string{"Content-Encoding: gzip"}, body: gz},
		"https://app.example/unknown": answer{lines: []string{"Content-Encoding: zstd"}, body: gz},
	})
	for _, tt := range []struct{ path, body, other string }{
		{"/start", integrityText, "moved"},
		{"/gzip", integrityText, gz},
		{"/unknown", gz, integrityText},
	} {
		target := "https://app.example" + tt.path
		resp := w.fetch(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app, Integrity: integrityOf(tt.body)["sha256"]})
		if got := readAll(t, resp.Body); got != tt.body {
			t.Errorf("%s: the body is %q", tt.path, got)
		}
		w.refuse(newRequest(t, "GET", target, nil), &fetch.Params{Environment: app, Integrity: integrityOf(tt.other)["sha256"]}, fetch.ReasonIntegrity)
	}
	public, err := w.client.Transport(&fetch.Params{Environment: app, Integrity: integrityOf(integrityText)["sha256"]}).
		RoundTrip(newRequest(t, "GET", "https://app.example/gzip", nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, public.Body); got != integrityText || !public.Uncompressed || public.ContentLength != -1 {
		t.Errorf("by Transport the body is %q, Uncompressed %t, ContentLength %d", got, public.Uncompressed, public.ContentLength)
	}
	public.Body.Close()
}

// A body of MaxIntegrityBytes is checked, and one that is longer is not read to
// find out how much longer.
func TestIntegrityLimit(t *testing.T) {
	const size = 100_000
	body := strings.Repeat("x", size)
	match := integrityOf(body)["sha256"]
	coded := answer{lines: []string{"Content-Encoding: gzip"}, body: bodyGzip(t, body)}
	w := newWeb(t, map[string]http.Handler{
		"https://app.example/":      answer{body: body},
		"https://app.example/gzip":  coded,
		"https://app.example/empty": answer{},
		"https://app.example/endless": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(w, endless{})
		}),
		"https://app.example/bomb": bodyBomb(t, 10),
	})
	for _, tt := range []struct {
		path, metadata string
		limit          int64
		want           fetch.Reason
	}{
		{"/", match, 0, ""},
		{"/", match, size + 1, ""},
		{"/", match, size, ""},
		{"/", match, size - 1, fetch.ReasonIntegrity},
		{"/", match, 1, fetch.ReasonIntegrity},
		{"/", match, -1, fetch.ReasonIntegrity},
		{"/", integrityOf("")["sha256"], -1, fetch.ReasonIntegrity}, // not a body cut to nothing
		{"/", integrityOf(body[1:])["sha256"], size - 1, fetch.ReasonIntegrity},
		{"/", "md5-AAAA", 1, ""}, // nothing to check
		{"/gzip", match, size, ""},
		{"/gzip", match, size - 1, fetch.ReasonIntegrity},
		{"/empty", integrityOf("")["sha256"], 1, ""},
		{"/empty", integrityOf("")["sha256"], -1, ""},
		{"/endless", match, size, fetch.ReasonIntegrity},
		{"/bomb", match, size, fetch.ReasonIntegrity},
	} {
		// The limit is what a client has from the start.
		client := &fetch.Client{Base: w.base, MaxIntegrityBytes: tt.limit}
		before := w.base.read.Load()
		resp, err := client.Fetch(newRequest(t, "GET", "https://app.example"+tt.path, nil), &fetch.Params{Environment: app, Integrity: tt.metadata})
		name := fmt.Sprintf("%s with limit %d", tt.path, tt.limit)
		switch {
		case tt.want != "":
			e := wantReason(t, err, tt.want)
			if !strings.Contains(e.Error(), fmt.Sprintf("more than %d bytes", tt.limit)) || e.Value != "" || e.Status != 200 {
				t.Errorf("%s: %v", name, e)
			}
			if n := w.base.read.Load() - before; n > size+64<<10 {
				t.Errorf("%s: %d bytes were read", name, n)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		default:
			if got := readAll(t, resp.Body); got != body && got != "" || (got == "") != (tt.path == "/empty") {
				t.Errorf("%s: the body has %d bytes", name, len(got))
			}
			resp.Body.Close()
		}
	}
}

// A body that ends early, or is not what its coding promises, is not compared:
// the network has failed.
//
// Source: https://fetch.spec.whatwg.org/#body-fully-read (processBodyError).
func TestIntegrityBrokenBody(t *testing.T) {
	const half = "alert('Hello"
	match := integrityOf(half)["sha256"] + " " + integrityOf(integrityText)["sha256"]
	head := "HTTP/1.1 200 OK\r\n"
	for name, server := range map[string]http.Handler{
		"shorter than declared": raw(func(conn net.Conn) {
			fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", head, len(integrityText), half)
		}),
		"nothing of what is declared": raw(func(conn net.Conn) { fmt.Fprintf(conn, "%sContent-Length: 10\r\n\r\n", head) }),
		"last chunk missing": raw(func(conn net.Conn) {
			fmt.Fprintf(conn, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", head, len(half), half)
		}),
		"chunk cut off": raw(func(conn net.Conn) {
			fmt.Fprintf(conn, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s", head, len(integrityText), half)
		}),
		"chunk malformed": raw(func(conn net.Conn) {
			fmt.Fprintf(conn, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nnonsense\r\n", head, len(half), half)
		}),
		"gzip cut off": answer{lines: []string{"Content-Encoding: gzip"}, body: bodyGzip(t, integrityText)[:30]},
		"no gzip":      answer{lines: []string{"Content-Encoding: gzip"}, body: integrityText},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWeb(t, map[string]http.Handler{"https://app.example/": server})
			e := w.refuse(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app, Integrity: match}, fetch.ReasonTransport)
			if e.Err == nil {
				t.Errorf("no cause: %v", e)
			}
			if coding := strings.Contains(name, "gzip"); coding != strings.Contains(e.Error(), "content coding gzip") {
				t.Errorf("the text is %q", e)
			}
		})
	}
}

// The end of the body after as many bytes as may be checked has to be read, too.
func TestIntegrityBrokenAtTheLimit(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": raw(func(conn net.Conn) {
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%s", integrityText)
	})})
	w.client.MaxIntegrityBytes = int64(len(integrityText))
	w.refuse(newRequest(t, "GET", "https://app.example/", nil), &fetch.Params{Environment: app, Integrity: integrityOf(integrityText)["sha256"]}, fetch.ReasonTransport)
}

// A fetch that is aborted while its body is checked is aborted.
func TestIntegrityAborted(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		io.WriteString(rw, "first")
		rw.(http.Flusher).Flush()
		silent.ServeHTTP(rw, r)
	})})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	read := make(chan struct{})
	w.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := w.base.RoundTrip(r)
		if err == nil {
			resp.Body = &announcedBody{ReadCloser: resp.Body, read: read}
		}
		return resp, err
	})
	go func() {
		<-read
		cancel(errRefused)
	}()
	e := w.refuse(newRequest(t, "GET", "https://app.example/", nil).WithContext(ctx),
		&fetch.Params{Environment: app, Integrity: integrityOf("first")["sha256"]}, fetch.ReasonAborted)
	if !errors.Is(e, context.Canceled) || !errors.Is(e, errRefused) {
		t.Errorf("the error is %v; want the cause of the cancellation", e)
	}
}

// A response that fails the check has arrived all the same: its cookies are
// stored, and what its preflight has granted is still granted.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-network-fetch (cookies),
// https://fetch.spec.whatwg.org/#concept-http-fetch (where grants are cleared).
func TestIntegrityFailsLate(t *testing.T) {
	a := shareWith("https://app.example", "PUT", "", "Access-Control-Max-Age: 60", "Set-Cookie: c=1")
	a.body = integrityText
	w := newWeb(t, map[string]http.Handler{"https://api.example/": a})
	w.client.Jar = newJar(t, "https://api.example/")
	for _, want := range [][]string{{"OPTIONS https://api.example/", "PUT https://api.example/"}, {"PUT https://api.example/"}} {
		w.refuse(newRequest(t, "PUT", "https://api.example/", nil),
			&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude, Integrity: "sha256-x"}, fetch.ReasonIntegrity)
		w.wantReceived(want...)
	}
	if got := cookiesIn(t, w.client.Jar, "https://api.example/"); got != "c=1" {
		t.Errorf("the jar has %q", got)
	}
}

// A check that fails earlier is the one that is told of.
func TestIntegrityIsCheckedLast(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/unshared": answer{body: integrityText},
		"https://app.example/nosniff":  answer{lines: []string{"X-Content-Type-Options: nosniff", "Content-Type: text/plain"}, body: integrityText},
	})
	p := &fetch.Params{Environment: app, Integrity: "sha256-x", Destination: "script"}
	w.refuse(newRequest(t, "GET", "https://api.example/unshared", nil), p, fetch.ReasonMissingAllowOrigin)
	w.refuse(newRequest(t, "GET", "https://app.example/nosniff", nil), p, fetch.ReasonNosniff)
}

// An announcedBody tells when it has been read from for the first time.
type announcedBody struct {
	io.ReadCloser
	read chan struct{}
	done bool
}

func (b *announcedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if !b.done {
		b.done = true
		close(b.read)
	}
	return n, err
}
