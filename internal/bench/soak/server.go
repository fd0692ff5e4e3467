package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// An answer is what a server says.
type answer struct {
	status int
	header http.Header
	body   []byte
	broken bool // the connection ends before the body does
}

// Bodies that servers send.
var (
	hello       = []byte("hello, page\n")
	long        = bytes.Repeat([]byte("0123456789abcdef"), 2<<10) // 32 KiB
	zipped      = compress(long)
	zippedWrong = append(bytes.Clone(zipped[:len(zipped)-8]), "nonsense"...)
)

func compress(b []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(b) // to a Buffer: cannot fail
	w.Close()
	return buf.Bytes()
}

// A server is what all hosts have behind them. The path of a URL says how it
// answers, the query tells one fetch from another.
type server struct {
	preflights atomic.Uint64

	cancels   sync.Map // fetch number as text -> context.CancelFunc
	misplaced sync.Map // fetch number as text -> struct{}: has had its 421
}

// serve answers a request whose body has been read.
func (s *server) serve(r *http.Request, body []byte) answer {
	if r.Method == http.MethodOptions && r.Header["Access-Control-Request-Method"] != nil {
		s.preflights.Add(1)
		return s.preflight(r)
	}
	a := answer{status: http.StatusOK, body: hello, header: http.Header{
		"Content-Type": {"text/plain;charset=utf-8"},
		"X-Secret":     {"for the origin itself"},
	}}
	switch path := r.URL.Path; path {
	case "/plain":
	case "/star", "/grant", "/refuse", "/bad-list", "/no-method", "/no-header", "/listed-by-star":
		a.share("*")
	case "/mirror", "/mirror-grant":
		a.share(r.Header.Get("Origin"))
		a.header["Access-Control-Allow-Credentials"] = []string{"true"}
	case "/other":
		a.share("https://other.example")
	case "/no-credentials":
		a.share(r.Header.Get("Origin"))
	case "/twice":
		a.header["Access-Control-Allow-Origin"] = []string{"*", r.Header.Get("Origin")}
	case "/origin":
		a.share(r.Header.Get("Origin"))
		a.body = []byte(r.Header.Get("Origin"))
	case "/echo":
		a.share("*")
		a.body = append([]byte(r.Method+" "), body...)
	case "/to":
		a.share("*")
		s.redirect(&a, r.URL.Query())
	case "/loop":
		a.share("*")
		a.status = http.StatusFound
		a.header["Location"] = []string{r.URL.RequestURI()}
	case "/gzip", "/gzip-wrong":
		a.share("*")
		a.header["Content-Encoding"] = []string{"gzip"}
		a.body = zipped
		if path == "/gzip-wrong" {
			a.body = zippedWrong
		}
	case "/long":
		a.share("*")
		a.body = long
	case "/broken":
		a.share("*")
		a.body, a.broken = long, true
	case "/cookie":
		a.header["Set-Cookie"] = []string{"n=" + r.URL.RawQuery + "; Path=/"}
		a.body = []byte(r.Header.Get("Cookie"))
	case "/password":
		if r.Header["Authorization"] == nil {
			a.status = http.StatusUnauthorized
			a.header["Www-Authenticate"] = []string{`Basic realm="soak"`}
		}
	case "/misplaced":
		a.share("*")
		if _, had := s.misplaced.LoadOrStore(r.URL.RawQuery, struct{}{}); !had {
			a.status = http.StatusMisdirectedRequest
		} else {
			s.misplaced.Delete(r.URL.RawQuery)
		}
	case "/own-site-only":
		a.header["Cross-Origin-Resource-Policy"] = []string{"same-origin"}
	case "/nosniff":
		a.share("*")
		a.header["X-Content-Type-Options"] = []string{"nosniff"}
	case "/image":
		a.share("*")
		a.header["Content-Type"] = []string{"image/png"}
	case "/part":
		a.status = http.StatusPartialContent
		a.header["Content-Range"] = []string{"bytes 0-11/100"}
	case "/none":
		a.share("*")
		a.status, a.body = http.StatusNoContent, nil
	case "/not-stored":
		a.status = http.StatusGatewayTimeout
	default:
		a.status = http.StatusNotFound
	}
	return a
}

// share allows origin to read the answer.
func (a *answer) share(origin string) {
	a.header["Access-Control-Allow-Origin"] = []string{origin}
}

// redirect makes a the redirect that q asks for.
func (s *server) redirect(a *answer, q url.Values) {
	a.status, _ = strconv.Atoi(q.Get("status")) // written by ourselves
	a.header["Location"] = []string{q.Get("location")}
}

func (s *server) preflight(r *http.Request) answer {
	a := answer{status: http.StatusNoContent, header: http.Header{
		"Access-Control-Allow-Origin":  {"*"},
		"Access-Control-Allow-Methods": {"PUT, PATCH, DELETE"},
		"Access-Control-Allow-Headers": {"x-a, content-type"},
		"Access-Control-Max-Age":       {"7200"},
	}}
	switch r.URL.Path {
	case "/mirror-grant":
		a.header["Access-Control-Allow-Origin"] = r.Header["Origin"]
		a.header["Access-Control-Allow-Credentials"] = []string{"true"}
	case "/refuse":
		a.status = http.StatusForbidden
	case "/bad-list":
		a.header["Access-Control-Allow-Methods"] = []string{"PUT; PATCH"}
	case "/no-method":
		a.header["Access-Control-Allow-Methods"] = []string{"DELETE"}
	case "/no-header":
		a.header["Access-Control-Allow-Headers"] = []string{"x-b"}
	case "/listed-by-star":
		a.header["Access-Control-Allow-Headers"] = []string{"*"}
	}
	return a
}

// expectCancel makes the server cancel the fetch whose query is query when the
// request arrives.
func (s *server) expectCancel(query string, cancel context.CancelFunc) {
	s.cancels.Store(query, cancel)
}

// cancel cancels a fetch that asked for it.
func (s *server) cancel(query string) {
	if f, ok := s.cancels.LoadAndDelete(query); ok {
		f.(context.CancelFunc)()
	}
}

// ServeHTTP serves what comes over sockets.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has given up
	}
	switch r.URL.Path {
	case "/down":
		panic(http.ErrAbortHandler)
	case "/cancel":
		s.cancel(r.URL.RawQuery)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	a := s.serve(r, body)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if len(a.body) > 0 {
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	}
	w.WriteHeader(a.status)
	if r.Method == http.MethodHead {
		return
	}
	if a.broken {
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush() // the half has to arrive before the end does
		panic(http.ErrAbortHandler)
	}
	w.Write(a.body) // fails if the client has gone, which some do
}

// statusLine is the status as net/http puts it into a response.
func statusLine(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}
