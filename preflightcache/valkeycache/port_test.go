package valkeycache

import (
	"net"
	"strconv"
	"syscall"
	"testing"
)

// reservePort returns a port of 127.0.0.1 that is not in use and that nobody else
// gets until the test ends, also while the server that it is for is down.
//
// A port that is only looked for may be gone before the server listens on it: the
// kernel gives it to whoever else needs one, which may be a cache that connects,
// even to that very port, whereupon it is connected with itself.
//
// So a socket is bound to the port that does not listen. The kernel then has it for
// nobody who does not ask for this port, while a server, which sets SO_REUSEADDR, can
// listen on it. Where it cannot, by the rules of another kernel, the port is given up.
func reservePort(t testing.TB) string {
	t.Helper()
	fd, port, err := bindLoopback()
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", port)
	if l, err := net.Listen("tcp", address); err == nil { // sets SO_REUSEADDR, too
		l.Close()
		t.Cleanup(func() { syscall.Close(fd) })
	} else {
		syscall.Close(fd)
	}
	return port
}

// bindLoopback binds a socket to some port of 127.0.0.1.
func bindLoopback() (fd int, port string, err error) {
	syscall.ForkLock.RLock() // a server must not inherit it
	fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, "", err
	}
	err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var address syscall.Sockaddr
	if err == nil {
		address, err = syscall.Getsockname(fd)
	}
	if err != nil {
		syscall.Close(fd)
		return 0, "", err
	}
	return fd, strconv.Itoa(address.(*syscall.SockaddrInet4).Port), nil
}
