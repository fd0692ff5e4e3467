// Package world has the servers that scenarios talk to: several origins on
// loopback that answer as each scenario says and keep what they receive.
package world

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// hosts has scheme and host name of the places. All places of a scheme share a
// port, but for Port, which has one of its own.
var hosts = map[scenario.Place]struct {
	tls       bool
	name      string
	otherPort bool
}{
	scenario.App:      {true, "app.site.test", false},
	scenario.API:      {true, "api.site.test", false},
	scenario.Port:     {true, "app.site.test", true},
	scenario.Far:      {true, "far.test", false},
	scenario.PlainApp: {false, "app.site.test", false},
	scenario.PlainAPI: {false, "api.site.test", false},
	scenario.PlainFar: {false, "far.test", false},
	scenario.Local:    {false, "localhost", false},
	scenario.IP:       {false, "127.0.0.1", false},
}

// Hosts are the names that have to resolve to 127.0.0.1 besides localhost.
var Hosts = []string{"app.site.test", "api.site.test", "far.test"}

// A World is a set of servers on loopback. It is safe for concurrent use.
type World struct {
	Origins map[scenario.Place]string // serialized; not to be modified

	places  map[string]scenario.Place // by scheme and host as in the origin
	servers []*http.Server
	done    sync.WaitGroup

	runs sync.Map // by the segment of a run: *Run
	last atomic.Uint64
}

// Start starts the servers. The caller has to Close the World.
func Start() (*World, error) {
	cert, err := certificate(append([]string{"localhost"}, Hosts...))
	if err != nil {
		return nil, err
	}
	w := &World{
		Origins: make(map[scenario.Place]string),
		places:  make(map[string]scenario.Place),
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	var ports [3]int // http, https, the other https
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			w.Close()
			return nil, fmt.Errorf("world: %w", err)
		}
		ports[i] = l.Addr().(*net.TCPAddr).Port
		if i > 0 {
			l = tls.NewListener(l, config)
		}
		w.serve(l)
	}
	for place, h := range hosts {
		scheme, port := "http", ports[0]
		switch {
		case h.otherPort:
			scheme, port = "https", ports[2]
		case h.tls:
			scheme, port = "https", ports[1]
		}
		origin := scheme + "://" + net.JoinHostPort(h.name, strconv.Itoa(port))
		w.Origins[place] = origin
		w.places[origin] = place
	}
	return w, nil
}

func (w *World) serve(l net.Listener) {
	s := &http.Server{
		Handler:  http.HandlerFunc(w.handle),
		ErrorLog: log.New(io.Discard, "", 0), // of browsers that close connections they opened on suspicion
	}
	w.servers = append(w.servers, s)
	w.done.Go(func() { s.Serve(l) })
}

// Close stops the servers and waits for that.
func (w *World) Close() {
	for _, s := range w.servers {
		s.Close()
	}
	w.done.Wait()
}

// Dial connects to a server of this World, whatever host the address names.
func (w *World) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}
