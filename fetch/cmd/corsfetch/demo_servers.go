package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// An answer is what a server of the demo does with one kind of request.
type answer struct {
	request string // method and URL
	status  int
	header  []string // lines; what comes after bodyLine is the body
}

// bodyLine begins the line of a body.
const bodyLine = "body: "

// A sighting is a request as a server saw it, and its answer. Each is a line
// for what it begins with, and one for each header that matters.
type sighting struct {
	request, answer string
}

// servers are the origins of the demo: one server each, on loopback. Their names
// are resolved by the transport, so that the machine need not know them and
// the ports do not show.
type servers struct {
	transport *http.Transport
	running   []*http.Server

	mu      sync.Mutex // guards the fields below
	answers []answer
	seen    []sighting
}

// startServers starts a server for each of the given http: origins.
func startServers(origins ...string) (*servers, error) {
	s := new(servers)
	addresses := make(map[string]string, len(origins)) // by what a URL's host becomes
	s.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			local, ok := addresses[address]
			if !ok {
				return nil, fmt.Errorf("%s is not part of the demo", address)
			}
			return new(net.Dialer).DialContext(ctx, network, local)
		},
	}
	for _, origin := range origins {
		l, err := listenLoopback()
		if err != nil {
			s.close()
			return nil, err
		}
		addresses[strings.TrimPrefix(origin, "http://")+":80"] = l.Addr().String()
		server := &http.Server{Handler: s.handler(origin), ReadHeaderTimeout: demoTimeout}
		s.running = append(s.running, server)
		go server.Serve(l) // until close
	}
	return s, nil
}

// listenLoopback listens on a port of its own. Machines have IPv4, or IPv6, or
// both.
func listenLoopback() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return net.Listen("tcp", "[::1]:0")
	}
	return l, nil
}

func (s *servers) close() {
	s.transport.CloseIdleConnections()
	for _, server := range s.running {
		server.Close()
	}
}

// expect sets what the servers answer from now on, and forgets what they saw.
func (s *servers) expect(answers []answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers, s.seen = answers, nil
}

// sightings returns what the servers saw, in order.
func (s *servers) sightings() []sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// handler returns the server of one origin.
func (s *servers) handler(origin string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			return // the connection broke
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		a := s.find(r.Method + " " + origin + r.URL.Path)
		s.seen = append(s.seen, sighting{
			request: describe(r, origin, content),
			answer:  strings.Join(append([]string{fmt.Sprint(a.status, " ", http.StatusText(a.status))}, a.header...), "\n"),
		})
		a.write(w)
	})
}

func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	h["Date"] = nil // none: it would differ each time
	content := ""
	for _, line := range a.header {
		if text, ok := strings.CutPrefix(line, bodyLine); ok {
			content = text
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	w.WriteHeader(a.status)
	if h.Get("Content-Encoding") != "gzip" {
		io.WriteString(w, content)
		return
	}
	z := gzip.NewWriter(w)
	io.WriteString(z, content)
	z.Close()
}

// find returns the answer to a request, or else a plain 404.
func (s *servers) find(request string) answer {
	for _, a := range s.answers {
		if a.request == request {
			return a
		}
	}
	return answer{status: http.StatusNotFound}
}

// describe returns what matters of a request.
func describe(r *http.Request, origin string, content []byte) string {
	lines := []string{r.Method + " " + origin + r.URL.Path}
	for _, name := range [...]string{
		"Origin", "Referer", "Access-Control-Request-Method", "Access-Control-Request-Headers",
		"Authorization", "Cookie", "Content-Type", "X-Team", "X-Trace",
	} {
		if value, ok := header.Get(r.Header, name); ok {
			lines = append(lines, name+": "+value)
		}
	}
	if len(content) > 0 {
		lines = append(lines, bodyLine+string(content))
	}
	return strings.Join(lines, "\n")
}

// mustParseURL parses a constant.
func mustParseURL(s string) *url.URL {
	u, err := fetch.ParseURL(nil, s)
	if err != nil {
		panic(err)
	}
	return u
}
