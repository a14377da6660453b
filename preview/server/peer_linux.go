package server

import (
	"net"
	"strconv"

	"golang.org/x/sys/unix"
)

// peerName asks the kernel who connected.
func peerName(conn *net.UnixConn) string {
	raw, err := conn.SyscallConn()
	if err != nil {
		return ""
	}
	var name string
	err = raw.Control(func(fd uintptr) {
		if credentials, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			name = uidPrefix + strconv.FormatUint(uint64(credentials.Uid), 10)
		}
	})
	if err != nil {
		return ""
	}
	return name
}
