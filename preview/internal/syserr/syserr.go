// Package syserr shortens the errors of the operating system for messages that
// have named the file or the address already.
package syserr

import (
	"errors"
	"io/fs"
	"syscall"
)

// Cause returns the system's own reason, such as "no such file or directory",
// without the path, the address and the call around it. An error without one is
// returned as it is, and nil is nil.
func Cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
