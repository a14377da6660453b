package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	// socketMode lets the owner and the group of a unix socket connect.
	socketMode = 0o660
	// maxSocketPath is what a socket address holds on Linux, less the final NUL;
	// the BSDs hold four bytes less.
	maxSocketPath = 103
)

// Listen listens on "unix:PATH" or on "HOST:PORT" of a loopback address.
//
// A unix socket gets mode 0660. Listen replaces a socket that a dead process left
// behind; a socket that a process still serves is an error, and so is any other file.
// Listen refuses an address that other machines can reach.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return listen(ctx, address, loopbackOnly)
}

// ListenTLS is Listen for a server with Config.TLS: it listens on any address
// of this machine, and on no unix socket.
func ListenTLS(ctx context.Context, address string) (net.Listener, error) {
	if strings.HasPrefix(address, "unix:") {
		return nil, errors.New("server: TLS is for HOST:PORT; on a unix socket leave the certificate out")
	}
	return listen(ctx, address, anyInterface)
}

// reach is which machines a TCP address may be reached from.
type reach int

const (
	loopbackOnly reach = iota
	anyInterface
)

func listen(ctx context.Context, address string, from reach) (net.Listener, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		// gRPC writes an absolute path as unix:///path.
		return listenUnix(ctx, strings.Replace(path, "///", "/", 1))
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("server: the address %q is neither unix:PATH nor HOST:PORT", address)
	}
	if from == anyInterface && host == "" {
		host = "::" // all addresses, of both families
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	switch {
	case from == anyInterface && (err != nil || len(addresses) == 0):
		return nil, fmt.Errorf("server: the address %q names no address of this machine", address)
	case host == "" || err != nil || len(addresses) == 0:
		return nil, fmt.Errorf("server: the address %q names no loopback address; write 127.0.0.1:%s or unix:PATH", address, port)
	}
	for _, ip := range addresses {
		if from == loopbackOnly && !ip.Unmap().IsLoopback() {
			return nil, fmt.Errorf("server: other machines can reach %q, and without TLS they could read the rows; "+
				"listen on 127.0.0.1:%s or on unix:PATH", address, port)
		}
	}
	// The address that was checked is the one that is used.
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(addresses[0].String(), port))
	if err != nil {
		return nil, fmt.Errorf("server: cannot listen on %s: %w", address, syserr.Cause(err))
	}
	return listener, nil
}

// listenUnix binds a socket under a temporary name, sets its mode and renames it: so
// it is never in its place with a wider mode, and a stale socket is replaced in one
// step.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	temporary := path + "." + strconv.Itoa(os.Getpid())
	switch {
	case path == "" || strings.HasPrefix(path, "@"):
		return nil, errors.New("server: a unix socket needs a path in the file system, whose mode decides who may connect")
	case len(temporary) > maxSocketPath:
		return nil, fmt.Errorf("server: the socket path %s is longer than a socket address holds; choose a shorter one", path)
	}
	if err := checkVacant(ctx, path); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "unix", temporary)
	if err != nil {
		return nil, fmt.Errorf("server: cannot listen in the folder %s: %w", filepath.Dir(path), syserr.Cause(err))
	}
	unix := listener.(*net.UnixListener) //nolint:forcetypeassert // what net returns for "unix"
	unix.SetUnlinkOnClose(false)
	err = os.Chmod(temporary, socketMode)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		_ = unix.Close()
		_ = os.Remove(temporary)
		return nil, fmt.Errorf("server: cannot make the socket %s: %w", path, syserr.Cause(err))
	}
	made, err := os.Lstat(path)
	if err != nil {
		_ = unix.Close()
		return nil, fmt.Errorf("server: cannot make the socket %s: %w", path, syserr.Cause(err))
	}
	return &socket{UnixListener: unix, path: path, made: made}, nil
}

// checkVacant returns an error unless the path is free, or holds a socket that no
// process serves.
func checkVacant(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("server: cannot look at %s: %w", path, syserr.Cause(err))
	case info.Mode()&os.ModeSocket == 0:
		return fmt.Errorf("server: %s is there already and is not a socket; choose another path", path)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("server: another process listens on %s; stop it or choose another path", path)
	}
	return nil
}

// socket removes its file when it closes, unless another server's has taken
// the place.
type socket struct {
	*net.UnixListener
	path string
	made os.FileInfo
}

// Addr is the path where callers find the socket.
func (s *socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }

func (s *socket) Close() error {
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.made) {
		_ = os.Remove(s.path)
	}
	return s.UnixListener.Close()
}
