package server

import (
	"net"
	"strings"
)

// uidPrefix begins the name of a caller on a unix socket.
const uidPrefix = "uid:"

// identify returns the name of the process at the other end of a unix socket, as
// the kernel knows it, where it tells.
func identify(conn net.Conn) string {
	if unix, ok := conn.(*net.UnixConn); ok {
		return peerName(unix)
	}
	return ""
}

// localName is the name that a connection's remote address holds, if any.
func localName(remote string) string {
	if strings.HasPrefix(remote, uidPrefix) {
		return remote
	}
	return ""
}
