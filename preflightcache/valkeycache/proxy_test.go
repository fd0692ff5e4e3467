package valkeycache

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A proxy is between a cache and a server. It can hold what one sends to the
// other, as a network does that loses packets or is slow.
type proxy struct {
	addr string

	mu       sync.Mutex
	to       string
	cond     *sync.Cond
	holdUp   bool // from the cache to the server
	holdDown bool
	closed   bool
	conns    []net.Conn
	wg       sync.WaitGroup
}

func newProxy(t testing.TB, to string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), to: to}
	p.cond = sync.NewCond(&p.mu)
	p.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			to := p.to
			p.mu.Unlock()
			up, err := net.Dial("tcp", to)
			if err != nil {
				conn.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, conn, up)
			p.mu.Unlock()
			p.wg.Go(func() { p.copy(up, conn, &p.holdUp) })
			p.wg.Go(func() { p.copy(conn, up, &p.holdDown) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		p.closed = true
		p.cond.Broadcast()
		for _, c := range p.conns {
			c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) copy(dst io.WriteCloser, src io.Reader, hold *bool) {
	defer dst.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := src.Read(buf)
		p.mu.Lock()
		for *hold && !p.closed {
			p.cond.Wait()
		}
		p.mu.Unlock()
		if _, werr := dst.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

// set says which directions are held from now on.
func (p *proxy) set(up, down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holdUp, p.holdDown = up, down
	p.cond.Broadcast()
}

// redirect has new connections lead to another server.
func (p *proxy) redirect(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}
