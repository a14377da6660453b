// Package service is what a daemon owes the program that manages it.
package service

import (
	"context"
	"log/slog"
	"net"
	"strings"
)

// NotifySocket names the variable in which systemd passes the socket of a unit of
// Type=notify: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
const NotifySocket = "NOTIFY_SOCKET"

// Notify tells the service manager a state, such as "READY=1"; without one it
// does nothing.
func Notify(getenv func(string) string, log *slog.Logger, state string) {
	path := getenv(NotifySocket)
	if path == "" {
		return
	}
	if rest, abstract := strings.CutPrefix(path, "@"); abstract {
		path = "\x00" + rest
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(context.Background(), "unixgram", path)
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close()
	}
	if err != nil {
		log.Warn("the service manager could not be told", "state", state)
	}
}
