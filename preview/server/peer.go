package server

import (
	"net"
	"strings"
)

// uidPrefix begins the name of a caller on a unix socket.
const uidPrefix = "uid:"

// named gives connections of a unix socket the name of who is at the other end,
// as the kernel knows it, where it tells.
type named struct{ net.Listener }

func (n named) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return conn, nil
	}
	if name := peerName(unix); name != "" {
		return &namedConn{Conn: conn, name: name}, nil
	}
	return conn, nil
}

// namedConn is a connection whose remote address is the caller's name.
type namedConn struct {
	net.Conn
	name string
}

func (c *namedConn) RemoteAddr() net.Addr { return &net.UnixAddr{Net: "unix", Name: c.name} }

// localName is the name that a connection's remote address holds, if any.
func localName(remote string) string {
	if strings.HasPrefix(remote, uidPrefix) {
		return remote
	}
	return ""
}
