package valkeycache

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
	"github.com/corsengine/corsengine/preflightcache/cachetest"
)

// startCluster starts a cluster of n nodes, which are all primaries.
func startCluster(t *testing.T, n int) (nodes []*server) {
	const slots = 16384
	for i := range n {
		bus := reservePort(t)
		s := startServer(t, "--cluster-enabled", "yes", "--cluster-port", bus)
		s.admin(t).do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slots/n), strconv.Itoa((i+1)*slots/n-1))
		if i > 0 {
			_, port, _ := net.SplitHostPort(s.addr)
			nodes[0].admin(t).do("CLUSTER", "MEET", "127.0.0.1", port, bus)
		}
		nodes = append(nodes, s)
	}
	for _, s := range nodes {
		a := s.admin(t)
		waitFor(t, "the cluster", func() bool {
			info := a.do("CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_size:%d", n))
		})
	}
	return nodes
}

// TestCluster holds a Cache on a cluster to the rules for all caches.
func TestCluster(t *testing.T) {
	t.Parallel() // it mostly waits
	s := startCluster(t, 1)[0]
	cachetest.Run(t, func() preflightcache.Cache {
		w := newWorld(t, s)
		c := w.cache(t)
		c.extraScript = "" // a cluster's scripts can only use their own key
		return c
	})
}

// TestClusterFaults checks that a node that is restarted is found again, and that
// nothing is granted from before.
func TestClusterFaults(t *testing.T) {
	t.Parallel() // it mostly waits
	w := newWorld(t, startCluster(t, 1)[0])
	c := w.cache(t, eager)
	c.extraScript = ""
	mustStore(t, c, page, "PUT")
	want(t, c, page, "PUT", true)
	w.side.do("SCRIPT", "FLUSH")
	mustStore(t, c, keyOf(1), "PUT")
	want(t, c, keyOf(1), "PUT", true)
	w.kill()
	waitFor(t, "the copy to go", func() bool {
		ok, err := c.Covers(context.Background(), keyOf(1), false, "PUT", nil)
		return !ok && err != nil
	})
	w.start()
	recovers(t, c)
	want(t, c, keyOf(1), "PUT", false)
	mustStore(t, c, page, "DELETE")
	want(t, c, page, "DELETE", true)
}

// TestNodes checks that keys are found on all nodes of a cluster, whichever is
// asked first, and what becomes of them when one fails.
func TestNodes(t *testing.T) {
	t.Parallel() // it mostly waits
	ctx := context.Background()
	nodes := startCluster(t, 3)
	w := newWorld(t, nodes[0])
	a := w.cache(t, eager, func(o *Options) { o.LocalTTL = time.Hour })
	b := w.cache(t, eager, func(o *Options) { o.Addrs = []string{nodes[2].addr, nodes[1].addr} })
	a.extraScript, b.extraScript = "", ""
	const n = 30
	for i := range n {
		mustStore(t, a, keyOf(i), "PUT")
		want(t, b, keyOf(i), "PUT", true)
	}
	for i, s := range nodes {
		var keys int
		fmt.Sscan(s.admin(t).do("DBSIZE"), &keys)
		if keys == 0 {
			t.Errorf("node %d has no keys", i)
		}
	}
	mustClear(t, b, keyOf(0))
	waitFor(t, "the clearing to be seen", func() bool {
		ok, _ := a.Covers(ctx, keyOf(0), false, "PUT", nil)
		return !ok
	})
	nodes[1].admin(t).do("SCRIPT", "FLUSH")
	for i := range n {
		mustStore(t, b, keyOf(i), "DELETE")
		waitFor(t, "the grant to be seen", func() bool {
			ok, err := a.Covers(ctx, keyOf(i), false, "DELETE", nil)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		})
	}
	epoch := a.local.epoch.Load()
	nodes[1].kill()
	waitFor(t, "the copies to go", func() bool { return a.local.epoch.Load() != epoch })
	nodes[1].start()
	for i := range n {
		waitFor(t, "all keys to be usable again", func() bool {
			return a.Store(ctx, keyOf(i), false, grantOf("PATCH", "", time.Hour)) == nil
		})
		// The client may still be finding out about the nodes.
		waitFor(t, "the key to be read", func() bool {
			ok, err := a.Covers(ctx, keyOf(i), false, "PATCH", nil)
			if err == nil && !ok {
				t.Fatal("what was stored is not there")
			}
			return ok
		})
	}
}

// TestClusterReplica checks that a generation does not survive in the replicas of a
// cluster, as what a primary had acknowledged may not.
func TestClusterReplica(t *testing.T) {
	t.Parallel() // it mostly waits
	ctx := context.Background()
	primary := startCluster(t, 1)[0]
	bus := reservePort(t)
	replica := startServer(t, "--cluster-enabled", "yes", "--cluster-port", bus)
	first, second := primary.admin(t), replica.admin(t)
	_, port, _ := net.SplitHostPort(replica.addr)
	first.do("CLUSTER", "MEET", "127.0.0.1", port, bus)
	id := first.do("CLUSTER", "MYID")
	waitFor(t, "the nodes to meet", func() bool { return strings.Contains(second.do("CLUSTER", "NODES"), id) })
	second.do("CLUSTER", "REPLICATE", id)
	waitFor(t, "the replica to be known", func() bool {
		first.do("SET", "x", "x") // it is listed once it has replicated something
		return strings.Contains(first.do("CLUSTER", "SLOTS"), second.do("CLUSTER", "MYID"))
	})

	w := newWorld(t, primary)
	c := w.cache(t, eager, func(o *Options) { o.Addrs = []string{primary.addr, replica.addr} })
	c.extraScript = ""
	mustStore(t, c, page, "PUT")
	want(t, c, page, "PUT", true)
	if n := len(c.current.client.Nodes()); n != 2 {
		t.Fatalf("the client knows %d nodes; the test needs it to know both", n)
	}
	gen := c.current.gen
	for _, sha := range []string{gen.read, gen.store} {
		if on, off := first.do("SCRIPT", "EXISTS", sha), second.do("SCRIPT", "EXISTS", sha); on == off {
			t.Errorf("the primary has the script: %s, and the replica: %s", on, off)
		}
	}
	name := c.names.name(digestOf(page))
	waitFor(t, "replication", func() bool {
		return strings.Contains(second.do("INFO", "keyspace"), "keys=3")
	})
	second.do("CLUSTER", "FAILOVER", "TAKEOVER")
	primary.kill()
	waitFor(t, "the cache to find the new primary", func() bool {
		ok, err := c.Covers(ctx, page, false, "DELETE", nil)
		if ok {
			t.Fatal("what was never granted is")
		}
		return err == nil
	})
	if second.do("EXISTS", name) != "1" {
		t.Fatal("the new primary does not have the value; the test needs that")
	}
	// The client may still be finding out about the nodes.
	waitFor(t, "an answer", func() bool {
		ok, err := c.Covers(ctx, page, false, "PUT", nil)
		if ok {
			t.Fatal("what may have been cleared is granted")
		}
		return err == nil
	})
}

// TestFailover checks that nothing is granted that a replica has when it takes over:
// it may have missed a clearing.
func TestFailover(t *testing.T) {
	t.Parallel() // it mostly waits
	ctx := context.Background()
	primary := newWorld(t, startServer(t, "--repl-diskless-sync-delay", "0"))
	replica := startServer(t)
	p := newProxy(t, primary.addr)
	c := primary.cache(t, eager, func(o *Options) { o.Addrs = []string{p.addr} })
	mustStore(t, c, page, "PUT")
	side := replica.admin(t)
	host, port, _ := net.SplitHostPort(primary.addr)
	side.do("REPLICAOF", host, port)
	name := c.names.name(digestOf(page))
	waitFor(t, "the replica", func() bool { return side.do("EXISTS", name) == "1" })

	// A replica is not asked.
	p.redirect(replica.addr)
	p.cut()
	notices(t, c)
	waitFor(t, "an error", func() bool {
		ok, err := c.Covers(ctx, page, false, "PUT", nil)
		if ok {
			t.Fatal("a replica has granted something")
		}
		return isReply(errors.Unwrap(err), "READONLY", "NOSCRIPT")
	})
	p.redirect(primary.addr)
	recovers(t, c)
	want(t, c, page, "PUT", true)

	side.do("REPLICAOF", "NO", "ONE")
	mustClear(t, c, page)
	p.redirect(replica.addr)
	primary.kill()
	recovers(t, c)
	if side.do("EXISTS", name) != "1" {
		t.Fatal("the new primary has not missed the clearing; the test needs that")
	}
	want(t, c, page, "PUT", false)
	mustStore(t, c, page, "DELETE")
	want(t, c, page, "DELETE", true)
	want(t, c, page, "PUT", false)
}

// newCertificate writes a self-signed certificate for 127.0.0.1 and its key to two
// files, and returns what trusts it.
func newCertificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", keyDER), pool
}

func TestTLS(t *testing.T) {
	cert, key, pool := newCertificate(t)
	port := reservePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	startServer(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")
	for _, tt := range []struct {
		name   string
		config *tls.Config
		ok     bool
	}{
		{"trusted", &tls.Config{RootCAs: pool}, true},
		{"not trusted", &tls.Config{RootCAs: x509.NewCertPool()}, false},
		{"none", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(&Options{Addrs: []string{addr}, TLS: tt.config, Timeout: maxTimeout})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = c.Store(context.Background(), page, false, grantOf("PUT", "", time.Hour))
			if (err == nil) != tt.ok {
				t.Fatalf("Store: %v; want success: %t", err, tt.ok)
			}
			if tt.ok {
				want(t, c, page, "PUT", true)
			}
		})
	}
}

// TestPermissions checks that a user who is allowed what the package documentation
// says can do everything, and one who is allowed less gets an error.
func TestPermissions(t *testing.T) {
	s := startServer(t)
	a := s.admin(t)
	a.do("ACL", "SETUSER", "crawler", "reset", "on", ">secret", "~corsengine:*",
		"+hello", "+ping", "+client|tracking", "+cluster|shards", "+cluster|slots", "+time",
		"+script|load", "+eval", "+evalsha", "+getrange", "+strlen", "+set", "+del")
	a.do("ACL", "SETUSER", "reader", "reset", "on", ">secret", "~corsengine:*", "+@read", "+@connection")
	for _, tt := range []struct {
		user string
		ok   bool
	}{{"crawler", true}, {"reader", false}} {
		t.Run(tt.user, func(t *testing.T) {
			c, err := New(&Options{Addrs: []string{s.addr}, Username: tt.user, Password: "secret", Timeout: maxTimeout})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = c.Store(context.Background(), page, false, grantOf("PUT", "", time.Hour))
			if (err == nil) != tt.ok {
				t.Fatalf("Store: %v; want success: %t", err, tt.ok)
			}
			if tt.ok {
				want(t, c, page, "PUT", true)
				mustClear(t, c, page)
				want(t, c, page, "PUT", false)
			}
		})
	}
}

// TestDatabase checks that databases are separate.
func TestDatabase(t *testing.T) {
	w := newWorld(t, startServer(t))
	a, b := w.cache(t), w.cache(t, func(o *Options) { o.DB = 3 })
	mustStore(t, a, page, "PUT")
	want(t, b, page, "PUT", false)
	mustStore(t, b, page, "DELETE")
	want(t, a, page, "DELETE", false)
	want(t, b, page, "DELETE", true)
}
