package syserr

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestCause(t *testing.T) {
	t.Parallel()
	_, missing := os.Open(filepath.Join(t.TempDir(), "missing"))
	_, refused := net.Dial("unix", filepath.Join(t.TempDir(), "missing"))
	other := errors.New("other")
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"a file", missing, "no such file or directory"},
		{"a file, wrapped", fmt.Errorf("reading: %w", missing), "no such file or directory"},
		{"an address", refused, "no such file or directory"},
		{"a file without a number", &fs.PathError{Op: "open", Path: "/secret", Err: fs.ErrClosed}, "file already closed"},
		{"another", other, "other"},
	} {
		if got := Cause(c.err); got == nil || got.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, got, c.want)
		}
	}
	if Cause(nil) != nil {
		t.Error("nil is an error")
	}
	if !errors.Is(Cause(missing), fs.ErrNotExist) {
		t.Error("the cause is not what errors.Is looks for")
	}
}
