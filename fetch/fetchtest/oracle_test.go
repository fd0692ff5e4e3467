package fetchtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// An outcome is all that a client learns of a response.
type outcome struct {
	Status        string
	Header        http.Header
	Body          string
	ContentLength int64
	Transfer      []string
	Trailer       http.Header
	Informational []string
	BodyErr       string
}

// observe makes a request to http://api.example through rt.
func observe(t *testing.T, rt http.RoundTripper, method, path string, body func() io.Reader, header http.Header) outcome {
	t.Helper()
	var o outcome
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			o.Informational = append(o.Informational, fmt.Sprint(code, h))
			return nil
		},
	})
	var r io.Reader
	if body != nil {
		r = body()
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://api.example"+path, r)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		o.BodyErr = "unexpected EOF" // the texts differ
	}
	resp.Header.Del("Date")
	o.Status, o.Header, o.Body, o.ContentLength = resp.Status, resp.Header, string(content), resp.ContentLength
	o.Transfer, o.Trailer = resp.TransferEncoding, resp.Trailer
	return o
}

// dump is a handler that answers with what it was given.
func dump(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "uri": r.RequestURI, "url": r.URL.String(), "path": r.URL.Path, "raw": r.URL.RawPath,
		"host": r.Host, "proto": r.Proto, "header": r.Header, "length": r.ContentLength, "transfer": r.TransferEncoding,
		"body": string(body), "error": fmt.Sprint(err), "tls": r.TLS != nil, "close": r.Close,
		"server": r.Context().Value(http.ServerContextKey) != nil, "addr": r.Context().Value(http.LocalAddrContextKey) != nil,
	})
}

// What handlers do has the same effect as under net/http's server, seen from both
// sides.
func TestLikeNetHTTP(t *testing.T) {
	const doc = "https://pkg.go.dev/net/http#ResponseWriter"
	text := func(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }
	stream := func(s string) func() io.Reader {
		return func() io.Reader { return io.MultiReader(strings.NewReader(s)) }
	}
	big := strings.Repeat("0123456789abcdef", 400)
	tests := []struct {
		name    string
		method  string
		path    string
		body    func() io.Reader
		header  http.Header
		handler http.HandlerFunc
	}{
		{name: "nothing", handler: func(http.ResponseWriter, *http.Request) {}},
		{name: "dump GET", path: "/a%2Fb/c%20d?x=1&y=%zz", handler: dump},
		{name: "dump GET without path", handler: dump},
		{name: "dump GET with lone question mark", path: "/?", handler: dump},
		{name: "dump header", path: "/", handler: dump, header: http.Header{"X-A": {" 1 ", "2"}, "User-Agent": {"x"}, "Accept-Encoding": {"identity"}}},
		{name: "dump POST", method: "POST", path: "/", body: text("hello"), handler: dump},
		{name: "dump POST without body", method: "POST", path: "/", handler: dump},
		{name: "dump PUT stream", method: "PUT", path: "/", body: stream("hello"), handler: dump},
		{name: "dump PATCH big", method: "PATCH", path: "/", body: text(big), handler: dump},
		{name: "dump DELETE", method: "DELETE", path: "/", handler: dump},
		{name: "short body", handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>hi") }},
		{name: "2048 bytes", handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, big[:2048]) }},
		{name: "2049 bytes", handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, big[:2049]) }},
		{name: "2049 bytes in two", handler: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, big[:2048])
			io.WriteString(w, "x")
		}},
		{name: "big body", handler: func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				io.WriteString(w, big)
			}
		}},
		{name: "one write of a megabyte", handler: func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("a"), 1<<20)) }},
		{name: "flush without body", handler: func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }},
		{name: "flush then body", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			io.WriteString(w, "<p>x")
		}},
		{name: "body, flush, body", handler: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "{}")
			http.NewResponseController(w).Flush()
			io.WriteString(w, "x")
		}},
		{name: "status", handler: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTeapot) }},
		{name: "unknown status", handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(299) }},
		{name: "204 with body", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2")
			w.WriteHeader(204)
			_, err := io.WriteString(w, "no")
			if err != http.ErrBodyNotAllowed {
				panic(err)
			}
		}},
		{name: "304", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Etag", `"1"`)
			w.WriteHeader(304)
		}},
		{name: "HEAD without body", method: "HEAD", handler: func(http.ResponseWriter, *http.Request) {}},
		{name: "HEAD with body", method: "HEAD", handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>hi") }},
		{name: "HEAD with big body", method: "HEAD", handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, big) }},
		{name: "HEAD with length", method: "HEAD", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "12345")
		}},
		{name: "own length", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			io.WriteString(w, "abc")
		}},
		{name: "more than own length", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			io.WriteString(w, "abc")
			if _, err := io.WriteString(w, "d"); err != http.ErrContentLength {
				panic(err)
			}
		}},
		{name: "less than own length", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "abc")
		}},
		{name: "length that is no number", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "x")
			io.WriteString(w, "abc")
		}},
		{name: "no type", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			io.WriteString(w, "<p>hi")
		}},
		{name: "no date", handler: func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }},
		{name: "encoded body has no type", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "<p>hi")
		}},
		{name: "header lines", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["x-b"] = []string{" lower ", "\ttwo"}
			w.Header()["X-B"] = []string{"upper"}
			w.Header()["X-None"] = nil
			w.Header().Set("X-Empty", "")
		}},
		{name: "header after WriteHeader", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			w.Header().Set("X-Late", "1")
		}},
		{name: "header after Write", handler: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "x")
			w.Header().Set("X-Late", "1")
		}},
		{name: "superfluous WriteHeader", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			w.WriteHeader(500)
		}},
		{name: "early hints", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(103)
			w.Header().Set("Link", "</b.css>; rel=preload")
			w.WriteHeader(103)
			w.Header().Del("Link")
			io.WriteString(w, "done")
		}},
		{name: "announced trailers", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum, X-None")
			w.Header().Add("Trailer", "x-more")
			io.WriteString(w, "body")
			w.Header().Set("X-Sum", "4")
		}},
		{name: "trailers by prefix", handler: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "body")
			w.(http.Flusher).Flush()
			w.Header().Set(http.TrailerPrefix+"X-Sum", "4")
		}},
		{name: "trailers by prefix without flush", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(http.TrailerPrefix+"X-Sum", "4")
			io.WriteString(w, "body")
		}},
		{name: "trailers by prefix after a short body", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			io.WriteString(w, "body")
			w.Header().Set(http.TrailerPrefix+"X-Sum", "4")
		}},
		{name: "body closed and read", method: "POST", body: text("hello"), handler: func(w http.ResponseWriter, r *http.Request) {
			r.Body.Close()
			_, err := r.Body.Read(make([]byte, 1))
			fmt.Fprint(w, err)
		}},
		{name: "body not read", method: "POST", body: text(big), handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }},
		{name: "body too large", method: "POST", body: text(big), handler: func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10))
			http.Error(w, fmt.Sprint(err), http.StatusRequestEntityTooLarge)
		}},
		{name: "TimeoutHandler", handler: http.TimeoutHandler(http.HandlerFunc(dump), time.Hour, "late").ServeHTTP, path: "/"},
		{name: "ServeMux redirects", handler: func(w http.ResponseWriter, r *http.Request) {
			mux := http.NewServeMux()
			mux.HandleFunc("/dir/", dump)
			mux.ServeHTTP(w, r)
		}, path: "/dir"},
		{name: "ServeContent with a range", header: http.Header{"Range": {"bytes=2-4"}}, handler: func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "a.txt", time.Unix(0, 0), strings.NewReader("0123456789"))
		}},
		{name: "ReadFrom", handler: func(w http.ResponseWriter, r *http.Request) { io.Copy(w, strings.NewReader(big)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			method := tt.method
			if method == "" {
				method = "GET"
			}
			server := httptest.NewUnstartedServer(tt.handler)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Start()
			defer server.Close()
			transport := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
			}}
			defer transport.CloseIdleConnections()
			network := new(fetchtest.Network)
			network.Handle("http://api.example", tt.handler)

			want := observe(t, transport, method, tt.path, tt.body, tt.header)
			got := observe(t, network, method, tt.path, tt.body, tt.header)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("see %s: not as net/http has it (-net/http +fetchtest):\n%s", doc, diff)
			}
			if err := network.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
